// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry, Successor} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetTreasuryTest is Scene {
    uint40 private constant LATER = uint40(NOON + 2 days);

    function test_holds_two_days_later() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.TreasuryChanged(seller, stranger, LATER);
        _set(stranger);
        _assertTreasury(treasury("seller"));
        _assertNext(stranger, LATER);
        vm.warp(LATER - 1);
        _assertTreasury(treasury("seller"));
        vm.warp(LATER);
        _assertTreasury(stranger);
        _assertNext(address(0), 0);
    }

    function test_another_replaces_the_first() external {
        _set(stranger);
        vm.warp(NOON + 1 days);
        _set(receiver);
        vm.warp(LATER);
        _assertTreasury(treasury("seller"));
        vm.warp(NOON + 3 days);
        _assertTreasury(receiver);
        _set(buyer);
        _assertTreasury(receiver);
    }

    function test_setting_the_present_one_takes_it_back() external {
        _set(stranger);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.TreasuryChanged(seller, treasury("seller"), uint40(NOON));
        _set(treasury("seller"));
        _assertNext(address(0), 0);
        vm.warp(LATER);
        _assertTreasury(treasury("seller"));
    }

    function test_of_the_network_by_its_owner() external {
        vm.prank(networkOwner);
        registry.setTreasury(0, stranger);
        vm.warp(LATER);
        vm.assertEq(registry.platformOf(0).treasury, stranger, "ADMIT-5: the network's treasury");
        address platformOwner = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, platformOwner, networkOwner));
        vm.prank(platformOwner);
        registry.setTreasury(0, platformOwner);
    }

    function test_the_networks_first_holds_at_once() external {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.expectEmit(next);
        emit IPlatformRegistry.TreasuryChanged(0, networkTreasury, uint40(NOON));
        _deploy(address(token));
        vm.assertEq(registry.platformOf(0).treasury, networkTreasury, "TREASURY-1: the network's treasury");
    }

    function test_only_the_platforms_owner() external {
        address expected = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, sellerOperator, expected));
        vm.prank(sellerOperator);
        registry.setTreasury(seller, stranger);
    }

    function test_refuses_nobody() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        _set(address(0));
    }

    function _set(address treasury_) private {
        vm.prank(owner("seller"));
        registry.setTreasury(seller, treasury_);
    }

    function _assertTreasury(address expected) private view {
        vm.assertEq(registry.platformOf(seller).treasury, expected, "TREASURY-1: the treasury that holds");
    }

    function _assertNext(address account, uint40 from) private view {
        Successor memory next = registry.changesOf(seller).treasury;
        vm.assertEq(abi.encode(next), abi.encode(Successor(account, from)), "TREASURY-1: what was announced");
    }
}
