// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account} from "../libraries/Account.sol";
import {Facts} from "../libraries/Facts.sol";

/// @notice A direct order, as its buyer states it. Its EIP-712 hash is the order id.
/// @param content What is bought.
/// @param seller The platform that gets the commission; 0 for none: bought straight from the host, and all of the price is revenue.
/// @param buyer Who pays.
/// @param receiver Who gets the licence.
/// @param referrer Who gets the referrer's part of the commission; zero for none, and zero without a seller.
/// @param maxPrice The highest price the buyer agrees to, in ledger units.
/// @param startsAt When a renewable licence starts, in Unix seconds; 0 for at once.
/// @param deadline The order must be placed before this Unix second.
/// @param salt Makes two otherwise equal orders differ.
struct Order {
    uint32 content;
    uint32 seller;
    address buyer;
    address receiver;
    address referrer;
    uint64 maxPrice;
    uint64 startsAt;
    uint64 deadline;
    bytes32 salt;
}

/// @notice One order of a batch, with the proof that the batch contains it.
/// @param platform The seller.
/// @param lane The lane it settled in.
/// @param number The batch's number in that lane.
/// @param leaves How many leaves the batch has.
/// @param leaf Which leaf, from 0.
/// @param place Which learner of the leaf's word, from 0 to 6.
/// @param word The leaf's word: content and learners.
/// @param facts What the contract read for the word.
/// @param referrer The referrer the word's group named; zero for none.
/// @param proof The siblings from leaf to root.
struct BatchOrder {
    uint32 platform;
    uint32 lane;
    uint64 number;
    uint32 leaves;
    uint32 leaf;
    uint8 place;
    uint256 word;
    Facts facts;
    address referrer;
    bytes32[] proof;
}

/// @notice A withdrawal that its owner signed (ECDSA or ERC-1271) as the EIP-712 type
/// `Withdrawal(address owner,address to,uint256 amount,uint64 deadline,uint64 nonce)`.
/// @param owner Whose account.
/// @param to Where the tokens go.
/// @param amount In ledger units.
/// @param deadline It must be sent before this Unix second.
/// @param nonce Any number that the owner did not use before.
/// @param signature The signature.
struct Withdrawal {
    address owner;
    address to;
    uint256 amount;
    uint64 deadline;
    uint64 nonce;
    bytes signature;
}

/// @title ISettlement
/// @notice The money: accounts, orders, holds, refunds, releases and withdrawals of one settlement token.
/// @dev Trust: the token is fixed and must be a plain ERC-20 (no fee on transfer, no rebasing); the registry and the
/// licence contract are fixed. Amounts are in ledger units: the token's own, or its millionth if it has more than six decimals.
/// The token balance of this contract always covers every account, every hold and every dispute. What is not here stands in
/// `ISettlementDesk`, at the same address.
interface ISettlement {
    /// @notice Tokens came in for an account.
    event Deposited(Account indexed account, address indexed from, uint256 amount);
    /// @notice Tokens left from an account.
    event Withdrawn(Account indexed account, address indexed to, uint256 amount);
    /// @notice A withdrawal of a list was passed over: it was not valid, or its tokens could not be sent.
    /// @dev Says nothing of what the owner signed: anybody can list anything. `noncesOf` tells whether a nonce was used.
    event WithdrawalFailed(address indexed owner, uint64 indexed nonce);

