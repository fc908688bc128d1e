"""Disputes about a platform's orders: opened once by its gateway, followed whoever opened them."""

from __future__ import annotations

import math

import pytest

from tests.integration.counter import NOW
from tests.integration.fair import PRICES, Fair
from zhifu import rounds
from zhifu.anvil import dev_signer
from zhifu.exceptions import (
    IdempotencyConflict,
    InvalidInput,
    NotRefundable,
    OrderInDispute,
    TransactionPending,
    UnknownDispute,
)
from zhifu.gateway import Gateway
from zhifu.languages import Language
from zhifu.models import BatchOrder, Role
from zhifu.notify.contacts import Channel, Contact, Contacts
from zhifu.notify.feed import Feed
from zhifu.notify.notices import Notices
from zhifu.notify.payload import Ledger, Payloads
from zhifu.notify.vault import Vault, new_key
from zhifu.signing import LocalSigner
from zhifu.store import Store

CENT = 10_000
EVIDENCE = b"\x11" * 32


@pytest.fixture
def order(fair: Fair, gateway: Gateway) -> str:
    """A settled order of platform 1; its content is platform 2's."""
    payment = gateway.pay(fair.request(contents=(3,)))
    gateway.settle(1)
    return payment.orders[0].id


def proven(gateway: Gateway, order: str) -> BatchOrder:
    found = gateway.license_of(order)
    assert found is not None
    return found


def appointed(fair: Fair) -> LocalSigner:
    """The network's arbiter."""
    arbiter = dev_signer(8)
    fair.network.registry.nominate(fair.admin, Role.ARBITER, arbiter.address)
    fair.pass_days(3)
    fair.network.registry.accept_role(arbiter, Role.ARBITER)
    return arbiter


def told(fair: Fair) -> list[tuple[int, str]]:
    """What was told of disputes, to whom."""
    query = "SELECT platform, state FROM events WHERE history = 'dispute' ORDER BY number"
    return [(platform, state) for platform, state in fair.rows(query)]


def test_a_dispute_is_opened_once(fair: Fair, gateway: Gateway, order: str) -> None:
    """SUB-2, SUB-11: by a key, and by the contract."""
    made = gateway.open_dispute(order, EVIDENCE, "key")
    assert (made.order_id, made.opener, made.state.value) == (order, "platform 1", "open")
    assert (made.amount_units, made.evidence) == (PRICES[3] * CENT, EVIDENCE)
    assert gateway.open_dispute(order, EVIDENCE, "key") == made
    with pytest.raises(IdempotencyConflict):
        gateway.open_dispute(order, b"\x12" * 32, "key")
    with pytest.raises(OrderInDispute):
        gateway.open_dispute(order, EVIDENCE, "another")
    with pytest.raises(InvalidInput):
        gateway.open_dispute(order, b"short", "third")
    assert sum(1 for _ in fair.network.settlement.events("DisputeOpened")) == 1
    assert told(fair) == [(1, "open")]


def test_what_is_not_settled_is_not_disputed(fair: Fair, gateway: Gateway) -> None:
    order = gateway.pay(fair.request()).orders[0].id
    with pytest.raises(NotRefundable):
        gateway.open_dispute(order, EVIDENCE, "key")
    with pytest.raises(UnknownDispute):
        gateway.dispute(order)


@pytest.mark.parametrize(("to_refund", "state"), [(True, "refunded"), (False, "paid")])
def test_a_dispute_that_others_open_and_decide_is_followed(
    fair: Fair, to_refund: bool, state: str
) -> None:
    """DISPUTE-5"""
    settlement, arbiter = fair.network.settlement, appointed(fair)
    with fair.gateway() as gateway:
        order = gateway.pay(fair.request(contents=(3,))).orders[0].id
        gateway.settle(1)
        sold = proven(gateway, order)
        settlement.open_batch_dispute(fair.operators[2], sold, EVIDENCE)
        gateway.sync()
        found = gateway.dispute(order)
        assert (found.opener, found.state.value) == ("platform 2", "open")
        settlement.resolve_batch_dispute(arbiter, sold, to_refund=to_refund, evidence=EVIDENCE)
        gateway.sync()
        decided = gateway.dispute(order)
        assert (decided.id, decided.state.value) == (found.id, state)
        assert gateway.disputes(1) == [decided]
        assert gateway.dispute_record(1, found.id) == decided
        assert told(fair) == [(1, "open"), (1, state)]
        gateway.sync()
        assert len(told(fair)) == 2


@pytest.mark.parametrize("to_refund", [True, False])
def test_what_a_dispute_refunds_goes_back_to_who_paid(fair: Fair, to_refund: bool) -> None:
    """DISPUTE-6: at the provider, once, by itself; what it pays out does not."""
    settlement, arbiter = fair.network.settlement, appointed(fair)
    with fair.gateway() as gateway:
        payment = gateway.pay(fair.request(contents=(3,)))
        (order,), paid = payment.orders, payment.request.provider_payment_id
        gateway.settle(1)
        sold = proven(gateway, order.id)
        settlement.open_batch_dispute(fair.operators[2], sold, EVIDENCE)
        assert gateway.refund_disputed(1) == []
        settlement.resolve_batch_dispute(arbiter, sold, to_refund=to_refund, evidence=EVIDENCE)
        for _ in range(2):
            gateway.refund_disputed(1)
            gateway.recover()
        assert gateway.order(order.id).state.value == ("refunded" if to_refund else "confirmed")
        assert fair.provider.refunded(paid).amount == (PRICES[3] if to_refund else 0)


