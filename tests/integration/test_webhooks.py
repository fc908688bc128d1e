"""What happens is told to platforms by signed webhooks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.databases import Databases, database_url, databases
from tests.receiver import SHORT_TROUBLE, Receiver, Trouble, failing
from tests.shop import LEDGER, Shop
from zhifu.chargebackbook import ChargebackBook, Stage, Taken
from zhifu.exceptions import (
    DatabaseRefused,
    InvalidInput,
    UnknownEndpoint,
    UnknownEvent,
    WrongVaultKey,
)
from zhifu.money import Money
from zhifu.notify.courier import Courier
from zhifu.notify.destination import Rules
from zhifu.notify.endpoints import Endpoint, Endpoints, EndpointState
from zhifu.notify.events import TYPES
from zhifu.notify.feed import Feed
from zhifu.notify.outbox import DISABLE_SECONDS, Outbox, Result
from zhifu.notify.payload import Payloads
from zhifu.notify.schedule import WEBHOOK_DELAYS
from zhifu.notify.sender import Outcome, Sender
from zhifu.notify.vault import Vault, new_key
from zhifu.payments import PaymentState
from zhifu.store import Store

__all__ = ["database_url", "databases"]

NOW = 1_750_000_000
DAY = 86_400
HERE = Rules(development_hosts=frozenset({"127.0.0.1"}))
#: A receiver that answers is always in time; for those that do not, a test is in a hurry.
IN_TIME, IN_A_HURRY = 30.0, 0.3


@dataclass
class Clock:
    """A time that goes on when it is told to."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Network:
    """Books, a receiver, and the couriers between them."""

    store: Store
    receiver: Receiver
    clock: Clock = field(default_factory=Clock)
    vault: Vault = field(default_factory=lambda: Vault.from_text(new_key()))

    def __post_init__(self) -> None:
        self.shop = Shop(self.store, self.clock)
        self.endpoints = Endpoints(self.store, self.vault, self.clock, HERE)
        self.feed = Feed(self.store, Payloads(LEDGER), self.clock)

    def add(
        self, path: str = "/hooks", platform: int = 1, types: Any = ("*",), **options: Any
    ) -> Endpoint:
        endpoint, secret = self.endpoints.add(platform, self.receiver.url(path), types, **options)
        self.receiver.secrets[path] = secret
        return endpoint

    def outbox(self, **options: Any) -> Outbox:
        options.setdefault("draw", random.Random(1))
        return Outbox(self.store, self.endpoints, Payloads(LEDGER), self.clock, **options)

    def deliver(self, *, timeout: float = IN_TIME, **options: Any) -> None:
        """Deliver what is due now."""
        open_sender = partial(Sender, HERE, timeout=timeout)
        Courier(self.outbox(**options), open_sender).run_until_idle()

    def deliver_all(self, **options: Any) -> None:
        """Deliver, going on to the next time that something is due, until nothing is."""
        self.deliver(**options)
        while (due := self.outbox().next_due()) is not None:
            self.clock.now = max(due, self.clock.now)
            self.deliver(**options)

    def types(self, path: str = "/hooks") -> list[str]:
        return sorted(each.event["type"] for each in self.receiver.of(path))

    def rows(self, statement: str) -> list[Any]:
        with self.store.reading() as transaction:
            found: list[Any] = transaction._cursor.execute(statement).fetchall()
        return found


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def network(store: Store) -> Iterator[Network]:
    with Receiver() as receiver:
        yield Network(store, receiver)


