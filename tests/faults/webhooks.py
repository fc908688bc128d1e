"""Deliver events to receivers that fail, by workers that are killed, and see that all arrive.

python -m tests.faults.webhooks --events 10000          as `make faults` does
python -m tests.faults.webhooks --database postgresql://…

Ends with one line, and a status that is not 0 if an event was lost, told twice under two ids, or
told differently the second time.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.webhook_worker import RULES, Task, clock
from tests.receiver import Receiver, Request, failing
from tests.shop import LEDGER, Shop
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.outbox import Outbox
from zhifu.notify.payload import Payloads
from zhifu.notify.vault import Vault, new_key
from zhifu.payments import Payment
from zhifu.store import Store

PLATFORMS = range(1, 5)
WORKERS = 2
#: Three days of trying again pass in a minute or two.
SPEED = 3_600
_PATIENCE_SECONDS = 1_800


@dataclass
class Report:
    """What a run came to."""

    events: int
    share: float
    kills: int = 0
    seconds: float = 0.0
    attempts: int = 0
    failures: int = 0
    repeats: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Whether everything arrived, each under one id and in the same words."""
        return not self.lost and not self.wrong

    def line(self) -> str:
        """In one line."""
        return (
            f"webhooks: {'ok' if self.succeeded else 'FAILED'}: {self.events} events,"
            f" {self.events - len(self.lost)} delivered, {len(self.wrong)} wrong ids or bodies;"
            f" {self.attempts} attempts, {self.failures} refused, {self.repeats} repeated,"
            f" {self.kills} workers killed; {self.seconds:.1f} s"
        )


def run(
    events: int, database_url: str, *, share: float = 0.3, kills: int = 10, seed: int = 1
) -> Report:
    """Sell and settle until there are so many events, and deliver them."""
    started = time.monotonic()
    key, start = new_key(), time.time()
    now = clock(start, SPEED)
    with ExitStack() as open_:
        store = open_.enter_context(Store.open(database_url))
        receiver = open_.enter_context(Receiver(failing(share, seed=seed)))
        endpoints = Endpoints(store, Vault.from_text(key), now, RULES)
        for platform in PLATFORMS:
            path = f"/{platform}"
            _, receiver.secrets[path] = endpoints.add(platform, receiver.url(path))
        expected = set(_sell(Shop(store, now), events))
        outbox = Outbox(store, endpoints, Payloads(LEDGER), now)
        report = Report(len(expected), share)
        task = Task(database_url, key, start, SPEED)
        report.kills = _deliver(task, receiver, outbox, len(expected), kills, random.Random(seed))
        _judge(report, expected, receiver)
    report.seconds = time.monotonic() - started
    return report


def _sell(shop: Shop, events: int) -> Iterator[str]:
    """Payments, and batches of all their orders, of each platform; what is to be told of them.

    A payment of one order makes four events, a batch two of its own.
    """
    for platform in PLATFORMS:
        count = max(1, events // len(PLATFORMS) // 4)
        payments = shop.sell(platform, times=count)
        batch = shop.settle(shop.batch(payments, platform))
        yield from (f"{platform} batch.{state} {batch.id}" for state in ("settled", "confirmed"))
        yield from _told_of(platform, payments)
    shop.confirm()


def _told_of(platform: int, payments: Sequence[Payment]) -> Iterator[str]:
    for payment in payments:
        yield f"{platform} payment.paid {payment.id}"
        for order in payment.orders:
            yield from (
                f"{platform} order.{state} {order.id}" for state in ("paid", "settled", "confirmed")
            )


def _deliver(
    task: Task, receiver: Receiver, outbox: Outbox, events: int, kills: int, draw: random.Random
) -> int:
    """Let workers deliver, killing one now and then; how many were killed."""
    workers = [_worker(task) for _ in range(WORKERS)]
    killed, patience = 0, time.monotonic() + _PATIENCE_SECONDS
    try:
        while len(receiver.accepted) < events or outbox.next_due() is not None:
            if time.monotonic() > patience:
                break
            time.sleep(0.05)
            # They are spread over the whole run, from its first deliveries on.
            if killed < kills and len(receiver.accepted) >= events * (killed + 0.5) / (kills + 1):
                at = draw.randrange(WORKERS)
                workers[at].kill()
                workers[at].wait()
                workers[at] = _worker(task)
                killed += 1
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return killed


def _worker(task: Task) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.webhook_worker"], stdin=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(task._asdict()) + "\n")
    process.stdin.close()
    return process


def _judge(report: Report, expected: set[str], receiver: Receiver) -> None:
    told: dict[str, list[Request]] = defaultdict(list)
    for request in receiver.accepted:
        told[_about(request)].append(request)
    attempts = Counter[str]()
    for path in receiver.attempts.values():
        attempts.update(path)
    report.lost = sorted(expected - set(told))
    # One id and one text for each, and no id for two.
    texts = {about: {(each.id, each.body) for each in found} for about, found in told.items()}
    ids = Counter((each.path, each.id) for found in told.values() for each in found[:1])
    report.wrong = [about for about, found in texts.items() if len(found) > 1]
    report.wrong += [name for (_, name), count in ids.items() if count > 1]
    report.wrong += sorted(set(told) - expected)
    report.wrong += [each.id for each in receiver.forged]
    report.attempts = attempts.total()
    report.repeats = len(receiver.accepted) - len(told)
    report.failures = report.attempts - len(receiver.accepted)


def _about(request: Request) -> str:
    event = request.event
    noun = event["type"].partition(".")[0]
    return f"{event['platform']} {event['type']} {event['data'][noun]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database; a file of SQLite if left out")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{Path(folder) / 'webhooks.sqlite3'}"
        report = run(asked.events, url, kills=asked.kills, seed=asked.seed)
    print(report.line(), flush=True)
    return 0 if report.succeeded and report.kills == asked.kills else 1


if __name__ == "__main__":
    sys.exit(main())
