// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "../interfaces/IContentLicense.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Account, AccountLib} from "../libraries/Account.sol";
import {Facts, FactsLib} from "../libraries/Facts.sol";
import {Hold} from "../libraries/Hold.sol";
import {CreatorShare} from "../libraries/CreatorShare.sol";
import {PlanHeader} from "../libraries/PlanHeader.sol";
import {PlanSchedule} from "../libraries/PlanSchedule.sol";
import {PriceSchedule} from "../libraries/PriceSchedule.sol";
import {Sale, SaleLib} from "../libraries/Sale.sol";
import {SplitMath} from "../libraries/SplitMath.sol";
import {Ledger} from "./Ledger.sol";

/// @title Holds
/// @notice What contents cost now, and the money of orders from capture to release.
abstract contract Holds is Ledger {
    /// @dev A sale in storage; a struct, so that one reference serves reading and writing.
    struct SaleSlot {
        Sale sale;
    }

    /// @dev What a release owes to the network and to the host of the contents released last.
    struct Dues {
        uint32 host;
        uint256 hostAmount;
        uint256 networkAmount;
    }

    uint256 internal constant CLASSES = 8;
    uint256 internal constant FIRST_VERSION = 1;
    uint256 internal constant WINDOW_BITS = 28;
    uint256 internal constant WINDOW_MASK = (1 << WINDOW_BITS) - 1;
    uint256 internal constant PAUSED_BIT = 1 << 255;
    uint256 internal constant START_SHIFT = 160;
    uint256 private constant VERSION_SHIFT = 32;
    uint256 private constant CLASS_SHIFT = 240;

    /// @dev The windows of the classes in seconds, 28 bits each, class 0 lowest, 0 where there is no class yet; and the highest bit
    /// while selling is paused.
    uint256 internal _windows;

    /// @dev From content, and version less one above it, to the sale of that version.
    mapping(uint256 version => SaleSlot) internal _sales;
    mapping(uint32 content => PriceSchedule) internal _prices;
    mapping(uint32 content => PlanSchedule) internal _plans;

    /// @dev From account, with the class above it, to the hold of its commissions.
    mapping(uint256 commission => Hold) internal _commissions;

    // Quoting

    /// @notice What an order of `content` is made of now; reverts unless the content is for sale.
    /// @param windows The windows as stored.
    /// @param day The day whose price holds.
    /// @param heading The referrer, zero for none; above it when a renewable licence starts, 0 for at once.
    /// @param commissioned Whether there is a seller.
    /// @return facts What the order commits to.
    /// @return slot Where the hold of its revenue is.
    /// @return sale What is stored there.
    function _quote(
        uint32 content,
        uint256 windows,
        uint256 day,
        uint256 heading,
        bool commissioned
    ) internal view returns (Facts facts, SaleSlot storage slot, Sale sale) {
        slot = _sales[content];
        sale = slot.sale;
        uint256 epoch = _epochIn(windows, sale.class());
        if (sale.isPlain() && heading == 0) return (sale.plainFacts(epoch, commissioned), slot, sale);
        if (!sale.isActive()) _refuseSale(content, sale);
        uint256 price = _priceOn(content, sale, day);
        uint256 version = FIRST_VERSION;
        bool dated = sale.isDated();
        if (sale.isReplanned()) {
            version = _plans[content].versionIn(epoch);
            slot = _slotOf(content, version);
            sale = slot.sale;
        }
        facts = FactsLib.pack(price, commissioned ? sale.commissionBps() : 0, version, sale.class(), epoch);
        if (uint160(heading) != 0) facts = facts.withReferrer(LICENSE.referrerBpsOf(content, uint16(version)));
        if (dated) facts = _dated(content, facts, heading >> START_SHIFT);
        else if (heading >> START_SHIFT != 0) revert ISettlement.StartOutOfRange(heading >> START_SHIFT, 0);
    }

    /// @dev A start that has passed counts as now: a renewal that settles late loses nothing.
    function _dated(uint32 content, Facts facts, uint256 startsAt) private view returns (Facts) {
        Terms memory terms = LICENSE.termsOf(content);
        uint256 latest = terms.renewable ? block.timestamp + terms.durationSeconds : 0;
        if (startsAt != 0 && startsAt > latest) revert ISettlement.StartOutOfRange(startsAt, latest);
        uint256 start = startsAt > block.timestamp ? startsAt : block.timestamp;
        return facts.withInterval(start, start + terms.durationSeconds);
    }

    function _refuseSale(uint32 content, Sale sale) private pure {
        if (!sale.exists()) revert ISettlement.UnknownContent(content);
        revert ISettlement.ContentInactive(content);
    }

    function _priceOn(uint32 content, Sale sale, uint256 day) internal view returns (uint256) {
        return sale.isRepriced() ? _prices[content].priceOn(day) : sale.price();
    }

    // Capture and back

    /// @dev Adds an amount that orders of these facts bring to the hold of their revenue.
    function _addRevenue(SaleSlot storage slot, Sale sale, uint256 amount, Facts facts) internal {
        slot.sale = SaleLib.ofHold(sale.hold().add(amount, facts.epoch()));
    }

    function _addCommission(Account account, uint256 amount, Facts facts) internal {
        uint256 key = _commissionKey(account, facts.class());
        _commissions[key] = _commissions[key].add(amount, facts.epoch());
    }

    /// @dev Takes from each hold what it has of an order beyond what it will have when `amount` less is left.
    function _takeBack(uint32 content, uint32 seller, address referrer, Facts facts, uint256 amount) internal {
        uint256 left = facts.left();
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.partsOf(left);
        if (amount != left) {
            (uint256 revenueLeft, uint256 sellerLeft, uint256 referrerLeft) = facts.partsOf(left - amount);
            (revenue, sellerPart, referrerPart) = (
                revenue - revenueLeft,
                sellerPart - sellerLeft,
                referrerPart - referrerLeft
            );
        }
        uint256 current = _epochIn(_windows, facts.class());
        SaleSlot storage slot = _slotOf(content, facts.planVersion());
        Sale sale = slot.sale;
        slot.sale = SaleLib.ofHold(sale.hold().take(revenue, facts.epoch(), current));
        if (sellerPart != 0) _takeCommission(AccountLib.ofPlatform(seller), sellerPart, facts, current);
        if (referrerPart != 0) _takeCommission(AccountLib.ofAddress(referrer), referrerPart, facts, current);
    }

    function _takeCommission(Account account, uint256 amount, Facts facts, uint256 current) private {
        uint256 key = _commissionKey(account, facts.class());
        _commissions[key] = _commissions[key].take(amount, facts.epoch(), current);
    }

    // Release

    function _release(uint32 content, uint256 version, uint256 epoch, Dues memory dues) internal {
        SaleSlot storage slot = _slotOf(content, version);
        Sale sale = slot.sale;
        (Hold hold, uint256 amount) = sale.hold().drain(epoch);
        if (amount == 0) return;
        slot.sale = SaleLib.ofHold(hold);
        _split(content, version, amount, dues);
        emit ISettlement.Released(content, uint16(version), amount);
    }

    /// @dev Credits the creators, and adds up what host and network are due. The first creator gets what is left, and with it
    /// every remainder.
    function _split(uint32 content, uint256 version, uint256 amount, Dues memory dues) internal {
        (PlanHeader plan, CreatorShare[] memory others) = LICENSE.packedPlanOf(content, uint16(version));
        if (plan.host() != dues.host) _payHost(dues, plan.host());
        uint256 total = plan.releasedBps();
        uint256 hostPart = SplitMath.share(amount, plan.hostBps(), total);
        uint256 networkPart = SplitMath.share(amount, plan.networkBps(), total);
        unchecked {
            // The shares of a plan add up to the total, so the parts rounded down are at most the amount.
            uint256 left = amount - hostPart - networkPart;
            dues.hostAmount += hostPart;
            dues.networkAmount += networkPart;
            for (uint256 i; i < others.length; ++i) {
                uint256 part = SplitMath.share(amount, others[i].bps(), total);
                left -= part;
                if (part != 0) _credit(AccountLib.ofAddress(others[i].payee()), part);
            }
            _credit(AccountLib.ofAddress(plan.firstPayee()), left);
        }
    }

    /// @dev Credits what is due to the last host, and goes on with another.
    function _payHost(Dues memory dues, uint32 next) private {
        if (dues.hostAmount != 0) _credit(AccountLib.ofPlatform(dues.host), dues.hostAmount);
        (dues.host, dues.hostAmount) = (next, 0);
    }

    function _payDues(Dues memory dues) internal {
        _payHost(dues, 0);
        if (dues.networkAmount != 0) _credit(AccountLib.ofPlatform(0), dues.networkAmount);
    }

    // Where things are

    function _slotOf(uint32 content, uint256 version) internal view returns (SaleSlot storage) {
        return _sales[content | ((version - FIRST_VERSION) << VERSION_SHIFT)];
    }

    function _known(uint32 content) internal view returns (Sale sale) {
        sale = _sales[content].sale;
        if (!sale.exists()) revert ISettlement.UnknownContent(content);
    }

    /// @dev The windows, unless selling is paused.
    function _openWindows() internal view returns (uint256 windows) {
        windows = _windows;
        if (windows >= PAUSED_BIT) revert ISettlement.Paused();
    }

    /// @dev The present epoch of a class that exists.
    function _epochIn(uint256 windows, uint256 class) internal view returns (uint256 epoch) {
        uint256 window = _windowIn(windows, class);
        assembly ("memory-safe") {
            // Contents have classes with windows; where there is none this gives epoch 0.
            epoch := div(timestamp(), window)
        }
    }

    function _maturesAt(Facts facts) internal view returns (uint256) {
        return (facts.epoch() + 2) * _windowIn(_windows, facts.class());
    }

    function _today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _commissionKey(Account account, uint256 class) internal pure returns (uint256) {
        return Account.unwrap(account) | (class << CLASS_SHIFT);
    }

    function _windowIn(uint256 windows, uint256 class) internal pure returns (uint256) {
        unchecked {
            // Classes are below 8.
            return (windows >> (WINDOW_BITS * class)) & WINDOW_MASK;
        }
    }
}
