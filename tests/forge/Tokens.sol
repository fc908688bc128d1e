// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A token that calls back in the middle of its next transfer.
interface Armed {
    function arm(address target, bytes calldata data) external;
}

/// @notice A token with a block list.
interface Blocking {
    function setBlocked(address account, bool blocked) external;
}

/// @notice A token whose transfers can be made to answer false.
interface Refusing {
    function setRefuses(bool refuses) external;
}
