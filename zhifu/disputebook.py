"""Disputes about a platform's orders, whoever opened them, as the index of the chain has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from zhifu import ids
from zhifu.backoff import ALWAYS, RETURNS
from zhifu.books import order_number
from zhifu.exceptions import UnknownDispute
from zhifu.store import Row, Store

#: No chain that is worth settling on takes back more blocks than this.
_WATCHED_BLOCKS = 10_000


class DisputeState(str, Enum):
    """What has become of a dispute: the order was refunded, or paid by its terms, for good.

    One whose block was reorganised away is unsettled; it may come again.
    """

    OPEN = "open"
    REFUNDED = "refunded"
    PAID = "paid"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """A dispute about an order: what was left of it, and the opener's bond, in ledger units.

    From `deadline` on anyone may refund the order. `evidence` is the opener's, a hash. Times are
    Unix seconds.
    """

    id: str
    order_id: str
    opener: str
    amount_units: int
    bond_units: int
    deadline: int
    evidence: bytes
    state: DisputeState
    created_at: int
    changed_at: int


class DisputeBook:
    """The disputes in `store`."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def follow(self) -> None:
        """Take over what the index knows of disputes; what it has lost is unsettled."""
        with self._store.reading() as transaction:
            news = transaction.rows("dispute_news")
            gone = transaction.rows("gone_disputes", blocks=_WATCHED_BLOCKS)
        if not news and not gone:
            return
        now = self._clock()
        rows = [self._values(number, row, now) for number, row in self._numbered(news)]
        with self._store.writing() as transaction:
            transaction.run_many("put_dispute_record", rows)
            lost = [{"id": number, "now": now} for (number,) in gone]
            transaction.run_many("unsettle_dispute", lost)

    def about(self, order_id: str) -> DisputeRecord:
        """The dispute about an order; raises UnknownDispute if there is none on chain."""
        with self._store.reading() as transaction:
            row = transaction.row("dispute_of", order_id=order_number(order_id))
        if row is None:
            raise UnknownDispute(order_id)
        return _record(row)

    def of(self, platform: int, dispute_id: str) -> DisputeRecord:
        """One dispute; raises UnknownDispute, also if it is another platform's."""
        number = ids.from_text(ids.DISPUTE, dispute_id)
        if number is not None:
            with self._store.reading() as transaction:
                row = transaction.row("dispute_shown", id=number, platform=platform)
            if row is not None:
                return _record(row)
        raise UnknownDispute(dispute_id)

    def page(self, platform: int, before: int, limit: int) -> Sequence[DisputeRecord]:
        """A platform's disputes whose numbers are below `before`, the newest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("disputes_page", platform=platform, before=before, limit=limit)
        return [_record(row) for row in rows]

    def is_lost(self, order_id: str) -> bool:
        """Whether a dispute about an order ended in its refund on chain."""
        with self._store.reading() as transaction:
            return bool(transaction.value("is_dispute_lost", order_id=order_number(order_id)))

    def to_return(self, platform: int, *, due: bool = False) -> Sequence[str]:
        """A platform's orders that a dispute refunded on chain, and whose refund is not begun.

        Of them all, or only what is `due`; the longest due first.
        """
        now = self._clock() if due else ALWAYS
        with self._store.reading() as transaction:
            rows = transaction.rows("disputes_lost", platform=platform, now=now)
        return [ids.to_text(ids.ORDER, number) for (number,) in rows]

    def postpone(self, order_id: str) -> None:
        """A lost order's refund is begun: should that fail, the next time comes later."""
        number = order_number(order_id)
        with self._store.writing() as transaction:
            delay = RETURNS.after(transaction.value("dispute_tries", order_id=number))
            transaction.run("postpone_dispute", order_id=number, now=self._clock(), delay=delay)

    def _numbered(self, rows: Sequence[Row]) -> zip[tuple[int, Row]]:
        return zip(self._ids.take(len(rows)), rows, strict=True)

    def _values(self, number: int, row: Row, now: int) -> dict[str, object]:
        return {"id": number, **dict(zip(_COLUMNS, row, strict=True)), "now": now}


_COLUMNS = (
    "order_id",
    "platform",
    "opener",
    "amount",
    "bond",
    "deadline",
    "evidence",
    "state",
    "block_number",
)


def _record(row: Row) -> DisputeRecord:
    number, order, opener, amount, bond, deadline, evidence, state, created_at, changed_at = row
    return DisputeRecord(
        ids.to_text(ids.DISPUTE, number),
        ids.to_text(ids.ORDER, order),
        opener,
        amount,
        bond,
        deadline,
        bytes(evidence),
        DisputeState(state),
        created_at,
        changed_at,
    )