    /// @notice A direct order was paid. What came in beyond the price is on the buyer's account.
    /// @param paid What was taken from the buyer's tokens, in ledger units; 0 if the price came from its account.
    event OrderPlaced(bytes32 indexed orderId, uint32 indexed content, Order order, Facts facts, uint256 paid);
    /// @notice A batch was settled; its orders stand in the calldata of this transaction.
    event BatchSettled(
        uint32 indexed platform,
        uint32 indexed lane,
        uint64 indexed number,
        bytes32 root,
        uint32 leaves,
        uint32 orders,
        uint32 saleDay,
        uint256 debit
    );
    /// @notice What was left of a direct order's price was refunded, as tokens or to the buyer's account, and its licence ended.
    event OrderRefunded(bytes32 indexed orderId, uint32 indexed content, uint256 amount, bool toAccount);
    /// @notice What was left of a batch order's price was refunded to the account it came from, and its licence ended.
    event BatchOrderRefunded(uint256 indexed orderId, uint32 indexed content, uint256 amount);
    /// @notice A content's matured revenue was divided by its plan.
    event Released(uint32 indexed content, uint16 planVersion, uint256 amount);
    /// @notice A seller's or referrer's matured commission was credited.
    event CommissionReleased(Account indexed account, uint8 indexed class, uint256 amount);

    /// @notice The caller is not who may do this.
    error WrongCaller(address caller, address expected);
    /// @notice The caller is not an operator of the platform.
    error NotOperatorOf(address caller, uint32 platform);
    /// @notice A batch must come straight from its operator's key, so that its calldata is the transaction's.
    error NotTopLevel(address caller);
    /// @notice The lane's next batch has another number.
    error BatchNumberMismatch(uint64 number, uint64 expected);
    /// @notice A batch names today or yesterday (days since the Unix epoch, UTC).
    error SaleDayOutOfRange(uint256 saleDay, uint256 today);
    /// @notice The batch would take more than it names.
    error DebitAboveMaximum(uint256 debit, uint256 maximum);
    /// @notice The batch has no order, or ends with a referrer for no group.
    error EmptyBatch();
    /// @notice No content has this number.
    error UnknownContent(uint32 content);
    /// @notice The content is not for sale.
    error ContentInactive(uint32 content);
    /// @notice Selling is paused.
    error Paused();
    /// @notice A start that the content's terms do not allow: only a renewable licence starts later, and at most one duration later.
    error StartOutOfRange(uint256 startsAt, uint256 latest);
    /// @notice Without a seller there is no commission that a referrer could get a part of.
    error ReferrerWithoutSeller(address referrer);
    /// @notice The account holds too little.
    error InsufficientBalance(Account account, int256 available, uint256 required);
    /// @notice The price is higher than the buyer agreed to.
    error PriceAboveMaximum(uint256 price, uint256 maximum);
    /// @notice The signature is not `signer`'s over this.
    error InvalidSignature(address signer);
    /// @notice The signer used this nonce before.
    error NonceUsed(address signer, uint64 nonce);
    /// @notice The order came at its deadline or after it.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @notice An order with this id was placed before.
    error OrderExists(bytes32 orderId);
    /// @notice No order has this id.
    error UnknownOrder(bytes32 orderId);
    /// @notice The order was refunded before.
    error AlreadyRefunded(uint256 orderId);
    /// @notice The order's money is in dispute.
    error InDispute(uint256 orderId);
    /// @notice A dispute paid the order's money out for good.
    error AlreadyPaidOut(uint256 orderId);
    /// @notice The proof does not lead to the batch's root.
    error InvalidProof(bytes32 root, bytes32 expected);
    /// @notice No learner stands at this place of the word.
    error EmptyPlace(uint256 place);
    /// @notice An amount that must not be zero is.
    error ZeroAmount();
    /// @notice An address that must not be zero is.
    error ZeroAddress();
    /// @notice Tokens sent there would belong to nobody.
    error InvalidReceiver(address to);
    /// @notice An account key that nothing can own, or Settlement's own.
    error InvalidAccount(Account account);
    /// @notice The token moved another amount than was asked.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The token's amount is no whole number of ledger units.
    error NotWholeUnits(uint256 amount, uint256 unit);
    /// @notice No such refund-window class.
    error UnknownClass(uint8 class);

    /// @notice Takes `amount` of tokens (in the token's own units, whole ledger units) from the caller for any account.
    function deposit(Account account, uint256 amount) external;

    /// @notice Sends `amount` (ledger units) of the caller's own account to `to`.
    function withdraw(uint256 amount, address to) external;

