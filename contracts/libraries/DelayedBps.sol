// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A share in basis points, and the one that takes its place from a time on.
/// @dev The share 16 bits, lowest, then its successor 16 bits, then the time from which the successor holds 40 bits, in Unix
/// seconds; 0 where there is no successor. Nothing has to be written when that time comes: it is looked at on reading.
type DelayedBps is uint72;

using DelayedBpsLib for DelayedBps global;

/// @title DelayedBpsLib
/// @notice A fee that falls at once and rises later, so that whoever would pay the higher one can go before.
library DelayedBpsLib {
    uint8 private constant SUCCESSOR_SHIFT = 16;
    uint8 private constant FROM_SHIFT = 32;

    /// @notice A share without a successor.
    function plain(uint16 bps) internal pure returns (DelayedBps) {
        return DelayedBps.wrap(bps);
    }

    /// @notice The share that holds now, followed by `bps` in `delay` seconds if that is more, or else `bps` at once. What was to
    /// follow before does not.
    /// @return changed The share with its successor, if it has one.
    /// @return from The time from which `bps` holds.
    function set(DelayedBps self, uint16 bps, uint40 delay) internal view returns (DelayedBps changed, uint40 from) {
        uint16 present = self.current();
        from = uint40(block.timestamp);
        if (bps <= present) return (plain(bps), from);
        from += delay;
        changed = DelayedBps.wrap(present | (uint72(bps) << SUCCESSOR_SHIFT) | (uint72(from) << FROM_SHIFT));
    }

    /// @notice The share that holds now.
    function current(DelayedBps self) internal view returns (uint16) {
        uint256 from = DelayedBps.unwrap(self) >> FROM_SHIFT;
        bool succeeded = from != 0 && from <= block.timestamp;
        return uint16(DelayedBps.unwrap(self) >> (succeeded ? SUCCESSOR_SHIFT : 0));
    }

    /// @notice The share that will hold, and from when; zero for none.
    function next(DelayedBps self) internal view returns (uint16 bps, uint40 from) {
        from = uint40(DelayedBps.unwrap(self) >> FROM_SHIFT);
        if (from <= block.timestamp) return (0, 0);
        bps = uint16(DelayedBps.unwrap(self) >> SUCCESSOR_SHIFT);
    }
}
