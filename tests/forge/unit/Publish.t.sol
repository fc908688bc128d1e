// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense, Plan, Publication, Share, Terms} from "../../../contracts/interfaces/IContentLicense.sol";
import {IPlatformRegistry, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract PublishTest is Scene {
    function test_publishes_under_the_next_numbers() external {
        Publication[] memory two = new Publication[](2);
        (two[0], two[1]) = (_publication("second"), _publication("third"));
        two[1].price = 7;
        two[1].class = LONG;
        two[1].terms = Terms(1 hours, true, true, 1_000);
        vm.expectEmit(address(licences));
        emit IContentLicense.ContentPublished(2, host, "second", PRICE, SHORT, _plan(), two[0].terms);
        vm.expectEmit(address(licences));
        emit IContentLicense.ContentPublished(3, host, "third", 7, LONG, _plan(), two[1].terms);
        vm.prank(hostOperator);
        vm.assertEq(licences.publish(two), 2, "PUB-2: the first of them");
        vm.assertEq(licences.contentCount(), 3, "PUB-2: three in all");
        vm.assertEq(licences.hostOf(3), host, "PUB-1: the host");
        vm.assertEq(licences.contentOf(host, "third"), 3, "PUB-3: found by its reference");
        vm.assertEq(licences.contentOf(seller, "third"), 0, "PUB-3: on its host alone");
        (uint64 price, bool active) = desk.priceOn(3, uint32(TODAY));
        vm.assertEq(price, 7, "PUB-4: the price");
        vm.assertTrue(active, "PUB-8: for sale");
        vm.assertEq(abi.encode(licences.termsOf(3)), abi.encode(two[1].terms), "TERMS-1: the terms");
        vm.assertEq(abi.encode(licences.termsOf(2)), abi.encode(two[0].terms), "TERMS-1: the terms");
    }

    function test_keeps_the_plan() external view {
        (uint32 host_, Plan memory plan) = licences.planOf(content, 1);
        vm.assertEq(host_, host, "PUB-1: the host");
        vm.assertEq(abi.encode(plan), abi.encode(_plan()), "PUB-5: the plan");
        vm.assertEq(licences.planCount(content), 1, "PLAN-2: the first");
        vm.assertEq(licences.referrerBpsOf(content, 1), 498, "PUB-5: the referrer's share");
    }

    function test_another_host_may_use_the_same_reference() external {
        vm.assertEq(_publish(sellerOperator, _publication("a course")), 2, "PUB-3: unique on its host");
    }

    function test_refuses_a_reference_twice() external {
        _refuses(
            _publication("a course"),
            abi.encodeWithSelector(IContentLicense.ContentExists.selector, content, "a course")
        );
    }

    function test_refuses_references_that_are_empty_or_too_long() external {
        bytes4 reason = IContentLicense.RefLengthOutOfRange.selector;
        _refuses(_publication(""), abi.encodeWithSelector(reason, 0, 128));
        string memory long = string(new bytes(129));
        _refuses(_publication(long), abi.encodeWithSelector(reason, 129, 128));
        _publish(hostOperator, _publication(string(new bytes(128))));
        _publish(hostOperator, _publication("x"));
    }

    function test_refuses_an_empty_list() external {
        vm.expectRevert(abi.encodeWithSelector(IContentLicense.EmptyPublication.selector));
        vm.prank(hostOperator);
        licences.publish(new Publication[](0));
    }

    function test_one_refused_refuses_all() external {
        Publication[] memory two = new Publication[](2);
        (two[0], two[1]) = (_publication("second"), _publication("a course"));
        vm.expectPartialRevert(IContentLicense.ContentExists.selector);
        vm.prank(hostOperator);
        licences.publish(two);
        vm.assertEq(licences.contentCount(), 1, "PUB-2: none of them");
    }

    function test_only_an_active_operator() external {
        vm.expectRevert(abi.encodeWithSelector(IPlatformRegistry.NotOperator.selector, stranger));
        _publish(stranger, _publication("second"));
        vm.prank(networkOwner);
        registry.setStatus(host, PlatformStatus.Suspended);
        bytes4 reason = IPlatformRegistry.PlatformNotActive.selector;
        _refuses(_publication("second"), abi.encodeWithSelector(reason, host, PlatformStatus.Suspended));
    }

    function test_refuses_prices_and_classes_out_of_range() external {
        Publication memory publication = _publication("second");
        bytes4 reason = ISettlementDesk.PriceOutOfRange.selector;
        publication.price = 0;
        _refuses(publication, abi.encodeWithSelector(reason, 0, 2 ** 40 - 1));
        publication.price = 2 ** 40;
        _refuses(publication, abi.encodeWithSelector(reason, 2 ** 40, 2 ** 40 - 1));
        publication.price = 1;
        publication.class = 2;
        _refuses(publication, abi.encodeWithSelector(ISettlement.UnknownClass.selector, 2));
        publication.class = 8;
        _refuses(publication, abi.encodeWithSelector(ISettlement.UnknownClass.selector, 8));
        vm.prank(networkOwner);
        desk.pause();
        publication.class = 9;
        _refuses(publication, abi.encodeWithSelector(ISettlement.UnknownClass.selector, 9));
        publication.class = LONG;
        _publish(hostOperator, publication);
    }

    // Plans

    function test_refuses_a_plan_that_does_not_add_up() external {
        Publication memory publication = _publication("second");
        publication.plan.creators[0].bps -= 1;
        bytes4 reason = IContentLicense.PlanDoesNotAddUp.selector;
        _refuses(publication, abi.encodeWithSelector(reason, 9_999, 10_000));
        publication.plan.sellerBps = 65_535;
        _refuses(publication, abi.encodeWithSelector(reason, 74_033, 10_000));
    }

    function test_refuses_shares_below_the_terms() external {
        Publication memory publication = _publication("second");
        bytes4 reason = IContentLicense.ShareBelowTerms.selector;
        publication.plan.networkBps = 199;
        publication.plan.creators[0].bps += 102;
        _refuses(publication, abi.encodeWithSelector(reason, 199, 200));
        publication.plan = _plan();
        publication.plan.hostBps = 499;
        publication.plan.creators[0].bps += 1_501;
        _refuses(publication, abi.encodeWithSelector(reason, 499, 500));
        publication.plan.hostBps = 500;
        publication.plan.creators[0].bps -= 1;
        _publish(hostOperator, publication);
    }

    function test_from_one_creator_to_128() external {
        Publication memory publication = _publication("second");
        bytes4 reason = IContentLicense.CreatorCountOutOfRange.selector;
        publication.plan.creators = new Share[](0);
        _refuses(publication, abi.encodeWithSelector(reason, 0, 128));
        publication.plan.creators = new Share[](129);
        _refuses(publication, abi.encodeWithSelector(reason, 129, 128));
        publication.plan.creators = _creators(128);
        uint32 many = _publish(hostOperator, publication);
        (, Plan memory kept) = licences.planOf(many, 1);
        vm.assertEq(abi.encode(kept), abi.encode(publication.plan), "PUB-6: all of them are kept");
    }

    function test_refuses_creators_without_share_or_address() external {
        Publication memory publication = _publication("second");
        publication.plan.creators[1].payee = address(0);
        _refuses(publication, abi.encodeWithSelector(IContentLicense.EmptyShare.selector, 1));
        publication.plan.creators[1].payee = address(settlement);
        _refuses(publication, abi.encodeWithSelector(IContentLicense.EmptyShare.selector, 1));
        publication.plan = _plan();
        publication.plan.creators[0].bps = 0;
        _refuses(publication, abi.encodeWithSelector(IContentLicense.EmptyShare.selector, 0));
    }

    // Terms

    function test_refuses_durations_out_of_range() external {
        _refusesDuration(1 hours - 1);
        _refusesDuration(3_650 days + 1);
        Publication memory publication = _publication("the longest");
        publication.terms.durationSeconds = 3_650 days;
        _publish(hostOperator, publication);
    }

    function _refusesDuration(uint32 duration) private {
        Publication memory publication = _publication("second");
        publication.terms.durationSeconds = duration;
        bytes4 reason = IContentLicense.DurationOutOfRange.selector;
        _refuses(publication, abi.encodeWithSelector(reason, duration, 1 hours, 3_650 days));
    }

    function test_refuses_to_renew_what_never_ends() external {
        Publication memory publication = _publication("second");
        publication.terms.renewable = true;
        _refuses(publication, abi.encodeWithSelector(IContentLicense.NothingToRenew.selector));
    }

    function test_refuses_a_royalty_above_its_cap() external {
        Publication memory publication = _publication("second");
        publication.terms.royaltyBps = 1_001;
        _refuses(publication, abi.encodeWithSelector(IContentLicense.RoyaltyAboveCap.selector, 1_001, 1_000));
    }

    // What there is not

    function test_an_unknown_content_has_nothing() external {
        bytes memory reason = abi.encodeWithSelector(IContentLicense.UnknownContent.selector, 99);
        vm.expectRevert(reason);
        licences.hostOf(99);
        vm.expectRevert(reason);
        licences.planOf(99, 1);
        vm.expectRevert(reason);
        licences.planCount(99);
        vm.expectRevert(reason);
        licences.termsOf(99);
        vm.expectRevert(reason);
        licences.referrerBpsOf(99, 1);
        reason = abi.encodeWithSelector(ISettlement.UnknownContent.selector, 99);
        vm.expectRevert(reason);
        desk.planVersionOf(99);
    }

    function test_an_unknown_plan_is_refused() external {
        bytes memory reason = abi.encodeWithSelector(IContentLicense.UnknownPlan.selector, content, 2);
        vm.expectRevert(reason);
        licences.planOf(content, 2);
        vm.expectRevert(reason);
        licences.packedPlanOf(content, 2);
    }

    function _creators(uint256 count) private pure returns (Share[] memory creators) {
        creators = new Share[](count);
        for (uint256 i; i < count; ++i) creators[i] = Share(address(uint160(i + 1)), 44);
        creators[0].bps = uint16(5_700 - 44 * (count - 1));
    }

    function _refuses(Publication memory publication, bytes memory reason) private {
        vm.expectRevert(reason);
        _publish(hostOperator, publication);
    }
}