def test_an_order_is_told_from_its_payment_to_its_confirmation(network: Network) -> None:
    """NOTE-1, NOTE-2: every change, once, with what it is about."""
    network.add()
    (payment,) = network.shop.sell(contents=(1, 3))
    batch = network.shop.settle(network.shop.batch([payment]))
    network.shop.confirm()
    network.deliver()
    events = {
        (e["type"], e["data"].get("order")): e
        for e in (request.event for request in network.receiver.accepted)
    }
    first, second = (order.id for order in payment.orders)
    assert set(events) == {
        *(("payment.paid", None), ("batch.settled", None), ("batch.confirmed", None)),
        *(("order.paid", first), ("order.settled", first), ("order.confirmed", first)),
        *(("order.paid", second), ("order.settled", second), ("order.confirmed", second)),
    }
    assert events["order.settled", second] == {
        "id": events["order.settled", second]["id"],
        "type": "order.settled",
        "version": "1",
        "sequence": 2,
        "created_at": NOW,
        "test": False,
        "platform": 1,
        "data": {
            "order": second,
            "payment": payment.id,
            "state": "settled",
            "learner": 1,
            "content": 3,
            "amount": {"amount": 19_999, "currency": "USD"},
            "batch": {
                "id": batch.id,
                "lane": 1,
                "number": 1,
                "position": 1,
                "transaction_hash": batch.transaction_hash,
                "block_number": 7,
            },
        },
    }
    assert events["payment.paid", None]["data"] == {
        "payment": payment.id,
        "purpose": "order",
        "state": "paid",
        "learner": 1,
        "amount": {"amount": 24_899, "currency": "USD"},
        "received": {"amount": 24_899, "currency": "USD"},
        "provider": "sandbox",
        "provider_payment_id": payment.request.provider_payment_id,
        "orders": [first, second],
    }
    assert len({each["id"] for each in events.values()}) == len(network.receiver.accepted)


def test_unknown_cancelled_and_refunded_money_is_told(network: Network) -> None:
    network.add()
    unknown, paid = network.shop.sell(state=PaymentState.PAYMENT_UNKNOWN), network.shop.sell()
    network.shop.books.resolve(unknown[0].id, PaymentState.CANCELLED)
    network.shop.refund(paid[0].orders[0])
    network.deliver()
    assert network.types() == [
        *("order.cancelled", "order.paid", "order.refunded"),
        *("payment.cancelled", "payment.paid", "payment.refunded", "payment.unknown"),
        *("refund.pending", "refund.refunded"),
    ]


def test_money_that_goes_back_or_is_taken_back_is_told(network: Network) -> None:
    """NOTE-1: what was too much, and what a bank took."""
    network.add(types=["payback.*", "chargeback.*", "payment.charged_back", "order.charged_back"])
    (payment,) = network.shop.sell(received=5_000)
    chargebacks = ChargebackBook(network.store, network.clock)
    chargebacks.begin(payment.id, Taken("dp_1", Money(4_900, "USD"), Stage.BEFORE_MATURITY))
    chargebacks.reverse(chargebacks.of(payment.id)[0])
    network.deliver()
    assert network.types() == [
        *("chargeback.opened", "chargeback.reversed", "order.charged_back", "payback.pending"),
        "payment.charged_back",
    ]
    told = {each.event["type"]: each.event["data"] for each in network.receiver.accepted}
    assert told["payback.pending"] == {
        "payback": told["payback.pending"]["payback"],
        "payment": payment.id,
        "state": "payback_pending",
        "reason": "overpaid",
        "amount": {"amount": 100, "currency": "USD"},
    }
    assert told["chargeback.opened"]["amount"] == {"amount": 4_900, "currency": "USD"}


def test_a_refused_batch_and_one_that_was_reorganised_away_are_told(network: Network) -> None:
    network.add(types=["batch.*", "order.unsettled"])
    payments = network.shop.sell(times=2)
    network.shop.refuse(network.shop.batch(payments[:1]))
    network.shop.reorganise(network.shop.settle(network.shop.batch(payments[1:])))
    network.deliver()
    assert network.types() == [
        *("batch.refused", "batch.settled", "batch.unsettled", "order.unsettled"),
    ]


def test_an_event_is_written_in_the_transaction_of_its_change(network: Network) -> None:
    """NOTE-1: what is rolled back is not told, and no number is left out."""
    event = {"platform": 1, "subject": 1, "state": "order.paid"}
    with pytest.raises(DatabaseRefused), network.store.writing() as transaction:
        transaction.run_many("put_test_event", [{**event, "now": NOW}, {**event, "now": None}])
    network.shop.sell(times=3)
    network.shop.sell(platform=2)
    rows = network.rows("SELECT platform, number FROM events ORDER BY platform, number")
    assert rows == [(1, 1), (1, 2), (1, 3), (2, 1)]


@pytest.mark.parametrize("change", ["UPDATE events SET state = 'x'", "DELETE FROM events"])
def test_events_are_facts(network: Network, databases: Databases, change: str) -> None:
    network.shop.sell()
    with pytest.raises(DatabaseRefused), network.store.writing() as transaction:
        transaction._cursor.execute(change)


