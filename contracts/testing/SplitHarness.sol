// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts, FactsLib} from "../libraries/Facts.sol";
import {SplitMath} from "../libraries/SplitMath.sol";

/// @title SplitHarness
/// @notice Opens the split arithmetic to tests.
contract SplitHarness {
    /// @notice The parts of an amount of an order with these terms.
    function parts(
        uint64 amount,
        uint16 commissionBps,
        uint16 referrerBps
    ) external pure returns (uint256 revenue, uint256 sellerPart, uint256 referrerPart) {
        return FactsLib.pack(amount, commissionBps, 1, 0, 0).withReferrer(referrerBps).partsOf(amount);
    }

    /// @notice The facts of these terms, as they are hashed into a leaf.
    function facts(
        uint64 price,
        uint16 commissionBps,
        uint16 referrerBps,
        uint16 planVersion,
        uint8 class,
        uint24 epoch
    ) external pure returns (Facts) {
        return FactsLib.pack(price, commissionBps, planVersion, class, epoch).withReferrer(referrerBps);
    }

    /// @notice The facts of a licence that ends, in some state, after a part refund.
    function withAll(
        Facts before,
        uint40 startsAt,
        uint40 expiresAt,
        uint8 state,
        uint40 refunded
    ) external pure returns (Facts) {
        return before.withInterval(startsAt, expiresAt).withState(state).withRefund(refunded);
    }

    /// @notice One payee's share.
    function share(uint256 amount, uint256 bps, uint256 totalBps) external pure returns (uint256) {
        return SplitMath.share(amount, bps, totalBps);
    }
}
