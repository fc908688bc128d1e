"""The courier goes on, whatever its books or its deliveries do: NOTE-5, SERVE-1."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pytest

from tests.databases import Databases, database_url, databases
from tests.integration.test_webhooks import HERE, Network
from tests.receiver import Receiver
from tests.shop import LEDGER
from zhifu.api.logs import open_log
from zhifu.api.supervision import Supervision
from zhifu.exceptions import CommitUnknown, DatabaseRefused
from zhifu.notify.courier import Courier
from zhifu.notify.outbox import Message, Outbox, Result, Turn
from zhifu.notify.payload import Payloads
from zhifu.notify.sender import Outcome, Sender
from zhifu.store import Store

__all__ = ["Databases", "database_url", "databases"]

PATIENCE_SECONDS = 120.0


class Faulty(Outbox):
    """An outbox some of whose turns fail."""

    faults: list[Exception]

    def turn(self, results: Sequence[Result], under_way: Mapping[int, int]) -> Turn:
        if self.faults:
            raise self.faults.pop()
        return super().turn(results, under_way)


@pytest.fixture
def network(database_url: str) -> Iterator[Network]:
    with Store.open(database_url) as store, Receiver() as receiver:
        yield Network(store, receiver)


def _faulty(network: Network, *faults: Exception) -> Faulty:
    outbox = Faulty(network.store, network.endpoints, Payloads(LEDGER), network.clock)
    outbox.faults = [*faults]
    return outbox


def _until(network: Network, accepted: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(network.receiver.accepted) < accepted:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_the_books_refuse_once_keeps_no_later_event_from_being_told(network: Network) -> None:
    network.add(types=("payment.*",))
    outbox = _faulty(network, DatabaseRefused("no"))
    courier = Courier(outbox, partial(Sender, HERE))
    log = open_log(stream=io.BytesIO())
    supervision = Supervision({"webhooks": courier}, log, first_pause_seconds=0.01)
    supervision.start()
    try:
        network.shop.sell(contents=(1,))
        _until(network, 1)
    finally:
        assert supervision.stop(PATIENCE_SECONDS) == []


def test_a_commit_that_is_not_heard_of_is_made_again(network: Network) -> None:
    network.add(types=("payment.*",))
    outbox = _faulty(network, CommitUnknown("gone"))
    courier = Courier(outbox, partial(Sender, HERE))
    thread = threading.Thread(target=courier.run)
    thread.start()
    try:
        network.shop.sell(contents=(1,))
        _until(network, 1)
    finally:
        courier.stop()
        thread.join(PATIENCE_SECONDS)
    assert network.rows("SELECT state FROM deliveries") == [("delivered",)]


def test_a_delivery_that_breaks_leaves_its_place_to_the_next(network: Network) -> None:
    """With one at a time, the second would never be sent if the first kept its place."""
    network.add(types=("payment.*",))
    breaks = [RuntimeError("a defect")]

    class Clumsy(Sender):
        async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
            if breaks:
                raise breaks.pop()
            return await super().post(url, headers, body)

    told: list[Message] = []
    courier = Courier(
        network.outbox(parallel=1),
        partial(Clumsy, HERE),
        told=lambda message, _: told.append(message),
    )
    network.shop.sell(contents=(1,))
    network.shop.sell(contents=(3,))
    courier.run_until_idle()
    assert len(network.receiver.accepted) == 1
    network.clock.now += 90
    courier.run_until_idle()
    assert len(network.receiver.accepted) == len(told) == 2
