"""The sandbox keeps the rules a payment provider keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import ProviderPayment, ProviderStatus
from zhifu.providers.sandbox import SandboxProvider

AMOUNT = Money(4900, "USD")


def test_a_payment_is_paid_only_once_its_learner_paid() -> None:
    sandbox = SandboxProvider()
    payment = sandbox.create(AMOUNT)
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
        sandbox.refund(sandbox.create(AMOUNT), AMOUNT, "one")


def test_the_next_process_finds_everything_again(tmp_path: Path) -> None:
    ledger = tmp_path / "provider" / "sandbox.jsonl"
    first = SandboxProvider(ledger)
    paid, pending = first.pay(AMOUNT), first.create(AMOUNT)
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
    mine = one.create(AMOUNT)
    other.confirm(mine)
    one.refund(mine, AMOUNT, "refund")
    with pytest.raises(ProviderRefused):
        other.refund(mine, AMOUNT, "another")


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
