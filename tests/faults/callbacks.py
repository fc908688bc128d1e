"""Deliver every provider's callbacks many times in any order, and forged ones among them.

python -m tests.faults.callbacks --events 10000 --forged 10000      as `make faults` does

Half of them on each kind of database. Each event is delivered ten times, signed anew each time,
from several threads, while the gateway works. Ends with one line, and a status that is not 0 if an
event had none or two effects, or if anything forged or stale was accepted.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.faults.crashes import DATABASES, GENESIS, town_of
from tests.faults.rail_yard import LIFETIME_SECONDS, METHODS, RailYard, delivered
from tests.faults.town import PLATFORM
from tests.integration.fair import LEARNERS, PRICES, Fair, open_fair
from tests.integration.rails import FORGERIES
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, PaymentRequest
from zhifu.providers import Callback, Checkout
from zhifu.sandbox.deliveries import Notice
from zhifu.sandbox.keys import Keys

TIMES = 10
CURRENCY = "CNY"
_THREADS = 4
#: Deliveries between two looks of the gateway at what came.
_SHIFT = 500
_PATIENCE_SECONDS = 60


@dataclass
class Report:
    """What a run came to; an event is `wrong` that had no effect, or more than one."""

    events: int = 0
    deliveries: int = 0
    refused: int = 0
    wrong: int = 0
    forged: int = 0
    accepted: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether each event had one effect and nothing forged had any."""
        return not (self.refused or self.wrong or self.accepted)

    def add(self, other: Report) -> None:
        """Count another one in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Post:
    """Takes callbacks to a gateway, genuine ones and others."""

    def __init__(
        self, gateway: Gateway, yard: RailYard, foreign: Sequence[Notice], draw: random.Random
    ) -> None:
        self._gateway = gateway
        self._yard = yard
        self._foreign = foreign
        self._draw = draw

    def sell(self, number: int) -> list[Notice]:
        """A payment at one of the providers, by a learner who pays it; its callbacks."""
        name = list(METHODS)[number % len(METHODS)]
        content = self._draw.choice(sorted(PRICES))
        amount = Money(PRICES[content], CURRENCY)
        learner = self._draw.randint(1, LEARNERS)
        request = PaymentRequest(PLATFORM, learner, (content,), amount, name, "", f"key-{number}")
        terms = CheckoutTerms(int(time.time()) + LIFETIME_SECONDS, METHODS[name], "a cart")
        made = self._gateway.checkout(request, terms)
        assert made.payment.provider_payment_id is not None
        return self._yard.pay(name, Checkout(made.payment.provider_payment_id, made.action))

    def deliver(self, notice: Notice) -> bool:
        """Deliver it once more; whether it was accepted."""
        return self._take(notice.provider, delivered(notice))

    def forge(self, pair: tuple[Notice, Notice]) -> bool:
        """Deliver what a thief or a slow network makes of two; whether it was accepted."""
        notice, other = pair
        callback, name = delivered(notice), notice.provider
        match self._draw.choice((*FORGERIES, "foreign", "misdirected", "swapped", "unsigned")):
            case "foreign":
                foreign = self._draw.choice(self._foreign)
                return self._take(foreign.provider, delivered(foreign))
            case "misdirected":
                return self._take(next(each for each in METHODS if each != name), callback)
            case "swapped":
                # Alipay's signature is in the body: that of another event is genuine.
                is_alike = other is notice or name == "alipay"
                body = callback.body + b" " if is_alike else delivered(other).body
                return self._take(name, callback._replace(body=body))
            case "unsigned":
                return self._take(name, callback._replace(headers={}, body=_unsigned(callback)))
            case forgery:
                return self._take(name, FORGERIES[forgery](callback))

    def _take(self, provider: str, callback: Callback) -> bool:
        answer = self._gateway.take_callback(provider, callback)
        return answer == self._yard.providers[provider].answer(accepted=True)


def run(fair: Fair, database: str, events: int, forged: int, seed: int = 1) -> Report:
    """So many events and forgeries, on a database of its own."""
    draw, report = random.Random(seed), Report(forged=forged)
    ours, theirs = RailYard(Keys.generate()), RailYard(Keys.generate())
    with ours.open() as yard, theirs.open() as others, town_of(fair, database) as town:
        foreign = [each for name in METHODS for each in others.sell(name, Money(100, CURRENCY))]
        with Gateway.open(
            town.database_url,
            fair.network,
            {PLATFORM: fair.operators[PLATFORM]},
            yard.providers,
        ) as gateway:
            post = Post(gateway, yard, foreign, draw)
            notices = [each for number in range(events) for each in post.sell(number)]
            _deliver(town.fair, gateway, post, notices, draw, report)
        report.events = len(notices)
        report.wrong = _wrong(town.fair, notices)
    return report


def _deliver(
    fair: Fair,
    gateway: Gateway,
    post: Post,
    notices: Sequence[Notice],
    draw: random.Random,
    report: Report,
) -> None:
    """Deliver everything, shuffled, and let the gateway act on it meanwhile."""
    genuine: list[Callable[[], bool]] = [
        partial(post.deliver, each) for each in notices for _ in range(TIMES)
    ]
    pairs = [(draw.choice(notices), draw.choice(notices)) for _ in range(report.forged)]
    forged: list[Callable[[], bool]] = [partial(post.forge, each) for each in pairs]
    tasks = [(task, True) for task in genuine] + [(task, False) for task in forged]
    draw.shuffle(tasks)
    with ThreadPoolExecutor(_THREADS) as threads:
        for at in range(0, len(tasks), _SHIFT):
            shift = tasks[at : at + _SHIFT]
            for (_, is_genuine), taken in zip(
                shift, threads.map(lambda task: task[0](), shift), strict=True
            ):
                report.deliveries += is_genuine
                report.refused += is_genuine and not taken
                report.accepted += taken and not is_genuine
            gateway.process_callbacks()
    for _ in range(_PATIENCE_SECONDS):
        gateway.process_callbacks()
        ((left,),) = fair.rows("SELECT count(*) FROM callbacks WHERE state = 'received'")
        if not left:
            return
        time.sleep(1)


def _wrong(fair: Fair, notices: Sequence[Notice]) -> int:
    """How many events had no effect, or more than one, or effects without an event there are."""
    told = Counter(each.event_id for each in notices)
    kept = Counter(event for (event,) in fair.rows("SELECT event_id FROM callbacks"))
    paid = Counter(
        number
        for (number,) in fair.rows("SELECT payment_id FROM payment_history WHERE state = 'paid'")
    )
    ((undone,),) = fair.rows("SELECT count(*) FROM callbacks WHERE state <> 'processed'")
    ((waiting,),) = fair.rows("SELECT count(*) FROM waiting")
    wrong = sum((told - kept).values()) + sum((kept - told).values()) + int(undone)
    once = sum(times == 1 for times in paid.values())
    return wrong + abs(len(told) - once) + abs(len(told) - int(waiting)) + len(paid) - once


def _unsigned(callback: Callback) -> bytes:
    """A body without the signature that Alipay's has in it."""
    fields = callback.body.split(b"&")
    return b"&".join(each for each in fields if not each.startswith(b"sign="))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--forged", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    started, report = time.monotonic(), Report()
    with Anvil(genesis_timestamp=GENESIS) as anvil, Chain(anvil.rpc_url) as chain:
        fair = open_fair(anvil, chain, CURRENCY)
        for database in DATABASES:
            events, forged = asked.events // len(DATABASES), asked.forged // len(DATABASES)
            report.add(run(fair, database, events, forged, asked.seed))
    print(
        f"callbacks: {'ok' if report.is_exact else 'FAILED'}: {report.events} events,"
        f" {report.deliveries} deliveries, {report.refused} refused, {report.wrong} wrong;"
        f" {report.forged} forged or stale, {report.accepted} accepted;"
        f" {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return 0 if report.is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
