// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract AddWindowTest is Scene {
    function test_adds_the_next_class() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.WindowAdded(2, 3 days);
        vm.assertEq(_addWindow(3 days), 2, "WIN-1: the next class");
        vm.assertEq(desk.windowOf(0), SHORT_WINDOW, "WIN-1: none changes");
        vm.assertEq(desk.windowOf(1), LONG_WINDOW, "WIN-1: none changes");
        vm.assertEq(desk.windowOf(2), 3 days, "WIN-1: the new one");
    }

    function test_adds_eight_and_no_more() external {
        for (uint8 class = 2; class < 8; ++class) {
            vm.assertEq(_addWindow(366 days), class, "WIN-1: the next class");
            vm.assertEq(desk.windowOf(class), 366 days, "WIN-1: the longest");
        }
        _refuses(1 days, 8);
        vm.prank(networkOwner);
        desk.pause();
        _refuses(1 days, 8);
    }

    function test_from_an_hour_to_366_days() external {
        _refuses(1 hours - 1, 2);
        _refuses(366 days + 1, 2);
        vm.assertEq(_addWindow(1 hours), 2, "WIN-1: the shortest");
    }

    function test_only_the_networks_owner() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, networkOwner));
        vm.prank(stranger);
        desk.addWindow(1 days);
    }

    function test_keeps_selling_paused() external {
        vm.prank(networkOwner);
        desk.pause();
        _addWindow(366 days);
        vm.assertTrue(desk.paused(), "PAUSE-1: still paused");
        vm.assertEq(desk.windowOf(2), 366 days, "WIN-1: the new one");
    }

    function test_an_unknown_class_has_no_window() external {
        _hasNone(2);
        _hasNone(8);
        vm.prank(networkOwner);
        desk.pause();
        _hasNone(8);
        _hasNone(9);
    }

    function _hasNone(uint8 class) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownClass.selector, class));
        desk.windowOf(class);
    }

    function _refuses(uint32 windowSeconds, uint256 class) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.WindowOutOfRange.selector, windowSeconds, class));
        _addWindow(windowSeconds);
    }
}
