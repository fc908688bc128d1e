"""The proof that the money is right: the chain's state against its own history.

`audit` reads every event and every batch's calldata of a network, computes all balances, holds,
orders and licences anew, and compares them with what Settlement and ContentLicense store. It uses
nothing that a gateway has written down. What the registry stores is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zhifu import accounts
from zhifu.blocks import Log
from zhifu.contract import Contract
from zhifu.deployment import Network
from zhifu.models import NO_ADDRESS, Hold
from zhifu.recomputation import Recomputation
from zhifu.recomputed import Bucket, Divergence, Moment

ORDERS_PER_WORD = 7

_LOGS_AT_ONCE = 2_000

Progress = Callable[[int], object]
"""Told how many events were read since it was last called."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; amounts are ledger units.

    `findings` has a line per disagreement: an empty one means that invariants 1 to 3, 6 and 8
    hold. `in_dispute` are disputed prices with their bonds; `unaccounted` are tokens sent to
    Settlement without a deposit.
    """

    state: Recomputation
    available: int
    held: int
    in_dispute: int
    unaccounted: int
    findings: tuple[str, ...]

    @property
    def conserved(self) -> bool:
        """Whether everything agrees to the last unit."""
        return not self.findings


def audit(network: Network, *, progress: Progress = lambda _: None) -> Audit:
    """Recompute a network from its first block to the latest and compare it with its storage.

    The chain may go on meanwhile: everything is read as of the block that was the latest.
    """
    state = Recomputation()
    last = network.chain.block_number()
    try:
        recompute(network, state, last, progress)
    except Divergence as divergence:
        return Audit(state, 0, 0, 0, 0, (str(divergence),))
    available, kept = sum(state.available.values()), state.held + state.in_dispute
    (tokens,) = network.token.read_many("balanceOf", [(network.settlement.address,)], block=last)
    unaccounted = tokens // network.settlement.tokens_per_unit() - available - kept
    findings = [
        *_compare_accounts(network, state, last),
        *_compare_keys(network, state, last),
        *_compare_holds(network, state, last),
        *_compare_batches(network, state, last),
        *_compare_orders(network, state, last),
        *_compare_disputes(network, state, last),
        *_compare_tokens(network, state, last),
    ]
    if available + kept != state.tokens_in - state.tokens_out:
        moved = state.tokens_in - state.tokens_out
        findings.append(f"accounts, holds and disputes are {available + kept}, tokens say {moved}")
    if unaccounted < 0:
        findings.append(
            f"tokens are {-unaccounted} short of what accounts, holds and disputes add up to"
        )
    return Audit(state, available, state.held, state.in_dispute, unaccounted, tuple(findings))


def recompute(network: Network, state: Recomputation, last: int, progress: Progress) -> None:
    """Feed `state` with the network's events up to block `last`; raises Divergence."""
    known: dict[str, Contract] = {
        each.address: each for each in (network.settlement, network.license)
    }
    logs = network.chain.logs(list(known), (), network.deployment.first_block, last)
    while chunk := list(islice(logs, _LOGS_AT_ONCE)):
        moments = _moments(network, chunk)
        for log, moment in zip(chunk, moments, strict=True):
            event = known[log.address].decode(log)
            state.apply(event.name, event.arguments, moment)
        progress(len(chunk))


def _moments(network: Network, logs: Sequence[Log]) -> Iterator[Moment]:
    settled = network.settlement.artifact.topic("BatchSettled")
    batches = [log.transaction_hash for log in logs if log.topics[0] == settled]
    sent = network.chain.transactions(batches)
    calldata = {each.hash: each.input for each in sent if each is not None}
    numbers = sorted({log.block_number for log in logs})
    times = dict(zip(numbers, network.chain.timestamps(numbers), strict=True))
    for log in logs:
        words = calldata.get(log.transaction_hash, b"") if log.topics[0] == settled else b""
        yield Moment(times[log.block_number], words)


