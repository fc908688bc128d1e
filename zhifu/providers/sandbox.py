"""A payment provider without money behind it, for tests, demonstrations and local work.

It keeps every rule a real provider keeps, and can be told to stay silent.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused, ZhifuError
from zhifu.money import Money
from zhifu.providers import ProviderPayment, ProviderStatus


class SandboxProvider:
    """Payments that are created, confirmed or failed by whoever holds the object.

    With a `ledger` file everything is remembered in it, one JSON line an event, and seen by every
    process that uses the same file, now or later. Safe to share between threads.
    """

    def __init__(self, ledger: Path | None = None, *, name: str = "sandbox") -> None:
        self.name = name
        self._ledger = ledger
        self._lock = threading.Lock()
        self._silent = False
        self._payments: dict[str, tuple[ProviderStatus, Money]] = {}
        self._refunds: dict[str, tuple[str, Money]] = {}
        self._refunded: dict[str, int] = {}
        self._read_to = self._lines = 0
        if ledger is not None:
            ledger.parent.mkdir(parents=True, exist_ok=True)
            self._catch_up()

    def create(self, amount: Money) -> str:
        """Open a payment that its learner has not paid yet."""
        payment = _new_name()
        with self._lock:
            self._record(payment, ProviderStatus.PENDING, amount)
        return payment

    def confirm(self, payment: str) -> None:
        """The learner pays."""
        self._decide(payment, ProviderStatus.PAID)

    def fail(self, payment: str) -> None:
        """The learner does not pay, for good."""
        self._decide(payment, ProviderStatus.FAILED)

    def pay(self, amount: Money) -> str:
        """Create a payment and confirm it at once."""
        payment = _new_name()
        with self._lock:
            self._record(payment, ProviderStatus.PAID, amount)
        return payment

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While this is open, no question is answered and no refund made."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What became of a payment."""
        if self._silent:
            return ProviderPayment(ProviderStatus.UNKNOWN)
        with self._lock:
            self._catch_up()
            found = self._payments.get(provider_payment_id)
        return ProviderPayment(*found) if found else ProviderPayment(ProviderStatus.FAILED)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> None:
        """Send money back, once for each `refund_id`, and never more than was paid."""
        if self._silent:
            raise PaymentUnknown(self.name, provider_payment_id)
        with self._lock:
            self._catch_up()
            if self._refunds.get(refund_id) == (provider_payment_id, amount):
                return
            self._require_refundable(provider_payment_id, amount, refund_id)
            self._keep({"refund": refund_id, "payment": provider_payment_id, **_money(amount)})

    def refunded(self, payment: str) -> Money:
        """How much of a payment went back."""
        with self._lock:
            self._catch_up()
            _, amount = self._known(payment)
        return Money(self._refunded.get(payment, 0), amount.currency)

    def _require_refundable(self, payment: str, amount: Money, refund_id: str) -> None:
        status, paid = self._known(payment)
        if refund_id in self._refunds:
            raise ProviderRefused(self.name, payment, "the refund id was used for another refund")
        if status is not ProviderStatus.PAID:
            raise ProviderRefused(self.name, payment, "the payment is not paid")
        if Money(self._refunded.get(payment, 0), paid.currency) + amount > paid:
            raise ProviderRefused(self.name, payment, "more than was paid")

    def _decide(self, payment: str, status: ProviderStatus) -> None:
        with self._lock:
            self._catch_up()
            before, amount = self._known(payment)
            if before is not status and before is not ProviderStatus.PENDING:
                raise ProviderRefused(self.name, payment, f"the payment is {before.value}")
            self._record(payment, status, amount)

    def _known(self, payment: str) -> tuple[ProviderStatus, Money]:
        found = self._payments.get(payment)
        if found is None:
            raise ProviderRefused(self.name, payment, "there is no such payment")
        return found

    def _record(self, payment: str, status: ProviderStatus, amount: Money) -> None:
        if self._ledger is None:
            self._payments[payment] = (status, amount)
        else:
            self._keep({"payment": payment, "status": status.value, **_money(amount)})

    def _keep(self, event: dict[str, Any]) -> None:
        if self._ledger is None:
            self._apply(event)
            return
        with self._ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        self._catch_up()

    def _catch_up(self) -> None:
        """Apply the events that were added to the ledger since, by whichever process."""
        if self._ledger is None or not self._ledger.exists():
            return
        if self._ledger.stat().st_size == self._read_to:
            return
        with self._ledger.open("rb") as file:
            file.seek(self._read_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read(line)
                self._read_to += len(line)
                self._lines += 1

    def _read(self, line: bytes) -> None:
        try:
            self._apply(json.loads(line))
        except (ValueError, KeyError, TypeError, ZhifuError) as error:
            field = f"{self._ledger}:{self._lines + 1}"
            raise InvalidInput(field, "must be a JSON object that the sandbox wrote") from error

    def _apply(self, event: dict[str, Any]) -> None:
        payment, amount = event["payment"], Money(event["amount"], event["currency"])
        if "refund" in event:
            self._refunds[event["refund"]] = (payment, amount)
            self._refunded[payment] = self._refunded.get(payment, 0) + amount.amount
        else:
            self._payments[payment] = (ProviderStatus(event["status"]), amount)


def _money(amount: Money) -> dict[str, Any]:
    return {"amount": amount.amount, "currency": amount.currency}


def _new_name() -> str:
    return f"sbx_{secrets.token_hex(8)}"
