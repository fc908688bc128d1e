"""Events to be read, and the log of their deliveries: what was sent when, and sending it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zhifu.exceptions import InvalidInput, UnknownEndpoint, UnknownEvent
from zhifu.notify.endpoints import number_of
from zhifu.notify.events import TYPES, Row, chosen, place_of
from zhifu.notify.outbox import expand, some
from zhifu.notify.payload import Payloads
from zhifu.store import Store, Transaction

LARGEST_PAGE = 1_000
_LAST = 2**62


class Attempt(NamedTuple):
    """One attempt of a delivery: the receiver's status, or the error that kept it from one."""

    attempt: int
    status: int | None
    error: str | None
    milliseconds: int
    at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an event comes to an endpoint.

    `state` is `due`, `delivered` or `failed`; `due_at` when it is tried next, or was settled, in
    Unix seconds. `cursor` leads to the page of older ones.
    """

    event_id: str
    type: str
    state: str
    due_at: int
    attempts: Sequence[Attempt]
    cursor: tuple[int, int]


class Resent(NamedTuple):
    """How many sequence numbers are sent again, and up to which one that was done."""

    numbers: int
    last: int


class Feed:
    """The events in `store` and the log of their deliveries; safe to share between threads."""

    def __init__(self, store: Store, payloads: Payloads, clock: Callable[[], int]) -> None:
        self._store = store
        self._payloads = payloads
        self._clock = clock

    def event(self, platform: int, event_id: str) -> dict[str, Any]:
        """One event of a platform as it is sent; raises UnknownEvent."""
        with self._store.reading() as transaction:
            row, item = _found(transaction, platform, event_id)
            return self._payloads.event(transaction, row, item)

    def events(self, platform: int, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """What happened to a platform's payments, batches and refunds after a sequence number.

        Events of orders are theirs, and told by `event` and by webhooks. Raises InvalidInput.
        """
        _require_page(limit)
        with self._store.reading() as transaction:
            rows = transaction.rows("events_after", platform=platform, after=after, limit=limit)
            found = [Row(platform, *row[:-1]) for row in rows]
            return [self._payloads.event(transaction, row, 0) for row in found if row.type_of(0)]

    def told(self, platform: int, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """The same with the events of each change's orders, as webhooks tell them.

        Raises InvalidInput.
        """
        _require_page(limit)
        with self._store.reading() as transaction:
            rows = transaction.rows("events_after", platform=platform, after=after, limit=limit)
            found = [Row(platform, *row[:-1]) for row in rows]
            return [
                self._payloads.event(transaction, row, item)
                for row in found
                for item in (0, *_order_items(transaction, row))
                if row.type_of(item)
            ]

    def last(self, platform: int) -> int:
        """The sequence number of a platform's last event, or 0."""
        with self._store.reading() as transaction:
            return int(transaction.value("last_event", platform=platform))

    def deliveries(
        self,
        platform: int,
        endpoint_id: str,
        *,
        before: tuple[int, int] = (_LAST, 0),
        limit: int = 100,
    ) -> list[Delivery]:
        """The latest deliveries to an endpoint, or those before a `cursor`, with their attempts.

        Raises UnknownEndpoint, InvalidInput.
        """
        _require_page(limit)
        with self._store.reading() as transaction:
            endpoint, _ = _endpoint(transaction, platform, endpoint_id)
            rows = transaction.rows(
                "deliveries_of",
                endpoint_id=endpoint,
                number=before[0],
                item=before[1],
                limit=limit,
            )
            return [_delivery(transaction, platform, endpoint, *row) for row in rows]

    def resend(self, platform: int, endpoint_id: str, event_id: str) -> None:
        """Send one event to an endpoint again, or for the first time, under the id it has.

        Raises UnknownEndpoint, UnknownEvent; InvalidInput for a test event to an endpoint that
        gets none, or another event to one that gets test events only.
        """
        with self._store.writing() as transaction:
            endpoint, test = _endpoint(transaction, platform, endpoint_id)
            row, item = _found(transaction, platform, event_id)
            if row.is_test is not test:
                raise InvalidInput("event", "must be one that the endpoint gets", event_id)
            transaction.run(
                "deliver_item",
                endpoint_id=endpoint,
                number=row.number,
                item=item,
                now=self._clock(),
            )

    def resend_range(self, platform: int, endpoint_id: str, first: int, last: int) -> Resent:
        """Send an endpoint what it wants of the sequence numbers from `first` to `last` again.

        A range with many orders is done in part: go on behind the last number that was. What has
        not been sent for the first time yet is left to that. Raises UnknownEndpoint, and
        InvalidInput for an empty range or one of more than 1,000.
        """
        if not 0 < first <= last < first + LARGEST_PAGE:
            raise InvalidInput("sequence", f"must be a range of at most {LARGEST_PAGE} numbers")
        with self._store.writing() as transaction:
            endpoint, test = _endpoint(transaction, platform, endpoint_id)
            rows = transaction.rows(
                "events_after", platform=platform, after=first - 1, limit=last - first + 1
            )
            sent = int(transaction.value("endpoint_cursor", id=endpoint))
            found = [row for row in rows if row[0] <= last]
            taken = some(platform, found)
            done = taken[-1].number if len(taken) < len(found) else last
            meant = [row for row in taken if row.number <= sent and row.is_test is test]
            types = transaction.value("endpoint_types", id=endpoint).split()
            expand(transaction, endpoint, meant, chosen(types), self._clock())
            return Resent(len(meant), done)

    def prune(self, platform: int, endpoint_id: str, before: int) -> int:
        """Forget deliveries that were settled before a time (Unix seconds); how many that was.

        Their events stay, and can be sent again. Raises UnknownEndpoint.
        """
        with self._store.writing() as transaction:
            endpoint, _ = _endpoint(transaction, platform, endpoint_id)
            transaction.run("prune_attempts", endpoint_id=endpoint, before=before)
            return transaction.run("prune_deliveries", endpoint_id=endpoint, before=before)

    def trigger(self, platform: int, kind: str, subject: int) -> str:
        """Make a test event of a type, about a subject that does not exist; its id.

        It goes to test endpoints only. Raises InvalidInput for what is no event type.
        """
        if kind not in TYPES:
            raise InvalidInput("type", "must be an event type, such as order.paid", kind)
        with self._store.writing() as transaction:
            transaction.run(
                "put_test_event", platform=platform, subject=subject, state=kind, now=self._clock()
            )
            number = transaction.value("last_event", platform=platform)
            return _row(transaction, platform, number).id_of(0)


