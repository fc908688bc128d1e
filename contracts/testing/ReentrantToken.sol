// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title ReentrantToken
/// @notice A hostile token: it calls back whatever it was armed with in the middle of its next transfer.
contract ReentrantToken is ERC20 {
    using Address for address;

    address private _target;
    bytes private _data;

    constructor() ERC20("ReentrantToken", "RE") {}

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice What to call in the next transfer.
    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        target.functionCall(_data);
    }
}
