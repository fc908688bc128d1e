// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts, FactsLib} from "../../contracts/libraries/Facts.sol";

/// @title FactsProofs
/// @notice What was read at capture is what a refund, a release or a licence reads later: TREE-1, REFUND-2.
contract FactsProofs {
    uint256 private constant STATE_SHIFT = 160;

    /// @notice Every field comes back as it was packed, whatever the other fields are.
    function check_FactsReadBack(
        uint40 price,
        uint16 commissionBps,
        uint16 referrerBps,
        uint16 planVersion,
        uint8 class,
        uint24 epoch
    ) external pure {
        Facts facts = FactsLib.pack(price, commissionBps, referrerBps, planVersion, class, epoch);
        assert(facts.price() == price);
        assert(facts.commissionBps() == commissionBps);
        assert(facts.referrerBps() == referrerBps);
        assert(facts.planVersion() == planVersion);
        assert(facts.class() == class);
        assert(facts.epoch() == epoch);
        assert(facts.expiresAt() == 0);
        assert(!facts.has(type(uint8).max));
    }

    /// @notice Setting state bits sets those, keeps those that were set, and changes nothing below the state.
    function check_StateChangesNothingElse(Facts facts, uint8 bits, uint8 bit) external pure {
        Facts next = facts.withState(bits);
        assert(next.has(bit) == (facts.has(bit) || bits & bit != 0));
        assert(uint160(Facts.unwrap(next)) == uint160(Facts.unwrap(facts)));
        assert(Facts.unwrap(next) >> (STATE_SHIFT + 8) == Facts.unwrap(facts) >> (STATE_SHIFT + 8));
    }

    /// @notice The states of an order are told apart: setting one never sets another.
    function check_StatesAreApart(Facts facts) external pure {
        uint256[4] memory states = [FactsLib.PAID, FactsLib.FROM_ACCOUNT, FactsLib.REFUNDED, FactsLib.CLAIMED];
        for (uint256 i; i < states.length; ++i) {
            Facts next = facts.withState(states[i]);
            for (uint256 j; j < states.length; ++j) {
                assert(next.has(states[j]) == (i == j || facts.has(states[j])));
            }
        }
    }
}
