// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IContentLicense, Publication} from "../../../contracts/interfaces/IContentLicense.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {BatchOrder, ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract ClaimTest is Scene {
    uint64 private constant MATURES_AT = 20_004 days;
    uint64 private constant FOR_GOOD = type(uint64).max;

    function test_the_receiver_gets_a_token() external {
        Order memory order = _bought();
        uint256 id = _idOf(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.OrderClaimed(id);
        vm.expectEmit(address(licences));
        emit IContentLicense.LicenseClaimed(id, content, receiver, MATURES_AT);
        vm.expectEmit(address(licences));
        emit IERC5192.Locked(id);
        _claim(order);
        vm.assertEq(_tokens().balanceOf(receiver, id), 1, "CLAIM-2: one");
        vm.assertEq(licences.holderOf(id), receiver, "CLAIM-2: the receiver's");
        vm.assertTrue(licences.verify(order, receiver), "VERIFY-1: for its holder");
        vm.assertTrue(licences.verifyToken(id, content, receiver), "VERIFY-3: for holder and content");
        uint256 facts = Facts.unwrap(settlement.factsOf(id));
        vm.assertEq(uint8(facts >> 160), 9, "CLAIM-1: paid and claimed");
    }

    function test_only_the_receiver_claims() external {
        Order memory order = _bought();
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotLicensee.selector, buyer, receiver));
        vm.prank(buyer);
        licences.claim(order);
    }

    function test_claims_once_and_not_after_a_refund() external {
        Order memory order = _bought();
        _claim(order);
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.AlreadyClaimed.selector, _idOf(order), receiver));
        _claim(order);
        vm.prank(sellerOperator);
        settlement.refund(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, _idOf(order)));
        _claim(order);
        vm.assertTrue(!licences.verify(order, receiver), "VERIFY-1: not after a refund");
        vm.assertTrue(!licences.verify(order, address(0)), "VERIFY-1: nor for nobody");
        vm.assertTrue(!licences.verifyToken(_idOf(order), content, receiver), "VERIFY-3: a burned one");
        vm.assertTrue(!licences.verifyToken(_idOf(order), content, address(0)), "VERIFY-3: nor for nobody");
    }

    function test_an_order_never_placed_is_not_claimed() external {
        Order memory order = _order();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownOrder.selector, bytes32(_idOf(order))));
        _claim(order);
    }

    function test_moves_only_when_its_money_has_matured() external {
        Order memory order = _bought();
        _claim(order);
        uint256 id = _idOf(order);
        vm.warp(MATURES_AT - 1);
        vm.assertTrue(licences.locked(id), "LOCK-1: until its money has matured");
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.LicenseLocked.selector, id, MATURES_AT));
        _move(receiver, stranger, id, 1);
        vm.warp(MATURES_AT);
        vm.assertTrue(!licences.locked(id), "LOCK-1: time unlocks it");
        vm.expectEmit(address(licences));
        emit IERC5192.Unlocked(id);
        _move(receiver, stranger, id, 1);
        vm.assertEq(licences.holderOf(id), stranger, "CLAIM-2: it moved");
        vm.assertTrue(licences.verify(order, stranger), "VERIFY-1: for its holder");
        vm.assertTrue(!licences.verify(order, receiver), "VERIFY-1: for nobody else");
        _move(stranger, buyer, id, 1);
        vm.assertEq(licences.holderOf(id), buyer, "CLAIM-2: it moves freely");
    }

    function test_moving_none_changes_nothing() external {
        Order memory order = _bought();
        _claim(order);
        _move(receiver, stranger, _idOf(order), 0);
        vm.assertEq(licences.holderOf(_idOf(order)), receiver, "CLAIM-2: still the receiver's");
    }

    function test_several_move_at_once_or_none() external {
        Order memory first = _bought();
        Order memory second = _order();
        second.salt = "second";
        _buy(second);
        _claim(first);
        _claim(second);
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (_idOf(first), _idOf(second));
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.LicenseLocked.selector, ids[0], MATURES_AT));
        _moveBoth(ids, _amounts(1, 1));
        _mature();
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 2, 1));
        _moveBoth(ids, new uint256[](1));
        _moveBoth(ids, _amounts(1, 1));
        vm.assertEq(licences.holderOf(ids[0]), stranger, "CLAIM-2: the first moved");
        vm.assertEq(licences.holderOf(ids[1]), stranger, "CLAIM-2: the second moved");
    }

    function _moveBoth(uint256[] memory ids, uint256[] memory counts) private {
        vm.prank(receiver);
        _tokens().safeBatchTransferFrom(receiver, stranger, ids, counts, "");
    }

    function test_only_its_holder_moves_it() external {
        Order memory order = _bought();
        _claim(order);
        _mature();
        vm.expectPartialRevert(IERC1155Errors.ERC1155MissingApprovalForAll.selector);
        vm.prank(stranger);
        _tokens().safeTransferFrom(receiver, stranger, _idOf(order), 1, "");
    }

    function test_claimed_after_maturity_is_free_at_once() external {
        Order memory order = _bought();
        _mature();
        vm.expectEmit(address(licences));
        emit IContentLicense.LicenseClaimed(_idOf(order), content, receiver, MATURES_AT);
        vm.expectEmit(address(licences));
        emit IERC5192.Unlocked(_idOf(order));
        _claim(order);
        vm.assertTrue(!licences.locked(_idOf(order)), "LOCK-1: not locked");
        _move(receiver, stranger, _idOf(order), 1);
    }

    function test_a_bound_one_never_moves() external {
        Publication memory publication = _publication("bound");
        publication.terms.bound = true;
        content = _publish(hostOperator, publication);
        Order memory order = _bought();
        vm.expectEmit(address(licences));
        emit IContentLicense.LicenseClaimed(_idOf(order), content, receiver, FOR_GOOD);
        vm.expectEmit(address(licences));
        emit IERC5192.Locked(_idOf(order));
        _claim(order);
        vm.warp(block.timestamp + 3_650 days);
        vm.assertTrue(licences.locked(_idOf(order)), "TERMS-4: for good");
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.LicenseLocked.selector, _idOf(order), FOR_GOOD));
        _move(receiver, stranger, _idOf(order), 1);
    }

    function test_a_bound_one_stays_bound_after_a_dispute() external {
        Publication memory publication = _publication("bound");
        publication.terms.bound = true;
        content = _publish(hostOperator, publication);
        Order memory order = _bought();
        _claim(order);
        vm.prank(address(settlement));
        licences.setLock(_idOf(order), 0);
        vm.assertTrue(licences.locked(_idOf(order)), "TERMS-4: for good");
    }

    function test_settlement_tells_locks_and_unlocks() external {
        Order memory order = _bought();
        _claim(order);
        uint256 id = _idOf(order);
        vm.expectEmit(address(licences));
        emit IERC5192.Unlocked(id);
        _setLock(id, 0);
        vm.assertTrue(!licences.locked(id), "LOCK-2: unlocked");
        vm.expectEmit(address(licences));
        emit IERC5192.Locked(id);
        _setLock(id, FOR_GOOD);
        vm.assertTrue(licences.locked(id), "LOCK-2: locked");
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.LicenseLocked.selector, id, FOR_GOOD));
        _move(receiver, stranger, id, 1);
        _setLock(id, uint64(block.timestamp + 5));
        vm.expectRevert(
            abi.encodeWithSelector(IContentLicense.LicenseLocked.selector, id, uint64(block.timestamp + 5))
        );
        _move(receiver, stranger, id, 1);
        _setLock(id, uint64(block.timestamp));
        _move(receiver, stranger, id, 1);
    }

    function _setLock(uint256 id, uint64 unlocksAt) private {
        vm.prank(address(settlement));
        licences.setLock(id, unlocksAt);
    }

    function test_only_settlement_burns_and_locks() external {
        Order memory order = _bought();
        _claim(order);
        bytes memory reason = abi.encodeWithSelector(
            IContentLicense.NotSettlement.selector,
            receiver,
            address(settlement)
        );
        vm.expectRevert(reason);
        vm.prank(receiver);
        licences.burn(_idOf(order));
        vm.expectRevert(reason);
        vm.prank(receiver);
        licences.setLock(_idOf(order), 0);
        bytes memory unknown = abi.encodeWithSelector(IContentLicense.UnknownToken.selector, 7);
        vm.expectRevert(unknown);
        vm.prank(address(settlement));
        licences.burn(7);
        vm.expectRevert(unknown);
        _setLock(7, 0);
    }

    function test_only_the_licence_contract_marks() external {
        Order memory order = _bought();
        address expected = address(licences);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, receiver, expected));
        vm.prank(receiver);
        court.markClaimed(order);
        BatchOrder memory batchOrder = _settledOrder();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, receiver, expected));
        vm.prank(receiver);
        court.markBatchClaimed(batchOrder);
    }

    function test_a_contract_that_takes_no_tokens_keeps_its_licence() external {
        Order memory order = _order();
        order.receiver = address(token);
        _buy(order);
        vm.expectPartialRevert(IERC1155Errors.ERC1155InvalidReceiver.selector);
        vm.prank(address(token));
        licences.claim(order);
        vm.assertTrue(licences.verify(order, address(token)), "VERIFY-1: as an order");
    }

    // Batch orders

    function test_the_learners_key_claims() external {
        BatchOrder memory order = _settledOrder();
        _bindKey(2, learnerKey);
        uint256 id = Batches.idOf(_sameBatch(), 0, 1);
        vm.expectEmit(address(licences));
        emit IContentLicense.LicenseClaimed(id, content, learnerKey, MATURES_AT);
        vm.prank(learnerKey);
        licences.claimBatch(order);
        vm.assertEq(licences.holderOf(id), learnerKey, "CLAIM-1: the learner's");
        vm.assertTrue(licences.verifyBatch(order, 2), "VERIFY-2: while its key holds it");
        vm.assertEq(Facts.unwrap(settlement.factsOf(id)), _sameBatch().facts[0] | (9 << 160), "TREE-4: paid, claimed");
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.AlreadyClaimed.selector, id, learnerKey));
        vm.prank(learnerKey);
        licences.claimBatch(order);
        _mature();
        _move(learnerKey, stranger, id, 1);
        vm.assertTrue(!licences.verifyBatch(order, 2), "VERIFY-2: not once it is gone");
        vm.assertTrue(licences.verifyToken(id, content, stranger), "VERIFY-3: for its holder");
    }

    function test_only_the_learners_key_claims() external {
        BatchOrder memory order = _settledOrder();
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotLicensee.selector, learnerKey, address(0)));
        vm.prank(learnerKey);
        licences.claimBatch(order);
        _bindKey(2, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotLicensee.selector, stranger, learnerKey));
        vm.prank(stranger);
        licences.claimBatch(order);
    }

    function test_a_refund_burns_a_claimed_batch_licence() external {
        BatchOrder memory order = _settledOrder();
        _bindKey(2, learnerKey);
        vm.prank(learnerKey);
        licences.claimBatch(order);
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
        uint256 id = Batches.idOf(_sameBatch(), 0, 1);
        vm.assertEq(licences.holderOf(id), address(0), "REFUND-5: burned");
        vm.assertTrue(!licences.verifyBatch(order, 2), "VERIFY-2: not after a refund");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, id));
        vm.prank(learnerKey);
        licences.claimBatch(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, id));
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
    }

    function _bindKey(uint32 learner, address key) private {
        vm.prank(sellerOperator);
        registry.bindKey(learner, key);
    }

    function _claim(Order memory order) private {
        vm.prank(order.receiver);
        licences.claim(order);
    }

    function _move(address from, address to, uint256 id, uint256 count) private {
        vm.prank(from);
        _tokens().safeTransferFrom(from, to, id, count, "");
    }

    function _tokens() private view returns (IERC1155) {
        return IERC1155(address(licences));
    }

    function _idOf(Order memory order) private view returns (uint256) {
        return uint256(Orders.idOf(order, address(settlement)));
    }
}
