// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Money captured by orders, sorted by how long ago, in one storage slot.
/// @dev From the lowest bit: matured 56, previous 56, captured 56, epoch 24; the highest 64 bits belong to whoever owns
/// the slot and pass through every function unchanged. Amounts are in ledger units.
/// - `captured` came in during `epoch`; `previous` in the epoch before it: both can still be refunded;
/// - `matured` is older: it can be released and no longer refunded.
type Hold is uint256;

using HoldLib for Hold global;

/// @title HoldLib
/// @notice The bookkeeping of one hold: add, take back, and let time pass. What goes in by `add` comes out by `take` or
/// `drain`, once.
library HoldLib {
    /// @notice A bucket cannot hold the amount in its 56 bits; `maximum` is what it still has room for.
    error HoldOverflow(uint256 amount, uint256 maximum);

    /// @notice An order of `orderEpoch` can no longer be refunded in `currentEpoch`.
    error RefundWindowClosed(uint256 orderEpoch, uint256 currentEpoch);

    /// @notice A bucket holds less than was asked back; unreachable while every order is taken back at most once.
    error HoldUnderflow(uint256 held, uint256 amount);

    uint256 internal constant MAXIMUM = type(uint56).max;
    uint256 private constant PREVIOUS_SHIFT = 56;
    uint256 private constant CAPTURED_SHIFT = 112;
    uint256 private constant EPOCH_SHIFT = 168;
    uint256 private constant OWNER_SHIFT = 192;

    /// @notice Adds `amount`, captured in `currentEpoch`.
    function add(Hold hold, uint256 amount, uint256 currentEpoch) internal pure returns (Hold) {
        if (hold.epoch() != currentEpoch) hold = hold.roll(currentEpoch);
        uint256 room = MAXIMUM - hold.captured();
        if (amount > room) revert HoldOverflow(amount, room);
        unchecked {
            // The sum fits its 56 bits, so nothing carries into the epoch.
            return Hold.wrap(Hold.unwrap(hold) + (amount << CAPTURED_SHIFT));
        }
    }

    /// @notice Takes back `amount` that was captured in `orderEpoch`; reverts once that epoch has matured.
    function take(Hold hold, uint256 amount, uint256 orderEpoch, uint256 currentEpoch) internal pure returns (Hold) {
        if (orderEpoch > currentEpoch || currentEpoch - orderEpoch > 1) {
            revert RefundWindowClosed(orderEpoch, currentEpoch);
        }
        hold = hold.roll(currentEpoch);
        bool recent = orderEpoch == currentEpoch;
        uint256 held = recent ? hold.captured() : hold.previous();
        if (held < amount) revert HoldUnderflow(held, amount);
        unchecked {
            // The bucket holds at least the amount, so nothing borrows from its neighbour.
            return Hold.wrap(Hold.unwrap(hold) - (amount << (recent ? CAPTURED_SHIFT : PREVIOUS_SHIFT)));
        }
    }

    /// @notice Takes out everything that has matured by `currentEpoch`.
    /// @dev Computed without packing the matured sum, so that a hold too full to roll can always be drained.
    function drain(Hold hold, uint256 currentEpoch) internal pure returns (Hold rest, uint256 amount) {
        uint256 age = currentEpoch - hold.epoch();
        amount = hold.matured();
        if (age > 0) amount += hold.previous();
        if (age > 1) amount += hold.captured();
        uint256 recent = age == 0 ? hold.captured() : 0;
        uint256 before =
            age == 0
                ? hold.previous()
                : age == 1
                    ? hold.captured()
                    : 0;
        rest = _pack(hold, currentEpoch, recent, before, 0);
    }

    /// @notice The same money seen from `currentEpoch`.
    function roll(Hold hold, uint256 currentEpoch) internal pure returns (Hold) {
        unchecked {
            // Epochs only grow, and three buckets of 56 bits add up without overflow.
            uint256 age = currentEpoch - hold.epoch();
            if (age == 0) return hold;
            uint256 recent = hold.captured();
            uint256 ripe = hold.matured() + hold.previous();
            if (age > 1) (ripe, recent) = (ripe + recent, 0);
            if (ripe > MAXIMUM) revert HoldOverflow(ripe, MAXIMUM);
            return _pack(hold, currentEpoch, 0, recent, ripe);
        }
    }

    /// @notice The epoch that `captured` belongs to.
    function epoch(Hold hold) internal pure returns (uint256) {
        return uint24(Hold.unwrap(hold) >> EPOCH_SHIFT);
    }

    /// @notice The money captured in `epoch`, in ledger units.
    function captured(Hold hold) internal pure returns (uint256) {
        return uint56(Hold.unwrap(hold) >> CAPTURED_SHIFT);
    }

    /// @notice The money captured in the epoch before, in ledger units.
    function previous(Hold hold) internal pure returns (uint256) {
        return uint56(Hold.unwrap(hold) >> PREVIOUS_SHIFT);
    }

    /// @notice The money that had matured by `epoch`, in ledger units.
    function matured(Hold hold) internal pure returns (uint256) {
        return uint56(Hold.unwrap(hold));
    }

    function _pack(
        Hold owner,
        uint256 epoch_,
        uint256 captured_,
        uint256 previous_,
        uint256 matured_
    ) private pure returns (Hold) {
        return
            Hold.wrap(
                ((Hold.unwrap(owner) >> OWNER_SHIFT) << OWNER_SHIFT)
                    | (epoch_ << EPOCH_SHIFT)
                    | (captured_ << CAPTURED_SHIFT)
                    | (previous_ << PREVIOUS_SHIFT)
                    | matured_
            );
    }
}
