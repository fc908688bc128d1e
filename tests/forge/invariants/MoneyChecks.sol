// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Dispute} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Buckets, Holds} from "../Holds.sol";
import {vm} from "../Vm.sol";
import {Flow, Sold} from "./Ghost.sol";
import {Intruders} from "./Intruders.sol";

/// @notice What must be true of the money after every step.
abstract contract MoneyChecks is Intruders {
    using Holds for Buckets;

    /// @notice INV-1.
    function tokensCoverEverything() external view {
        uint256 covered = donated + _inDispute();
        Account[] memory accounts = _accounts();
        for (uint256 i; i < accounts.length; ++i) covered += uint256(settlement.availableOf(accounts[i]));
        Buckets[] memory held = _storedHolds();
        for (uint256 i; i < held.length; ++i) covered += held[i].total();
        vm.assertEq(token.balanceOf(address(settlement)), covered, "INV-1: tokens cover accounts, holds and disputes");
    }

    /// @notice INV-1, from the other side: what came in and did not leave.
    function tokensAreWhatCameInLessWhatLeft() external view {
        vm.assertEq(token.balanceOf(address(settlement)), cameIn - left, "INV-1: tokens move at the border only");
    }

    /// @notice INV-2: each bucket of each hold is the sum of that part over its orders.
    function holdsAreTheirOrders() external view {
        Buckets[] memory stored = _storedHolds();
        Buckets[] memory expected = _expectedHolds();
        for (uint256 i; i < stored.length; ++i) {
            vm.assertEq(stored[i].captured, expected[i].captured, "INV-2: this epoch's money is its orders'");
            vm.assertEq(stored[i].previous, expected[i].previous, "INV-2: the last epoch's money is its orders'");
            vm.assertEq(stored[i].matured, expected[i].matured, "INV-2: matured money is its orders'");
        }
    }

    /// @notice INV-2: captured = held + disputed + released + refunded.
    function holdsLoseNothing() external view {
        Buckets[] memory stored = _storedHolds();
        for (uint256 i; i < stored.length; ++i) {
            Flow memory flow = lifetimes[i];
            uint256 gone = flow.disputed + flow.released + flow.refunded;
            vm.assertEq(
                flow.captured,
                stored[i].total() + gone,
                "INV-2: captured = held + disputed + released + refunded"
            );
        }
    }

    /// @notice INV-3: what an order still has in the holds is the split of what is left of its price.
    function ordersAreConserved() external view {
        uint256 held;
        for (uint256 i; i < sold.length; ++i) {
            uint256[3] memory parts = _partsOf(sold[i], _leftOf(sold[i]));
            vm.assertEq(parts[0] + parts[1] + parts[2], _leftOf(sold[i]), "INV-3: parts make what is left");
            held += _stillHeld(sold[i]);
        }
        uint256 stored;
        Buckets[] memory holds = _storedHolds();
        for (uint256 i; i < holds.length; ++i) stored += holds[i].total();
        vm.assertEq(stored, held, "INV-3: the holds are what the orders have left");
    }

    /// @notice DISPUTE-1: an open dispute keeps what is left of its order, and a tenth of it as a bond.
    function disputesAreTheirOrders() external view {
        for (uint256 i; i < sold.length; ++i) {
            if (!_has(sold[i], DISPUTED)) continue;
            Dispute memory stored = court.disputeOf(_idOf(i));
            vm.assertEq(stored.bond, (_leftOf(sold[i]) + 9) / 10, "DISPUTE-1: the bond is a tenth");
            vm.assertEq(stored.deadline, sold[i].dispute.deadline, "DISPUTE-1: the deadline stays");
            bool same = Account.unwrap(stored.opener) == Account.unwrap(sold[i].dispute.opener);
            vm.assertTrue(same, "DISPUTE-1: the opener gave the bond");
        }
    }

    /// @notice TOPUP-3: a learner's account that was taken over is empty, and obeys the key that took it.
    function takenAccountsAreEmpty() external view {
        for (uint256 i; i < purses.length; ++i) {
            (address key, address offered, ) = desk.keysOf(purses[i]);
            vm.assertEq(key, purseKeys[purses[i]], "TOPUP-3: who took it has it");
            vm.assertEq(offered, purseOffers[purses[i]], "TOPUP-3: offered to whom it was");
            if (key != address(0)) vm.assertEq(settlement.availableOf(purses[i]), 0, "TOPUP-3: it is empty");
        }
    }

    /// @notice TOPUP-4.
    function limitsAreWhatTheirOwnersSet() external view {
        for (uint32 platform = 1; platform < members.length; ++platform) {
            (uint64 perDay, uint64 rest) = desk.topUpLimitOf(platform);
            vm.assertEq(perDay, topUpLimits[platform].present(), "TOPUP-4: the limit, in its time");
            vm.assertEq(rest, _topUpLeft(platform), "TOPUP-4: what is left of it today");
        }
    }

    /// @notice INV-4: nothing but the walk's own steps moved an account.
    function accountsAreWhatTheirOwnersDid() external view {
        Account[] memory accounts = _accounts();
        for (uint256 i; i < accounts.length; ++i) {
            int256 stored = settlement.availableOf(accounts[i]);
            vm.assertEq(
                stored,
                available[accounts[i]],
                "INV-4: an account is what was credited less what its owner spent"
            );
        }
    }

    /// @notice INV-4.
    function noAccountIsBelowZero() external view {
        Account[] memory accounts = _accounts();
        for (uint256 i; i < accounts.length; ++i) {
            vm.assertTrue(settlement.availableOf(accounts[i]) >= 0, "INV-4: no account is below zero");
        }
    }

    function _storedHolds() internal view returns (Buckets[] memory stored) {
        stored = new Buckets[](_holds());
        for (uint32 content = 1; content <= contents; ++content) {
            for (uint16 version = 1; version <= planCounts[content]; ++version) {
                Buckets memory hold = Holds.read(desk.holdOf(content, version));
                stored[_holdOfContent(content, version)] = _seen(hold, listings[content].class);
            }
        }
        for (uint8 class; class < windows.length; ++class) {
            for (uint32 i; i < members.length; ++i) {
                stored[_holdOfPlatform(i, class)] = _storedCommission(accountOfPlatform(i), class);
            }
            for (uint256 i; i < payees.length; ++i) {
                stored[_holdOfPayee(i, class)] = _storedCommission(accountOf(payees[i]), class);
            }
        }
    }

    function _storedCommission(Account account, uint8 class) private view returns (Buckets memory) {
        return _seen(Holds.read(desk.commissionOf(account, class)), class);
    }

    function _seen(Buckets memory stored, uint256 class) private view returns (Buckets memory) {
        return stored.seenFrom(_epoch(class));
    }

    function _expectedHolds() private view returns (Buckets[] memory expected) {
        expected = new Buckets[](_holds());
        for (uint256 i; i < sold.length; ++i) {
            Sold memory order = sold[i];
            if (!_inHolds(order)) continue;
            uint256[3] memory holds = _holdsOf(order);
            uint256[3] memory parts = _partsOf(order, _leftOf(order));
            for (uint256 part; part < 3; ++part) {
                if (order.epoch > drainedThrough[holds[part]]) _add(expected[holds[part]], order, parts[part]);
            }
        }
    }

    function _add(Buckets memory expected, Sold memory order, uint256 amount) private view {
        uint256 age = _epoch(order.class) - order.epoch;
        if (age == 0) expected.captured += amount;
        else if (age == 1) expected.previous += amount;
        else expected.matured += amount;
    }

    function _stillHeld(Sold memory order) private view returns (uint256 held) {
        if (!_inHolds(order)) return 0;
        uint256[3] memory holds = _holdsOf(order);
        uint256[3] memory parts = _partsOf(order, _leftOf(order));
        for (uint256 part; part < 3; ++part) {
            if (order.epoch > drainedThrough[holds[part]]) held += parts[part];
        }
    }

    function _inDispute() private view returns (uint256 amount) {
        for (uint256 i; i < sold.length; ++i) {
            if (_has(sold[i], DISPUTED)) amount += _leftOf(sold[i]) + sold[i].dispute.bond;
        }
    }
}
