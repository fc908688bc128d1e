// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts} from "./Facts.sol";
import {Hold} from "./Hold.sol";

/// @notice Everything a batch needs to know of a content under one version of its plan, and the hold of that version's
/// money, in one storage slot.
/// @dev The low 192 bits are a `Hold`. Above it: price 40 bits in ledger units, commission 14 bits in basis points, class
/// 3 bits, and one bit each for active, repriced, replanned and dated. A listed content never has price 0, so an empty slot is
/// an unknown content. The slot of the first version speaks for the content; those of later versions have commission and
/// class only.
type Sale is uint256;

using SaleLib for Sale global;

/// @title SaleLib
/// @notice Packs and reads the terms half of a sale slot.
library SaleLib {
    uint256 internal constant MAXIMUM_PRICE = type(uint40).max;
    uint256 private constant PRICE_SHIFT = 192;
    uint256 private constant COMMISSION_SHIFT = 232;
    uint256 private constant CLASS_SHIFT = 246;
    uint256 private constant FLAGS_SHIFT = 249;
    uint256 private constant TERMS_MASK = (1 << 54) - 1;
    uint256 private constant FIRST_VERSION = 1 << 72;
    uint256 private constant ACTIVE_BIT = 1 << 249;
    uint256 private constant REPRICED_BIT = 1 << 250;
    uint256 private constant REPLANNED_BIT = 1 << 251;
    uint256 private constant DATED_BIT = 1 << 252;

    /// @notice A new content's slot: active, with an empty hold.
    function list(uint256 price_, uint256 commissionBps_, uint256 class_, bool dated) internal pure returns (Sale) {
        uint256 raw = Sale.unwrap(version(commissionBps_, class_)) | ACTIVE_BIT | (price_ << PRICE_SHIFT);
        return Sale.wrap(dated ? raw | DATED_BIT : raw);
    }

    /// @notice The slot of a later version of a content's plan, with an empty hold.
    function version(uint256 commissionBps_, uint256 class_) internal pure returns (Sale) {
        return Sale.wrap((class_ << CLASS_SHIFT) | (commissionBps_ << COMMISSION_SHIFT));
    }

    /// @notice The price at listing, in ledger units; `PriceSchedule` has it once `isRepriced`.
    function price(Sale sale) internal pure returns (uint256) {
        return uint40(Sale.unwrap(sale) >> PRICE_SHIFT);
    }

    /// @notice What seller and referrer get together, in basis points of the price.
    function commissionBps(Sale sale) internal pure returns (uint256) {
        return (Sale.unwrap(sale) >> COMMISSION_SHIFT) & 0x3fff;
    }

    /// @notice The refund-window class.
    function class(Sale sale) internal pure returns (uint256) {
        return (Sale.unwrap(sale) >> CLASS_SHIFT) & 7;
    }

    /// @notice Whether the content was ever listed.
    function exists(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) != 0;
    }

    /// @notice Whether the content can be sold.
    function isActive(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) & ACTIVE_BIT != 0;
    }

    /// @notice Whether the content can be sold, and never changed its price or plan, and its licences never end.
    function isPlain(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) >> FLAGS_SHIFT == 1;
    }

    /// @notice The facts of an order of such a content in its first state, without a referrer.
    /// @dev Price and commission stand side by side here as there.
    function plainFacts(Sale sale, uint256 epoch, bool commissioned) internal pure returns (Facts) {
        uint256 terms = (Sale.unwrap(sale) >> PRICE_SHIFT) & (commissioned ? TERMS_MASK : MAXIMUM_PRICE);
        return Facts.wrap(terms | FIRST_VERSION | (sale.class() << 88) | (epoch << 96));
    }

    /// @notice Whether the plan ever changed.
    function isReplanned(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) & REPLANNED_BIT != 0;
    }

    /// @notice Whether the content's licences end.
    function isDated(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) & DATED_BIT != 0;
    }

    /// @notice Whether the price ever changed.
    function isRepriced(Sale sale) internal pure returns (bool) {
        return Sale.unwrap(sale) & REPRICED_BIT != 0;
    }

    /// @notice The same slot, open or closed for sale.
    function withActive(Sale sale, bool active) internal pure returns (Sale) {
        uint256 raw = Sale.unwrap(sale);
        return Sale.wrap(active ? raw | ACTIVE_BIT : raw & ~ACTIVE_BIT);
    }

    /// @notice The same slot, with its price now in the price schedule.
    function withRepriced(Sale sale) internal pure returns (Sale) {
        return Sale.wrap(Sale.unwrap(sale) | REPRICED_BIT);
    }

    /// @notice The same slot, with the version in force told by the plan schedule.
    function withReplanned(Sale sale) internal pure returns (Sale) {
        return Sale.wrap(Sale.unwrap(sale) | REPLANNED_BIT);
    }

    /// @notice The hold of this version's money; its owner bits are this slot's terms.
    function hold(Sale sale) internal pure returns (Hold) {
        return Hold.wrap(Sale.unwrap(sale));
    }

    /// @notice The slot with another state of its hold; a hold's functions leave the owner's bits as they are.
    function ofHold(Hold hold_) internal pure returns (Sale) {
        return Sale.wrap(Hold.unwrap(hold_));
    }
}
