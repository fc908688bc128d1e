// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry, Operator} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetOperatorTest is Scene {
    function test_a_named_key_accepts_and_gets_the_next_lane() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.OperatorNamed(seller, stranger, true);
        vm.assertEq(_set(stranger, true), 0, "OPER-3: no lane before it accepts");
        vm.assertTrue(registry.isNamed(seller, stranger), "OPER-2: named");
        _assertOperator(stranger, Operator(0, 0, false));
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.OperatorChanged(seller, stranger, 2, true);
        vm.assertEq(_accept(stranger, seller), 2, "OPER-3: the next lane");
        _assertOperator(stranger, Operator(seller, 2, true));
        vm.assertTrue(!registry.isNamed(seller, stranger), "OPER-2: once");
    }

    function test_a_key_keeps_its_lane_when_stopped_and_let_act_again() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.OperatorChanged(seller, sellerOperator, 1, false);
        vm.assertEq(_set(sellerOperator, false), 1, "OPER-3: its lane");
        _assertOperator(sellerOperator, Operator(seller, 1, false));
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, sellerOperator));
        registry.activeOperator(sellerOperator);
        vm.assertEq(_set(sellerOperator, true), 1, "OPER-3: its lane");
        _assertOperator(sellerOperator, Operator(seller, 1, true));
    }

    function test_a_key_accepts_only_what_names_it() external {
        bytes memory reason = abi.encodeWithSelector(IPlatformRegistry.NotNamed.selector, stranger, seller);
        vm.expectRevert(reason);
        _accept(stranger, seller);
        _set(stranger, true);
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.OperatorNamed(seller, stranger, false);
        _set(stranger, false);
        vm.expectRevert(reason);
        _accept(stranger, seller);
    }

    function test_a_key_belongs_to_one_platform_for_good() external {
        bytes memory reason = abi.encodeWithSelector(IPlatformRegistry.OperatorTaken.selector, sellerOperator, seller);
        vm.expectRevert(reason);
        vm.prank(owner("host"));
        registry.setOperator(host, sellerOperator, true);
        vm.expectRevert(reason);
        _accept(sellerOperator, host);
        vm.expectRevert(reason);
        _accept(sellerOperator, seller);
    }

    function test_two_may_name_a_key_and_it_chooses() external {
        _set(stranger, true);
        vm.prank(owner("host"));
        registry.setOperator(host, stranger, true);
        _accept(stranger, host);
        _assertOperator(stranger, Operator(host, 2, true));
    }

    function test_only_the_platforms_owner() external {
        address expected = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, stranger, expected));
        vm.prank(stranger);
        registry.setOperator(seller, stranger, true);
    }

    function test_refuses_nobody() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        _set(address(0), true);
    }

    function _set(address key, bool active) private returns (uint32) {
        vm.prank(owner("seller"));
        return registry.setOperator(seller, key, active);
    }

    function _accept(address key, uint32 platform) private returns (uint32) {
        vm.prank(key);
        return registry.acceptOperator(platform);
    }

    function _assertOperator(address key, Operator memory expected) private view {
        vm.assertEq(abi.encode(registry.operatorOf(key)), abi.encode(expected), "OPER-4: what is known of a key");
    }
}
