// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title BlockingToken
/// @notice A token with a block list, as many stablecoins have: a blocked address receives nothing.
contract BlockingToken is ERC20 {
    /// @notice Who receives nothing.
    mapping(address account => bool) public blocked;

    /// @notice The receiver is on the block list.
    error Blocked(address account);

    constructor() ERC20("BlockingToken", "BLK") {}

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Puts an address on the block list, or takes it off.
    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}
