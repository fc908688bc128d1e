// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IContentLicense, Plan} from "./interfaces/IContentLicense.sol";
import {IPlatformRegistry, Operator, Platform} from "./interfaces/IPlatformRegistry.sol";
import {BatchOrder, ISettlement, Order} from "./interfaces/ISettlement.sol";
import {Account, AccountLib} from "./libraries/Account.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {Hold} from "./libraries/Hold.sol";
import {PriceSchedule, PriceScheduleLib} from "./libraries/PriceSchedule.sol";
import {Sale, SaleLib} from "./libraries/Sale.sol";
import {SplitMath} from "./libraries/SplitMath.sol";

/// @title Settlement
/// @notice The money of the network. What each function does is said in `ISettlement`.
contract Settlement is ISettlement, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What one batch adds up to while its words are read.
    struct Tally {
        uint256 epochs;
        uint256 saleDay;
        uint256 debit;
        uint256 orders;
        address referrer;
        uint256[8] commissions;
        BatchTree.Leaves leaves;
    }

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,uint64 maxPrice,uint64 deadline,bytes32 salt)"
    );
    uint256 private constant MAXIMUM_LEDGER_DECIMALS = 6;
    uint256 private constant CLASSES = 8;
    uint256 private constant FIRST_VERSION = 1;
    uint256 private constant WINDOW_MINIMUM = 1 hours;
    uint256 private constant WINDOW_MAXIMUM = 366 days;

    /// @notice The settlement token.
    IERC20 public immutable TOKEN;

    /// @notice Who the platforms and learners are.
    IPlatformRegistry public immutable REGISTRY;

    /// @notice What can be bought.
    IContentLicense public immutable LICENSE;

    /// @notice How many of the token's smallest units make one ledger unit.
    uint256 public immutable TOKENS_PER_UNIT;

    /// @dev The windows of the classes in seconds, 32 bits each, class 0 lowest; 0 where there is no class yet.
    uint256 private _windows;

    mapping(Account account => int256) private _available;
    mapping(uint32 content => Sale) private _sales;
    mapping(uint32 content => PriceSchedule) private _prices;
    mapping(Account account => mapping(uint256 class => Hold)) private _commissions;
    mapping(bytes32 orderId => Facts) private _orders;

    /// @dev From platform and lane to the lane's last batch number.
    mapping(uint256 lane => uint64) private _lastBatch;
    mapping(uint256 batch => bytes32) private _roots;
    mapping(uint256 batch => mapping(uint256 positions => uint256)) private _spent;

    modifier onlyLicense() {
        _requireCaller(address(LICENSE));
        _;
    }

    /// @notice Makes a settlement without classes, for one token for good.
    /// @param token The settlement token.
    /// @param registry Who the platforms and learners are.
    /// @param license What can be bought.
    constructor(IERC20Metadata token, IPlatformRegistry registry, IContentLicense license) EIP712("zhifu", "1") {
        uint256 decimals = token.decimals();
        TOKEN = token;
        REGISTRY = registry;
        LICENSE = license;
        TOKENS_PER_UNIT = decimals > MAXIMUM_LEDGER_DECIMALS ? 10 ** (decimals - MAXIMUM_LEDGER_DECIMALS) : 1;
    }

    /// @inheritdoc ISettlement
    function addWindow(uint32 windowSeconds) external returns (uint8 class) {
        _requireCaller(REGISTRY.platformOf(0).owner);
        while (class < CLASSES && _window(_windows, class) != 0) ++class;
        if (windowSeconds < WINDOW_MINIMUM || windowSeconds > WINDOW_MAXIMUM || class == CLASSES) {
            revert WindowOutOfRange(windowSeconds, class);
        }
        _windows |= uint256(windowSeconds) << (32 * uint256(class));
        emit WindowAdded(class, windowSeconds);
    }

    // Money in and out

    /// @inheritdoc ISettlement
    function deposit(Account account, uint256 amount) external nonReentrant {
        if (!account.isValid() || account.isAddress(address(this))) revert InvalidAccount(account);
        if (amount == 0) revert ZeroAmount();
        if (amount % TOKENS_PER_UNIT != 0) revert NotWholeUnits(amount, TOKENS_PER_UNIT);
        uint256 units = amount / TOKENS_PER_UNIT;
        _credit(account, units);
        emit Deposited(account, msg.sender, units);
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        _requireReceived(before, amount);
    }

    /// @inheritdoc ISettlement
    function withdraw(uint256 amount, address to) external nonReentrant {
        _withdraw(AccountLib.ofAddress(msg.sender), amount, to);
    }

    /// @inheritdoc ISettlement
    function withdrawPlatform(uint32 platform, uint256 amount) external nonReentrant {
        Platform memory terms = REGISTRY.platformOf(platform);
        if (msg.sender != terms.owner) _requireOperatorOf(platform);
        _withdraw(AccountLib.ofPlatform(platform), amount, terms.treasury);
    }

    // Direct orders

    /// @inheritdoc ISettlement
    function buy(Order calldata order) external nonReentrant returns (bytes32 orderId) {
        _requireCaller(order.buyer);
        Facts facts;
        (orderId, facts) = _place(order, FactsLib.PAID);
        emit OrderPlaced(orderId, order.content, order, facts, facts.price());
        uint256 amount = facts.price() * TOKENS_PER_UNIT;
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(order.buyer, address(this), amount);
        _requireReceived(before, amount);
    }

    /// @inheritdoc ISettlement
    function buyFromBalance(Order calldata order) external nonReentrant returns (bytes32 orderId) {
        _requireCaller(order.buyer);
        Facts facts;
        (orderId, facts) = _place(order, FactsLib.PAID | FactsLib.FROM_ACCOUNT);
        _debit(AccountLib.ofAddress(order.buyer), facts.price());
        emit OrderPlaced(orderId, order.content, order, facts, 0);
    }

    /// @inheritdoc ISettlement
    function buyWithAuthorization(
        Order calldata order,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (bytes32 orderId) {
        Facts facts;
        (orderId, facts) = _place(order, FactsLib.PAID);
        uint256 excess = order.maxPrice - facts.price();
        if (excess != 0) _credit(AccountLib.ofAddress(order.buyer), excess);
        emit OrderPlaced(orderId, order.content, order, facts, order.maxPrice);
        uint256 amount = order.maxPrice * TOKENS_PER_UNIT;
        uint256 before = TOKEN.balanceOf(address(this));
        IERC3009(address(TOKEN)).receiveWithAuthorization(
            order.buyer,
            address(this),
            amount,
            0,
            order.deadline,
            orderId,
            v,
            r,
            s
        );
        _requireReceived(before, amount);
    }

    // Batches

    /// @inheritdoc ISettlement
    function settle(
        uint64 number,
        uint32 saleDay,
        uint256 maxDebit,
        uint256[] calldata words
    ) external returns (bytes32 root) {
        // An account with delegated code can call in the middle of a transaction and still be its origin.
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotTopLevel(msg.sender);
        (uint32 platform, uint32 lane, uint32 learners) = REGISTRY.activeOperator(msg.sender);
        _nextBatch(platform, lane, number);
        Tally memory tally = _readBatch(saleDay, learners, words);
        if (tally.debit > maxDebit) revert DebitAboveMaximum(tally.debit, maxDebit);
        _debit(AccountLib.ofPlatform(platform), tally.debit);
        _addCommissions(AccountLib.ofPlatform(platform), tally);
        return _commit(platform, lane, number, tally);
    }

    // After the sale

    /// @inheritdoc ISettlement
    function refund(Order calldata order) external nonReentrant {
        _requireOperatorOf(order.seller);
        (bytes32 orderId, Facts facts) = _placed(order);
        if (facts.has(FactsLib.CLAIMED)) LICENSE.burn(uint256(orderId));
        _orders[orderId] = facts.withState(FactsLib.REFUNDED);
        _takeBack(order.content, order.seller, order.referrer, facts);
        bool toAccount =
            facts.has(FactsLib.FROM_ACCOUNT) || !TOKEN.trySafeTransfer(order.buyer, facts.price() * TOKENS_PER_UNIT);
        if (toAccount) _credit(AccountLib.ofAddress(order.buyer), facts.price());
        emit OrderRefunded(orderId, order.content, facts.price(), toAccount);
    }

    /// @inheritdoc ISettlement
    function refundBatch(BatchOrder calldata order) external nonReentrant {
        _requireOperatorOf(order.platform);
        uint256 orderId = batchOrderIdOf(order);
        if (_spend(order)) {
            if (LICENSE.holderOf(orderId) == address(0)) revert AlreadyRefunded(orderId);
            LICENSE.burn(orderId);
        }
        uint32 content = BatchTree.contentOf(order.word);
        _takeBack(content, order.platform, order.referrer, order.facts);
        _credit(AccountLib.ofPlatform(order.platform), order.facts.price());
        emit BatchOrderRefunded(orderId, content, order.facts.price());
    }

    /// @inheritdoc ISettlement
    function release(uint32[] calldata contents) external {
        uint256 windows = _windows;
        for (uint256 i; i < contents.length; ++i) {
            _release(contents[i], windows);
        }
    }

    /// @inheritdoc ISettlement
    function releaseCommission(Account account, uint8 class) external {
        Hold hold = _commissions[account][class];
        uint256 amount;
        (hold, amount) = hold.drain(_epoch(_windows, class));
        if (amount == 0) return;
        _commissions[account][class] = hold;
        _credit(account, amount);
        emit CommissionReleased(account, class, amount);
    }

    // For the licence contract

    /// @inheritdoc ISettlement
    function list(
        uint32 first,
        uint64[] calldata prices,
        uint16[] calldata commissionsBps,
        uint8[] calldata classes
    ) external onlyLicense {
        uint256 windows = _windows;
        for (uint256 i; i < prices.length; ++i) {
            _requirePrice(prices[i]);
            if (classes[i] >= CLASSES || _window(windows, classes[i]) == 0) revert UnknownClass(classes[i]);
            _sales[first + uint32(i)] = SaleLib.list(prices[i], commissionsBps[i], classes[i]);
        }
    }

    /// @inheritdoc ISettlement
    function setPrice(uint32 content, uint64 price) external onlyLicense {
        _requirePrice(price);
        Sale sale = _known(content);
        uint256 today = _today();
        _prices[content] = PriceScheduleLib.schedule(
            _priceOn(content, sale, today - 1),
            _priceOn(content, sale, today),
            price,
            today
        );
        _sales[content] = sale.withRepriced();
        emit PriceChanged(content, price, uint32(today + 1));
    }

    /// @inheritdoc ISettlement
    function setActive(uint32 content, bool active) external onlyLicense {
        _sales[content] = _known(content).withActive(active);
        emit ContentActiveChanged(content, active);
    }

    /// @inheritdoc ISettlement
    function markClaimed(Order calldata order) external onlyLicense returns (uint256 orderId, uint64 unlocksAt) {
        (bytes32 id, Facts facts) = _placed(order);
        _orders[id] = facts.withState(FactsLib.CLAIMED);
        emit OrderClaimed(uint256(id));
        return (uint256(id), _maturesAt(facts));
    }

    /// @inheritdoc ISettlement
    function markBatchClaimed(
        BatchOrder calldata order
    ) external onlyLicense returns (uint256 orderId, uint64 unlocksAt) {
        orderId = batchOrderIdOf(order);
        // A licence that was claimed before is told apart by the licence contract, which holds its token.
        if (_spend(order) && LICENSE.holderOf(orderId) == address(0)) revert AlreadyRefunded(orderId);
        emit OrderClaimed(orderId);
        return (orderId, _maturesAt(order.facts));
    }

    // Views

    /// @inheritdoc ISettlement
    function availableOf(Account account) external view returns (int256) {
        return _available[account];
    }

    /// @inheritdoc ISettlement
    function holdOf(uint32 content) external view returns (Hold) {
        return _sales[content].hold();
    }

    /// @inheritdoc ISettlement
    function commissionOf(Account account, uint8 class) external view returns (Hold) {
        return _commissions[account][class];
    }

    /// @inheritdoc ISettlement
    function priceOn(uint32 content, uint32 day) external view returns (uint64 price, bool active) {
        Sale sale = _known(content);
        return (uint64(_priceOn(content, sale, day)), sale.isActive());
    }

    /// @inheritdoc ISettlement
    function nextBatch(uint32 platform, uint32 lane) external view returns (uint64) {
        return _lastBatch[_laneKey(platform, lane)] + 1;
    }

    /// @inheritdoc ISettlement
    function rootOf(uint32 platform, uint32 lane, uint64 number) external view returns (bytes32) {
        return _roots[_batchKey(platform, lane, number)];
    }

    /// @inheritdoc ISettlement
    function factsOf(bytes32 orderId) external view returns (Facts) {
        return _orders[orderId];
    }

    /// @inheritdoc ISettlement
    function inspectBatch(BatchOrder calldata order) external view returns (bool proven, bool spent) {
        (bytes32 root, bytes32 expected) = _rootsOf(order);
        proven = root != bytes32(0) && root == expected && BatchTree.learnerAt(order.word, order.place) != 0;
        (uint256 batch, uint256 position) = _positionOf(order);
        spent = (_spent[batch][position >> 8] >> (position & 0xff)) & 1 != 0;
    }

    /// @inheritdoc ISettlement
    function spentOf(uint32 platform, uint32 lane, uint64 number, uint256 group) external view returns (uint256) {
        return _spent[_batchKey(platform, lane, number)][group];
    }

    /// @inheritdoc ISettlement
    function windowOf(uint8 class) external view returns (uint32) {
        uint256 window = class < CLASSES ? _window(_windows, class) : 0;
        if (window == 0) revert UnknownClass(class);
        return uint32(window);
    }

    /// @inheritdoc ISettlement
    function orderIdOf(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }

    /// @inheritdoc ISettlement
    function batchOrderIdOf(BatchOrder calldata order) public pure returns (uint256) {
        (uint256 batch, uint256 position) = _positionOf(order);
        return (batch << 32) | position;
    }

    // Reading a batch

    function _readBatch(
        uint256 saleDay,
        uint256 learners,
        uint256[] calldata words
    ) private returns (Tally memory tally) {
        tally.saleDay = _requireSaleDay(saleDay);
        tally.epochs = _epochs();
        tally.leaves = BatchTree.Leaves(new bytes32[](words.length), 0, learners);
        uint256 length = words.length;
        uint256 index;
        while (index < length) {
            uint256 word = words[index];
            if (BatchTree.contentOf(word) == 0) {
                _readReferrer(tally, index, word);
                ++index;
            } else {
                index = _readGroup(tally, words, index, BatchTree.contentOf(word));
            }
        }
        if (tally.orders == 0 || tally.referrer != address(0)) revert EmptyBatch();
    }

    function _readReferrer(Tally memory tally, uint256 index, uint256 word) private pure {
        if (word == 0 || word > type(uint160).max || tally.referrer != address(0))
            revert BatchTree.MalformedWord(index, word);
        tally.referrer = address(uint160(word));
    }

    /// @notice Reads the words of one content from `index` on, and adds their revenue to the content's hold.
    /// @return next The index after the group.
    function _readGroup(
        Tally memory tally,
        uint256[] calldata words,
        uint256 index,
        uint32 content
    ) private returns (uint256 next) {
        Sale sale = _sales[content];
        Facts facts = _read(content, sale, tally.saleDay, _epochIn(tally.epochs, sale.class()), tally.referrer);
        uint256 count;
        (next, count) = BatchTree.hashGroup(words, index, facts, tally.referrer, tally.leaves);
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.parts();
        unchecked {
            // Fewer than 2^32 orders of less than 2^40 each.
            tally.orders += count;
            tally.debit += count * facts.price();
            tally.commissions[facts.class()] += count * sellerPart;
            _sales[content] = sale.withHold(sale.hold().add(count * revenue, facts.epoch()));
            if (tally.referrer != address(0)) {
                _addCommission(
                    AccountLib.ofAddress(tally.referrer),
                    facts.class(),
                    count * referrerPart,
                    facts.epoch()
                );
                tally.referrer = address(0);
            }
        }
    }

    function _addCommissions(Account seller, Tally memory tally) private {
        for (uint256 class; class < CLASSES; ++class) {
            uint256 amount = tally.commissions[class];
            if (amount != 0) _addCommission(seller, class, amount, _epochIn(tally.epochs, class));
        }
    }

    function _commit(uint32 platform, uint32 lane, uint64 number, Tally memory tally) private returns (bytes32 root) {
        uint256 leaves = tally.leaves.count;
        root = BatchTree.root(tally.leaves);
        _roots[_batchKey(platform, lane, number)] = root;
        emit BatchSettled(
            platform,
            lane,
            number,
            root,
            uint32(leaves),
            uint32(tally.orders),
            uint32(tally.saleDay),
            tally.debit
        );
    }

    function _nextBatch(uint32 platform, uint32 lane, uint64 number) private {
        uint256 key = _laneKey(platform, lane);
        uint64 expected = _lastBatch[key] + 1;
        if (number != expected) revert BatchNumberMismatch(number, expected);
        _lastBatch[key] = number;
    }

    // Orders and holds

    /// @dev What an order of `content` is made of now; reverts unless the content is for sale.
    function _read(
        uint32 content,
        Sale sale,
        uint256 day,
        uint256 epoch,
        address referrer
    ) private view returns (Facts) {
        if (!sale.isActive()) {
            if (!sale.exists()) revert UnknownContent(content);
            revert ContentInactive(content);
        }
        return
            FactsLib.pack(
                _priceOn(content, sale, day),
                sale.commissionBps(),
                referrer == address(0) ? 0 : LICENSE.referrerBpsOf(content),
                FIRST_VERSION,
                sale.class(),
                epoch
            );
    }

    /// @dev Records a direct order and captures its price into the holds; the caller takes the money.
    function _place(Order calldata order, uint256 state) private returns (bytes32 orderId, Facts facts) {
        if (block.timestamp >= order.deadline) revert DeadlinePassed(order.deadline, block.timestamp);
        if (order.receiver == address(0)) revert ZeroAddress();
        REGISTRY.requireActive(order.seller);
        orderId = orderIdOf(order);
        if (_orders[orderId].has(FactsLib.PAID)) revert OrderExists(orderId);
        Sale sale = _sales[order.content];
        uint256 epoch = _epoch(_windows, sale.class());
        facts = _read(order.content, sale, _today(), epoch, order.referrer).withState(state);
        if (facts.price() > order.maxPrice) revert PriceAboveMaximum(facts.price(), order.maxPrice);
        _orders[orderId] = facts;
        _capture(order, sale, facts);
    }

    function _capture(Order calldata order, Sale sale, Facts facts) private {
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.parts();
        _sales[order.content] = sale.withHold(sale.hold().add(revenue, facts.epoch()));
        if (sellerPart != 0) {
            _addCommission(AccountLib.ofPlatform(order.seller), facts.class(), sellerPart, facts.epoch());
        }
        if (referrerPart != 0) {
            _addCommission(AccountLib.ofAddress(order.referrer), facts.class(), referrerPart, facts.epoch());
        }
    }

    /// @dev Takes from each hold exactly what the order put in.
    function _takeBack(uint32 content, uint32 seller, address referrer, Facts facts) private {
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = facts.parts();
        uint256 current = _epoch(_windows, facts.class());
        Sale sale = _sales[content];
        _sales[content] = sale.withHold(sale.hold().take(revenue, facts.epoch(), current));
        if (sellerPart != 0) _takeCommission(AccountLib.ofPlatform(seller), sellerPart, facts, current);
        if (referrerPart != 0) _takeCommission(AccountLib.ofAddress(referrer), referrerPart, facts, current);
    }

    function _addCommission(Account account, uint256 class, uint256 amount, uint256 epoch) private {
        _commissions[account][class] = _commissions[account][class].add(amount, epoch);
    }

    function _takeCommission(Account account, uint256 amount, Facts facts, uint256 current) private {
        Hold hold = _commissions[account][facts.class()];
        _commissions[account][facts.class()] = hold.take(amount, facts.epoch(), current);
    }

    /// @dev Marks a proven batch order as refunded or claimed; tells whether it was before.
    function _spend(BatchOrder calldata order) private returns (bool before) {
        (bytes32 root, bytes32 expected) = _rootsOf(order);
        if (root == bytes32(0) || root != expected) revert InvalidProof(root, expected);
        if (BatchTree.learnerAt(order.word, order.place) == 0) revert EmptyPlace(order.place);
        (uint256 batch, uint256 position) = _positionOf(order);
        uint256 bit = 1 << (position & 0xff);
        uint256 spent = _spent[batch][position >> 8];
        before = spent & bit != 0;
        if (!before) _spent[batch][position >> 8] = spent | bit;
    }

    function _release(uint32 content, uint256 windows) private {
        Sale sale = _known(content);
        (Hold hold, uint256 amount) = sale.hold().drain(_epoch(windows, sale.class()));
        if (amount == 0) return;
        _sales[content] = sale.withHold(hold);
        (uint32 host, Plan memory plan) = LICENSE.planOf(content, uint16(FIRST_VERSION));
        _split(plan, host, amount);
        emit Released(content, uint16(FIRST_VERSION), amount);
    }

    /// @dev Credits every payee its share; the first creator gets what is left, and with it every remainder.
    function _split(Plan memory plan, uint32 host, uint256 amount) private {
        uint256 total = SplitMath.ONE_BPS - plan.sellerBps - plan.referrerBps;
        uint256 left = amount;
        for (uint256 i = 1; i < plan.creators.length; ++i) {
            left -= _creditShare(AccountLib.ofAddress(plan.creators[i].payee), amount, plan.creators[i].bps, total);
        }
        left -= _creditShare(AccountLib.ofPlatform(host), amount, plan.hostBps, total);
        left -= _creditShare(AccountLib.ofPlatform(0), amount, plan.networkBps, total);
        _credit(AccountLib.ofAddress(plan.creators[0].payee), left);
    }

    function _creditShare(
        Account account,
        uint256 amount,
        uint256 bps,
        uint256 totalBps
    ) private returns (uint256 part) {
        part = SplitMath.share(amount, bps, totalBps);
        if (part != 0) _credit(account, part);
    }

    // Accounts

    function _credit(Account account, uint256 amount) private {
        // Every amount is far below 2^255: holds are 56 bits, and deposits are covered by tokens.
        _available[account] += int256(amount);
    }

    function _debit(Account account, uint256 amount) private {
        int256 available = _available[account];
        // An amount beyond the signed range would pass for a negative one.
        if (int256(amount) < 0 || available < int256(amount)) revert InsufficientBalance(account, available, amount);
        _available[account] = available - int256(amount);
    }

    function _withdraw(Account account, uint256 amount, address to) private {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0) || to == address(this)) revert InvalidReceiver(to);
        _debit(account, amount);
        emit Withdrawn(account, to, amount);
        TOKEN.safeTransfer(to, amount * TOKENS_PER_UNIT);
    }

    // Checks and keys

    function _placed(Order calldata order) private view returns (bytes32 orderId, Facts facts) {
        orderId = orderIdOf(order);
        facts = _orders[orderId];
        if (!facts.has(FactsLib.PAID)) revert UnknownOrder(orderId);
        if (facts.has(FactsLib.REFUNDED)) revert AlreadyRefunded(uint256(orderId));
    }

    function _known(uint32 content) private view returns (Sale sale) {
        sale = _sales[content];
        if (!sale.exists()) revert UnknownContent(content);
    }

    function _priceOn(uint32 content, Sale sale, uint256 day) private view returns (uint256) {
        return sale.isRepriced() ? _prices[content].priceOn(day) : sale.price();
    }

    function _requireSaleDay(uint256 saleDay) private view returns (uint256) {
        uint256 today = _today();
        if (saleDay > today || saleDay + 1 < today) revert SaleDayOutOfRange(saleDay, today);
        return saleDay;
    }

    function _requireOperatorOf(uint32 platform) private view {
        Operator memory operator = REGISTRY.operatorOf(msg.sender);
        if (!operator.active || operator.platform != platform) revert NotOperatorOf(msg.sender, platform);
    }

    function _requireReceived(uint256 before, uint256 amount) private view {
        uint256 received = TOKEN.balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(received, amount);
    }

    function _requireCaller(address expected) private view {
        if (msg.sender != expected) revert WrongCaller(msg.sender, expected);
    }

    function _rootsOf(BatchOrder calldata order) private view returns (bytes32 root, bytes32 expected) {
        bytes32 leaf = BatchTree.leaf(order.word, order.facts, order.referrer);
        root = BatchTree.rootFrom(leaf, order.leaf, order.leaves, order.proof);
        expected = _roots[_batchKey(order.platform, order.lane, order.number)];
    }

    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _epoch(uint256 windows, uint256 class) private view returns (uint256) {
        uint256 window = _window(windows, class);
        if (window == 0) revert UnknownClass(uint8(class));
        return block.timestamp / window;
    }

    /// @dev The present epochs of all classes, 32 bits each, class 0 lowest; 0 where there is no class.
    function _epochs() private view returns (uint256 epochs) {
        uint256 windows = _windows;
        for (uint256 shift; windows >> shift != 0; shift += 32) {
            epochs |= (block.timestamp / uint32(windows >> shift)) << shift;
        }
    }

    function _maturesAt(Facts facts) private view returns (uint64) {
        return uint64((facts.epoch() + 2) * _window(_windows, facts.class()));
    }

    function _requirePrice(uint256 price) private pure {
        if (price == 0 || price > SaleLib.MAXIMUM_PRICE) revert PriceOutOfRange(price, SaleLib.MAXIMUM_PRICE);
    }

    function _epochIn(uint256 epochs, uint256 class) private pure returns (uint256) {
        return uint32(epochs >> (class << 5));
    }

    function _window(uint256 windows, uint256 class) private pure returns (uint256) {
        return uint32(windows >> (class << 5));
    }

    function _positionOf(BatchOrder calldata order) private pure returns (uint256 batch, uint256 position) {
        batch = _batchKey(order.platform, order.lane, order.number);
        position = uint256(order.leaf) * BatchTree.ORDERS_PER_WORD + order.place;
    }

    function _laneKey(uint32 platform, uint32 lane) private pure returns (uint256) {
        return (uint256(platform) << 32) | lane;
    }

    function _batchKey(uint32 platform, uint32 lane, uint64 number) private pure returns (uint256) {
        return (_laneKey(platform, lane) << 64) | number;
    }
}
