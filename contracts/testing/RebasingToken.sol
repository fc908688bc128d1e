// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title RebasingToken
/// @notice A hostile token: all balances can be made larger or smaller at once.
contract RebasingToken is ERC20 {
    uint256 private constant WHOLE = 100;

    /// @notice What a hundred tokens of the beginning are now.
    uint256 public percent = WHOLE;

    constructor() ERC20("RebasingToken", "RB") {}

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Makes a hundred tokens of the beginning `percent_`.
    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * percent) / WHOLE;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, (value * WHOLE) / percent);
    }
}
