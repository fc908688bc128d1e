// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract RegisterLearnersTest is Scene {
    uint32 private constant PER_DAY = 1_048_576;
    uint32 private constant HIGHEST = type(uint32).max >> 1;

    function test_numbers_are_consecutive_and_keep_their_home() external {
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.LearnersRegistered(host, LEARNERS + 1, 5, "root");
        vm.assertEq(_register(hostOperator, 5), LEARNERS + 1, "REG-3: the first of them");
        vm.expectEmit(address(registry));
        emit IPlatformRegistry.LearnersRegistered(seller, LEARNERS + 6, 1, "who");
        vm.prank(sellerOperator);
        vm.assertEq(registry.registerLearner("who"), LEARNERS + 6, "REG-3: the next");
        vm.assertEq(registry.learnerCount(), LEARNERS + 6, "REG-3: the highest");
        vm.assertEq(registry.homeOf(1), seller, "REG-1: the seller's first");
        vm.assertEq(registry.homeOf(LEARNERS), seller, "REG-1: the seller's last");
        vm.assertEq(registry.homeOf(LEARNERS + 1), host, "REG-1: the host's first");
        vm.assertEq(registry.homeOf(LEARNERS + 5), host, "REG-1: the host's last");
        vm.assertEq(registry.homeOf(LEARNERS + 6), seller, "REG-1: the seller's again");
    }

    function test_from_one_to_a_million_a_day() external {
        _refuses(0, PER_DAY - LEARNERS);
        _refuses(PER_DAY - LEARNERS + 1, PER_DAY - LEARNERS);
        _register(sellerOperator, PER_DAY - LEARNERS);
        _refuses(1, 0);
        _register(hostOperator, 1);
        vm.warp((TODAY + 1) * 1 days - 1);
        _refuses(1, 0);
        vm.warp((TODAY + 1) * 1 days);
        _refuses(PER_DAY + 1, PER_DAY);
        _register(sellerOperator, PER_DAY);
        vm.assertEq(registry.learnerCount(), 2 * PER_DAY + 1, "REG-2: all of them");
    }

    function test_up_to_31_bits() external {
        while (HIGHEST - registry.learnerCount() > PER_DAY) {
            vm.warp(block.timestamp + 1 days);
            _register(sellerOperator, PER_DAY);
        }
        vm.warp(block.timestamp + 1 days);
        uint32 rest = HIGHEST - registry.learnerCount();
        _refuses(rest + 1, rest);
        _register(sellerOperator, rest);
        vm.assertEq(registry.learnerCount(), HIGHEST, "REG-3: the highest number");
        _refuses(1, 0);
    }

    function _refuses(uint32 count, uint32 maximum) private {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.LearnerCountOutOfRange.selector, count, maximum));
        _register(sellerOperator, count);
    }

    function test_only_an_active_operator() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        _register(stranger, 1);
        vm.prank(networkOwner);
        registry.setStatus(seller, PlatformStatus.Suspended);
        bytes4 reason = IPlatformRegistry.PlatformNotActive.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, seller, PlatformStatus.Suspended));
        _register(sellerOperator, 1);
    }

    function test_a_learner_not_registered_has_no_home() external {
        bytes4 reason = IPlatformRegistry.UnknownLearner.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, 0, LEARNERS));
        registry.homeOf(0);
        vm.expectRevert(abi.encodeWithSelector(reason, LEARNERS + 1, LEARNERS));
        registry.homeOf(LEARNERS + 1);
    }

    function _register(address key, uint32 count) private returns (uint32) {
        vm.prank(key);
        return registry.registerLearners(count, "root");
    }
}
