"""The bodies of webhooks, made from the books when they are sent.

Amounts are integers in minor units with their currency, times are Unix seconds, and nothing in a
body is about a person but the platform's own number of the learner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from zhifu import ids
from zhifu.exceptions import UnknownEvent
from zhifu.money import Money
from zhifu.notify.events import VERSION, Row
from zhifu.notify.samples import sample
from zhifu.store import Transaction

_PREFIXES = {
    "payback": ids.PAYBACK,
    "chargeback": ids.CHARGEBACK,
    "withdrawal": ids.WITHDRAWAL,
    "reservation": ids.RESERVATION,
}


class Ledger(NamedTuple):
    """How the books count prices: the deployment's currency and the ledger's decimals."""

    currency: str
    decimals: int


class Payloads:
    """Tells events of `ledger`'s books."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def event(self, transaction: Transaction, row: Row, item: int) -> dict[str, Any]:
        """One event as an object; raises UnknownEvent if the row has none of this item."""
        kind = row.type_of(item)
        if kind is None:
            raise UnknownEvent(row.id_of(item))
        return {
            "id": row.id_of(item),
            "type": kind,
            "version": VERSION,
            "sequence": row.number,
            "created_at": row.at,
            "test": row.is_test,
            "platform": row.platform,
            "data": self._data(transaction, row, item, kind),
        }

    def body(self, transaction: Transaction, row: Row, item: int) -> str:
        """One event as it is sent."""
        return orjson.dumps(self.event(transaction, row, item)).decode()

    def order(self, transaction: Transaction, order_id: str) -> Mapping[str, Any]:
        """What payloads say of an order, by its id, without what became of it."""
        order = self._order(transaction, ids.from_text(ids.ORDER, order_id) or 0, "")
        return {name: value for name, value in order.items() if name != "state"}

    def _data(self, transaction: Transaction, row: Row, item: int, kind: str) -> Mapping[str, Any]:
        if row.is_test:
            return sample(kind, row.subject, self._ledger.currency)
        match row.history, item:
            case "payment", 0:
                return self._payment(transaction, row)
            case "payment", _:
                return self._order(transaction, row.subject + item, row.state)
            case "batch", 0:
                return self._batch(transaction, row)
            case "batch", _:
                return self._batch_order(transaction, row, item)
            case "refund", 0:
                return self._refund(transaction, row)
            case "refund", _:
                refund = self._found(transaction, "event_refund", row, id=row.subject)
                return self._order(transaction, refund[1], row.state)
            case "payback", _:
                return self._returned(transaction, row, "payback", "reason")
            case "chargeback", _:
                return self._returned(transaction, row, "chargeback", "stage")
            case "top_up", _:
                return self._top_up(transaction, row)
            case "withdrawal" | "reservation", _:
                return self._act(transaction, row)
            case "pay_out", _:
                return self._pay_out(transaction, row)
            case "dispute", _:
                return self._dispute(transaction, row)
            case _:
                return {
                    "webhook_endpoint": ids.to_text(ids.ENDPOINT, row.subject),
                    "state": row.state,
                }

    def _payment(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        found = self._found(transaction, "event_payment", row, id=row.subject)
        number, purpose, learner, amount, currency, received, provider, its_id = found
        orders = transaction.rows("event_payment_orders", payment_id=number)
        return {
            "payment": ids.to_text(ids.PAYMENT, number),
            "purpose": purpose,
            "state": row.state,
            "learner": learner,
            "amount": money(amount, currency),
            "received": None if received is None else money(received, currency),
            "provider": provider,
            "provider_payment_id": its_id,
            "orders": [ids.to_text(ids.ORDER, order) for (order,) in orders],
        }

    def _order(self, transaction: Transaction, number: int, state: str) -> dict[str, Any]:
        found = transaction.row("event_order", id=number)
        if found is None:
            raise UnknownEvent(ids.to_text(ids.ORDER, number))
        order, payment, learner, content, price, currency = found
        return {
            "order": ids.to_text(ids.ORDER, order),
            "payment": ids.to_text(ids.PAYMENT, payment),
            "state": state,
            "learner": learner,
            "content": content,
            "amount": self._price(price, currency),
        }

    def _batch(self, transaction: Transaction, row: Row) -> dict[str, Any]:
        found = self._found(transaction, "event_batch", row, id=row.subject)
        batch, lane, number, orders, debit, sale_day, transaction_hash, block_number = found
        return {
            "batch": ids.to_text(ids.BATCH, batch),
            "state": row.state,
            "lane": lane,
            "number": number,
            "orders": orders,
            "amount": self._price(debit, self._ledger.currency),
            "sale_day": sale_day,
            "transaction_hash": transaction_hash,
            "block_number": block_number,
        }

    def _batch_order(self, transaction: Transaction, row: Row, item: int) -> Mapping[str, Any]:
        position = item - 1
        (order,) = self._found(
            transaction, "event_batch_order", row, batch_id=row.subject, position=position
        )
        batch = self._batch(transaction, row)
        place = {name: batch[name] for name in ("batch", "lane", "number")}
        included = {name: batch[name] for name in ("transaction_hash", "block_number")}
        return {
            **self._order(transaction, order, row.state),
            "batch": {"id": place.pop("batch"), **place, "position": position, **included},
        }

    def _refund(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        found = self._found(transaction, "event_refund", row, id=row.subject)
        refund, order, amount, currency, is_part, destination, returned_by = found
        is_done = row.state in ("refunded", "part_refunded")
        # A bank may return, in the end, what was to go elsewhere.
        is_lost = is_done and returned_by == "chargeback"
        return {
            "refund": ids.to_text(ids.REFUND, refund),
            "order": ids.to_text(ids.ORDER, order),
            "state": "refunded" if is_done else row.state,
            "to": "provider" if is_lost else destination,
            "amount": money(amount, currency),
            "part": bool(is_part),
        }

    def _returned(
        self, transaction: Transaction, row: Row, noun: str, why: str
    ) -> Mapping[str, Any]:
        """A payback or a chargeback, with its reason or stage."""
        found = self._found(transaction, f"event_{noun}", row, id=row.subject)
        number, payment, about, amount, currency = found
        return {
            noun: ids.to_text(_PREFIXES[noun], number),
            "payment": ids.to_text(ids.PAYMENT, payment),
            "state": row.state,
            why: about,
            "amount": money(amount, currency),
        }

    def _top_up(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        found = self._found(transaction, "event_top_up", row, id=row.subject, change=row.change)
        payment, learner, amount, currency, problem, transaction_hash, block_number = found
        return {
            "payment": ids.to_text(ids.PAYMENT, payment),
            "state": row.state,
            "learner": learner,
            "amount": money(amount, currency),
            "problem": problem,
            "transaction_hash": transaction_hash,
            "block_number": block_number,
        }

    def _act(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        """A withdrawal or a reservation, with what the chain says of it while it is there."""
        found = self._found(transaction, "event_act", row, id=row.subject)
        number, arguments, transaction_hash, block_number, result = found
        asked, brought = json.loads(arguments), json.loads(result or "{}")
        about = (
            {"amount": money(**asked), "treasury": brought.get("treasury")}
            if row.history == "withdrawal"
            else {**asked, "first": brought.get("first"), "last": brought.get("last")}
        )
        return {
            row.history: ids.to_text(_PREFIXES[row.history], number),
            "state": row.state,
            **about,
            "transaction_hash": transaction_hash,
            "block_number": block_number,
        }

    def _pay_out(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        found = self._found(transaction, "event_payout", row, id=row.subject)
        number, learner, amount, currency, by_hand, transaction_hash, block_number = found
        is_known = row.state in ("returning", "paid_out")
        return {
            "pay_out": ids.to_text(ids.PAY_OUT, number),
            "state": row.state,
            "learner": learner,
            "amount": money(amount, currency),
            "by_hand": money(by_hand, currency) if is_known else None,
            "transaction_hash": transaction_hash,
            "block_number": block_number,
        }

    def _dispute(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        found = self._found(transaction, "event_dispute", row, id=row.subject)
        dispute, order, opener, units, bond, deadline, price = found
        return {
            "dispute": ids.to_text(ids.DISPUTE, dispute),
            "order": ids.to_text(ids.ORDER, order),
            "state": row.state,
            "opener": opener,
            "amount": self._price(price, self._ledger.currency),
            "amount_units": units,
            "bond_units": bond,
            "deadline": deadline,
        }

    def _price(self, units: int, currency: str) -> Mapping[str, Any]:
        found = Money.from_ledger_units(units, currency, self._ledger.decimals)
        return money(found.amount, found.currency)

    def _found(self, transaction: Transaction, query: str, row: Row, **by: int) -> tuple[Any, ...]:
        found = transaction.row(query, **by)
        if found is None:
            raise UnknownEvent(row.id_of(0))
        return found


def money(amount: int, currency: str) -> Mapping[str, Any]:
    """An amount as payloads have it."""
    return {"amount": amount, "currency": currency}
