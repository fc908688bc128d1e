"""What nobody needs any more is forgotten in time, and nothing that the books need: PRUNE-1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.databases import Databases, database_url, databases
from tests.integration.test_webhooks import DAY, NOW, Network
from tests.receiver import Receiver, Trouble
from zhifu.inbox import Inbox, Received
from zhifu.leases import Leases
from zhifu.providers import Hint, HintKind
from zhifu.pruning import Pruning, Retention
from zhifu.store import Store
from zhifu.worker import Worker, pruning_of

__all__ = ["Databases", "database_url", "databases"]

RETENTION = Retention(callbacks_days=10, deliveries_days=20, notices_days=30)
OUTSIDE = ("deliveries", "delivery_attempts", "webhook_secrets", "notices", "callbacks", "leases")
NOTICE = """
    INSERT INTO notices
        (platform, number, item, kind, channel, learner, language, state, attempts, due_at)
    VALUES (1, 1, 0, '{kind}', 'email', 1, 'en', '{state}', 1, {at})
"""


@pytest.fixture
def network(database_url: str) -> Iterator[Network]:
    with Store.open(database_url) as store, Receiver() as receiver:
        yield Network(store, receiver)


def pruning(network: Network, slice_rows: int = 1_000) -> Pruning:
    return Pruning(network.store, RETENTION, network.clock, slice_rows=slice_rows)


def books(network: Network) -> dict[str, list[Any]]:
    """Every row of every table that is not about the outside."""
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    }
    tables = [name for (name,) in network.rows(names[network.store.dialect])]
    return {
        name: sorted(network.rows(f"SELECT * FROM {name}"), key=str)
        for name in tables
        if name not in OUTSIDE
    }


def write(network: Network, statement: str) -> None:
    with network.store.writing() as transaction:
        transaction._cursor.execute(statement)


def take_callbacks(network: Network) -> Inbox:
    """Three callbacks: one was processed, one refused, and one waits."""
    inbox = Inbox(network.store, network.clock)
    hints = [Hint(f"evt_{each}", HintKind.PAYMENT, f"pi_{each}") for each in range(3)]
    inbox.put([Received("stripe", hint, b"who paid", network.clock.now) for hint in hints])
    processed, refused, _ = inbox.due()
    inbox.processed(processed)
    inbox.refused(refused, "no payment is called so")
    return inbox


def test_a_callback_s_body_goes_and_the_callback_stays(network: Network) -> None:
    inbox = take_callbacks(network)
    bodies = "SELECT event_id FROM callbacks WHERE body IS NOT NULL ORDER BY event_id"
    network.clock.now += 10 * DAY
    assert pruning(network).prune() == 0
    network.clock.now += 1
    assert pruning(network).prune() == 2
    assert network.rows(bodies) == [("evt_2",)]
    again = Hint("evt_0", HintKind.PAYMENT, "pi_0")
    assert inbox.put([Received("stripe", again, b"who paid", network.clock.now)]) == 0
    assert [each.hint.event_id for each in inbox.due()] == ["evt_2"]


def test_a_delivery_goes_with_its_attempts_and_what_waits_stays(network: Network) -> None:
    kept, failing = network.add("/kept"), network.add("/failing", types=("payment.*",))
    network.receiver.temper = lambda *_: None
    network.shop.sell()
    network.deliver()
    network.endpoints.disable(1, failing.id)
    network.receiver.temper = lambda *_: Trouble.ERROR
    network.shop.sell()
    network.deliver()
    before = books(network)
    network.clock.now += 20 * DAY + 1
    assert pruning(network).prune() == 3
    assert books(network) == before
    states = network.rows("SELECT DISTINCT state FROM deliveries")
    assert states == [("due",)]
    orphans = """SELECT count(*) FROM delivery_attempts WHERE NOT EXISTS (
        SELECT 1 FROM deliveries WHERE deliveries.endpoint_id = delivery_attempts.endpoint_id
            AND deliveries.number = delivery_attempts.number
            AND deliveries.item = delivery_attempts.item)"""
    assert network.rows(orphans) == [(0,)]
    network.receiver.temper = lambda *_: None
    network.deliver()
    assert network.types("/kept").count("payment.paid") == 2
    assert len(network.feed.deliveries(1, kept.id)) == 2


def test_what_a_learner_was_told_goes_and_what_waits_stays(network: Network) -> None:
    write(network, NOTICE.format(kind="receipt", state="sent", at=NOW))
    write(network, NOTICE.format(kind="refund", state="due", at=NOW))
    network.clock.now += 30 * DAY + 1
    assert pruning(network).prune() == 1
    assert network.rows("SELECT kind FROM notices") == [("refund",)]


def test_a_secret_that_signs_no_more_goes(network: Network) -> None:
    endpoint = network.add()
    network.endpoints.rotate(1, endpoint.id, keep_seconds=60)
    assert pruning(network).prune() == 0
    network.clock.now += 60
    assert pruning(network).prune() == 1
    assert network.rows("SELECT number FROM webhook_secrets") == [(2,)]


def test_it_goes_slice_by_slice_until_nothing_is_left(network: Network) -> None:
    network.add(types=("payment.*",))
    network.shop.sell(times=5)
    network.deliver()
    before = books(network)
    network.clock.now += 365 * DAY
    job = pruning_of(pruning(network, slice_rows=2))
    worker = Worker(Leases(network.store), [job])
    while worker.turn() == 0:
        pass
    assert network.rows("SELECT count(*) FROM deliveries") == [(0,)]
    assert network.rows("SELECT count(*) FROM delivery_attempts") == [(0,)]
    assert books(network) == before
