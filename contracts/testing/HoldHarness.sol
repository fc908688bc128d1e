// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold} from "../libraries/Hold.sol";
import {PlanScheduleLib} from "../libraries/PlanSchedule.sol";
import {PriceSchedule, PriceScheduleLib} from "../libraries/PriceSchedule.sol";

/// @title HoldHarness
/// @notice Opens the slots where money, prices and plans wait to tests.
contract HoldHarness {
    /// @notice `Hold.add`.
    function add(Hold hold, uint256 amount, uint256 epoch) external pure returns (Hold) {
        return hold.add(amount, epoch);
    }

    /// @notice `Hold.take`.
    function take(Hold hold, uint256 amount, uint256 orderEpoch, uint256 epoch) external pure returns (Hold) {
        return hold.take(amount, orderEpoch, epoch);
    }

    /// @notice `Hold.drain`.
    function drain(Hold hold, uint256 epoch) external pure returns (Hold rest, uint256 amount) {
        return hold.drain(epoch);
    }

    /// @notice The price on `day` after the steps were set on `today`.
    function priceOn(
        uint256 yesterdaysPrice,
        uint256 todaysPrice,
        uint256 today,
        uint256[] calldata days_,
        uint256[] calldata prices,
        uint256 day
    ) external pure returns (uint256) {
        PriceSchedule schedule = PriceScheduleLib.keep(yesterdaysPrice, todaysPrice, today);
        for (uint256 i; i < days_.length; ++i) schedule = schedule.append(prices[i], days_[i]);
        return schedule.priceOn(day);
    }

    /// @notice The version in force in `epoch` when `version` follows `before` from `first` on.
    function versionIn(uint256 version, uint256 before, uint256 first, uint256 epoch) external pure returns (uint256) {
        return PlanScheduleLib.schedule(version, before, first).versionIn(epoch);
    }
}
