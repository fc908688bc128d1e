// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IPlatformRegistry, Platform, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract AdmitTest is Scene {
    function test_admits_under_the_next_number() external {
        Platform memory terms = Platform(stranger, PlatformStatus.Active, 1_000, 5_000, receiver);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.PlatformAdmitted(3, "a third", terms);
        vm.assertEq(_admit(stranger, receiver, 1_000, 5_000), 3, "ADMIT-3: the next number");
        vm.assertEq(registry.platformCount(), 3, "ADMIT-3: three in all");
        vm.assertEq(abi.encode(registry.platformOf(3)), abi.encode(terms), "ADMIT-1: as admitted");
        registry.requireActive(3);
    }

    function test_only_the_networks_owner() external {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        registry.admit("a third", stranger, stranger, 0, 0);
    }

    function test_refuses_nobody_as_owner_or_treasury() external {
        bytes memory reason = abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector);
        vm.expectRevert(reason);
        _admit(address(0), receiver, 0, 0);
        vm.expectRevert(reason);
        _admit(receiver, address(0), 0, 0);
    }

    function test_refuses_fees_above_their_caps() external {
        bytes4 reason = IPlatformRegistry.FeeAboveCap.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, 1_001, 1_000));
        _admit(stranger, receiver, 1_001, 5_000);
        vm.expectRevert(abi.encodeWithSelector(reason, 5_001, 5_000));
        _admit(stranger, receiver, 1_000, 5_001);
    }

    function test_the_network_is_platform_0() external view {
        Platform memory network = registry.platformOf(0);
        vm.assertEq(network.owner, networkOwner, "ADMIT-5: its owner");
        vm.assertEq(network.treasury, networkTreasury, "ADMIT-5: its treasury");
    }

    function test_a_registry_needs_a_treasury() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        vm.deployCode("PlatformRegistry.sol:PlatformRegistry", abi.encode(networkOwner, address(0)));
    }

    function test_what_was_not_admitted_is_unknown() external {
        bytes memory reason = abi.encodeWithSelector(IPlatformRegistry.UnknownPlatform.selector, 3);
        vm.expectRevert(reason);
        registry.platformOf(3);
        vm.expectRevert(reason);
        registry.changesOf(3);
        vm.expectRevert(reason);
        registry.requireActive(3);
        vm.expectRevert(reason);
        vm.prank(networkOwner);
        registry.setStatus(3, PlatformStatus.Active);
        vm.expectRevert(reason);
        vm.prank(networkOwner);
        registry.setNetworkFee(3, 0);
        vm.expectRevert(reason);
        registry.setHostFee(3, 0);
        vm.expectRevert(reason);
        registry.setTreasury(3, receiver);
        vm.expectRevert(reason);
        registry.transferPlatform(3, receiver);
        vm.expectRevert(reason);
        registry.acceptPlatform(3);
        vm.expectRevert(reason);
        registry.setOperator(3, receiver, true);
    }

    function _admit(address owner_, address treasury_, uint16 networkBps, uint16 hostBps) private returns (uint32) {
        vm.prank(networkOwner);
        return registry.admit("a third", owner_, treasury_, networkBps, hostBps);
    }
}
