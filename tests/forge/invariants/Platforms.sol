// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {PlatformStatus} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {vm} from "../Vm.sol";
import {Chance} from "./Chance.sol";
import {Ghost} from "./Ghost.sol";
import {DELAY, Term, always} from "./Term.sol";

/// @notice An operator's key and what it may do.
struct Key {
    address key;
    uint32 platform;
    uint32 lane;
    bool active;
}

/// @notice A platform as its owner and the network set it; its treasury is an address as a number.
struct Member {
    address owner;
    Term nextOwner;
    Term treasury;
    Term networkBps;
    Term hostBps;
    bool active;
    uint32 lanes;
}

/// @notice Steps of the registry.
abstract contract Platforms is Chance, Ghost {
    uint32 internal constant LEARNERS_AT_ONCE = 12;

    Member[] internal members;
    Key[] internal keys;

    /// @dev Keys that their platform names and that have not accepted.
    Key[] internal named;

    /// @dev By learner number; number 0 is nobody.
    uint32[] internal homes;
    mapping(uint32 learner => address) internal learnerKeys;
    mapping(uint32 learner => mapping(uint32 platform => bytes32)) internal bindings;

    address internal admin;
    address internal nextAdmin;
    uint256 private _adminOfferedAt;

    uint256 private _keysMade;

    function admit(uint256 seed) external drawing(seed) {
        _only(members.length <= PLATFORMS_MAXIMUM);
        _admitMember(uint16(_below(1_001)), uint16(_below(3_001)));
    }

    function setStatus(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        bool active = !_oneIn(3);
        vm.prank(admin);
        registry.setStatus(platform, active ? PlatformStatus.Active : PlatformStatus.Suspended);
        members[platform].active = active;
    }

    function setNetworkFee(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        uint16 bps = uint16(_below(1_001));
        vm.prank(admin);
        registry.setNetworkFee(platform, bps);
        members[platform].networkBps.set(bps, bps <= members[platform].networkBps.present());
    }

    function setHostFee(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        uint16 bps = uint16(_below(3_001));
        vm.prank(members[platform].owner);
        registry.setHostFee(platform, bps);
        members[platform].hostBps.set(bps, bps <= members[platform].hostBps.present());
    }

    function setTreasury(uint256 seed) external drawing(seed) {
        uint32 platform = uint32(_below(members.length));
        uint256 present = members[platform].treasury.present();
        uint256 treasury_ = _oneIn(4) ? present : _between(1e9, 1e12);
        vm.prank(platform == 0 ? admin : members[platform].owner);
        registry.setTreasury(platform, address(uint160(treasury_)));
        members[platform].treasury.set(treasury_, treasury_ == present);
    }

    function transferPlatform(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        uint256 next = _oneIn(8) ? 0 : _between(1e9, 1e12);
        vm.prank(members[platform].owner);
        registry.transferPlatform(platform, address(uint160(next)));
        members[platform].nextOwner = Term(0, 0, 0);
        members[platform].nextOwner.set(next, false);
    }

    function acceptPlatform(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        address next = address(uint160(members[platform].nextOwner.present()));
        _only(next != address(0));
        vm.prank(next);
        registry.acceptPlatform(platform);
        members[platform].owner = next;
        members[platform].nextOwner = Term(0, 0, 0);
    }

    function setOperator(uint256 seed) external drawing(seed) {
        uint32 platform = _anyPlatform();
        if (_oneIn(3)) return _nameKey(platform, _newKey());
        if (_oneIn(8) && named.length != 0) return _nameKey(platform, named[_below(named.length)].key);
        Key storage key = keys[_below(keys.length)];
        bool active = !_oneIn(3);
        vm.prank(members[key.platform].owner);
        uint32 lane = registry.setOperator(key.platform, key.key, active);
        vm.assertEq(lane, key.lane, "OPER-3: a key keeps its lane");
        key.active = active;
    }

    function acceptOperator(uint256 seed) external drawing(seed) {
        Key memory key = named[_below(named.length)];
        _accept(key);
        for (uint256 i = named.length; i != 0; --i) {
            if (named[i - 1].key != key.key) continue;
            named[i - 1] = named[named.length - 1];
            named.pop();
        }
    }

    function registerLearner(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        vm.prank(key.key);
        uint32 learner = registry.registerLearner(bytes32(seed));
        vm.assertEq(learner, homes.length, "REG-3: numbers are consecutive");
        homes.push(key.platform);
    }

    function registerLearners(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        uint32 count = uint32(_between(1, LEARNERS_AT_ONCE));
        vm.prank(key.key);
        uint32 first = registry.registerLearners(count, bytes32(seed));
        vm.assertEq(first, homes.length, "REG-3: numbers are consecutive");
        for (uint256 i; i < count; ++i) homes.push(key.platform);
    }

    function bindLearner(uint256 seed) external drawing(seed) {
        Key memory key = _activeKey();
        uint32 learner = _anyLearner();
        vm.prank(key.key);
        registry.bindLearner(learner, bytes32(seed));
        bindings[learner][key.platform] = bytes32(seed);
    }

    function bindKey(uint256 seed) external drawing(seed) {
        uint32 learner = _anyLearner();
        address current = learnerKeys[learner];
        if (current == address(0)) current = _activeKeyOf(homes[learner]);
        address next = payees[_below(payees.length)];
        vm.prank(current);
        registry.bindKey(learner, next);
        learnerKeys[learner] = next;
    }

    function offerNetwork(uint256 seed) external drawing(seed) {
        nextAdmin = _oneIn(8) ? address(0) : address(uint160(_between(1e9, 1e12)));
        _adminOfferedAt = block.timestamp;
        vm.prank(admin);
        Ownable2Step(address(registry)).transferOwnership(nextAdmin);
    }

    function acceptNetwork(uint256 seed) external drawing(seed) {
        _only(nextAdmin != address(0) && block.timestamp >= _adminOfferedAt + DELAY);
        vm.prank(nextAdmin);
        Ownable2Step(address(registry)).acceptOwnership();
        admin = nextAdmin;
        delete nextAdmin;
    }

    function _admitMember(uint16 networkBps, uint16 hostBps) internal returns (uint32 platform) {
        address owner_ = actor(string.concat("owner ", vm.toString(members.length)));
        address treasury_ = actor(string.concat("treasury ", vm.toString(members.length)));
        vm.prank(admin);
        platform = registry.admit("a platform", owner_, treasury_, networkBps, hostBps);
        vm.assertEq(platform, members.length, "ADMIT-3: numbers are consecutive");
        Term memory pays = always(uint160(treasury_));
        members.push(Member(owner_, Term(0, 0, 0), pays, always(networkBps), always(hostBps), true, 0));
        _nameKey(platform, _newKey());
        _accept(named[named.length - 1]);
        named.pop();
    }

    function _newKey() internal returns (address) {
        return actor(string.concat("operator ", vm.toString(++_keysMade)));
    }

    function _nameKey(uint32 platform, address key) internal {
        vm.prank(members[platform].owner);
        uint32 lane = registry.setOperator(platform, key, true);
        vm.assertEq(lane, 0, "OPER-3: no lane before it accepts");
        named.push(Key(key, platform, 0, false));
    }

    function _accept(Key memory key) internal {
        vm.prank(key.key);
        uint32 lane = registry.acceptOperator(key.platform);
        vm.assertEq(lane, ++members[key.platform].lanes, "OPER-3: lanes are consecutive");
        keys.push(Key(key.key, key.platform, lane, true));
    }

    function _anyPlatform() internal returns (uint32) {
        return uint32(_between(1, members.length - 1));
    }

    function _anyLearner() internal returns (uint32) {
        return uint32(1 + _below(homes.length - 1));
    }

    function _activeKey() internal returns (Key memory key) {
        key = keys[_below(keys.length)];
        _only(key.active && members[key.platform].active);
    }

    function _activeKeyOf(uint32 platform) internal view returns (address) {
        _only(members[platform].active);
        return _keyOf(platform);
    }

    /// @dev A key of the platform that was not stopped, whatever the platform's status.
    function _keyOf(uint32 platform) internal view returns (address found) {
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i].active && keys[i].platform == platform) found = keys[i].key;
        }
        _only(found != address(0));
    }
}
