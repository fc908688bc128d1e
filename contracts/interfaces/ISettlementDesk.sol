// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account} from "../libraries/Account.sol";
import {Hold} from "../libraries/Hold.sol";
import {BatchOrder, Order} from "./ISettlement.sol";

/// @notice What Settlement needs to know of a content to be sold.
/// @param price In ledger units, from 1 to 2^40 - 1.
/// @param commissionBps What seller and referrer get together, in basis points.
/// @param class The refund-window class.
/// @param dated Whether its licences end.
struct Listing {
    uint64 price;
    uint16 commissionBps;
    uint8 class;
    bool dated;
}

/// @notice A price in ledger units that holds from a day on (UTC, since the Unix epoch).
struct PriceStep {
    uint32 fromDay;
    uint64 price;
}

/// @notice Where the money of a cart comes from.
/// @dev `Tokens`: the buyer's, under allowance. `Balance`: the buyer's account. `Authorization`: the buyer's tokens by EIP-3009.
enum Source {
    Tokens,
    Balance,
    Authorization
}

/// @notice An EIP-2612 permit of the buyer for Settlement, in the token's own units; with `deadline` 0 there is none.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice How a cart is paid.
/// @param source Where the money comes from.
/// @param signature The buyer's, over the cart (ECDSA or ERC-1271), or for `Authorization` over the EIP-3009 message whose nonce is
/// the cart's hash. Empty if the buyer itself calls.
/// @param permit Shown to the token first; one that the token refuses is passed over, since anyone may have shown it before.
struct Payment {
    Source source;
    bytes signature;
    Permit permit;
}

/// @notice A learner's agreement to one order of a batch, signed by the learner's key (ECDSA or ERC-1271) as the EIP-712 type
/// `Consent(uint32 content,uint32 seller,uint32 learner,address referrer,uint64 startsAt,bool fromLearner,uint64 maxPrice,uint64 deadline,uint64 nonce)`.
/// @param maxPrice The highest price, in ledger units.
/// @param deadline It must be settled before this Unix second.
/// @param nonce Any number that the learner's key did not use before.
/// @param signature The signature.
struct Consent {
    uint64 maxPrice;
    uint64 deadline;
    uint64 nonce;
    bytes signature;
}

/// @title ISettlementDesk
/// @notice The rarer verbs of Settlement: listing, carts and signed orders, learner balances, pausing. They stand in a contract of their own that Settlement calls as its own code.
/// @dev To be called at Settlement's address. Called directly, the desk has no money and no orders. What happens to orders later
/// stands in `ISettlementCourt`, at the same address.
interface ISettlementDesk {
    /// @notice A refund-window class exists; its epochs are as long as its window.
    event WindowAdded(uint8 indexed class, uint32 windowSeconds);
    /// @notice A price holds from `fromDay` (days since the Unix epoch, UTC), in place of all that was set for that day and later.
    event PriceChanged(uint32 indexed content, uint64 price, uint32 fromDay);
    /// @notice A content was opened or closed for sale.
    event ContentActiveChanged(uint32 indexed content, bool active);
    /// @notice Selling was paused or goes on.
    event PausedChanged(bool paused, address indexed by);
    /// @notice A platform moved money from its account to a learner's.
    event ToppedUp(uint32 indexed platform, uint32 indexed learner, uint256 amount);
    /// @notice From `from` (Unix seconds) a platform may move at most `perDay` to its learners' accounts on one day (UTC).
    event TopUpLimitChanged(uint32 indexed platform, uint64 perDay, uint40 from);
    /// @notice A platform moved a learner's money to its own account, having paid it out.
    event PaidOut(uint32 indexed platform, uint32 indexed learner, uint256 amount);
    /// @notice A key may take a learner's account over from a time on (Unix seconds).
    event AccountOffered(Account indexed account, address indexed key, uint40 from);
    /// @notice A learner's account obeys this key alone from now on: what it held, and what comes in later, is on the key's own account.
    event AccountTakenOver(Account indexed account, address indexed key, uint256 amount);

    /// @notice A price is outside 1 to `maximum`.
    error PriceOutOfRange(uint256 price, uint256 maximum);
    /// @notice Price steps are on ascending days after today.
    error PriceDayOutOfRange(uint256 fromDay, uint256 earliest);
    /// @notice From one to `maximum` steps fit beside the prices of yesterday and today.
    error PriceStepCountOutOfRange(uint256 count, uint256 maximum);
    /// @notice A window is outside one hour to 366 days, or all classes are taken.
    error WindowOutOfRange(uint256 windowSeconds, uint256 classes);
    /// @notice Nothing is bought by an empty cart.
    error EmptyCart();
    /// @notice All orders of a cart have one buyer.
    error BuyerMismatch(address buyer, address expected);
    /// @notice A batch has as many consents as orders, or none.
    error ConsentCountMismatch(uint256 consents, uint256 orders);
    /// @notice Two lists that belong together differ in length.
    error LengthMismatch(uint256 first, uint256 second);

    // The network

