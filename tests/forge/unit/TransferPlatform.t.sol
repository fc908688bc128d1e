// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry, Successor} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract TransferPlatformTest is Scene {
    uint40 private constant LATER = uint40(NOON + 2 days);

    function test_passes_in_two_steps_two_days_apart() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.PlatformTransferStarted(seller, stranger, LATER);
        _transfer(stranger);
        _assertNext(stranger, LATER);
        vm.warp(LATER - 1);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.TooEarly.selector, LATER));
        _accept(stranger);
        _assertOwner(owner("seller"));
        vm.warp(LATER);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.PlatformTransferred(seller, stranger);
        _accept(stranger);
        _assertOwner(stranger);
        _assertNext(address(0), 0);
        vm.assertEq(registry.platformOf(seller).treasury, treasury("seller"), "OWNER-2: nothing else changes");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, address(0)));
        _accept(stranger);
    }

    function test_only_whom_the_owner_names() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, address(0)));
        _accept(stranger);
        _transfer(stranger);
        _transfer(receiver);
        vm.warp(LATER);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, receiver));
        _accept(stranger);
        _transfer(address(0));
        _assertNext(address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, receiver, address(0)));
        _accept(receiver);
    }

    function test_only_the_owner_passes_it_on() external {
        address expected = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, expected));
        vm.prank(stranger);
        registry.transferPlatform(seller, stranger);
    }

    function _transfer(address to) private {
        vm.prank(owner("seller"));
        registry.transferPlatform(seller, to);
    }

    function _accept(address account) private {
        vm.prank(account);
        registry.acceptPlatform(seller);
    }

    function _assertOwner(address expected) private view {
        vm.assertEq(registry.platformOf(seller).owner, expected, "OWNER-1: the owner");
    }

    function _assertNext(address account, uint40 from) private view {
        Successor memory next = registry.changesOf(seller).owner;
        vm.assertEq(abi.encode(next), abi.encode(Successor(account, from)), "OWNER-1: who may accept");
    }
}
