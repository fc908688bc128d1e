// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Facts, FactsLib} from "../../contracts/libraries/Facts.sol";

/// @title FactsProofs
/// @notice What was read at capture is what a refund, a release or a licence reads later: TREE-1, REFUND-2.
contract FactsProofs {
    uint256 private constant ABOVE_STATE = 168;

    /// @notice Every field comes back as it was packed, whatever the other fields are.
    function check_FactsReadBack(
        uint40 price,
        uint16 commissionBps,
        uint16 referrerBps,
        uint16 planVersion,
        uint8 class,
        uint24 epoch,
        uint40 startsAt,
        uint40 expiresAt
    ) external pure {
        Facts facts = FactsLib.pack(price, commissionBps, planVersion, class, epoch);
        facts = facts.withReferrer(referrerBps).withInterval(startsAt, expiresAt);
        assert(facts.price() == price && facts.left() == price && facts.refunded() == 0);
        assert(facts.commissionBps() == commissionBps);
        assert(facts.referrerBps() == referrerBps);
        assert(facts.planVersion() == planVersion);
        assert(facts.class() == class);
        assert(facts.epoch() == epoch);
        assert(facts.startsAt() == startsAt);
        assert(facts.expiresAt() == expiresAt);
        assert(!facts.has(type(uint8).max));
    }

    /// @notice Setting state bits sets those, keeps those that were set, and changes nothing else.
    function check_StateChangesNothingElse(Facts facts, uint8 bits, uint8 bit) external pure {
        Facts next = facts.withState(bits);
        assert(next.has(bit) == (facts.has(bit) || bits & bit != 0));
        _requireSameBesideTheState(facts, next);
    }

    /// @notice Clearing state bits clears those, keeps the others, and changes nothing else.
    function check_ClearingChangesNothingElse(Facts facts, uint8 bits, uint8 bit) external pure {
        Facts next = facts.withoutState(bits);
        assert(next.has(bit) == facts.has(bit & ~bits));
        _requireSameBesideTheState(facts, next);
    }

    /// @notice The states of an order are told apart: setting one never sets another.
    function check_StatesAreApart(Facts facts) external pure {
        uint256[7] memory states = [
            FactsLib.PAID,
            FactsLib.FROM_ACCOUNT,
            FactsLib.REFUNDED,
            FactsLib.CLAIMED,
            FactsLib.DISPUTED,
            FactsLib.FROM_LEARNER,
            FactsLib.PAID_OUT
        ];
        for (uint256 i; i < states.length; ++i) {
            Facts next = facts.withState(states[i]);
            for (uint256 j; j < states.length; ++j) {
                assert(next.has(states[j]) == (i == j || facts.has(states[j])));
            }
        }
    }

    /// @notice A part refund takes from what is left exactly its amount, up to the price, and changes no other fact.
    function check_PartRefundsAddUp(Facts facts, uint40 amount) external pure {
        if (facts.refunded() > facts.price() || amount > facts.left()) return;
        Facts next = facts.withRefund(amount);
        assert(next.left() == facts.left() - amount);
        assert(next.refunded() == facts.refunded() + amount);
        assert(uint208(Facts.unwrap(next)) == uint208(Facts.unwrap(facts)));
        assert(Facts.unwrap(next) >> 248 == Facts.unwrap(facts) >> 248);
    }

    /// @notice A licence runs from its start up to, and not at, its end; one without an end always runs.
    function check_LicencesRunFromStartToEnd(uint40 startsAt, uint40 expiresAt, uint256 timestamp) external pure {
        Facts facts = FactsLib.pack(1, 0, 1, 0, 0).withInterval(startsAt, expiresAt);
        bool runs = expiresAt == 0 || (startsAt <= timestamp && timestamp < expiresAt);
        assert(facts.isCurrent(timestamp) == runs);
    }

    function _requireSameBesideTheState(Facts facts, Facts next) private pure {
        assert(uint160(Facts.unwrap(next)) == uint160(Facts.unwrap(facts)));
        assert(Facts.unwrap(next) >> ABOVE_STATE == Facts.unwrap(facts) >> ABOVE_STATE);
    }
}
