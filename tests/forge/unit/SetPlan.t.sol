// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense, Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {accountOfPlatform} from "../Accounts.sol";
import {Buckets, Holds} from "../Holds.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract SetPlanTest is Scene {
    uint256 private constant LATER_PLAN = 1 << 64;

    function test_a_plan_holds_from_the_next_epoch() external {
        uint32 next = uint32(block.timestamp / SHORT_WINDOW + 1);
        Plan memory plan = _dearPlan();
        vm.expectEmit(address(licences));
        emit IContentLicense.PlanChanged(content, 2, next, plan);
        vm.assertEq(_setPlan(plan), 2, "PLAN-2: the next version");
        vm.assertEq(licences.planCount(content), 2, "PLAN-2: the next version");
        vm.assertEq(desk.planVersionOf(content), 1, "PLAN-3: not before");
        _bought();
        _assertHold(REVENUE, 0, 0);
        vm.warp(uint256(next) * SHORT_WINDOW);
        vm.assertEq(desk.planVersionOf(content), 2, "PLAN-3: from the next epoch");
    }

    function test_money_under_a_plan_has_a_hold_of_its_own() external {
        _setPlan(_dearPlan());
        vm.warp(block.timestamp + SHORT_WINDOW);
        Order memory order = _bought();
        // 29.99 % of the price instead of 19.99 %.
        _assertSecondHold(PRICE - 299_906);
        _assertCommission(accountOfPlatform(seller), 299_906);
        Facts facts = settlement.factsOf(uint256(settlement.orderIdOf(order)));
        vm.assertEq(uint16(Facts.unwrap(facts) >> 72), 2, "PLAN-3: the order knows its version");
        vm.prank(sellerOperator);
        settlement.refund(order);
        _assertSecondHold(0);
    }

    function test_both_versions_are_kept() external {
        _setPlan(_dearPlan());
        (uint32 first, Plan memory kept) = licences.planOf(content, 1);
        vm.assertEq(abi.encode(first, kept), abi.encode(host, _plan()), "PLAN-2: the old plan stays");
        (first, kept) = licences.planOf(content, 2);
        vm.assertEq(abi.encode(first, kept), abi.encode(host, _dearPlan()), "PLAN-2: the new plan");
        vm.assertEq(licences.referrerBpsOf(content, 1), 498, "PLAN-2: each with its referrer's share");
        vm.assertEq(licences.referrerBpsOf(content, 2), 1_498, "PLAN-2: each with its referrer's share");
    }

    function test_the_last_plan_of_an_epoch_counts() external {
        _setPlan(_dearPlan());
        vm.assertEq(_setPlan(_plan()), 3, "PLAN-2: a number is not used again");
        vm.assertEq(desk.planVersionOf(content), 1, "PLAN-3: not before");
        vm.warp(block.timestamp + SHORT_WINDOW);
        vm.assertEq(desk.planVersionOf(content), 3, "PLAN-3: the last one");
        _setPlan(_dearPlan());
        vm.assertEq(desk.planVersionOf(content), 3, "PLAN-3: not before");
        vm.warp(block.timestamp + SHORT_WINDOW);
        vm.assertEq(desk.planVersionOf(content), 4, "PLAN-3: the next one");
    }

    function test_the_price_and_the_sale_go_on() external {
        _setPlan(_dearPlan());
        vm.warp(block.timestamp + SHORT_WINDOW);
        (uint64 price, bool active) = desk.priceOn(content, uint32(block.timestamp / 1 days));
        vm.assertEq(price, PRICE, "PLAN-3: the same price");
        vm.assertTrue(active, "PLAN-3: still for sale");
    }

    function test_plans_can_be_exhausted() external {
        bytes32 slot = _countSlot();
        _nextIs(slot, 65_535);
        vm.assertEq(_setPlan(_plan()), 65_535, "PLAN-2: the last number");
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.PlansExhausted.selector, content));
        _setPlan(_plan());
    }

    function test_a_plan_far_on_leaves_the_first_as_it_is() external {
        bytes32 slot = _countSlot();
        for (uint256 bit = 1; bit < 16; ++bit) {
            uint16 version = uint16(1 + 2 ** bit);
            _nextIs(slot, version);
            vm.assertEq(_setPlan(_dearPlan()), version, "PLAN-2: the next version");
            (, Plan memory kept) = licences.planOf(content, version);
            vm.assertEq(abi.encode(kept), abi.encode(_dearPlan()), "PLAN-2: the new plan");
            (, kept) = licences.planOf(content, 1);
            vm.assertEq(abi.encode(kept), abi.encode(_plan()), "PLAN-2: the first stays");
        }
    }

    /// @dev Where the licence contract counts the later plans of a content without other terms: setting 65,535 would take days.
    function _countSlot() private returns (bytes32) {
        vm.record();
        _setPlan(_plan());
        (, bytes32[] memory written) = vm.accesses(address(licences));
        uint256 i;
        while (vm.load(address(licences), written[i]) != bytes32(LATER_PLAN)) ++i;
        return written[i];
    }

    function _nextIs(bytes32 slot, uint256 version) private {
        vm.store(address(licences), slot, bytes32((version - 2) * LATER_PLAN));
    }

    function test_only_an_operator_of_the_host() external {
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.NotHost.selector, sellerOperator, host));
        vm.prank(sellerOperator);
        licences.setPlan(content, _plan());
    }

    function test_a_plan_keeps_to_the_terms_of_the_host() external {
        Plan memory plan = _plan();
        plan.networkBps = 199;
        plan.creators[0].bps += 102;
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.ShareBelowTerms.selector, 199, 200));
        _setPlan(plan);
    }

    function test_a_plan_adds_up() external {
        Plan memory plan = _plan();
        plan.sellerBps += 1;
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.PlanDoesNotAddUp.selector, 10_001, 10_000));
        _setPlan(plan);
    }

    function test_only_the_licence_contract_reaches_settlement() external {
        address expected = address(licences);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, hostOperator, expected));
        vm.prank(hostOperator);
        desk.setPlan(content, 2, 1_999);
    }

    function _dearPlan() private pure returns (Plan memory plan) {
        plan = _plan();
        plan.referrerBps += 1_000;
        plan.creators[0].bps -= 1_000;
    }

    function _setPlan(Plan memory plan) private returns (uint16) {
        vm.prank(hostOperator);
        return licences.setPlan(content, plan);
    }

    function _assertSecondHold(uint256 captured) private view {
        Buckets memory second = Holds.read(desk.holdOf(content, 2));
        _assertBuckets(second, captured, 0, 0, "the second version's hold");
        vm.assertEq(Holds.total(Holds.read(desk.holdOf(content, 1))), 0, "PLAN-3: none in the first");
        vm.assertEq(Holds.total(Holds.read(desk.holdOf(content, 0))), 0, "PLAN-2: there is no version 0");
    }
}
