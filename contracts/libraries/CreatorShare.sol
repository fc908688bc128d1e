// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A creator of a plan after the first, in one storage slot.
/// @dev From the lowest bit: address 160, share 16 (basis points).
type CreatorShare is uint256;

using CreatorShareLib for CreatorShare global;

/// @title CreatorShareLib
/// @notice Packs and reads creators' shares.
library CreatorShareLib {
    /// @notice The share of `payee_`, in basis points.
    function pack(address payee_, uint256 bps_) internal pure returns (CreatorShare) {
        return CreatorShare.wrap((bps_ << 160) | uint160(payee_));
    }

    /// @notice Who gets the share.
    function payee(CreatorShare self) internal pure returns (address) {
        return address(uint160(CreatorShare.unwrap(self)));
    }

    /// @notice The share, in basis points.
    function bps(CreatorShare self) internal pure returns (uint256) {
        return uint16(CreatorShare.unwrap(self) >> 160);
    }
}