def test_a_platform_gets_its_own_events_that_it_wants_from_then_on(network: Network) -> None:
    """NOTE-3."""
    network.shop.sell(times=2)
    network.add("/all")
    network.add("/orders", types=["order.*"])
    network.add("/settled", types=["batch.settled", "order.settled"])
    network.add("/other", platform=2)
    network.shop.sell()
    network.shop.sell(platform=2)
    network.deliver()
    assert network.types("/all") == ["order.paid", "payment.paid"]
    assert network.types("/orders") == ["order.paid"]
    assert network.types("/settled") == []
    (paid, _) = network.receiver.of("/other")
    assert {each.event["platform"] for each in network.receiver.of("/other")} == {2}
    assert paid.event["sequence"] == 1


def test_nothing_in_a_payload_is_about_a_person(network: Network) -> None:
    """NOTE-2: the platform's number of the learner is all."""
    network.add()
    (payment,) = network.shop.sell()
    network.shop.settle(network.shop.batch([payment]))
    network.deliver()
    named: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            named.update(value)
            for each in value.values():
                walk(each)

    for request in network.receiver.accepted:
        walk(request.event)
        assert not any(isinstance(each, float) for each in request.event["data"].values())
    assert named == {
        *("id", "type", "version", "sequence", "created_at", "test", "platform", "data", "state"),
        *("payment", "order", "orders", "learner", "content", "amount", "currency", "provider"),
        *(
            "provider_payment_id",
            "purpose",
            "received",
            "batch",
            "lane",
            "number",
            "position",
            "transaction_hash",
        ),
        *("block_number", "sale_day"),
    }


def test_a_webhook_is_signed_by_all_secrets_that_hold(network: Network) -> None:
    """NOTE-4: while secrets rotate, a receiver that knows any of them accepts."""
    endpoint = network.add()
    old = network.receiver.secrets["/hooks"]
    new = network.endpoints.rotate(1, endpoint.id, keep_seconds=DAY)
    for secret, later in ((old, 0), (new, 0), (new, DAY)):
        network.receiver.secrets["/hooks"] = secret
        network.clock.now += later
        network.shop.sell()
        network.deliver()
    assert len(network.receiver.accepted) == 6
    assert network.receiver.forged == []
    signatures = [each.headers["webhook-signature"].split() for each in network.receiver.accepted]
    assert sorted(map(len, signatures)) == [1, 1, 2, 2, 2, 2]
    network.receiver.secrets["/hooks"] = old
    network.shop.sell()
    network.deliver()
    assert len(network.receiver.forged) == 2


def test_another_reader_of_the_standard_accepts_the_signature(network: Network) -> None:
    """Checked against the signed text that the standard prescribes, and the wire's own headers."""
    network.add()
    network.shop.sell()
    network.deliver()
    secret = network.receiver.secrets["/hooks"]
    for request in network.receiver.accepted:
        when = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), timezone.utc)
        expected = Webhook(secret).sign(request.headers["webhook-id"], when, request.body)
        assert request.headers["webhook-signature"] == expected
        assert request.headers["content-type"] == "application/json"
        assert request.id == request.event["id"]


def test_secrets_are_sealed_in_the_database(network: Network) -> None:
    """NOTE-4: and open only with the key they were sealed with."""
    network.add()
    ((sealed,),) = network.rows("SELECT sealed FROM webhook_secrets")
    assert b"whsec" not in bytes(sealed)
    stranger = Endpoints(network.store, Vault.from_text(new_key()), network.clock, HERE)
    (number,) = network.rows("SELECT id FROM webhook_endpoints")[0]
    with pytest.raises(WrongVaultKey), network.store.reading() as transaction:
        stranger.secrets(transaction, number)


def test_what_fails_is_tried_again_for_three_days_and_then_given_up(network: Network) -> None:
    """NOTE-8: by the schedule, never sooner, up to a fifth later."""
    network.receiver.temper = lambda *_: Trouble.ERROR
    endpoint = network.add(types=["payment.*"])
    network.shop.sell()
    network.deliver_all()
    attempts = network.rows(
        "SELECT attempt, status, error, at FROM delivery_attempts ORDER BY attempt"
    )
    assert network.rows("SELECT state FROM deliveries") == [("failed",)]
    assert [each[:3] for each in attempts] == [
        (number, 500, "status") for number in range(1, len(WEBHOOK_DELAYS) + 2)
    ]
    times = network.rows("SELECT due_at FROM deliveries")
    assert 3 * DAY <= times[0][0] - NOW <= 3 * DAY * 13 // 10
    assert network.endpoints.get(1, endpoint.id).state is EndpointState.ENABLED


