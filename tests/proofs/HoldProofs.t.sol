// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold, HoldLib} from "../../contracts/libraries/Hold.sol";

/// @title HoldProofs
/// @notice What comes out of a hold is what went in, at the right time: INV-2, SPLIT-2, SPLIT-4, REFUND-1, REFUND-2.
/// @dev A hold is any 256 bits. Time only grows, so that no hold is seen from before its own epoch.
contract HoldProofs {
    uint256 private constant OWNER_SHIFT = 192;

    /// @notice `add`, as a call that can be refused.
    function add(Hold hold, uint256 amount, uint256 epoch) external pure returns (Hold) {
        return hold.add(amount, epoch);
    }

    /// @notice `take`, as a call that can be refused.
    function take(Hold hold, uint256 amount, uint256 orderEpoch, uint256 epoch) external pure returns (Hold) {
        return hold.take(amount, orderEpoch, epoch);
    }

    /// @notice `drain`, as a call that can be refused.
    function drain(Hold hold, uint256 epoch) external pure returns (Hold rest, uint256 amount) {
        return hold.drain(epoch);
    }

    /// @notice An amount that is added joins this epoch's bucket, and no other money moves out of the hold.
    function check_AddConserves(Hold hold, uint256 amount, uint24 epoch) external view {
        if (epoch < hold.epoch()) return;
        try this.add(hold, amount, epoch) returns (Hold next) {
            assert(_total(next) == _total(hold) + amount);
            assert(next.captured() == _inEpoch(hold, epoch) + amount);
            assert(next.epoch() == epoch);
        } catch {}
    }

    /// @notice An amount is refused if and only if its bucket, or the matured one, has no room.
    function check_AddIsRefusedOnlyForWantOfRoom(Hold hold, uint256 amount, uint24 epoch) external view {
        if (epoch < hold.epoch()) return;
        bool fits = amount <= HoldLib.MAXIMUM - _inEpoch(hold, epoch) && _ripe(hold, epoch) <= HoldLib.MAXIMUM;
        try this.add(hold, amount, epoch) {
            assert(fits);
        } catch {
            assert(!fits);
        }
    }

    /// @notice An amount that is taken leaves the bucket of its order's epoch, and no other money moves out of the hold.
    function check_TakeConserves(Hold hold, uint256 amount, uint24 orderEpoch, uint24 epoch) external view {
        if (epoch < hold.epoch()) return;
        try this.take(hold, amount, orderEpoch, epoch) returns (Hold next) {
            assert(_total(next) + amount == _total(hold));
            assert(_inEpoch(next, orderEpoch) + amount == _inEpoch(hold, orderEpoch));
            assert(next.epoch() == epoch);
        } catch {}
    }

    /// @notice Money is taken back if and only if its epoch or the next one is running and its bucket has it.
    function check_TakeOnlyInsideTheWindow(Hold hold, uint256 amount, uint24 orderEpoch, uint24 epoch) external view {
        if (epoch < hold.epoch() || _ripe(hold, epoch) > HoldLib.MAXIMUM) return;
        bool open = orderEpoch == epoch || uint256(orderEpoch) + 1 == epoch;
        bool enough = amount <= _inEpoch(hold, orderEpoch);
        try this.take(hold, amount, orderEpoch, epoch) {
            assert(open && enough);
        } catch {
            assert(!(open && enough));
        }
    }

    /// @notice A refund in the epoch of its order, or in the next, leaves the hold as if the order had never been.
    function check_TakeUndoesAdd(Hold hold, uint56 amount, uint24 epoch, bool nextEpoch) external pure {
        if (epoch < hold.epoch() || epoch == type(uint24).max) return;
        uint256 refunded = nextEpoch ? uint256(epoch) + 1 : epoch;
        Hold next = hold.add(amount, epoch).take(amount, epoch, refunded);
        assert(Hold.unwrap(next) == Hold.unwrap(hold.roll(refunded)));
    }

    /// @notice Draining gives out everything older than the window and leaves everything inside it; nothing refuses it.
    function check_DrainTakesWhatMatured(Hold hold, uint24 epoch) external view {
        if (epoch < hold.epoch()) return;
        try this.drain(hold, epoch) returns (Hold rest, uint256 amount) {
            assert(amount == _ripe(hold, epoch));
            assert(rest.matured() == 0);
            assert(_total(rest) + amount == _total(hold));
            assert(rest.captured() == _inEpoch(hold, epoch));
        } catch {
            assert(false);
        }
    }

    /// @notice What was drained is gone: draining again in the same epoch gives nothing.
    function check_DrainingTwiceGivesNothing(Hold hold, uint24 epoch) external pure {
        if (epoch < hold.epoch()) return;
        (Hold rest, ) = hold.drain(epoch);
        (Hold again, uint256 amount) = rest.drain(epoch);
        assert(amount == 0 && Hold.unwrap(again) == Hold.unwrap(rest));
    }

    /// @notice Time moves money between buckets and neither makes nor loses any.
    function check_RollConserves(Hold hold, uint24 epoch) external pure {
        if (epoch < hold.epoch()) return;
        Hold next = hold.roll(epoch);
        assert(_total(next) == _total(hold));
        assert(next.matured() == _ripe(hold, epoch));
        assert(next.captured() == _inEpoch(hold, epoch));
        assert(next.epoch() == epoch);
    }

    /// @notice It does not matter how often a hold was looked at on the way.
    function check_RollingTwiceIsRollingOnce(Hold hold, uint24 between, uint24 epoch) external pure {
        if (between < hold.epoch() || epoch < between) return;
        Hold twice = hold.roll(between).roll(epoch);
        assert(Hold.unwrap(twice) == Hold.unwrap(hold.roll(epoch)));
    }

    /// @notice Whatever is done to a hold, the bits above it belong to the slot's owner and stay as they are.
    function check_OwnerBitsPass(Hold hold, uint256 amount, uint24 orderEpoch, uint24 epoch) external view {
        if (epoch < hold.epoch()) return;
        uint256 owner = Hold.unwrap(hold) >> OWNER_SHIFT;
        try this.add(hold, amount, epoch) returns (Hold next) {
            assert(Hold.unwrap(next) >> OWNER_SHIFT == owner);
        } catch {}
        try this.take(hold, amount, orderEpoch, epoch) returns (Hold next) {
            assert(Hold.unwrap(next) >> OWNER_SHIFT == owner);
        } catch {}
        (Hold rest, ) = hold.drain(epoch);
        assert(Hold.unwrap(rest) >> OWNER_SHIFT == owner);
    }

    function _total(Hold hold) private pure returns (uint256) {
        return hold.captured() + hold.previous() + hold.matured();
    }

    /// @dev What the hold has of one epoch, if that can still be told apart.
    function _inEpoch(Hold hold, uint256 epoch) private pure returns (uint256) {
        if (epoch == hold.epoch()) return hold.captured();
        return epoch + 1 == hold.epoch() ? hold.previous() : 0;
    }

    /// @dev What of the hold has matured when `epoch` runs.
    function _ripe(Hold hold, uint256 epoch) private pure returns (uint256 amount) {
        amount = hold.matured();
        if (epoch > hold.epoch()) amount += hold.previous();
        if (epoch > hold.epoch() + 1) amount += hold.captured();
    }
}
