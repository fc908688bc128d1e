// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";

import {CreatorShare} from "../libraries/CreatorShare.sol";
import {PlanHeader} from "../libraries/PlanHeader.sol";
import {IERC5192} from "./IERC5192.sol";
import {BatchOrder, Order} from "./ISettlement.sol";
import {PriceStep} from "./ISettlementDesk.sol";

/// @notice One payee of a plan and its share of the price, in basis points.
struct Share {
    address payee;
    uint16 bps;
}

/// @notice How a content's price is divided. All shares together make 10,000 basis points.
/// @param sellerBps For the platform that took the payment, rounded down per order.
/// @param referrerBps For the referrer, if the order names one; for the seller otherwise.
/// @param hostBps For the platform that delivers the content.
/// @param networkBps For the network.
/// @param creators For the creators, at least one; the first gets what rounding leaves at release.
struct Plan {
    uint16 sellerBps;
    uint16 referrerBps;
    uint16 hostBps;
    uint16 networkBps;
    Share[] creators;
}

/// @notice What the licences of a content are; fixed at publication.
/// @param durationSeconds How long a licence lasts, from one hour to 3,650 days; 0 for one that never ends.
/// @param renewable Whether an order may name a later start within one duration, as a subscription's renewal does. Only with a duration.
/// @param bound Whether a claimed licence stays with its first holder for good (ERC-5192).
/// @param royaltyBps What a resale owes the first creator of the plan in force (ERC-2981), at most 1,000 basis points.
struct Terms {
    uint32 durationSeconds;
    bool renewable;
    bool bound;
    uint16 royaltyBps;
}

/// @notice A content to be published.
/// @param ref The host's own name for it, unique on the host, at most 128 bytes.
/// @param price In ledger units, from 1 to 2^40 - 1.
/// @param class The refund-window class.
/// @param plan The split plan.
/// @param terms What its licences are.
struct Publication {
    string ref;
    uint64 price;
    uint8 class;
    Plan plan;
    Terms terms;
}

/// @title IContentLicense
/// @notice What can be bought, and the proof that it was: content with hosts, split plans and terms, and licences.
/// @dev A licence is an order. It is shown by its order id with the order's own data, and can be claimed as an ERC-1155
/// token of supply 1 whose id is the order id. A claimed token cannot move until its order's money has matured, nor while
/// the order is in dispute, nor ever if it is bound; a whole refund burns it.
///
/// The contract answers for ERC-1155, ERC-2981 and ERC-5192. Under ERC-5192, `Locked` is told when a token is claimed locked or
/// locked by a dispute. Time alone unlocks most tokens, and tells nobody: `locked` is always right, and `Unlocked` follows with
/// the first transfer after it, or at the claim of a token that can move at once.
/// `userOf` and `userExpires` have the shapes of ERC-4907, `expiresAt` and `isRenewable` those of ERC-5643; these standards'
/// interfaces are not claimed, because nobody can set a user or an end: an order grants both, and renewing is another order.
interface IContentLicense is IERC2981, IERC5192 {
    /// @notice A content can be bought from now on.
    event ContentPublished(
        uint32 indexed content,
        uint32 indexed host,
        string ref,
        uint64 price,
        uint8 class,
        Plan plan,
        Terms terms
    );
    /// @notice Money captured from `fromEpoch` of the content's class on is divided by another plan.
    event PlanChanged(uint32 indexed content, uint16 indexed version, uint32 fromEpoch, Plan plan);
    /// @notice A licence became a token of `holder` that can move from `unlocksAt` (Unix seconds; the highest value for never).
    event LicenseClaimed(uint256 indexed orderId, uint32 indexed content, address indexed holder, uint64 unlocksAt);

    /// @notice The shares of a plan do not make 10,000 basis points.
    error PlanDoesNotAddUp(uint256 totalBps, uint256 expectedBps);
    /// @notice A plan needs from 1 to `maximum` creators.
    error CreatorCountOutOfRange(uint256 count, uint256 maximum);
    /// @notice A creator's share is zero, or its address is, or is Settlement's.
    error EmptyShare(uint256 creator);
    /// @notice A share below what the registry asks of the host's plans.
    error ShareBelowTerms(uint16 bps, uint16 minimum);
    /// @notice A content has no plan of this version.
    error UnknownPlan(uint32 content, uint16 version);
    /// @notice A content had as many plans as can be numbered.
    error PlansExhausted(uint32 content);
    /// @notice A duration other than 0 is outside `minimum` to `maximum` seconds.
    error DurationOutOfRange(uint256 durationSeconds, uint256 minimum, uint256 maximum);
    /// @notice Only a licence that ends can be renewed.
    error NothingToRenew();
    /// @notice A royalty is above its cap, in basis points.
    error RoyaltyAboveCap(uint16 bps, uint16 cap);
    /// @notice A content reference is empty or too long.
    error RefLengthOutOfRange(uint256 length, uint256 maximum);
    /// @notice Nothing is published by an empty list.
    error EmptyPublication();
    /// @notice The host has published this reference already.
    error ContentExists(uint32 content, string ref);
    /// @notice No content has this number.
    error UnknownContent(uint32 content);
    /// @notice The caller is not an operator of the content's host.
    error NotHost(address caller, uint32 host);
    /// @notice Only Settlement may do this.
    error NotSettlement(address caller, address expected);
    /// @notice The licence is not the caller's to claim.
    error NotLicensee(address caller, address licensee);
    /// @notice The licence was claimed before.
    error AlreadyClaimed(uint256 orderId, address holder);
    /// @notice The token cannot move before this time (Unix seconds); never, if it is the highest one.
    error LicenseLocked(uint256 orderId, uint64 unlocksAt);
    /// @notice No licence was claimed as this token, or it was burned.
    error UnknownToken(uint256 orderId);

