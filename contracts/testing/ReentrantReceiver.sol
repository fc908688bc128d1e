// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title ReentrantReceiver
/// @notice A hostile receiver: given an ERC-1155 token, it calls whatever it was armed with before it takes it.
contract ReentrantReceiver is ERC1155Holder {
    using Address for address;

    address private _target;
    bytes private _data;

    /// @notice What to call when the next token comes.
    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @notice Calls `target` and passes a revert on.
    function forward(address target, bytes calldata data) external {
        target.functionCall(data);
    }

    /// @notice Calls back, and takes the token.
    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes memory data
    ) public override returns (bytes4) {
        address target = _target;
        _target = address(0);
        if (target != address(0)) target.functionCall(_data);
        return super.onERC1155Received(operator, from, id, value, data);
    }
}