    /// @notice Sends `amount` (ledger units) of a platform's account to its treasury. Only its owner or one of its operators, in every status.
    function withdrawPlatform(uint32 platform, uint256 amount) external;

    /// @notice Sends a signed withdrawal. Anyone.
    function withdrawSigned(Withdrawal calldata withdrawal) external;

    /// @notice Sends several signed withdrawals, each with an even share of the gas; those that fail are passed over. Anyone.
    function withdrawMany(Withdrawal[] calldata withdrawals) external;

    /// @notice Places a direct order paid by the caller's tokens under allowance; the caller is the buyer.
    function buy(Order calldata order) external returns (bytes32 orderId);

    /// @notice Places a direct order paid from the caller's own account; the caller is the buyer.
    function buyFromBalance(Order calldata order) external returns (bytes32 orderId);

    /// @notice Places a direct order paid by EIP-3009 `receiveWithAuthorization` of `order.maxPrice`, valid from 0 to
    /// `order.deadline`, whose nonce is the order id. Anyone may send it. What exceeds the price stays on the buyer's account.
    function buyWithAuthorization(
        Order calldata order,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 orderId);

    /// @notice Settles many fiat orders: debits the caller's platform once and commits to the orders.
    /// @dev Only an active operator's key, as the top call of a transaction. A word whose content number is 0 speaks for the
    /// group that follows: in its low 20 bytes the referrer, zero for none; above it in 5 bytes the start of renewable
    /// licences, 0 for at once. Consecutive words with the same content are one group.
    /// @param number The lane's next batch number, from 1.
    /// @param saleDay The day (UTC, since the Unix epoch) whose prices apply: today or yesterday.
    /// @param maxDebit The most that may be debited, in ledger units.
    /// @param words The orders, as `BatchTree` lays them out.
    /// @return root What the batch commits to.
    function settle(
        uint64 number,
        uint32 saleDay,
        uint256 maxDebit,
        uint256[] calldata words
    ) external returns (bytes32 root);

    /// @notice Refunds what is left of a direct order within its window, to where its price came from. Only an operator of the
    /// seller; of the host, if there is no seller.
    /// @dev Tokens that the buyer's address will not take are credited to the buyer's account instead.
    function refund(Order calldata order) external;

    /// @notice Refunds what is left of a batch order within its window to the account that was debited. Only an operator of the seller.
    function refundBatch(BatchOrder calldata order) external;

    /// @notice Divides the matured revenue of contents by the latest plan of each and the one before it. Anyone; contents with none are passed over.
    function release(uint32[] calldata contents) external;

    /// @notice Divides the matured revenue of one version of a content's plan. Anyone; nothing happens if there is none.
    function releaseVersion(uint32 content, uint16 version) external;

    /// @notice Credits the matured commission of sellers or referrers in one class. Anyone; accounts with none are passed over.
    function releaseCommissions(Account[] calldata accounts, uint8 class) external;

    /// @notice What an account can spend or withdraw, in ledger units.
    function availableOf(Account account) external view returns (int256);

    /// @notice What was read when an order was placed, and what became of it. Zero for a batch order to which nothing happened but a whole refund.
    function factsOf(uint256 orderId) external view returns (Facts);

    /// @notice Whether the order is in the batch it names, and its facts with their present state.
    function inspectBatch(BatchOrder calldata order) external view returns (bool proven, Facts facts);

    /// @notice Which nonces a signer used: bit i of word w is nonce 256 · w + i.
    function noncesOf(address signer, uint256 word) external view returns (uint256);

    /// @notice The id of a direct order: its EIP-712 hash in this contract's domain.
    function orderIdOf(Order calldata order) external view returns (bytes32);

    /// @notice The number of the next batch of a lane.
    function nextBatch(uint32 platform, uint32 lane) external view returns (uint64);

    /// @notice A settled batch's root, or zero.
    function rootOf(uint32 platform, uint32 lane, uint64 number) external view returns (bytes32);
}
