// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Which version of a content's plan is in force, in one storage slot.
/// @dev From the lowest bit: version 16, the version before it 16, the first epoch of `version` 24. An empty slot stands for a
/// content that always had its first plan.
type PlanSchedule is uint256;

using PlanScheduleLib for PlanSchedule global;

/// @title PlanScheduleLib
/// @notice A plan holds from the beginning of an epoch, so that all money of one epoch is divided by one plan.
library PlanScheduleLib {
    /// @notice The schedule where `version` follows `before` from `epoch` on.
    function schedule(uint256 version, uint256 before, uint256 epoch) internal pure returns (PlanSchedule) {
        return PlanSchedule.wrap(version | (before << 16) | (epoch << 32));
    }

    /// @notice The two versions that the schedule knows; requires that there is one.
    function versions(PlanSchedule self) internal pure returns (uint256 before, uint256 version) {
        uint256 raw = PlanSchedule.unwrap(self);
        return (uint16(raw >> 16), uint16(raw));
    }

    /// @notice The version in force in `epoch`.
    function versionIn(PlanSchedule self, uint256 epoch) internal pure returns (uint256) {
        uint256 raw = PlanSchedule.unwrap(self);
        if (raw == 0) return 1;
        return epoch < uint24(raw >> 32) ? uint16(raw >> 16) : uint16(raw);
    }
}
