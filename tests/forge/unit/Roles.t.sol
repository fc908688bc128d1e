// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IPlatformRegistry, Role, Successor} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract RolesTest is Scene {
    uint40 private constant LATER = uint40(NOON + 2 days);

    function test_an_arbiter_accepts_two_days_later() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.RoleNominated(Role.Arbiter, stranger, LATER);
        _nominate(Role.Arbiter, stranger);
        _assertPending(Role.Arbiter, stranger, LATER);
        vm.warp(LATER - 1);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.TooEarly.selector, LATER));
        _accept(Role.Arbiter, stranger);
        vm.assertEq(registry.arbiter(), arbiter, "ROLE-1: until then the holder stays");
        vm.warp(LATER);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.RoleAccepted(Role.Arbiter, stranger);
        _accept(Role.Arbiter, stranger);
        vm.assertEq(registry.arbiter(), stranger, "ROLE-1: the nominee holds it");
        vm.assertEq(registry.pauser(), pauser, "ROLE-3: no role implies another");
        _assertPending(Role.Arbiter, address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, address(0)));
        _accept(Role.Arbiter, stranger);
    }

    function test_a_pauser_accepts_at_once() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.RoleNominated(Role.Pauser, stranger, uint40(NOON));
        _nominate(Role.Pauser, stranger);
        _accept(Role.Pauser, stranger);
        vm.assertEq(registry.pauser(), stranger, "ROLE-2: at once");
        vm.assertEq(registry.arbiter(), arbiter, "ROLE-3: no role implies another");
    }

    function test_only_the_nominee_accepts() external {
        _nominate(Role.Pauser, stranger);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, receiver, stranger));
        _accept(Role.Pauser, receiver);
        _nominate(Role.Pauser, address(0));
        _assertPending(Role.Pauser, address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, address(0)));
        _accept(Role.Pauser, stranger);
    }

    function test_the_owner_empties_a_role_at_once() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.RoleDismissed(Role.Arbiter, arbiter);
        vm.prank(networkOwner);
        registry.dismiss(Role.Arbiter);
        vm.assertEq(registry.arbiter(), address(0), "ROLE-3: emptied");
        vm.assertEq(registry.pauser(), pauser, "ROLE-3: the other stays");
    }

    function test_only_the_networks_owner() external {
        bytes memory reason = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, arbiter);
        vm.expectRevert(reason);
        vm.prank(arbiter);
        registry.nominate(Role.Arbiter, stranger);
        vm.expectRevert(reason);
        vm.prank(arbiter);
        registry.dismiss(Role.Pauser);
    }

    // The network's owner

    function test_the_network_passes_in_two_steps_two_days_apart() external {
        Ownable2Step ownable = Ownable2Step(address(registry));
        vm.prank(networkOwner);
        ownable.transferOwnership(stranger);
        vm.warp(LATER - 1);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.TooEarly.selector, LATER));
        vm.prank(stranger);
        ownable.acceptOwnership();
        _assertNoSuccessor(receiver);
        vm.assertEq(ownable.owner(), networkOwner, "ADMIT-7: not before it is accepted");
        vm.warp(LATER);
        _assertNoSuccessor(receiver);
        vm.prank(stranger);
        ownable.acceptOwnership();
        vm.assertEq(registry.platformOf(0).owner, stranger, "ADMIT-7: accepted");
    }

    function _assertNoSuccessor(address account) private {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, account));
        vm.prank(account);
        Ownable2Step(address(registry)).acceptOwnership();
    }

    function test_only_the_networks_owner_passes_it_on() external {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        Ownable2Step(address(registry)).transferOwnership(stranger);
    }

    function test_the_network_is_never_without_an_owner() external {
        Ownable2Step ownable = Ownable2Step(address(registry));
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        vm.prank(networkOwner);
        ownable.renounceOwnership();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        ownable.renounceOwnership();
    }

    function _nominate(Role role, address account) private {
        vm.prank(networkOwner);
        registry.nominate(role, account);
    }

    function _accept(Role role, address account) private {
        vm.prank(account);
        registry.acceptRole(role);
    }

    function _assertPending(Role role, address account, uint40 from) private view {
        Successor memory pending = registry.pendingRole(role);
        vm.assertEq(abi.encode(pending), abi.encode(Successor(account, from)), "ROLE-1: who may accept");
    }
}
