// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IContentLicense, Plan, Publication, Share, Terms} from "./interfaces/IContentLicense.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IPlatformRegistry, Platform} from "./interfaces/IPlatformRegistry.sol";
import {BatchOrder, ISettlement, Order} from "./interfaces/ISettlement.sol";
import {ISettlementCourt} from "./interfaces/ISettlementCourt.sol";
import {ISettlementDesk, Listing, PriceStep} from "./interfaces/ISettlementDesk.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {CreatorShare, CreatorShareLib} from "./libraries/CreatorShare.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {PlanHeader, PlanHeaderLib} from "./libraries/PlanHeader.sol";
import {SplitMath} from "./libraries/SplitMath.sol";

/// @title ContentLicense
/// @notice What can be bought, and who may use it. What each function does is said in `IContentLicense`.
contract ContentLicense is IContentLicense, ERC1155 {
    /// @dev What a content is beyond its first plan; one slot, empty for a perpetual one without royalty under one plan.
    struct Extras {
        uint32 durationSeconds;
        bool renewable;
        bool bound;
        uint16 royaltyBps;
        uint16 laterPlans;
    }

    /// @dev A claimed licence; one slot. `unlocksAt` is 0 once the token was told to be unlocked, and `NEVER` until it is told
    /// otherwise; `ends` says that the token has a period.
    struct Token {
        address holder;
        uint40 unlocksAt;
        uint32 content;
        bool bound;
        bool ends;
    }

    /// @dev When a licence that ends can be used; one slot.
    struct Period {
        uint40 startsAt;
        uint40 expiresAt;
    }

    uint256 private constant CREATORS_MAXIMUM = 128;
    uint256 private constant REF_MAXIMUM_BYTES = 128;
    uint256 private constant DURATION_MINIMUM = 1 hours;
    uint256 private constant DURATION_MAXIMUM = 3_650 days;
    uint16 private constant ROYALTY_BPS_CAP = 1_000;
    uint16 private constant FIRST_VERSION = 1;
    uint40 private constant NEVER = type(uint40).max;

    /// @notice Who the platforms and learners are.
    IPlatformRegistry public immutable REGISTRY;

    /// @notice Where the money is.
    ISettlement public immutable SETTLEMENT;

    /// @inheritdoc IContentLicense
    uint32 public contentCount;

    mapping(uint32 host => mapping(bytes32 refHash => uint32)) private _contents;
    mapping(uint32 content => Extras) private _extras;

    /// @dev By content and version; then by the creator's place after the first, too.
    mapping(uint256 plan => PlanHeader) private _plans;
    mapping(uint256 place => CreatorShare) private _otherCreators;

    mapping(uint256 orderId => Token) private _tokens;
    mapping(uint256 orderId => Period) private _periods;

    modifier onlySettlement() {
        if (msg.sender != address(SETTLEMENT)) revert NotSettlement(msg.sender, address(SETTLEMENT));
        _;
    }

    modifier onlyHost(uint32 content) {
        uint32 host = hostOf(content);
        (uint32 platform, , ) = REGISTRY.activeOperator(msg.sender);
        if (platform != host) revert NotHost(msg.sender, host);
        _;
    }

    /// @notice Makes a licence contract without content.
    /// @param registry Who the platforms and learners are.
    /// @param settlement Where the money is; it may be deployed after this contract, at an address known before.
    constructor(IPlatformRegistry registry, ISettlement settlement) ERC1155("") {
        REGISTRY = registry;
        SETTLEMENT = settlement;
    }

    // Content

    /// @inheritdoc IContentLicense
    function publish(Publication[] calldata publications) external returns (uint32 first) {
        (uint32 host, , ) = REGISTRY.activeOperator(msg.sender);
        Platform memory asked = REGISTRY.platformOf(host);
        uint256 count = publications.length;
        if (count == 0) revert EmptyPublication();
        Listing[] memory listings = new Listing[](count);
        first = contentCount + 1;
        for (uint256 i; i < count; ++i) {
            Publication calldata publication = publications[i];
            _publish(first + uint32(i), host, publication, asked);
            listings[i] = Listing(
                publication.price,
                publication.plan.sellerBps + publication.plan.referrerBps,
                publication.class,
                publication.terms.durationSeconds != 0
            );
        }
        contentCount += uint32(count);
        _desk().list(first, listings);
    }

    /// @inheritdoc IContentLicense
    function setPrice(uint32 content, uint64 price) external onlyHost(content) {
        PriceStep[] memory steps = new PriceStep[](1);
        steps[0] = PriceStep(uint32(block.timestamp / 1 days) + 1, price);
        _desk().setPrices(content, steps);
    }

    /// @inheritdoc IContentLicense
    function setPrices(uint32 content, PriceStep[] calldata steps) external onlyHost(content) {
        _desk().setPrices(content, steps);
    }

    /// @inheritdoc IContentLicense
    function setPlan(uint32 content, Plan calldata plan) external onlyHost(content) returns (uint16 version) {
        uint32 host = hostOf(content);
        _requirePlan(plan, REGISTRY.platformOf(host));
        uint16 count = planCount(content);
        if (count == type(uint16).max) revert PlansExhausted(content);
        version = count + 1;
        _extras[content].laterPlans = count;
        _storePlan(content, version, host, plan);
        uint32 fromEpoch = _desk().setPlan(content, version, plan.sellerBps + plan.referrerBps);
        emit PlanChanged(content, version, fromEpoch, plan);
    }

    /// @inheritdoc IContentLicense
    function setActive(uint32 content, bool active) external onlyHost(content) {
        _desk().setActive(content, active);
    }

    // Licences

    /// @inheritdoc IContentLicense
    function claim(Order calldata order) external {
        if (msg.sender != order.receiver) revert NotLicensee(msg.sender, order.receiver);
        (uint256 orderId, uint64 unlocksAt, Facts facts) = _court().markClaimed(order);
        _claim(orderId, order.content, unlocksAt, facts);
    }

    /// @inheritdoc IContentLicense
    function claimBatch(BatchOrder calldata order) external {
        address key = REGISTRY.keyOf(BatchTree.learnerAt(order.word, order.place));
        if (msg.sender != key) revert NotLicensee(msg.sender, key);
        (uint256 orderId, uint64 unlocksAt, Facts facts) = _court().markBatchClaimed(order);
        _claim(orderId, BatchTree.contentOf(order.word), unlocksAt, facts);
    }

    /// @inheritdoc IContentLicense
    function burn(uint256 orderId) external onlySettlement {
        _burn(_held(orderId).holder, orderId, 1);
    }

    /// @inheritdoc IContentLicense
    function setLock(uint256 orderId, uint64 unlocksAt) external onlySettlement {
        Token memory token = _held(orderId);
        if (token.bound) return;
        uint40 lock = _lock(unlocksAt);
        _tokens[orderId].unlocksAt = lock;
        if ((lock == 0) != (token.unlocksAt == 0)) _tellLock(orderId, lock != 0);
    }

    // Views

    /// @inheritdoc IContentLicense
    function verify(Order calldata order, address holder) external view returns (bool) {
        uint256 orderId = uint256(SETTLEMENT.orderIdOf(order));
        Facts facts = SETTLEMENT.factsOf(orderId);
        if (!facts.has(FactsLib.PAID) || !_grants(facts)) return false;
        return holder == (facts.has(FactsLib.CLAIMED) ? _tokens[orderId].holder : order.receiver);
    }

    /// @inheritdoc IContentLicense
    function verifyBatch(BatchOrder calldata order, uint32 learner) external view returns (bool) {
        if (learner == 0 || BatchTree.learnerAt(order.word, order.place) != learner) return false;
        (bool proven, Facts facts) = SETTLEMENT.inspectBatch(order);
        if (!proven || !_grants(facts)) return false;
        if (!facts.has(FactsLib.CLAIMED)) return true;
        return _tokens[_desk().batchOrderIdOf(order)].holder == REGISTRY.keyOf(learner);
    }

    /// @inheritdoc IContentLicense
    function verifyToken(uint256 orderId, uint32 content, address holder) external view returns (bool) {
        Token memory token = _tokens[orderId];
        return holder != address(0) && token.holder == holder && token.content == content && _isCurrent(orderId, token);
    }

    /// @inheritdoc IContentLicense
    function contentOf(uint32 host, string calldata ref) external view returns (uint32) {
        return _contents[host][keccak256(bytes(ref))];
    }

    /// @inheritdoc IContentLicense
    function planOf(uint32 content, uint16 version) external view returns (uint32 host, Plan memory plan) {
        PlanHeader header = _header(content, version);
        uint256 others = header.otherCreators();
        host = header.host();
        plan.sellerBps = uint16(header.sellerBps());
        plan.referrerBps = uint16(header.referrerBps());
        plan.hostBps = uint16(header.hostBps());
        plan.networkBps = uint16(header.networkBps());
        plan.creators = new Share[](others + 1);
        uint256 left = header.releasedBps() - plan.hostBps - plan.networkBps;
        for (uint256 i = 1; i <= others; ++i) {
            CreatorShare creator = _otherCreators[_placeKey(content, version, i)];
            plan.creators[i] = Share(creator.payee(), uint16(creator.bps()));
            left -= creator.bps();
        }
        plan.creators[0] = Share(header.firstPayee(), uint16(left));
    }

    /// @inheritdoc IContentLicense
    function packedPlanOf(
        uint32 content,
        uint16 version
    ) external view returns (PlanHeader header, CreatorShare[] memory others) {
        header = _header(content, version);
        uint256 count = header.otherCreators();
        others = new CreatorShare[](count);
        for (uint256 i; i < count; ++i) {
            others[i] = _otherCreators[_placeKey(content, version, i + 1)];
        }
    }

    /// @inheritdoc IContentLicense
    function referrerBpsOf(uint32 content, uint16 version) external view returns (uint16) {
        return uint16(_header(content, version).referrerBps());
    }

    /// @inheritdoc IContentLicense
    function termsOf(uint32 content) external view returns (Terms memory) {
        hostOf(content);
        Extras memory extras = _extras[content];
        return Terms(extras.durationSeconds, extras.renewable, extras.bound, extras.royaltyBps);
    }

    /// @inheritdoc IContentLicense
    function locked(uint256 orderId) external view returns (bool) {
        return block.timestamp < _held(orderId).unlocksAt;
    }

    /// @inheritdoc IContentLicense
    function royaltyInfo(uint256 orderId, uint256 salePrice) external view returns (address receiver, uint256 amount) {
        uint32 content = _held(orderId).content;
        receiver = _header(content, _desk().planVersionOf(content)).firstPayee();
        amount = Math.mulDiv(salePrice, _extras[content].royaltyBps, SplitMath.ONE_BPS);
    }

    /// @inheritdoc IContentLicense
    function userOf(uint256 orderId) external view returns (address) {
        Token memory token = _tokens[orderId];
        return _isCurrent(orderId, token) ? token.holder : address(0);
    }

    /// @inheritdoc IContentLicense
    function userExpires(uint256 orderId) external view returns (uint256) {
        Token memory token = _tokens[orderId];
        if (token.holder == address(0)) return 0;
        return token.ends ? _periods[orderId].expiresAt : type(uint64).max;
    }

    /// @inheritdoc IContentLicense
    function expiresAt(uint256 orderId) external view returns (uint64) {
        return _held(orderId).ends ? _periods[orderId].expiresAt : 0;
    }

    /// @inheritdoc IContentLicense
    function isRenewable(uint256 orderId) external view returns (bool) {
        return _extras[_held(orderId).content].renewable;
    }

    /// @inheritdoc IContentLicense
    function holderOf(uint256 orderId) external view returns (address) {
        return _tokens[orderId].holder;
    }

    /// @inheritdoc IContentLicense
    function hostOf(uint32 content) public view returns (uint32 host) {
        host = _plans[_planKey(content, FIRST_VERSION)].host();
        if (host == 0) revert UnknownContent(content);
    }

    /// @inheritdoc IContentLicense
    function planCount(uint32 content) public view returns (uint16) {
        hostOf(content);
        return FIRST_VERSION + _extras[content].laterPlans;
    }

    /// @notice Whether the contract answers for an interface: ERC-165, ERC-1155, ERC-2981 or ERC-5192.
    function supportsInterface(bytes4 interfaceId) public view override(ERC1155, IERC165) returns (bool) {
        return
            interfaceId == type(IERC2981).interfaceId
            || interfaceId == type(IERC5192).interfaceId
            || super.supportsInterface(interfaceId);
    }

    // Tokens

    /// @dev Every token has supply 1, so one holder per id says it all. Moving none of a token changes nothing.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (ids.length != values.length) revert ERC1155InvalidArrayLength(ids.length, values.length);
        for (uint256 i; i < ids.length; ++i) {
            if (values[i] != 0) _move(ids[i], from, to);
        }
        super._update(from, to, ids, values);
    }

    function _move(uint256 orderId, address from, address to) private {
        Token memory token = _tokens[orderId];
        if (to == address(0)) {
            delete _tokens[orderId];
            if (token.ends) delete _periods[orderId];
            return;
        }
        if (from != address(0)) {
            if (block.timestamp < token.unlocksAt) revert LicenseLocked(orderId, _unlocksAt(token.unlocksAt));
            if (token.unlocksAt != 0) {
                token.unlocksAt = 0;
                _tellLock(orderId, false);
            }
        }
        token.holder = to;
        _tokens[orderId] = token;
    }

    function _claim(uint256 orderId, uint32 content, uint64 unlocksAt, Facts facts) private {
        address holder = _tokens[orderId].holder;
        if (holder != address(0)) revert AlreadyClaimed(orderId, holder);
        bool bound = _extras[content].bound;
        bool ends = facts.expiresAt() != 0;
        uint40 lock = bound ? NEVER : _lock(unlocksAt);
        _tokens[orderId] = Token(address(0), lock, content, bound, ends);
        if (ends) _periods[orderId] = Period(uint40(facts.startsAt()), uint40(facts.expiresAt()));
        emit LicenseClaimed(orderId, content, msg.sender, lock == 0 ? unlocksAt : _unlocksAt(lock));
        _tellLock(orderId, lock != 0);
        _mint(msg.sender, orderId, 1, "");
    }

    function _tellLock(uint256 orderId, bool isLocked) private {
        if (isLocked) emit Locked(orderId);
        else emit Unlocked(orderId);
    }

    // Publishing

    function _publish(uint32 content, uint32 host, Publication calldata publication, Platform memory asked) private {
        uint256 length = bytes(publication.ref).length;
        if (length == 0 || length > REF_MAXIMUM_BYTES) revert RefLengthOutOfRange(length, REF_MAXIMUM_BYTES);
        bytes32 refHash = keccak256(bytes(publication.ref));
        uint32 known = _contents[host][refHash];
        if (known != 0) revert ContentExists(known, publication.ref);
        Terms memory terms = publication.terms;
        _requireTerms(terms);
        _requirePlan(publication.plan, asked);
        _contents[host][refHash] = content;
        _storeTerms(content, terms);
        _storePlan(content, FIRST_VERSION, host, publication.plan);
        emit ContentPublished(
            content,
            host,
            publication.ref,
            publication.price,
            publication.class,
            publication.plan,
            terms
        );
    }

    function _storeTerms(uint32 content, Terms memory terms) private {
        if (terms.durationSeconds == 0 && !terms.bound && terms.royaltyBps == 0) return;
        _extras[content] = Extras(terms.durationSeconds, terms.renewable, terms.bound, terms.royaltyBps, 0);
    }

    function _storePlan(uint32 content, uint16 version, uint32 host, Plan calldata plan) private {
        uint256 others = plan.creators.length - 1;
        _plans[_planKey(content, version)] = PlanHeaderLib.pack(
            plan.creators[0].payee,
            plan.sellerBps,
            plan.referrerBps,
            plan.hostBps,
            plan.networkBps,
            others,
            host
        );
        for (uint256 i = 1; i <= others; ++i) {
            Share calldata creator = plan.creators[i];
            _otherCreators[_placeKey(content, version, i)] = CreatorShareLib.pack(creator.payee, creator.bps);
        }
    }

    // Checks and keys

    function _court() private view returns (ISettlementCourt) {
        return ISettlementCourt(address(SETTLEMENT));
    }

    function _desk() private view returns (ISettlementDesk) {
        return ISettlementDesk(address(SETTLEMENT));
    }

    function _header(uint32 content, uint16 version) private view returns (PlanHeader header) {
        header = _plans[_planKey(content, version)];
        if (!header.exists()) {
            hostOf(content);
            revert UnknownPlan(content, version);
        }
    }

    function _held(uint256 orderId) private view returns (Token memory token) {
        token = _tokens[orderId];
        if (token.holder == address(0)) revert UnknownToken(orderId);
    }

    function _grants(Facts facts) private view returns (bool) {
        return !facts.has(FactsLib.REFUNDED) && facts.isCurrent(block.timestamp);
    }

    function _isCurrent(uint256 orderId, Token memory token) private view returns (bool) {
        if (!token.ends) return true;
        Period memory period = _periods[orderId];
        return block.timestamp >= period.startsAt && block.timestamp < period.expiresAt;
    }

    function _requirePlan(Plan calldata plan, Platform memory asked) private view {
        uint256 count = plan.creators.length;
        if (count == 0 || count > CREATORS_MAXIMUM) revert CreatorCountOutOfRange(count, CREATORS_MAXIMUM);
        uint256 total = uint256(plan.sellerBps) + plan.referrerBps + plan.hostBps + plan.networkBps;
        for (uint256 i; i < count; ++i) {
            Share calldata creator = plan.creators[i];
            bool owned = creator.payee != address(0) && creator.payee != address(SETTLEMENT);
            if (creator.bps == 0 || !owned) revert EmptyShare(i);
            total += creator.bps;
        }
        if (total != SplitMath.ONE_BPS) revert PlanDoesNotAddUp(total, SplitMath.ONE_BPS);
        if (plan.networkBps < asked.networkBps) revert ShareBelowTerms(plan.networkBps, asked.networkBps);
        if (plan.hostBps < asked.hostBps) revert ShareBelowTerms(plan.hostBps, asked.hostBps);
    }

    /// @dev How a token stores its lock: 0 for one whose time has come.
    function _lock(uint64 unlocksAt) private view returns (uint40) {
        if (unlocksAt <= block.timestamp) return 0;
        return unlocksAt < NEVER ? uint40(unlocksAt) : NEVER;
    }

    function _requireTerms(Terms memory terms) private pure {
        uint256 duration = terms.durationSeconds;
        if (duration == 0) {
            if (terms.renewable) revert NothingToRenew();
        } else if (duration < DURATION_MINIMUM || duration > DURATION_MAXIMUM) {
            revert DurationOutOfRange(duration, DURATION_MINIMUM, DURATION_MAXIMUM);
        }
        if (terms.royaltyBps > ROYALTY_BPS_CAP) revert RoyaltyAboveCap(terms.royaltyBps, ROYALTY_BPS_CAP);
    }

    function _unlocksAt(uint40 lock) private pure returns (uint64) {
        return lock == NEVER ? type(uint64).max : lock;
    }

    function _planKey(uint32 content, uint16 version) private pure returns (uint256) {
        return (uint256(content) << 16) | version;
    }

    function _placeKey(uint32 content, uint16 version, uint256 place) private pure returns (uint256) {
        return (_planKey(content, version) << 8) | place;
    }
}
