// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title SplitMath
/// @notice The arithmetic of dividing money: integers only, and every remainder has an owner.
library SplitMath {
    /// @notice One whole, in basis points.
    uint256 internal constant ONE_BPS = 10_000;

    /// @notice Divides a price, or what is left of it after part refunds.
    /// @dev The commission is rounded down and the rest is revenue; the referrer's part of the commission is rounded down and
    /// the rest of it is the seller's. No part grows when the price falls, so a part refund takes from every hold at most what
    /// is there. Requires `price < 2^40` and `referrerBps <= commissionBps <= 10_000`.
    /// @return revenue For the content's hold.
    /// @return sellerPart For the seller's hold.
    /// @return referrerPart For the referrer's hold.
    function capture(
        uint256 price,
        uint256 commissionBps,
        uint256 referrerBps
    ) internal pure returns (uint256 revenue, uint256 sellerPart, uint256 referrerPart) {
        unchecked {
            // Prices have 40 bits and shares 16; the referrer's part is not above the commission, nor that above the price.
            uint256 commission = (price * commissionBps) / ONE_BPS;
            if (referrerBps != 0) referrerPart = (commission * referrerBps) / commissionBps;
            sellerPart = commission - referrerPart;
            revenue = price - commission;
        }
    }

    /// @notice One payee's share of released revenue, rounded down: `bps` out of the `totalBps` that all payees have.
    /// @dev The first payee of a plan gets the amount less the other shares instead, and with it every remainder.
    function share(uint256 amount, uint256 bps, uint256 totalBps) internal pure returns (uint256) {
        return (amount * bps) / totalBps;
    }
}