@pytest.mark.parametrize(
    ("trouble", "status", "error"),
    [
        (Trouble.ERROR, 500, "status"),
        (Trouble.REDIRECT, 302, "redirect"),
        (Trouble.TIMEOUT, None, "timeout"),
        (Trouble.SLOW, None, "timeout"),
        (Trouble.RESET, None, "connection_broken"),
    ],
)
def test_whatever_a_receiver_does_is_logged_and_tried_again(
    network: Network, trouble: Trouble, status: int | None, error: str
) -> None:
    """NOTE-8, NOTE-10."""
    network.receiver.temper = lambda _, before: None if before else trouble
    network.add(types=["payment.*"])
    network.shop.sell()
    lasts = trouble in (Trouble.TIMEOUT, Trouble.SLOW)
    network.deliver(timeout=IN_A_HURRY if lasts else IN_TIME)
    network.deliver_all()
    found = network.rows("SELECT status, error FROM delivery_attempts ORDER BY attempt")
    assert found == [(status, error), (204, None)]
    assert network.rows("SELECT state, attempts FROM deliveries") == [("delivered", 2)]


def test_nobody_listening_is_a_failure_like_any_other(network: Network) -> None:
    endpoint, _ = network.endpoints.add(1, "http://127.0.0.1:1/")
    network.shop.sell()
    network.deliver()
    found = network.rows("SELECT DISTINCT status, error FROM delivery_attempts")
    assert found == [(None, "connection_failed")]
    assert network.endpoints.get(1, endpoint.id).failing_since == NOW


def test_an_endpoint_that_fails_for_days_is_disabled_and_its_platform_told(
    network: Network,
) -> None:
    """NOTE-9: nothing is lost, and it goes on where it stopped once it is enabled."""
    broken = network.add("/broken")
    network.add("/watch", types=["webhook_endpoint.*"])
    network.receiver.temper = lambda event_id, _: Trouble.ERROR
    network.shop.sell()
    network.deliver()
    network.clock.now += DISABLE_SECONDS
    network.deliver()
    network.receiver.temper = lambda *_: None
    found = network.endpoints.get(1, broken.id)
    assert (found.state, found.reason) == (EndpointState.DISABLED, "failing")
    network.shop.sell()
    network.deliver_all()
    (told,) = network.receiver.of("/watch")
    assert told.event["type"] == "webhook_endpoint.disabled"
    assert told.event["data"] == {"webhook_endpoint": broken.id, "state": "disabled"}
    assert network.receiver.of("/broken") == []
    network.endpoints.enable(1, broken.id)
    network.deliver_all()
    assert network.types("/broken") == [
        *("order.paid", "order.paid", "payment.paid", "payment.paid", "webhook_endpoint.disabled")
    ]


def test_an_endpoint_that_is_gone_is_disabled_at_once(network: Network) -> None:
    """NOTE-9."""
    endpoint = network.add()
    network.receiver.temper = lambda *_: Trouble.GONE
    network.shop.sell()
    network.deliver()
    assert network.endpoints.get(1, endpoint.id).reason == "gone"


def test_what_its_owner_disabled_gets_nothing_and_loses_nothing(network: Network) -> None:
    endpoint = network.add(types=["payment.*"])
    network.endpoints.disable(1, endpoint.id)
    network.shop.sell()
    network.deliver()
    assert network.receiver.accepted == []
    network.endpoints.enable(1, endpoint.id)
    network.deliver()
    assert network.types() == ["payment.paid"]


def test_a_dead_endpoint_holds_up_nobody(network: Network) -> None:
    """NOTE-8: it has places of its own, and only one once it has failed for a minute."""
    network.add("/alive")
    network.add("/dead")
    network.shop.sell(times=50)
    outbox = network.outbox(parallel=2)

    def taken(under_way: int) -> list[str]:
        number = int(dead.id.partition("_")[2], 16)
        turn = outbox.turn((), {number: under_way})
        return [message.claim.url.rpartition("/")[2] for message in turn.messages]

    dead = network.endpoints.of(1)[1]
    assert taken(0) == ["alive", "alive", "dead", "dead"]
    assert taken(2) == ["alive", "alive"]
    network.receiver.temper = lambda *_: Trouble.ERROR
    network.deliver(parallel=1)
    network.clock.now += 61
    assert taken(0) == ["alive", "dead"]