def test_what_cannot_be_returned_is_tried_ever_less_often(fair: Fair) -> None:
    """DISPUTE-6, PAY-17: by itself; whoever asks has it tried at once."""
    now, arbiter = [NOW], appointed(fair)
    with fair.gateway() as gateway:
        (order,) = gateway.pay(fair.request(contents=(3,))).orders
        gateway.settle(1)
        sold = proven(gateway, order.id)
        fair.network.settlement.open_batch_dispute(fair.operators[2], sold, EVIDENCE)
        fair.network.settlement.resolve_batch_dispute(
            arbiter, sold, to_refund=True, evidence=EVIDENCE
        )
    tries = []
    with Gateway.open(fair.url(), fair.network, fair.operators, {}, clock=lambda: now[0]) as poor:
        for later in (0, 0, 4, 1, 9, 1):
            now[0] += later
            with rounds.running(rounds.Round(math.inf)):
                assert poor.refund_disputed(1) == []
            tries += fair.rows("SELECT tries FROM disputes")
        assert tries == [(1,), (1,), (1,), (2,), (2,), (3,)]
    with fair.gateway() as gateway:
        assert [each.id for each in gateway.refund_disputed(1)] == [order.id]


def test_a_dispute_is_its_platforms_alone(fair: Fair, gateway: Gateway, order: str) -> None:
    """API-2"""
    made = gateway.open_dispute(order, EVIDENCE, "key")
    assert gateway.disputes(2) == []
    for platform, name in ((2, made.id), (1, "dsp_0000000000000001"), (1, order)):
        with pytest.raises(UnknownDispute):
            gateway.dispute_record(platform, name)
    with fair.gateway(2, database="another") as stranger:
        stranger.sync()
        assert stranger.disputes(1) == stranger.disputes(2) == []


def test_a_dispute_that_is_reorganised_away_is_unsettled(
    fair: Fair, gateway: Gateway, order: str
) -> None:
    """DISPUTE-5: and open again under the same id, if it comes again, in the very block even."""
    settlement, batch_order, before = (
        fair.network.settlement,
        proven(gateway, order),
        fair.anvil.snapshot(),
    )
    settlement.open_batch_dispute(fair.operators[2], batch_order, EVIDENCE)
    gateway.sync()
    found = gateway.dispute(order)
    fair.anvil.revert(before)
    before = fair.anvil.snapshot()
    fair.anvil.mine(3)
    gateway.sync()
    with pytest.raises(UnknownDispute):
        gateway.dispute(order)
    assert gateway.dispute_record(1, found.id).state.value == "unsettled"
    fair.anvil.revert(before)
    settlement.open_batch_dispute(fair.operators[2], batch_order, EVIDENCE)
    gateway.sync()
    assert gateway.dispute(order).id == found.id
    assert told(fair) == [(1, "open"), (1, "unsettled"), (1, "open")]


def test_a_dispute_whose_batch_was_reorganised_away_goes_on_under_its_key(
    fair: Fair, gateway: Gateway
) -> None:
    """SUB-11, DISPUTE-5"""
    payment, before = gateway.pay(fair.request(contents=(3,))), fair.anvil.snapshot()
    order = payment.orders[0].id
    gateway.settle(1)
    gateway.open_dispute(order, EVIDENCE, "key")
    fair.anvil.revert(before)
    fair.anvil.mine(3)
    gateway.sync()
    with pytest.raises(TransactionPending):
        gateway.open_dispute(order, EVIDENCE, "key")
    with pytest.raises(IdempotencyConflict):
        gateway.open_dispute(order, b"\x12" * 32, "key")
    with pytest.raises(NotRefundable):
        gateway.open_dispute(order, EVIDENCE, "another")


def test_platform_and_learner_are_told_of_a_dispute(
    fair: Fair, gateway: Gateway, order: str
) -> None:
    """DISPUTE-5"""
    with Store.open(fair.url()) as store:
        vault, clock = Vault.from_text(new_key()), lambda: 1_750_000_000
        payloads, contacts = Payloads(Ledger("USD", 6)), Contacts(store, vault)
        notices = Notices(store, vault, contacts, payloads, clock)
        notices.set_channel(1, Channel.EMAIL, "Shop", "mailtos://x@shop.example?to={to}")
        contacts.put(1, 1, Contact(Channel.EMAIL, "li@mail.example", Language.ENGLISH))
        made = gateway.open_dispute(order, EVIDENCE, "key")
        event = Feed(store, payloads, clock).told(1)[-1]
        letters = notices.take(9)
    assert event["type"] == "dispute.opened"
    assert event["data"] == {
        "dispute": made.id,
        "order": order,
        "state": "open",
        "opener": "platform 1",
        "amount": {"amount": PRICES[3], "currency": "USD"},
        "amount_units": made.amount_units,
        "bond_units": made.bond_units,
        "deadline": made.deadline,
    }
    (told,) = [each for each in letters if each.claim.kind == "dispute"]
    assert "199.99" in told.text.body
    assert made.id in told.text.body
