// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract BindTest is Scene {
    function test_a_platform_states_that_it_knows_a_learner() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.LearnerBound(1, host, "as ours");
        _bind(hostOperator, 1, "as ours");
        vm.assertEq(registry.bindingOf(1, host), "as ours", "BIND-1: stated");
        vm.assertEq(registry.bindingOf(1, seller), bytes32(0), "BIND-1: for itself only");
        _bind(hostOperator, 1, "as another");
        vm.assertEq(registry.bindingOf(1, host), "as another", "BIND-1: the new one counts");
    }

    function test_only_an_active_operator_of_a_registered_learner() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        _bind(stranger, 1, "");
        bytes4 reason = IPlatformRegistry.UnknownLearner.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, LEARNERS + 1, LEARNERS));
        _bind(hostOperator, LEARNERS + 1, "");
        vm.expectRevert(abi.encodeWithSelector(reason, 0, LEARNERS));
        _bind(hostOperator, 0, "");
    }

    function _bind(address key, uint32 learner, bytes32 commitment) private {
        vm.prank(key);
        registry.bindLearner(learner, commitment);
    }

    // Keys

    function test_the_home_sets_the_first_key_and_the_key_passes_it_on() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.LearnerKeyBound(1, learnerKey);
        _bindKey(sellerOperator, 1, learnerKey);
        vm.assertEq(registry.keyOf(1), learnerKey, "BIND-2: the first key");
        vm.assertEq(registry.keyOf(2), address(0), "BIND-2: nobody else's");
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.WrongCaller.selector, sellerOperator, learnerKey));
        _bindKey(sellerOperator, 1, stranger);
        _bindKey(learnerKey, 1, stranger);
        vm.assertEq(registry.keyOf(1), stranger, "BIND-2: passed on");
    }

    function test_only_the_home_sets_the_first_key() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotHome.selector, hostOperator, seller));
        _bindKey(hostOperator, 1, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        _bindKey(stranger, 1, learnerKey);
    }

    function test_refuses_nobody_as_a_key() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        _bindKey(sellerOperator, 1, address(0));
        _bindKey(sellerOperator, 1, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.ZeroAddress.selector));
        _bindKey(learnerKey, 1, address(0));
    }

    function _bindKey(address caller, uint32 learner, address key) private {
        vm.prank(caller);
        registry.bindKey(learner, key);
    }
}
