// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SplitMath} from "../../contracts/libraries/SplitMath.sol";

/// @title SplitProofs
/// @notice Every price and every release is divided to the last unit: INV-3, SPLIT-1, SPLIT-3.
/// @custom:halmos --solver-command cvc5
contract SplitProofs {
    /// @notice Revenue, seller's part and referrer's part add up to the price, and none is above it.
    function check_PartsAddUpToThePrice(uint40 price, uint16 commissionBps, uint16 referrerBps) external pure {
        if (commissionBps > SplitMath.ONE_BPS || referrerBps > commissionBps) return;
        (uint256 revenue, uint256 seller, uint256 referrer) = SplitMath.capture(price, commissionBps, referrerBps);
        assert(revenue <= price && seller <= price && referrer <= price);
        assert(revenue + seller + referrer == price);
    }

    /// @notice Seller and referrer get the commission rounded down: not a unit more, and less than a unit less.
    function check_CommissionIsRoundedDown(uint40 price, uint16 commissionBps, uint16 referrerBps) external pure {
        if (commissionBps > SplitMath.ONE_BPS || referrerBps > commissionBps) return;
        (, uint256 seller, uint256 referrer) = SplitMath.capture(price, commissionBps, referrerBps);
        _requireFloor(seller + referrer, uint256(price) * commissionBps, SplitMath.ONE_BPS);
    }

    /// @notice The referrer gets its part of the commission, rounded down.
    function check_ReferrerPartIsRoundedDown(uint40 price, uint16 commissionBps, uint16 referrerBps) external pure {
        if (commissionBps > SplitMath.ONE_BPS || referrerBps > commissionBps || referrerBps == 0) return;
        (, uint256 seller, uint256 referrer) = SplitMath.capture(price, commissionBps, referrerBps);
        // Solvers take minutes over a quotient of a quotient, and no time over two quotients of the same numbers.
        assert(referrer == ((seller + referrer) * referrerBps) / commissionBps);
    }

    /// @notice An order without a referrer leaves nothing for one.
    function check_NoReferrerNoPart(uint40 price, uint16 commissionBps) external pure {
        if (commissionBps > SplitMath.ONE_BPS) return;
        (, , uint256 referrer) = SplitMath.capture(price, commissionBps, 0);
        assert(referrer == 0);
    }

    /// @notice A payee's share of a release is rounded down, so that it is never above the amount.
    function check_ShareIsRoundedDown(uint64 amount, uint16 bps, uint16 totalBps) external pure {
        if (bps > totalBps || totalBps == 0 || totalBps > SplitMath.ONE_BPS) return;
        _requireFloor(SplitMath.share(amount, bps, totalBps), uint256(amount) * bps, totalBps);
    }

    /// @dev Whether `part` is `dividend / divisor` rounded down, told without dividing.
    function _requireFloor(uint256 part, uint256 dividend, uint256 divisor) private pure {
        assert(part * divisor <= dividend);
        assert(dividend < (part + 1) * divisor);
    }
}
