// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {vm} from "../Vm.sol";

/// @notice Draws numbers from the seed that forge gave a step, so that a failing walk can be repeated.
abstract contract Chance {
    uint256 private _seed;

    /// @dev Every public step of the handler starts here, some time after the one before.
    modifier drawing(uint256 seed) {
        _seed = seed;
        if (_oneIn(4)) vm.warp(block.timestamp + _below(18 hours));
        _;
    }

    function _below(uint256 count) internal returns (uint256) {
        _only(count != 0);
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % count;
    }

    function _between(uint256 lowest, uint256 highest) internal returns (uint256) {
        return lowest + _below(highest - lowest + 1);
    }

    function _oneIn(uint256 count) internal returns (bool) {
        return _below(count) == 0;
    }

    function _waitFor(uint256 time) internal {
        if (block.timestamp < time) vm.warp(time);
    }

    /// @dev A step that cannot be made now is not one of the walk: forge draws another.
    function _only(bool possible) internal pure {
        vm.assume(possible);
    }
}