def _order_items(transaction: Transaction, row: Row) -> list[int]:
    match row.history:
        case "payment":
            orders = transaction.rows("event_payment_orders", payment_id=row.subject)
            return [order - row.subject for (order,) in orders]
        case "batch":
            places = transaction.rows("event_batch_positions", batch_id=row.subject)
            return [position + 1 for (position,) in places]
        case _:
            return [1]


def _require_page(limit: int) -> None:
    if type(limit) is not int or not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput("limit", f"must be from 1 to {LARGEST_PAGE}", limit)


def _endpoint(transaction: Transaction, platform: int, endpoint_id: str) -> tuple[int, bool]:
    """An endpoint's number, and whether it gets test events."""
    number = number_of(endpoint_id)
    row = transaction.row("endpoint", id=number, platform=platform)
    if row is None:
        raise UnknownEndpoint(endpoint_id)
    return number, bool(row[4])


def _found(transaction: Transaction, platform: int, event_id: str) -> tuple[Row, int]:
    number, item = place_of(event_id)
    row = transaction.row("event", platform=platform, number=number)
    found = Row(platform, *row) if row else None
    if found is None or found.id_of(item) != event_id or found.type_of(item) is None:
        raise UnknownEvent(event_id)
    return found, item


def _row(transaction: Transaction, platform: int, number: int) -> Row:
    row = transaction.row("event", platform=platform, number=number)
    if row is None:
        raise LookupError(number)
    return Row(platform, *row)


def _delivery(
    transaction: Transaction,
    platform: int,
    endpoint: int,
    number: int,
    item: int,
    state: str,
    attempts: int,
    due_at: int,
) -> Delivery:
    row = _row(transaction, platform, number)
    made = transaction.rows("attempts_of", endpoint_id=endpoint, number=number, item=item)
    return Delivery(
        row.id_of(item),
        row.type_of(item) or "",
        state,
        due_at,
        [Attempt(*each) for each in made] if attempts else [],
        (number, item),
    )
