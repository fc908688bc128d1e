// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Relay
/// @notice A contract that does as it is told: a caller with code, which takes no ERC-1155 tokens.
contract Relay {
    using Address for address;

    /// @notice Calls `target` and passes a revert on.
    function forward(address target, bytes calldata data) external {
        target.functionCall(data);
    }
}
