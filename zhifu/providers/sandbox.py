"""A payment provider without money behind it, for tests, demonstrations and local work.

It keeps every rule a real provider keeps, and can be told to stay silent. It lives in this process;
`zhifu.sandbox` serves the real providers' interfaces over HTTP.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from zhifu.exceptions import (
    InvalidCallback,
    InvalidInput,
    PaymentUnknown,
    ProviderRefused,
    ZhifuError,
)
from zhifu.facts import WHOLE_BPS
from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    HintKind,
    Intent,
    LineKind,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)

_TOLERANCE_SECONDS = 300


class _Known(NamedTuple):
    """A payment: `reference` is our id of it where it has one, `at` when its status began."""

    status: ProviderStatus
    amount: Money
    reference: str
    at: int


class _Return(NamedTuple):
    """Money of a payment that went back, by a refund or a chargeback."""

    payment: str
    amount: Money
    at: int


class SandboxProvider:
    """Payments that are created, confirmed or failed by whoever holds the object.

    With a `ledger` file everything is remembered in it, one JSON line an event, and seen by every
    process that uses the same file, now or later. `secret` signs callbacks; it is drawn anew unless
    it is given. It keeps `fee_bps` of each payment, rounded down, in basis points. `clock` tells
    Unix seconds; days of bills are those of `zone`. Safe to share between threads.
    """

    def __init__(
        self,
        ledger: Path | None = None,
        *,
        name: str = "sandbox",
        secret: bytes | None = None,
        fee_bps: int = 0,
        zone: tzinfo = timezone.utc,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.zone = zone
        self._fee_bps = fee_bps
        self._ledger = ledger
        self._secret = secret or secrets.token_bytes(32)
        self._clock = clock
        self._lock = threading.RLock()
        self._silent = False
        self._payments: dict[str, _Known] = {}
        self._intents: dict[str, str] = {}
        self._refunds: dict[str, _Return] = {}
        self._chargebacks: list[_Return] = []
        self._refunded: Counter[str] = Counter()
        self._charged_back: Counter[str] = Counter()
        #: Every day's lines, until something else happens.
        self._bills: dict[date, list[BillLine]] | None = None
        self._read_to = self._lines_read = 0
        if ledger is not None:
            ledger.parent.mkdir(parents=True, exist_ok=True)
            self._catch_up()

    @property
    def answers_at_once(self) -> bool:
        """Whether nothing is looked up outside of this process."""
        return self._ledger is None

    # What a learner and a bank do

    def open(self, amount: Money) -> str:
        """Open a payment that its learner has not paid yet."""
        return self._opened(amount, ProviderStatus.PENDING)

    def pay(self, amount: Money) -> str:
        """Open a payment and confirm it at once."""
        return self._opened(amount, ProviderStatus.PAID)

    def confirm(self, payment: str, amount: Money | None = None) -> None:
        """The learner pays; `amount` where that is more or less than was asked."""
        self._decide(payment, ProviderStatus.PAID, amount)

    def fail(self, payment: str) -> None:
        """The learner does not pay, for good."""
        self._decide(payment, ProviderStatus.FAILED)

    def charge_back(self, payment: str, amount: Money | None = None) -> None:
        """The learner's bank takes the payment, or `amount` of it, back from the merchant."""
        with self._changing():
            known = self._known(payment)
            taken = known.amount - self._taken_back(payment) if amount is None else amount
            self._require_left(payment, known, taken)
            self._keep({"charge_back": payment, "payment": payment, **_money(taken)})

    def return_chargeback(self, payment: str, amount: Money | None = None) -> None:
        """The learner's bank gives back all that it took, or `amount` of it: the merchant won."""
        with self._changing():
            taken = Money(self._charged_back[payment], self._known(payment).amount.currency)
            given = taken if amount is None else amount
            if not Money.zero(taken.currency) < given <= taken:
                raise ProviderRefused(self.name, payment, "so much of it was not charged back")
            self._keep({"charge_back": payment, "payment": payment, **_money(-given)})

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While this is open, no question is answered and nothing is done."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def callback(self, payment: str, kind: HintKind = HintKind.PAYMENT) -> Callback:
        """A callback as it would arrive now.

        The same event each time for one payment and kind, but what a bank takes and what it gives
        back are events of their own.
        """
        now = int(self._clock())
        name = f"evt_{payment}_{kind.value}"
        if kind is HintKind.CHARGEBACK:
            with self._changing():
                moves = sum(each.payment == payment for each in self._chargebacks)
            name = f"{name}_{moves}"
        event = {"id": name, "kind": kind.value, "payment": payment}
        body = json.dumps(event).encode()
        return Callback({"sandbox-signature": f"{now},{self._signature(now, body)}"}, body, now)

    def refunded(self, payment: str) -> Money:
        """How much of a payment went back to its learner by refunds."""
        with self._changing():
            known = self._known(payment)
            return Money(self._refunded[payment], known.amount.currency)

    # What a provider does

    def create(self, intent: Intent) -> Checkout:
        """Open a payment, once for each of our payment ids."""
        _require_positive(intent.amount)
        self._require_answer(intent.payment_id)
        with self._changing():
            payment = self._intents.get(intent.payment_id)
            if payment is None:
                payment = self._opened(intent.amount, ProviderStatus.PENDING, intent.payment_id)
            elif self._known(payment).amount != intent.amount:
                reason = "the payment id was used for another amount"
                raise ProviderRefused(self.name, intent.payment_id, reason)
        return Checkout(payment, {"sandbox_payment": payment})

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What became of a payment."""
        if self._silent:
            return ProviderPayment(ProviderStatus.UNKNOWN)
        with self._changing():
            found = self._payments.get(provider_payment_id)
            taken = self._charged_back.get(provider_payment_id)
        if found is None:
            return ProviderPayment(ProviderStatus.FAILED)
        charged_back = None if taken is None else Money(taken, found.amount.currency)
        is_paid = found.status is ProviderStatus.PAID
        fee = self._fee(found.amount) if is_paid else None
        return ProviderPayment(found.status, found.amount, fee, charged_back)

    def cancel(self, provider_payment_id: str) -> None:
        """Let nobody pay a payment any more; harmless to repeat."""
        self._require_answer(provider_payment_id)
        self._decide(provider_payment_id, ProviderStatus.FAILED)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Send money back, once for each `refund_id`, and never more than is left."""
        self._require_answer(provider_payment_id)
        with self._changing():
            before = self._refunds.get(refund_id)
            if before is not None:
                return self._same(before, provider_payment_id, amount)
            self._require_left(provider_payment_id, self._known(provider_payment_id), amount)
            self._keep({"refund": refund_id, "payment": provider_payment_id, **_money(amount)})
        return RefundStatus.DONE

    def verify(self, callback: Callback) -> Hint:
        """What a callback of `callback` is about, for five minutes before and after it was made."""
        at, _, signature = callback.headers.get("sandbox-signature", "").partition(",")
        if not re.fullmatch("[0-9]{1,12}", at):
            raise InvalidCallback(self.name, "it is not signed")
        genuine = self._signature(int(at), callback.body)
        if not hmac.compare_digest(genuine.encode(), signature.encode()):
            raise InvalidCallback(self.name, "its signature is not the provider's")
        if abs(callback.received_at - int(at)) > _TOLERANCE_SECONDS:
            raise InvalidCallback(self.name, "it is not fresh")
        event = json.loads(callback.body)
        return Hint(event["id"], HintKind(event["kind"]), event["payment"])

    def answer(self, accepted: bool) -> Answer:
        """Status 200 or 400, with a word."""
        return Answer(*((200, "text/plain", b"ok") if accepted else (400, "text/plain", b"again")))

    def transactions(self, day: date) -> Iterator[BillLine]:
        """What happened on a day of its zone: payments, refunds and chargebacks."""
        self._require_answer(day.isoformat())
        with self._changing():
            if self._bills is None:
                self._bills = self._made_bills()
            return iter(self._bills.get(day, ()))

    def _made_bills(self) -> dict[date, list[BillLine]]:
        bills: dict[date, list[BillLine]] = {}
        for line in sorted(self._lines(), key=lambda line: line.at):
            day = datetime.fromtimestamp(line.at, self.zone).date()
            bills.setdefault(day, []).append(line)
        return bills

    def _lines(self) -> Iterator[BillLine]:
        for payment, known in self._payments.items():
            if known.status is ProviderStatus.PAID:
                kind, reference = LineKind.PAYMENT, known.reference or payment
                fee = self._fee(known.amount)
                yield BillLine(kind, payment, reference, known.amount, fee, known.at)
        for refund, (payment, amount, at) in self._refunds.items():
            yield BillLine(LineKind.REFUND, payment, refund, -amount, None, at)
        for payment, amount, at in self._chargebacks:
            yield BillLine(LineKind.CHARGEBACK, payment, payment, -amount, None, at)

    def _fee(self, amount: Money) -> Money | None:
        """What it keeps of a payment; None for one that keeps nothing."""
        kept = amount.amount * self._fee_bps // WHOLE_BPS
        return Money(kept, amount.currency) if self._fee_bps else None

    # Rules

    def _require_answer(self, subject: str) -> None:
        if self._silent:
            raise PaymentUnknown(self.name, subject)

    def _require_left(self, payment: str, known: _Known, amount: Money) -> None:
        if known.status is not ProviderStatus.PAID:
            raise ProviderRefused(self.name, payment, "the payment is not paid")
        _require_positive(amount)
        if self._taken_back(payment) + amount > known.amount:
            raise ProviderRefused(self.name, payment, "more than was paid")

    def _taken_back(self, payment: str) -> Money:
        gone = self._refunded[payment] + self._charged_back[payment]
        return Money(gone, self._known(payment).amount.currency)

    def _same(self, before: _Return, payment: str, amount: Money) -> RefundStatus:
        if (before.payment, before.amount) != (payment, amount):
            raise ProviderRefused(self.name, payment, "the refund id was used for another refund")
        return RefundStatus.DONE

    def _decide(self, payment: str, status: ProviderStatus, amount: Money | None = None) -> None:
        with self._changing():
            before = self._known(payment)
            if before.status is status and amount in (None, before.amount):
                return
            if before.status is not ProviderStatus.PENDING:
                raise ProviderRefused(self.name, payment, f"the payment is {before.status.value}")
            if amount is not None:
                _require_positive(amount)
            self._record(payment, status, amount or before.amount)

    def _known(self, payment: str) -> _Known:
        found = self._payments.get(payment)
        if found is None:
            raise ProviderRefused(self.name, payment, "there is no such payment")
        return found

    def _signature(self, at: int, body: bytes) -> str:
        return hmac.new(self._secret, b"%d.%s" % (at, body), hashlib.sha256).hexdigest()

    # Memory

    def _opened(self, amount: Money, status: ProviderStatus, payment_id: str | None = None) -> str:
        payment = f"sbx_{secrets.token_hex(8)}"
        with self._lock:
            self._record(payment, status, amount, payment_id)
        return payment

    def _record(
        self, payment: str, status: ProviderStatus, amount: Money, payment_id: str | None = None
    ) -> None:
        event = {"payment": payment, "status": status.value, **_money(amount)}
        self._keep(event | ({"intent": payment_id} if payment_id else {}))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold what is known still, with what other processes added and before they add more."""
        with self._lock, self._held_ledger():
            self._catch_up()
            yield

    @contextmanager
    def _held_ledger(self) -> Iterator[None]:
        if self._ledger is None:
            yield
            return
        with self._ledger.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _keep(self, event: dict[str, Any]) -> None:
        event["at"] = int(self._clock())
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
                self._lines_read += 1

    def _read(self, line: bytes) -> None:
        try:
            self._apply(json.loads(line))
        except (ValueError, KeyError, TypeError, ZhifuError) as error:
            field = f"{self._ledger}:{self._lines_read + 1}"
            raise InvalidInput(field, "must be a JSON object that the sandbox wrote") from error

    def _apply(self, event: dict[str, Any]) -> None:
        payment, amount = event["payment"], Money(event["amount"], event["currency"])
        returned = _Return(payment, amount, event["at"])
        self._bills = None
        if "refund" in event:
            self._refunds[event["refund"]] = returned
            self._refunded[payment] += amount.amount
        elif "charge_back" in event:
            self._chargebacks.append(returned)
            self._charged_back[payment] += amount.amount
        else:
            before = self._payments.get(payment)
            reference = event.get("intent") or (before.reference if before else "")
            status = ProviderStatus(event["status"])
            self._payments[payment] = _Known(status, amount, reference, event["at"])
            if reference:
                self._intents[reference] = payment


def _require_positive(amount: Money) -> None:
    if amount.amount <= 0:
        raise InvalidInput("amount", "must be positive", amount.amount)


def _money(amount: Money) -> dict[str, Any]:
    return {"amount": amount.amount, "currency": amount.currency}
