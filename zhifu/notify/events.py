"""Events: what platforms are told, by which names, and under which ids.

A row of the outbox is one change in the books. It is told as an event of its subject (item 0), and
where that changes its orders, as an event of each of them (items from 1 on).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from zhifu.exceptions import InvalidInput, UnknownEvent

VERSION = "1"
"""Of the payloads; a field may be added under the same version, never changed or taken away."""


class Told(NamedTuple):
    """The event types of a change: its subject's, and its orders' if they change with it."""

    subject: str
    orders: str | None = None


TOLD: Mapping[tuple[str, str], Told] = {
    ("payment", "created"): Told("payment.created", "order.created"),
    ("payment", "payment_unknown"): Told("payment.unknown"),
    ("payment", "paid"): Told("payment.paid", "order.paid"),
    ("payment", "expired"): Told("payment.expired", "order.expired"),
    ("payment", "cancelled"): Told("payment.cancelled", "order.cancelled"),
    ("payment", "charged_back"): Told("payment.charged_back", "order.charged_back"),
    ("payment", "refunded"): Told("payment.refunded"),
    ("batch", "settled"): Told("batch.settled", "order.settled"),
    ("batch", "unsettled"): Told("batch.unsettled", "order.unsettled"),
    ("batch", "confirmed"): Told("batch.confirmed", "order.confirmed"),
    ("batch", "refused"): Told("batch.refused"),
    ("refund", "refund_pending"): Told("refund.pending"),
    ("refund", "refund_refused"): Told("refund.refused"),
    ("refund", "refund_delayed"): Told("refund.delayed"),
    ("refund", "refunded"): Told("refund.refunded", "order.refunded"),
    ("refund", "part_refunded"): Told("refund.refunded"),
    ("refund", "refund_failed"): Told("refund.failed"),
    ("payback", "payback_pending"): Told("payback.pending"),
    ("payback", "paid_back"): Told("payback.paid_back"),
    ("payback", "payback_failed"): Told("payback.failed"),
    ("chargeback", "open"): Told("chargeback.opened"),
    ("chargeback", "closed"): Told("chargeback.closed"),
    ("chargeback", "reversed"): Told("chargeback.reversed"),
    ("withdrawal", "settled"): Told("withdrawal.settled"),
    ("withdrawal", "unsettled"): Told("withdrawal.unsettled"),
    ("withdrawal", "confirmed"): Told("withdrawal.confirmed"),
    ("withdrawal", "refused"): Told("withdrawal.refused"),
    ("reservation", "settled"): Told("reservation.settled"),
    ("reservation", "unsettled"): Told("reservation.unsettled"),
    ("reservation", "confirmed"): Told("reservation.confirmed"),
    ("reservation", "refused"): Told("reservation.refused"),
    ("pay_out", "settled"): Told("pay_out.settled"),
    ("pay_out", "unsettled"): Told("pay_out.unsettled"),
    ("pay_out", "confirmed"): Told("pay_out.confirmed"),
    ("pay_out", "refused"): Told("pay_out.refused"),
    ("pay_out", "returning"): Told("pay_out.returning"),
    ("pay_out", "paid_out"): Told("pay_out.paid_out"),
    ("dispute", "open"): Told("dispute.opened"),
    ("dispute", "refunded"): Told("dispute.refunded"),
    ("dispute", "paid"): Told("dispute.paid"),
    ("dispute", "unsettled"): Told("dispute.unsettled"),
    ("top_up", "delayed"): Told("top_up.delayed"),
    ("top_up", "settled"): Told("top_up.settled"),
    ("top_up", "unsettled"): Told("top_up.unsettled"),
    ("top_up", "confirmed"): Told("top_up.confirmed"),
    ("top_up", "refund_pending"): Told("top_up.refund_pending"),
    ("top_up", "refunded"): Told("top_up.refunded"),
    ("endpoint", "disabled"): Told("webhook_endpoint.disabled"),
}
"""By history and state."""

TYPES: Sequence[str] = tuple(
    sorted({name for told in TOLD.values() for name in told if name is not None})
)
"""Every event type."""

TEST = "test"
"""The history of events that were made by hand, whose state is their type."""

_ID = re.compile(r"evt_([0-9a-f]{10})([0-9a-f]{5})([0-9a-f]{9})", re.ASCII)
_PATTERN = re.compile(r"\*|[a-z_]+\.\*|[a-z_]+\.[a-z_]+", re.ASCII)


class Row(NamedTuple):
    """A row of the outbox: the `change`th of a subject's history, at a time in Unix seconds."""

    platform: int
    number: int
    history: str
    subject: int
    change: int
    state: str
    at: int

    @property
    def is_test(self) -> bool:
        """Whether it was made by hand."""
        return self.history == TEST

    def type_of(self, item: int) -> str | None:
        """The type of its event of an item; None if there is none."""
        if self.is_test:
            return self.state if item == 0 else None
        told = TOLD.get((self.history, self.state))
        if told is None:
            return None
        return told.orders if item else told.subject

    def id_of(self, item: int) -> str:
        """The id of its event of an item: the same whenever it is asked for.

        Books that were restored from a backup number other changes alike; what the change was is in
        the id too, so that those get ids of their own.
        """
        change = (self.platform, self.history, self.subject, self.change, self.state)
        digest = hashlib.sha256("/".join(map(str, change)).encode()).hexdigest()
        return f"evt_{self.number:010x}{item:05x}{digest[:9]}"


def place_of(event_id: str) -> tuple[int, int]:
    """The number and item of an event's id; raises UnknownEvent for what cannot be one."""
    found = _ID.fullmatch(event_id) if isinstance(event_id, str) else None
    if found is None:
        raise UnknownEvent(str(event_id))
    return int(found[1], 16), int(found[2], 16)


def patterns(types: Iterable[str]) -> tuple[str, ...]:
    """Checked patterns of event types: `*`, `order.*` or a type; raises InvalidInput."""
    found = tuple(sorted(set(types)))
    if not found:
        raise InvalidInput("types", "must name at least one event type")
    for each in found:
        if not isinstance(each, str) or not _PATTERN.fullmatch(each) or not chosen((each,)):
            raise InvalidInput(
                "types", "must be event types, such as order.paid, order.* or *", each
            )
    return found


def chosen(wanted: Iterable[str]) -> frozenset[str]:
    """The event types that patterns stand for."""
    kept = set(wanted)
    return frozenset(each for each in TYPES if kept & {"*", each, each.partition(".")[0] + ".*"})
