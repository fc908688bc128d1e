"""TOPUP-7 to TOPUP-9: a top-up that does not go back as it should waits for a person."""

from __future__ import annotations

import pytest

from tests.integration.counter import HOUR, Counter, charge_back, give_back, name
from tests.integration.fair import DEPOSIT
from tests.integration.purse import TEN, allow, on_account, paid, state
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import InvalidInput, NotRefundable, ProviderRefused, UnknownPayment
from zhifu.money import Money
from zhifu.payments import PaymentState, TopUpState

PART = Money(300, "USD")


def refused(counter: Counter) -> OpenCheckout:
    """A top-up that its provider has refused to return: its payer's bank has a part already."""
    made = paid(counter)
    counter.provider.charge_back(name(made), PART)
    with pytest.raises(ProviderRefused):
        counter.gateway.refund_top_up(made.payment.id)
    return made


def problem(counter: Counter, made: OpenCheckout) -> str | None:
    return counter.gateway.top_up(made.payment.id).problem


def test_of_which_a_bank_has_a_part_nothing_is_put_on_chain(counter: Counter) -> None:
    """TOPUP-9: until the bank gives it back."""
    allow(counter.fair)
    made = paid(counter)
    charge_back(counter, made, PART)
    assert counter.gateway.follow_top_ups(1) == 0
    assert (on_account(counter.fair), counter.fair.available(1)) == (0, DEPOSIT)
    assert (state(counter, made), problem(counter, made)) == (
        TopUpState.WAITING,
        "part_charged_back",
    )
    counter.now += HOUR
    assert counter.gateway.refund_late_top_ups(1, HOUR) == []
    assert state(counter, made) is TopUpState.WAITING
    give_back(counter, made)
    assert counter.gateway.follow_top_ups(1) == 1
    assert on_account(counter.fair) == TEN.amount


def test_what_is_on_the_account_stays_there(counter: Counter) -> None:
    """TOPUP-8: the bank has all of it, and the learner keeps the balance."""
    allow(counter.fair)
    made = paid(counter)
    counter.gateway.follow_top_ups(1)
    charge_back(counter, made)
    assert counter.gateway.follow_chargebacks() == 1
    assert counter.state(made) is PaymentState.CHARGED_BACK
    assert on_account(counter.fair) == TEN.amount
    (record,) = counter.gateway.chargebacks_page(1)
    stays = "what is on the learner's account stays there"
    assert record.detail == f"{stays}; the platform has lost {TEN}"


def test_the_database_puts_nothing_on_chain_of_which_a_bank_has_a_part(counter: Counter) -> None:
    """TOPUP-9"""
    made = paid(counter)
    charge_back(counter, made, PART)
    ((number,),) = counter.fair.rows("SELECT payment_id FROM top_ups")
    with pytest.raises(Exception, match="waits is put on chain"):
        counter.fair.rows(
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            f" transaction_hash, created_at, changed_at) VALUES (1, 1, '0x{'0' * 40}', 'top_up',"
            f" {number}, 'stored', 0, '0x{'0' * 64}', 0, 0)"
        )


def test_what_is_left_of_it_a_person_returns(counter: Counter) -> None:
    """TOPUP-9: the provider is not asked for more than is left, nor by itself for what is."""
    allow(counter.fair)
    made = paid(counter)
    charge_back(counter, made, PART)
    with pytest.raises(NotRefundable):
        counter.gateway.refund_top_up(made.payment.id)
    assert counter.gateway.follow_top_ups(1) == 0
    assert (state(counter, made), problem(counter, made)) == (
        TopUpState.REFUND_PENDING,
        "part_charged_back",
    )
    assert counter.provider.refunded(name(made)).amount == 0
    done = counter.gateway.top_up_returned(made.payment.id, "7.00 by transfer 4711")
    assert (done.state, done.problem) == (TopUpState.REFUNDED, None)
    assert counter.state(made) is PaymentState.REFUNDED
    give_back(counter, made)
    assert counter.gateway.follow_top_ups(1) == 0
    assert on_account(counter.fair) == 0


def test_what_the_bank_gave_back_goes_back_by_itself(counter: Counter) -> None:
    """TOPUP-9: once it is decided that it does."""
    made = paid(counter)
    charge_back(counter, made, PART)
    with pytest.raises(NotRefundable):
        counter.gateway.refund_top_up(made.payment.id)
    give_back(counter, made)
    assert counter.gateway.follow_top_ups(1) == 1
    assert state(counter, made) is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN


def test_a_person_returns_what_the_provider_refused_to(counter: Counter) -> None:
    """TOPUP-7"""
    made = refused(counter)
    assert counter.gateway.follow_top_ups(1) == 0
    assert problem(counter, made) == "provider_refused"
    for wrong in ("", " ", "x" * 256, "a\0b"):
        with pytest.raises(InvalidInput, match="detail"):
            counter.gateway.top_up_returned(made.payment.id, wrong)
    done = counter.gateway.top_up_returned(made.payment.id, "by transfer 4711")
    assert done.state is TopUpState.REFUNDED
    assert counter.state(made) is PaymentState.REFUNDED
    last = counter.gateway.top_up_history(made.payment.id)[-1]
    assert (last.state, last.detail) == ("refunded", "by transfer 4711")
    assert counter.provider.refunded(name(made)).amount == 0
    assert counter.gateway.refund_top_up(made.payment.id) == done
    assert counter.gateway.top_up_returned(made.payment.id, "by transfer 4711") == done
    with pytest.raises(NotRefundable):
        counter.gateway.top_up_returned(made.payment.id, "by transfer 4712")


def test_only_what_was_refused_is_returned_by_hand(counter: Counter) -> None:
    """TOPUP-7"""
    gateway, waiting = counter.gateway, paid(counter)
    with pytest.raises(NotRefundable):
        gateway.top_up_returned(waiting.payment.id, "by hand")
    with counter.provider.silence():
        gateway.refund_top_up(waiting.payment.id)
    with pytest.raises(NotRefundable):
        gateway.top_up_returned(waiting.payment.id, "by hand")
    order = counter.checkout()
    with pytest.raises(UnknownPayment):
        gateway.top_up_returned(order.payment.id, "by hand")
    lost = refused(counter)
    charge_back(counter, lost, Money(700, "USD"))
    assert counter.state(lost) is PaymentState.CHARGED_BACK
    with pytest.raises(NotRefundable):
        gateway.top_up_returned(lost.payment.id, "by hand")


def test_what_was_refused_is_asked_for_again(counter: Counter) -> None:
    """TOPUP-7: by whoever mended the reason."""
    made = refused(counter)
    counter.provider.return_chargeback(name(made))
    assert counter.gateway.refund_top_up(made.payment.id).state is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN


def test_what_is_asked_for_again_is_not_returned_by_hand(counter: Counter) -> None:
    """TOPUP-7: whoever was silent may have done it, and is asked until it answers."""
    made = refused(counter)
    counter.provider.return_chargeback(name(made))
    with counter.provider.silence():
        assert counter.gateway.refund_top_up(made.payment.id).state is TopUpState.REFUND_PENDING
        with pytest.raises(NotRefundable):
            counter.gateway.top_up_returned(made.payment.id, "by hand")
    counter.gateway.follow_top_ups(1)
    assert state(counter, made) is TopUpState.REFUNDED
    assert counter.provider.refunded(name(made)) == TEN
