// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {accountOf, accountOfLearner, accountOfPlatform} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

/// @notice The last key of each kind of account, and the first one behind it (DEP-1).
contract DepositBoundsTest is Scene {
    function test_the_last_of_each_kind_is_an_account() external {
        _holds(accountOf(address(type(uint160).max)));
        _holds(accountOfPlatform(type(uint32).max));
        _holds(accountOfLearner(type(uint32).max, type(uint32).max));
    }

    function test_what_is_behind_the_last_is_none() external {
        _refuses(Account.wrap(1 << 160));
        _refuses(Account.wrap((1 << 248) | (1 << 32)));
        _refuses(Account.wrap((2 << 248) | (1 << 64) | (1 << 32) | 1));
        _refuses(Account.wrap(3 << 248));
    }

    function _holds(Account account) private {
        _deposit(account, 1_000);
        vm.assertEq(uint256(settlement.availableOf(account)), 1_000, "DEP-1: for any account");
    }

    function _refuses(Account account) private {
        _fund(address(this), 1_000);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidAccount.selector, account));
        settlement.deposit(account, 1_000);
    }
}
