// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PriceSchedule, PriceScheduleLib} from "../../contracts/libraries/PriceSchedule.sol";

/// @title PriceProofs
/// @notice A price change never reaches a day that has begun: PRICE-2, BATCH-3.
contract PriceProofs {
    /// @notice Each day has the price it was given: before, on, and after the day of the change.
    function check_EachDayHasItsPrice(uint40 before, uint40 on, uint40 next, uint24 today, uint24 day) external pure {
        PriceSchedule prices = PriceScheduleLib.schedule(before, on, next, today);
        assert(
            prices.priceOn(day)
                == (
                    day < today
                        ? before
                        : day == today
                            ? on
                            : next
                )
        );
    }

    /// @notice A price set today leaves yesterday's and today's as they were and holds on every later day.
    function check_NewPriceHoldsFromTomorrow(
        PriceSchedule prices,
        uint40 price,
        uint24 today,
        uint24 day
    ) external pure {
        if (today == 0 || day + 1 < uint256(today)) return;
        PriceSchedule next = PriceScheduleLib.schedule(prices.priceOn(today - 1), prices.priceOn(today), price, today);
        assert(next.priceOn(day) == (day > today ? price : prices.priceOn(day)));
    }
}
