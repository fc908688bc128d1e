// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOfLearner} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

contract TakeOverTest is Scene {
    function test_the_account_becomes_the_keys_own() external {
        Account account = accountOfLearner(seller, 1);
        _deposit(account, 100);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.AccountOffered(account, learnerKey, uint40(block.timestamp + 2 days));
        _offer(sellerOperator, learnerKey);
        _assertKeys(address(0), learnerKey);
        vm.warp(block.timestamp + 2 days);
        vm.expectEmit(address(settlement));
        emit ISettlementDesk.AccountTakenOver(account, learnerKey, 100);
        _accept(learnerKey);
        _assertKeys(learnerKey, address(0));
        _assertAvailable(account, 0, "TOPUP-3: moved");
        _assertAvailable(learnerKey, 100, "TOPUP-3: to the key's own account");
        _deposit(account, 5);
        _assertAvailable(learnerKey, 105, "TOPUP-3: and what comes in later");
    }

    function test_the_key_passes_the_account_on() external {
        _takeOver(1, learnerKey);
        _deposit(accountOfLearner(seller, 1), 100);
        _offer(learnerKey, stranger);
        _assertKeys(learnerKey, stranger);
        vm.warp(block.timestamp + 2 days);
        _accept(stranger);
        _assertAvailable(learnerKey, 100, "TOPUP-3: what came in before stays");
        _assertAvailable(stranger, 0, "TOPUP-3: nothing moves");
        _deposit(accountOfLearner(seller, 1), 1);
        _assertAvailable(stranger, 1, "TOPUP-3: what comes in later");
    }

    function test_only_who_has_custody_offers() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOperatorOf.selector, hostOperator, seller));
        _offer(hostOperator, learnerKey);
        _takeOver(1, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, sellerOperator, learnerKey));
        _offer(sellerOperator, stranger);
    }

    function test_only_whom_it_was_offered_to() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, learnerKey, address(0)));
        _accept(learnerKey);
        _offer(sellerOperator, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, stranger, learnerKey));
        _accept(stranger);
        _offer(sellerOperator, address(0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, learnerKey, address(0)));
        _accept(learnerKey);
    }

    function test_not_before_two_days_have_passed() external {
        _offer(sellerOperator, learnerKey);
        uint256 from = block.timestamp + 2 days;
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementCourt.TooEarly.selector, from - 1, from));
        _accept(learnerKey);
        vm.warp(from);
        _accept(learnerKey);
    }

    function test_an_offer_is_taken_once() external {
        _takeOver(1, learnerKey);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongCaller.selector, learnerKey, address(0)));
        _accept(learnerKey);
    }

    function test_refuses_an_account_that_nobody_can_have() external {
        Account account = accountOfLearner(seller, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidAccount.selector, account));
        vm.prank(sellerOperator);
        desk.offerAccount(seller, 0, learnerKey);
    }

    function _offer(address sender, address key) private {
        vm.prank(sender);
        desk.offerAccount(seller, 1, key);
    }

    function _accept(address key) private {
        vm.prank(key);
        desk.takeOver(seller, 1);
    }

    function _assertKeys(address key, address offered) private view {
        (address present, address next, ) = desk.keysOf(accountOfLearner(seller, 1));
        vm.assertEq(present, key, "TOPUP-3: the key");
        vm.assertEq(next, offered, "TOPUP-3: the offer");
    }
}
