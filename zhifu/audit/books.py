"""A gateway's database, held against the chain while the chain is audited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from zhifu.audit.auditor import Audit, Progress, Reading
from zhifu.audit.index import AuditedIndex
from zhifu.audit.orders import AuditedOrders
from zhifu.audit.records import Sold
from zhifu.audit.terms import AuditedTerms
from zhifu.deployment import Network
from zhifu.differences import INDEX, REBUILD, Difference
from zhifu.exceptions import ForeignDatabase, InvalidInput
from zhifu.sql import HEAD
from zhifu.store import Store, Transaction


class AuditedBooks(NamedTuple):
    """What differs between books and chain as of `block`, to which the books had followed it.

    `rows` of the index and `orders` were compared; some orders or refunds are `under_way`, sent
    and not yet seen on chain, and some batches or refunds are `later` than the block. `differences`
    is None if the chain contradicts itself, so that there was nothing to compare with.
    """

    block: int
    rows: int
    orders: int
    under_way: int
    later: int
    differences: tuple[Difference, ...] | None

    def of(self, book: str) -> list[Difference]:
        """Those of the index, or those of the orders."""
        return [each for each in self.differences or () if each.book == book]


def audit_books(
    network: Network, url: str, *, progress: Progress = lambda _: None
) -> tuple[Audit, AuditedBooks]:
    """Audit the chain, and the gateway's database at `url` beside it.

    The database is read as of one moment, and never changed. Raises InvalidInput for one of
    another zhifu or none, ForeignDatabase for books of another deployment, DatabaseRefused and
    DatabaseUnreachable.
    """
    with Store.read_only(url) as store, store.reading() as transaction:
        require_ours(transaction, network)
        reading = Reading(network, progress)
        index = AuditedIndex(transaction, reading.state)
        block, moved = _meeting_point(network, reading, index)
        orders = AuditedOrders(transaction, reading.state, block)

        def witness(sold: Iterable[Sold]) -> None:
            index.sold(sold)
            orders.sold(sold)

        reading.state.witness, reading.listener = witness, index.heard
        reading.to(block)
        reading.state.witness = reading.listener = None
        differences: tuple[Difference, ...] | None = None
        if not reading.has_ended:
            terms = AuditedTerms(transaction, reading.state, network)
            found = (*terms.differences(block), *index.differences())
            differences = (*moved, *found, *orders.differences(index.disputes))
            index.compared += terms.compared
    reading.to(reading.last)
    counts = (index.compared, orders.compared, orders.under_way, orders.later)
    return reading.conclude(), AuditedBooks(block, *counts, differences)


def _meeting_point(
    network: Network, reading: Reading, index: AuditedIndex
) -> tuple[int, list[Difference]]:
    """The block to compare as of, and what differs about the index's own."""
    cursor = index.cursor
    if cursor is None:
        return reading.last, []
    if cursor.block_number > reading.last:
        reading.look_again()
    if cursor.block_number > reading.last:
        books, chain = cursor.block_number, reading.last
        advice = "the node is behind, or of another chain: ask one that has the block"
        return chain, [Difference(INDEX, "chain_cursor", "block_number", books, chain, advice)]
    found = network.chain.block(cursor.block_number).hash
    moved = Difference(INDEX, "chain_cursor", "block_hash", cursor.block_hash, found, REBUILD)
    return cursor.block_number, [moved] if found != cursor.block_hash else []


def require_ours(transaction: Transaction, network: Network) -> None:
    """Raise InvalidInput for a database of another schema, ForeignDatabase of another network."""
    revision = transaction.value("schema_revision")
    if revision != HEAD:
        raise InvalidInput("database", f"must have schema {HEAD}, that of this zhifu", revision)
    found = transaction.row("deployment")
    deployment = network.deployment
    ours = (deployment.chain_id, deployment.settlement, deployment.block_hash)
    if found != ours:
        raise ForeignDatabase(str(ours), str(found))
