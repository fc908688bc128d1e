"""Stripe's objects as its interface writes them, from the sandbox's books."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from zhifu.money import Money
from zhifu.providers import LineKind
from zhifu.providers.stripe._amounts import to_stripe
from zhifu.sandbox.books import Books
from zhifu.sandbox.records import (
    Chargeback,
    Line,
    Payment,
    PaymentStatus,
    Refund,
    ReturnStatus,
)
from zhifu.sandbox.stripe_errors import StripeRefused, no_such
from zhifu.sandbox.stripe_forms import Form

Json: TypeAlias = dict[str, Any]

METADATA = "metadata."

_STATUSES = {
    PaymentStatus.OPEN: "requires_payment_method",
    PaymentStatus.PAID: "succeeded",
    # Stripe lets a learner whose card was declined try another one.
    PaymentStatus.FAILED: "requires_payment_method",
    PaymentStatus.CANCELLED: "canceled",
}
_REFUND_STATUSES = {
    ReturnStatus.PENDING: "pending",
    ReturnStatus.DONE: "succeeded",
    ReturnStatus.FAILED: "failed",
}
_DISPUTE_STATUSES = {
    ReturnStatus.PENDING: "needs_response",
    ReturnStatus.DONE: "lost",
    ReturnStatus.FAILED: "won",
}
#: A bill line's type and reporting category, by its kind and whether it adds to the balance.
_CATEGORIES = {
    (LineKind.PAYMENT, True): ("charge", "charge"),
    (LineKind.REFUND, False): ("refund", "refund"),
    (LineKind.REFUND, True): ("refund_failure", "refund_failure"),
    (LineKind.CHARGEBACK, False): ("adjustment", "dispute"),
    (LineKind.CHARGEBACK, True): ("adjustment", "dispute_reversal"),
}

_DECLINED = {
    "charge": None,
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
    "type": "card_error",
}


class Objects:
    """Writes what is in the books; `expand` names fields whose objects are written in full."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def payment_intent(self, payment: Payment, expand: frozenset[str] = frozenset()) -> Json:
        """A PaymentIntent; `latest_charge` and `latest_charge.balance_transaction` expand."""
        units, currency = to_stripe(payment.amount)
        received = to_stripe(payment.received)[0] if payment.received else 0
        is_cancelled = status_of(payment) == "canceled"
        return {
            "id": payment.id,
            "object": "payment_intent",
            "amount": units,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": received,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": _automatic(payment),
            "canceled_at": _cancelled_at(payment) if is_cancelled else None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": payment.details["client_secret"],
            "confirmation_method": "automatic",
            "created": payment.created_at,
            "currency": currency,
            "customer": None,
            "description": payment.details.get("description"),
            "last_payment_error": _DECLINED if payment.status is PaymentStatus.FAILED else None,
            "latest_charge": self._latest_charge(payment, expand),
            "livemode": False,
            "metadata": _metadata(payment.details),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": status_of(payment),
            "transfer_data": None,
            "transfer_group": None,
        }

    def charge(self, payment: Payment, expand: frozenset[str] = frozenset()) -> Json:
        """The charge of a payment that was paid; `balance_transaction` expands."""
        received = payment.received or payment.amount
        units, currency = to_stripe(received)
        refunds = [each for each in self._books.refunds(payment.id) if _stands(each)]
        refunded = sum((each.amount for each in refunds), Money.zero(received.currency))
        line = self._books.lines_of(payment.id)[0]
        balance = self.balance_transaction(line) if "balance_transaction" in expand else None
        return {
            "id": payment.details["charge"],
            "object": "charge",
            "amount": units,
            "amount_captured": units,
            "amount_refunded": to_stripe(refunded)[0],
            "balance_transaction": balance or transaction_id(line),
            "captured": True,
            "created": payment.decided_at,
            "currency": currency,
            "description": payment.details.get("description"),
            "disputed": bool(self._books.chargebacks(payment.id)),
            "livemode": False,
            "metadata": _metadata(payment.details),
            "paid": True,
            "payment_intent": payment.id,
            "refunded": refunded == received,
            "status": "succeeded",
        }

    def refund(self, refund: Refund) -> Json:
        """A refund."""
        units, currency = to_stripe(refund.amount)
        payment = self._books.payment(refund.payment)
        return {
            "id": refund.id,
            "object": "refund",
            "amount": units,
            "balance_transaction": transaction_id(self._books.lines_of(refund.id)[0]),
            "charge": payment.details["charge"],
            "created": refund.created_at,
            "currency": currency,
            "destination_details": None,
            "metadata": _metadata(refund.details),
            "payment_intent": refund.payment,
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": _REFUND_STATUSES[refund.status],
            "transfer_reversal": None,
        }

    def dispute(self, chargeback: Chargeback) -> Json:
        """A dispute."""
        units, currency = to_stripe(chargeback.amount)
        lines = self._books.lines_of(chargeback.id)
        return {
            "id": chargeback.id,
            "object": "dispute",
            "amount": units,
            "balance_transactions": [self.balance_transaction(each) for each in lines],
            "charge": self._books.payment(chargeback.payment).details["charge"],
            "created": chargeback.created_at,
            "currency": currency,
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": chargeback.payment,
            "reason": "fraudulent",
            "status": _DISPUTE_STATUSES[chargeback.status],
        }

    def balance_transaction(self, line: Line, expand: frozenset[str] = frozenset()) -> Json:
        """A line of the bill; `source` expands."""
        units, currency = to_stripe(line.amount)
        fee, _ = to_stripe(line.fee)
        kind, category = _CATEGORIES[line.kind, units > 0]
        return {
            "id": transaction_id(line),
            "object": "balance_transaction",
            "amount": units,
            "available_on": line.at,
            "created": line.at,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [],
            "net": units - fee,
            "reporting_category": category,
            "source": self._source(line) if "source" in expand else self._source(line)["id"],
            "status": "available",
            "type": kind,
        }

    def _latest_charge(self, payment: Payment, expand: frozenset[str]) -> Json | str | None:
        if payment.status is not PaymentStatus.PAID:
            return None
        deeper = frozenset(
            each.removeprefix("latest_charge.")
            for each in expand
            if each.startswith("latest_charge.")
        )
        if deeper or "latest_charge" in expand:
            return self.charge(payment, deeper)
        return payment.details["charge"]

    def _source(self, line: Line) -> Json:
        match line.kind:
            case LineKind.REFUND:
                return self.refund(self._books.refund(line.id))
            case LineKind.CHARGEBACK:
                chargeback = self._books.chargeback(line.id)
                return {"id": chargeback.id, "object": "dispute", "payment_intent": line.payment}
            case _:
                return self.charge(self._books.payment(line.payment))


