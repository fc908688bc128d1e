// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Whether a platform may act. Money already earned can be refunded and withdrawn in every status.
enum PlatformStatus {
    None,
    Active,
    Suspended
}

/// @notice One member of the network.
/// @param owner Sets operators, treasury and the host's fee.
/// @param status Whether its operators may sell, publish and register.
/// @param networkBps The least share of the network in the split plans of content hosted here, in basis points.
/// @param hostBps The least share of the host in those plans, in basis points.
/// @param treasury Where the platform's withdrawals go.
struct Platform {
    address owner;
    PlatformStatus status;
    uint16 networkBps;
    uint16 hostBps;
    address treasury;
}

/// @notice A signing key of a platform.
/// @param platform The platform it acts for; it never acts for another.
/// @param lane The number of its lane of batches within the platform.
/// @param active Whether it may act now.
struct Operator {
    uint32 platform;
    uint32 lane;
    bool active;
}

/// @title IPlatformRegistry
/// @notice Who is in the network: platforms with their owners, operators, treasuries and fees, and the directory of learners.
/// @dev The network is platform 0: its owner is the contract's owner. Learner numbers start at 1 and are never reused. What
/// binds a number to a person stays with the platforms; the chain sees salted commitments only.
interface IPlatformRegistry {
    /// @notice A platform was admitted on these terms; later changes have events of their own.
    event PlatformAdmitted(uint32 indexed platform, string name, Platform terms);
    /// @notice The network opened or closed a platform.
    event PlatformStatusChanged(uint32 indexed platform, PlatformStatus status);
    /// @notice The network's least share in new plans of a platform's content changed.
    event NetworkFeeChanged(uint32 indexed platform, uint16 networkBps);
    /// @notice A host's least share in new plans of its content changed.
    event HostFeeChanged(uint32 indexed platform, uint16 hostBps);
    /// @notice A platform's withdrawals go to another address.
    event TreasuryChanged(uint32 indexed platform, address treasury);
    /// @notice A key was given or taken the right to act for a platform.
    event OperatorChanged(uint32 indexed platform, address indexed operator, uint32 lane, bool active);
    /// @notice Learner numbers `first` to `first + count - 1` belong to a platform.
    /// @dev `commitment` is the salted commitment of one learner, or the Merkle root of many.
    event LearnersRegistered(uint32 indexed platform, uint32 indexed first, uint32 count, bytes32 commitment);
    /// @notice A platform states that it knows a learner by another platform's number.
    event LearnerBound(uint32 indexed learner, uint32 indexed platform, bytes32 commitment);
    /// @notice A learner's own key changed.
    event LearnerKeyBound(uint32 indexed learner, address indexed key);

    /// @notice The caller is not who may do this.
    error WrongCaller(address caller, address expected);
    /// @notice The caller is no active operator.
    error NotOperator(address caller);
    /// @notice The caller is not an operator of the platform that registered the learner.
    error NotHome(address caller, uint32 home);
    /// @notice The platform may not act in this status.
    error PlatformNotActive(uint32 platform, PlatformStatus status);
    /// @notice No such platform.
    error UnknownPlatform(uint32 platform);
    /// @notice No learner has this number yet.
    error UnknownLearner(uint32 learner, uint32 highest);
    /// @notice A fee above its cap.
    error FeeAboveCap(uint16 bps, uint16 cap);
    /// @notice An address that must not be zero is.
    error ZeroAddress();
    /// @notice A key can act for one platform only.
    error OperatorTaken(address operator, uint32 platform);
    /// @notice Learners are registered from one up to `maximum` at a time.
    error LearnerCountOutOfRange(uint256 count, uint256 maximum);
    /// @notice A status that no platform can be put in.
    error InvalidStatus(PlatformStatus status);

    /// @notice Admits a platform under the next number. Only the network's owner.
    /// @param name Its public name, for readers of the event.
    /// @param owner Who sets its operators, treasury and host fee.
    /// @param treasury Where its withdrawals go.
    /// @param networkBps The network's least share in its plans, at most 1,000.
    /// @param hostBps The host's least share in its plans, at most 5,000.
    /// @return platform Its number, from 1.
    function admit(
        string calldata name,
        address owner,
        address treasury,
        uint16 networkBps,
        uint16 hostBps
    ) external returns (uint32 platform);

    /// @notice Opens or suspends a platform. Only the network's owner.
    function setStatus(uint32 platform, PlatformStatus status) external;

    /// @notice Sets the network's least share in a platform's new plans, at most 1,000. Only the network's owner.
    function setNetworkFee(uint32 platform, uint16 networkBps) external;

    /// @notice Sets the host's least share in a platform's new plans, at most 5,000. Only the platform's owner.
    function setHostFee(uint32 platform, uint16 hostBps) external;

    /// @notice Sets where a platform's withdrawals go. Only the platform's owner; the network's owner for platform 0.
    function setTreasury(uint32 platform, address treasury) external;

    /// @notice Lets a key act for a platform, or stops it. Only the platform's owner.
    /// @dev A key keeps its lane for good, so a key that is stopped and let act again goes on with the next batch number.
    /// @return lane The key's lane.
    function setOperator(uint32 platform, address operator, bool active) external returns (uint32 lane);

    /// @notice Registers one learner. Only an active operator; the learner belongs to its platform.
    /// @param commitment A salted commitment to who it is; it can be shown later without having said it here.
    /// @return learner The new number.
    function registerLearner(bytes32 commitment) external returns (uint32 learner);

    /// @notice Registers up to 1,048,576 learners at once. Only an active operator.
    /// @param count How many.
    /// @param commitments The Merkle root of their salted commitments, or zero.
    /// @return first The lowest of the new numbers; the others follow it.
    function registerLearners(uint32 count, bytes32 commitments) external returns (uint32 first);

    /// @notice States that the caller's platform knows `learner` as one of its own users. Only an active operator.
    /// @dev Says nothing for other platforms: each believes its own bindings only.
    function bindLearner(uint32 learner, bytes32 commitment) external;

    /// @notice Gives a learner a key: claimed licences go to it. An operator of the registering platform sets the
    /// first key; afterwards only the key itself passes it on.
    function bindKey(uint32 learner, address key) external;

    /// @notice A platform's terms; platform 0 is the network.
    function platformOf(uint32 platform) external view returns (Platform memory);

    /// @notice How many platforms were admitted; their numbers are 1 to this.
    function platformCount() external view returns (uint32);

    /// @notice What is known of a key, active or not.
    function operatorOf(address operator) external view returns (Operator memory);

    /// @notice The platform and lane of an operator that may act now; reverts otherwise.
    /// @return platform Its platform.
    /// @return lane Its lane.
    /// @return learners The highest learner number that is registered.
    function activeOperator(address operator) external view returns (uint32 platform, uint32 lane, uint32 learners);

    /// @notice Reverts unless `platform` is active.
    function requireActive(uint32 platform) external view;

    /// @notice The highest learner number that is registered.
    function learnerCount() external view returns (uint32);

    /// @notice The platform that registered a learner.
    function homeOf(uint32 learner) external view returns (uint32 platform);

    /// @notice A learner's own key, or zero.
    function keyOf(uint32 learner) external view returns (address);

    /// @notice How a platform committed to knowing a learner, or zero.
    function bindingOf(uint32 learner, uint32 platform) external view returns (bytes32);
    function arbiter() external view returns (address);
    function pauser() external view returns (address);
}
