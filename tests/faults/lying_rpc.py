"""Settle and refund through a node that lies, and see the books agree with the chain.

python -m tests.faults.lying_rpc                        goes on where it was interrupted

Every lie in turn, a hundred runs each. While the node lies nothing is confirmed that is not so;
once it tells the truth books and chain agree. Ends with one line, and a status that is not 0 if
that was missed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.faults.agreement import different, orders_of
from tests.faults.lies import LIES, Liar
from tests.faults.progress import FOLDER, Progress
from tests.faults.reorganisations import Fairs
from tests.faults.rpc_proxy import RpcProxy, honest
from tests.integration.fair import Fair
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.exceptions import ChainError, ZhifuError
from zhifu.gateway import Gateway
from zhifu.payments import OrderState

RUNS = 100
_CONFIRMATIONS = 2
_STEPS = 5
_MOST_LIES = 12
_TURNS = 12


class Hasty(Chain):
    """Waits for a receipt no longer than an automining node needs."""

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 0.1) -> Receipt:
        return super().wait_for_receipt(transaction_hash, timeout_seconds=timeout_seconds)


def run(fair: Fair, lie: str, seed: int) -> list[str]:
    """Let the gateway work while a node lies to it, and then go on; what is wrong then."""
    draw = random.Random(f"{lie} {seed}")
    with RpcProxy(fair.anvil.rpc_url) as proxy, Hasty(proxy.url) as chain:
        network = fair.same_chain(chain)
        with fair.gateway(1, network=network, confirmations=_CONFIRMATIONS) as gateway:
            learners = draw.sample(range(1, 11), 5)
            gateway.pay_many([fair.request(1, each, (draw.randint(1, 6),)) for each in learners])
            proxy.treatment = Liar(lie, draw.choice((0.3, 1.0)), _MOST_LIES, draw)
            wrong: list[str] = []
            for _ in range(_STEPS):
                fair.anvil.mine(draw.randint(0, 2) or 1)
                with suppress(ZhifuError):
                    draw.choice(_ACTIONS)(gateway, draw)
                wrong += _believed(fair)
            proxy.treatment = honest
            _finish(fair, gateway)
            return wrong + list(different(fair, gateway, (1,)))


def _settle(gateway: Gateway, draw: random.Random) -> None:
    gateway.settle(1, limit=draw.randint(1, 3))


def _refund(gateway: Gateway, draw: random.Random) -> None:
    gateway.refund(draw.choice(orders_of(gateway, 1)).id)


def _recover(gateway: Gateway, _: random.Random) -> None:
    gateway.recover()


_ACTIONS: tuple[Callable[[Gateway, random.Random], None], ...] = (
    _settle,
    _settle,
    _refund,
    _recover,
)


def _believed(fair: Fair) -> Iterator[str]:
    """What the books say is final, and is not."""
    for (name,) in fair.rows("SELECT transaction_hash FROM operations WHERE state = 'confirmed'"):
        receipt = fair.network.chain.receipt(name)
        if receipt is None or not receipt.succeeded:
            yield f"{name} is confirmed and not included"


def _finish(fair: Fair, gateway: Gateway) -> None:
    """Let the gateway do what it does by itself, until everything is settled and deep enough."""
    for _ in range(_TURNS):
        fair.anvil.mine(_CONFIRMATIONS + 1)
        with suppress(ChainError):
            gateway.recover()
            while gateway.settle(1) is not None:
                pass
        states = {order.state for order in orders_of(gateway, 1)}
        if states <= {OrderState.CONFIRMED, OrderState.REFUNDED} and not gateway.pending_refunds():
            break
    fair.anvil.mine(_CONFIRMATIONS + 1)
    gateway.recover()
    gateway.sync()


def main() -> int:
    """Run what has not been run yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--lie", choices=[*LIES], action="append")
    asked = parser.parse_args()
    started, lies = time.monotonic(), asked.lie or [*LIES]
    progress = Progress(FOLDER / "lying_rpc.jsonl", {"runs": asked.runs, "lies": lies})
    runs, wrong = 0, dict[str, list[str]]()
    with tempfile.TemporaryDirectory() as folder:
        fairs = Fairs(Path(folder))
        for lie in lies:
            for seed in range(1, asked.runs + 1):
                key = f"{lie} {seed}"
                if progress.result(key) is None:
                    with fairs.open() as fair:
                        progress.keep(key, run(fair, lie, seed))
                runs += 1
                if progress.result(key):
                    wrong[key] = progress.result(key)
    for key, found in wrong.items():
        print(f"{key}: {'; '.join(found)}", file=sys.stderr)
    print(
        f"lying_rpc: {'FAILED' if wrong else 'ok'}: {runs} runs of {len(lies)} lies,"
        f" {len(wrong)} wrong; {time.monotonic() - started:.1f} s"
    )
    if not wrong:
        progress.finish()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
