"""What two find out at once of a payment is recorded as if one had found it out after the other."""

from __future__ import annotations

import pytest

from tests.integration.counter import NOW, PRICE, Counter, open_counter, paid
from tests.integration.fair import Fair
from zhifu.chargebackbook import Taken
from zhifu.exceptions import PaymentUnknown
from zhifu.money import Money
from zhifu.payments import PaymentState
from zhifu.providers import ProviderPayment
from zhifu.providers.sandbox import SandboxProvider

A_FIFTH, A_TENTH = Money(980, "USD"), Money(490, "USD")


def test_what_two_note_of_a_bank_at_once_is_no_more_than_it_has(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LIFE-8: however old what the one of them had heard."""
    payment = counter.gateway.payment(paid(counter).payment.id)
    chargebacks, book = counter.gateway._chargebacks, counter.gateway._chargeback_book
    begin = book.begin

    def beaten(payment_id: str, taken: Taken) -> bool:
        monkeypatch.setattr(book, "begin", begin)
        chargebacks.note(payment, A_TENTH)
        return begin(payment_id, taken)

    monkeypatch.setattr(book, "begin", beaten)
    chargebacks.note(payment, A_FIFTH)
    noted = [each.amount for each in counter.gateway.chargebacks(payment.id)]
    assert noted == [A_TENTH, A_TENTH]
    assert chargebacks.standing(payment) == A_FIFTH.amount


class Meanwhile(SandboxProvider):
    """A provider while whose answer comes somebody else decides that a payment was not paid."""

    counter: Counter
    payment = ""

    def query(self, provider_payment_id: str) -> ProviderPayment:
        found = super().query(provider_payment_id)
        if self.payment:
            self.counter.gateway._books.resolve(self.payment, PaymentState.CANCELLED)
        return found


def test_what_was_paid_though_somebody_cancelled_it_meanwhile_goes_back(fair: Fair) -> None:
    """LIFE-7, PAY-8."""
    with open_counter(fair, Meanwhile) as counter:
        assert isinstance(counter.provider, Meanwhile)
        request = counter.fair.request(provider_payment_id=counter.provider.pay(PRICE))
        with counter.provider.silence(), pytest.raises(PaymentUnknown):
            counter.gateway.pay(request)
        counter.provider.counter = counter
        (payment,) = counter.gateway.payments(1)
        counter.provider.payment = payment.id
        (found,) = counter.gateway.recheck()
        assert isinstance(found, type(payment))
        assert (found.state, found.received) == (PaymentState.CANCELLED, PRICE)
        (payback,) = counter.gateway.paybacks(payment.id)
        assert payback.amount == PRICE
        assert counter.now == NOW
