// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Consent} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {accountOf, accountOfLearner} from "../Accounts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract RequestRefundTest is Scene {
    uint40 private constant NEVER = type(uint40).max;
    uint40 private constant ANSWER_BY = uint40(NOON + SHORT_WINDOW / 2);

    function test_the_buyer_alone_refunds_after_silence() external {
        Order memory order = _bought();
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.RefundRequested(_idOf(order), content, ANSWER_BY);
        _request(order);
        vm.assertEq(court.answerByOf(_idOf(order)), ANSWER_BY, "REQUEST-1: half a window");
        vm.warp(ANSWER_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.TooEarly.selector, ANSWER_BY - 1, ANSWER_BY));
        _refundUnanswered(order);
        vm.warp(ANSWER_BY);
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderRefunded(bytes32(_idOf(order)), content, PRICE, false);
        _refundUnanswered(order);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "REQUEST-2: the tokens are back");
        _assertHeldTokens(0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, _idOf(order)));
        _refundUnanswered(order);
    }

    function test_the_seller_refuses_in_time() external {
        Order memory order = _bought();
        _request(order);
        vm.warp(ANSWER_BY - 1);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.RefundRefused(_idOf(order), content);
        _refuse(order);
        vm.assertEq(court.answerByOf(_idOf(order)), NEVER, "REQUEST-2: refused for good");
        vm.warp(ANSWER_BY);
        _refusesNotRequested(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.AlreadyRequested.selector, _idOf(order)));
        _request(order);
    }

    function test_the_seller_cannot_refuse_too_late() external {
        Order memory order = _bought();
        _request(order);
        vm.warp(ANSWER_BY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.DeadlinePassed.selector, ANSWER_BY, ANSWER_BY));
        _refuse(order);
    }

    function test_nothing_to_refuse_or_refund_without_a_request() external {
        Order memory order = _bought();
        _refusesNotRequested(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotRequested.selector, _idOf(order)));
        _refuse(order);
        _request(order);
        _refuse(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotRequested.selector, _idOf(order)));
        _refuse(order);
    }

    function _refusesNotRequested(Order memory order) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotRequested.selector, _idOf(order)));
        _refundUnanswered(order);
    }

    function test_requested_once() external {
        Order memory order = _bought();
        _request(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.AlreadyRequested.selector, _idOf(order)));
        _request(order);
    }

    function test_only_the_buyer_requests_and_takes() external {
        Order memory order = _bought();
        bytes memory reason = abi.encodeWithSelector(ISettlement.WrongCaller.selector, receiver, buyer);
        vm.expectRevert(reason);
        vm.prank(receiver);
        court.requestRefund(order);
        _request(order);
        vm.warp(ANSWER_BY);
        vm.expectRevert(reason);
        vm.prank(receiver);
        court.refundUnanswered(order);
    }

    function test_only_who_may_refund_refuses() external {
        Order memory order = _bought();
        _request(order);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, hostOperator, seller));
        vm.prank(hostOperator);
        court.refuseRefund(order);
    }

    function test_only_while_the_answer_can_come_before_the_money_matures() external {
        Order memory order = _bought();
        uint256 maturesAt = (block.timestamp / SHORT_WINDOW + 2) * SHORT_WINDOW;
        vm.warp(maturesAt - SHORT_WINDOW / 2);
        bytes4 reason = ISettlementCourt.RequestTooLate.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, maturesAt, maturesAt));
        _request(order);
        vm.warp(block.timestamp - 1);
        _request(order);
        vm.assertEq(court.answerByOf(_idOf(order)), maturesAt - 1, "REQUEST-1: just in time");
    }

    function test_silence_helps_no_longer_than_the_window() external {
        Order memory order = _bought();
        uint256 epoch = block.timestamp / SHORT_WINDOW;
        _request(order);
        _mature();
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, epoch, epoch + 2));
        _refundUnanswered(order);
    }

    function test_an_order_in_dispute_is_not_requested() external {
        Order memory order = _bought();
        _deposit(accountOf(buyer), FUNDS);
        vm.prank(buyer);
        court.openDispute(order, "");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InDispute.selector, _idOf(order)));
        _request(order);
    }

    // Batch orders

    function test_the_key_of_a_learners_account_requests() external {
        BatchOrder memory order = _settledFromLearner();
        _takeOver(2, learnerKey);
        uint256 id = desk.batchOrderIdOf(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.RefundRequested(id, content, ANSWER_BY);
        vm.prank(learnerKey);
        court.requestBatchRefund(order);
        vm.warp(ANSWER_BY);
        vm.expectEmit(address(settlement));
        emit ISettlement.BatchOrderRefunded(id, content, PRICE);
        vm.prank(learnerKey);
        court.refundBatchUnanswered(order);
        _assertAvailable(learnerKey, PRICE, "REQUEST-2: on the key's own account");
    }

    function test_the_seller_refuses_a_learner() external {
        BatchOrder memory order = _settledFromLearner();
        _takeOver(2, learnerKey);
        vm.prank(learnerKey);
        court.requestBatchRefund(order);
        uint256 id = desk.batchOrderIdOf(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.RefundRefused(id, content);
        vm.prank(sellerOperator);
        court.refuseBatchRefund(order);
        vm.warp(ANSWER_BY);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.NotRequested.selector, id));
        vm.prank(learnerKey);
        court.refundBatchUnanswered(order);
    }

    function test_only_the_key_of_the_learners_account() external {
        BatchOrder memory order = _settledFromLearner();
        bytes memory reason = abi.encodeWithSelector(ISettlement.WrongCaller.selector, learnerKey, address(0));
        vm.expectRevert(reason);
        vm.prank(learnerKey);
        court.requestBatchRefund(order);
        _takeOver(2, stranger);
        reason = abi.encodeWithSelector(ISettlement.WrongCaller.selector, learnerKey, stranger);
        vm.expectRevert(reason);
        vm.prank(learnerKey);
        court.requestBatchRefund(order);
        vm.expectRevert(reason);
        vm.prank(learnerKey);
        court.refundBatchUnanswered(order);
    }

    function test_an_order_the_platform_paid_is_not_requested() external {
        BatchOrder memory order = _settledOrder();
        _takeOver(2, learnerKey);
        bytes memory reason = abi.encodeWithSelector(
            ISettlementCourt.NotRequestable.selector,
            desk.batchOrderIdOf(order)
        );
        vm.expectRevert(reason);
        vm.prank(learnerKey);
        court.requestBatchRefund(order);
        vm.expectRevert(reason);
        vm.prank(learnerKey);
        court.refundBatchUnanswered(order);
    }

    function _settledFromLearner() private returns (BatchOrder memory) {
        for (uint32 learner = 1; learner <= 3; ++learner) _deposit(accountOfLearner(seller, learner), PRICE);
        Batch memory batch = _sameBatch();
        Read memory read = _read();
        read.state = 32;
        batch.facts[0] = Batches.pack(read);
        vm.prank(sellerOperator, sellerOperator);
        desk.settleLearners(1, uint32(TODAY), FUNDS, true, batch.words, new Consent[](0));
        return Batches.order(batch, 0, 1);
    }

    function _request(Order memory order) private {
        vm.prank(buyer);
        court.requestRefund(order);
    }

    function _refuse(Order memory order) private {
        vm.prank(sellerOperator);
        court.refuseRefund(order);
    }

    function _refundUnanswered(Order memory order) private {
        vm.prank(buyer);
        court.refundUnanswered(order);
    }

    function _idOf(Order memory order) private view returns (uint256) {
        return uint256(Orders.idOf(order, address(settlement)));
    }
}
