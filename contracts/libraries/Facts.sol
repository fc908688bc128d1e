// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SplitMath} from "./SplitMath.sol";

/// @notice What the contract read when it captured an order: all that a refund, a release or a licence needs later.
/// @dev From the lowest bit: price 40 (ledger units), commission 16 (basis points, seller and referrer together), referrer
/// 16 (basis points, part of the commission; 0 if no referrer was named), plan version 16, class 8, epoch 24,
/// expiry 40 (Unix seconds, 0 for perpetual), state 8 (direct orders only; 0 in a batch leaf).
type Facts is uint256;

using FactsLib for Facts global;

/// @title FactsLib
/// @notice Packs and reads facts, and divides the price at capture.
library FactsLib {
    /// @notice State bit: a direct order that was paid; every stored order has it.
    uint256 internal constant PAID = 1;
    /// @notice State bit: its price came from the buyer's account.
    uint256 internal constant FROM_ACCOUNT = 2;
    /// @notice State bit: it was refunded.
    uint256 internal constant REFUNDED = 4;
    /// @notice State bit: its licence was claimed as a token.
    uint256 internal constant CLAIMED = 8;

    uint256 private constant STATE_SHIFT = 160;

    /// @notice Facts with an empty state.
    function pack(
        uint256 price_,
        uint256 commissionBps_,
        uint256 referrerBps_,
        uint256 planVersion_,
        uint256 class_,
        uint256 epoch_
    ) internal pure returns (Facts) {
        return
            Facts.wrap(
                price_
                    | (commissionBps_ << 40)
                    | (referrerBps_ << 56)
                    | (planVersion_ << 72)
                    | (class_ << 88)
                    | (epoch_ << 96)
            );
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
        return uint40(Facts.unwrap(facts) >> 120);
    }

    /// @notice Whether the state of a direct order has a bit set.
    function has(Facts facts, uint256 bit) internal pure returns (bool) {
        return (Facts.unwrap(facts) >> STATE_SHIFT) & bit != 0;
    }

    /// @notice The same facts with `bits` set in the state.
    function withState(Facts facts, uint256 bits) internal pure returns (Facts) {
        return Facts.wrap(Facts.unwrap(facts) | (bits << STATE_SHIFT));
    }

    /// @notice How the price was divided at capture; the three parts add up to the price.
    /// @return revenue What joined the content's hold.
    /// @return sellerPart What joined the seller's hold.
    /// @return referrerPart What joined the referrer's hold.
    function parts(Facts facts) internal pure returns (uint256 revenue, uint256 sellerPart, uint256 referrerPart) {
        return SplitMath.capture(facts.price(), facts.commissionBps(), facts.referrerBps());
    }
}
