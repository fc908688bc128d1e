"""What every payment provider keeps, so that the gateway need not know which one it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.rails import (
    DAY,
    FORGERIES,
    RAILS,
    Rail,
    Served,
    Stage,
    intent,
    opened,
    paid,
    today,
)
from zhifu.exceptions import (
    InputError,
    InvalidCallback,
    PaymentUnknown,
    ProviderError,
    ProviderRefused,
)
from zhifu.money import Money
from zhifu.providers import (
    HintKind,
    LineKind,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
    zone_of,
)
from zhifu.sandbox.faults import Fault
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.serving import Serving
from zhifu.silence import Spared

#: An id that no payment has.
NOBODYS = "pay_7fffffffffffffff"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage(Keys.generate(), Keys.generate())
    with Serving(stage.provider) as provider, Serving(stage.merchant) as merchant:
        stage.provider_url, stage.merchant_url = provider.url, merchant.url
        yield stage


@pytest.fixture(params=RAILS)
def rail(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Rail]:
    rail = RAILS[request.param](stage)
    yield rail
    if isinstance(rail, Served):
        rail.sandbox.deliveries.close()


def money(rail: Rail, amount: int) -> Money:
    return Money(amount, rail.currency)


def refund(rail: Rail, number: str, amount: int, refund_id: str) -> RefundStatus:
    """How a refund ends that is asked about until it is decided."""
    for _ in range(3):
        found = rail.provider.refund(number, money(rail, amount), refund_id)
        if found is not RefundStatus.PENDING:
            break
    return found


def status(rail: Rail, number: str) -> ProviderStatus:
    return rail.provider.query(number).status


# Payments


def test_a_payment_is_pending_until_its_learner_pays(rail: Rail) -> None:
    """PROVIDER-1"""
    number = opened(rail)
    assert status(rail, number) is ProviderStatus.PENDING
    rail.pay(number)
    found = rail.provider.query(number)
    assert (found.status, found.amount) == (ProviderStatus.PAID, money(rail, 4900))
    assert found.charged_back is None


def test_a_payment_before_its_learner_saw_it_is_pending(rail: Rail) -> None:
    """PROVIDER-1"""
    number = rail.provider.create(intent(rail)).provider_payment_id
    assert status(rail, number) is ProviderStatus.PENDING


def test_a_learner_is_given_something_to_go_on_with(rail: Rail) -> None:
    checkout = rail.provider.create(intent(rail))
    assert checkout.action
    assert all(checkout.action.values())


def test_amounts_are_exact(rail: Rail) -> None:
    """PROVIDER-1"""
    for amount in (1, 99, 100, 101, 99_999_999):
        assert rail.provider.query(paid(rail, amount)).amount == money(rail, amount)


def test_the_same_payment_id_is_the_same_payment(rail: Rail) -> None:
    """PROVIDER-2"""
    asked = intent(rail)
    first = rail.provider.create(asked)
    assert rail.provider.create(asked).provider_payment_id == first.provider_payment_id
    assert rail.created() == 1
    with pytest.raises(ProviderRefused):
        rail.provider.create(asked._replace(amount=money(rail, 4901)))
    assert rail.created() == 1


def test_two_payment_ids_are_two_payments(rail: Rail) -> None:
    """PROVIDER-2"""
    first, second = (rail.provider.create(intent(rail)) for _ in range(2))
    assert first.provider_payment_id != second.provider_payment_id


def test_nobody_pays_nothing(rail: Rail) -> None:
    """PROVIDER-3"""
    for amount in (0, -1):
        with pytest.raises((InputError, ProviderRefused)):
            rail.provider.create(intent(rail, amount))
    assert rail.created() == 0


def test_a_payment_nobody_made_failed(rail: Rail) -> None:
    """PROVIDER-4"""
    assert rail.provider.query(NOBODYS) == ProviderPayment(ProviderStatus.FAILED)


# Silence

unanswered = pytest.mark.parametrize("fault", [Fault.TIME_OUT, Fault.SILENCE])


@unanswered
def test_a_creation_that_is_not_answered_can_be_repeated(rail: Rail, fault: Fault) -> None:
    """PROVIDER-2, 4"""
    asked = intent(rail)
    with rail.silence(fault), pytest.raises(PaymentUnknown):
        rail.provider.create(asked)
    rail.reach(checkout := rail.provider.create(asked))
    rail.pay(checkout.provider_payment_id)
    assert status(rail, checkout.provider_payment_id) is ProviderStatus.PAID
    assert rail.created() == 1


@unanswered
def test_silence_is_neither_paid_nor_failed(rail: Rail, fault: Fault) -> None:
    """PROVIDER-4"""
    number = paid(rail)
    with rail.silence(fault):
        assert rail.provider.query(number) == ProviderPayment(ProviderStatus.UNKNOWN)
    assert status(rail, number) is ProviderStatus.PAID


@unanswered
def test_a_refund_that_is_not_answered_is_made_once(rail: Rail, fault: Fault) -> None:
    """PROVIDER-5"""
    number = paid(rail)
    with rail.silence(fault), pytest.raises(PaymentUnknown):
        rail.provider.refund(number, money(rail, 900), "ref_1")
    for _ in range(2):
        assert refund(rail, number, 900, "ref_1") is RefundStatus.DONE
    assert rail.returned(number) == money(rail, 900)


@unanswered
def test_a_cancel_that_is_not_answered_can_be_repeated(rail: Rail, fault: Fault) -> None:
    """PROVIDER-6"""
    number = opened(rail)
    with rail.silence(fault), pytest.raises(PaymentUnknown):
        rail.provider.cancel(number)
    rail.provider.cancel(number)
    assert status(rail, number) is ProviderStatus.FAILED


@unanswered
def test_a_bill_that_is_not_answered_is_none(rail: Rail, fault: Fault) -> None:
    """PROVIDER-8"""
    paid(rail)
    day = today(rail)
    rail.clock.shift += 2 * DAY
    with rail.silence(fault), pytest.raises(PaymentUnknown):
        list(rail.provider.transactions(day))
    assert len(list(rail.provider.transactions(day))) == 1


# Refunds


def test_a_refund_id_pays_back_once(rail: Rail) -> None:
    """PROVIDER-5"""
    number = paid(rail)
    for _ in range(3):
        assert refund(rail, number, 900, "ref_1") is RefundStatus.DONE
    assert rail.returned(number) == money(rail, 900)
    with pytest.raises(ProviderRefused):
        rail.provider.refund(number, money(rail, 901), "ref_1")
    assert rail.returned(number) == money(rail, 900)


def test_no_more_goes_back_than_was_paid(rail: Rail) -> None:
    """PROVIDER-5"""
    number = paid(rail)
    refund(rail, number, 4000, "ref_1")
    with pytest.raises(ProviderRefused):
        rail.provider.refund(number, money(rail, 901), "ref_2")
    assert refund(rail, number, 900, "ref_3") is RefundStatus.DONE
    with pytest.raises(ProviderRefused):
        rail.provider.refund(number, money(rail, 1), "ref_4")
    assert rail.returned(number) == money(rail, 4900)


def test_what_is_not_paid_is_not_refunded(rail: Rail) -> None:
    """PROVIDER-5"""
    number = opened(rail)
    with pytest.raises(ProviderRefused):
        rail.provider.refund(number, money(rail, 4900), "ref_1")
    with pytest.raises(ProviderError):
        rail.provider.refund(NOBODYS, money(rail, 4900), "ref_2")


def test_a_refund_is_of_something(rail: Rail) -> None:
    """PROVIDER-3"""
    number = paid(rail)
    for amount in (0, -1):
        with pytest.raises(InputError):
            rail.provider.refund(number, money(rail, amount), "ref_1")
    assert rail.returned(number) == money(rail, 0)


def test_what_was_paid_stays_paid(rail: Rail) -> None:
    """PROVIDER-1"""
    number = paid(rail)
    refund(rail, number, 900, "ref_1")
    assert status(rail, number) is ProviderStatus.PAID
    refund(rail, number, 4000, "ref_2")
    found = rail.provider.query(number)
    assert (found.status, found.amount) == (ProviderStatus.PAID, money(rail, 4900))


def test_what_the_bank_took_is_told(rail: Rail) -> None:
    """PROVIDER-7"""
    if not rail.charges_back:
        pytest.skip("there are no chargebacks here")
    number = paid(rail)
    refund(rail, number, 900, "ref_1")
    rail.charge_back(number, money(rail, 1000))
    found = rail.provider.query(number)
    assert (found.status, found.charged_back) == (ProviderStatus.PAID, money(rail, 1000))
    with pytest.raises(ProviderRefused):
        rail.provider.refund(number, money(rail, 3001), "ref_2")


# Cancelling


def test_a_cancelled_payment_is_never_paid(rail: Rail) -> None:
    """PROVIDER-6"""
    number = opened(rail)
    for _ in range(2):
        rail.provider.cancel(number)
    assert status(rail, number) is ProviderStatus.FAILED
    with pytest.raises(Exception, match=r"not_open|failed"):
        rail.pay(number)


def test_a_paid_payment_is_not_cancelled(rail: Rail) -> None:
    """PROVIDER-6"""
    number = paid(rail)
    with pytest.raises(ProviderRefused):
        rail.provider.cancel(number)
    assert status(rail, number) is ProviderStatus.PAID


# Callbacks


def test_every_delivery_of_an_event_is_that_event(rail: Rail) -> None:
    """PROVIDER-9"""
    number = opened(rail)
    hints = [rail.provider.verify(each) for each in rail.callbacks(number)]
    assert len(hints) >= 2
    assert {(each.kind, each.provider_payment_id) for each in hints} == {(HintKind.PAYMENT, number)}
    assert len({each.event_id for each in hints}) == 1


def test_a_callback_that_was_touched_or_is_old_is_refused(rail: Rail) -> None:
    """PROVIDER-9"""
    genuine = rail.callbacks(opened(rail))[0]
    for forge in FORGERIES.values():
        with pytest.raises(InvalidCallback):
            rail.provider.verify(forge(genuine))
    assert rail.provider.verify(genuine)


def test_a_callback_of_another_merchant_is_refused(rail: Rail) -> None:
    """PROVIDER-9"""
    genuine = rail.callbacks(opened(rail))[0]
    with pytest.raises(InvalidCallback):
        rail.stranger().verify(genuine)
    bare = genuine._replace(headers={})
    signed_by_headers = any("signature" in name for name in genuine.headers)
    if signed_by_headers:
        with pytest.raises(InvalidCallback):
            rail.provider.verify(bare)


def test_a_provider_knows_taken_from_refused(rail: Rail) -> None:
    """PROVIDER-9"""
    taken, refused = rail.provider.answer(True), rail.provider.answer(False)
    assert 200 <= taken.status < 300
    assert refused.status >= 400


# Bills


def test_a_provider_says_when_its_days_begin(rail: Rail) -> None:
    """PROVIDER-8"""
    assert zone_of(rail.provider) == zone_of(Spared(rail.provider)) == rail.zone


def test_a_days_bill_adds_up(rail: Rail) -> None:
    """PROVIDER-8"""
    amounts = (4900, 1, 99)
    numbers = [paid(rail, amount) for amount in amounts]
    opened(rail)
    refund(rail, numbers[0], 900, "ref_1")
    refund(rail, numbers[2], 99, "ref_2")
    if rail.charges_back:
        rail.charge_back(numbers[0], money(rail, 1000))
    day = today(rail)
    rail.clock.shift += 2 * DAY
    paid(rail)
    lines = list(rail.provider.transactions(day))
    by_payment: Counter[str] = Counter()
    for each in lines:
        by_payment[each.provider_payment_id] += each.amount.amount
    assert dict(by_payment) == {
        number: amount - rail.returned(number).amount
        for number, amount in zip(numbers, amounts, strict=True)
    }
    refunds = {each.reference: each.amount for each in lines if each.kind is LineKind.REFUND}
    assert refunds == {"ref_1": money(rail, -900), "ref_2": money(rail, -99)}
    payments = {each.reference for each in lines if each.kind is LineKind.PAYMENT}
    assert len(payments) == 3
    assert all(each.startswith("pay_") for each in payments)
    taken = [each.amount for each in lines if each.kind is LineKind.CHARGEBACK]
    assert taken == ([money(rail, -1000)] if rail.charges_back else [])
