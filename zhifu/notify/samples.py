"""What test events tell: data of the shape of the real ones, about nobody and no money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhifu import ids

_LEARNER, _CONTENT, _PRICE = 1, 1, 4_900
_ADDRESS = "0x" + "0" * 40
_BLOCK, _HASH = 1, "0x" + "0" * 64
_SALE_DAY = 20_000
#: States whose name in the books is longer than in an event's type.
_LONG_STATES = {
    "payment.unknown": "payment_unknown",
    "refund.pending": "refund_pending",
    "refund.failed": "refund_failed",
    "refund.refused": "refund_refused",
    "refund.delayed": "refund_delayed",
    "payback.pending": "payback_pending",
    "payback.failed": "payback_failed",
    "chargeback.opened": "open",
    "dispute.opened": "open",
}


def sample(kind: str, subject: int, currency: str) -> Mapping[str, Any]:
    """The data of a test event of a type, about a subject that was drawn for it."""
    noun, _, verb = kind.partition(".")
    state = _LONG_STATES.get(kind, verb)
    amount = {"amount": _PRICE, "currency": currency}
    match noun:
        case "order":
            return _order(subject, state, amount)
        case "payment":
            return _payment(subject, state, amount)
        case "batch":
            return _batch(subject, state, amount)
        case "refund":
            order = ids.to_text(ids.ORDER, subject + 1)
            return {
                "refund": ids.to_text(ids.REFUND, subject),
                "order": order,
                "state": state,
                "to": "balance" if state == "refund_delayed" else "provider",
                "amount": amount,
                "part": False,
            }
        case "payback":
            return _returned(noun, ids.PAYBACK, subject, state, {"reason": "late"}, amount)
        case "chargeback":
            about = {"stage": "before_maturity"}
            return _returned(noun, ids.CHARGEBACK, subject, state, about, amount)
        case "dispute":
            return _dispute(subject, state, amount)
        case "top_up":
            return _top_up(subject, state, amount)
        case "pay_out":
            return _pay_out(subject, state, amount)
        case "withdrawal" | "reservation":
            return _act(noun, subject, state, amount)
        case _:
            return {"webhook_endpoint": ids.to_text(ids.ENDPOINT, subject), "state": state}


def _order(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    order = {
        "order": ids.to_text(ids.ORDER, subject + 1),
        "payment": ids.to_text(ids.PAYMENT, subject),
        "state": state,
        "learner": _LEARNER,
        "content": _CONTENT,
        "amount": amount,
    }
    if state not in ("settled", "unsettled", "confirmed"):
        return order
    batch = _batch(subject + 2, state, amount)
    place = {"id": batch["batch"], "lane": batch["lane"], "number": batch["number"], "position": 0}
    included = {name: batch[name] for name in ("transaction_hash", "block_number")}
    return {**order, "batch": {**place, **included}}


def _payment(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "payment": ids.to_text(ids.PAYMENT, subject),
        "purpose": "order",
        "state": state,
        "learner": _LEARNER,
        "amount": amount,
        "received": amount,
        "provider": "sandbox",
        "provider_payment_id": f"test-{subject}",
        "orders": [ids.to_text(ids.ORDER, subject + 1)],
    }


def _batch(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    is_included = state in ("settled", "confirmed")
    return {
        "batch": ids.to_text(ids.BATCH, subject),
        "state": state,
        "lane": 1,
        "number": 1,
        "orders": 1,
        "amount": amount,
        "sale_day": _SALE_DAY,
        "transaction_hash": _HASH,
        "block_number": _BLOCK if is_included else None,
    }


def _dispute(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "dispute": ids.to_text(ids.DISPUTE, subject),
        "order": ids.to_text(ids.ORDER, subject + 1),
        "state": state,
        "opener": "platform 1",
        "amount": amount,
        "amount_units": _PRICE * 10_000,
        "bond_units": _PRICE * 1_000,
        "deadline": 0,
    }


def _top_up(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    is_included = state in ("settled", "confirmed")
    return {
        "payment": ids.to_text(ids.PAYMENT, subject),
        "state": state,
        "learner": _LEARNER,
        "amount": amount,
        "problem": "top_up_above_limit" if state == "delayed" else None,
        "transaction_hash": _HASH if is_included else None,
        "block_number": _BLOCK if is_included else None,
    }


def _pay_out(subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    is_returned = state in ("returning", "paid_out")
    is_included = is_returned or state in ("settled", "confirmed")
    return {
        "pay_out": ids.to_text(ids.PAY_OUT, subject),
        "state": state,
        "learner": _LEARNER,
        "amount": amount,
        "by_hand": {**amount, "amount": 0} if is_returned else None,
        "transaction_hash": _HASH,
        "block_number": _BLOCK if is_included else None,
    }


def _act(noun: str, subject: int, state: str, amount: Mapping[str, Any]) -> Mapping[str, Any]:
    is_included = state in ("settled", "confirmed")
    about: Mapping[str, Any] = (
        {"amount": amount, "treasury": _ADDRESS if is_included else None}
        if noun == "withdrawal"
        else {
            "count": 1,
            "first": _LEARNER if is_included else None,
            "last": _LEARNER if is_included else None,
        }
    )
    prefix = ids.WITHDRAWAL if noun == "withdrawal" else ids.RESERVATION
    return {
        noun: ids.to_text(prefix, subject),
        "state": state,
        **about,
        "transaction_hash": _HASH,
        "block_number": _BLOCK if is_included else None,
    }


def _returned(
    noun: str,
    prefix: str,
    subject: int,
    state: str,
    about: Mapping[str, str],
    amount: Mapping[str, Any],
) -> Mapping[str, Any]:
    return {
        noun: ids.to_text(prefix, subject),
        "payment": ids.to_text(ids.PAYMENT, subject + 1),
        "state": state,
        **about,
        "amount": amount,
    }
