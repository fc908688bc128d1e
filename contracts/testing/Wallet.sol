// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Wallet
/// @notice A contract that buys as a key does: what its owner's key signed, it signed (ERC-1271), and it takes ERC-1155 tokens.
contract Wallet is IERC1271, ERC1155Holder {
    using Address for address;

    /// @notice Whose signatures count.
    address public immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    /// @notice Calls `target` and passes a revert on.
    function forward(address target, bytes calldata data) external {
        target.functionCall(data);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
