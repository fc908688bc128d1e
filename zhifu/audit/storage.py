"""What Settlement and ContentLicense store, held against what their events and batches imply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from zhifu import accounts
from zhifu.audit.batch import PLACES
from zhifu.audit.recomputation import Recomputation
from zhifu.audit.records import Bucket
from zhifu.contract import Contract
from zhifu.deployment import Network
from zhifu.models import NO_ADDRESS, Hold

MONEY, HOLDS, SPLITS, DEBITS, LICENCES, LANES, ONCE, RECOMPUTED = range(1, 9)
"""The invariants of SPECIFICATION.md by their numbers."""

_ORDERS_PER_SPENT_WORD = 256
_ASKED_AT_ONCE = 2_000


class Finding(NamedTuple):
    """Something that is not as it must be, and the numbers of the invariants that this breaks."""

    breaks: tuple[int, ...]
    said: str


class Storage:
    """A network's storage as of a block."""

    def __init__(self, network: Network, block: int) -> None:
        self._network = network
        self._settlement = network.settlement
        self._block = block

    def tokens(self) -> int:
        """What Settlement has of the token, in ledger units."""
        asked = [(self._settlement.address,)]
        (tokens,) = self._network.token.read_many("balanceOf", asked, block=self._block)
        return int(tokens) // self._settlement.tokens_per_unit()

    def findings(self, state: Recomputation) -> Iterator[Finding]:
        """Every value that is not what the state implies."""
        yield from self._accounts(state)
        yield from self._keys(state)
        yield from self._holds("holdOf", state.contents.revenue)
        yield from self._holds("commissionOf", state.commission)
        yield from self._roots(state)
        yield from self._lanes(state)
        yield from self._facts(state)
        yield from self._spent(state)
        yield from self._answers(state)
        yield from self._disputes(state)
        yield from self._tokens(state)

    def _read(
        self, contract: Contract, function: str, keys: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """What a view answers to each key, which is its arguments or its only one."""
        asked = iter(keys)
        while chunk := list(islice(asked, _ASKED_AT_ONCE)):
            arguments = [key if isinstance(key, tuple) else (key,) for key in chunk]
            answers = contract.read_many(function, arguments, block=self._block)
            yield from zip(chunk, answers, strict=True)

    def _accounts(self, state: Recomputation) -> Iterator[Finding]:
        available = state.balances.available
        for key, actual in self._read(self._settlement, "availableOf", sorted(available)):
            expected = available[key]
            if actual != expected:
                said = f"account {accounts.name_of(key)} is {actual}, its events say {expected}"
                # Nobody with a say debited it of what is missing.
                taken = (DEBITS,) if actual < expected else ()
                yield Finding((*taken, RECOMPUTED), said)

    def _keys(self, state: Recomputation) -> Iterator[Finding]:
        """The keys that learners' accounts obey or are offered to."""
        keys, offered = state.balances.keys, state.balances.offered
        known = sorted({*keys, *offered})
        for key, actual in self._read(self._settlement, "keysOf", known):
            expected = (keys.get(key, NO_ADDRESS), *offered.get(key, (NO_ADDRESS, 0)))
            if actual != expected:
                said = f"keys of {accounts.name_of(key)} are {actual}, its events say {expected}"
                yield Finding((DEBITS, RECOMPUTED), said)

    def _holds(self, function: str, buckets: Mapping[Any, Bucket]) -> Iterator[Finding]:
        for key, packed in self._read(self._settlement, function, sorted(buckets)):
            expected = _as_hold(buckets[key], Hold.unpack(packed).epoch)
            if Hold.unpack(packed) != expected:
                said = f"{function} {key} is {Hold.unpack(packed)}, its events say {expected}"
                yield Finding((HOLDS, RECOMPUTED), said)

    def _roots(self, state: Recomputation) -> Iterator[Finding]:
        for key, root in self._read(self._settlement, "rootOf", state.batches):
            if root != state.batches[key].root:
                said = f"root of batch {key} is 0x{root.hex()}, its calldata says otherwise"
                yield Finding((LICENCES, RECOMPUTED), said)

    def _lanes(self, state: Recomputation) -> Iterator[Finding]:
        for lane, number in self._read(self._settlement, "nextBatch", sorted(state.last_batch)):
            if number != state.last_batch[lane] + 1:
                said = f"lane {lane} goes on with {number} after {state.last_batch[lane]}"
                yield Finding((LANES, RECOMPUTED), said)

    def _facts(self, state: Recomputation) -> Iterator[Finding]:
        for order_id, facts in self._read(self._settlement, "factsOf", sorted(state.states)):
            implied = state.facts(order_id)
            if facts != implied:
                said = f"order 0x{order_id:064x} is {facts:#x}, its events say {implied:#x}"
                yield Finding((LICENCES, RECOMPUTED), said)

    def _spent(self, state: Recomputation) -> Iterator[Finding]:
        """A bit for each order of a batch to which anything happened, by 256 positions."""
        for key, word in self._read(self._settlement, "spentOf", _spent_words(state)):
            expected = state.spent[key[:3]] >> key[3] * _ORDERS_PER_SPENT_WORD & (1 << 256) - 1
            if word != expected:
                said = f"spent orders of {key} are {word:#x}, their events say {expected:#x}"
                yield Finding((LICENCES, RECOMPUTED), said)

    def _answers(self, state: Recomputation) -> Iterator[Finding]:
        """Requested refunds, answered or not."""
        for order_id, actual in self._read(self._settlement, "answerByOf", sorted(state.answers)):
            if actual != state.answers[order_id]:
                said = f"is {actual}, its events say {state.answers[order_id]}"
                yield Finding((RECOMPUTED,), f"request of 0x{order_id:064x} {said}")

    def _disputes(self, state: Recomputation) -> Iterator[Finding]:
        """Disputes, open or over."""
        for order_id, actual in self._read(self._settlement, "disputeOf", sorted(state.disputed)):
            known = state.disputes.get(order_id)
            expected = (known.opener, known.bond, known.deadline) if known else (0, 0, 0)
            if actual != expected:
                said = f"is {actual}, its events say {expected}"
                yield Finding((RECOMPUTED,), f"dispute of 0x{order_id:064x} {said}")

    def _tokens(self, state: Recomputation) -> Iterator[Finding]:
        """Claimed licences against who holds their tokens."""
        for key, holder in self._read(self._network.license, "holderOf", sorted(state.claimed)):
            if holder != state.claimed[key]:
                said = f"licence {key} is held by {holder}, its events say {state.claimed[key]}"
                yield Finding((LICENCES, RECOMPUTED), said)


def _as_hold(bucket: Bucket, epoch: int) -> Hold:
    """A bucket as a hold that was last touched in `epoch` stores it."""
    captured, previous = bucket.get(epoch, 0), bucket.get(epoch - 1, 0)
    return Hold(sum(bucket.values()) - captured - previous, previous, captured, epoch)


def _spent_words(state: Recomputation) -> Iterator[tuple[int, int, int, int]]:
    """The platform, lane, batch and group of 256 positions of every order of a batch."""
    for place, batch in state.batches.items():
        for group in range(batch.leaves * PLACES // _ORDERS_PER_SPENT_WORD + 1):
            yield (*place, group)
