// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Plan} from "../../../contracts/interfaces/IContentLicense.sol";
import {Operator, Platform, PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {vm} from "../Vm.sol";
import {LicenceChecks} from "./LicenceChecks.sol";
import {Member} from "./Platforms.sol";

/// @notice What must be true of everybody's terms after every step.
abstract contract TermsChecks is LicenceChecks {
    /// @notice PRICE-2: what was paid yesterday or today settles at the price that was seen.
    function pricesAreThoseOfTheirDays() external view {
        for (uint32 content = 1; content <= contents; ++content) {
            for (uint256 day = _today() - 1; day <= _today() + 1; ++day) {
                (uint64 price, bool active) = desk.priceOn(content, uint32(day));
                vm.assertEq(price, _priceOn(content, day), "PRICE-2: the price of the day");
                vm.assertEq(active, listings[content].active, "ACTIVE-1: for sale as its host said");
            }
        }
    }

    /// @notice PUB-1, PLAN-2, PLAN-3: who is paid for a content does not change behind its orders.
    function plansDoNotChange() external view {
        vm.assertEq(licences.contentCount(), contents, "PUB-2: numbers are consecutive");
        for (uint32 content = 1; content <= contents; ++content) {
            vm.assertEq(licences.planCount(content), planCounts[content], "PLAN-2: versions are consecutive");
            vm.assertEq(desk.planVersionOf(content), _versionNow(content), "PLAN-3: in force from its epoch");
            for (uint16 version = 1; version <= planCounts[content]; ++version) _checkPlan(content, version);
            bytes memory terms = abi.encode(licences.termsOf(content));
            vm.assertEq(terms, abi.encode(listings[content].terms), "TERMS-1: the terms are as published");
        }
    }

    function _checkPlan(uint32 content, uint16 version) private view {
        (uint32 host, Plan memory plan) = licences.planOf(content, version);
        vm.assertEq(host, listings[content].host, "PUB-1: the host is for good");
        vm.assertEq(abi.encode(plan), abi.encode(plans[content][version]), "PLAN-2: a plan is as announced");
    }

    /// @notice PAUSE-1.
    function sellingIsPausedOrNot() external view {
        vm.assertEq(desk.paused(), paused, "PAUSE-1: paused while nobody let it go on");
    }

    /// @notice WIN-1.
    function windowsDoNotChange() external view {
        for (uint8 class; class < windows.length; ++class) {
            vm.assertEq(desk.windowOf(class), windows[class], "WIN-1: a window stays");
        }
    }

    /// @notice ADMIT-3, ADMIT-4, ADMIT-5.
    function platformsAreAsTheirOwnersSet() external view {
        vm.assertEq(registry.platformCount(), members.length - 1, "ADMIT-3: as many as were admitted");
        vm.assertEq(registry.platformOf(0).owner, admin, "ADMIT-7: the network has its owner");
        for (uint32 i; i < members.length; ++i) _checkMember(registry.platformOf(i), members[i], i);
    }

    /// @notice ROLE-1, ROLE-3.
    function rolesAreWhoseTheyWereGiven() external view {
        vm.assertEq(registry.arbiter(), holders[0], "ROLE-1: the arbiter is who accepted last");
        vm.assertEq(registry.pauser(), holders[1], "ROLE-1: the pauser is who accepted last");
    }

    /// @notice OPER-2, OPER-3.
    function keysBelongToOnePlatform() external view {
        for (uint256 i; i < keys.length; ++i) {
            Operator memory stored = registry.operatorOf(keys[i].key);
            vm.assertEq(stored.platform, keys[i].platform, "OPER-2: a key keeps its platform");
            vm.assertEq(stored.lane, keys[i].lane, "OPER-3: a key keeps its lane");
            vm.assertEq(stored.active, keys[i].active, "OPER-4: a key acts while it may");
        }
        for (uint256 i; i < named.length; ++i) {
            Operator memory stored = registry.operatorOf(named[i].key);
            vm.assertEq(stored.platform, 0, "OPER-2: a key is nobody's before it accepts");
            vm.assertTrue(registry.isNamed(named[i].platform, named[i].key), "OPER-2: what names it stays");
        }
    }

    /// @notice REG-1, REG-3, BIND-1, BIND-2.
    function learnersBelongToWhoRegisteredThem() external view {
        vm.assertEq(registry.learnerCount(), homes.length - 1, "REG-3: as many as were registered");
        for (uint256 i; i < 6; ++i) {
            uint32 learner = uint32(1 + (uint256(keccak256(abi.encode(block.timestamp, i))) % (homes.length - 1)));
            uint32 home = homes[learner];
            vm.assertEq(registry.homeOf(learner), home, "REG-1: a learner's home is for good");
            vm.assertEq(registry.keyOf(learner), learnerKeys[learner], "BIND-2: a learner's key is its own");
            vm.assertEq(
                registry.bindingOf(learner, home),
                bindings[learner][home],
                "BIND-1: the last statement counts"
            );
        }
    }

    function _checkMember(Platform memory stored, Member memory member, uint32 number) private view {
        address treasury_ = address(uint160(member.treasury.present()));
        vm.assertEq(stored.treasury, treasury_, "TREASURY-1: the treasury is the owner's choice, in its time");
        if (number == 0) return;
        PlatformStatus status = member.active ? PlatformStatus.Active : PlatformStatus.Suspended;
        vm.assertEq(uint8(stored.status), uint8(status), "ADMIT-4: the status is the network's choice");
        vm.assertEq(stored.owner, member.owner, "OWNER-1: the owner is who accepted last");
        vm.assertEq(stored.networkBps, member.networkBps.present(), "FEE-1: the network's least share");
        vm.assertEq(stored.hostBps, member.hostBps.present(), "FEE-1: the host's least share");
    }
}
