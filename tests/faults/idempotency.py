"""Ask for the same payments many times at once, and see that each is recorded once.

python -m tests.faults.idempotency --keys 1000 --times 50        as `make faults` does

By `AsyncGateway`, two of them on one database, and through HTTP; on both kinds of database. Ends
with one line, and a status that is not 0 if a key made none or two, or was answered in two ways.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.faults.crashes import DATABASES, GENESIS, town_of
from tests.integration.api.crowd import Asked, ask_at_once
from tests.integration.api.shop import open_shop, order_body
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.api.buckets import UNLIMITED
from zhifu.api.service import Options
from zhifu.async_gateway import AsyncGateway
from zhifu.chain import Chain
from zhifu.payments import PaymentRequest

#: How many keys are asked for at once, each so many times.
_CROWD = 20


class Report(NamedTuple):
    """What a run came to: `made` orders, by so many `new` answers, and `torn` keys.

    A torn key was answered in two ways, or not with a payment.
    """

    keys: int
    made: int
    new: int
    torn: int

    @property
    def is_exact(self) -> bool:
        """Whether every key made one order and told it alike."""
        return (self.made, self.new, self.torn) == (self.keys, self.keys, 0)


def by_gateway(fair: Fair, keys: int, times: int, seed: int) -> Report:
    """Ask two asynchronous gateways that share a database."""
    return asyncio.run(_by_gateway(fair, keys, times, random.Random(seed)))


async def _by_gateway(fair: Fair, keys: int, times: int, draw: random.Random) -> Report:
    answers: dict[str, list[tuple[str, bool]]] = {}
    async with AsyncGateway(fair.gateway()) as one, AsyncGateway(fair.gateway()) as other:

        async def ask(request: PaymentRequest) -> None:
            payment = await draw.choice((one, other)).pay(request)
            told = (payment.id, payment.replayed)
            answers.setdefault(request.idempotency_key, []).append(told)

        for crowd in _crowds(fair, keys):
            asked = crowd * times
            draw.shuffle(asked)
            await asyncio.gather(*map(ask, asked))
    ids = {key: {name for name, _ in told} for key, told in answers.items()}
    torn = sum(len(names) != 1 for names in ids.values()) + keys - len(ids)
    new = sum(not replayed for told in answers.values() for _, replayed in told)
    return Report(keys, _made(fair), new, torn)


def by_http(fair: Fair, keys: int, times: int, seed: int) -> Report:
    """Ask a service, with as many connections as requests at once."""
    new = torn = 0
    with open_shop(fair, Options(rate=UNLIMITED)) as shop:
        key = shop.key()
        for crowd in _crowds(fair, keys):
            asked = [Asked(shop.url, key, each.idempotency_key, order_body(each)) for each in crowd]
            answers = asyncio.run(ask_at_once(asked, times=times))
            new += sum(not each.is_replayed for each in answers)
            told = Counter(each.body for each in answers if each.status == 201)
            torn += len(crowd) - list(told.values()).count(times)
    return Report(keys, _made(fair), new, torn)


WAYS: dict[str, Callable[[Fair, int, int, int], Report]] = {"gateway": by_gateway, "http": by_http}


def run(fair: Fair, database: str, way: str, keys: int, times: int, seed: int = 1) -> Report:
    """Ask in one way, on a database of its own."""
    with town_of(fair, database) as town:
        return WAYS[way](town.fair, keys, times, seed)


def _crowds(fair: Fair, keys: int) -> list[list[PaymentRequest]]:
    requests = [fair.request() for _ in range(keys)]
    return [requests[at : at + _CROWD] for at in range(0, keys, _CROWD)]


def _made(fair: Fair) -> int:
    ((orders,),) = fair.rows("SELECT count(*) FROM orders")
    ((payments,),) = fair.rows("SELECT count(DISTINCT idempotency_key) FROM payments")
    return int(orders) if orders == payments else -1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    started, reports = time.monotonic(), {}
    with Anvil(genesis_timestamp=GENESIS) as anvil, Chain(anvil.rpc_url) as chain:
        fair = open_fair(anvil, chain)
        for database in DATABASES:
            for way in WAYS:
                report = run(fair, database, way, asked.keys, asked.times, asked.seed)
                reports[f"{way} on {database}"] = report
    failed = [f"{name}: {each}" for name, each in reports.items() if not each.is_exact]
    for line in failed:
        print(line, file=sys.stderr)
    print(
        f"idempotency: {'FAILED' if failed else 'ok'}: {asked.keys} keys, {asked.times} times each"
        f" at once, made {sorted({each.made for each in reports.values()})} orders by"
        f" {', '.join(reports)}; {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
