// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {accountOf} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {Armed} from "../Tokens.sol";
import {vm} from "../Vm.sol";

contract WithdrawTest is Scene {
    function setUp() public override {
        super.setUp();
        _deposit(accountOf(receiver), 1_000);
    }

    function test_sends_to_any_address() external {
        vm.expectEmit(address(settlement));
        emit ISettlement.Withdrawn(accountOf(receiver), stranger, 400);
        vm.prank(receiver);
        settlement.withdraw(400, stranger);
        _assertAvailable(receiver, 600, "WITHDRAW-1: debited");
        vm.assertEq(token.balanceOf(stranger), 400, "WITHDRAW-1: sent");
        _assertHeldTokens(600);
    }

    function test_sends_all() external {
        vm.prank(receiver);
        settlement.withdraw(1_000, receiver);
        _assertAvailable(receiver, 0, "WITHDRAW-3: all that is available");
    }

    function test_refuses_more_than_is_available() external {
        _refusesAmount(1_001);
        _refusesAmount(type(uint256).max);
    }

    function _refusesAmount(uint256 amount) private {
        vm.expectRevert(
            abi.encodeWithSelector(ISettlement.InsufficientBalance.selector, accountOf(receiver), int256(1_000), amount)
        );
        vm.prank(receiver);
        settlement.withdraw(amount, stranger);
    }

    function test_refuses_nothing() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.ZeroAmount.selector));
        vm.prank(receiver);
        settlement.withdraw(0, stranger);
    }

    function test_refuses_zero_and_settlement_as_receiver() external {
        _refusesReceiver(address(0));
        _refusesReceiver(address(settlement));
    }

    function _refusesReceiver(address to) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidReceiver.selector, to));
        vm.prank(receiver);
        settlement.withdraw(400, to);
    }

    function test_cannot_be_entered_again_from_the_token() external {
        address hostile = _anotherToken("ReentrantToken.sol:ReentrantToken", "");
        _deploy(hostile);
        _deposit(accountOf(receiver), 1_000);
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.withdraw, (1, receiver)));
        vm.expectRevert(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        vm.prank(receiver);
        settlement.withdraw(400, stranger);
    }
}
