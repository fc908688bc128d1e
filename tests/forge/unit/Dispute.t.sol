// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Publication} from "../../../contracts/interfaces/IContentLicense.sol";
import {BatchOrder, ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Dispute, ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract DisputeTest is Scene {
    uint256 private constant BOND = 100_003;
    uint40 private constant DEADLINE = uint40(NOON + 14 days);
    uint256 private constant PAID = 1;
    uint256 private constant REFUNDED = 4;
    uint256 private constant DISPUTED = 16;
    uint256 private constant PAID_OUT = 64;

    Order private _placed;

    function setUp() public override {
        super.setUp();
        Order memory order = _order();
        order.referrer = referrer;
        _placed = _buy(order);
        _deposit(accountOf(buyer), BOND + 5);
        _deposit(accountOf(receiver), BOND + 5);
        _deposit(accountOfPlatform(host), BOND + 5);
    }

    // Opening

    function test_moves_what_is_left_into_dispute_with_a_bond() external {
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeOpened(_id(), content, accountOf(buyer), PRICE, BOND, DEADLINE, "why");
        vm.prank(buyer);
        court.openDispute(_placed, "why");
        _assertAvailable(buyer, 5, "DISPUTE-1: a tenth, rounded up, is the bond");
        _assertHold(0, 0, 0);
        _assertCommission(accountOfPlatform(seller), 0);
        _assertCommission(accountOf(referrer), 0);
        Dispute memory dispute = court.disputeOf(_id());
        vm.assertEq(Account.unwrap(dispute.opener), uint160(buyer), "DISPUTE-1: who opened it");
        vm.assertEq(dispute.bond, BOND, "DISPUTE-1: the bond");
        vm.assertEq(dispute.deadline, DEADLINE, "DISPUTE-1: two weeks");
        _assertState(PAID | DISPUTED);
        vm.assertTrue(licences.verify(_placed, receiver), "DISPUTE-2: the licence goes on meanwhile");
    }

    function test_of_what_part_refunds_left() external {
        vm.prank(hostOperator);
        court.refundPart(_placed, 300_001);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeOpened(_id(), content, accountOf(buyer), 700_020, 70_002, DEADLINE, "");
        _open(buyer);
        _assertHold(0, 0, 0);
        _resolve(true);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "DISPUTE-3: what was left is back");
    }

    function test_the_receiver_and_the_host_may_open() external {
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeOpened(_id(), content, accountOf(receiver), PRICE, BOND, DEADLINE, "");
        _open(receiver);
        _resolve(true);
        _placed = _bought();
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeOpened(_id(), content, accountOfPlatform(host), PRICE, BOND, DEADLINE, "");
        _open(hostOperator);
        _assertAvailable(host, 5, "DISPUTE-1: the host gives the bond");
    }

    function test_nobody_else_opens() external {
        _refusesParty(stranger);
        _refusesParty(sellerOperator);
        _refusesParty(owner("host"));
        vm.prank(owner("host"));
        registry.setOperator(host, hostOperator, false);
        _refusesParty(hostOperator);
    }

    function _refusesParty(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotParty.selector, caller));
        _open(caller);
    }

    function test_refuses_an_opener_without_the_bond() external {
        vm.prank(buyer);
        settlement.withdraw(6, buyer);
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOf(buyer), int256(BOND - 1), BOND));
        _open(buyer);
    }

    function test_refuses_after_the_window_and_a_second_time() external {
        _open(buyer);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InDispute.selector, _id()));
        _open(buyer);
        _placed = _bought();
        uint256 epoch = block.timestamp / SHORT_WINDOW;
        _mature();
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, epoch, epoch + 2));
        _open(receiver);
    }

    function test_the_seller_cannot_refund_meanwhile() external {
        _open(buyer);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InDispute.selector, _id()));
        vm.prank(sellerOperator);
        settlement.refund(_placed);
    }

    // Resolving

    function test_refunds_and_returns_the_bond() external {
        _open(buyer);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeResolved(_id(), content, true, false, accountOf(buyer), "because");
        _resolve(true);
        _assertAvailable(buyer, BOND + 5, "DISPUTE-3: the bond is back");
        vm.assertEq(token.balanceOf(buyer), FUNDS, "DISPUTE-3: the price is back");
        _assertState(PAID | REFUNDED);
        vm.assertTrue(!licences.verify(_placed, receiver), "DISPUTE-3: the licence ended");
        _assertOver();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, _id()));
        _resolve(true);
    }

    function test_pays_by_the_terms_and_the_bond_to_the_seller() external {
        _open(buyer);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeResolved(_id(), content, false, false, accountOfPlatform(seller), "because");
        _resolve(false);
        _assertAvailable(seller, SELLER_PART + BOND, "DISPUTE-3: commission and bond");
        _assertAvailable(referrer, REFERRER_PART, "DISPUTE-3: the referrer's part");
        _assertAvailable(host, HOST_SHARE + BOND + 5, "DISPUTE-3: the host's share");
        _assertAvailable(uint32(0), NETWORK_SHARE, "DISPUTE-3: the network's share");
        _assertAvailable(actor("first creator"), FIRST_SHARE, "DISPUTE-3: the first creator's");
        _assertAvailable(actor("second creator"), SECOND_SHARE, "DISPUTE-3: the second creator's");
        _assertAvailable(buyer, 5, "DISPUTE-3: the bond is gone");
        _assertState(PAID | PAID_OUT);
        vm.assertTrue(licences.verify(_placed, receiver), "DISPUTE-3: the licence stays");
        _assertOver();
        _refusesAfterPayment();
    }

    function test_pays_the_smallest_parts() external {
        _buyForTen();
        _open(buyer);
        _resolve(false);
        _assertAvailable(seller, 1 + 1, "DISPUTE-3: a unit of commission, and a bond of one");
        _assertAvailable(referrer, 1, "DISPUTE-3: the referrer's unit");
    }

    /// @dev A tenth each for seller and referrer.
    function _buyForTen() private {
        Publication memory publication = _publication("for ten");
        publication.price = 10;
        publication.plan.creators[0].bps -= 1;
        (publication.plan.sellerBps, publication.plan.referrerBps) = (1_000, 1_000);
        Order memory order = _order();
        (order.content, order.referrer) = (_publish(hostOperator, publication), referrer);
        _placed = _buy(order);
    }

    function _refusesAfterPayment() private {
        bytes memory reason = abi.encodeWithSelector(ISettlement.AlreadyPaidOut.selector, _id());
        vm.expectRevert(reason);
        vm.prank(sellerOperator);
        settlement.refund(_placed);
        vm.expectRevert(reason);
        vm.prank(hostOperator);
        court.refundPart(_placed, 1);
        vm.expectRevert(reason);
        vm.prank(buyer);
        court.requestRefund(_placed);
        vm.expectRevert(reason);
        _open(receiver);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotInDispute.selector, _id()));
        _resolve(true);
    }

    function test_without_a_seller_the_bond_goes_to_the_host() external {
        _buyDirect(content);
        _open(receiver);
        _resolve(false);
        _assertAvailable(host, 2 * BOND + 5 + _hostShareOfAll(), "DISPUTE-3: the host was accused");
    }

    function test_a_host_that_lost_against_itself_pays_the_network() external {
        _buyDirect(content);
        _open(hostOperator);
        _resolve(false);
        _assertAvailable(uint32(0), BOND + _networkShareOfAll(), "DISPUTE-3: the network gets the bond");
        _assertAvailable(host, 5 + _hostShareOfAll(), "DISPUTE-3: the host lost it");
    }

    function test_a_host_that_sold_itself_pays_the_network() external {
        Order memory order = _order();
        (order.seller, order.salt) = (host, "the host sells");
        _placed = _buy(order);
        _open(hostOperator);
        _resolve(false);
        _assertAvailable(uint32(0), BOND + NETWORK_SHARE, "DISPUTE-3: the network gets the bond");
        _assertAvailable(host, 5 + HOST_SHARE + COMMISSION, "DISPUTE-3: its parts all the same");
    }

    function _buyDirect(uint32 content_) private {
        Order memory order = _order();
        (order.content, order.seller, order.salt) = (content_, 0, "direct");
        _placed = _buy(order);
    }

    /// @dev Without a seller all of the price is divided among the payees of a release: 2,000 of 8,001 for the host.
    function _hostShareOfAll() private pure returns (uint256) {
        return 249_974;
    }

    function _networkShareOfAll() private pure returns (uint256) {
        return 37_621;
    }

    function test_only_thearbiter_resolves() external {
        _open(buyer);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, arbiter));
        vm.prank(stranger);
        court.resolveDispute(_placed, true, "");
    }

    function test_thearbiters_time_ends() external {
        _open(buyer);
        vm.warp(DEADLINE - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.TooEarly.selector, DEADLINE - 1, DEADLINE));
        court.closeDispute(_placed);
        vm.warp(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.DisputeExpired.selector, DEADLINE, DEADLINE));
        _resolve(false);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeResolved(_id(), content, true, false, accountOf(buyer), "");
        vm.prank(stranger);
        court.closeDispute(_placed);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "DISPUTE-4: silence refunds");
        _assertAvailable(buyer, BOND + 5, "DISPUTE-4: the bond is back");
        _assertOver();
    }

    function test_nothing_to_resolve_or_close_without_a_dispute() external {
        bytes memory reason = abi.encodeWithSelector(ISettlementCourt.NotInDispute.selector, _id());
        vm.expectRevert(reason);
        _resolve(true);
        vm.expectRevert(reason);
        court.closeDispute(_placed);
    }

    // Tokens

    function test_a_token_is_locked_meanwhile_and_free_after_payment() external {
        vm.prank(receiver);
        licences.claim(_placed);
        _open(buyer);
        _mature();
        vm.assertTrue(licences.locked(_id()), "DISPUTE-2: locked while in dispute");
        _resolve(false);
        vm.assertTrue(!licences.locked(_id()), "DISPUTE-3: free after payment");
        vm.assertEq(licences.holderOf(_id()), receiver, "DISPUTE-3: still the holder's");
        _assertState(PAID | PAID_OUT | 8);
    }

    function test_a_token_claimed_meanwhile_is_locked() external {
        _open(buyer);
        vm.prank(receiver);
        licences.claim(_placed);
        _mature();
        vm.assertTrue(licences.locked(_id()), "DISPUTE-2: locked while in dispute");
        _resolve(true);
        vm.assertEq(licences.holderOf(_id()), address(0), "DISPUTE-3: burned by the refund");
    }

    // Batch orders

    function test_the_learners_key_disputes_a_batch_order() external {
        BatchOrder memory order = _settledOrder();
        vm.prank(sellerOperator);
        registry.bindKey(2, learnerKey);
        _deposit(accountOf(learnerKey), BOND);
        uint256 id = desk.batchOrderIdOf(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeOpened(id, content, accountOf(learnerKey), PRICE, BOND, DEADLINE, "why");
        vm.prank(learnerKey);
        court.openBatchDispute(order, "why");
        _assertHold(3 * REVENUE, 0, 0);
        vm.assertTrue(licences.verifyBatch(order, 2), "DISPUTE-2: the licence goes on meanwhile");
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeResolved(id, content, true, true, accountOf(learnerKey), "because");
        vm.prank(arbiter);
        court.resolveBatchDispute(order, true, "because");
        _assertAvailable(learnerKey, BOND, "DISPUTE-3: the bond is back");
        _assertAvailable(seller, FUNDS - 2 * PRICE, "DISPUTE-3: the price is back where it came from");
        vm.assertTrue(!licences.verifyBatch(order, 2), "DISPUTE-3: the licence ended");
    }

    function test_the_key_of_the_learners_account_disputes() external {
        BatchOrder memory order = _settledOrder();
        _takeOver(2, learnerKey);
        _deposit(accountOf(learnerKey), BOND);
        vm.prank(learnerKey);
        court.openBatchDispute(order, "");
        vm.prank(arbiter);
        court.resolveBatchDispute(order, false, "");
        _assertAvailable(seller, FUNDS - 3 * PRICE + COMMISSION + BOND, "DISPUTE-3: commission and bond");
    }

    function test_seller_and_host_dispute_a_batch_order() external {
        BatchOrder memory order = _settledOrder();
        vm.prank(sellerOperator);
        court.openBatchDispute(order, "");
        _assertAvailable(seller, FUNDS - 3 * PRICE - BOND, "DISPUTE-1: the seller gives the bond");
        vm.prank(arbiter);
        court.resolveBatchDispute(order, false, "");
        _assertAvailable(host, HOST_SHARE + 2 * BOND + 5, "DISPUTE-3: the bond goes to the host");
        order = Batches.order(_sameBatch(), 0, 0);
        vm.prank(hostOperator);
        court.openBatchDispute(order, "");
        vm.warp(DEADLINE);
        uint256 id = desk.batchOrderIdOf(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.DisputeResolved(id, content, true, true, accountOfPlatform(host), "");
        court.closeBatchDispute(order);
    }

    function test_a_stranger_does_not_dispute_a_batch_order() external {
        BatchOrder memory order = _settledOrder();
        _refusesBatchParty(order, stranger);
        _deposit(accountOfPlatform(_admit("third")), BOND);
        _refusesBatchParty(order, operator("third"));
    }

    function _refusesBatchParty(BatchOrder memory order, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotParty.selector, caller));
        vm.prank(caller);
        court.openBatchDispute(order, "");
    }

    function _open(address caller) private {
        vm.prank(caller);
        court.openDispute(_placed, "");
    }

    function _resolve(bool toRefund) private {
        vm.prank(arbiter);
        court.resolveDispute(_placed, toRefund, "because");
    }

    function _id() private view returns (uint256) {
        return uint256(Orders.idOf(_placed, address(settlement)));
    }

    function _assertState(uint256 bits) private view {
        uint256 facts = Facts.unwrap(settlement.factsOf(_id()));
        vm.assertEq(uint8(facts >> 160), bits, "DISPUTE: the order's state");
    }

    function _assertOver() private view {
        Dispute memory none;
        vm.assertEq(abi.encode(court.disputeOf(_id())), abi.encode(none), "DISPUTE: none is open");
    }
}
