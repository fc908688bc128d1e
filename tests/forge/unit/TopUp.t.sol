// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPlatformRegistry} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {BatchTree} from "../../../contracts/libraries/BatchTree.sol";
import {TopUpLimitLib} from "../../../contracts/libraries/TopUpLimit.sol";
import {accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract TopUpTest is Scene {
    function setUp() public override {
        super.setUp();
        _deposit(accountOfPlatform(seller), 100);
        _setLimit(1_000);
        vm.warp(block.timestamp + 2 days);
    }

    function test_moves_money_to_learners() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.ToppedUp(seller, 1, 30);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.ToppedUp(seller, 2, 70);
        _topUp(_learners(2), _amounts(30, 70));
        _assertAvailable(accountOfLearner(seller, 1), 30, "TOPUP-1: credited");
        _assertAvailable(accountOfLearner(seller, 2), 70, "TOPUP-1: credited");
        _assertAvailable(seller, 0, "TOPUP-1: debited");
        _assertHeldTokens(100);
    }

    function test_goes_to_the_key_that_took_over() external {
        _takeOver(1, learnerKey);
        _topUp(_learners(2), _amounts(30, 70));
        _assertAvailable(learnerKey, 30, "TOPUP-3: the key's own account");
        _assertAvailable(accountOfLearner(seller, 1), 0, "TOPUP-3: not the learner's");
    }

    function test_refuses_more_than_the_platform_has() external {
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOfPlatform(seller), int256(100), 101));
        _topUp(_learners(2), _amounts(31, 70));
    }

    function test_refuses_learners_that_are_not_registered() external {
        uint32[] memory learners = _learners(2);
        learners[1] = 0;
        vm.expectRevert(abi.encodeWithSelector(BatchTree.UnknownLearner.selector, 0, LEARNERS));
        _topUp(learners, _amounts(1, 1));
        learners[1] = LEARNERS + 1;
        vm.expectRevert(abi.encodeWithSelector(BatchTree.UnknownLearner.selector, LEARNERS + 1, LEARNERS));
        _topUp(learners, _amounts(1, 1));
        learners[1] = LEARNERS;
        _topUp(learners, _amounts(1, 1));
    }

    function test_refuses_nothing() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.ZeroAmount.selector));
        _topUp(_learners(2), _amounts(1, 0));
    }

    function test_refuses_lists_of_different_length() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.LengthMismatch.selector, 3, 2));
        _topUp(_learners(3), _amounts(1, 1));
        vm.expectRevert(abi.encodeWithSelector(ISettlementDesk.LengthMismatch.selector, 1, 2));
        _topUp(_learners(1), _amounts(1, 1));
    }

    function test_only_an_active_operator() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        vm.prank(stranger);
        desk.topUp(_learners(2), _amounts(1, 1));
    }

    function test_refuses_more_than_the_limit_of_the_day() external {
        _setLimit(60);
        _assertLimit(60, 60);
        _topUp(_learners(2), _amounts(10, 20));
        _assertLimit(60, 30);
        vm.expectRevert(abi.encodeWithSelector(TopUpLimitLib.TopUpAboveLimit.selector, 31, 30));
        _topUp(_learners(2), _amounts(11, 20));
        _topUp(_learners(2), _amounts(10, 20));
        _assertLimit(60, 0);
        vm.warp((block.timestamp / 1 days + 1) * 1 days);
        _assertLimit(60, 60);
        _topUp(_learners(2), _amounts(20, 20));
        _assertLimit(60, 20);
    }

    function test_a_limit_falls_at_once_and_rises_two_days_later() external {
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.TopUpLimitChanged(seller, 60, uint40(block.timestamp));
        _setLimit(60);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.TopUpLimitChanged(seller, 80, uint40(block.timestamp + 2 days));
        _setLimit(80);
        vm.warp(block.timestamp + 2 days - 1);
        _assertLimit(60, 60);
        vm.warp(block.timestamp + 1);
        _assertLimit(80, 80);
        _topUp(_learners(2), _amounts(30, 40));
        _setLimit(50);
        _assertLimit(50, 0);
    }

    function test_a_limit_is_nothing_to_begin_with_and_only_the_owners() external {
        (uint64 perDay, uint64 rest) = desk.topUpLimitOf(host);
        vm.assertEq(perDay, 0, "TOPUP-4: nothing to begin with");
        vm.assertEq(rest, 0, "TOPUP-4: nothing to begin with");
        address expected = owner("seller");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, sellerOperator, expected));
        vm.prank(sellerOperator);
        desk.setTopUpLimit(seller, 1);
    }

    function test_refuses_while_selling_is_paused() external {
        vm.prank(networkOwner);
        desk.pause();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.Paused.selector));
        _topUp(_learners(2), _amounts(1, 1));
    }

    function _setLimit(uint64 perDay) private {
        vm.prank(owner("seller"));
        desk.setTopUpLimit(seller, perDay);
    }

    function _assertLimit(uint256 perDay, uint256 rest) private view {
        (uint64 present, uint64 unused) = desk.topUpLimitOf(seller);
        vm.assertEq(present, perDay, "TOPUP-4: the limit");
        vm.assertEq(unused, rest, "TOPUP-4: what is left of it today");
    }

    function _topUp(uint32[] memory learners, uint256[] memory amounts) private {
        vm.prank(sellerOperator);
        desk.topUp(learners, amounts);
    }
}