    /// @notice Adds a refund-window class, for good. Only the network's owner. At most 8, each from an hour to 366 days.
    function addWindow(uint32 windowSeconds) external returns (uint8 class);

    /// @notice Stops buying, settling and topping up. Only the pauser or the network's owner. Refunds, releases, disputes, claims and withdrawals go on.
    function pause() external;

    /// @notice Lets selling go on. Only the network's owner.
    function unpause() external;

    // For the licence contract

    /// @notice Opens contents for sale under consecutive numbers. Only the licence contract.
    function list(uint32 first, Listing[] calldata listings) external;

    /// @notice Sets a content's price on later days, in place of all that was set for them. Only the licence contract.
    function setPrices(uint32 content, PriceStep[] calldata steps) external;

    /// @notice Captures a content's money under another version of its plan from the next epoch on. Only the licence contract.
    /// @return fromEpoch The first epoch of the version.
    function setPlan(uint32 content, uint16 version, uint16 commissionBps) external returns (uint32 fromEpoch);

    /// @notice Opens or closes a content for sale. Only the licence contract.
    function setActive(uint32 content, bool active) external;

    // Buying

    /// @notice Places several orders of one buyer with one payment. Each is held, refunded and divided alone. Anyone, with the
    /// buyer's signature; the buyer itself without.
    function buyCart(Order[] calldata orders, Payment calldata payment) external returns (bytes32[] memory orderIds);

    /// @notice Settles a batch as `settle` does, paid from the learners' accounts on the caller's platform or with the learners' consents, or both.
    /// @param fromLearners Whether each order is paid from its learner's account instead of the platform's.
    /// @param consents One for each order, in the order of their positions; or none. An account that its learner took over pays only with one.
    function settleLearners(
        uint64 number,
        uint32 saleDay,
        uint256 maxDebit,
        bool fromLearners,
        uint256[] calldata words,
        Consent[] calldata consents
    ) external returns (bytes32 root);

    // Learner balances

    /// @notice Moves money from a platform's account to those of its learners, against fiat it received. Only an active operator of it, and only up to
    /// its platform's limit of the day (UTC), which bounds what a stolen operator key can send away at once.
    function topUp(uint32[] calldata learners, uint256[] calldata amounts) external;

    /// @notice Sets how much a platform may move to its learners' accounts on one day (UTC), in ledger units; 0 to begin with. A rise holds two days
    /// later, a fall at once. Only the platform's owner.
    function setTopUpLimit(uint32 platform, uint64 perDay) external;

    /// @notice Moves money of learners to their platform's account, which paid it out in fiat. Only an operator of it, and only while it has custody.
    function payOut(uint32 platform, uint32[] calldata learners, uint256[] calldata amounts) external;

    /// @notice Names the key that may take a learner's account over two days later; zero for none. Only an operator of its platform; the key itself, once taken over.
    function offerAccount(uint32 platform, uint32 learner, address key) external;

    /// @notice Makes a learner's account the caller's: its money, and what comes in later, goes to the caller's own account. Only
    /// the key that it was offered to.
    function takeOver(uint32 platform, uint32 learner) external;

    // Views

    /// @notice Whether selling is paused.
    function paused() external view returns (bool);

    /// @notice The window of a class in seconds; reverts for an unknown class.
    function windowOf(uint8 class) external view returns (uint32);

    /// @notice A content's hold as stored, under one version of its plan; the first is version 1.
    function holdOf(uint32 content, uint16 version) external view returns (Hold);

    /// @notice A seller's or referrer's commission hold as stored.
    function commissionOf(Account account, uint8 class) external view returns (Hold);

    /// @notice A content's price on a day (UTC, since the Unix epoch), and whether it is for sale now.
    /// @dev Days before the eve of the last price change answer the price of that eve.
    function priceOn(uint32 content, uint32 day) external view returns (uint64 price, bool active);

    /// @notice The version of a content's plan that money captured now is divided by.
    function planVersionOf(uint32 content) external view returns (uint16);

    /// @notice The hash of a cart paid from `source`, of the EIP-712 type `Cart(uint8 source,Order[] orders)`: the nonce of its
    /// authorization, and what the buyer signs otherwise.
    function cartHashOf(Source source, Order[] calldata orders) external view returns (bytes32);

    /// @notice The id of a batch order: platform, lane, number and position, as 32, 32, 64 and 32 bits.
    function batchOrderIdOf(BatchOrder calldata order) external pure returns (uint256);

    /// @notice Which orders of a batch something happened to since: bit i is the order at position 256 · group + i. What it was stands in `factsOf`, or it
    /// was refunded whole.
    function spentOf(uint32 platform, uint32 lane, uint64 number, uint256 group) external view returns (uint256);

    /// @notice How much a platform may move to its learners' accounts today, and how much of it is left.
    function topUpLimitOf(uint32 platform) external view returns (uint64 perDay, uint64 left);

    /// @notice The key that a learner's account obeys, or zero while its platform has custody; and the key it is offered to, from a time on.
    function keysOf(Account account) external view returns (address key, address offered, uint40 from);
}
