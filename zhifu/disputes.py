"""Opening disputes about a platform's own orders, as their seller."""

from __future__ import annotations

from collections.abc import Callable

from zhifu.actbook import Wanted
from zhifu.acts import Acts
from zhifu.deployment import Network
from zhifu.disputebook import DisputeBook, DisputeRecord
from zhifu.exceptions import InvalidInput, NotRefundable, TransactionPending, UnknownDispute
from zhifu.models import BatchOrder
from zhifu.operations import Kind
from zhifu.payments import OrderRecord

_EVIDENCE_BYTES = 32


class Disputes:
    """Opens disputes by acts; `proven` finds an order with its proof."""

    def __init__(
        self,
        network: Network,
        proven: Callable[[str], BatchOrder | None],
        acts: Acts,
        book: DisputeBook,
        sync: Callable[[], object],
    ) -> None:
        self._settlement = network.settlement
        self._proven = proven
        self._acts = acts
        self._book = book
        self._sync = sync

    def open(self, order: OrderRecord, evidence: bytes, idempotency_key: str) -> DisputeRecord:
        """Move what is left of an order into dispute; see `Gateway.open_dispute`."""
        if len(evidence) != _EVIDENCE_BYTES:
            raise InvalidInput("evidence", f"must be a hash of {_EVIDENCE_BYTES} bytes")
        arguments = {"order": order.id, "evidence": evidence.hex()}
        wanted = Wanted(order.platform, Kind.DISPUTE, idempotency_key, arguments)
        known, proven = self._acts.known(wanted), self._proven(order.id)
        if proven is not None:
            calldata = self._settlement.encode("openBatchDispute", proven.as_tuple(), evidence)
            known = self._acts.do(wanted, self._settlement.address, calldata)
            self._sync()
        if known is None:
            raise NotRefundable(order.id, "it is not settled")
        try:
            return self._book.about(order.id)
        except UnknownDispute:
            # It was reorganised away, with or without its batch, and goes out again.
            raise TransactionPending(known.transaction_hash or "", 0) from None
