// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {BatchOrder, ISettlement, Order, Withdrawal} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {ISettlementDesk, Payment} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {accountOf} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {Armed} from "../Tokens.sol";
import {vm} from "../Vm.sol";

/// @notice While tokens move, none of the calls that move money can be entered (ALL-2), whatever it is given.
contract ReentryTest is Scene {
    function setUp() public override {
        super.setUp();
        _deploy(_anotherToken("ReentrantToken.sol:ReentrantToken", ""));
    }

    function test_no_deposit_or_withdrawal_within_another() external {
        _refuses(abi.encodeCall(ISettlement.deposit, (accountOf(buyer), 1)));
        _refuses(abi.encodeCall(ISettlement.withdraw, (1, buyer)));
        _refuses(abi.encodeCall(ISettlement.withdrawPlatform, (1, 1)));
        Withdrawal memory withdrawal;
        _refuses(abi.encodeCall(ISettlement.withdrawSigned, (withdrawal)));
    }

    function test_no_purchase_within_another() external {
        Order memory order;
        _refuses(abi.encodeCall(ISettlement.buy, (order)));
        _refuses(abi.encodeCall(ISettlement.buyFromBalance, (order)));
        _refuses(abi.encodeCall(ISettlement.buyWithAuthorization, (order, 27, "", "")));
        Payment memory payment;
        _refuses(abi.encodeCall(ISettlementDesk.buyCart, (new Order[](1), payment)));
    }

    function test_no_refund_within_another() external {
        Order memory order;
        BatchOrder memory ofBatch;
        _refuses(abi.encodeCall(ISettlement.refund, (order)));
        _refuses(abi.encodeCall(ISettlement.refundBatch, (ofBatch)));
        _refuses(abi.encodeCall(ISettlementCourt.refundPart, (order, 1)));
        _refuses(abi.encodeCall(ISettlementCourt.refundBatchPart, (ofBatch, 1)));
        _refuses(abi.encodeCall(ISettlementCourt.refundUnanswered, (order)));
        _refuses(abi.encodeCall(ISettlementCourt.refundBatchUnanswered, (ofBatch)));
    }

    function test_no_end_of_a_dispute_within_another() external {
        Order memory order;
        BatchOrder memory ofBatch;
        _refuses(abi.encodeCall(ISettlementCourt.resolveDispute, (order, true, "")));
        _refuses(abi.encodeCall(ISettlementCourt.resolveBatchDispute, (ofBatch, true, "")));
        _refuses(abi.encodeCall(ISettlementCourt.closeDispute, (order)));
        _refuses(abi.encodeCall(ISettlementCourt.closeBatchDispute, (ofBatch)));
    }

    /// @dev The token makes the call in the middle of a deposit.
    function _refuses(bytes memory call) private {
        _fund(address(this), 1);
        Armed(address(token)).arm(address(settlement), call);
        vm.expectRevert(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        settlement.deposit(accountOf(receiver), 1);
        Armed(address(token)).arm(address(0), "");
    }
}
