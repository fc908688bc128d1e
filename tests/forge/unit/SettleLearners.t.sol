// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Consent, ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {BatchTree} from "../../../contracts/libraries/BatchTree.sol";
import {accountOf, accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {Agreement, Consents} from "../Consents.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SettleLearnersTest is Scene {
    uint256 private constant FROM_LEARNER = 32;

    function setUp() public override {
        super.setUp();
        for (uint32 learner = 1; learner <= 3; ++learner) _deposit(accountOfLearner(seller, learner), PRICE + 5);
        _deposit(accountOfPlatform(seller), FUNDS);
    }

    function test_each_learner_pays() external {
        Batch memory batch = _batch(FROM_LEARNER, address(0));
        vm.expectEmit(address(settlement));
        emit ISettlement.BatchSettled(seller, 1, 1, Batches.root(batch), 1, 3, uint32(TODAY), 3 * PRICE);
        vm.assertEq(_settle(true, new Consent[](0)), Batches.root(batch), "TREE-1: the leaf tells who paid");
        for (uint32 learner = 1; learner <= 3; ++learner) {
            _assertAvailable(accountOfLearner(seller, learner), 5, "BATCH-10: the learner is debited");
        }
        _assertAvailable(seller, FUNDS, "BATCH-10: the platform is not");
        _assertHold(3 * REVENUE, 0, 0);
        _assertCommission(accountOfPlatform(seller), 3 * COMMISSION);
    }

    function test_a_refund_returns_to_the_learner() external {
        _settle(true, new Consent[](0));
        BatchOrder memory order = Batches.order(_batch(FROM_LEARNER, address(0)), 0, 1);
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
        _assertAvailable(accountOfLearner(seller, 2), PRICE + 5, "REFUND-4: back on the learner's account");
        _assertAvailable(seller, FUNDS, "REFUND-4: not on the platform's");
    }

    function test_a_refund_returns_to_the_key_that_took_over() external {
        _settle(true, new Consent[](0));
        _takeOver(2, learnerKey);
        BatchOrder memory order = Batches.order(_batch(FROM_LEARNER, address(0)), 0, 1);
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
        _assertAvailable(learnerKey, PRICE + 5, "TOPUP-3: to the key's own account");
    }

    function test_refuses_a_learner_without_the_money() external {
        vm.prank(sellerOperator);
        desk.payOut(seller, _learners(2), _amounts(1, 6));
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        int256 available = int256(uint256(PRICE - 1));
        vm.expectRevert(abi.encodeWithSelector(reason, accountOfLearner(seller, 2), available, PRICE));
        _settle(true, new Consent[](0));
    }

    function test_an_account_taken_over_pays_only_with_consent() external {
        _takeOver(2, learnerKey);
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOfLearner(seller, 2), int256(0), PRICE));
        _settle(true, new Consent[](0));
        _bindKeys();
        Consent[] memory consents = _consentsTo(true, address(0));
        _settle(true, consents);
        _assertAvailable(learnerKey, 5, "CONSENT-2: the key's own account pays");
        _assertAvailable(accountOfLearner(seller, 1), 5, "BATCH-10: the others pay as ever");
        vm.assertEq(settlement.noncesOf(learnerKey, 0), 7, "CONSENT-1: three nonces are used");
    }

    function test_the_platform_pays_with_the_learners_consents() external {
        _bindKeys();
        Batch memory batch = _batch(0, address(0));
        vm.assertEq(_settle(false, _consents(address(0))), Batches.root(batch), "TREE-1: the leaf tells who paid");
        _assertAvailable(seller, FUNDS - 3 * PRICE, "CONSENT-1: the platform is debited");
        _assertAvailable(accountOfLearner(seller, 1), PRICE + 5, "CONSENT-1: the learners are not");
    }

    function test_a_consent_names_the_referrer() external {
        _bindKeys();
        Consent[] memory consents = _consents(referrer);
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = (uint160(referrer), Batches.word(content, _learners(3)));
        Batch memory batch = _batch(0, referrer);
        vm.assertEq(_send(false, words, consents), Batches.root(batch), "CONSENT-1: with the referrer");
        _assertCommission(accountOf(referrer), 3 * REFERRER_PART);
    }

    function test_refuses_a_consent_to_something_else() external {
        _bindKeys();
        _refuses(_consents(referrer), _badSignature());
        Consent[] memory consents = _consents(address(0));
        (consents[0], consents[1]) = (consents[1], consents[0]);
        _refuses(consents, _badSignature());
        _refuses(_consentsTo(true, address(0)), _badSignature());
        consents = _consents(address(0));
        ++consents[0].maxPrice;
        _refuses(consents, _badSignature());
        consents = _consents(address(0));
        ++consents[0].deadline;
        _refuses(consents, _badSignature());
        consents = _consents(address(0));
        consents[0].nonce = 9;
        _refuses(consents, _badSignature());
    }

    function test_refuses_a_learner_without_a_key() external {
        bytes memory reason = abi.encodeWithSelector(ISettlement.InvalidSignature.selector, address(0));
        _refuses(_consents(address(0)), reason);
    }

    function test_refuses_a_price_above_the_maximum() external {
        _bindKeys();
        Consent[] memory consents = _consents(address(0));
        consents[0].maxPrice = PRICE - 1;
        consents[0] = Consents.sign(consents[0], _agreement(1, address(0)), keyOf("learner"), address(settlement));
        _refuses(consents, abi.encodeWithSelector(ISettlement.PriceAboveMaximum.selector, PRICE, PRICE - 1));
    }

    function test_refuses_at_the_deadline() external {
        _bindKeys();
        Consent[] memory consents = _consents(address(0));
        vm.warp(consents[0].deadline);
        bytes4 reason = ISettlement.DeadlinePassed.selector;
        _refuses(consents, abi.encodeWithSelector(reason, block.timestamp, block.timestamp));
    }

    function test_a_nonce_is_used_once() external {
        _bindKeys();
        Consent[] memory consents = _consents(address(0));
        consents[1].nonce = 0;
        consents[1] = Consents.sign(consents[1], _agreement(2, address(0)), keyOf("learner"), address(settlement));
        _refuses(consents, abi.encodeWithSelector(ISettlement.NonceUsed.selector, learnerKey, 0));
    }

    function test_as_many_consents_as_orders() external {
        _bindKeys();
        Consent[] memory all = _consents(address(0));
        Consent[] memory two = new Consent[](2);
        (two[0], two[1]) = (all[0], all[1]);
        _refuses(two, abi.encodeWithSelector(ISettlementDesk.ConsentCountMismatch.selector, 2, 3));
        Consent[] memory four = new Consent[](4);
        (four[0], four[1], four[2], four[3]) = (all[0], all[1], all[2], all[0]);
        _refuses(four, abi.encodeWithSelector(ISettlementDesk.ConsentCountMismatch.selector, 4, 3));
    }

    function test_is_the_next_batch_of_the_lane() external {
        _settle(true, new Consent[](0));
        vm.assertEq(settlement.nextBatch(seller, 1), 2, "BATCH-2: the lane goes on");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchNumberMismatch.selector, 1, 2));
        _settle(true, new Consent[](0));
    }

    function test_refuses_what_a_batch_refuses() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EmptyBatch.selector));
        _send(true, new uint256[](0), new Consent[](0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.DebitAboveMaximum.selector, 3 * PRICE, 1));
        vm.prank(sellerOperator, sellerOperator);
        desk.settleLearners(1, uint32(TODAY), 1, true, _threeLearners(), new Consent[](0));
        vm.expectRevert(abi.encodeWithSelector(BatchTree.MalformedWord.selector, 0, 0));
        _send(true, new uint256[](1), new Consent[](0));
    }

    function _settle(bool fromLearners, Consent[] memory consents) private returns (bytes32) {
        return _send(fromLearners, _threeLearners(), consents);
    }

    function _send(bool fromLearners, uint256[] memory words, Consent[] memory consents) private returns (bytes32) {
        vm.prank(sellerOperator, sellerOperator);
        return desk.settleLearners(1, uint32(TODAY), FUNDS, fromLearners, words, consents);
    }

    function _refuses(Consent[] memory consents, bytes memory reason) private {
        vm.expectRevert(reason);
        _settle(false, consents);
    }

    function _threeLearners() private view returns (uint256[] memory) {
        return _words(Batches.word(content, _learners(3)));
    }

    function _batch(uint256 state, address referrer_) private view returns (Batch memory batch) {
        (batch.platform, batch.lane, batch.number) = (seller, 1, 1);
        batch.words = _threeLearners();
        batch.referrers = new address[](1);
        batch.referrers[0] = referrer_;
        Read memory read = _read();
        read.state = state;
        if (referrer_ != address(0)) read.referrerBps = 498;
        batch.facts = new uint256[](1);
        batch.facts[0] = Batches.pack(read);
    }

    function _bindKeys() private {
        for (uint32 learner = 1; learner <= 3; ++learner) {
            vm.prank(sellerOperator);
            registry.bindKey(learner, learnerKey);
        }
    }

    function _consents(address referrer_) private view returns (Consent[] memory) {
        return _consentsTo(false, referrer_);
    }

    function _consentsTo(bool fromLearner, address referrer_) private view returns (Consent[] memory consents) {
        consents = new Consent[](3);
        for (uint32 i; i < 3; ++i) {
            consents[i] = Consent(PRICE, uint64(block.timestamp + 1 hours), i, "");
            Agreement memory to = _agreement(i + 1, referrer_);
            to.fromLearner = fromLearner;
            consents[i] = Consents.sign(consents[i], to, keyOf("learner"), address(settlement));
        }
    }

    function _agreement(uint32 learner, address referrer_) private view returns (Agreement memory) {
        return Agreement(content, seller, learner, referrer_, 0, false);
    }

    function _badSignature() private view returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.InvalidSignature.selector, learnerKey);
    }
}
