// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title SettlementToken
/// @notice A settlement token for local and test networks: ERC-20 with EIP-2612 permits, EIP-3009 authorizations and
/// minters with allowances. Production networks bring an existing stablecoin or deposit token instead.
contract SettlementToken is ERC20Permit, ERC3009, Ownable2Step {
    /// @notice A minter may create up to `allowance` more tokens.
    event MintAllowanceChanged(address indexed minter, uint256 allowance);

    /// @notice The minter may create less than was asked.
    error MintAllowanceExceeded(address minter, uint256 allowance, uint256 amount);

    /// @notice How many tokens a minter may still create, in the token's smallest unit.
    mapping(address minter => uint256) public mintAllowance;

    uint8 private immutable DECIMALS;

    /// @notice Makes a token without supply.
    /// @param name The token's name, and its EIP-712 domain name; the domain's version is "1".
    /// @param symbol Its symbol.
    /// @param decimals_ Its decimals.
    /// @param owner Who sets mint allowances.
    constructor(
        string memory name,
        string memory symbol,
        uint8 decimals_,
        address owner
    ) ERC20(name, symbol) ERC20Permit(name) Ownable(owner) {
        DECIMALS = decimals_;
    }

    /// @notice Sets how many tokens `minter` may still create. Only the owner.
    function setMintAllowance(address minter, uint256 allowance) external onlyOwner {
        mintAllowance[minter] = allowance;
        emit MintAllowanceChanged(minter, allowance);
    }

    /// @notice Creates `amount` tokens for `to`, out of the caller's mint allowance.
    function mint(address to, uint256 amount) external {
        uint256 left = mintAllowance[msg.sender];
        if (left < amount) revert MintAllowanceExceeded(msg.sender, left, amount);
        mintAllowance[msg.sender] = left - amount;
        emit MintAllowanceChanged(msg.sender, left - amount);
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}
