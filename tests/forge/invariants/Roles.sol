// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Role} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {vm} from "../Vm.sol";
import {Platforms} from "./Platforms.sol";
import {DELAY} from "./Term.sol";

/// @notice Steps of the keys that have a role beside the network's owner.
abstract contract Roles is Platforms {
    /// @dev By role.
    address[2] internal holders;
    address[2] internal nominees;
    uint256[2] internal nominatedAt;

    function nominate(uint256 seed) external drawing(seed) {
        uint256 role = _below(2);
        address nominee = _oneIn(8) ? address(0) : address(uint160(_between(1e9, 1e12)));
        vm.prank(admin);
        registry.nominate(Role(role), nominee);
        nominees[role] = nominee;
        nominatedAt[role] = block.timestamp;
    }

    function acceptRole(uint256 seed) external drawing(seed) {
        uint256 role = _below(2);
        _only(nominees[role] != address(0));
        if (Role(role) == Role.Arbiter) _only(block.timestamp >= nominatedAt[role] + DELAY);
        vm.prank(nominees[role]);
        registry.acceptRole(Role(role));
        holders[role] = nominees[role];
        delete nominees[role];
    }

    function dismiss(uint256 seed) external drawing(seed) {
        uint256 role = _below(2);
        vm.prank(admin);
        registry.dismiss(Role(role));
        delete holders[role];
    }
}
