// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold} from "../libraries/Hold.sol";
import {PriceSchedule, PriceScheduleLib} from "../libraries/PriceSchedule.sol";

/// @title HoldHarness
/// @notice Opens the slots where money and prices wait to tests.
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

    /// @notice The price on `day` after a change on `today`.
    function priceOn(
        uint256 yesterdaysPrice,
        uint256 todaysPrice,
        uint256 nextPrice,
        uint256 today,
        uint256 day
    ) external pure returns (uint256) {
        PriceSchedule prices = PriceScheduleLib.schedule(yesterdaysPrice, todaysPrice, nextPrice, today);
        return prices.priceOn(day);
    }
}
