"""The proof that the money is right: the chain's state against its own history.

`audit` reads every event and every batch's calldata of a network, computes all balances, holds,
orders and licences anew, and compares them with what Settlement and ContentLicense store. It uses
nothing that a gateway has written down, and no code of the gateway but how a node is asked and how
events are decoded. What the registry stores is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zhifu.audit.invariants import Line, Sums, lines, of_divergence, of_state
from zhifu.audit.recomputation import Recomputation, Witness
from zhifu.audit.records import Divergence, Moment
from zhifu.audit.storage import Finding, Storage
from zhifu.blocks import Log, Transaction
from zhifu.contract import Contract
from zhifu.deployment import Network

#: Small enough that what is in the air of calldata stays small too.
_LOGS_AT_ONCE = 200
_BLOCKS_AT_ONCE = 1_000

Progress = Callable[[int], object]
"""Told how many events were read since it was last called."""

Listener = Callable[[str, Mapping[str, Any], Moment], object]
"""Told every event once it is taken into account: its name, its arguments, when it came."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found as of a block; amounts are ledger units.

    `lines` has each invariant of SPECIFICATION.md, and `broken` what is not as it must be.
    `in_dispute` are disputed prices with their bonds; `unaccounted` are tokens sent to Settlement
    without a deposit.
    """

    state: Recomputation
    block: int
    sums: Sums | None
    broken: tuple[Finding, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is to be said of each invariant."""
        return lines(self.state, self.sums, self.broken)

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong, in a line each: none means that all invariants hold."""
        return tuple(each.said for each in self.broken)

    @property
    def available(self) -> int:
        """All available balances together."""
        return self.sums.available if self.sums else 0

    @property
    def held(self) -> int:
        """All money in holds."""
        return self.sums.held if self.sums else 0

    @property
    def in_dispute(self) -> int:
        """All money that open disputes keep."""
        return self.sums.in_dispute if self.sums else 0

    @property
    def unaccounted(self) -> int:
        """Tokens that belong to nobody."""
        return self.sums.unaccounted if self.sums else 0

    @property
    def conserved(self) -> bool:
        """Whether everything agrees to the last unit."""
        return not self.broken


def audit(
    network: Network, *, progress: Progress = lambda _: None, witness: Witness | None = None
) -> Audit:
    """Recompute a network from its first block to the latest and compare it with its storage.

    The chain may go on meanwhile: everything is read as of the block that was the latest.
    `witness` is shown every sale, in chain order. Raises InconsistentNode if that block was
    reorganised away meanwhile.
    """
    reading = Reading(network, progress, witness)
    reading.to(reading.last)
    return reading.conclude()


class Reading:
    """A recomputation that reads a network's history, up to one block after another.

    `last` is the block that everything is compared as of: the latest when it was made. The
    `listener` and the state's witness may be put in place, and taken away, between two blocks.
    """

    def __init__(
        self, network: Network, progress: Progress = lambda _: None, witness: Witness | None = None
    ) -> None:
        self._network = network
        self._progress = progress
        self.last = 0
        self.state = Recomputation(self._calldata, witness)
        self.look_again()
        self._next = network.deployment.first_block
        self._divergence: Divergence | None = None
        contracts = (network.registry, network.license, network.settlement)
        self._known: dict[str, Contract] = {each.address: each for each in contracts}
        self._settled = network.settlement.artifact.topic("BatchSettled")
        self.listener: Listener | None = None

    @property
    def has_ended(self) -> bool:
        """Whether an event contradicts those before it, and nothing more is read."""
        return self._divergence is not None

    def look_again(self) -> None:
        """Compare as of what is the latest block now."""
        self._end = self._network.chain.block()
        self.last, self.state.now = self._end.number, self._end.timestamp

    def to(self, block: int) -> None:
        """Read on, up to a block; not beyond an event that contradicts those before it."""
        if self._divergence is None:
            try:
                self._read_to(block)
            except Divergence as divergence:
                self._divergence = divergence
        self._next = max(self._next, block + 1)

    def conclude(self) -> Audit:
        """Compare the state with the network's storage as of `last`; raises InconsistentNode."""
        found = self._concluded()
        self._require_standing()
        return found

    def _concluded(self) -> Audit:
        if self._divergence is not None:
            return Audit(self.state, self.last, None, (of_divergence(self._divergence),))
        storage, state = Storage(self._network, self.last), self.state
        available = sum(state.balances.available.values())
        sums = Sums(available, state.held, state.in_dispute, storage.tokens())
        broken = (*storage.findings(state), *of_state(state, sums))
        return Audit(state, self.last, sums, broken)

    def _require_standing(self) -> None:
        """See that all that was read is of one chain: then its last block is there still."""
        chain = self._network.chain
        (found,) = chain.blocks([self.last])
        if found is None or found.hash != self._end.hash:
            raise chain.inconsistent(f"block {self.last} was reorganised away while it was audited")

    def _read_to(self, block: int) -> None:
        logs = self._network.chain.logs(
            list(self._known), (), self._next, block, chunk_blocks=_BLOCKS_AT_ONCE
        )
        while chunk := list(islice(logs, _LOGS_AT_ONCE)):
            for log, moment in zip(chunk, self._moments(chunk), strict=True):
                event = self._known[log.address].decode(log)
                self.state.apply(event.name, event.arguments, moment)
                if self.listener is not None:
                    self.listener(event.name, event.arguments, moment)
            self._progress(len(chunk))

    def _moments(self, logs: Sequence[Log]) -> Iterator[Moment]:
        chain = self._network.chain
        hashes = [log.transaction_hash for log in logs if log.topics[0] == self._settled]
        sent = {each.hash: each for each in chain.transactions(hashes) if each is not None}
        numbers = sorted({log.block_number for log in logs})
        times = dict(zip(numbers, chain.timestamps(numbers), strict=True))
        for log in logs:
            yield _moment(log, times[log.block_number], sent.get(log.transaction_hash))

    def _calldata(self, transaction_hash: str) -> bytes:
        sent = self._network.chain.transaction(transaction_hash)
        return b"" if sent is None else sent.input


def _moment(log: Log, timestamp: int, sent: Transaction | None) -> Moment:
    calldata, sender = (sent.input, sent.sender) if sent else (b"", "")
    place = (log.transaction_hash, log.block_number, log.log_index)
    return Moment(timestamp, calldata, sender, *place)
