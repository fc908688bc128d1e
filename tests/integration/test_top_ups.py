"""TOPUP-5 to TOPUP-8: what a learner pays for comes to the learner's account on chain, once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.integration.counter import HOUR, Counter, charge_back, give_back, name
from tests.integration.fair import DEPOSIT
from tests.integration.purse import CENT, TEN, allow, on_account, paid, request, state
from tests.integration.test_gateway_recover import Faulty
from zhifu.accounts import of_platform
from zhifu.exceptions import (
    AmountMismatch,
    ChainUnreachable,
    CurrencyMismatch,
    IdempotencyConflict,
    InvalidInput,
    NotRefundable,
    UnknownLearner,
    UnknownPayment,
)
from zhifu.money import Money
from zhifu.payments import PaymentState, TopUpState


def test_what_is_paid_comes_to_the_learners_account(counter: Counter) -> None:
    """TOPUP-5"""
    allow(counter.fair)
    made = counter.gateway.checkout(request(counter), counter.terms())
    assert state(counter, made) is TopUpState.AWAITING_PAYMENT
    counter.provider.confirm(name(made))
    counter.now += 10
    counter.gateway.inquire()
    assert state(counter, made) is TopUpState.WAITING
    assert counter.gateway.follow_top_ups(1) == 1
    assert on_account(counter.fair) == 1_000
    assert counter.fair.available(1) == DEPOSIT - 1_000 * CENT
    assert counter.gateway.learner_balance(1, 1).available == TEN
    counter.gateway.sync()
    top_up = counter.gateway.top_up(made.payment.id)
    assert top_up.state is TopUpState.CONFIRMED
    assert top_up.block_number is not None
    assert counter.gateway.top_ups(1) == [top_up]
    told = [change.state for change in counter.gateway.top_up_history(made.payment.id)]
    assert told == [
        "created",
        "awaiting_payment",
        "paid",
        "waiting",
        "stored",
        "submitted",
        "settled",
        "confirmed",
    ]


def test_a_payment_that_the_platform_has_tops_up_too(counter: Counter) -> None:
    """TOPUP-5"""
    allow(counter.fair)
    asked = request(counter, provider_payment_id=counter.provider.pay(TEN))
    first = counter.gateway.pay(asked)
    assert counter.gateway.pay(asked).id == first.id
    assert counter.gateway.follow_top_ups(1) == 1
    assert counter.gateway.follow_top_ups(1) == 0
    assert on_account(counter.fair) == 1_000


def test_a_top_up_is_asked_for_as_any_payment(counter: Counter) -> None:
    """PAY-2: and changes nothing where it is not."""
    gateway = counter.gateway
    wrong: dict[type[Exception], dict[str, Any]] = {
        InvalidInput: {"contents": (1,)},
        UnknownLearner: {"learner": 11},
        CurrencyMismatch: {"amount": Money(1_000, "EUR")},
    }
    for error, changes in wrong.items():
        with pytest.raises(error):
            gateway.checkout(request(counter, **changes), counter.terms())
    with pytest.raises(AmountMismatch):
        gateway.pay(request(counter, provider_payment_id=counter.provider.pay(Money(999, "USD"))))
    assert list(gateway.payments(1)) == []
    asked = request(counter)
    gateway.checkout(asked, counter.terms())
    with pytest.raises(IdempotencyConflict):
        gateway.checkout(
            request(counter, idempotency_key=asked.idempotency_key, learner=2), counter.terms()
        )
    order = counter.checkout()
    with pytest.raises(UnknownPayment):
        gateway.top_up(order.payment.id)


POINTS = ("before sending", "after sending", "before the receipt", "looking it up")


@pytest.mark.parametrize("point", POINTS)
def test_a_lost_reply_tops_up_once(counter: Counter, point: str) -> None:
    """TOPUP-5, SUB-3: another gateway goes on where the chain was lost."""
    allow(counter.fair)
    made = paid(counter)
    faulty = Faulty(counter.fair.anvil.rpc_url)
    network = counter.fair.same_chain(faulty)
    with counter.fair.gateway(network=network) as broken:
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        with suppress(ChainUnreachable):
            broken.follow_top_ups(1)
    counter.gateway.recover(1)
    counter.gateway.follow_top_ups(1)
    assert on_account(counter.fair) == 1_000
    counter.gateway.sync()
    assert state(counter, made) is TopUpState.CONFIRMED


def test_above_the_days_limit_it_waits_and_then_goes_back(counter: Counter) -> None:
    """TOPUP-6"""
    allow(counter.fair, 1_500 * CENT)
    first, second = paid(counter), paid(counter, learner=2)
    assert counter.gateway.follow_top_ups(1) == 1
    assert (on_account(counter.fair), on_account(counter.fair, 2)) == (1_000, 0)
    delayed = counter.gateway.top_up(second.payment.id)
    assert (delayed.state, delayed.problem) == (TopUpState.WAITING, "top_up_above_limit")
    counter.now += HOUR - 1
    assert counter.gateway.refund_late_top_ups(1, HOUR) == []
    counter.now += 1
    (late,) = counter.gateway.refund_late_top_ups(1, HOUR)
    assert (late.id, late.state) == (second.payment.id, TopUpState.REFUNDED)
    assert counter.provider.refunded(name(second)) == TEN
    assert counter.state(second) is PaymentState.REFUNDED
    counter.fair.pass_days(1)
    assert counter.gateway.follow_top_ups(1) == 0
    assert on_account(counter.fair, 2) == 0
    assert counter.provider.refunded(name(first)).amount == 0


def test_on_the_next_day_it_comes_to_the_account(counter: Counter) -> None:
    """TOPUP-6: what keeps it waiting is told once, however often it is tried."""
    allow(counter.fair, 1_000 * CENT)
    paid(counter)
    made = paid(counter, learner=2)
    for _ in range(3):
        counter.gateway.follow_top_ups(1)
    told = [change.state for change in counter.gateway.top_up_history(made.payment.id)]
    assert told.count("delayed") == 1
    counter.fair.pass_days(1)
    assert counter.gateway.follow_top_ups(1) == 1
    assert on_account(counter.fair, 2) == 1_000
    assert counter.gateway.top_up(made.payment.id).problem is None


def test_a_platform_without_money_tops_up_nothing(counter: Counter) -> None:
    """TOPUP-6"""
    allow(counter.fair)
    counter.gateway.withdraw(1, Money(DEPOSIT // CENT, "USD"), "all")
    made = paid(counter)
    assert counter.gateway.follow_top_ups(1) == 0
    assert counter.gateway.top_up(made.payment.id).problem == "insufficient_balance"
    assert counter.gateway.refund_top_up(made.payment.id).state is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN


def test_what_is_on_the_account_does_not_go_back_at_the_provider(counter: Counter) -> None:
    """TOPUP-7"""
    allow(counter.fair)
    made = paid(counter)
    counter.gateway.follow_top_ups(1)
    with pytest.raises(NotRefundable):
        counter.gateway.refund_top_up(made.payment.id)
    assert counter.provider.refunded(name(made)).amount == 0


def test_a_provider_that_is_silent_is_asked_again_under_the_same_id(counter: Counter) -> None:
    """TOPUP-7"""
    made = paid(counter)
    with counter.provider.silence():
        sent = counter.gateway.refund_top_up(made.payment.id)
        assert sent.state is TopUpState.REFUND_PENDING
    allow(counter.fair)
    counter.gateway.follow_top_ups(1)
    counter.gateway.refund_top_up(made.payment.id)
    assert state(counter, made) is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN
    assert on_account(counter.fair) == 0


def test_what_was_charged_back_is_not_put_on_chain(counter: Counter) -> None:
    """TOPUP-8"""
    allow(counter.fair)
    made = paid(counter)
    charge_back(counter, made)
    assert counter.gateway.follow_top_ups(1) == 0
    assert (on_account(counter.fair), counter.fair.available(1)) == (0, DEPOSIT)
    with pytest.raises(NotRefundable):
        counter.gateway.refund_top_up(made.payment.id)
    give_back(counter, made)
    assert counter.gateway.follow_top_ups(1) == 1
    assert on_account(counter.fair) == 1_000


def test_a_top_up_that_was_reorganised_away_goes_out_again(counter: Counter) -> None:
    """TOPUP-5, SUB-7"""
    allow(counter.fair)
    made = paid(counter)
    before = counter.fair.anvil.snapshot()
    counter.gateway.follow_top_ups(1)
    counter.fair.anvil.revert(before)
    counter.gateway.recover(1)
    assert on_account(counter.fair) == 1_000
    assert state(counter, made) in (TopUpState.SETTLED, TopUpState.CONFIRMED)
    assert counter.fair.network.settlement.available_of(of_platform(1)) == DEPOSIT - 1_000 * CENT


def test_the_database_puts_nothing_on_chain_that_goes_back(counter: Counter) -> None:
    """TOPUP-7"""
    made = paid(counter)
    with counter.provider.silence():
        counter.gateway.refund_top_up(made.payment.id)
    (number,) = counter.fair.rows("SELECT payment_id FROM top_ups")[0]
    with pytest.raises(Exception, match="waits is put on chain"):
        counter.fair.rows(
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            f" transaction_hash, created_at, changed_at) VALUES (1, 1, '0x{'0' * 40}', 'top_up',"
            f" {number}, 'stored', 0, '0x{'0' * 64}', 0, 0)"
        )
