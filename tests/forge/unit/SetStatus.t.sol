// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetStatusTest is Scene {
    function test_suspends_and_opens() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.PlatformStatusChanged(seller, PlatformStatus.Suspended);
        _set(PlatformStatus.Suspended);
        vm.assertTrue(registry.platformOf(seller).status == PlatformStatus.Suspended, "ADMIT-4: suspended");
        bytes memory reason = abi.encodeWithSelector(
            IPlatformRegistry.PlatformNotActive.selector,
            seller,
            PlatformStatus.Suspended
        );
        vm.expectRevert(reason);
        registry.requireActive(seller);
        vm.expectRevert(reason);
        registry.activeOperator(sellerOperator);
        _set(PlatformStatus.Active);
        (uint32 platform, uint32 lane, uint32 learners) = registry.activeOperator(sellerOperator);
        vm.assertEq(platform, seller, "OPER-4: may act again");
        vm.assertEq(lane, 1, "OPER-3: in its lane");
        vm.assertEq(learners, LEARNERS, "REG-3: the highest learner");
    }

    function test_refuses_no_status() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.InvalidStatus.selector, PlatformStatus.None));
        _set(PlatformStatus.None);
    }

    function test_only_the_networks_owner() external {
        address caller = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
        registry.setStatus(seller, PlatformStatus.Suspended);
    }

    function _set(PlatformStatus status) private {
        vm.prank(networkOwner);
        registry.setStatus(seller, status);
    }
}
