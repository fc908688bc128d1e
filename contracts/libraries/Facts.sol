// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SplitMath} from "./SplitMath.sol";

/// @notice What the contract read when it captured an order, and what became of the order since.
/// @dev From the lowest bit: price 40 (ledger units), commission 16 (basis points, seller and referrer together), referrer
/// 16 (basis points, part of the commission; 0 if no referrer was named), plan version 16, class 8, epoch 24,
/// end 40 (Unix seconds, 0 for a licence that never ends), state 8, start 40 (Unix seconds, 0 for one that never ends),
/// refunded 40 (ledger units, by part refunds). A leaf of a batch has `FROM_LEARNER` or nothing for its state, and nothing refunded.
type Facts is uint256;

using FactsLib for Facts global;

/// @title FactsLib
/// @notice Packs and reads facts, and divides the price at capture.
library FactsLib {
    /// @notice State bit: it was paid; every stored order has it.
    uint256 internal constant PAID = 1;
    /// @notice State bit: the price of a direct order came from the buyer's account.
    uint256 internal constant FROM_ACCOUNT = 2;
    /// @notice State bit: it was refunded whole.
    uint256 internal constant REFUNDED = 4;
    /// @notice State bit: its licence was claimed as a token.
    uint256 internal constant CLAIMED = 8;
    /// @notice State bit: its money is in dispute.
    uint256 internal constant DISPUTED = 16;
    /// @notice State bit: the price of a batch order came from its learner's account.
    uint256 internal constant FROM_LEARNER = 32;
    /// @notice State bit: a dispute paid its money out for good.
    uint256 internal constant PAID_OUT = 64;

    uint256 private constant END_SHIFT = 120;
    uint256 private constant STATE_SHIFT = 160;
    uint256 private constant START_SHIFT = 168;
    uint256 private constant REFUNDED_SHIFT = 208;

    /// @notice Facts of an order in its first state, without a referrer, for a licence that never ends.
    function pack(
        uint256 price_,
        uint256 commissionBps_,
        uint256 planVersion_,
        uint256 class_,
        uint256 epoch_
    ) internal pure returns (Facts) {
        return Facts.wrap(price_ | (commissionBps_ << 40) | (planVersion_ << 72) | (class_ << 88) | (epoch_ << 96));
    }

    /// @notice The price paid, in ledger units.
    function price(Facts facts) internal pure returns (uint256) {
        return uint40(Facts.unwrap(facts));
    }

    /// @notice What seller and referrer get together, in basis points.
    function commissionBps(Facts facts) internal pure returns (uint256) {
        return uint16(Facts.unwrap(facts) >> 40);
    }

    /// @notice What the named referrer gets, in basis points.
    function referrerBps(Facts facts) internal pure returns (uint256) {
        return uint16(Facts.unwrap(facts) >> 56);
    }

    /// @notice The version of the split plan.
    function planVersion(Facts facts) internal pure returns (uint256) {
        return uint16(Facts.unwrap(facts) >> 72);
    }

    /// @notice The refund-window class.
    function class(Facts facts) internal pure returns (uint256) {
        return uint8(Facts.unwrap(facts) >> 88);
    }

    /// @notice The epoch of capture, counted in the class's windows since the Unix epoch.
    function epoch(Facts facts) internal pure returns (uint256) {
        return uint24(Facts.unwrap(facts) >> 96);
    }

    /// @notice When the licence ends, in Unix seconds; 0 for never.
    function expiresAt(Facts facts) internal pure returns (uint256) {
        return uint40(Facts.unwrap(facts) >> END_SHIFT);
    }

    /// @notice When the licence begins, in Unix seconds; 0 for one that never ends.
    function startsAt(Facts facts) internal pure returns (uint256) {
        return uint40(Facts.unwrap(facts) >> START_SHIFT);
    }

    /// @notice What part refunds gave back, in ledger units.
    function refunded(Facts facts) internal pure returns (uint256) {
        return uint40(Facts.unwrap(facts) >> REFUNDED_SHIFT);
    }

    /// @notice What is left of the price, in ledger units.
    function left(Facts facts) internal pure returns (uint256) {
        unchecked {
            // Part refunds never exceed the price.
            return facts.price() - facts.refunded();
        }
    }

    /// @notice Whether `timestamp` lies between the licence's start and its end.
    function isCurrent(Facts facts, uint256 timestamp) internal pure returns (bool) {
        uint256 end = facts.expiresAt();
        return end == 0 || (timestamp >= facts.startsAt() && timestamp < end);
    }

    /// @notice Whether the state has a bit set, or any of several.
    function has(Facts facts, uint256 bit) internal pure returns (bool) {
        return (Facts.unwrap(facts) >> STATE_SHIFT) & bit != 0;
    }

    /// @notice The same facts with what a referrer gets; requires that none was set.
    function withReferrer(Facts facts, uint256 referrerBps_) internal pure returns (Facts) {
        return Facts.wrap(Facts.unwrap(facts) | (referrerBps_ << 56));
    }

    /// @notice The same facts with `bits` set in the state.
    function withState(Facts facts, uint256 bits) internal pure returns (Facts) {
        return Facts.wrap(Facts.unwrap(facts) | (bits << STATE_SHIFT));
    }

    /// @notice The same facts with `bits` cleared in the state.
    function withoutState(Facts facts, uint256 bits) internal pure returns (Facts) {
        return Facts.wrap(Facts.unwrap(facts) & ~(bits << STATE_SHIFT));
    }

    /// @notice The same facts for a licence from `startsAt_` to `expiresAt_`; requires that none was set.
    function withInterval(Facts facts, uint256 startsAt_, uint256 expiresAt_) internal pure returns (Facts) {
        return Facts.wrap(Facts.unwrap(facts) | (startsAt_ << START_SHIFT) | (expiresAt_ << END_SHIFT));
    }

    /// @notice The same facts after `amount` more was refunded; requires `amount <= left`.
    function withRefund(Facts facts, uint256 amount) internal pure returns (Facts) {
        unchecked {
            // The sum of part refunds is at most the price, which has 40 bits.
            return Facts.wrap(Facts.unwrap(facts) + (amount << REFUNDED_SHIFT));
        }
    }

    /// @notice How `amount` of this order's price is divided; the three parts add up to the amount.
    /// @return revenue What is in the content's hold.
    /// @return sellerPart What is in the seller's hold.
    /// @return referrerPart What is in the referrer's hold.
    function partsOf(
        Facts facts,
        uint256 amount
    ) internal pure returns (uint256 revenue, uint256 sellerPart, uint256 referrerPart) {
        return SplitMath.capture(amount, facts.commissionBps(), facts.referrerBps());
    }
}
