"""However many endpoints there are, each is looked after and nobody waits for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.databases import database_url, databases
from tests.shop import LEDGER, Shop
from zhifu.exceptions import TooManyEndpoints
from zhifu.notify.endpoints import MOST_ENDPOINTS, Endpoints, EndpointState, number_of
from zhifu.notify.feed import Feed
from zhifu.notify.outbox import Outbox, Result, Turn
from zhifu.notify.payload import Payloads
from zhifu.notify.sender import Outcome
from zhifu.notify.vault import Vault, new_key
from zhifu.store import Store

__all__ = ["database_url", "databases"]

NOW = 1_750_000_000
URL = "https://example.org/hook"
ACCEPTED = Outcome(200, None, 1)
GONE = Outcome(410, "status", 1)


class Scene:
    """Books that sell, endpoints, and an outbox that takes little at a time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.shop = Shop(store, lambda: NOW)
        self.endpoints = Endpoints(store, Vault.from_text(new_key()), lambda: NOW)

    def outbox(self, *, endpoints: int, claims: int, parallel: int = 4) -> Outbox:
        return Outbox(
            self.store,
            self.endpoints,
            Payloads(LEDGER),
            lambda: NOW,
            parallel=parallel,
            endpoints_at_once=endpoints,
            claims_at_once=claims,
        )

    def feed(self) -> Feed:
        return Feed(self.store, Payloads(LEDGER), lambda: NOW)


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    with Store.open(database_url) as store:
        yield Scene(store)


def results(turn: Turn) -> list[Result]:
    return [Result(message.claim, ACCEPTED, NOW) for message in turn.messages]


def test_a_platform_has_a_few_endpoints_at_most(scene: Scene) -> None:
    """NOTE-18"""
    added = [scene.endpoints.add(1, URL)[0] for _ in range(MOST_ENDPOINTS)]
    with pytest.raises(TooManyEndpoints) as refused:
        scene.endpoints.add(1, URL)
    assert refused.value.most == MOST_ENDPOINTS
    assert scene.endpoints.of(1) == added
    scene.endpoints.add(2, URL)
    scene.endpoints.disable(1, added[0].id)
    with pytest.raises(TooManyEndpoints):
        scene.endpoints.add(1, URL)
    scene.endpoints.remove(1, added[0].id)
    scene.endpoints.add(1, URL)


@pytest.mark.parametrize(("endpoints", "claims"), [(2, 100), (100, 3), (2, 3), (1, 1), (7, 100)])
def test_every_endpoint_has_its_turn_and_every_event_arrives(
    scene: Scene, endpoints: int, claims: int
) -> None:
    """NOTE-5, 16"""
    for _ in range(7):
        scene.endpoints.add(1, URL, ("payment.*",))
    scene.shop.sell(times=9)
    outbox, sent = scene.outbox(endpoints=endpoints, claims=claims), Counter[int]()
    told: list[Result] = []
    turns = 0
    while True:
        turn = outbox.turn(told, {})
        assert len(turn.messages) < claims + 4
        assert len({each.claim.endpoint for each in turn.messages}) <= endpoints
        sent.update(each.claim.endpoint for each in turn.messages)
        if not turn.messages and not turn.more:
            break
        told, turns = results(turn), turns + 1
        assert turns < 500
    assert len(sent) == 7
    assert set(sent.values()) == {9}


def test_one_who_has_much_to_get_lets_the_others_have_their_turn(scene: Scene) -> None:
    """NOTE-18"""
    for _ in range(3):
        scene.endpoints.add(1, URL, ("payment.*",))
    scene.shop.sell(times=50)
    outbox = scene.outbox(endpoints=100, claims=4)
    seen = [{each.claim.endpoint for each in outbox.turn((), {}).messages} for _ in range(3)]
    assert all(len(each) == 1 for each in seen)
    assert len(set.union(*seen)) == 3


def test_however_often_a_secret_is_changed_two_sign_at_most(scene: Scene) -> None:
    """NOTE-18"""
    endpoint, _ = scene.endpoints.add(1, URL)
    made = [scene.endpoints.rotate(1, endpoint.id) for _ in range(5)]
    with scene.store.reading() as transaction:
        signing = scene.endpoints.secrets(transaction, number_of(endpoint.id))
    assert signing == [made[-1], made[-2]]


def test_what_failed_at_another_address_does_not_count_at_this_one(scene: Scene) -> None:
    """NOTE-18"""
    endpoint, _ = scene.endpoints.add(1, URL)
    with scene.store.writing() as transaction:
        transaction.run("endpoint_fails", id=number_of(endpoint.id), url=URL, now=NOW)
    scene.endpoints.change(1, endpoint.id, types=["order.paid"])
    (kept,) = scene.endpoints.of(1)
    assert kept.failing_since == NOW
    scene.endpoints.change(1, endpoint.id, url=URL + "/new")
    (moved,) = scene.endpoints.of(1)
    assert moved.failing_since is None


def test_what_comes_back_from_another_address_does_not_count_at_this_one(scene: Scene) -> None:
    """NOTE-18"""
    endpoint, _ = scene.endpoints.add(1, URL)
    scene.shop.sell(times=1)
    outbox = scene.outbox(endpoints=1, claims=8)
    here = [message.claim for message in outbox.turn((), {}).messages]
    scene.endpoints.change(1, endpoint.id, url=URL + "/new")
    outbox.record([Result(each, GONE, NOW) for each in here])
    (moved,) = scene.endpoints.of(1)
    assert (moved.state, moved.failing_since) == (EndpointState.ENABLED, None)
    scene.shop.sell(times=1)
    there = [message.claim for message in outbox.turn((), {}).messages]
    outbox.record([Result(each, GONE, NOW) for each in there])
    (gone,) = scene.endpoints.of(1)
    assert (gone.state, gone.reason) == (EndpointState.DISABLED, "gone")


def test_a_range_with_many_orders_is_sent_again_in_parts(scene: Scene) -> None:
    """NOTE-18"""
    endpoint, _ = scene.endpoints.add(1, URL)
    scene.shop.sell(times=50)
    outbox, feed = scene.outbox(endpoints=1, claims=512, parallel=512), scene.feed()
    turn = outbox.turn((), {})
    while turn.messages:
        turn = outbox.turn(results(turn), {})
    first = feed.resend_range(1, endpoint.id, 1, 1_000)
    assert first.numbers == first.last == 20
    parts, done = [first.numbers], first.last
    while done < 1_000:
        numbers, done = feed.resend_range(1, endpoint.id, done + 1, 1_000)
        parts.append(numbers)
    assert parts == [20, 20, 10]
