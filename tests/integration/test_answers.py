"""PAY-5, PAY-7, LIFE-8: answers that come too early, too late, or in another currency."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.integration.counter import Counter, charge_back, name, open_counter, paid
from tests.integration.fair import Fair
from zhifu.exceptions import DatabaseRefused, PaymentUnknown
from zhifu.leases import Leases
from zhifu.money import Money
from zhifu.payments import PaymentState
from zhifu.providers import Checkout, HintKind, Intent, ProviderPayment
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store
from zhifu.turns import Turn


class Wavering(SandboxProvider):
    """A provider some of whose next answers are those of before."""

    old: ProviderPayment
    stale = 0
    made = 0

    def query(self, provider_payment_id: str) -> ProviderPayment:
        if self.stale:
            self.stale -= 1
            return self.old
        return super().query(provider_payment_id)

    def create(self, intent: Intent) -> Checkout:
        self.made += 1
        return super().create(intent)


@pytest.fixture
def wavering(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair, Wavering) as counter:
        yield counter


def provider(counter: Counter) -> Wavering:
    assert isinstance(counter.provider, Wavering)
    return counter.provider


def answer_as_of_now(counter: Counter, payment: str, times: int) -> None:
    """Let the next answers be what would be answered now."""
    stage = provider(counter)
    stage.old, stage.stale = stage.query(payment), times


def test_a_chargeback_that_the_answer_does_not_have_yet_is_asked_about_again(
    wavering: Counter,
) -> None:
    """PAY-7: the provider's callback came before its own books knew."""
    made = paid(wavering)
    answer_as_of_now(wavering, name(made), 2)
    wavering.provider.charge_back(name(made))
    wavering.gateway.take_callback("sandbox", wavering.callback(made, HintKind.CHARGEBACK))
    handled = []
    for _ in range(3):
        handled.append(wavering.gateway.process_callbacks())
        wavering.now += 60
    assert handled == [0, 0, 1]
    assert wavering.state(made) is PaymentState.CHARGED_BACK


def test_a_chargeback_that_is_never_confirmed_is_let_go(counter: Counter) -> None:
    """PAY-7."""
    made = paid(counter)
    counter.gateway.take_callback("sandbox", counter.callback(made, HintKind.CHARGEBACK))
    handled = 0
    for _ in range(10):
        handled += counter.gateway.process_callbacks()
        counter.now += 600
    assert handled == 1
    assert counter.state(made) is PaymentState.PAID


def test_an_old_answer_gives_no_chargeback_back(wavering: Counter) -> None:
    """LIFE-8: what tells less than is known is asked again."""
    made = paid(wavering)
    charge_back(wavering, made, Money(50, "USD"))
    answer_as_of_now(wavering, name(made), 0)
    charge_back(wavering, made)
    assert wavering.state(made) is PaymentState.CHARGED_BACK
    provider(wavering).stale = 1
    wavering.now += 1
    wavering.gateway.take_callback("sandbox", wavering.callback(made, HintKind.REFUND))
    assert wavering.gateway.process_callbacks() == 1
    assert wavering.state(made) is PaymentState.CHARGED_BACK


def test_nobody_makes_a_payment_beside_whoever_is_at_it(wavering: Counter) -> None:
    """PAY-5: the schedule begins five seconds later."""
    with wavering.provider.silence(), pytest.raises(PaymentUnknown):
        wavering.checkout()
    wavering.gateway.inquire()
    assert provider(wavering).made == 1
    wavering.now += 5
    wavering.gateway.inquire()
    assert provider(wavering).made == 2


class Unsteady(Leases):
    """Leases whose first renewal the database refuses."""

    renewals = 0

    def renew(self, name: str, seconds: float) -> bool:
        self.renewals += 1
        if self.renewals == 1:
            raise DatabaseRefused("it is busy")
        return super().renew(name, seconds)


def test_a_turn_outlives_a_renewal_that_the_database_refused(databases: Databases) -> None:
    """SUB-7: the next renewal keeps it."""
    with Store.open(databases.url("turns")) as store:
        leases = Unsteady(store, "ours")
        with Turn(leases, "0xkey", lease_seconds=0.03):
            for _ in range(3_000):
                if leases.renewals > 1:
                    break
                time.sleep(0.01)
        assert leases.renewals > 1
