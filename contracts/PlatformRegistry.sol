// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {BatchTree} from "./libraries/BatchTree.sol";
import {IPlatformRegistry, Operator, Platform, PlatformStatus} from "./interfaces/IPlatformRegistry.sol";

/// @title PlatformRegistry
/// @notice Who is in the network. What each function does is said in `IPlatformRegistry`.
contract PlatformRegistry is IPlatformRegistry, Ownable2Step {
    using Checkpoints for Checkpoints.Trace224;

    uint16 private constant NETWORK_BPS_CAP = 1_000;
    uint16 private constant HOST_BPS_CAP = 5_000;
    uint32 private constant LEARNERS_AT_ONCE = 1 << 20;
    uint32 private constant HIGHEST_LEARNER = uint32(BatchTree.HIGHEST_LEARNER);
    uint32 private constant NETWORK = 0;

    /// @inheritdoc IPlatformRegistry
    uint32 public platformCount;

    /// @inheritdoc IPlatformRegistry
    uint32 public learnerCount;

    mapping(uint32 platform => Platform) private _platforms;
    mapping(uint32 platform => uint32) private _lanes;
    mapping(address key => Operator) private _operators;
    mapping(uint32 learner => address) private _keys;
    mapping(uint32 learner => mapping(uint32 platform => bytes32)) private _bindings;

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
        _setTreasury(NETWORK, networkTreasury);
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
        Platform memory terms = Platform(owner, PlatformStatus.Active, networkBps, hostBps, treasury);
        _platforms[platform] = terms;
        emit PlatformAdmitted(platform, name, terms);
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
        _known(platform).networkBps = networkBps;
        emit NetworkFeeChanged(platform, networkBps);
    }

    /// @inheritdoc IPlatformRegistry
    function setHostFee(uint32 platform, uint16 hostBps) external onlyPlatformOwner(platform) {
        _requireCap(hostBps, HOST_BPS_CAP);
        _platforms[platform].hostBps = hostBps;
        emit HostFeeChanged(platform, hostBps);
    }

    /// @inheritdoc IPlatformRegistry
    function setTreasury(uint32 platform, address treasury) external {
        _requireCaller(platform == NETWORK ? owner() : _known(platform).owner);
        _setTreasury(platform, treasury);
    }

    /// @inheritdoc IPlatformRegistry
    function setOperator(
        uint32 platform,
        address operator,
        bool active
    ) external onlyPlatformOwner(platform) returns (uint32 lane) {
        if (operator == address(0)) revert ZeroAddress();
        Operator memory known = _operators[operator];
        if (known.platform == NETWORK) {
            lane = ++_lanes[platform];
        } else if (known.platform == platform) {
            lane = known.lane;
        } else {
            revert OperatorTaken(operator, known.platform);
        }
        _operators[operator] = Operator(platform, lane, active);
        emit OperatorChanged(platform, operator, lane, active);
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
    function platformOf(uint32 platform) external view returns (Platform memory terms) {
        terms = _platforms[platform];
        if (platform == NETWORK) terms.owner = owner();
        else _known(platform);
    }

    /// @inheritdoc IPlatformRegistry
    function operatorOf(address operator) external view returns (Operator memory) {
        return _operators[operator];
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

    /// @notice Reverts: the network is never without an owner.
    function renounceOwnership() public view override onlyOwner {
        revert ZeroAddress();
    }

    function arbiter() external view returns (address) {
        return owner();
    }
    function pauser() external view returns (address) {
        return owner();
    }

    function _register(uint32 count, bytes32 commitment) private returns (uint32 first) {
        (uint32 platform, , ) = activeOperator(msg.sender);
        uint32 left = HIGHEST_LEARNER - learnerCount;
        uint32 maximum = left < LEARNERS_AT_ONCE ? left : LEARNERS_AT_ONCE;
        if (count == 0 || count > maximum) revert LearnerCountOutOfRange(count, maximum);
        first = learnerCount + 1;
        learnerCount = first + count - 1;
        _homes.push(first, platform);
        emit LearnersRegistered(platform, first, count, commitment);
    }

    function _setTreasury(uint32 platform, address treasury) private {
        if (treasury == address(0)) revert ZeroAddress();
        _platforms[platform].treasury = treasury;
        emit TreasuryChanged(platform, treasury);
    }

    function _known(uint32 platform) private view returns (Platform storage terms) {
        terms = _platforms[platform];
        if (terms.status == PlatformStatus.None) revert UnknownPlatform(platform);
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
