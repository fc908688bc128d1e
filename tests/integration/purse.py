"""A learner's purse: balances on platform 1, and the top-ups that fill them."""

from __future__ import annotations

from typing import Any

from tests.integration.counter import Counter, name
from tests.integration.fair import Fair
from zhifu.accounts import of_learner
from zhifu.checkouts import OpenCheckout
from zhifu.money import Money
from zhifu.payments import PaymentRequest, Purpose, TopUpState

CENT = 10_000
TEN = Money(1_000, "USD")


def request(counter: Counter, **changes: Any) -> PaymentRequest:
    named = {"provider_payment_id": "", "contents": (), "amount": TEN, **changes}
    return counter.fair.request(purpose=Purpose.TOP_UP, **named)


def allow(fair: Fair, per_day: int = 10**12) -> None:
    """Let platform 1 top up so much on a day, in ledger units."""
    fair.network.settlement.set_top_up_limit(fair.operators[1], 1, per_day)
    fair.pass_days(3)


def paid(counter: Counter, **changes: Any) -> OpenCheckout:
    """A top-up that its learner has paid, as the books know."""
    made = counter.gateway.checkout(request(counter, **changes), counter.terms())
    counter.provider.confirm(name(made))
    counter.now += 10
    assert counter.gateway.inquire() == 1
    return made


def on_account(fair: Fair, learner: int = 1) -> int:
    """What a learner has on platform 1, in cents."""
    return fair.network.settlement.available_of(of_learner(1, learner)) // CENT


def state(counter: Counter, made: OpenCheckout) -> TopUpState:
    return counter.gateway.top_up(made.payment.id).state
