// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice The prices of one content from yesterday on, as up to four steps in one storage slot.
/// @dev A step has 64 bits, the earliest lowest: price 40 bits in ledger units, 0 for no step, then the day it holds from, 24 bits
/// (days since the Unix epoch, UTC). The first step also answers for the days before it.
type PriceSchedule is uint256;

using PriceScheduleLib for PriceSchedule global;

/// @title PriceScheduleLib
/// @notice Prices change at the beginning of a later day, so that an order paid yesterday or today settles at the price its
/// learner saw.
library PriceScheduleLib {
    /// @notice How many steps a schedule has room for.
    uint256 internal constant STEPS = 4;

    uint256 private constant STEP_BITS = 64;
    uint256 private constant DAY_SHIFT = 40;

    /// @notice The schedule with only the prices of yesterday and today.
    function keep(
        uint256 yesterdaysPrice,
        uint256 todaysPrice,
        uint256 today
    ) internal pure returns (PriceSchedule kept) {
        kept = PriceSchedule.wrap(yesterdaysPrice | ((today - 1) << DAY_SHIFT));
        if (todaysPrice != yesterdaysPrice) kept = kept.append(todaysPrice, today);
    }

    /// @notice The schedule with one more step; requires that there is room, and that `day` is after the last step's.
    function append(PriceSchedule self, uint256 price, uint256 day) internal pure returns (PriceSchedule) {
        return
            PriceSchedule.wrap(
                PriceSchedule.unwrap(self) | ((price | (day << DAY_SHIFT)) << (STEP_BITS * self.length()))
            );
    }

    /// @notice How many steps there are.
    function length(PriceSchedule self) internal pure returns (uint256 count) {
        for (uint256 rest = PriceSchedule.unwrap(self); rest != 0; rest >>= STEP_BITS) ++count;
    }

    /// @notice The price that holds on `day`, in ledger units.
    function priceOn(PriceSchedule self, uint256 day) internal pure returns (uint256 price) {
        uint256 rest = PriceSchedule.unwrap(self);
        price = uint40(rest);
        for (rest >>= STEP_BITS; rest != 0 && uint24(rest >> DAY_SHIFT) <= day; rest >>= STEP_BITS) {
            price = uint40(rest);
        }
    }
}
