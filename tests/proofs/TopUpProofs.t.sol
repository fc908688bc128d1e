// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TopUpLimit, TopUpLimitLib} from "../../contracts/libraries/TopUpLimit.sol";

/// @title TopUpProofs
/// @notice A stolen key tops up at most what is left of the day, and cannot raise the limit unseen.
contract TopUpProofs {
    /// @notice `use`, as a call that can be refused.
    function use(TopUpLimit limit, uint256 amount, uint256 timestamp) external pure returns (TopUpLimit) {
        return limit.use(amount, timestamp);
    }

    /// @notice What is used is refused if and only if it is more than what is left, and what is left falls by it.
    function check_UseIsCounted(TopUpLimit limit, uint256 amount, uint40 timestamp) external view {
        if (timestamp / 1 days > type(uint24).max) return;
        uint256 left = limit.left(timestamp);
        try this.use(limit, amount, timestamp) returns (TopUpLimit next) {
            assert(amount <= left);
            assert(next.left(timestamp) == left - amount);
            assert(next.perDay(timestamp) == limit.perDay(timestamp));
        } catch {
            assert(amount > left);
        }
    }

    /// @notice A higher limit holds only after the delay, a lower one at once.
    function check_HigherLimitsWait(TopUpLimit limit, uint64 perDay, uint40 timestamp, uint40 later) external pure {
        if (later < timestamp || timestamp > type(uint40).max - TopUpLimitLib.DELAY) return;
        uint256 present = limit.perDay(timestamp);
        (TopUpLimit changed, uint256 from) = limit.set(perDay, timestamp);
        assert(from == (perDay > present ? timestamp + TopUpLimitLib.DELAY : timestamp));
        assert(changed.perDay(later) == (later >= from ? perDay : present));
    }

    /// @notice Setting a limit gives back nothing of what was used today.
    function check_SettingForgetsNothing(TopUpLimit limit, uint64 perDay, uint40 timestamp) external pure {
        if (timestamp > type(uint40).max - TopUpLimitLib.DELAY) return;
        (TopUpLimit changed, ) = limit.set(perDay, timestamp);
        assert(changed.left(timestamp) <= limit.left(timestamp));
    }
}
