"""Send many top-ups through a node that loses some of them, and see each happen once, in order.

python -m tests.faults.dropped --operations 10000

Ends with one line, and a status that is not 0 if a nonce was left out or a top-up is missing or
was made twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.pool import LeakyPool
from tests.faults.rpc_proxy import RpcProxy
from tests.integration.fair import LEARNERS, Fair, open_fair
from zhifu import accounts
from zhifu.anvil import Anvil
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.deeds import Deeds
from zhifu.deployment import DAY_SECONDS
from zhifu.exceptions import TransactionPending
from zhifu.finality import Finality
from zhifu.leases import Leases
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, Operation
from zhifu.store import Store
from zhifu.submitter import Submitter

GENESIS = 1_750_000_000
_TRIES = 50
#: As what top-ups are stored here: the contract would take it twice too, and the books ask for no
#: payment.
TWICE = Kind.WITHDRAWAL


class Hasty(Chain):
    """Waits for a receipt no longer than an automining node needs."""

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 0.2) -> Receipt:
        return super().wait_for_receipt(transaction_hash, timeout_seconds=timeout_seconds)


@dataclass
class Report:
    """What a run came to."""

    operations: int
    dropped: int
    nonces: int
    topped_up: int
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether each happened once, by one nonce."""
        return self.nonces == self.topped_up == self.operations

    def line(self) -> str:
        """In one line."""
        return (
            f"dropped: {'ok' if self.succeeded else 'FAILED'}: {self.operations} operations,"
            f" {self.dropped} dropped, {self.nonces} nonces used, {self.topped_up} made;"
            f" {self.seconds:.1f} s"
        )


def allow_top_ups(fair: Fair) -> None:
    """Let platform 1 top up as much as it likes."""
    fair.network.settlement.set_top_up_limit(fair.operators[1], 1, 10**12)
    fair.anvil.increase_time(3 * DAY_SECONDS)


def nobody_else(operation: Operation) -> None:
    """Nothing else does what a top-up does."""


def submitter(
    fair: Fair, chain: Chain, book: OperationBook, finality: int = 0, patience: int = 120
) -> Submitter:
    """What brings the operations of platform 1 to their end."""
    return Submitter(
        chain,
        book,
        1,
        fair.operators[1],
        nobody_else,
        finality=Finality(finality),
        replace_after_seconds=patience,
        first_block=fair.network.deployment.first_block,
        leases=Leases(book._store),
        deeds=Deeds(book._store, chain, lambda: None),
    )


def run(fair: Fair, database_url: str, operations: int, *, share: float, seed: int) -> Report:
    """Top learners up by one unit at a time; platform 1 is allowed to."""
    started = time.monotonic()
    settlement, operator = fair.network.settlement, fair.operators[1].address
    before, had = fair.network.chain.nonce(operator), topped_up(fair)
    pool = LeakyPool(share, seed)
    with (
        RpcProxy(fair.anvil.rpc_url, pool) as proxy,
        Hasty(proxy.url) as chain,
        Store.open(database_url) as store,
    ):
        sending = submitter(fair, chain, OperationBook(store, lambda: int(time.time())))
        chain.learn_errors(settlement.artifact.abi)
        for subject in range(1, operations + 1):
            call = settlement.encode("topUp", [1 + subject % LEARNERS], [1])
            make(sending, subject, settlement.address, call)
    return Report(
        operations,
        pool.dropped,
        fair.network.chain.nonce(operator) - before,
        topped_up(fair) - had,
        time.monotonic() - started,
    )


def make(sending: Submitter, subject: int, to: str, call: bytes) -> None:
    """Go on with an operation until it is made."""
    for _ in range(_TRIES):
        try:
            ending = sending.submit(TWICE, subject, to, call)
        except TransactionPending:
            continue
        if ending.refusal is not None:
            raise ending.refusal
        return
    raise TransactionPending(f"subject {subject}", 0)


def topped_up(fair: Fair) -> int:
    """What all learners have on platform 1."""
    of = fair.network.settlement.available_of
    return sum(of(accounts.of_learner(1, each)) for each in range(1, LEARNERS + 1))


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Anvil(genesis_timestamp=GENESIS, arguments=("--prune-history", "1000")) as anvil,
        Chain(anvil.rpc_url) as chain,
    ):
        fair = open_fair(anvil, chain)
        allow_top_ups(fair)
        url = f"sqlite:///{Path(folder) / 'books.sqlite3'}"
        report = run(fair, url, asked.operations, share=asked.share, seed=asked.seed)
    print(report.line())
    return 0 if report.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
