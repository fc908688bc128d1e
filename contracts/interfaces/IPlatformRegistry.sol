// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Whether a platform may act. Money already earned can be refunded and withdrawn in every status.
enum PlatformStatus {
    None,
    Active,
    Suspended
}

/// @notice What the network's owner hands to keys that do nothing else. No role implies another: neither the owner nor the holder
/// of one role may do what belongs to the other, unless it was nominated for that too and accepted.
/// @dev Arbiter decides disputes. Pauser stops new sales; it can never stop withdrawals and refunds.
enum Role {
    Arbiter,
    Pauser
}

/// @notice An account that is to take the place of another.
/// @param account Who; zero for nobody.
/// @param from The earliest time of it, in Unix seconds.
struct Successor {
    address account;
    uint40 from;
}

/// @notice What was announced for a platform and does not hold yet; all zero where nothing was.
/// @param owner Who may accept the platform, and from when.
/// @param treasury Where its withdrawals will go, and from when.
/// @param networkBps The network's least share in its new plans from `networkBpsFrom` on.
/// @param networkBpsFrom In Unix seconds.
/// @param hostBps The host's least share in its new plans from `hostBpsFrom` on.
/// @param hostBpsFrom In Unix seconds.
struct Changes {
    Successor owner;
    Successor treasury;
    uint16 networkBps;
    uint40 networkBpsFrom;
    uint16 hostBps;
    uint40 hostBpsFrom;
}

/// @notice One member of the network, on the terms that hold now.
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

/// @notice A signing key that accepted to act for a platform.
/// @param platform The platform it acts for; it never acts for another. 0 for a key that accepted none.
/// @param lane The number of its lane of batches within the platform.
/// @param active Whether it may act now.
struct Operator {
    uint32 platform;
    uint32 lane;
    bool active;
}

/// @title IPlatformRegistry
/// @notice Who is in the network: platforms with their owners, operators, treasuries and fees, the keys that have a role beside the
/// network's owner, and the directory of learners.
/// @dev The network is platform 0: its owner is the contract's owner. Learner numbers start at 1 and are never reused. What
/// binds a number to a person stays with the platforms; the chain sees salted commitments only. What could hurt someone is
/// announced and holds `DELAY` later; nobody has to do anything when that time comes, and until then it can be taken back.
interface IPlatformRegistry {
    /// @notice A platform was admitted on these terms; later changes have events of their own.
    event PlatformAdmitted(uint32 indexed platform, string name, Platform terms);
    /// @notice The network opened or closed a platform.
    event PlatformStatusChanged(uint32 indexed platform, PlatformStatus status);
    /// @notice The network's least share in new plans of a platform's content is another from the time `from` on.
    /// @dev As with the next two: what was announced before and did not hold by now never will.
    event NetworkFeeChanged(uint32 indexed platform, uint16 networkBps, uint40 from);
    /// @notice A host's least share in new plans of its content is another from the time `from` on.
    event HostFeeChanged(uint32 indexed platform, uint16 hostBps, uint40 from);
    /// @notice A platform's withdrawals go to `treasury` from the time `from` on.
    event TreasuryChanged(uint32 indexed platform, address treasury, uint40 from);
    /// @notice `owner` may accept a platform from the time `from` on; nobody, if it is zero.
    event PlatformTransferStarted(uint32 indexed platform, address indexed owner, uint40 from);
    /// @notice A platform has another owner.
    event PlatformTransferred(uint32 indexed platform, address indexed owner);
    /// @notice A key that has not accepted yet may accept to act for a platform, or may no longer.
    event OperatorNamed(uint32 indexed platform, address indexed operator, bool named);
    /// @notice A key accepted to act for a platform (`active`), was stopped, or may act again.
    event OperatorChanged(uint32 indexed platform, address indexed operator, uint32 lane, bool active);
    /// @notice `account` may accept a role from the time `from` on; nobody, if it is zero.
    event RoleNominated(Role indexed role, address indexed account, uint40 from);
    /// @notice A role has another holder.
    event RoleAccepted(Role indexed role, address indexed account);
    /// @notice A role has no holder any more; `account` was the last, or zero.
    event RoleDismissed(Role indexed role, address indexed account);
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
    /// @notice A key accepts one platform only, once.
    error OperatorTaken(address operator, uint32 platform);
    /// @notice The platform's owner does not name this key.
    error NotNamed(address operator, uint32 platform);
    /// @notice It cannot be accepted before the time `from`, in Unix seconds.
    error TooEarly(uint256 from);
    /// @notice A platform registers learners from one at a time up to `maximum`: what is left of its day, or of all numbers.
    error LearnerCountOutOfRange(uint256 count, uint256 maximum);
    /// @notice A status that no platform can be put in.
    error InvalidStatus(PlatformStatus status);

