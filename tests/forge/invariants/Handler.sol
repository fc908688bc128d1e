// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {accountOf, accountOfPlatform} from "../Accounts.sol";
import {vm} from "../Vm.sol";
import {always} from "./Term.sol";
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
        members.push();
        members[0].treasury = always(uint160(networkTreasury));
        homes.push();
        _openPurses();
        for (uint256 i; i < MEMBERS; ++i) _join();
        for (uint256 i; i < FIRST_CONTENTS; ++i) _publishAs(keys[i % MEMBERS]);
    }

    function pass(uint256 seed) external drawing(seed) {
        uint256 step = _oneIn(3) ? 4 days : 8 hours;
        vm.warp(block.timestamp + _between(1, step));
    }

    function _openPurses() private {
        _fund(address(this), type(uint128).max);
        for (uint256 i; i < PAYEES; ++i) {
            address payee = actor(string.concat(i < BUYERS ? "buyer " : "payee ", vm.toString(i)));
            _know(payee);
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

    function _bindFirstKey(uint32 platform, address key) private {
        uint32 learner = uint32(homes.length);
        homes.push(platform);
        if (_oneIn(2)) return;
        vm.prank(keys[keys.length - 1].key);
        registry.bindKey(learner, key);
        learnerKeys[learner] = key;
    }
}
