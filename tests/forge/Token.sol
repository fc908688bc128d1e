// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @notice The settlement token of test networks, as its users see it.
interface Token is IERC20Metadata, IERC20Permit, IERC3009 {
    event MintAllowanceChanged(address indexed minter, uint256 allowance);

    error MintAllowanceExceeded(address minter, uint256 allowance, uint256 amount);

    function mint(address to, uint256 amount) external;

    function setMintAllowance(address minter, uint256 allowance) external;

    function mintAllowance(address minter) external view returns (uint256);
}
