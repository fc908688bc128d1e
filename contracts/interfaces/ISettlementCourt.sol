// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account} from "../libraries/Account.sol";
import {Facts} from "../libraries/Facts.sol";
import {BatchOrder, Order} from "./ISettlement.sol";

/// @notice A dispute that is not over.
/// @param opener Whose account gave the bond.
/// @param bond In ledger units.
/// @param deadline From this Unix second on, it is refunded by anyone.
struct Dispute {
    Account opener;
    uint64 bond;
    uint40 deadline;
}

/// @title ISettlementCourt
/// @notice What can happen to an order after the sale, beside the whole refund by its seller: part refunds, requested refunds and disputes.
/// @dev To be called at Settlement's address. Called directly, the court has no money and no orders.
interface ISettlementCourt {
    /// @notice A licence was claimed as a token: a whole refund must burn it from now on.
    event OrderClaimed(uint256 indexed orderId);
    /// @notice A part of a price was given back to where it came from: as tokens, or to the account.
    event OrderPartRefunded(uint256 indexed orderId, uint32 indexed content, uint256 amount, bool toAccount);
    /// @notice The buyer may refund the order alone from `answerBy` (Unix seconds) on, unless the seller answers before.
    event RefundRequested(uint256 indexed orderId, uint32 indexed content, uint40 answerBy);
    /// @notice The seller said no to a requested refund.
    event RefundRefused(uint256 indexed orderId, uint32 indexed content);
    /// @notice What was left of an order's price went from the holds into dispute, and the bond with it.
    event DisputeOpened(
        uint256 indexed orderId,
        uint32 indexed content,
        Account indexed opener,
        uint256 amount,
        uint256 bond,
        uint40 deadline,
        bytes32 evidence
    );
    /// @notice A dispute ended: the money went back to the payer, and the bond to the opener; or it was paid by the order's
    /// terms, and the bond went to `bondTo`.
    /// @param evidence The arbiter's; zero if nobody answered before the deadline.
    event DisputeResolved(
        uint256 indexed orderId,
        uint32 indexed content,
        bool refunded,
        bool toAccount,
        Account bondTo,
        bytes32 evidence
    );

    /// @notice More than is left of the order's price.
    error RefundAboveLeft(uint256 amount, uint256 left);
    /// @notice The order was not paid by somebody who could request its refund.
    error NotRequestable(uint256 orderId);
    /// @notice The refund was requested before, or refused.
    error AlreadyRequested(uint256 orderId);
    /// @notice No refund of the order waits for an answer.
    error NotRequested(uint256 orderId);
    /// @notice The seller's time to answer would end after the window; a dispute can still be opened.
    error RequestTooLate(uint256 answerBy, uint256 maturesAt);
    /// @notice It is not yet time.
    error TooEarly(uint256 timestamp, uint256 earliest);
    /// @notice The arbiter's time is over; anyone may refund.
    error DisputeExpired(uint256 deadline, uint256 timestamp);
    /// @notice The caller has no part in the order.
    error NotParty(address caller);
    /// @notice The order is not in dispute.
    error NotInDispute(uint256 orderId);

    // For the licence contract

    /// @notice Marks a direct order as claimed. Only the licence contract.
    /// @return orderId The token's id.
    /// @return unlocksAt When the order's money matures, in Unix seconds; the highest value while it is in dispute.
    /// @return facts The order's facts.
    function markClaimed(Order calldata order) external returns (uint256 orderId, uint64 unlocksAt, Facts facts);

    /// @notice Marks a batch order as claimed. Only the licence contract.
    /// @return orderId The token's id.
    /// @return unlocksAt When the order's money matures, in Unix seconds; the highest value while it is in dispute.
    /// @return facts The order's facts.
    function markBatchClaimed(
        BatchOrder calldata order
    ) external returns (uint256 orderId, uint64 unlocksAt, Facts facts);

    // After the sale

    /// @notice Refunds a part of a direct order's price within its window. Only an operator of the host, who sets the price.
    /// @param amount In ledger units, less than what is left; the licence goes on.
    function refundPart(Order calldata order, uint256 amount) external;

    /// @notice Refunds a part of a batch order's price within its window. Only an operator of the host, who sets the price.
    /// @param amount In ledger units, less than what is left; the licence goes on.
    function refundBatchPart(BatchOrder calldata order, uint256 amount) external;

    /// @notice Asks the seller for a refund: it has half a window to answer. Only the buyer, within the window less that time.
    function requestRefund(Order calldata order) external;

    /// @notice Asks the seller for the refund of an order paid from a learner's account. Only the key that took the account over.
    function requestBatchRefund(BatchOrder calldata order) external;

    /// @notice Says no to a requested refund. Only who may refund; the buyer can open a dispute.
    function refuseRefund(Order calldata order) external;

    /// @notice Says no to a requested refund. Only who may refund; the learner can open a dispute.
    function refuseBatchRefund(BatchOrder calldata order) external;

    /// @notice Refunds what is left of an order whose seller did not answer in time. Only the buyer.
    function refundUnanswered(Order calldata order) external;

    /// @notice Refunds what is left of a batch order whose seller did not answer in time. Only the key that took the learner's account over.
    function refundBatchUnanswered(BatchOrder calldata order) external;

    /// @notice Moves what is left of an order from the holds into dispute, within its window, with a tenth of it as a bond from the opener's account.
    /// Only the buyer, the receiver, or an operator of the host.
    /// @param evidence The hash of what the opener shows to the arbiter.
    function openDispute(Order calldata order, bytes32 evidence) external;

    /// @notice The same for a batch order. Only an operator of its seller or host, the learner's own key, or the key of the learner's account.
    function openBatchDispute(BatchOrder calldata order, bytes32 evidence) external;

    /// @notice Decides a dispute before its deadline: refund, or payment by the order's terms at once. Only the arbiter.
    /// @param evidence The hash of the reasons.
    function resolveDispute(Order calldata order, bool toRefund, bytes32 evidence) external;

    /// @notice The same for a batch order.
    function resolveBatchDispute(BatchOrder calldata order, bool toRefund, bytes32 evidence) external;

    /// @notice Refunds an order whose dispute nobody decided before its deadline. Anyone.
    function closeDispute(Order calldata order) external;

    /// @notice The same for a batch order.
    function closeBatchDispute(BatchOrder calldata order) external;

    /// @notice From when the buyer may refund a requested order alone (Unix seconds); 0 if not requested, the highest value if refused.
    function answerByOf(uint256 orderId) external view returns (uint40);

    /// @notice An order's open dispute; zero if there is none.
    function disputeOf(uint256 orderId) external view returns (Dispute memory);
}
