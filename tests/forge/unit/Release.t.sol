// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Holds} from "../Holds.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract ReleaseTest is Scene {
    function test_divides_matured_revenue_by_the_plan() external {
        _bought();
        _mature();
        vm.expectEmit(address(settlement));
        emit ISettlement.Released(content, 1, REVENUE);
        settlement.release(_only(content));
        _assertAvailable(actor("first creator"), FIRST_SHARE, "SPLIT-3: the first creator gets what is left");
        _assertAvailable(actor("second creator"), SECOND_SHARE, "SPLIT-3: the second creator");
        _assertAvailable(host, HOST_SHARE, "SPLIT-3: the host");
        _assertAvailable(uint32(0), NETWORK_SHARE, "SPLIT-3: the network");
        _assertHold(0, 0, 0);
        _assertHeldTokens(PRICE);
    }

    function test_leaves_what_can_still_be_refunded() external {
        _bought();
        vm.warp(block.timestamp + SHORT_WINDOW);
        _buyAnother();
        settlement.release(_only(content));
        _assertHold(REVENUE, REVENUE, 0);
        vm.warp(block.timestamp + SHORT_WINDOW);
        settlement.release(_only(content));
        _assertHold(0, REVENUE, 0);
        _assertAvailable(actor("first creator"), FIRST_SHARE, "SPLIT-2: the older order alone");
    }

    function test_pays_once() external {
        _bought();
        _mature();
        settlement.release(_only(content));
        settlement.release(_only(content));
        _assertAvailable(host, HOST_SHARE, "RELEASE-1: once");
    }

    function test_releases_several_contents_of_several_hosts() external {
        uint32 second = _publish(hostOperator, _publication("another"));
        uint32 third = _publish(sellerOperator, _publication("the seller's own"));
        uint32 first = content;
        _bought();
        content = second;
        _bought();
        content = third;
        _bought();
        _mature();
        uint32[] memory contents = new uint32[](4);
        (contents[0], contents[1], contents[2], contents[3]) = (first, third, second, first);
        settlement.release(contents);
        _assertAvailable(host, 2 * HOST_SHARE, "SPLIT-3: each host its own");
        _assertAvailable(seller, HOST_SHARE, "SPLIT-3: each host its own");
        _assertAvailable(uint32(0), 3 * NETWORK_SHARE, "SPLIT-3: the network of all");
        _assertAvailable(actor("first creator"), 3 * FIRST_SHARE, "SPLIT-3: the creators of all");
    }

    function test_passes_over_contents_with_nothing() external {
        settlement.release(_only(content));
        _assertAvailable(host, 0, "RELEASE-1: nothing");
    }

    function test_refuses_a_content_that_does_not_exist() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        settlement.release(_only(99));
    }

    function test_goes_on_while_selling_is_paused() external {
        _bought();
        vm.prank(networkOwner);
        desk.pause();
        _mature();
        settlement.release(_only(content));
        _assertAvailable(host, HOST_SHARE, "ALL-4: releases go on");
    }

    function test_pays_each_version_by_its_own_plan() external {
        _bought();
        _replan(2_500);
        vm.warp(block.timestamp + SHORT_WINDOW);
        _buyAnother();
        vm.assertEq(Holds.read(desk.holdOf(content, 2)).captured, REVENUE, "SPLIT-5: a hold of its own");
        _mature();
        settlement.release(_only(content));
        // 2,500 of 8,001 in place of 2,000.
        _assertAvailable(host, HOST_SHARE + 250_005, "SPLIT-5: each by its own plan");
        _assertAvailable(actor("first creator"), FIRST_SHARE + 283_307, "SPLIT-5: each by its own plan");
    }

    function test_an_older_version_is_released_by_its_number() external {
        _bought();
        _replan(2_500);
        vm.warp(block.timestamp + SHORT_WINDOW);
        _replan(2_600);
        _mature();
        settlement.release(_only(content));
        _assertAvailable(host, 0, "RELEASE-1: the first version is neither the last nor the one before");
        vm.expectEmit(address(settlement));
        emit ISettlement.Released(content, 1, REVENUE);
        settlement.releaseVersion(content, 1);
        _assertAvailable(host, HOST_SHARE, "RELEASE-3: released by its number");
        _assertAvailable(uint32(0), NETWORK_SHARE, "RELEASE-3: released by its number");
        settlement.releaseVersion(content, 1);
        settlement.releaseVersion(content, 0);
        settlement.releaseVersion(content, 9);
        _assertAvailable(host, HOST_SHARE, "RELEASE-3: once");
    }

    function test_releasing_a_version_needs_the_content() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99));
        settlement.releaseVersion(99, 1);
    }

    function _replan(uint16 hostBps) private {
        Plan memory plan = _plan();
        plan.creators[0].bps -= hostBps - plan.hostBps;
        plan.hostBps = hostBps;
        vm.prank(hostOperator);
        licences.setPlan(content, plan);
    }

    function _buyAnother() private {
        vm.prank(buyer);
        settlement.buy(_order());
    }

    function _only(uint32 one) private pure returns (uint32[] memory contents) {
        contents = new uint32[](1);
        contents[0] = one;
    }
}
