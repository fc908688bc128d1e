// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PriceSchedule, PriceScheduleLib} from "../../contracts/libraries/PriceSchedule.sol";

/// @title PriceProofs
/// @notice A price change never reaches a day that has begun: PRICE-2, BATCH-3.
contract PriceProofs {
    /// @notice What is kept of a schedule has the same prices yesterday and today, and today's from then on.
    function check_KeptDaysKeepTheirPrices(uint40 yesterdays, uint40 todays, uint24 today, uint24 day) external pure {
        if (yesterdays == 0 || todays == 0 || today == 0) return;
        PriceSchedule kept = PriceScheduleLib.keep(yesterdays, todays, today);
        assert(kept.priceOn(day) == (day < today ? yesterdays : todays));
        assert(kept.length() == (yesterdays == todays ? 1 : 2));
    }

    /// @notice Each price holds from its own day until the next one's, whatever number of steps there is room for.
    function check_EachStepHoldsFromItsDay(
        uint40[4] calldata prices,
        uint24[4] calldata days_,
        uint24 day
    ) external pure {
        PriceSchedule schedule = PriceSchedule.wrap(0);
        uint256 expected = prices[0];
        for (uint256 i; i < PriceScheduleLib.STEPS; ++i) {
            if (prices[i] == 0 || (i > 0 && days_[i] <= days_[i - 1])) return;
            schedule = schedule.append(prices[i], days_[i]);
            if (days_[i] <= day) expected = prices[i];
            assert(schedule.length() == i + 1);
        }
        assert(schedule.priceOn(day) == expected);
    }

    /// @notice A step that is added changes the price of no day before its own.
    function check_NewStepLeavesEarlierDays(
        uint40[3] calldata prices,
        uint24[3] calldata days_,
        uint24 day
    ) external pure {
        if (prices[0] == 0 || prices[1] == 0 || prices[2] == 0) return;
        if (days_[1] <= days_[0] || days_[2] <= days_[1]) return;
        PriceSchedule schedule = PriceSchedule.wrap(0).append(prices[0], days_[0]).append(prices[1], days_[1]);
        PriceSchedule next = schedule.append(prices[2], days_[2]);
        assert(next.priceOn(day) == (day < days_[2] ? schedule.priceOn(day) : prices[2]));
    }
}
