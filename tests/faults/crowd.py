"""Several gateway processes on one database: all are asked the same at the same time.

One of them is killed on the way. What must be true in the end is what must be true of one process.
"""

from __future__ import annotations

import random
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.faults.crashes import town_of
from tests.faults.judgement import start_of, unfinished, wrong
from tests.faults.killed import Place, working
from tests.faults.sales import Sale, sale_of
from tests.faults.town import PLATFORM, Town
from tests.integration.fair import Fair
from zhifu.exceptions import ZhifuError
from zhifu.money import Money
from zhifu.payments import OrderState, Payment
from zhifu.providers import Checkout, Intent, ProviderPayment, RefundStatus
from zhifu.providers.sandbox import SandboxProvider

_LIFETIME_SECONDS = 80_000
_PATIENCE_SECONDS = 120
_DISTANCE_SECONDS = 0.05
_GOES_BACK = 1 / 2


@dataclass
class Report:
    """What a run came to: `refused` are the codes of what single processes refused."""

    sales: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Distant(SandboxProvider):
    """A provider that takes its time, so that those who ask at once are there at once."""

    def create(self, intent: Intent) -> Checkout:
        time.sleep(_DISTANCE_SECONDS)
        return super().create(intent)

    def query(self, provider_payment_id: str) -> ProviderPayment:
        time.sleep(_DISTANCE_SECONDS)
        return super().query(provider_payment_id)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        time.sleep(_DISTANCE_SECONDS)
        return super().refund(provider_payment_id, amount, refund_id)


class Square(Place):
    """A place with such a provider."""

    def provider(self) -> SandboxProvider:
        """The one provider, as any process sees it."""
        return Distant(self.ledger, secret=self.secret, clock=self.now)


def join(place: Place, line: Connection) -> None:
    """Do jobs, and what is asked for: a method's name and its arguments."""
    with working(place) as gateway:
        while True:
            method, arguments = line.recv()
            try:
                line.send((getattr(gateway, method)(*arguments), None))
            except ZhifuError as error:
                line.send((None, error.code))


class Crowd:
    """The processes; `refused` are the codes of what one of them refused."""

    def __init__(self, place: Place, members: int) -> None:
        context = get_context("spawn")
        self.refused: list[str] = []
        self._members: list[tuple[BaseProcess, Connection]] = []
        for _ in range(members):
            ours, theirs = context.Pipe()
            process = context.Process(target=join, args=(place, theirs), daemon=True)
            process.start()
            self._members.append((process, ours))

    def ask(self, method: str, *arguments: Any) -> list[Any]:
        """Ask all of them at once; what those answer that do not refuse."""
        for _, line in self._members:
            line.send((method, arguments))
        answers = [line.recv() for _, line in self._members]
        self.refused += [code for _, code in answers if code is not None]
        return [answer for answer, code in answers if code is None]

    def kill_one(self) -> None:
        """Kill the first of them; the others know nothing of it."""
        process, _ = self._members.pop(0)
        process.kill()
        process.join()

    def kill_all(self) -> None:
        """Kill what is left."""
        while self._members:
            self.kill_one()


@contextmanager
def crowd_at(place: Place, members: int) -> Iterator[Crowd]:
    """A crowd that is gone afterwards."""
    crowd = Crowd(place, members)
    try:
        yield crowd
    finally:
        crowd.kill_all()


def run(fair: Fair, database: str, *, members: int, sales: int, seed: int = 1) -> Report:
    """Sell through all members at once, kill one of them half-way, let the others finish, judge."""
    draw, report = random.Random(seed), Report(sales)
    with tempfile.TemporaryDirectory() as folder, town_of(fair, database) as town:
        ledger, secret = Path(folder) / "provider.jsonl", secrets.token_bytes(32)
        rpc_url, url = fair.anvil.rpc_url, town.database_url
        place = Square(fair.network.deployment, rpc_url, url, ledger, secret, time.time())
        town.now, town.provider = place.now(), place.provider()
        start = start_of(town)
        with crowd_at(place, members) as crowd:
            sold = []
            for number in range(sales):
                if number == sales // 2:
                    crowd.kill_one()
                sold.append(_sold(town, place, crowd, draw))
            report.refused = crowd.refused
            payments = [sale.payment for sale in sold if sale.payment is not None]
            with place.gateway(town.fair.network.chain) as gateway:
                _wait(town, lambda: list(unfinished(gateway, payments)))
                crowd.kill_all()
                town.now = place.now()
                report.wrong += unfinished(gateway, payments)
                report.wrong += wrong(town, gateway, payments, start)
                found = sum(1 for _ in gateway.payments(PLATFORM))
        if found != sales:
            report.wrong.append(f"{found} payments are in the books, of {sales}")
    return report


def _sold(town: Town, place: Place, crowd: Crowd, draw: random.Random) -> Sale:
    """A sale that every member is asked for and told of; one in two goes back, by all at once."""
    town.now = place.now()
    sale = sale_of(town, draw)
    terms = replace(sale.terms, expires_at=town.now + _LIFETIME_SECONDS)
    payment: Payment = crowd.ask("checkout", sale.request, terms)[0].payment
    sale.payment, number = payment, payment.provider_payment_id or ""
    town.provider.confirm(number)
    crowd.ask("take_callback", "sandbox", town.provider.callback(number))
    if draw.random() < _GOES_BACK:
        order = payment.orders[0].id
        _wait(town, lambda: not crowd.ask("order", order)[0].batch)
        _wait(town, lambda: crowd.ask("refund", order)[0].state is not OrderState.REFUNDED)
    return sale


def _wait(town: Town, is_left: Callable[[], object]) -> None:
    """Let blocks come and time pass until nothing is left, or patience is."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while is_left() and time.monotonic() < deadline:
        town.fair.anvil.mine()
        time.sleep(0.2)
