// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchOrder, ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {HoldLib} from "../../../contracts/libraries/Hold.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract RefundPartTest is Scene {
    uint256 private constant PART = 300_001;

    function test_leaves_the_split_of_what_is_left() external {
        Order memory order = _buyReferred();
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.OrderPartRefunded(_idOf(order), content, PART, false);
        _refundPart(order, PART);
        _assertHold(560_087, 0, 0);
        _assertCommission(accountOfPlatform(seller), 105_073);
        _assertCommission(accountOf(referrer), 34_860);
        vm.assertEq(token.balanceOf(buyer), FUNDS - PRICE + PART, "REFUND-6: back as tokens");
        vm.assertTrue(licences.verify(order, receiver), "REFUND-6: the licence goes on");
        vm.assertEq(uint40(_facts(order) >> 208), PART, "REFUND-6: remembered");
    }

    function test_parts_add_up_and_the_rest_can_be_refunded() external {
        Order memory order = _buyReferred();
        for (uint256 i; i < 3; ++i) _refundPart(order, PART);
        vm.assertEq(uint40(_facts(order) >> 208), 3 * PART, "REFUND-6: accumulated");
        _assertHold(80_025, 0, 0);
        vm.expectEmit(address(settlement));
        emit ISettlement.OrderRefunded(bytes32(_idOf(order)), content, PRICE - 3 * PART, false);
        vm.prank(sellerOperator);
        settlement.refund(order);
        _assertHold(0, 0, 0);
        _assertCommission(accountOfPlatform(seller), 0);
        _assertCommission(accountOf(referrer), 0);
        vm.assertEq(token.balanceOf(buyer), FUNDS, "REFUND-6: all is back");
        _assertHeldTokens(0);
    }

    function test_the_rest_is_released_by_the_plan() external {
        _refundPart(_buyReferred(), PART);
        _mature();
        uint32[] memory contents = new uint32[](1);
        contents[0] = content;
        settlement.release(contents);
        // 560,087 by 2,000 of 8,001.
        _assertAvailable(host, 140_004, "SPLIT-3: of what is left");
    }

    function test_returns_to_the_account_it_came_from() external {
        _deposit(accountOf(buyer), PRICE);
        Order memory order = _order();
        vm.prank(buyer);
        settlement.buyFromBalance(order);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.OrderPartRefunded(_idOf(order), content, PART, true);
        _refundPart(order, PART);
        _assertAvailable(buyer, PART, "REFUND-6: back on the account");
    }

    function test_of_a_batch_order_returns_to_the_platform() external {
        BatchOrder memory order = _settledOrder();
        uint256 id = Batches.idOf(_sameBatch(), 0, 1);
        vm.expectEmit(address(settlement));
        emit ISettlementCourt.OrderPartRefunded(id, content, PART, true);
        _refundBatchPart(order, PART);
        _assertAvailable(seller, FUNDS - 3 * PRICE + PART, "REFUND-6: back on the platform's account");
        vm.assertTrue(licences.verifyBatch(order, 2), "REFUND-6: the licence goes on");
        (, Facts facts) = settlement.inspectBatch(order);
        uint256 expected = Facts.unwrap(order.facts) | (1 << 160) | (PART << 208);
        vm.assertEq(Facts.unwrap(facts), expected, "REFUND-6: remembered");
        vm.assertEq(Facts.unwrap(settlement.factsOf(id)), expected, "REFUND-6: remembered");
        _refundBatchPart(order, 1);
        vm.prank(sellerOperator);
        settlement.refundBatch(order);
        _assertAvailable(seller, FUNDS - 2 * PRICE, "REFUND-6: all is back");
        vm.assertTrue(!licences.verifyBatch(order, 2), "REFUND-5: the licence ended");
        _assertHold(2 * REVENUE, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyRefunded.selector, id));
        _refundBatchPart(order, 1);
    }

    function test_refuses_all_and_more_and_nothing() external {
        Order memory order = _bought();
        bytes4 reason = ISettlementCourt.RefundAboveLeft.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, PRICE, PRICE));
        _refundPart(order, PRICE);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.ZeroAmount.selector));
        _refundPart(order, 0);
        _refundPart(order, PRICE - 1);
        vm.expectRevert(abi.encodeWithSelector(reason, 1, 1));
        _refundPart(order, 1);
    }

    function test_only_the_host_whose_price_it_lowers() external {
        Order memory order = _bought();
        bytes memory reason = abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, sellerOperator, host);
        vm.expectRevert(reason);
        vm.prank(sellerOperator);
        court.refundPart(order, PART);
        BatchOrder memory batchOrder = _settledOrder();
        vm.expectRevert(reason);
        vm.prank(sellerOperator);
        court.refundBatchPart(batchOrder, PART);
    }

    function test_refuses_after_the_window() external {
        Order memory order = _bought();
        uint256 epoch = block.timestamp / SHORT_WINDOW;
        _mature();
        vm.expectRevert(abi.encodeWithSelector(HoldLib.RefundWindowClosed.selector, epoch, epoch + 2));
        _refundPart(order, PART);
    }

    function test_refuses_what_is_in_dispute() external {
        Order memory order = _bought();
        _deposit(accountOf(buyer), FUNDS);
        vm.prank(buyer);
        court.openDispute(order, "");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InDispute.selector, _idOf(order)));
        _refundPart(order, PART);
    }

    function _buyReferred() private returns (Order memory order) {
        order = _order();
        order.referrer = referrer;
        _buy(order);
    }

    function _refundPart(Order memory order, uint256 amount) private {
        vm.prank(hostOperator);
        court.refundPart(order, amount);
    }

    function _refundBatchPart(BatchOrder memory order, uint256 amount) private {
        vm.prank(hostOperator);
        court.refundBatchPart(order, amount);
    }

    function _idOf(Order memory order) private view returns (uint256) {
        return uint256(Orders.idOf(order, address(settlement)));
    }

    function _facts(Order memory order) private view returns (uint256) {
        return Facts.unwrap(settlement.factsOf(_idOf(order)));
    }
}
