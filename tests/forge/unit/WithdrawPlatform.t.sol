// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {Armed} from "../Tokens.sol";
import {vm} from "../Vm.sol";

contract WithdrawPlatformTest is Scene {
    function setUp() public override {
        super.setUp();
        _deposit(accountOfPlatform(seller), 1_000);
        _deposit(accountOfPlatform(0), 1_000);
    }

    function test_owner_withdraws_to_the_treasury() external {
        vm.expectEmit(address(settlement));
        emit ISettlement.Withdrawn(accountOfPlatform(seller), treasury("seller"), 400);
        vm.prank(owner("seller"));
        settlement.withdrawPlatform(seller, 400);
        _assertAvailable(seller, 600, "WITHDRAW-2: debited");
        vm.assertEq(token.balanceOf(treasury("seller")), 400, "WITHDRAW-2: to the treasury");
    }

    function test_operator_withdraws_whatever_the_status() external {
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        vm.prank(sellerOperator);
        settlement.withdrawPlatform(seller, 400);
        vm.assertEq(token.balanceOf(treasury("seller")), 400, "WITHDRAW-2: to the treasury");
    }

    function test_network_withdraws_to_its_treasury() external {
        vm.prank(networkOwner);
        settlement.withdrawPlatform(0, 1_000);
        vm.assertEq(token.balanceOf(networkTreasury), 1_000, "WITHDRAW-2: to the treasury");
        _assertAvailable(uint32(0), 0, "WITHDRAW-2: debited");
    }

    function test_refuses_everybody_else() external {
        _refuses(stranger);
        _refuses(hostOperator);
        _refuses(owner("host"));
        _refuses(networkOwner);
        _refuses(treasury("seller"));
    }

    function test_refuses_a_stopped_operator() external {
        vm.prank(owner("seller"));
        registry.setOperator(seller, sellerOperator, false);
        _refuses(sellerOperator);
    }

    function _refuses(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, caller, seller));
        vm.prank(caller);
        settlement.withdrawPlatform(seller, 400);
    }

    function test_refuses_a_platform_that_was_not_admitted() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.UnknownPlatform.selector, 99));
        vm.prank(stranger);
        settlement.withdrawPlatform(99, 1);
    }

    function test_cannot_be_entered_again_from_the_token() external {
        address hostile = _anotherToken("ReentrantToken.sol:ReentrantToken", "");
        _deploy(hostile);
        seller = _admit("seller");
        _deposit(accountOfPlatform(seller), 1_000);
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.withdrawPlatform, (seller, 1)));
        vm.expectRevert(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        vm.prank(sellerOperator);
        settlement.withdrawPlatform(seller, 400);
    }
}