    /// @notice Nominates who may accept a role, in place of whoever was nominated before; zero for nobody. Only the network's owner.
    /// @dev An arbiter moves disputed money, so it may accept only `DELAY` later: everyone sees it coming. A pauser moves none
    /// and may accept at once, since one that is lost has to be replaced when it is needed.
    function nominate(Role role, address account) external;

    /// @notice Takes a role over from its holder. Only its nominee, and not too early.
    function acceptRole(Role role) external;

    /// @notice Takes a role from its holder at once; it has none until a nominee accepts. Only the network's owner.
    function dismiss(Role role) external;

    /// @notice Admits a platform under the next number. Only the network's owner.
    /// @param name Its public name, for readers of the event.
    /// @param owner Who sets its operators, treasury and host fee.
    /// @param treasury Where its withdrawals go, at once.
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
    /// @dev A fall holds at once, a rise `DELAY` later. Either replaces a rise that does not hold yet.
    function setNetworkFee(uint32 platform, uint16 networkBps) external;

    /// @notice Sets the host's least share in a platform's new plans, at most 5,000. Only the platform's owner.
    /// @dev As `setNetworkFee`.
    function setHostFee(uint32 platform, uint16 hostBps) external;

    /// @notice Sets where a platform's withdrawals go `DELAY` from now. Only the platform's owner; the network's owner for platform 0.
    /// @dev Until then they go to the present treasury. It replaces a change that does not hold yet; naming the present
    /// treasury takes that back.
    function setTreasury(uint32 platform, address treasury) external;

    /// @notice Lets `owner` accept a platform `DELAY` from now, and nobody else; zero for nobody. Only the platform's owner.
    /// @dev Without the delay a stolen owner key could lock its owner out, and the delay of the treasury would protect nobody.
    function transferPlatform(uint32 platform, address owner) external;

    /// @notice Takes a platform over from its owner. Only whom its owner lets, and not too early.
    /// @dev Operators, fees and treasury stay as they are, and what was announced of them goes on.
    function acceptPlatform(uint32 platform) external;

    /// @notice Names a key that may accept to act for a platform, or takes that back; for a key that accepted, lets it act again,
    /// or stops it. Only the platform's owner.
    /// @return lane The key's lane; 0 for a key that has not accepted.
    function setOperator(uint32 platform, address operator, bool active) external returns (uint32 lane);

    /// @notice Accepts to act for a platform, for good and for no other. Only a key that its owner names.
    /// @dev A key keeps its lane for good, so one that is stopped and let act again goes on with the next batch number. To
    /// replace a key, name the new one, let it accept, and stop the old one.
    /// @return lane The key's lane.
    function acceptOperator(uint32 platform) external returns (uint32 lane);

    /// @notice Registers one learner. Only an active operator; the learner belongs to its platform.
    /// @param commitment A salted commitment to who it is; it can be shown later without having said it here.
    /// @return learner The new number.
    function registerLearner(bytes32 commitment) external returns (uint32 learner);

    /// @notice Registers learners, up to 1,048,576 on one day (UTC) for a platform. Only an active operator.
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

    /// @notice How long before it holds a change is announced that could hurt someone, in seconds.
    function DELAY() external view returns (uint40); // solhint-disable-line func-name-mixedcase

    /// @notice Who decides disputes, or zero.
    function arbiter() external view returns (address);

    /// @notice Who may pause, or zero.
    function pauser() external view returns (address);

    /// @notice Who may accept a role, and from when; zero for nobody.
    function pendingRole(Role role) external view returns (Successor memory);

    /// @notice A platform's terms as they hold now; platform 0 is the network.
    function platformOf(uint32 platform) external view returns (Platform memory);

    /// @notice What was announced for a platform and does not hold yet; platform 0 is the network, of which only the treasury
    /// can be.
    function changesOf(uint32 platform) external view returns (Changes memory);

    /// @notice How many platforms were admitted; their numbers are 1 to this.
    function platformCount() external view returns (uint32);

    /// @notice What is known of a key that accepted, active or not; all zero for any other.
    function operatorOf(address operator) external view returns (Operator memory);

    /// @notice Whether a key may accept to act for a platform.
    function isNamed(uint32 platform, address operator) external view returns (bool);

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
}