def test_a_worker_that_dies_leaves_what_it_had_to_others(network: Network) -> None:
    """NOTE-5: not before its time is over, and under the same ids."""
    network.add()
    network.shop.sell(times=4)
    taken = network.outbox(lease_seconds=60).turn((), {}).messages
    assert len(taken) == 8
    network.deliver()
    assert network.receiver.accepted == []
    network.clock.now += 60
    network.deliver()
    assert sorted(each.id for each in network.receiver.accepted) == sorted(
        m.event_id for m in taken
    )
    assert sorted(each.body for each in network.receiver.accepted) == sorted(m.body for m in taken)


def test_workers_that_die_do_not_bring_an_event_nearer_to_its_end(network: Network) -> None:
    """NOTE-8: only what a receiver did counts."""
    network.add(types=["payment.paid"])
    network.shop.sell()
    for _ in range(2 * len(WEBHOOK_DELAYS)):
        assert len(network.outbox(lease_seconds=60).turn((), {}).messages) == 1
        network.clock.now += 60
    network.receiver.temper = lambda *_: Trouble.ERROR
    network.deliver()
    network.receiver.temper = lambda *_: None
    network.clock.now += WEBHOOK_DELAYS[0] * 2
    network.deliver()
    assert network.types() == ["payment.paid"]


def test_workers_share_the_work_without_doing_it_twice(network: Network) -> None:
    """NOTE-5: what one has, another does not get."""
    network.add()
    network.shop.sell(times=40)
    first, second = network.outbox(parallel=30), network.outbox(parallel=30)
    turns = [each.turn((), {}).messages for each in (first, second, first)]
    taken = [message.event_id for turn in turns for message in turn]
    assert list(map(len, turns)) == [30, 30, 20]
    assert len(set(taken)) == len(taken) == 80


def test_a_late_answer_of_a_lost_lease_still_counts(network: Network) -> None:
    """NOTE-5: an event that was accepted is not sent again; a failure changes nothing any more."""
    network.add(types=["payment.paid"])
    network.shop.sell()
    outbox = network.outbox(lease_seconds=60)
    (message,) = outbox.turn((), {}).messages
    network.clock.now += 60
    (again,) = outbox.turn((), {}).messages
    outbox.record([Result(message.claim, Outcome(500, "status", 1), NOW)])
    assert network.rows("SELECT state, due_at FROM deliveries") == [("due", NOW + 120)]
    outbox.record([Result(message.claim, Outcome(200, None, 1), NOW)])
    outbox.record([Result(again.claim, Outcome(500, "status", 1), NOW)])
    assert network.rows("SELECT state FROM deliveries") == [("delivered",)]


def test_ids_are_the_same_however_often_an_event_is_sent(network: Network) -> None:
    """NOTE-4, NOTE-5: over attempts, workers and endpoints, and its text with them."""
    network.receiver.temper = failing(0.5, SHORT_TROUBLE)
    for path in ("/one", "/two"):
        network.add(path)
    payments = network.shop.sell(times=10, contents=(1, 2))
    network.shop.settle(network.shop.batch(payments))
    network.deliver_all()
    one, two = ({r.id: r.body for r in network.receiver.of(path)} for path in ("/one", "/two"))
    assert one == two
    assert len(one) == 10 * 3 + 21


def test_the_sequence_tells_the_order_in_which_things_happened(network: Network) -> None:
    """NOTE-12: whatever arrives first."""
    network.add(types=["payment.*"])
    first = network.shop.sell()[0].id
    network.receiver.temper = lambda _, before: None if before else Trouble.ERROR
    network.deliver()
    network.receiver.temper = lambda *_: None
    second = network.shop.sell()[0].id
    network.deliver_all()
    told = [each.event for each in network.receiver.accepted]
    assert [each["data"]["payment"] for each in told] == [second, first]
    told.sort(key=lambda event: int(event["sequence"]))
    assert [each["data"]["payment"] for each in told] == [first, second]


