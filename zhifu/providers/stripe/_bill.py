"""Stripe's balance transactions as lines of a bill."""

from __future__ import annotations

from typing import Any

from stripe import BalanceTransaction

from zhifu.providers import BillLine, LineKind
from zhifu.providers.stripe._amounts import from_stripe

#: What we put into an object's metadata, to know it by our own id.
PAYMENT_ID, REFUND_ID = "zhifu_payment_id", "zhifu_refund_id"

_KINDS = {
    "charge": LineKind.PAYMENT,
    "charge_failure": LineKind.PAYMENT,
    "partial_capture_reversal": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "dispute": LineKind.CHARGEBACK,
    "dispute_reversal": LineKind.CHARGEBACK,
    "fee": LineKind.FEE,
}


def line(transaction: BalanceTransaction) -> BillLine:
    """The line that a balance transaction, with its source expanded, is.

    In the currency of Stripe's balance, which is not the payment's where Stripe converted it.
    """
    source: Any = transaction.source
    metadata = _field(source, "metadata")
    ours = _field(metadata, REFUND_ID) or _field(metadata, PAYMENT_ID)
    return BillLine(
        kind=_KINDS.get(transaction.reporting_category, LineKind.OTHER),
        provider_payment_id=_field(source, "payment_intent") or "",
        reference=ours or _field(source, "id") or transaction.id,
        amount=from_stripe(transaction.amount, transaction.currency),
        fee=from_stripe(transaction.fee, transaction.currency),
        at=transaction.created,
    )


def _field(holder: Any, name: str) -> Any:
    """A field of an object that may not have it, or not be there."""
    return getattr(holder, name, None)
