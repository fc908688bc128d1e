// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Changes, IPlatformRegistry} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetFeesTest is Scene {
    uint40 private constant LATER = uint40(NOON + 2 days);

    function test_the_networks_share_falls_at_once() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.NetworkFeeChanged(host, 100, uint40(NOON));
        _setNetworkFee(100);
        _assertFees(100, 500);
        _assertChanges(0, 0, 0, 0);
    }

    function test_the_networks_share_rises_two_days_later() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.NetworkFeeChanged(host, 1_000, LATER);
        _setNetworkFee(1_000);
        _assertFees(200, 500);
        _assertChanges(1_000, LATER, 0, 0);
        vm.warp(LATER - 1);
        _assertFees(200, 500);
        vm.warp(LATER);
        _assertFees(1_000, 500);
        _assertChanges(0, 0, 0, 0);
    }

    function test_the_hosts_share_falls_at_once_and_rises_later() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.HostFeeChanged(host, 5_000, LATER);
        _setHostFee(5_000);
        _assertFees(200, 500);
        _assertChanges(0, 0, 5_000, LATER);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.HostFeeChanged(host, 400, uint40(NOON));
        _setHostFee(400);
        _assertFees(200, 400);
        _assertChanges(0, 0, 0, 0);
        vm.warp(LATER);
        _assertFees(200, 400);
    }

    function test_another_rise_replaces_the_first() external {
        _setNetworkFee(900);
        vm.warp(NOON + 1 days);
        _setNetworkFee(800);
        vm.warp(LATER);
        _assertFees(200, 500);
        vm.warp(NOON + 3 days);
        _assertFees(800, 500);
    }

    function test_setting_what_it_is_takes_a_rise_back() external {
        _setNetworkFee(900);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.NetworkFeeChanged(host, 200, uint40(NOON));
        _setNetworkFee(200);
        vm.warp(LATER);
        _assertFees(200, 500);
    }

    function test_refuses_fees_above_their_caps() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.FeeAboveCap.selector, 1_001, 1_000));
        _setNetworkFee(1_001);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.FeeAboveCap.selector, 5_001, 5_000));
        _setHostFee(5_001);
    }

    function test_each_by_its_owner_alone() external {
        address platformOwner = owner("host");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, platformOwner));
        vm.prank(platformOwner);
        registry.setNetworkFee(host, 100);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, networkOwner, platformOwner));
        vm.prank(networkOwner);
        registry.setHostFee(host, 100);
    }

    function _setNetworkFee(uint16 bps) private {
        vm.prank(networkOwner);
        registry.setNetworkFee(host, bps);
    }

    function _setHostFee(uint16 bps) private {
        vm.prank(owner("host"));
        registry.setHostFee(host, bps);
    }

    function _assertFees(uint256 networkBps, uint256 hostBps) private view {
        vm.assertEq(registry.platformOf(host).networkBps, networkBps, "FEE-1: the network's share");
        vm.assertEq(registry.platformOf(host).hostBps, hostBps, "FEE-1: the host's share");
    }

    function _assertChanges(uint256 networkBps, uint256 networkFrom, uint256 hostBps, uint256 hostFrom) private view {
        Changes memory changes = registry.changesOf(host);
        vm.assertEq(changes.networkBps, networkBps, "FEE-1: announced for the network");
        vm.assertEq(changes.networkBpsFrom, networkFrom, "FEE-1: announced for the network");
        vm.assertEq(changes.hostBps, hostBps, "FEE-1: announced for the host");
        vm.assertEq(changes.hostBpsFrom, hostFrom, "FEE-1: announced for the host");
    }
}
