// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {BatchOrder, ISettlement, Order} from "./interfaces/ISettlement.sol";
import {ISettlementCourt} from "./interfaces/ISettlementCourt.sol";
import {Consent, ISettlementDesk, Listing, Payment, Permit, PriceStep, Source} from "./interfaces/ISettlementDesk.sol";
import {Account, AccountLib} from "./libraries/Account.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {Hold} from "./libraries/Hold.sol";
import {PlanScheduleLib} from "./libraries/PlanSchedule.sol";
import {PriceSchedule, PriceScheduleLib} from "./libraries/PriceSchedule.sol";
import {Sale, SaleLib} from "./libraries/Sale.sol";
import {TopUpLimit} from "./libraries/TopUpLimit.sol";
import {Ledger} from "./settlement/Ledger.sol";
import {Orders} from "./settlement/Orders.sol";
import {SettlementCourt} from "./SettlementCourt.sol";

/// @title SettlementDesk
/// @notice The rarer verbs of Settlement. What each does is said in `ISettlementDesk`.
/// @dev Settlement runs this code on its own storage, so `address(this)` is Settlement's.
contract SettlementDesk is ISettlementDesk, Orders {
    /// @dev The group of a batch that is being read, and how many orders came before.
    struct Group {
        uint32 platform;
        uint256 heading;
        Facts facts;
        uint256 order;
    }

    bytes32 private constant CART_TYPEHASH = keccak256(
        "Cart(uint8 source,Order[] orders)Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
    );
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "Consent(uint32 content,uint32 seller,uint32 learner,address referrer,uint64 startsAt,bool fromLearner,uint64 maxPrice,uint64 deadline,uint64 nonce)"
    );
    uint256 private constant OFFER_SECONDS = 2 days;
    uint256 private constant WINDOW_MINIMUM = 1 hours;
    uint256 private constant WINDOW_MAXIMUM = 366 days;

    modifier onlyLicense() {
        _requireCaller(address(LICENSE));
        _;
    }

    /// @notice The code of the verbs after the sale.
    SettlementCourt public immutable COURT;

    /// @notice Makes the code for one settlement.
    /// @param court The verbs after the sale, made for the same token, registry and licence contract, which become this contract's.
    constructor(
        SettlementCourt court
    ) Ledger(IERC20Metadata(address(court.TOKEN())), court.REGISTRY(), court.LICENSE()) {
        COURT = court;
    }

    /// @notice Runs the court's code for a verb of `ISettlementCourt`; reverts for anything else.
    fallback(bytes calldata call) external returns (bytes memory) {
        return Address.functionDelegateCall(address(COURT), call);
    }

    // The network

    /// @inheritdoc ISettlementDesk
    function addWindow(uint32 windowSeconds) external returns (uint8 class) {
        _requireCaller(_networkOwner());
        while (class < CLASSES && _windowIn(_windows, class) != 0) ++class;
        if (windowSeconds < WINDOW_MINIMUM || windowSeconds > WINDOW_MAXIMUM || class == CLASSES) {
            revert WindowOutOfRange(windowSeconds, class);
        }
        _windows |= uint256(windowSeconds) << (WINDOW_BITS * class);
        emit WindowAdded(class, windowSeconds);
    }

    /// @inheritdoc ISettlementDesk
    function pause() external {
        if (msg.sender != REGISTRY.pauser()) _requireCaller(_networkOwner());
        _windows |= PAUSED_BIT;
        emit PausedChanged(true, msg.sender);
    }

    /// @inheritdoc ISettlementDesk
    function unpause() external {
        _requireCaller(_networkOwner());
        _windows &= ~PAUSED_BIT;
        emit PausedChanged(false, msg.sender);
    }

    // For the licence contract

    /// @inheritdoc ISettlementDesk
    function list(uint32 first, Listing[] calldata listings) external onlyLicense {
        uint256 windows = _windows;
        for (uint256 i; i < listings.length; ++i) {
            Listing calldata listing = listings[i];
            _requirePrice(listing.price);
            if (listing.class >= CLASSES || _windowIn(windows, listing.class) == 0) {
                revert ISettlement.UnknownClass(listing.class);
            }
            _sales[first + i].sale = SaleLib.list(listing.price, listing.commissionBps, listing.class, listing.dated);
        }
    }

    /// @inheritdoc ISettlementDesk
    function setPrices(uint32 content, PriceStep[] calldata steps) external onlyLicense {
        Sale sale = _known(content);
        uint256 day = _today();
        PriceSchedule prices = PriceScheduleLib.keep(
            _priceOn(content, sale, day - 1),
            _priceOn(content, sale, day),
            day
        );
        uint256 room = PriceScheduleLib.STEPS - prices.length();
        if (steps.length == 0 || steps.length > room) revert PriceStepCountOutOfRange(steps.length, room);
        // Whoever follows the events drops what was set for the first of these days and later.
        if (steps[0].fromDay > day + 1) {
            emit PriceChanged(content, uint64(_priceOn(content, sale, day)), uint32(day + 1));
        }
        for (uint256 i; i < steps.length; ++i) {
            (uint256 fromDay, uint256 price) = (steps[i].fromDay, steps[i].price);
            _requirePrice(price);
            if (fromDay <= day || fromDay > type(uint24).max) revert PriceDayOutOfRange(fromDay, day + 1);
            day = fromDay;
            prices = prices.append(price, fromDay);
            emit PriceChanged(content, uint64(price), uint32(fromDay));
        }
        _prices[content] = prices;
        _sales[content].sale = sale.withRepriced();
    }

    /// @inheritdoc ISettlementDesk
    function setPlan(
        uint32 content,
        uint16 version,
        uint16 commissionBps
    ) external onlyLicense returns (uint32 fromEpoch) {
        Sale sale = _known(content);
        uint256 epoch = _epochIn(_windows, sale.class());
        fromEpoch = uint32(epoch + 1);
        _plans[content] = PlanScheduleLib.schedule(version, _plans[content].versionIn(epoch), fromEpoch);
        _slotOf(content, version).sale = SaleLib.version(commissionBps, sale.class());
        _sales[content].sale = sale.withReplanned();
    }

    /// @inheritdoc ISettlementDesk
    function setActive(uint32 content, bool active) external onlyLicense {
        _sales[content].sale = _known(content).withActive(active);
        emit ContentActiveChanged(content, active);
    }

    // Carts

    /// @inheritdoc ISettlementDesk
    function buyCart(
        Order[] calldata orders,
        Payment calldata payment
    ) external nonReentrant returns (bytes32[] memory orderIds) {
        if (orders.length == 0) revert EmptyCart();
        address buyer = orders[0].buyer;
        if (payment.source != Source.Authorization && msg.sender != buyer) {
            _requireSignature(buyer, cartHashOf(payment.source, orders), payment.signature);
        }
        uint256 state = payment.source == Source.Balance ? FactsLib.PAID | FactsLib.FROM_ACCOUNT : FactsLib.PAID;
        orderIds = new bytes32[](orders.length);
        (uint256 total, uint256 maximum) = (0, 0);
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].buyer != buyer) revert BuyerMismatch(orders[i].buyer, buyer);
            Facts facts;
            (orderIds[i], facts) = _place(orders[i], state);
            total += facts.price();
            maximum += orders[i].maxPrice;
            uint256 paid = payment.source == Source.Tokens ? facts.price() : orders[i].maxPrice;
            if (payment.source == Source.Balance) paid = 0;
            emit ISettlement.OrderPlaced(orderIds[i], orders[i].content, orders[i], facts, paid);
        }
        _permit(buyer, payment.permit);
        if (payment.source == Source.Tokens) _collect(buyer, total);
        else if (payment.source == Source.Balance) _debit(AccountLib.ofAddress(buyer), total);
        else _authorize(orders, maximum, total, payment.signature);
    }

    function _authorize(Order[] calldata orders, uint256 maximum, uint256 total, bytes calldata signature) private {
        address buyer = orders[0].buyer;
        if (maximum != total) _credit(AccountLib.ofAddress(buyer), maximum - total);
        if (signature.length != 65) revert ISettlement.InvalidSignature(buyer);
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        _collectAuthorized(
            buyer,
            maximum,
            orders[0].deadline,
            cartHashOf(Source.Authorization, orders),
            uint8(signature[64]),
            r,
            s
        );
    }

    function _permit(address owner, Permit calldata permit) private {
        if (permit.deadline == 0) return;
        (uint256 value, uint256 deadline) = (permit.value, permit.deadline);
        // Whoever showed it before has done what it is for; if it is void, the allowance decides.
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(address(TOKEN)).permit(owner, address(this), value, deadline, permit.v, permit.r, permit.s)
        {} catch {}
        // solhint-enable no-empty-blocks
    }

    // Batches of learners

    /// @inheritdoc ISettlementDesk
    function settleLearners(
        uint64 number,
        uint32 saleDay,
        uint256 maxDebit,
        bool fromLearners,
        uint256[] calldata words,
        Consent[] calldata consents
    ) external returns (bytes32 root) {
        (uint32 platform, uint32 lane, uint32 learners) = _openBatch(number);
        Tally memory tally = _newTally(saleDay, learners, words.length, fromLearners ? FactsLib.FROM_LEARNER : 0);
        _readLearnerBatch(tally, platform, words, consents);
        root = _closeBatch(platform, lane, number, maxDebit, tally);
        if (!fromLearners) _debit(AccountLib.ofPlatform(platform), tally.debit);
    }

    function _readLearnerBatch(
        Tally memory tally,
        uint32 platform,
        uint256[] calldata words,
        Consent[] calldata consents
    ) private {
        Group memory group;
        group.platform = platform;
        for (uint256 index; index < words.length;) {
            group.heading = tally.heading;
            uint256 next;
            (next, group.facts) = _readNext(tally, words, index);
            if (group.facts.price() != 0) _readLearners(words[index:next], group, consents);
            index = next;
        }
        if (consents.length != 0 && consents.length != group.order) {
            revert ConsentCountMismatch(consents.length, group.order);
        }
    }

    /// @dev Checks the consents to the orders of one group, if there are any, and debits the learners if they pay. Orders
    /// beyond the last consent are refused when all are counted.
    function _readLearners(uint256[] calldata words, Group memory group, Consent[] calldata consents) private {
        for (uint256 i; i < words.length; ++i) {
            for (uint256 place; place < BatchTree.ORDERS_PER_WORD; ++place) {
                uint32 learner = BatchTree.learnerAt(words[i], place);
                if (learner == 0) continue;
                Account account = AccountLib.ofLearner(group.platform, learner);
                if (group.order < consents.length) {
                    address key = _keys[account];
                    if (key != address(0)) account = AccountLib.ofAddress(key);
                    else key = REGISTRY.keyOf(learner);
                    _useConsent(consents[group.order], group, BatchTree.contentOf(words[i]), learner, key);
                }
                ++group.order;
                if (group.facts.has(FactsLib.FROM_LEARNER)) _debit(account, group.facts.price());
            }
        }
    }

    function _useConsent(
        Consent calldata consent,
        Group memory group,
        uint32 content,
        uint32 learner,
        address key
    ) private {
        uint256 price = group.facts.price();
        if (price > consent.maxPrice) revert ISettlement.PriceAboveMaximum(price, consent.maxPrice);
        _requireBefore(consent.deadline);
        bytes32 hash = keccak256(
            abi.encode(
                CONSENT_TYPEHASH,
                content,
                group.platform,
                learner,
                address(uint160(group.heading)),
                group.heading >> START_SHIFT,
                group.facts.has(FactsLib.FROM_LEARNER),
                consent.maxPrice,
                consent.deadline,
                consent.nonce
            )
        );
        _requireSignature(key, _hashTypedDataV4(hash), consent.signature);
        _useNonce(key, consent.nonce);
    }

    // Learner balances

    /// @inheritdoc ISettlementDesk
    function topUp(uint32[] calldata learners, uint256[] calldata amounts) external {
        _openWindows();
        (uint32 platform, , uint32 highest) = REGISTRY.activeOperator(msg.sender);
        _requireSameLength(learners.length, amounts.length);
        uint256 total;
        for (uint256 i; i < learners.length; ++i) {
            (uint32 learner, uint256 amount) = (learners[i], amounts[i]);
            if (learner == 0 || learner > highest) revert BatchTree.UnknownLearner(learner, highest);
            if (amount == 0) revert ISettlement.ZeroAmount();
            total += amount;
            _credit(_destination(AccountLib.ofLearner(platform, learner)), amount);
            emit ToppedUp(platform, learner, amount);
        }
        _topUpLimits[platform] = _topUpLimits[platform].use(total, block.timestamp);
        _debit(AccountLib.ofPlatform(platform), total);
    }

    /// @inheritdoc ISettlementDesk
    function setTopUpLimit(uint32 platform, uint64 perDay) external {
        _requireCaller(REGISTRY.platformOf(platform).owner);
        uint256 from;
        (_topUpLimits[platform], from) = _topUpLimits[platform].set(perDay, block.timestamp);
        emit TopUpLimitChanged(platform, perDay, uint40(from));
    }

    /// @inheritdoc ISettlementDesk
    function payOut(uint32 platform, uint32[] calldata learners, uint256[] calldata amounts) external {
        _requireOperatorOf(platform);
        _requireSameLength(learners.length, amounts.length);
        uint256 total;
        for (uint256 i; i < learners.length; ++i) {
            if (amounts[i] == 0) revert ISettlement.ZeroAmount();
            _debit(AccountLib.ofLearner(platform, learners[i]), amounts[i]);
            total += amounts[i];
            emit PaidOut(platform, learners[i], amounts[i]);
        }
        _credit(AccountLib.ofPlatform(platform), total);
    }

    /// @inheritdoc ISettlementDesk
    function offerAccount(uint32 platform, uint32 learner, address key) external {
        Account account = AccountLib.ofLearner(platform, learner);
        if (!account.isValid()) revert ISettlement.InvalidAccount(account);
        address current = _keys[account];
        if (current == address(0)) _requireOperatorOf(platform);
        else _requireCaller(current);
        uint40 from = uint40(block.timestamp + OFFER_SECONDS);
        _offers[account] = Offer(key, from);
        emit AccountOffered(account, key, from);
    }

    /// @inheritdoc ISettlementDesk
    function takeOver(uint32 platform, uint32 learner) external {
        Account account = AccountLib.ofLearner(platform, learner);
        Offer memory offer = _offers[account];
        _requireCaller(offer.key);
        if (block.timestamp < offer.from) revert ISettlementCourt.TooEarly(block.timestamp, offer.from);
        delete _offers[account];
        _keys[account] = msg.sender;
        uint256 amount = uint256(_available[account]);
        _debit(account, amount);
        _credit(AccountLib.ofAddress(msg.sender), amount);
        emit AccountTakenOver(account, msg.sender, amount);
    }

    // Views

    /// @inheritdoc ISettlementDesk
    function paused() external view returns (bool) {
        return _windows >= PAUSED_BIT;
    }

    /// @inheritdoc ISettlementDesk
    function windowOf(uint8 class) external view returns (uint32) {
        uint256 window = class < CLASSES ? _windowIn(_windows, class) : 0;
        if (window == 0) revert ISettlement.UnknownClass(class);
        return uint32(window);
    }

    /// @inheritdoc ISettlementDesk
    function holdOf(uint32 content, uint16 version) external view returns (Hold) {
        return version == 0 ? Hold.wrap(0) : _slotOf(content, version).sale.hold();
    }

    /// @inheritdoc ISettlementDesk
    function commissionOf(Account account, uint8 class) external view returns (Hold) {
        return _commissions[_commissionKey(account, class)];
    }

    /// @inheritdoc ISettlementDesk
    function priceOn(uint32 content, uint32 day) external view returns (uint64 price, bool active) {
        Sale sale = _known(content);
        return (uint64(_priceOn(content, sale, day)), sale.isActive());
    }

    /// @inheritdoc ISettlementDesk
    function planVersionOf(uint32 content) external view returns (uint16) {
        return uint16(_plans[content].versionIn(_epochIn(_windows, _known(content).class())));
    }

    /// @inheritdoc ISettlementDesk
    function batchOrderIdOf(BatchOrder calldata order) external pure returns (uint256) {
        return _batchOrderId(order);
    }

    /// @inheritdoc ISettlementDesk
    function spentOf(uint32 platform, uint32 lane, uint64 number, uint256 group) external view returns (uint256) {
        return _spent[_batchKey(platform, lane, number)][group];
    }

    /// @inheritdoc ISettlementDesk
    function topUpLimitOf(uint32 platform) external view returns (uint64 perDay, uint64 left) {
        TopUpLimit limit = _topUpLimits[platform];
        return (uint64(limit.perDay(block.timestamp)), uint64(limit.left(block.timestamp)));
    }

    /// @inheritdoc ISettlementDesk
    function keysOf(Account account) external view returns (address key, address offered, uint40 from) {
        Offer memory offer = _offers[account];
        return (_keys[account], offer.key, offer.from);
    }

    /// @inheritdoc ISettlementDesk
    function cartHashOf(Source source, Order[] calldata orders) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](orders.length);
        for (uint256 i; i < orders.length; ++i) hashes[i] = _structHash(orders[i]);
        bytes32 hash = keccak256(abi.encodePacked(hashes));
        return _hashTypedDataV4(keccak256(abi.encode(CART_TYPEHASH, source, hash)));
    }

    // Checks

    function _networkOwner() private view returns (address) {
        return REGISTRY.platformOf(0).owner;
    }

    function _requirePrice(uint256 price) private pure {
        if (price == 0 || price > SaleLib.MAXIMUM_PRICE) revert PriceOutOfRange(price, SaleLib.MAXIMUM_PRICE);
    }

    function _requireSameLength(uint256 first, uint256 second) private pure {
        if (first != second) revert LengthMismatch(first, second);
    }
}
