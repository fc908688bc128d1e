// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IContentLicense} from "./interfaces/IContentLicense.sol";
import {IPlatformRegistry, Operator} from "./interfaces/IPlatformRegistry.sol";
import {BatchOrder, ISettlement, Order} from "./interfaces/ISettlement.sol";
import {Dispute, ISettlementCourt} from "./interfaces/ISettlementCourt.sol";
import {Account, AccountLib} from "./libraries/Account.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {Ledger} from "./settlement/Ledger.sol";
import {Orders} from "./settlement/Orders.sol";

/// @title SettlementCourt
/// @notice The verbs after the sale, but for the whole refund by the seller. What each does is said in `ISettlementCourt`.
/// @dev Settlement runs this code on its own storage, so `address(this)` is Settlement's.
contract SettlementCourt is ISettlementCourt, Orders {
    uint256 private constant DISPUTE_SECONDS = 14 days;
    uint256 private constant BOND_DIVISOR = 10;
    uint40 private constant REFUSED = type(uint40).max;

    /// @notice Makes the code for one settlement.
    /// @param token The settlement token.
    /// @param registry Who the platforms and learners are.
    /// @param license What can be bought.
    constructor(
        IERC20Metadata token,
        IPlatformRegistry registry,
        IContentLicense license
    ) Ledger(token, registry, license) {}

    // Claims

    /// @inheritdoc ISettlementCourt
    function markClaimed(Order calldata order) external returns (uint256, uint64, Facts) {
        _requireCaller(address(LICENSE));
        return _markClaimed(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function markBatchClaimed(BatchOrder calldata order) external returns (uint256, uint64, Facts) {
        _requireCaller(address(LICENSE));
        return _markClaimed(_sold(order));
    }

    function _markClaimed(Sold memory sold) private returns (uint256 orderId, uint64 unlocksAt, Facts facts) {
        unlocksAt = sold.facts.has(FactsLib.DISPUTED) ? type(uint40).max : uint64(_maturesAt(sold.facts));
        _keep(sold, sold.facts.withState(FactsLib.CLAIMED));
        emit OrderClaimed(sold.id);
        return (sold.id, unlocksAt, sold.facts);
    }

    // Part refunds

    /// @inheritdoc ISettlementCourt
    function refundPart(Order calldata order, uint256 amount) external nonReentrant {
        _refundPart(_sold(order), amount);
    }

    /// @inheritdoc ISettlementCourt
    function refundBatchPart(BatchOrder calldata order, uint256 amount) external nonReentrant {
        _refundPart(_sold(order), amount);
    }

    function _refundPart(Sold memory sold, uint256 amount) private {
        // Only who sets prices may lower one afterwards: a seller could otherwise sell licences for next to nothing.
        _requireOperatorOf(LICENSE.hostOf(sold.content));
        _requireHeld(sold);
        if (amount == 0) revert ISettlement.ZeroAmount();
        if (amount >= sold.facts.left()) revert RefundAboveLeft(amount, sold.facts.left());
        _takeBack(sold.content, sold.seller, sold.referrer, sold.facts, amount);
        _keep(sold, sold.facts.withRefund(amount));
        bool toAccount = _giveBack(sold, amount);
        emit OrderPartRefunded(sold.id, sold.content, amount, toAccount);
    }

    // Refund requests

    /// @inheritdoc ISettlementCourt
    function requestRefund(Order calldata order) external {
        _requireCaller(order.buyer);
        _request(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function requestBatchRefund(BatchOrder calldata order) external {
        _requireAccountKey(order);
        _request(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function refuseRefund(Order calldata order) external {
        _refuse(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function refuseBatchRefund(BatchOrder calldata order) external {
        _refuse(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function refundUnanswered(Order calldata order) external nonReentrant {
        _requireCaller(order.buyer);
        Sold memory sold = _sold(order);
        (uint256 amount, bool toAccount) = _refundUnanswered(sold);
        emit ISettlement.OrderRefunded(bytes32(sold.id), sold.content, amount, toAccount);
    }

    /// @inheritdoc ISettlementCourt
    function refundBatchUnanswered(BatchOrder calldata order) external nonReentrant {
        _requireAccountKey(order);
        Sold memory sold = _sold(order);
        (uint256 amount, ) = _refundUnanswered(sold);
        emit ISettlement.BatchOrderRefunded(sold.id, sold.content, amount);
    }

    function _request(Sold memory sold) private {
        _requireHeld(sold);
        if (_answerBy[sold.id] != 0) revert AlreadyRequested(sold.id);
        uint256 answerBy = block.timestamp + _windowIn(_windows, sold.facts.class()) / 2;
        uint256 maturesAt = _maturesAt(sold.facts);
        if (answerBy >= maturesAt) revert RequestTooLate(answerBy, maturesAt);
        _answerBy[sold.id] = uint40(answerBy);
        emit RefundRequested(sold.id, sold.content, uint40(answerBy));
    }

    function _refuse(Sold memory sold) private {
        _requireRefunder(sold);
        uint40 answerBy = _answerBy[sold.id];
        if (answerBy == 0 || answerBy == REFUSED) revert NotRequested(sold.id);
        if (block.timestamp >= answerBy) revert ISettlement.DeadlinePassed(answerBy, block.timestamp);
        _answerBy[sold.id] = REFUSED;
        emit RefundRefused(sold.id, sold.content);
    }

    function _refundUnanswered(Sold memory sold) private returns (uint256 amount, bool toAccount) {
        uint40 answerBy = _answerBy[sold.id];
        if (answerBy == 0 || answerBy == REFUSED) revert NotRequested(sold.id);
        if (block.timestamp < answerBy) revert TooEarly(block.timestamp, answerBy);
        return _refund(sold);
    }

    /// @dev An order paid from a learner's account that obeys the caller.
    function _requireAccountKey(BatchOrder calldata order) private view {
        if (!order.facts.has(FactsLib.FROM_LEARNER)) revert NotRequestable(_batchOrderId(order));
        uint32 learner = BatchTree.learnerAt(order.word, order.place);
        _requireCaller(_keys[AccountLib.ofLearner(order.platform, learner)]);
    }

    // Disputes

    /// @inheritdoc ISettlementCourt
    function openDispute(Order calldata order, bytes32 evidence) external {
        _open(_sold(order), msg.sender == order.buyer || msg.sender == order.receiver, false, evidence);
    }

    /// @inheritdoc ISettlementCourt
    function openBatchDispute(BatchOrder calldata order, bytes32 evidence) external {
        uint32 learner = BatchTree.learnerAt(order.word, order.place);
        Account account = AccountLib.ofLearner(order.platform, learner);
        bool isParty = msg.sender == REGISTRY.keyOf(learner) || msg.sender == _keys[account];
        _open(_sold(order), isParty, true, evidence);
    }

    /// @inheritdoc ISettlementCourt
    function resolveDispute(Order calldata order, bool toRefund, bytes32 evidence) external nonReentrant {
        _resolve(_sold(order), toRefund, evidence);
    }

    /// @inheritdoc ISettlementCourt
    function resolveBatchDispute(BatchOrder calldata order, bool toRefund, bytes32 evidence) external nonReentrant {
        _resolve(_sold(order), toRefund, evidence);
    }

    /// @inheritdoc ISettlementCourt
    function closeDispute(Order calldata order) external nonReentrant {
        _close(_sold(order));
    }

    /// @inheritdoc ISettlementCourt
    function closeBatchDispute(BatchOrder calldata order) external nonReentrant {
        _close(_sold(order));
    }

    function _open(Sold memory sold, bool isParty, bool sellerMay, bytes32 evidence) private {
        _requireHeld(sold);
        Account opener = isParty ? AccountLib.ofAddress(msg.sender) : _operatorsAccount(sold, sellerMay);
        uint256 amount = sold.facts.left();
        uint256 bond = (amount + BOND_DIVISOR - 1) / BOND_DIVISOR;
        _debit(opener, bond);
        _takeBack(sold.content, sold.seller, sold.referrer, sold.facts, amount);
        _keep(sold, sold.facts.withState(FactsLib.DISPUTED));
        uint40 deadline = uint40(block.timestamp + DISPUTE_SECONDS);
        _disputes[sold.id] = Dispute(opener, uint64(bond), deadline);
        if (sold.facts.has(FactsLib.CLAIMED)) LICENSE.setLock(sold.id, type(uint40).max);
        emit DisputeOpened(sold.id, sold.content, opener, amount, bond, deadline, evidence);
    }

    function _operatorsAccount(Sold memory sold, bool sellerMay) private view returns (Account) {
        Operator memory operator = REGISTRY.operatorOf(msg.sender);
        bool isSeller = sellerMay && operator.platform == sold.seller;
        bool isHost = operator.platform == LICENSE.hostOf(sold.content);
        if (!operator.active || !(isSeller || isHost)) revert NotParty(msg.sender);
        return AccountLib.ofPlatform(operator.platform);
    }

    function _resolve(Sold memory sold, bool toRefund, bytes32 evidence) private {
        _requireCaller(REGISTRY.arbiter());
        Dispute memory dispute = _disputeOf(sold);
        if (block.timestamp >= dispute.deadline) revert DisputeExpired(dispute.deadline, block.timestamp);
        if (toRefund) _refundDispute(sold, dispute, evidence);
        else _payDispute(sold, dispute, evidence);
    }

    function _close(Sold memory sold) private {
        Dispute memory dispute = _disputeOf(sold);
        if (block.timestamp < dispute.deadline) revert TooEarly(block.timestamp, dispute.deadline);
        _refundDispute(sold, dispute, bytes32(0));
    }

    function _refundDispute(Sold memory sold, Dispute memory dispute, bytes32 evidence) private {
        sold.facts = sold.facts.withoutState(FactsLib.DISPUTED);
        _credit(dispute.opener, dispute.bond);
        bool toAccount = _end(sold, sold.facts.left());
        emit DisputeResolved(sold.id, sold.content, true, toAccount, dispute.opener, evidence);
    }

    /// @dev Pays at once what releases would have paid, and the bond to the platform that was accused.
    function _payDispute(Sold memory sold, Dispute memory dispute, bytes32 evidence) private {
        (uint256 revenue, uint256 sellerPart, uint256 referrerPart) = sold.facts.partsOf(sold.facts.left());
        Dues memory dues;
        _split(sold.content, sold.facts.planVersion(), revenue, dues);
        _payDues(dues);
        if (sellerPart != 0) _credit(AccountLib.ofPlatform(sold.seller), sellerPart);
        if (referrerPart != 0) _credit(AccountLib.ofAddress(sold.referrer), referrerPart);
        Account bondTo = _accused(sold, dispute.opener);
        _credit(bondTo, dispute.bond);
        _keep(sold, sold.facts.withoutState(FactsLib.DISPUTED).withState(FactsLib.PAID_OUT));
        if (sold.facts.has(FactsLib.CLAIMED)) LICENSE.setLock(sold.id, 0);
        emit DisputeResolved(sold.id, sold.content, false, false, bondTo, evidence);
    }

    /// @dev The seller; the host, if there is none or it opened the dispute itself; the network, if that was the host too.
    function _accused(Sold memory sold, Account opener) private view returns (Account account) {
        account = AccountLib.ofPlatform(sold.seller);
        if (sold.seller != 0 && !_same(account, opener)) return account;
        account = AccountLib.ofPlatform(LICENSE.hostOf(sold.content));
        if (_same(account, opener)) return AccountLib.ofPlatform(0);
    }

    function _disputeOf(Sold memory sold) private returns (Dispute memory dispute) {
        if (!sold.facts.has(FactsLib.DISPUTED)) revert NotInDispute(sold.id);
        dispute = _disputes[sold.id];
        delete _disputes[sold.id];
    }

    // Views

    /// @inheritdoc ISettlementCourt
    function answerByOf(uint256 orderId) external view returns (uint40) {
        return _answerBy[orderId];
    }

    /// @inheritdoc ISettlementCourt
    function disputeOf(uint256 orderId) external view returns (Dispute memory) {
        return _disputes[orderId];
    }

    function _same(Account a, Account b) private pure returns (bool) {
        return Account.unwrap(a) == Account.unwrap(b);
    }
}
