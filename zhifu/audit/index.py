"""What a gateway's index has of sales, held against the chain itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from secrets import randbits
from typing import Any, NamedTuple

from zhifu import accounts
from zhifu.audit.batch import RecomputedBatch
from zhifu.audit.recomputation import Place, Recomputation, place_of
from zhifu.audit.records import FROM_LEARNER, Moment, Sold
from zhifu.audit.terms import keyed
from zhifu.differences import INDEX, REBUILD, WHOLE_ROW, Difference, fields, rows
from zhifu.store import Row, Transaction

_PAGE = 5_000
_FINGERPRINT = 1 << 64
_NAMED_BATCHES = 10

_BATCH = (
    *("id", "root", "leaves", "orders", "debit", "sale_day", "from_learners", "words"),
    *("transaction_hash", "block_number", "block_timestamp"),
)
_DIRECT = (
    *(
        "id",
        "content",
        "seller",
        "buyer",
        "receiver",
        "referrer",
        "max_price",
        "starts_at",
        "deadline",
    ),
    "salt",
)
_DISPUTE = ("opener", "amount", "bond", "deadline", "evidence", "state", "block_number")

License = tuple[int, int, int]
"""A learner, a content, and the position of the order."""


class Cursor(NamedTuple):
    """The block that the index has followed the chain to, and the highest learner there."""

    block_number: int
    block_hash: str
    learners: int


class AuditedIndex:
    """Compares as the chain is read, up to the index's own cursor.

    It is shown every sale and every event; what is left is seen at the end. Of the licences of a
    batch it keeps a sum of fingerprints, and reads again those whose sum is not that of the rows.
    """

    def __init__(self, transaction: Transaction, state: Recomputation) -> None:
        self._transaction = transaction
        self._state = state
        self._salt = randbits(63)
        self._licenses: dict[int, tuple[int, int]] = {}
        self._tokens: dict[int, int] = {}
        self._disputes: dict[int, list[Any]] = {}
        self._directs = self._pages(
            "audited_direct_orders", ("block_number", "log_index"), (-1, -1)
        )
        self._direct = next(self._directs, None)
        self._found: list[Difference] = []
        row = transaction.row("cursor")
        self.cursor = Cursor(*row) if row else None
        self.compared = 0

    @property
    def disputes(self) -> Mapping[int, Sequence[Any]]:
        """Every dispute of an order of a batch, as the index has to have it."""
        return self._disputes

    def sold(self, orders: Iterable[Sold]) -> None:
        """Compare a batch with its row."""
        if not isinstance(orders, RecomputedBatch):
            return
        batch, place = orders, orders.lot[:3]
        known = self._state.batches[place]
        self._licenses[known.ordinal] = self._fingerprint(
            (learner, content, position) for position, learner, content, _ in batch.sales()
        )
        chain = (
            *(known.ordinal, known.root, known.leaves, known.orders, known.debit),
            *(known.sale_day, int(bool(batch.state & FROM_LEARNER)), batch.words),
            *(known.transaction_hash, known.block_number, known.timestamp),
        )
        platform, lane, number = place
        row = self._transaction.row("audited_batch", platform=platform, lane=lane, number=number)
        self._compare(f"chain_batches {place}", _BATCH, row, chain)

    def heard(self, event: str, arguments: Mapping[str, Any], moment: Moment) -> None:
        """Compare what an event says with its row."""
        handler = _HEARD.get(event)
        if handler is not None:
            handler(self, arguments, moment)

    def differences(self) -> Iterator[Difference]:
        """What differs, and what the index has that the chain has not."""
        while self._direct:
            self._pass_by()
        yield from self._found
        yield from self._cursor_differences()
        yield from self._strangers()
        yield from self._license_differences()
        yield from self._dispute_differences()
        yield from self._token_differences()

    # One row at a time

    def _compare(
        self, row: str, names: Sequence[str], found: Row | None, chain: Sequence[Any]
    ) -> None:
        self.compared += 1
        if found is None:
            self._found.append(Difference(INDEX, row, WHOLE_ROW, None, tuple(chain), REBUILD))
            return
        books, expected = (dict(zip(names, each, strict=True)) for each in (found, chain))
        self._found += fields(INDEX, row, books, expected, REBUILD)

    def _placed(self, event: Mapping[str, Any], moment: Moment) -> None:
        place = (moment.block_number, moment.log_index)
        content, seller, buyer, receiver, referrer, price, starts_at, deadline, salt = event[
            "order"
        ]
        numbers = (str(price), str(starts_at), str(deadline))
        chain = (event["orderId"], content, seller, buyer, receiver, referrer, *numbers, salt)
        self._compare(f"chain_direct_orders {place}", _DIRECT, self._direct_at(place), chain)

    def _direct_at(self, place: tuple[int, int]) -> Row | None:
        """The row of a place on the chain; those of places before that were passed by are named."""
        while self._direct and self._direct[:2] < place:
            self._pass_by()
        if self._direct and self._direct[:2] == place:
            found, self._direct = self._direct[2:], next(self._directs, None)
            return found
        return None

    def _pass_by(self) -> None:
        if self._direct:
            named = f"chain_direct_orders {self._direct[:2]}"
            self._found.append(_stranger(named, self._direct[2]))
            self._direct = next(self._directs, None)

    def _refunded(self, event: Mapping[str, Any], moment: Moment) -> None:
        order_id = _bytes(event["orderId"])
        row = self._transaction.row("chain_refund", order_id=order_id)
        chain = (moment.transaction_hash, moment.block_number)
        names = ("transaction_hash", "block_number")
        self._compare(f"chain_refunds 0x{order_id.hex()}", names, row, chain)

    def _claimed(self, event: Mapping[str, Any], _: Moment) -> None:
        self._tokens[event["orderId"]] = event["content"]

    def _disputed(self, event: Mapping[str, Any], moment: Moment) -> None:
        if place_of(event["orderId"])[0] in self._state.batches:
            self._disputes[event["orderId"]] = [
                accounts.name_of(event["opener"]),
                *(event["amount"], event["bond"], event["deadline"], event["evidence"]),
                *("open", moment.block_number),
            ]

    def _resolved(self, event: Mapping[str, Any], moment: Moment) -> None:
        if event["refunded"]:
            self._refunded(event, moment)
        known = self._disputes.get(event["orderId"])
        if known is not None:
            known[-2:] = ["refunded" if event["refunded"] else "paid", moment.block_number]

    # What is left

    def _cursor_differences(self) -> Iterator[Difference]:
        if self.cursor is None:
            yield Difference(INDEX, "chain_cursor", WHOLE_ROW, None, True, REBUILD)
        elif self.cursor.learners != self._state.members.learners:
            books, chain = self.cursor.learners, self._state.members.learners
            yield Difference(INDEX, "chain_cursor", "learners", books, chain, REBUILD)

    def _strangers(self) -> Iterator[Difference]:
        """Rows of what never was on chain, in the tables that were compared one by one."""
        for row in self._pages("audited_batches", ("platform", "lane", "number"), (-1, -1, -1)):
            if row not in self._state.batches:
                yield _stranger(f"chain_batches {row}", row)
        for (order_id,) in self._pages("audited_refunds", ("order_id",), (b"",)):
            if not self._state.is_refunded(int.from_bytes(order_id, "big")):
                yield _stranger(f"chain_refunds 0x{order_id.hex()}", order_id)

    def _pages(self, query: str, keys: Sequence[str], first: Row) -> Iterator[Row]:
        """All rows of a query that begins with its keys, a page at a time."""
        after = first
        while page := self._transaction.rows(
            query, **dict(zip(keys, after, strict=True)), limit=_PAGE
        ):
            yield from page
            after = page[-1][: len(keys)]

    # Licences

    def _fingerprint(self, licenses: Iterable[License]) -> tuple[int, int]:
        """How many there are, and a sum that any of them changes."""
        hashes = [hash((self._salt, *each)) for each in licenses]
        return len(hashes), sum(hashes) % _FINGERPRINT

    def _license_differences(self) -> Iterator[Difference]:
        counts: Counter[int] = Counter()
        sums: Counter[int] = Counter()
        keys, salt = ("learner", "content", "batch_id", "position"), self._salt
        for learner, content, batch, position in self._pages(
            "audited_licenses", keys, (-1, -1, -1, -1)
        ):
            counts[batch] += 1
            sums[batch] += hash((salt, learner, content, position))
        self.compared += counts.total()
        books = {batch: (count, sums[batch] % _FINGERPRINT) for batch, count in counts.items()}
        differ = sorted(
            batch
            for batch in {*books, *self._licenses}
            if books.get(batch) != self._licenses.get(batch)
        )
        places = {known.ordinal: place for place, known in self._state.batches.items()}
        for batch in differ[:_NAMED_BATCHES]:
            yield from self._licenses_of(batch, places.get(batch))
        if len(differ) > _NAMED_BATCHES:
            more = f"chain_licenses of {len(differ) - _NAMED_BATCHES} more batches"
            yield Difference(INDEX, more, "rows", "others", "their orders", REBUILD)

    def _licenses_of(self, batch: int, place: Place | None) -> Iterator[Difference]:
        books = Counter(self._transaction.rows("audited_licenses_of", batch_id=batch))
        chain: Counter[Row] = Counter()
        if place is not None:
            sales = self._state.batch(place).sales()
            chain = Counter((learner, content, position) for position, learner, content, _ in sales)
        missing, extra = (chain - books).elements(), list((books - chain).elements())
        named = f"chain_licenses of batch {place or batch}"
        for each in missing:
            twin = next((other for other in extra if _alike(each, other)), None)
            if twin is not None:
                extra.remove(twin)
            yield from _license_difference(named, twin, each)
        for each in extra:
            yield from _license_difference(named, each, None)

    # Disputes and tokens

    def _dispute_differences(self) -> Iterator[Difference]:
        chain = [
            ((*place_of(order_id)[0], place_of(order_id)[1]), each)
            for order_id, each in sorted(self._disputes.items())
        ]
        self.compared += len(chain)
        books = keyed(self._transaction.rows("audited_disputes"), 4)
        yield from rows(INDEX, "chain_disputes", _DISPUTE, books, chain, REBUILD)

    def _token_differences(self) -> Iterator[Difference]:
        held = self._state.claimed
        chain = (
            (_bytes(order_id), (content, held[order_id]))
            for order_id, content in sorted(self._tokens.items())
        )
        self.compared += len(self._tokens)
        books = self._pages("audited_tokens", ("order_id",), (b"",))
        pairs = ((bytes(order_id), told) for order_id, *told in books)
        yield from rows(INDEX, "chain_tokens", ("content", "holder"), pairs, chain, REBUILD)


_HEARD: Mapping[str, Callable[[AuditedIndex, Mapping[str, Any], Moment], None]] = {
    "OrderPlaced": AuditedIndex._placed,
    "BatchOrderRefunded": AuditedIndex._refunded,
    "LicenseClaimed": AuditedIndex._claimed,
    "DisputeOpened": AuditedIndex._disputed,
    "DisputeResolved": AuditedIndex._resolved,
}


def _bytes(order_id: int | bytes) -> bytes:
    return order_id if isinstance(order_id, bytes) else order_id.to_bytes(32, "big")


def _stranger(row: str, books: Any) -> Difference:
    return Difference(INDEX, row, WHOLE_ROW, books, None, REBUILD)


def _alike(one: Row, other: Row) -> bool:
    """Whether two licences differ in one field alone."""
    same = [left for left, right in zip(one, other, strict=True) if left == right]
    return len(same) == len(one) - 1


def _license_difference(batch: str, books: Row | None, chain: Row | None) -> Iterator[Difference]:
    learner, content, position = chain or books or (0, 0, 0)
    row = f"{batch}, position {position}, learner {learner}, content {content}"
    if books is None or chain is None:
        yield Difference(INDEX, row, WHOLE_ROW, books, chain, REBUILD)
    else:
        names = ("learner", "content", "position")
        named = [dict(zip(names, each, strict=True)) for each in (books, chain)]
        yield from fields(INDEX, row, named[0], named[1], REBUILD)
