// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

import {IContentLicense, Plan, Publication, Share} from "./interfaces/IContentLicense.sol";
import {IPlatformRegistry, Platform} from "./interfaces/IPlatformRegistry.sol";
import {BatchOrder, ISettlement, Order} from "./interfaces/ISettlement.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Facts, FactsLib} from "./libraries/Facts.sol";
import {SplitMath} from "./libraries/SplitMath.sol";

/// @title ContentLicense
/// @notice What can be bought, and who may use it. What each function does is said in `IContentLicense`.
contract ContentLicense is IContentLicense, ERC1155 {
    /// @dev A plan without its creators after the first; one slot.
    struct PlanHeader {
        address firstPayee;
        uint16 firstBps;
        uint16 sellerBps;
        uint16 referrerBps;
        uint16 hostBps;
        uint16 networkBps;
        uint8 otherCreators;
    }

    /// @dev A claimed licence; one slot.
    struct Token {
        address holder;
        uint40 unlocksAt;
        uint32 content;
    }

    uint256 private constant CREATORS_MAXIMUM = 128;
    uint256 private constant REF_MAXIMUM_BYTES = 128;
    uint16 private constant FIRST_VERSION = 1;

    /// @notice Who the platforms and learners are.
    IPlatformRegistry public immutable REGISTRY;

    /// @notice Where the money is.
    ISettlement public immutable SETTLEMENT;

    /// @inheritdoc IContentLicense
    uint32 public contentCount;

    mapping(uint32 content => uint32) private _hosts;
    mapping(uint32 host => mapping(bytes32 refHash => uint32)) private _contents;
    mapping(uint32 content => mapping(uint16 version => PlanHeader)) private _plans;
    mapping(uint32 content => mapping(uint16 version => Share[])) private _otherCreators;
    mapping(uint256 orderId => Token) private _tokens;

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

    /// @inheritdoc IContentLicense
    function publish(Publication[] calldata publications) external returns (uint32 first) {
        (uint32 host, , ) = REGISTRY.activeOperator(msg.sender);
        Platform memory terms = REGISTRY.platformOf(host);
        uint256 count = publications.length;
        if (count == 0) revert EmptyPublication();
        uint64[] memory prices = new uint64[](count);
        uint16[] memory commissions = new uint16[](count);
        uint8[] memory classes = new uint8[](count);
        first = contentCount + 1;
        for (uint256 i; i < count; ++i) {
            Publication calldata publication = publications[i];
            _publish(first + uint32(i), host, publication, terms);
            prices[i] = publication.price;
            commissions[i] = publication.plan.sellerBps + publication.plan.referrerBps;
            classes[i] = publication.class;
        }
        contentCount += uint32(count);
        SETTLEMENT.list(first, prices, commissions, classes);
    }

    /// @inheritdoc IContentLicense
    function setPrice(uint32 content, uint64 price) external onlyHost(content) {
        SETTLEMENT.setPrice(content, price);
    }

    /// @inheritdoc IContentLicense
    function setActive(uint32 content, bool active) external onlyHost(content) {
        SETTLEMENT.setActive(content, active);
    }

    /// @inheritdoc IContentLicense
    function claim(Order calldata order) external {
        if (msg.sender != order.receiver) revert NotLicensee(msg.sender, order.receiver);
        (uint256 orderId, uint64 unlocksAt) = SETTLEMENT.markClaimed(order);
        _claim(orderId, order.content, unlocksAt);
    }

    /// @inheritdoc IContentLicense
    function claimBatch(BatchOrder calldata order) external {
        address key = REGISTRY.keyOf(BatchTree.learnerAt(order.word, order.place));
        if (msg.sender != key) revert NotLicensee(msg.sender, key);
        (uint256 orderId, uint64 unlocksAt) = SETTLEMENT.markBatchClaimed(order);
        _claim(orderId, BatchTree.contentOf(order.word), unlocksAt);
    }

    /// @inheritdoc IContentLicense
    function burn(uint256 orderId) external onlySettlement {
        _burn(_tokens[orderId].holder, orderId, 1);
    }

    /// @inheritdoc IContentLicense
    function verify(Order calldata order, address holder) external view returns (bool) {
        bytes32 orderId = SETTLEMENT.orderIdOf(order);
        Facts facts = SETTLEMENT.factsOf(orderId);
        if (!facts.has(FactsLib.PAID) || facts.has(FactsLib.REFUNDED) || _expired(facts)) return false;
        address claimed = _tokens[uint256(orderId)].holder;
        return holder == (claimed == address(0) ? order.receiver : claimed);
    }

    /// @inheritdoc IContentLicense
    function verifyBatch(BatchOrder calldata order, uint32 learner) external view returns (bool) {
        if (learner == 0 || BatchTree.learnerAt(order.word, order.place) != learner) return false;
        (bool proven, bool spent) = SETTLEMENT.inspectBatch(order);
        if (!proven || _expired(order.facts)) return false;
        if (!spent) return true;
        address holder = _tokens[SETTLEMENT.batchOrderIdOf(order)].holder;
        return holder != address(0) && holder == REGISTRY.keyOf(learner);
    }

    /// @inheritdoc IContentLicense
    function verifyToken(uint256 orderId, uint32 content, address holder) external view returns (bool) {
        Token memory token = _tokens[orderId];
        return holder != address(0) && token.holder == holder && token.content == content;
    }

    /// @inheritdoc IContentLicense
    function contentOf(uint32 host, string calldata ref) external view returns (uint32) {
        return _contents[host][keccak256(bytes(ref))];
    }

    /// @inheritdoc IContentLicense
    function planOf(uint32 content, uint16 version) external view returns (uint32 host, Plan memory plan) {
        host = hostOf(content);
        PlanHeader memory header = _plans[content][version];
        plan.sellerBps = header.sellerBps;
        plan.referrerBps = header.referrerBps;
        plan.hostBps = header.hostBps;
        plan.networkBps = header.networkBps;
        plan.creators = new Share[](uint256(header.otherCreators) + 1);
        plan.creators[0] = Share(header.firstPayee, header.firstBps);
        for (uint256 i; i < header.otherCreators; ++i) {
            plan.creators[i + 1] = _otherCreators[content][version][i];
        }
    }

    /// @inheritdoc IContentLicense
    function referrerBpsOf(uint32 content) external view returns (uint16) {
        return _plans[content][FIRST_VERSION].referrerBps;
    }

    /// @inheritdoc IContentLicense
    function holderOf(uint256 orderId) external view returns (address) {
        return _tokens[orderId].holder;
    }

    /// @inheritdoc IContentLicense
    function hostOf(uint32 content) public view returns (uint32 host) {
        host = _hosts[content];
        if (host == 0) revert UnknownContent(content);
    }

    /// @dev Every token has supply 1, so one holder per id says it all; a locked token is only made and burned.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        for (uint256 i; i < ids.length; ++i) {
            Token storage token = _tokens[ids[i]];
            if (from != address(0) && to != address(0) && block.timestamp < token.unlocksAt) {
                revert LicenseLocked(ids[i], token.unlocksAt);
            }
            if (values[i] != 0) token.holder = to;
        }
        super._update(from, to, ids, values);
    }

    function _claim(uint256 orderId, uint32 content, uint64 unlocksAt) private {
        address holder = _tokens[orderId].holder;
        if (holder != address(0)) revert AlreadyClaimed(orderId, holder);
        _tokens[orderId] = Token(address(0), uint40(unlocksAt), content);
        emit LicenseClaimed(orderId, content, msg.sender, unlocksAt);
        _mint(msg.sender, orderId, 1, "");
    }

    function _publish(uint32 content, uint32 host, Publication calldata publication, Platform memory terms) private {
        uint256 length = bytes(publication.ref).length;
        if (length == 0 || length > REF_MAXIMUM_BYTES) revert RefLengthOutOfRange(length, REF_MAXIMUM_BYTES);
        bytes32 refHash = keccak256(bytes(publication.ref));
        uint32 known = _contents[host][refHash];
        if (known != 0) revert ContentExists(known, publication.ref);
        _requireTerms(publication.plan, terms);
        _contents[host][refHash] = content;
        _hosts[content] = host;
        _storePlan(content, publication.plan);
        emit ContentPublished(content, host, publication.ref, publication.price, publication.class, publication.plan);
    }

    function _storePlan(uint32 content, Plan calldata plan) private {
        uint256 others = plan.creators.length - 1;
        _plans[content][FIRST_VERSION] = PlanHeader(
            plan.creators[0].payee,
            plan.creators[0].bps,
            plan.sellerBps,
            plan.referrerBps,
            plan.hostBps,
            plan.networkBps,
            uint8(others)
        );
        Share[] storage stored = _otherCreators[content][FIRST_VERSION];
        for (uint256 i = 1; i <= others; ++i) {
            stored.push(plan.creators[i]);
        }
    }

    function _expired(Facts facts) private view returns (bool) {
        uint256 expiresAt = facts.expiresAt();
        return expiresAt != 0 && block.timestamp >= expiresAt;
    }

    function _requireTerms(Plan calldata plan, Platform memory terms) private view {
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
        if (plan.networkBps < terms.networkBps) revert ShareBelowTerms(plan.networkBps, terms.networkBps);
        if (plan.hostBps < terms.hostBps) revert ShareBelowTerms(plan.hostBps, terms.hostBps);
    }
}
