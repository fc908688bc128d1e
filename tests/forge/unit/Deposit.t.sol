// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {Armed} from "../Tokens.sol";
import {vm} from "../Vm.sol";

contract DepositTest is Scene {
    function test_credits_an_address() external {
        vm.expectEmit(address(settlement));
        emit ISettlement.Deposited(accountOf(receiver), buyer, 700);
        vm.prank(buyer);
        settlement.deposit(accountOf(receiver), 700);
        _assertAvailable(receiver, 700, "DEP-1: credited");
        vm.assertEq(token.balanceOf(buyer), FUNDS - 700, "DEP-3: taken");
        _assertHeldTokens(700);
    }

    function test_credits_a_platform_admitted_or_not() external {
        vm.prank(buyer);
        settlement.deposit(accountOfPlatform(99), 700);
        _assertAvailable(uint32(99), 700, "DEP-1: credited");
    }

    function test_credits_a_learner() external {
        vm.prank(buyer);
        settlement.deposit(accountOfLearner(seller, 1), 700);
        _assertAvailable(accountOfLearner(seller, 1), 700, "DEP-1: credited");
    }

    function test_refuses_accounts_that_nothing_can_own() external {
        _refuses(Account.wrap(0));
        _refuses(accountOf(address(settlement)));
        _refuses(Account.wrap(1 << 160));
        _refuses(Account.wrap((1 << 248) | (1 << 32)));
        _refuses(Account.wrap((2 << 248) | 1));
        _refuses(Account.wrap((2 << 248) | (1 << 32)));
        _refuses(Account.wrap((2 << 248) | (1 << 64) | (1 << 32) | 1));
        _refuses(Account.wrap((3 << 248) | (1 << 32) | 1));
    }

    function _refuses(Account account) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidAccount.selector, account));
        vm.prank(buyer);
        settlement.deposit(account, 700);
    }

    function test_refuses_nothing() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.ZeroAmount.selector));
        vm.prank(buyer);
        settlement.deposit(accountOf(buyer), 0);
    }

    function test_counts_in_millionths_of_a_token_with_more_decimals() external {
        _deploy(_anotherToken("SettlementToken.sol:SettlementToken", abi.encode("Gold", "XAU", 9, address(this))));
        token.setMintAllowance(address(this), 10_000);
        _fund(buyer, 10_000);
        vm.prank(buyer);
        settlement.deposit(accountOf(buyer), 7_000);
        _assertAvailable(buyer, 7, "DEP-2: in ledger units");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotWholeUnits.selector, 1_500, 1_000));
        vm.prank(buyer);
        settlement.deposit(accountOf(buyer), 1_500);
        vm.prank(buyer);
        settlement.withdraw(7, receiver);
        vm.assertEq(token.balanceOf(receiver), 7_000, "WITHDRAW-3: in the token's own units");
    }

    function test_refuses_a_token_that_takes_a_fee() external {
        _deploy(_anotherToken("FeeToken.sol:FeeToken", ""));
        _fund(buyer, 10_000);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TransferMismatch.selector, 990, 1_000));
        vm.prank(buyer);
        settlement.deposit(accountOf(buyer), 1_000);
    }

    function test_cannot_be_entered_again_from_the_token() external {
        address hostile = _anotherToken("ReentrantToken.sol:ReentrantToken", "");
        _deploy(hostile);
        _fund(buyer, 10_000);
        Armed(hostile).arm(address(settlement), abi.encodeCall(ISettlement.deposit, (accountOf(buyer), 1)));
        vm.expectRevert(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        vm.prank(buyer);
        settlement.deposit(accountOf(buyer), 1_000);
    }
}
