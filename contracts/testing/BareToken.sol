// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title BareToken
/// @notice An ERC-20 that does nothing beyond the standard, and so the cheapest there can be: it shows what a caller
/// costs by itself.
contract BareToken {
    /// @notice `amount` went from `from` to `to`; from zero when it was created.
    event Transfer(address indexed from, address indexed to, uint256 amount);

    /// @notice `spender` may take `amount` from `owner`.
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    /// @notice The token's name.
    string public constant name = "Bare Dollar"; // solhint-disable-line const-name-snakecase

    /// @notice The token's symbol.
    string public constant symbol = "BARE"; // solhint-disable-line const-name-snakecase

    /// @notice The token's decimals.
    uint8 public constant decimals = 6; // solhint-disable-line const-name-snakecase

    /// @notice How many tokens exist.
    uint256 public totalSupply;

    /// @notice The tokens of an address.
    mapping(address owner => uint256) public balanceOf;

    /// @notice How many tokens of an owner a spender may take; the highest number is never used up.
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Creates tokens for anyone.
    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        unchecked {
            // No balance exceeds the supply.
            balanceOf[to] += amount;
        }
        emit Transfer(address(0), to, amount);
    }

    /// @notice Lets `spender` take up to `amount` of the caller's tokens.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @notice Moves the caller's tokens.
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves tokens that the caller may take.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        unchecked {
            // No balance exceeds the supply.
            balanceOf[to] += amount;
        }
        emit Transfer(from, to, amount);
    }
}
