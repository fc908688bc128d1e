// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice The prices of one content on yesterday, today and tomorrow, in one storage slot.
/// @dev From the lowest bit: price before `today` 40, price on `today` 40, price after `today` 40, `today` 24 (days since
/// the Unix epoch, UTC). Prices are in ledger units.
type PriceSchedule is uint256;

using PriceScheduleLib for PriceSchedule global;

/// @title PriceScheduleLib
/// @notice A price set today holds from tomorrow, so that an order paid yesterday or today settles at the price its
/// learner saw.
library PriceScheduleLib {
    /// @notice The schedule after a price change on `today`.
    function schedule(
        uint256 yesterdaysPrice,
        uint256 todaysPrice,
        uint256 nextPrice,
        uint256 today
    ) internal pure returns (PriceSchedule) {
        return PriceSchedule.wrap(yesterdaysPrice | (todaysPrice << 40) | (nextPrice << 80) | (today << 120));
    }

    /// @notice The price that holds on `day`, in ledger units.
    function priceOn(PriceSchedule self, uint256 day) internal pure returns (uint256) {
        uint256 raw = PriceSchedule.unwrap(self);
        uint256 today = uint24(raw >> 120);
        if (day > today) return uint40(raw >> 80);
        return day == today ? uint40(raw >> 40) : uint40(raw);
    }
}
