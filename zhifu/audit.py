"""The proof that the money is right: the chain's state against its own history.

`audit` reads every event and every batch's calldata of a network, computes all balances, holds and
licences anew, and compares them with what the contracts store. It uses nothing that a gateway has
written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zhifu import accounts
from zhifu.blocks import Log
from zhifu.contracts import Contract
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput
from zhifu.models import Hold
from zhifu.recomputation import Bucket, Divergence, Moment, Recomputation

_LOGS_AT_ONCE = 2_000

Progress = Callable[[int], object]
"""Told how many events were read since it was last called."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; amounts are ledger units.

    `findings` has a line per disagreement: an empty one means that invariants 1 to 3, 6 and 8
    hold. `unaccounted` are tokens sent to Settlement without a deposit.
    """

    state: Recomputation
    available: int
    held: int
    unaccounted: int
    findings: tuple[str, ...]

    @property
    def conserved(self) -> bool:
        """Whether everything agrees to the last unit."""
        return not self.findings


def audit(network: Network, *, progress: Progress = lambda _: None) -> Audit:
    """Recompute a network from its first block to the latest and compare it with its storage."""
    state = Recomputation()
    last = network.chain.block_number()
    try:
        recompute(network, state, last, progress)
    except Divergence as divergence:
        return Audit(state, 0, 0, 0, (str(divergence),))
    available = sum(state.available.values())
    tokens = network.token.balance_of(network.settlement.address)
    unaccounted = tokens // network.settlement.tokens_per_unit() - available - state.held
    findings = [
        *_compare_accounts(network, state),
        *_compare_holds(network, state),
        *_compare_roots(network, state),
        *_compare_licenses(network, state),
    ]
    if available + state.held != state.tokens_in - state.tokens_out:
        moved = state.tokens_in - state.tokens_out
        findings.append(f"accounts and holds are {available + state.held}, tokens say {moved}")
    if unaccounted < 0:
        findings.append(f"tokens are {-unaccounted} short of what accounts and holds add up to")
    if network.chain.block_number() != last:
        raise InvalidInput("chain", "must not change during an audit", last)
    return Audit(state, available, state.held, unaccounted, tuple(findings))


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


def _compare_accounts(network: Network, state: Recomputation) -> Iterator[str]:
    keys = sorted(state.available)
    stored = network.settlement.read_many("availableOf", [(key,) for key in keys])
    for key, actual in zip(keys, stored, strict=True):
        if actual != state.available[key]:
            name = accounts.name_of(key)
            yield f"account {name} is {actual}, its events say {state.available[key]}"


def _compare_holds(network: Network, state: Recomputation) -> Iterator[str]:
    for function, buckets in (("holdOf", state.revenue), ("commissionOf", state.commission)):
        keys: list[Any] = sorted(buckets)
        calls = [key if isinstance(key, tuple) else (key,) for key in keys]
        stored = network.settlement.read_many(function, calls)
        for key, packed in zip(keys, stored, strict=True):
            expected = _as_hold(buckets[key], Hold.unpack(packed).epoch)
            if Hold.unpack(packed) != expected:
                yield f"{function} {key} is {Hold.unpack(packed)}, its events say {expected}"


def _as_hold(bucket: Bucket, epoch: int) -> Hold:
    """A bucket as a hold that was last touched in `epoch` stores it."""
    captured, previous = bucket.get(epoch, 0), bucket.get(epoch - 1, 0)
    return Hold(sum(bucket.values()) - captured - previous, previous, captured, epoch)


def _compare_roots(network: Network, state: Recomputation) -> Iterator[str]:
    keys = sorted(state.roots)
    stored = network.settlement.read_many("rootOf", keys)
    for key, root in zip(keys, stored, strict=True):
        if root != state.roots[key]:
            yield f"root of batch {key} is 0x{root.hex()}, its calldata says otherwise"
    for (platform, lane), last in sorted(state.last_batch.items()):
        following = network.settlement.next_batch(platform, lane)
        if following != last + 1:
            yield f"lane {lane} of platform {platform} goes on with {following} after {last}"


def _compare_licenses(network: Network, state: Recomputation) -> Iterator[str]:
    """Claimed licences against their tokens; batch licences are proven by their roots."""
    keys = sorted(state.claimed)
    stored = network.license.read_many("holderOf", [(key,) for key in keys])
    for key, holder in zip(keys, stored, strict=True):
        if holder != state.claimed[key]:
            yield f"licence {key} is held by {holder}, its events say {state.claimed[key]}"
        if key in state.refunded and int(holder, 16):
            yield f"licence {key} was refunded and is still held by {holder}"
