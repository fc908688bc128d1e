// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title FeeToken
/// @notice A hostile token: one in a hundred is lost on every transfer, unless it is told to wait with that.
contract FeeToken is ERC3009 {
    /// @notice Whether transfers are free for now.
    bool public waits;

    constructor() ERC20("FeeToken", "FEE") EIP712("FeeToken", "1") {}

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Makes transfers free, or cost again.
    function setWaits(bool waits_) external {
        waits = waits_;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (!waits && from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}
