// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold} from "../../contracts/libraries/Hold.sol";
import {Sale, SaleLib} from "../../contracts/libraries/Sale.sol";

/// @title SaleProofs
/// @notice A content's terms and its money share a slot and never touch each other: INV-2, PUB-8, ACTIVE-1.
contract SaleProofs {
    uint256 private constant TERMS_SHIFT = 192;

    /// @notice A new content's terms read back; it is for sale, holds nothing, and was neither repriced nor replanned.
    function check_ListingReadsBack(uint40 price, uint16 commissionBps, uint8 class, bool dated) external pure {
        if (commissionBps > 10_000 || class > 7) return;
        Sale sale = SaleLib.list(price, commissionBps, class, dated);
        assert(sale.price() == price);
        assert(sale.commissionBps() == commissionBps);
        assert(sale.class() == class);
        assert(sale.isDated() == dated);
        assert(sale.exists() && sale.isActive() && !sale.isRepriced() && !sale.isReplanned());
        assert(_money(sale.hold()) == 0);
    }

    /// @notice A later version has the commission and class of its plan, an empty hold, and is not for sale by itself.
    function check_VersionsReadBack(uint16 commissionBps, uint8 class) external pure {
        if (commissionBps > 10_000 || class > 7) return;
        Sale sale = SaleLib.version(commissionBps, class);
        assert(sale.commissionBps() == commissionBps);
        assert(sale.class() == class);
        assert(sale.price() == 0 && !sale.isActive());
        assert(_money(sale.hold()) == 0);
    }

    /// @notice Money that comes and goes through the hold leaves the terms as they were.
    function check_HoldLeavesTheTerms(Sale sale, uint56 amount, uint24 epoch) external pure {
        if (epoch < sale.hold().epoch()) return;
        Sale next = SaleLib.ofHold(sale.hold().add(amount, epoch));
        assert(Sale.unwrap(next) >> TERMS_SHIFT == Sale.unwrap(sale) >> TERMS_SHIFT);
        assert(next.hold().captured() >= amount);
    }

    /// @notice Opening and closing changes nothing but whether the content is for sale.
    function check_ActiveChangesNothingElse(Sale sale, bool active) external pure {
        Sale next = sale.withActive(active);
        assert(next.isActive() == active);
        assert(Sale.unwrap(next.withActive(sale.isActive())) == Sale.unwrap(sale));
        assert(next.isRepriced() == sale.isRepriced() && next.isReplanned() == sale.isReplanned());
        _requireSameTerms(sale, next);
    }

    /// @notice Repricing changes nothing but where the price is read.
    function check_RepricedChangesNothingElse(Sale sale) external pure {
        Sale next = sale.withRepriced();
        assert(next.isRepriced());
        assert(next.isActive() == sale.isActive() && next.isReplanned() == sale.isReplanned());
        _requireSameTerms(sale, next);
    }

    /// @notice Replanning changes nothing but where the version in force is read.
    function check_ReplannedChangesNothingElse(Sale sale) external pure {
        Sale next = sale.withReplanned();
        assert(next.isReplanned());
        assert(next.isActive() == sale.isActive() && next.isRepriced() == sale.isRepriced());
        _requireSameTerms(sale, next);
    }

    function _requireSameTerms(Sale sale, Sale next) private pure {
        assert(next.price() == sale.price());
        assert(next.commissionBps() == sale.commissionBps());
        assert(next.class() == sale.class());
        assert(next.isDated() == sale.isDated());
        assert(_money(next.hold()) == _money(sale.hold()));
    }

    /// @dev The low 192 bits, which are the hold's own.
    function _money(Hold hold) private pure returns (uint256) {
        return uint192(Hold.unwrap(hold));
    }
}
