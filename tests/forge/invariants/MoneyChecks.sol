// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Buckets, Holds} from "../Holds.sol";
import {Parts} from "../Shares.sol";
import {vm} from "../Vm.sol";
import {Again} from "./Again.sol";
import {Flow, Sold} from "./Ghost.sol";

/// @notice What must be true of the money after every step.
abstract contract MoneyChecks is Again {
    using Holds for Buckets;

    /// @notice INV-1.
    function tokensCoverAccountsAndHolds() external view {
        uint256 covered = donated;
        Account[] memory accounts = _accounts();
        for (uint256 i; i < accounts.length; ++i) covered += uint256(settlement.availableOf(accounts[i]));
        Buckets[] memory held = _storedHolds();
        for (uint256 i; i < held.length; ++i) covered += held[i].total();
        vm.assertEq(token.balanceOf(address(settlement)), covered, "INV-1: tokens cover accounts and holds");
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

    /// @notice INV-2: captured = held + released + refunded.
    function holdsLoseNothing() external view {
        Buckets[] memory stored = _storedHolds();
        for (uint256 i; i < stored.length; ++i) {
            Flow memory flow = lifetimes[i];
            uint256 gone = flow.released + flow.refunded;
            vm.assertEq(flow.captured, stored[i].total() + gone, "INV-2: captured = held + released + refunded");
        }
    }

    /// @notice INV-3: what an order still has in the holds is the split of what is left of its price.
    function ordersAreConserved() external view {
        uint256 held;
        for (uint256 i; i < sold.length; ++i) {
            Parts memory parts = _partsOf(sold[i]);
            vm.assertEq(parts.revenue + parts.seller + parts.referrer, sold[i].price, "INV-3: parts make the price");
            held += _stillHeld(sold[i]);
        }
        uint256 stored;
        Buckets[] memory holds = _storedHolds();
        for (uint256 i; i < holds.length; ++i) stored += holds[i].total();
        vm.assertEq(stored, held, "INV-3: the holds are what the orders have left");
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
        for (uint256 hold = 1; hold <= contents; ++hold) {
            stored[hold] = _seen(Holds.read(settlement.holdOf(uint32(hold))), listings[uint32(hold)].class);
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
        return _seen(Holds.read(settlement.commissionOf(account, class)), class);
    }

    function _seen(Buckets memory stored, uint256 class) private view returns (Buckets memory) {
        return stored.seenFrom(_epoch(class));
    }

    function _expectedHolds() private view returns (Buckets[] memory expected) {
        expected = new Buckets[](_holds());
        for (uint256 i; i < sold.length; ++i) {
            Sold memory order = sold[i];
            if (order.refunded) continue;
            (uint256[3] memory holds, uint256[3] memory amounts) = _placesOf(order);
            for (uint256 part; part < 3; ++part) {
                if (order.epoch > drainedThrough[holds[part]]) _add(expected[holds[part]], order, amounts[part]);
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
        if (order.refunded) return 0;
        (uint256[3] memory holds, uint256[3] memory amounts) = _placesOf(order);
        for (uint256 part; part < 3; ++part) {
            if (order.epoch > drainedThrough[holds[part]]) held += amounts[part];
        }
    }
}
