// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {accountOf} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract PauseTest is Scene {
    function test_the_networks_owner_pauses_and_goes_on() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PausedChanged(true, networkOwner);
        vm.prank(networkOwner);
        desk.pause();
        vm.assertTrue(desk.paused(), "PAUSE-1: paused");
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PausedChanged(false, networkOwner);
        vm.prank(networkOwner);
        desk.unpause();
        vm.assertTrue(!desk.paused(), "PAUSE-1: not paused");
        _bought();
        vm.assertEq(desk.windowOf(SHORT), SHORT_WINDOW, "WIN-1: the windows stay");
        vm.assertEq(desk.windowOf(LONG), LONG_WINDOW, "WIN-1: the windows stay");
    }

    function test_a_network_without_a_class_is_paused_as_well() external {
        _deploy(address(token));
        vm.prank(networkOwner);
        desk.pause();
        vm.assertTrue(desk.paused(), "PAUSE-1: paused");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.Paused.selector));
        desk.topUp(new uint32[](0), new uint256[](0));
    }

    function test_the_pauser_pauses_and_no_more() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.PausedChanged(true, pauser);
        vm.prank(pauser);
        desk.pause();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, pauser, networkOwner));
        vm.prank(pauser);
        desk.unpause();
    }

    function test_nobody_else_pauses() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, networkOwner));
        vm.prank(stranger);
        desk.pause();
    }

    function test_refunds_releases_claims_and_withdrawals_go_on() external {
        Order memory order = _bought();
        Order memory another = _order();
        another.salt = "another";
        _buy(another);
        _deposit(accountOf(buyer), 10);
        vm.prank(networkOwner);
        desk.pause();
        vm.prank(sellerOperator);
        settlement.refund(order);
        vm.prank(receiver);
        licences.claim(another);
        vm.prank(buyer);
        settlement.withdraw(10, buyer);
        _mature();
        uint32[] memory contents = new uint32[](1);
        contents[0] = content;
        settlement.release(contents);
        _assertAvailable(host, HOST_SHARE, "ALL-4: releases go on");
    }

    function test_deposits_go_on() external {
        vm.prank(networkOwner);
        desk.pause();
        _deposit(accountOf(buyer), 10);
        _assertAvailable(buyer, 10, "ALL-4: deposits go on");
    }
}
