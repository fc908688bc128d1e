// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {accountOfLearner} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract PayOutTest is Scene {
    function setUp() public override {
        super.setUp();
        _deposit(accountOfLearner(seller, 1), 100);
        _deposit(accountOfLearner(seller, 2), 100);
    }

    function test_moves_money_back_to_the_platform() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PaidOut(seller, 1, 30);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PaidOut(seller, 2, 100);
        _payOut(_learners(2), _amounts(30, 100));
        _assertAvailable(accountOfLearner(seller, 1), 70, "TOPUP-2: debited");
        _assertAvailable(accountOfLearner(seller, 2), 0, "TOPUP-2: debited");
        _assertAvailable(seller, 130, "TOPUP-2: credited");
    }

    function test_a_suspended_platform_can_pay_out() external {
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        _payOut(_learners(2), _amounts(1, 1));
    }

    function test_refuses_more_than_a_learner_has() external {
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOfLearner(seller, 2), int256(100), 101));
        _payOut(_learners(2), _amounts(1, 101));
    }

    function test_refuses_an_account_that_was_taken_over() external {
        _takeOver(1, learnerKey);
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOfLearner(seller, 1), int256(0), 1));
        _payOut(_learners(2), _amounts(1, 1));
    }

    function test_refuses_nothing() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.ZeroAmount.selector));
        _payOut(_learners(2), _amounts(1, 0));
    }

    function test_refuses_lists_of_different_length() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.LengthMismatch.selector, 1, 2));
        _payOut(_learners(1), _amounts(1, 1));
    }

    function test_only_an_operator_of_the_platform() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, hostOperator, seller));
        vm.prank(hostOperator);
        desk.payOut(seller, _learners(2), _amounts(1, 1));
    }

    function _payOut(uint32[] memory learners, uint256[] memory amounts) private {
        vm.prank(sellerOperator);
        desk.payOut(seller, learners, amounts);
    }
}
