// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {
    Changes,
    IPlatformRegistry,
    Operator,
    Platform,
    PlatformStatus,
    Role,
    Successor
} from "./interfaces/IPlatformRegistry.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {DelayedBps, DelayedBpsLib} from "./libraries/DelayedBps.sol";

/// @title PlatformRegistry
/// @notice Who is in the network. What each function does is said in `IPlatformRegistry`.
contract PlatformRegistry is IPlatformRegistry, Ownable2Step {
    using Checkpoints for Checkpoints.Trace224;

    /// @dev A platform with what was announced for it. Its terms take two slots, and a third once its treasury changes.
    // solhint-disable-next-line gas-struct-packing
    struct Member {
        address owner;
        PlatformStatus status;
        DelayedBps networkBps;
        address treasury;
        DelayedBps hostBps;
        bool hasNextTreasury;
        Successor nextTreasury;
        Successor nextOwner;
    }

    /// @dev How many learners a platform registered on its last day of registering (UTC, since the Unix epoch).
    struct Registrations {
        uint32 day;
        uint32 count;
    }

    /// @inheritdoc IPlatformRegistry
    uint40 public constant DELAY = 2 days;

    uint16 private constant NETWORK_BPS_CAP = 1_000;
    uint16 private constant HOST_BPS_CAP = 5_000;
    uint32 private constant LEARNERS_PER_DAY = 1 << 20;
    uint32 private constant HIGHEST_LEARNER = uint32(BatchTree.HIGHEST_LEARNER);
    uint32 private constant NETWORK = 0;

    /// @inheritdoc IPlatformRegistry
    uint32 public platformCount;

    /// @inheritdoc IPlatformRegistry
    uint32 public learnerCount;

    mapping(Role role => address) private _holders;
    mapping(Role role => Successor) private _nominees;
    mapping(uint32 platform => Member) private _members;
    mapping(uint32 platform => uint32) private _lanes;
    mapping(uint32 platform => mapping(address key => bool)) private _named;
    mapping(address key => Operator) private _operators;
    mapping(uint32 platform => Registrations) private _registrations;
    mapping(uint32 learner => address) private _keys;
    mapping(uint32 learner => mapping(uint32 platform => bytes32)) private _bindings;

    /// @dev The time from which the network's next owner may accept.
    uint40 private _ownerFrom;

    /// @dev From a range's first learner to the platform that registered it.
    Checkpoints.Trace224 private _homes;

    modifier onlyPlatformOwner(uint32 platform) {
        _requireCaller(_known(platform).owner);
        _;
    }

    /// @notice Makes a registry without platforms.
    /// @param networkOwner Admits platforms and sets the network's fees.
    /// @param networkTreasury Where the network's withdrawals go.
    constructor(address networkOwner, address networkTreasury) Ownable(networkOwner) {
        if (networkTreasury == address(0)) revert ZeroAddress();
        _members[NETWORK].treasury = networkTreasury;
        emit TreasuryChanged(NETWORK, networkTreasury, uint40(block.timestamp));
    }

    /// @inheritdoc IPlatformRegistry
    function nominate(Role role, address account) external onlyOwner {
        Successor memory nominee = _successor(account, role == Role.Arbiter ? DELAY : 0);
        _nominees[role] = nominee;
        emit RoleNominated(role, account, nominee.from);
    }

    /// @inheritdoc IPlatformRegistry
    function acceptRole(Role role) external {
        _requireSuccessor(_nominees[role]);
        delete _nominees[role];
        _holders[role] = msg.sender;
        emit RoleAccepted(role, msg.sender);
    }

    /// @inheritdoc IPlatformRegistry
    function dismiss(Role role) external onlyOwner {
        emit RoleDismissed(role, _holders[role]);
        delete _holders[role];
    }

    /// @inheritdoc IPlatformRegistry
    function admit(
        string calldata name,
        address owner,
        address treasury,
        uint16 networkBps,
        uint16 hostBps
    ) external onlyOwner returns (uint32 platform) {
        if (owner == address(0) || treasury == address(0)) revert ZeroAddress();
        _requireCap(networkBps, NETWORK_BPS_CAP);
        _requireCap(hostBps, HOST_BPS_CAP);
        platform = ++platformCount;
        Member storage member = _members[platform];
        member.owner = owner;
        member.status = PlatformStatus.Active;
        member.networkBps = DelayedBpsLib.plain(networkBps);
        member.treasury = treasury;
        member.hostBps = DelayedBpsLib.plain(hostBps);
        emit PlatformAdmitted(platform, name, Platform(owner, PlatformStatus.Active, networkBps, hostBps, treasury));
    }

    /// @inheritdoc IPlatformRegistry
    function setStatus(uint32 platform, PlatformStatus status) external onlyOwner {
        if (status == PlatformStatus.None) revert InvalidStatus(status);
        _known(platform).status = status;
        emit PlatformStatusChanged(platform, status);
    }

    /// @inheritdoc IPlatformRegistry
    function setNetworkFee(uint32 platform, uint16 networkBps) external onlyOwner {
        _requireCap(networkBps, NETWORK_BPS_CAP);
        Member storage member = _known(platform);
        uint40 from;
        (member.networkBps, from) = member.networkBps.set(networkBps, DELAY);
        emit NetworkFeeChanged(platform, networkBps, from);
    }

    /// @inheritdoc IPlatformRegistry
    function setHostFee(uint32 platform, uint16 hostBps) external onlyPlatformOwner(platform) {
        _requireCap(hostBps, HOST_BPS_CAP);
        Member storage member = _members[platform];
        uint40 from;
        (member.hostBps, from) = member.hostBps.set(hostBps, DELAY);
        emit HostFeeChanged(platform, hostBps, from);
    }

    /// @inheritdoc IPlatformRegistry
    function setTreasury(uint32 platform, address treasury) external {
        _requireCaller(platform == NETWORK ? owner() : _known(platform).owner);
        if (treasury == address(0)) revert ZeroAddress();
        Member storage member = _members[platform];
        address present = _treasuryOf(member);
        bool later = treasury != present;
        uint40 from = uint40(block.timestamp) + (later ? DELAY : 0);
        member.treasury = present;
        member.hasNextTreasury = later;
        member.nextTreasury = later ? Successor(treasury, from) : Successor(address(0), 0);
        emit TreasuryChanged(platform, treasury, from);
    }

    /// @inheritdoc IPlatformRegistry
    function transferPlatform(uint32 platform, address owner) external onlyPlatformOwner(platform) {
        Successor memory next = _successor(owner, DELAY);
        _members[platform].nextOwner = next;
        emit PlatformTransferStarted(platform, owner, next.from);
    }

    /// @inheritdoc IPlatformRegistry
    function acceptPlatform(uint32 platform) external {
        Member storage member = _known(platform);
        _requireSuccessor(member.nextOwner);
        delete member.nextOwner;
        member.owner = msg.sender;
        emit PlatformTransferred(platform, msg.sender);
    }

    /// @inheritdoc IPlatformRegistry
    function setOperator(
        uint32 platform,
        address operator,
        bool active
    ) external onlyPlatformOwner(platform) returns (uint32 lane) {
        if (operator == address(0)) revert ZeroAddress();
        Operator storage known = _operators[operator];
        if (known.platform == NETWORK) {
            _named[platform][operator] = active;
            emit OperatorNamed(platform, operator, active);
        } else if (known.platform == platform) {
            lane = known.lane;
            known.active = active;
            emit OperatorChanged(platform, operator, lane, active);
        } else {
            revert OperatorTaken(operator, known.platform);
        }
    }

    /// @inheritdoc IPlatformRegistry
    function acceptOperator(uint32 platform) external returns (uint32 lane) {
        uint32 taken = _operators[msg.sender].platform;
        if (taken != NETWORK) revert OperatorTaken(msg.sender, taken);
        if (!_named[platform][msg.sender]) revert NotNamed(msg.sender, platform);
        delete _named[platform][msg.sender];
        lane = ++_lanes[platform];
        _operators[msg.sender] = Operator(platform, lane, true);
        emit OperatorChanged(platform, msg.sender, lane, true);
    }

    /// @inheritdoc IPlatformRegistry
    function registerLearner(bytes32 commitment) external returns (uint32 learner) {
        return _register(1, commitment);
    }

    /// @inheritdoc IPlatformRegistry
    function registerLearners(uint32 count, bytes32 commitments) external returns (uint32 first) {
        return _register(count, commitments);
    }

    /// @inheritdoc IPlatformRegistry
    function bindLearner(uint32 learner, bytes32 commitment) external {
        (uint32 platform, , ) = activeOperator(msg.sender);
        _requireLearner(learner);
        _bindings[learner][platform] = commitment;
        emit LearnerBound(learner, platform, commitment);
    }

    /// @inheritdoc IPlatformRegistry
    function bindKey(uint32 learner, address key) external {
        if (key == address(0)) revert ZeroAddress();
        address current = _keys[learner];
        if (current == address(0)) {
            (uint32 platform, , ) = activeOperator(msg.sender);
            uint32 home = homeOf(learner);
            if (platform != home) revert NotHome(msg.sender, home);
        } else {
            _requireCaller(current);
        }
        _keys[learner] = key;
        emit LearnerKeyBound(learner, key);
    }

    /// @inheritdoc IPlatformRegistry
    function arbiter() external view returns (address) {
        return _holders[Role.Arbiter];
    }

    /// @inheritdoc IPlatformRegistry
    function pauser() external view returns (address) {
        return _holders[Role.Pauser];
    }

    /// @inheritdoc IPlatformRegistry
    function pendingRole(Role role) external view returns (Successor memory) {
        return _nominees[role];
    }

    /// @inheritdoc IPlatformRegistry
    function platformOf(uint32 platform) external view returns (Platform memory terms) {
        Member storage member = _memberOf(platform);
        terms.owner = platform == NETWORK ? owner() : member.owner;
        terms.status = member.status;
        terms.networkBps = member.networkBps.current();
        terms.hostBps = member.hostBps.current();
        terms.treasury = _treasuryOf(member);
    }

    /// @inheritdoc IPlatformRegistry
    function changesOf(uint32 platform) external view returns (Changes memory changes) {
        Member storage member = _memberOf(platform);
        changes.owner = member.nextOwner;
        if (member.nextTreasury.from > block.timestamp) changes.treasury = member.nextTreasury;
        (changes.networkBps, changes.networkBpsFrom) = member.networkBps.next();
        (changes.hostBps, changes.hostBpsFrom) = member.hostBps.next();
    }

    /// @inheritdoc IPlatformRegistry
    function operatorOf(address operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @inheritdoc IPlatformRegistry
    function isNamed(uint32 platform, address operator) external view returns (bool) {
        return _named[platform][operator];
    }

    /// @inheritdoc IPlatformRegistry
    function requireActive(uint32 platform) external view {
        _requireActive(platform);
    }

    /// @inheritdoc IPlatformRegistry
    function keyOf(uint32 learner) external view returns (address) {
        return _keys[learner];
    }

    /// @inheritdoc IPlatformRegistry
    function bindingOf(uint32 learner, uint32 platform) external view returns (bytes32) {
        return _bindings[learner][platform];
    }

    /// @inheritdoc IPlatformRegistry
    function activeOperator(address operator) public view returns (uint32 platform, uint32 lane, uint32 learners) {
        Operator memory known = _operators[operator];
        if (!known.active) revert NotOperator(operator);
        _requireActive(known.platform);
        return (known.platform, known.lane, learnerCount);
    }

    /// @inheritdoc IPlatformRegistry
    function homeOf(uint32 learner) public view returns (uint32 platform) {
        _requireLearner(learner);
        return uint32(_homes.upperLookup(learner));
    }

    /// @notice Lets `owner_` accept the network `DELAY` from now, and nobody else; zero for nobody. Only the network's owner.
    function transferOwnership(address owner_) public override {
        super.transferOwnership(owner_);
        _ownerFrom = uint40(block.timestamp) + DELAY;
    }

    /// @notice Makes the caller the network's owner. Only who it was offered to, `DELAY` later.
    function acceptOwnership() public override {
        if (msg.sender == pendingOwner() && block.timestamp < _ownerFrom) revert TooEarly(_ownerFrom);
        super.acceptOwnership();
    }

    /// @notice Reverts: the network is never without an owner.
    function renounceOwnership() public view override onlyOwner {
        revert ZeroAddress();
    }

    function _register(uint32 count, bytes32 commitment) private returns (uint32 first) {
        (uint32 platform, , ) = activeOperator(msg.sender);
        uint32 today = uint32(block.timestamp / 1 days);
        Registrations memory registered = _registrations[platform];
        if (registered.day != today) registered = Registrations(today, 0);
        uint32 left = HIGHEST_LEARNER - learnerCount;
        uint32 maximum = LEARNERS_PER_DAY - registered.count;
        if (left < maximum) maximum = left;
        if (count == 0 || count > maximum) revert LearnerCountOutOfRange(count, maximum);
        registered.count += count;
        _registrations[platform] = registered;
        first = learnerCount + 1;
        learnerCount = first + count - 1;
        _homes.push(first, platform);
        emit LearnersRegistered(platform, first, count, commitment);
    }

    function _known(uint32 platform) private view returns (Member storage member) {
        member = _members[platform];
        if (member.status == PlatformStatus.None) revert UnknownPlatform(platform);
    }

    function _memberOf(uint32 platform) private view returns (Member storage) {
        return platform == NETWORK ? _members[NETWORK] : _known(platform);
    }

    function _treasuryOf(Member storage member) private view returns (address) {
        if (member.hasNextTreasury && member.nextTreasury.from <= block.timestamp) return member.nextTreasury.account;
        return member.treasury;
    }

    /// @dev Nobody succeeds at no time, so that what was called off leaves nothing behind.
    function _successor(address account, uint40 delay) private view returns (Successor memory) {
        return account == address(0) ? Successor(account, 0) : Successor(account, uint40(block.timestamp) + delay);
    }

    function _requireSuccessor(Successor memory successor) private view {
        _requireCaller(successor.account);
        if (block.timestamp < successor.from) revert TooEarly(successor.from);
    }

    function _requireActive(uint32 platform) private view {
        PlatformStatus status = _known(platform).status;
        if (status != PlatformStatus.Active) revert PlatformNotActive(platform, status);
    }

    function _requireLearner(uint32 learner) private view {
        if (learner == 0 || learner > learnerCount) revert UnknownLearner(learner, learnerCount);
    }

    function _requireCaller(address expected) private view {
        if (msg.sender != expected) revert WrongCaller(msg.sender, expected);
    }

    function _requireCap(uint16 bps, uint16 cap) private pure {
        if (bps > cap) revert FeeAboveCap(bps, cap);
    }
}
