// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Scene} from "../Scene.sol";
import {Token} from "../Token.sol";
import {vm} from "../Vm.sol";

contract SettlementTokenTest is Scene {
    function test_a_minter_creates_within_its_allowance() external {
        vm.expectEmit(address(token));
        emit Token.MintAllowanceChanged(stranger, 100);
        token.setMintAllowance(stranger, 100);
        vm.expectEmit(address(token));
        emit Token.MintAllowanceChanged(stranger, 30);
        _mint(70);
        vm.assertEq(token.balanceOf(receiver), 70, "TOKEN-1: created");
        vm.assertEq(token.mintAllowance(stranger), 30, "TOKEN-1: what is left");
        vm.expectRevert(abi.encodeWithSelector(Token.MintAllowanceExceeded.selector, stranger, 30, 31));
        _mint(31);
        _mint(30);
        vm.assertEq(token.totalSupply(), FUNDS + 100, "TOKEN-1: all of it");
    }

    function test_only_the_owner_gives_allowances() external {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        token.setMintAllowance(stranger, 100);
    }

    function test_has_the_decimals_it_was_made_with() external {
        vm.assertEq(token.decimals(), 6, "TOKEN-1: six");
        bytes memory arguments = abi.encode("Gold", "XAU", 9, address(this));
        vm.assertEq(Token(_anotherToken("SettlementToken.sol:SettlementToken", arguments)).decimals(), 9, "nine");
        vm.assertEq(bytes(token.name()), "Gold", "TOKEN-1: its name");
        vm.assertEq(bytes(token.symbol()), "XAU", "TOKEN-1: its symbol");
    }

    function _mint(uint256 amount) private {
        vm.prank(stranger);
        token.mint(receiver, amount);
    }
}
