// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title IERC5192
/// @notice Tokens that may be locked, so that they cannot change hands, as in ERC-5192.
interface IERC5192 {
    /// @notice A token cannot change hands from now on.
    event Locked(uint256 tokenId);
    /// @notice A token can change hands from now on.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token cannot change hands now; reverts for one that nobody holds.
    function locked(uint256 tokenId) external view returns (bool);
}
