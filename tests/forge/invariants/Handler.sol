// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {Role} from "../../../contracts/interfaces/IPlatformRegistry.sol";
import {Account} from "../../../contracts/libraries/Account.sol";
import {vm} from "../Vm.sol";
import {DELAY, always} from "./Term.sol";
import {TermsChecks} from "./TermsChecks.sol";

/// @notice One step of a walk per function: a verb with inputs that its caller may use now, and what it must have done.
contract Handler is TermsChecks {
    uint256 private constant PAYEES = 8;
    uint256 private constant MEMBERS = 3;
    uint256 private constant FIRST_CONTENTS = 4;
    uint256 private constant FIRST_LEARNERS = 20;

    /// @notice Opens a network with members, learners, contents and money, so that every verb can be walked at once.
    function open() external drawing(1) {
        _open();
        admin = networkOwner;
        windows.push(SHORT_WINDOW);
        windows.push(LONG_WINDOW);
        _appoint();
        members.push();
        members[0].treasury = always(uint160(networkTreasury));
        homes.push();
        _openPurses();
        for (uint256 i; i < MEMBERS; ++i) _join();
        _openAccounts();
        for (uint256 i; i < FIRST_CONTENTS; ++i) _publishAs(keys[i % MEMBERS]);
    }

    function pass(uint256 seed) external drawing(seed) {
        uint256 step =
            _oneIn(3)
                ? 4 days
                : _oneIn(4)
                    ? 15 days
                    : 8 hours;
        vm.warp(block.timestamp + _between(1, step));
    }

    function _appoint() private {
        for (uint256 role; role < 2; ++role) {
            holders[role] = actor(role == 0 ? "arbiter" : "pauser");
            _giveRole(Role(role), holders[role]);
        }
    }

    function _openPurses() private {
        _fund(address(this), type(uint128).max);
        for (uint256 i; i < PAYEES; ++i) {
            string memory name = string.concat("payee ", vm.toString(i));
            address payee = actor(name);
            _know(payee, keyOf(name));
            if (i < BUYERS) _pay(accountOf(payee), FUNDS);
            if (i < BUYERS) _fund(payee, type(uint96).max);
        }
    }

    function _join() private {
        uint32 platform = _admitMember(200, 500);
        _pay(accountOfPlatform(platform), FUNDS);
        vm.prank(keys[keys.length - 1].key);
        registry.registerLearners(uint32(FIRST_LEARNERS), "");
        for (uint256 i; i < FIRST_LEARNERS; ++i) _bindFirstKey(platform, payees[i % PAYEES]);
    }

    /// @dev Every other learner that is met takes its account over, on every platform.
    function _openAccounts() private {
        for (uint32 platform = 1; platform <= MEMBERS; ++platform) {
            _setTopUpLimit(platform, 10 ** 8);
            for (uint32 learner = 1; learner <= LEARNERS_MET; learner += 2) {
                Account purse = _purse(platform, learner);
                purseOffers[purse] = payees[learner % PAYEES];
                vm.prank(keys[platform - 1].key);
                desk.offerAccount(platform, learner, purseOffers[purse]);
            }
        }
        vm.warp(block.timestamp + DELAY);
        for (uint256 i; i < purses.length; ++i) _takeOver(purses[i]);
    }

    function _bindFirstKey(uint32 platform, address key) private {
        uint32 learner = uint32(homes.length);
        homes.push(platform);
        if (_oneIn(2)) return;
        vm.prank(keys[keys.length - 1].key);
        registry.bindKey(learner, key);
        learnerKeys[learner] = key;
    }
}