def status_of(payment: Payment) -> str:
    """A PaymentIntent's status; one whose card was declined can still be cancelled."""
    return "canceled" if "cancelled_at" in payment.details else _STATUSES[payment.status]


def page(path: str, form: Form, names: Sequence[str], write: Callable[[int], Json]) -> Json:
    """A page of a list of `names`, after the one that `starting_after` is; raises StripeRefused.

    `write` gives the object at a place of the list.
    """
    start, after = 0, form.text("starting_after")
    if after is not None:
        if after not in names:
            raise StripeRefused(no_such("object", after, "starting_after"))
        start = names.index(after) + 1
    end = min(start + form.limit(), len(names))
    data = [write(place) for place in range(start, end)]
    return {"object": "list", "data": data, "has_more": end < len(names), "url": path}


def transaction_id(line: Line) -> str:
    """The id of a line of the bill: a payment, refund or dispute has at most one each way."""
    text = f"{line.kind.value}/{line.id}/{line.amount.amount > 0}"
    return f"txn_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _stands(refund: Refund) -> bool:
    return refund.status is not ReturnStatus.FAILED


def _metadata(details: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(METADATA): value
        for name, value in details.items()
        if name.startswith(METADATA)
    }


def _automatic(payment: Payment) -> Json | None:
    return (
        {"allow_redirects": "always", "enabled": True} if "automatic" in payment.details else None
    )


def _cancelled_at(payment: Payment) -> int | None:
    noted = payment.details.get("cancelled_at")
    return int(noted) if noted else payment.decided_at
