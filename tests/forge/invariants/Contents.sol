// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan, Publication, Share, Terms} from "../../../contracts/interfaces/IContentLicense.sol";
import {PriceStep} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {vm} from "../Vm.sol";
import {Listing, Since} from "./Ghost.sol";
import {Key, Member} from "./Platforms.sol";
import {Roles} from "./Roles.sol";

/// @notice Steps of hosts with their contents.
abstract contract Contents is Roles {
    uint256 internal constant HIGHEST_PRICE = 10 ** 8;

    function publish(uint256 seed) external drawing(seed) {
        _only(contents < CONTENTS_MAXIMUM);
        _publishAs(_activeKey());
    }

    function setPrice(uint256 seed) external drawing(seed) {
        uint32 content = _anyContent();
        uint64 price = _anyPrice();
        vm.prank(_activeKeyOf(listings[content].host));
        licences.setPrice(content, price);
        _dropAfter(prices[content], _today());
        prices[content].push(Since(_today() + 1, price));
    }

    function setPrices(uint256 seed) external drawing(seed) {
        uint32 content = _anyContent();
        PriceStep[] memory steps = new PriceStep[](_between(1, 2));
        uint256 day = _today();
        _dropAfter(prices[content], day);
        for (uint256 i; i < steps.length; ++i) {
            day += _between(1, 3);
            steps[i] = PriceStep(uint32(day), _anyPrice());
            prices[content].push(Since(day, steps[i].price));
        }
        vm.prank(_activeKeyOf(listings[content].host));
        licences.setPrices(content, steps);
    }

    function setPlan(uint256 seed) external drawing(seed) {
        uint32 content = _anyContent();
        _only(planCounts[content] < VERSIONS_MAXIMUM);
        Member memory host = members[listings[content].host];
        Plan memory plan = _anyPlan(host.networkBps.present(), host.hostBps.present());
        vm.prank(_activeKeyOf(listings[content].host));
        uint16 version = licences.setPlan(content, plan);
        _keepPlan(content, plan);
        vm.assertEq(version, planCounts[content], "PLAN-2: versions are consecutive");
    }

    function setActive(uint256 seed) external drawing(seed) {
        uint32 content = _anyContent();
        bool active = !_oneIn(4);
        vm.prank(_activeKeyOf(listings[content].host));
        licences.setActive(content, active);
        listings[content].active = active;
    }

    function _publishAs(Key memory key) internal {
        Member memory host = members[key.platform];
        Publication memory publication;
        publication.ref = vm.toString(contents);
        publication.price = _anyPrice();
        publication.class = uint8(_below(windows.length));
        publication.plan = _anyPlan(host.networkBps.present(), host.hostBps.present());
        publication.terms = _anyTerms();
        uint32 content = _publish(key.key, publication);
        vm.assertEq(content, ++contents, "PUB-2: numbers are consecutive");
        listings[content] = Listing(key.platform, publication.class, true, publication.terms);
        _keepPlan(content, publication.plan);
        prices[content].push(Since(0, publication.price));
    }

    /// @dev The next version, in force from the beginning or from the next epoch on.
    function _keepPlan(uint32 content, Plan memory plan) private {
        uint256 epoch = _epoch(listings[content].class);
        uint16 version = ++planCounts[content];
        if (version > 1) _dropAfter(versions[content], epoch);
        versions[content].push(Since(version == 1 ? 0 : epoch + 1, version));
        Plan storage kept = plans[content][version];
        kept.sellerBps = plan.sellerBps;
        kept.referrerBps = plan.referrerBps;
        kept.hostBps = plan.hostBps;
        kept.networkBps = plan.networkBps;
        for (uint256 i; i < plan.creators.length; ++i) kept.creators.push(plan.creators[i]);
    }

    /// @dev Any plan that asks at least the terms; at most 4,000 + 4,000 bps go to host and network.
    function _anyPlan(uint256 networkBps, uint256 hostBps) private returns (Plan memory plan) {
        plan.networkBps = uint16(_between(networkBps, 1_000));
        plan.hostBps = uint16(_between(hostBps, 3_000));
        plan.sellerBps = uint16(_below(3_001));
        plan.referrerBps = uint16(_below(1_001));
        uint256 rest = 10_000 - plan.networkBps - plan.hostBps - plan.sellerBps - plan.referrerBps;
        plan.creators = new Share[](_between(1, 4));
        for (uint256 i = 1; i < plan.creators.length; ++i) {
            uint16 bps = uint16(_between(1, rest / 4));
            plan.creators[i] = Share(_anyPayee(), bps);
            rest -= bps;
        }
        plan.creators[0] = Share(_anyPayee(), uint16(rest));
    }

    function _anyTerms() private returns (Terms memory terms) {
        terms.bound = _oneIn(4);
        terms.royaltyBps = uint16(_below(1_001));
        if (!_oneIn(3)) return terms;
        terms.durationSeconds = uint32(_between(1 hours, 30 days));
        terms.renewable = _oneIn(2);
    }

    /// @dev Small prices are where rounding shows.
    function _anyPrice() private returns (uint64) {
        return uint64(_oneIn(3) ? _between(1, 40) : _between(1, HIGHEST_PRICE));
    }

    function _anyPayee() internal returns (address) {
        return payees[_below(payees.length)];
    }

    function _anyContent() internal returns (uint32) {
        return uint32(1 + _below(contents));
    }

    function _anyContentForSale() internal returns (uint32 content) {
        content = _anyContent();
        _only(listings[content].active && !paused);
    }

    /// @dev Any order that fits.
    function _any(function(uint256) view returns (bool) fits) internal returns (uint256 index) {
        index = _firstFrom(_below(sold.length), fits);
        _only(index < sold.length);
    }
}
