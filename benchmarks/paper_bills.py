"""A provider whose bills are files, so that what reads them is measured and not what made them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone, tzinfo
from pathlib import Path

from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    Intent,
    LineKind,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)


class PaperProvider:
    """Takes every payment as paid, and writes it into its day's file in `folder`.

    What it calls a payment tells the amount, so that it need not remember any.
    """

    answers_at_once = True

    def __init__(
        self, name: str, folder: Path, clock: Callable[[], float], zone: tzinfo = timezone.utc
    ) -> None:
        self.name = name
        self.zone = zone
        self._folder = folder / name
        self._folder.mkdir(exist_ok=True)
        self._clock = clock

    def pay(self, amount: Money) -> str:
        """A payment that its learner has made."""
        payment = f"{amount.currency}_{amount.amount}_{secrets.token_hex(8)}"
        self._write("payment", payment, payment, amount)
        return payment

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """Paid, as its name says."""
        currency, amount, *_ = provider_payment_id.split("_")
        return ProviderPayment(ProviderStatus.PAID, Money(int(amount), currency))

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Done, and written down; whoever asks must not ask twice."""
        self._write("refund", provider_payment_id, refund_id, -amount)
        return RefundStatus.DONE

    def transactions(self, day: date) -> Iterator[BillLine]:
        """The lines of a day's file."""
        file = self._folder / day.isoformat()
        if not file.exists():
            return
        with file.open() as lines:
            for line in lines:
                kind, payment, reference, amount, currency, at = line.split()
                money = Money(int(amount), currency)
                yield BillLine(LineKind(kind), payment, reference, money, None, int(at))

    def create(self, intent: Intent) -> Checkout:
        """Nobody does here."""
        raise NotImplementedError

    def cancel(self, provider_payment_id: str) -> None:
        """Nobody does here."""
        raise NotImplementedError

    def verify(self, callback: Callback) -> Hint:
        """Nobody calls."""
        raise NotImplementedError

    def answer(self, accepted: bool) -> Answer:
        """Nobody calls."""
        raise NotImplementedError

    def _write(self, kind: str, payment: str, reference: str, amount: Money) -> None:
        at = int(self._clock())
        day = datetime.fromtimestamp(at, self.zone).date().isoformat()
        line = f"{kind} {payment} {reference} {amount.amount} {amount.currency} {at}\n"
        with (self._folder / day).open("a") as file:
            file.write(line)