def test_books_from_a_backup_give_other_changes_other_ids(
    network: Network, databases: Databases
) -> None:
    """NOTE-4: a receiver must not take what happens after a restore for what it knows."""
    network.add()
    network.shop.sell()
    network.deliver()
    known = {each.id for each in network.receiver.accepted}
    with Store.open(databases.url("restored")) as restored:
        other = Network(restored, network.receiver, vault=network.vault)
        other.add("/restored")
        other.shop.sell()
        other.deliver()
    assert not known & {each.id for each in network.receiver.of("/restored")}
    assert {each.event["sequence"] for each in network.receiver.accepted} == {1}


def test_test_events_reach_test_endpoints_only(network: Network) -> None:
    """NOTE-11: and nothing that happened does; each has the shape of a real one."""
    network.add("/live")
    network.add("/test", test=True)
    for kind in TYPES:
        network.feed.trigger(1, kind, 2**40)
    (payment,) = network.shop.sell()
    network.shop.settle(network.shop.batch([payment]))
    network.deliver()
    assert network.types("/test") == sorted(TYPES)
    assert all(each.event["test"] for each in network.receiver.of("/test"))
    real = {each.event["type"]: each.event for each in network.receiver.of("/live")}
    made = {each.event["type"]: each.event for each in network.receiver.of("/test")}
    assert not any(each["test"] for each in real.values())
    for kind, event in real.items():
        assert _shape(made[kind]) == _shape(event)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return type(value).__name__


def test_an_endpoint_belongs_to_its_platform_alone(network: Network) -> None:
    """NOTE-3: to any other platform it does not exist."""
    endpoint = network.add()
    calls: list[Callable[[], object]] = [
        lambda: network.endpoints.get(2, endpoint.id),
        lambda: network.endpoints.change(2, endpoint.id, types=["order.paid"]),
        lambda: network.endpoints.enable(2, endpoint.id),
        lambda: network.endpoints.disable(2, endpoint.id),
        lambda: network.endpoints.remove(2, endpoint.id),
        lambda: network.endpoints.rotate(2, endpoint.id),
        lambda: network.endpoints.get(1, "end_7fffffffffffffff"),
        lambda: network.endpoints.get(1, "nonsense"),
    ]
    for call in calls:
        with pytest.raises(UnknownEndpoint):
            call()
    assert network.endpoints.of(2) == []
    assert network.endpoints.of(1) == [endpoint]