def _compare_accounts(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    keys = sorted(state.available)
    stored = network.settlement.read_many("availableOf", [(key,) for key in keys], block=last)
    for key, actual in zip(keys, stored, strict=True):
        if actual != state.available[key]:
            name = accounts.name_of(key)
            yield f"account {name} is {actual}, its events say {state.available[key]}"


def _compare_keys(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    """The keys that learners' accounts obey or are offered to."""
    keys = sorted({*state.keys, *state.offered})
    stored = network.settlement.read_many("keysOf", [(key,) for key in keys], block=last)
    for key, actual in zip(keys, stored, strict=True):
        expected = (state.keys.get(key, NO_ADDRESS), *state.offered.get(key, (NO_ADDRESS, 0)))
        if actual != expected:
            yield f"keys of {accounts.name_of(key)} are {actual}, its events say {expected}"


def _compare_holds(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    for function, buckets in (("holdOf", state.revenue), ("commissionOf", state.commission)):
        keys: list[Any] = sorted(buckets)
        stored = network.settlement.read_many(function, keys, block=last)
        for key, packed in zip(keys, stored, strict=True):
            expected = _as_hold(buckets[key], Hold.unpack(packed).epoch)
            if Hold.unpack(packed) != expected:
                yield f"{function} {key} is {Hold.unpack(packed)}, its events say {expected}"


def _as_hold(bucket: Bucket, epoch: int) -> Hold:
    """A bucket as a hold that was last touched in `epoch` stores it."""
    captured, previous = bucket.get(epoch, 0), bucket.get(epoch - 1, 0)
    return Hold(sum(bucket.values()) - captured - previous, previous, captured, epoch)


def _compare_batches(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    keys = sorted(state.roots)
    stored = network.settlement.read_many("rootOf", keys, block=last)
    for key, root in zip(keys, stored, strict=True):
        if root != state.roots[key]:
            yield f"root of batch {key} is 0x{root.hex()}, its calldata says otherwise"
    lanes = sorted(state.last_batch)
    following = network.settlement.read_many("nextBatch", lanes, block=last)
    for lane, number in zip(lanes, following, strict=True):
        if number != state.last_batch[lane] + 1:
            yield f"lane {lane} goes on with {number} after {state.last_batch[lane]}"


def _compare_orders(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    """What became of orders: one by one where something did, those of batches by 256 too."""
    orders = sorted({*state.states, *state.spent})
    stored = network.settlement.read_many("factsOf", [(each,) for each in orders], block=last)
    for order_id, facts in zip(orders, stored, strict=True):
        implied = state.facts(order_id)
        if facts != implied:
            yield f"order 0x{order_id:064x} is {facts:#x}, its events say {implied:#x}"
    expected = _spent_words(state)
    words = network.settlement.read_many("spentOf", list(expected), block=last)
    for key, word in zip(expected, words, strict=True):
        if word != expected[key]:
            yield f"spent orders of {key} are {word:#x}, their events say {expected[key]:#x}"


def _compare_disputes(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    """Requested refunds and disputes, open or over."""
    asked = sorted(state.answers)
    answers = network.settlement.read_many("answerByOf", [(each,) for each in asked], block=last)
    for order_id, answer_by in zip(asked, answers, strict=True):
        if answer_by != state.answers[order_id]:
            said = state.answers[order_id]
            yield f"request of 0x{order_id:064x} is {answer_by}, its events say {said}"
    argued = sorted({*state.disputes, *state.disputed})
    disputes = network.settlement.read_many("disputeOf", [(each,) for each in argued], block=last)
    for order_id, actual in zip(argued, disputes, strict=True):
        known = state.disputes.get(order_id)
        expected = (known.opener, known.bond, known.deadline) if known else (0, 0, 0)
        if actual != expected:
            yield f"dispute of 0x{order_id:064x} is {actual}, its events say {expected}"


def _spent_words(state: Recomputation) -> dict[tuple[int, int, int, int], int]:
    """By platform, lane, batch and group of 256 positions: a bit for each order that is spent."""
    words = {
        (*key, group): 0
        for key, leaves in state.leaves.items()
        for group in range(leaves * ORDERS_PER_WORD // 256 + 1)
    }
    for order_id in state.spent:
        position = order_id & 0xFFFFFFFF
        batch = (order_id >> 128, order_id >> 96 & 0xFFFFFFFF, order_id >> 32 & (1 << 64) - 1)
        words[(*batch, position // 256)] |= 1 << position % 256
    return words


def _compare_tokens(network: Network, state: Recomputation, last: int) -> Iterator[str]:
    """Claimed licences against who holds their tokens."""
    keys = sorted(state.claimed)
    stored = network.license.read_many("holderOf", [(key,) for key in keys], block=last)
    for key, holder in zip(keys, stored, strict=True):
        if holder != state.claimed[key]:
            yield f"licence {key} is held by {holder}, its events say {state.claimed[key]}"
        if key in state.refunded and int(holder, 16):
            yield f"licence {key} was refunded and is still held by {holder}"
