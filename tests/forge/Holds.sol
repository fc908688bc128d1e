// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hold} from "../../contracts/libraries/Hold.sol";

/// @notice The buckets of a hold as they are stored.
struct Buckets {
    uint256 epoch;
    uint256 captured;
    uint256 previous;
    uint256 matured;
}

/// @notice Reads a hold's slot without the library that wrote it.
library Holds {
    function read(Hold hold) internal pure returns (Buckets memory) {
        uint256 raw = Hold.unwrap(hold);
        return Buckets(uint24(raw >> 168), uint56(raw >> 112), uint56(raw >> 56), uint56(raw));
    }

    /// @notice The same money as `current` sorts it.
    function seenFrom(Buckets memory at, uint256 current) internal pure returns (Buckets memory) {
        uint256 age = current - at.epoch;
        if (age == 0) return at;
        if (age == 1) return Buckets(current, 0, at.captured, at.previous + at.matured);
        return Buckets(current, 0, 0, at.captured + at.previous + at.matured);
    }

    function total(Buckets memory at) internal pure returns (uint256) {
        return at.captured + at.previous + at.matured;
    }
}