@pytest.mark.parametrize("types", [[], ["order.sold"], ["*.paid"], [""], ["order"], ["ORDER.PAID"]])
def test_an_endpoint_wants_event_types_that_exist(network: Network, types: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        network.add(types=types)
    assert refused.value.field == "types"
    assert network.endpoints.of(1) == []


def test_an_endpoint_leads_where_the_rules_allow(network: Network) -> None:
    """NOTE-6."""
    endpoint = network.add()
    for url in ("https://10.0.0.1/", "http://shop.example/"):
        with pytest.raises(InvalidInput):
            network.endpoints.add(1, url)
        with pytest.raises(InvalidInput):
            network.endpoints.change(1, endpoint.id, url=url)
    changed = network.endpoints.change(1, endpoint.id, url="https://shop.example/", types=["*"])
    assert network.endpoints.of(1) == [changed]


def test_an_event_is_sent_again_under_the_same_id(network: Network) -> None:
    """NOTE-10: as it was, however old; the attempts go on counting, the schedule starts anew."""
    endpoint = network.add(types=["payment.*"])
    network.shop.sell(times=2)
    network.receiver.temper = lambda *_: Trouble.ERROR
    network.deliver_all()
    assert network.receiver.accepted == []
    network.receiver.temper = lambda *_: None
    latest = network.feed.deliveries(1, endpoint.id, limit=1)
    (older,) = network.feed.deliveries(1, endpoint.id, before=latest[0].cursor)
    assert (older.state, len(older.attempts)) == ("failed", len(WEBHOOK_DELAYS) + 1)
    network.feed.resend(1, endpoint.id, older.event_id)
    network.deliver()
    network.feed.resend(1, endpoint.id, older.event_id)
    network.deliver()
    assert [each.id for each in network.receiver.accepted] == [older.event_id] * 2
    assert len({each.body for each in network.receiver.accepted}) == 1
    delivery = network.feed.deliveries(1, endpoint.id)[1]
    assert delivery.state == "delivered"
    assert [each.status for each in delivery.attempts[-3:]] == [500, 204, 204]


def test_a_range_is_sent_again(network: Network) -> None:
    """NOTE-10: what the endpoint wants of it, and had the chance to get."""
    network.shop.sell(times=2)
    endpoint = network.add(types=["order.*"])
    batch = network.shop.settle(network.shop.batch(network.shop.sell(times=3)))
    network.deliver()
    before = network.types()
    assert network.feed.resend_range(1, endpoint.id, 1, 4) == (4, 4)
    network.deliver()
    assert network.types() == sorted([*before, *["order.paid"] * 4])
    assert network.feed.resend_range(1, endpoint.id, 6, 1_000) == (1, 1_000)
    network.deliver()
    assert network.types().count("order.settled") == 2 * batch.orders
    network.shop.sell()
    assert network.feed.resend_range(1, endpoint.id, 7, 7) == (0, 7)
    for first, last in ((0, 1), (2, 1), (1, 1_001)):
        with pytest.raises(InvalidInput):
            network.feed.resend_range(1, endpoint.id, first, last)


def test_an_event_can_be_read_by_its_own_platform(network: Network) -> None:
    """NOTE-3, NOTE-10: as it is sent."""
    network.add()
    (payment,) = network.shop.sell()
    network.shop.settle(network.shop.batch([payment]))
    network.deliver()
    for request in network.receiver.accepted:
        assert network.feed.event(1, request.id) == request.event
        with pytest.raises(UnknownEvent):
            network.feed.event(2, request.id)
    listed = [each["type"] for each in network.feed.events(1)]
    assert listed == ["payment.paid", "batch.settled"]
    assert [each["sequence"] for each in network.feed.events(1, after=1, limit=1)] == [2]
    known = network.receiver.accepted[0].id
    for wrong in ("", "evt_", known[:-1] + ("0" if known[-1] != "0" else "1"), known.upper()):
        with pytest.raises(UnknownEvent):
            network.feed.event(1, wrong)


def test_a_pruned_log_loses_no_event(network: Network) -> None:
    """NOTE-10."""
    endpoint = network.add(types=["payment.*"])
    network.shop.sell(times=2)
    network.deliver()
    first = network.feed.deliveries(1, endpoint.id)[0]
    assert network.feed.prune(1, endpoint.id, NOW) == 0
    assert network.feed.prune(1, endpoint.id, NOW + 1) == 2
    assert network.feed.deliveries(1, endpoint.id) == []
    network.feed.resend(1, endpoint.id, first.event_id)
    network.deliver()
    assert [each.event_id for each in network.feed.deliveries(1, endpoint.id)] == [first.event_id]


def test_a_test_event_is_resent_to_test_endpoints_only(network: Network) -> None:
    """NOTE-11."""
    live = network.add("/live")
    event = network.feed.trigger(1, "order.paid", 2**40)
    with pytest.raises(InvalidInput):
        network.feed.resend(1, live.id, event)
    with pytest.raises(InvalidInput):
        network.feed.trigger(1, "order.sold", 2**40)


def test_a_secret_that_does_not_open_here_is_not_its_receiver_s_failure(network: Network) -> None:
    """SERVE-2: nothing is attempted, and it is sent once the right key is there."""
    network.add("/one")
    network.add("/two", platform=2)
    network.shop.sell()
    network.shop.sell(platform=2)
    with network.store.writing() as transaction:
        transaction.run("put_secret", endpoint_id=_number(network, 1), sealed=b"not sealed at all")
    network.deliver()
    assert network.types("/two") == ["order.paid", "payment.paid"]
    assert network.types("/one") == []
    assert network.rows("SELECT DISTINCT error FROM delivery_attempts") == [(None,)]
    assert network.endpoints.of(1)[0].failing_since is None
    with network.store.writing() as transaction:
        transaction._cursor.execute("DELETE FROM webhook_secrets WHERE number = 2")
    network.clock.now += 90
    network.deliver()
    assert network.types("/one") == ["order.paid", "payment.paid"]


def _number(network: Network, platform: int) -> int:
    return int(network.endpoints.of(platform)[0].id.partition("_")[2], 16)


def test_a_removed_endpoint_takes_its_secrets_and_log_along(network: Network) -> None:
    endpoint = network.add()
    network.shop.sell()
    network.deliver()
    network.endpoints.remove(1, endpoint.id)
    for table in ("webhook_endpoints", "webhook_secrets", "deliveries", "delivery_attempts"):
        assert network.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert network.rows("SELECT count(*) FROM events") == [(1,)]
