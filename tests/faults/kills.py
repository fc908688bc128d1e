"""Kill a gateway's process again and again (SIGKILL), and see that nothing is lost or done twice.

python -m tests.faults.kills --kills 100        as `make faults` does, half on each kind of database

Ends with one line, and a status that is not 0 if anything was lost or done twice.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.faults.crashes import DATABASES, GENESIS, town_of
from tests.faults.judgement import Start, start_of, unfinished, wrong
from tests.faults.killed import Place, live
from tests.faults.sales import Sale, sale_of
from tests.faults.town import PLATFORM, Town
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.gateway import Gateway
from zhifu.payments import OrderState

#: How long a process lives at most after it was started, in seconds; starting takes some of it.
_LONGEST_LIFE = 6.0
_LIFETIME_SECONDS = 80_000
_PATIENCE_SECONDS = 180


@dataclass
class Report:
    """What a run came to."""

    kills: int = 0
    sales: int = 0
    wrong: list[str] = field(default_factory=list)


class Counter:
    """What a shop asks its gateway through; the process behind it is killed now and then."""

    def __init__(self, place: Place, kills: int, draw: random.Random) -> None:
        self.kills = 0
        self._place = place
        self._wanted = kills
        self._draw = draw
        self._process: BaseProcess | None = None
        self._line: Connection | None = None
        self._dies_at = 0.0

    @property
    def is_done(self) -> bool:
        """Whether as many processes were killed as there should be."""
        return self.kills >= self._wanted

    def ask(self, method: str, *arguments: Any) -> Any:
        """Ask until some process lives long enough to answer."""
        while True:
            line = self._connected()
            line.send((method, arguments))
            while not line.poll(0.02):
                if self._kill_if_time():
                    break
            else:
                return line.recv()

    def wait(self, seconds: float) -> None:
        """Let the process work, or die."""
        self._connected()
        time.sleep(seconds)
        self._kill_if_time()

    def kill(self) -> None:
        """Kill the process now."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._line = None

    def _connected(self) -> Connection:
        if self._line is None:
            context = get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=live, args=(self._place, theirs), daemon=True)
            self._process.start()
            self._dies_at = time.monotonic() + self._draw.uniform(0, _LONGEST_LIFE)
        return self._line

    def _kill_if_time(self) -> bool:
        alive = self._process is not None and self._process.is_alive()
        if alive and (self.is_done or time.monotonic() < self._dies_at):
            return False
        self.kill()
        self.kills += 1
        return True


def run(fair: Fair, database: str, kills: int, seed: int = 1) -> Report:
    """Sell until so many processes were killed, let the last one finish, and judge."""
    draw, report = random.Random(seed), Report()
    with tempfile.TemporaryDirectory() as folder, town_of(fair, database) as town:
        place = Place(
            fair.network.deployment,
            fair.anvil.rpc_url,
            town.database_url,
            Path(folder) / "provider.jsonl",
            secrets.token_bytes(32),
            time.time(),
        )
        town.now, town.provider = place.now(), place.provider()
        start, counter = start_of(town), Counter(place, kills, draw)
        sales: list[Sale] = []
        try:
            while not counter.is_done:
                sales.append(_sold(town, place, counter, draw))
                fair.anvil.mine()
            _finish(town, place, counter, sales, start, report)
        finally:
            counter.kill()
    report.kills, report.sales = counter.kills, len(sales)
    return report


def _sold(town: Town, place: Place, counter: Counter, draw: random.Random) -> Sale:
    """A sale, paid and told of, of which one in three goes back."""
    town.now = place.now()
    sale = sale_of(town, draw)
    terms = replace(sale.terms, expires_at=town.now + _LIFETIME_SECONDS)
    made = counter.ask("checkout", sale.request, terms)
    sale.payment, number = made.payment, made.payment.provider_payment_id
    town.provider.confirm(number)
    counter.ask("take_callback", "sandbox", town.provider.callback(number))
    counter.wait(draw.uniform(0, 0.5))
    order = made.payment.orders[0].id
    if draw.random() < 1 / 3 and counter.ask("order", order).state in _REFUNDABLE:
        counter.ask("refund", order)
    return sale


_REFUNDABLE = (OrderState.PAID, OrderState.SETTLED, OrderState.CONFIRMED)


def _finish(
    town: Town,
    place: Place,
    counter: Counter,
    sales: Sequence[Sale],
    start: Start,
    report: Report,
) -> None:
    payments = [sale.payment for sale in sales if sale.payment is not None]
    with place.gateway(town.fair.network.chain) as gateway:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while list(unfinished(gateway, payments)) and time.monotonic() < deadline:
            town.fair.anvil.mine()
            counter.wait(0.5)
        town.now = place.now()
        report.wrong += unfinished(gateway, payments)
        report.wrong += wrong(town, gateway, payments, start)
        report.wrong += _unexpected(gateway, len(payments))


def _unexpected(gateway: Gateway, payments: int) -> list[str]:
    found = sum(1 for _ in gateway.payments(PLATFORM))
    return [] if found == payments else [f"{found} payments are in the books, of {payments}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    with Anvil(genesis_timestamp=GENESIS) as anvil, Chain(anvil.rpc_url) as chain:
        fair = open_fair(anvil, chain)
        kills = asked.kills // len(DATABASES)
        reports = [run(fair, database, kills, asked.seed) for database in DATABASES]
    faults = [each for report in reports for each in report.wrong]
    for line in faults:
        print(line, file=sys.stderr)
    print(
        f"kills: {'FAILED' if faults else 'ok'}: {sum(each.kills for each in reports)} processes"
        f" killed among {sum(each.sales for each in reports)} sales, {len(faults)} faults;"
        f" {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
