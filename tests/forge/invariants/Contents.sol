// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan, Publication, Share} from "../../../contracts/interfaces/IContentLicense.sol";
import {vm} from "../Vm.sol";
import {DayPrice, Listing} from "./Ghost.sol";
import {Key, Member, Platforms} from "./Platforms.sol";

/// @notice Steps of hosts with their contents.
abstract contract Contents is Platforms {
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
        prices[content].push(DayPrice(_today() + 1, price));
    }

    function setActive(uint256 seed) external drawing(seed) {
        uint32 content = _anyContent();
        bool active = !_oneIn(3);
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
        uint32 content = _publish(key.key, publication);
        vm.assertEq(content, ++contents, "PUB-2: numbers are consecutive");
        listings[content] = Listing(key.platform, publication.class, true);
        _keepPlan(content, publication.plan);
        prices[content].push(DayPrice(0, publication.price));
    }

    function _keepPlan(uint32 content, Plan memory plan) internal {
        Plan storage kept = plans[content];
        kept.sellerBps = plan.sellerBps;
        kept.referrerBps = plan.referrerBps;
        kept.hostBps = plan.hostBps;
        kept.networkBps = plan.networkBps;
        for (uint256 i; i < plan.creators.length; ++i) kept.creators.push(plan.creators[i]);
    }

    /// @dev Any plan that asks at least the terms; at most 4,000 + 4,000 bps go to host and network.
    function _anyPlan(uint256 networkBps, uint256 hostBps) internal returns (Plan memory plan) {
        plan.networkBps = uint16(_between(networkBps, 1_000));
        plan.hostBps = uint16(_between(hostBps, 3_000));
        plan.sellerBps = uint16(_below(3_001));
        plan.referrerBps = uint16(_below(1_001));
        uint256 left = 10_000 - plan.networkBps - plan.hostBps - plan.sellerBps - plan.referrerBps;
        plan.creators = new Share[](_between(1, 4));
        for (uint256 i = 1; i < plan.creators.length; ++i) {
            uint16 bps = uint16(_between(1, left / 4));
            plan.creators[i] = Share(payees[_below(payees.length)], bps);
            left -= bps;
        }
        plan.creators[0] = Share(payees[_below(payees.length)], uint16(left));
    }

    /// @dev Small prices are where rounding shows.
    function _anyPrice() internal returns (uint64) {
        return uint64(_oneIn(3) ? _between(1, 40) : _between(1, HIGHEST_PRICE));
    }

    function _anyContent() internal returns (uint32) {
        return uint32(1 + _below(contents));
    }

    function _anyContentForSale() internal returns (uint32 content) {
        content = _anyContent();
        _only(listings[content].active);
    }

    /// @dev Any order that fits.
    function _any(function(uint256) view returns (bool) fits) internal returns (uint256 index) {
        index = _firstFrom(_below(sold.length), fits);
        _only(index < sold.length);
    }
}
