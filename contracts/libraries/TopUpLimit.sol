// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice How much a platform may move to its learners' accounts on one day, and how much of it is used, in one storage slot.
/// @dev From the lowest bit: limit 64, the limit that follows it 64, the time from which that holds 40 (Unix seconds), day 24 (UTC,
/// since the Unix epoch), used on that day 64. Amounts are in ledger units.
type TopUpLimit is uint256;

using TopUpLimitLib for TopUpLimit global;

/// @title TopUpLimitLib
/// @notice A limit that falls at once and rises two days later, so that whoever steals a key cannot raise it unseen.
library TopUpLimitLib {
    /// @notice More than is left of the day's limit.
    error TopUpAboveLimit(uint256 amount, uint256 left);

    uint256 internal constant DELAY = 2 days;
    uint256 private constant NEXT_SHIFT = 64;
    uint256 private constant FROM_SHIFT = 128;
    uint256 private constant DAY_SHIFT = 168;
    uint256 private constant USED_SHIFT = 192;

    /// @notice The limit that holds now, followed by `perDay_` after the delay if that is more; otherwise `perDay_` at once.
    /// @return changed The limit with what follows it.
    /// @return from The time from which `perDay_` holds.
    function set(
        TopUpLimit self,
        uint256 perDay_,
        uint256 timestamp
    ) internal pure returns (TopUpLimit changed, uint256 from) {
        uint256 present = self.perDay(timestamp);
        from = timestamp;
        if (perDay_ > present) from += DELAY;
        else present = perDay_;
        uint256 used = (TopUpLimit.unwrap(self) >> DAY_SHIFT) << DAY_SHIFT;
        changed = TopUpLimit.wrap(used | (from << FROM_SHIFT) | (perDay_ << NEXT_SHIFT) | present);
    }

    /// @notice The limit after `amount` more was used at `timestamp`.
    function use(TopUpLimit self, uint256 amount, uint256 timestamp) internal pure returns (TopUpLimit) {
        uint256 left_ = self.left(timestamp);
        if (amount > left_) revert TopUpAboveLimit(amount, left_);
        uint256 used = self.perDay(timestamp) - left_ + amount;
        uint256 terms = TopUpLimit.unwrap(self) & ((1 << DAY_SHIFT) - 1);
        return TopUpLimit.wrap(terms | ((timestamp / 1 days) << DAY_SHIFT) | (used << USED_SHIFT));
    }

    /// @notice The limit that holds at `timestamp`.
    function perDay(TopUpLimit self, uint256 timestamp) internal pure returns (uint256) {
        uint256 raw = TopUpLimit.unwrap(self);
        return timestamp >= uint40(raw >> FROM_SHIFT) ? uint64(raw >> NEXT_SHIFT) : uint64(raw);
    }

    /// @notice What is left of the limit on the day of `timestamp`.
    function left(TopUpLimit self, uint256 timestamp) internal pure returns (uint256) {
        uint256 raw = TopUpLimit.unwrap(self);
        uint256 limit = self.perDay(timestamp);
        if (uint24(raw >> DAY_SHIFT) != timestamp / 1 days) return limit;
        uint256 used = raw >> USED_SHIFT;
        return used < limit ? limit - used : 0;
    }
}