    /// @notice Publishes contents under the next numbers. Only an active operator; its platform becomes the host.
    /// @return first The number of the first; the others follow it.
    function publish(Publication[] calldata publications) external returns (uint32 first);

    /// @notice Sets a content's price from tomorrow (UTC) on, in ledger units. Only an active operator of the host.
    /// @dev The same as `setPrices` with one step.
    function setPrice(uint32 content, uint64 price) external;

    /// @notice Sets a content's price on later days, in place of all that was set for them. Only an active operator of the host.
    /// @param steps Prices in ledger units and the days (UTC, since the Unix epoch) they hold from, ascending, all after today.
    function setPrices(uint32 content, PriceStep[] calldata steps) external;

    /// @notice Gives a content another split plan for money captured from the class's next epoch on. Only an active operator of the host.
    /// @dev The plan is held against what the registry asks of the host now. Orders made before keep the plan they were made
    /// under. A plan set earlier in the same epoch is replaced and never divides anything; its version stays taken.
    /// @return version The plan's version; the first plan has version 1.
    function setPlan(uint32 content, Plan calldata plan) external returns (uint16 version);

    /// @notice Opens a content for sale or closes it; licences already sold are untouched. Only an active operator of the host.
    function setActive(uint32 content, bool active) external;

    /// @notice Whether `holder` may use the content of a direct order now.
    /// @dev True for the order's receiver, or for the token's holder once claimed, between the licence's start and its end, until
    /// a whole refund. A dispute changes nothing by itself.
    function verify(Order calldata order, address holder) external view returns (bool);

    /// @notice Whether `learner` may use the content of a batch order now.
    /// @dev True for the order's learner, or while the token is held by the learner's own key once claimed, between the
    /// licence's start and its end, until a whole refund. Whoever the token has gone to since shows it by `verifyToken`.
    function verifyBatch(BatchOrder calldata order, uint32 learner) external view returns (bool);

    /// @notice Whether `holder` may use `content` now by the claimed licence whose token it holds.
    function verifyToken(uint256 orderId, uint32 content, address holder) external view returns (bool);

    /// @notice Turns a direct order's licence into a token of its receiver, who alone may call.
    /// @dev A licence can be claimed before its start and after its end; the token then serves nobody outside that time.
    function claim(Order calldata order) external;

    /// @notice Turns a batch order's licence into a token of the learner's own key, which alone may call; otherwise as `claim`.
    function claimBatch(BatchOrder calldata order) external;

    /// @notice Ends a claimed licence at its refund. Only Settlement.
    function burn(uint256 orderId) external;

    /// @notice Keeps a claimed licence from moving before `unlocksAt` (Unix seconds; the highest value for until told otherwise), at
    /// the start and the end of a dispute. Only Settlement. A bound one stays locked for good.
    function setLock(uint256 orderId, uint64 unlocksAt) external;

    /// @notice The host of a content; reverts if there is none.
    function hostOf(uint32 content) external view returns (uint32);

    /// @notice The number of a host's content, or 0.
    function contentOf(uint32 host, string calldata ref) external view returns (uint32);

    /// @notice How many contents were published; their numbers are 1 to this.
    function contentCount() external view returns (uint32);

    /// @notice The host and split plan that a `version` of a content's money is divided by; reverts if there is none.
    function planOf(uint32 content, uint16 version) external view returns (uint32 host, Plan memory plan);

    /// @notice What `planOf` tells, as it is stored: the cheapest way to divide money by it. Reverts if there is none.
    /// @return header The plan with its first creator, and the host.
    /// @return others The creators after the first.
    function packedPlanOf(
        uint32 content,
        uint16 version
    ) external view returns (PlanHeader header, CreatorShare[] memory others);

    /// @notice What a named referrer gets of a content's price under a version of its plan, in basis points; reverts if there is none.
    function referrerBpsOf(uint32 content, uint16 version) external view returns (uint16);

    /// @notice The highest version of a content's plan so far; reverts for an unknown content.
    function planCount(uint32 content) external view returns (uint16);

    /// @notice What the licences of a content are; reverts for an unknown content.
    function termsOf(uint32 content) external view returns (Terms memory);

    /// @notice Whether a claimed licence cannot move now (ERC-5192); reverts for an unknown token.
    function locked(uint256 orderId) external view override returns (bool);

    /// @notice What a resale at `salePrice` owes, and to whom: the first creator of the plan in force (ERC-2981). Reverts for
    /// an unknown token.
    function royaltyInfo(
        uint256 orderId,
        uint256 salePrice
    ) external view override returns (address receiver, uint256 amount);

    /// @notice Who may use a claimed licence now: its holder between its start and its end, otherwise zero (as in ERC-4907).
    function userOf(uint256 orderId) external view returns (address);

    /// @notice When a claimed licence ends, in Unix seconds (as in ERC-4907); the highest uint64 for never, 0 for an unknown token.
    function userExpires(uint256 orderId) external view returns (uint256);

    /// @notice When a claimed licence ends, in Unix seconds (as in ERC-5643); 0 for never. Reverts for an unknown token.
    function expiresAt(uint256 orderId) external view returns (uint64);

    /// @notice Whether a claimed licence can be followed by one bought ahead for the time after it (as in ERC-5643). Reverts for
    /// an unknown token.
    function isRenewable(uint256 orderId) external view returns (bool);

    /// @notice Who holds a claimed licence, or zero.
    function holderOf(uint256 orderId) external view returns (address);
}
