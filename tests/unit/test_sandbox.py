"""The sandbox keeps the rules a payment provider keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from zhifu.exceptions import InvalidCallback, InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import HintKind, Intent, LineKind, ProviderPayment, ProviderStatus
from zhifu.providers.sandbox import SandboxProvider

AMOUNT = Money(4900, "USD")


def test_a_payment_is_paid_only_once_its_learner_paid() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.open(AMOUNT)
    assert sandbox.query(payment) == ProviderPayment(ProviderStatus.PENDING, AMOUNT)
    sandbox.confirm(payment)
    assert sandbox.query(payment) == ProviderPayment(ProviderStatus.PAID, AMOUNT)
    with pytest.raises(ProviderRefused):
        sandbox.fail(payment)


def test_a_payment_nobody_made_failed() -> None:
    assert SandboxProvider().query("sbx_1").status is ProviderStatus.FAILED


def test_silence_answers_nothing() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.pay(AMOUNT)
    with sandbox.silence():
        assert sandbox.query(payment) == ProviderPayment(ProviderStatus.UNKNOWN)
        with pytest.raises(PaymentUnknown):
            sandbox.refund(payment, AMOUNT, "one")
    assert sandbox.refunded(payment) == Money.zero("USD")


def test_a_refund_id_pays_back_once() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.pay(AMOUNT)
    for _ in range(3):
        sandbox.refund(payment, Money(900, "USD"), "one")
    assert sandbox.refunded(payment) == Money(900, "USD")
    with pytest.raises(ProviderRefused):
        sandbox.refund(payment, Money(901, "USD"), "one")


def test_no_more_goes_back_than_was_paid() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.pay(AMOUNT)
    sandbox.refund(payment, Money(4000, "USD"), "one")
    with pytest.raises(ProviderRefused):
        sandbox.refund(payment, Money(901, "USD"), "two")
    sandbox.refund(payment, Money(900, "USD"), "three")
    assert sandbox.refunded(payment) == AMOUNT


def test_an_unpaid_payment_is_not_refunded() -> None:
    sandbox = SandboxProvider()
    with pytest.raises(ProviderRefused):
        sandbox.refund(sandbox.open(AMOUNT), AMOUNT, "one")


def test_the_next_process_finds_everything_again(tmp_path: Path) -> None:
    ledger = tmp_path / "provider" / "sandbox.jsonl"
    first = SandboxProvider(ledger)
    paid, pending = first.pay(AMOUNT), first.open(AMOUNT)
    first.refund(paid, Money(1, "USD"), "one")
    second = SandboxProvider(ledger)
    assert second.query(paid) == first.query(paid)
    assert second.query(pending).status is ProviderStatus.PENDING
    second.refund(paid, Money(1, "USD"), "one")
    assert second.refunded(paid) == Money(1, "USD")
    assert second.pay(AMOUNT) not in (paid, pending)


def test_two_processes_share_a_ledger(tmp_path: Path) -> None:
    one, other = (SandboxProvider(tmp_path / "sandbox.jsonl") for _ in range(2))
    payments = {each.pay(AMOUNT) for each in (one, other, one, other)}
    assert len(payments) == 4
    for payment in payments:
        assert {each.query(payment).status for each in (one, other)} == {ProviderStatus.PAID}
    mine = one.open(AMOUNT)
    other.confirm(mine)
    one.refund(mine, AMOUNT, "refund")
    with pytest.raises(ProviderRefused):
        other.refund(mine, AMOUNT, "another")


def test_processes_at_once_give_back_no_more_than_was_paid(tmp_path: Path) -> None:
    ledger, both = tmp_path / "sandbox.jsonl", Barrier(2)
    payment = SandboxProvider(ledger).pay(AMOUNT)

    def clock() -> float:
        # A refund is written down after it was found right: give the other one time to be as well.
        with suppress(BrokenBarrierError):
            both.wait(0.3)
        return 1_700_000_000

    def give(number: int) -> None:
        with suppress(ProviderRefused):
            sandbox = SandboxProvider(ledger, clock=clock)
            sandbox.refund(payment, Money(2500, "USD"), f"refund {number}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(give, range(2)))
    assert SandboxProvider(ledger).refunded(payment) == Money(2500, "USD")


def test_a_line_still_being_written_is_read_later(tmp_path: Path) -> None:
    ledger = tmp_path / "sandbox.jsonl"
    payment = SandboxProvider(ledger).pay(AMOUNT)
    line = ledger.read_text()
    ledger.write_text(line[:10])
    sandbox = SandboxProvider(ledger)
    assert sandbox.query(payment).status is ProviderStatus.FAILED
    ledger.write_text(line)
    assert sandbox.query(payment).status is ProviderStatus.PAID


@pytest.mark.parametrize("line", ["not JSON", "5", "{}", '{"payment": "a", "status": "b"}'])
def test_a_broken_ledger_names_its_line(tmp_path: Path, line: str) -> None:
    ledger = tmp_path / "sandbox.jsonl"
    SandboxProvider(ledger).pay(AMOUNT)
    with ledger.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InvalidInput) as raised:
        SandboxProvider(ledger)
    assert raised.value.field == f"{ledger}:2"


def intent(payment_id: str = "pay_1", amount: Money = AMOUNT) -> Intent:
    return Intent(payment_id, amount, "A course", expires_at=2_000_000_000, method="page")


def test_our_payment_id_opens_one_payment() -> None:
    sandbox = SandboxProvider()
    payment, *again = (sandbox.create(intent()).provider_payment_id for _ in range(3))
    assert set(again) == {payment}
    with pytest.raises(ProviderRefused):
        sandbox.create(intent(amount=Money(4901, "USD")))


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_of_nothing_is_not_opened(amount: int) -> None:
    with pytest.raises(InvalidInput):
        SandboxProvider().create(intent(amount=Money(amount, "USD")))


def test_a_cancelled_payment_cannot_be_paid_and_a_paid_one_not_cancelled() -> None:
    sandbox = SandboxProvider()
    cancelled, paid = sandbox.open(AMOUNT), sandbox.pay(AMOUNT)
    for _ in range(2):
        sandbox.cancel(cancelled)
    assert sandbox.query(cancelled).status is ProviderStatus.FAILED
    with pytest.raises(ProviderRefused):
        sandbox.confirm(cancelled)
    with pytest.raises(ProviderRefused):
        sandbox.cancel(paid)


def test_a_learner_may_pay_another_amount() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.open(AMOUNT)
    with pytest.raises(InvalidInput):
        sandbox.confirm(payment, Money(0, "USD"))
    sandbox.confirm(payment, Money(4800, "USD"))
    assert sandbox.query(payment).amount == Money(4800, "USD")


def test_a_chargeback_and_refunds_never_exceed_what_was_paid() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.pay(AMOUNT)
    sandbox.refund(payment, Money(900, "USD"), "one")
    sandbox.charge_back(payment)
    assert sandbox.query(payment).charged_back == Money(4000, "USD")
    with pytest.raises(ProviderRefused):
        sandbox.refund(payment, Money(1, "USD"), "two")


def test_a_callback_is_a_hint_that_its_sandbox_signed() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.pay(AMOUNT)
    callback = sandbox.callback(payment)
    assert sandbox.verify(callback) == sandbox.verify(sandbox.callback(payment))
    assert sandbox.verify(callback)[1:] == (HintKind.PAYMENT, payment)
    later, earlier = (
        callback._replace(received_at=callback.received_at + by) for by in (301, -301)
    )
    altered, unsigned = callback._replace(body=b"{}"), callback._replace(headers={})
    garbled = callback._replace(headers={"sandbox-signature": f"{callback.received_at},\xe9"})
    for refused in (later, earlier, altered, unsigned, garbled):
        with pytest.raises(InvalidCallback):
            sandbox.verify(refused)
    with pytest.raises(InvalidCallback):
        SandboxProvider().verify(callback)


def test_a_days_bill_adds_up_and_names_our_ids(tmp_path: Path) -> None:
    at = 1_700_000_000
    sandbox = SandboxProvider(tmp_path / "sandbox.jsonl", clock=lambda: at)
    payment = sandbox.create(intent()).provider_payment_id
    sandbox.open(AMOUNT)
    sandbox.confirm(payment)
    sandbox.refund(payment, Money(900, "USD"), "refund")
    sandbox.charge_back(payment, Money(100, "USD"))
    day = date(2023, 11, 14)
    lines = [(each.kind, each.reference, each.amount.amount) for each in sandbox.transactions(day)]
    assert lines == [
        (LineKind.PAYMENT, "pay_1", 4900),
        (LineKind.REFUND, "refund", -900),
        (LineKind.CHARGEBACK, payment, -100),
    ]
    assert not list(sandbox.transactions(date(2023, 11, 15)))
