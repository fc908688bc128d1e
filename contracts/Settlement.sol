// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {Platform} from "./interfaces/IPlatformRegistry.sol";
import {BatchOrder, ISettlement, Order, Withdrawal} from "./interfaces/ISettlement.sol";
import {Account, AccountLib} from "./libraries/Account.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {Hold} from "./libraries/Hold.sol";
import {Sale} from "./libraries/Sale.sol";
import {Ledger} from "./settlement/Ledger.sol";
import {Orders} from "./settlement/Orders.sol";
import {SettlementDesk} from "./SettlementDesk.sol";

/// @title Settlement
/// @notice The money of the network: the verbs of every day. What each does is said in `ISettlement`.
/// @dev Everything else is the desk's code, run on this contract's storage; the desk never changes.
contract Settlement is ISettlement, Orders {
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address owner,address to,uint256 amount,uint64 deadline,uint64 nonce)"
    );

    /// @notice The code of the rarer verbs.
    SettlementDesk public immutable DESK;

    /// @notice Makes a settlement without classes, for one token for good.
    /// @param desk The rarer verbs, made for the same token, registry and licence contract, which become this contract's.
    constructor(SettlementDesk desk) Ledger(IERC20Metadata(address(desk.TOKEN())), desk.REGISTRY(), desk.LICENSE()) {
        DESK = desk;
    }

    /// @notice Runs the desk's code for a verb of `ISettlementDesk`; reverts for anything else.
    fallback(bytes calldata call) external returns (bytes memory) {
        return Address.functionDelegateCall(address(DESK), call);
    }

    // Money in and out

    /// @inheritdoc ISettlement
    function deposit(Account account, uint256 amount) external nonReentrant {
        if (!account.isValid() || account.isAddress(address(this))) revert InvalidAccount(account);
        if (amount == 0) revert ZeroAmount();
        if (amount % TOKENS_PER_UNIT != 0) revert NotWholeUnits(amount, TOKENS_PER_UNIT);
        uint256 units = amount / TOKENS_PER_UNIT;
        if (account.isLearner()) account = _destination(account);
        _credit(account, units);
        emit Deposited(account, msg.sender, units);
        _collect(msg.sender, units);
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

    /// @inheritdoc ISettlement
    function withdrawSigned(Withdrawal calldata withdrawal) external nonReentrant {
        _requireBefore(withdrawal.deadline);
        address owner = withdrawal.owner;
        bytes32 hash = keccak256(
            abi.encode(
                WITHDRAWAL_TYPEHASH,
                owner,
                withdrawal.to,
                withdrawal.amount,
                withdrawal.deadline,
                withdrawal.nonce
            )
        );
        _requireSignature(owner, _hashTypedDataV4(hash), withdrawal.signature);
        _useNonce(owner, withdrawal.nonce);
        _withdraw(AccountLib.ofAddress(owner), withdrawal.amount, withdrawal.to);
    }

    /// @inheritdoc ISettlement
    function withdrawMany(Withdrawal[] calldata withdrawals) external {
        for (uint256 i; i < withdrawals.length; ++i) {
            uint256 gas_ = gasleft() / (withdrawals.length - i);
            // solhint-disable-next-line no-empty-blocks
            try ISettlement(address(this)).withdrawSigned{gas: gas_}(withdrawals[i]) {} catch {
                emit WithdrawalFailed(withdrawals[i].owner, withdrawals[i].nonce);
            }
        }
    }

    // Orders

    /// @inheritdoc ISettlement
    function buy(Order calldata order) external nonReentrant returns (bytes32 orderId) {
        _requireCaller(order.buyer);
        Facts facts;
        (orderId, facts) = _place(order, FactsLib.PAID);
        emit OrderPlaced(orderId, order.content, order, facts, facts.price());
        _collect(order.buyer, facts.price());
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
        _collectAuthorized(order.buyer, order.maxPrice, order.deadline, orderId, v, r, s);
    }

    /// @inheritdoc ISettlement
    function settle(
        uint64 number,
        uint32 saleDay,
        uint256 maxDebit,
        uint256[] calldata words
    ) external returns (bytes32 root) {
        (uint32 platform, uint32 lane, uint32 learners) = _openBatch(number);
        Tally memory tally = _newTally(saleDay, learners, words.length, 0);
        for (uint256 index; index < words.length;) {
            (index, ) = _readNext(tally, words, index);
        }
        root = _closeBatch(platform, lane, number, maxDebit, tally);
        _debit(AccountLib.ofPlatform(platform), tally.debit);
    }

    // After the sale

    /// @inheritdoc ISettlement
    function refund(Order calldata order) external nonReentrant {
        Sold memory sold = _sold(order);
        _requireRefunder(sold);
        (uint256 amount, bool toAccount) = _refund(sold);
        emit OrderRefunded(bytes32(sold.id), sold.content, amount, toAccount);
    }

    /// @inheritdoc ISettlement
    function refundBatch(BatchOrder calldata order) external nonReentrant {
        Sold memory sold = _sold(order);
        _requireRefunder(sold);
        (uint256 amount, ) = _refund(sold);
        emit BatchOrderRefunded(sold.id, sold.content, amount);
    }

    /// @inheritdoc ISettlement
    function release(uint32[] calldata contents) external {
        uint256 windows = _windows;
        Dues memory dues;
        for (uint256 i; i < contents.length; ++i) {
            uint32 content = contents[i];
            Sale sale = _known(content);
            uint256 epoch = _epochIn(windows, sale.class());
            if (!sale.isReplanned()) {
                _release(content, FIRST_VERSION, epoch, dues);
                continue;
            }
            (uint256 before, uint256 version) = _plans[content].versions();
            _release(content, before, epoch, dues);
            _release(content, version, epoch, dues);
        }
        _payDues(dues);
    }

    /// @inheritdoc ISettlement
    function releaseVersion(uint32 content, uint16 version) external {
        Dues memory dues;
        uint256 epoch = _epochIn(_windows, _known(content).class());
        if (version != 0) _release(content, version, epoch, dues);
        _payDues(dues);
    }

    /// @inheritdoc ISettlement
    function releaseCommissions(Account[] calldata accounts, uint8 class) external {
        uint256 windows = _windows;
        if (class >= CLASSES || _windowIn(windows, class) == 0) revert UnknownClass(class);
        uint256 epoch = _epochIn(windows, class);
        for (uint256 i; i < accounts.length; ++i) {
            if (!accounts[i].isValid()) revert InvalidAccount(accounts[i]);
            uint256 key = _commissionKey(accounts[i], class);
            (Hold hold, uint256 amount) = _commissions[key].drain(epoch);
            if (amount == 0) continue;
            _commissions[key] = hold;
            _credit(accounts[i], amount);
            emit CommissionReleased(accounts[i], class, amount);
        }
    }

    // Views

    /// @inheritdoc ISettlement
    function availableOf(Account account) external view returns (int256) {
        return _available[account];
    }

    /// @inheritdoc ISettlement
    function factsOf(uint256 orderId) external view returns (Facts) {
        return _orders[orderId];
    }

    /// @inheritdoc ISettlement
    function inspectBatch(BatchOrder calldata order) external view returns (bool proven, Facts facts) {
        uint256 orderId = _batchOrderId(order);
        (bytes32 root, bytes32 expected) = _rootsOf(order, orderId);
        proven = root != bytes32(0) && root == expected && BatchTree.learnerAt(order.word, order.place) != 0;
        facts = _presentFacts(orderId, order.facts);
    }

    /// @inheritdoc ISettlement
    function noncesOf(address signer, uint256 word) external view returns (uint256) {
        return _nonces[signer][word];
    }

    /// @inheritdoc ISettlement
    function orderIdOf(Order calldata order) external view returns (bytes32) {
        return _hashTypedDataV4(_structHash(order));
    }

    /// @inheritdoc ISettlement
    function nextBatch(uint32 platform, uint32 lane) external view returns (uint64) {
        return _nextBatch(platform, lane);
    }

    /// @inheritdoc ISettlement
    function rootOf(uint32 platform, uint32 lane, uint64 number) external view returns (bytes32) {
        return _roots[_batchKey(platform, lane, number)];
    }
}
