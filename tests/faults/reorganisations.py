"""Reorganise a chain in every depth and manner, and see books and chain agree again.

python -m tests.faults.reorganisations                  goes on where it was interrupted

Depths 1 to 64, transactions dropped, included again or put in another order, ten seeds each. Ends
with one line, and a status that is not 0 if a run did not come to the same end.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum
from itertools import count
from pathlib import Path

from tests.databases import SQLiteDatabases
from tests.faults.agreement import different, orders_of, untrue
from tests.faults.progress import FOLDER, Progress
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.exceptions import ChainError
from zhifu.gateway import Gateway
from zhifu.payments import OrderState
from zhifu.providers.sandbox import SandboxProvider

GENESIS = 1_750_000_000
DEEPEST = 64
SEEDS = 10
_CONFIRMATIONS = DEEPEST + 1
_PLATFORMS = (1, 2)
_MOST_ACTIONS = 6


class Manner(str, Enum):
    """What becomes of the transactions of the blocks that go."""

    DROP = "drop"
    INCLUDE = "re-include"
    REORDER = "reorder"


def run(fair: Fair, depth: int, manner: Manner, seed: int) -> list[str]:
    """Settle and refund over `depth` blocks, reorganise them, recover; what is wrong then."""
    draw = random.Random(f"{depth} {manner.value} {seed}")
    with fair.gateway(*_PLATFORMS, confirmations=_CONFIRMATIONS) as gateway:
        _sell(fair, gateway, draw)
        for _ in range(draw.randint(0, 2)):
            _act(gateway, draw)
        start = fair.network.chain.block_number()
        _fill(fair, gateway, draw, depth)
        head = fair.network.chain.block_number()
        _reorganise(fair, head - start, manner, draw, start)
        gateway.sync()
        wrong = list(untrue(fair))
        _recover(fair, gateway)
        return wrong + list(different(fair, gateway, _PLATFORMS))


def _sell(fair: Fair, gateway: Gateway, draw: random.Random) -> None:
    """Each learner buys a content once, so that a licence is one order's."""
    learners = draw.sample(range(1, 11), 6)
    gateway.pay_many(
        [
            fair.request(draw.choice(_PLATFORMS), learner, (draw.randint(1, 6),))
            for learner in learners
        ]
    )


def _act(gateway: Gateway, draw: random.Random) -> None:
    """Settle a few orders of a platform, or refund one; at most two blocks."""
    platform = draw.choice(_PLATFORMS)
    settled = [order for order in orders_of(gateway, platform) if order.state is OrderState.SETTLED]
    if settled and draw.random() < 0.4:
        gateway.refund(draw.choice(settled).id)
    else:
        gateway.settle(platform, limit=draw.randint(1, 3))


def _fill(fair: Fair, gateway: Gateway, draw: random.Random, depth: int) -> None:
    """Bring `depth` blocks onto the chain, some of them with what the gateway does."""
    end = fair.network.chain.block_number() + depth
    actions = draw.randint(1, min(depth, _MOST_ACTIONS))
    for left in range(actions, 0, -1):
        room = end - fair.network.chain.block_number() - left
        if room > 0 and draw.random() < 0.6:
            fair.anvil.mine(draw.randint(1, room))
        _act(gateway, draw)
    missing = end - fair.network.chain.block_number()
    if missing > 0:
        fair.anvil.mine(missing)


def _reorganise(fair: Fair, depth: int, manner: Manner, draw: random.Random, start: int) -> None:
    """Put other blocks in the place of the last ones."""
    sent = fair.rows(
        "SELECT operations.operator, submissions.raw FROM operations"
        " JOIN submissions ON submissions.hash = operations.transaction_hash"
        f" WHERE operations.block_number > {start}"
        " ORDER BY operations.block_number"
    )
    kept: list[tuple[str, bytes]] = [] if manner is Manner.DROP else [*sent]
    places = sorted(draw.randrange(depth) for _ in kept)
    if manner is Manner.REORDER:
        kept = _interleaved(kept, draw)[: draw.randint(0, len(kept))]
    pairs = [["0x" + raw.hex(), at] for (_, raw), at in zip(kept, places, strict=False)]
    fair.anvil.rpc.call("anvil_reorg", depth, pairs)


def _interleaved(sent: list[tuple[str, bytes]], draw: random.Random) -> list[tuple[str, bytes]]:
    """In another order, except that a key's own nonces stay in theirs."""
    keys = [key for key, _ in sent]
    draw.shuffle(keys)
    queues = {key: iter([raw for other, raw in sent if other == key]) for key in keys}
    return [(key, next(queues[key])) for key in keys]


def _recover(fair: Fair, gateway: Gateway) -> None:
    """Let the gateway do what it does by itself, until everything is deep enough."""
    for blocks in (0, 1, _CONFIRMATIONS + 1, _CONFIRMATIONS + 1, _CONFIRMATIONS + 1):
        if blocks:
            fair.anvil.mine(blocks)
        with suppress(ChainError):
            gateway.recover()
            for platform in _PLATFORMS:
                while gateway.settle(platform) is not None:
                    pass
    fair.anvil.mine(_CONFIRMATIONS + 1)
    gateway.recover()
    gateway.sync()


class Fairs:
    """Fairs as at their opening, each on a chain of its own, with books of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "state.json"
        self._numbers = count(1)
        with (
            Anvil(genesis_timestamp=GENESIS, state=self._state) as anvil,
            Chain(anvil.rpc_url) as chain,
        ):
            self._opened = open_fair(anvil, chain)

    @contextmanager
    def open(self) -> Iterator[Fair]:
        """A fair; Anvil can reorganise deeply only what it has not reverted."""
        place = self._folder / str(next(self._numbers))
        place.mkdir()
        load = ("--load-state", str(self._state))
        with (
            Anvil(genesis_timestamp=GENESIS, arguments=load) as anvil,
            Chain(anvil.rpc_url) as chain,
        ):
            anvil.mine()
            yield replace(
                self._opened,
                anvil=anvil,
                network=Network(chain, self._opened.network.deployment),
                databases=SQLiteDatabases(place),
                provider=SandboxProvider(),
                keys=count(1),
            )
        shutil.rmtree(place)


def main() -> int:
    """Run what has not been run yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--deepest", type=int, default=DEEPEST)
    asked = parser.parse_args()
    started = time.monotonic()
    plan = {"seeds": asked.seeds, "deepest": asked.deepest}
    progress = Progress(FOLDER / "reorganisations.jsonl", plan)
    runs, wrong = 0, dict[str, list[str]]()
    with tempfile.TemporaryDirectory() as folder:
        fairs = Fairs(Path(folder))
        for depth in range(1, asked.deepest + 1):
            for manner in Manner:
                for seed in range(1, asked.seeds + 1):
                    key = f"{depth} {manner.value} {seed}"
                    if progress.result(key) is None:
                        with fairs.open() as fair:
                            progress.keep(key, run(fair, depth, manner, seed))
                    runs += 1
                    if progress.result(key):
                        wrong[key] = progress.result(key)
    for key, found in wrong.items():
        print(f"{key}: {'; '.join(found)}", file=sys.stderr)
    print(
        f"reorganisations: {'FAILED' if wrong else 'ok'}: {runs} runs of depths 1 to"
        f" {asked.deepest}, {len(wrong)} wrong; {time.monotonic() - started:.1f} s"
    )
    if not wrong:
        progress.finish()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
