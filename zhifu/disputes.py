"""Disputes about orders of batches, as their seller sees and opens them."""

from __future__ import annotations

from collections.abc import Callable

from zhifu.actbook import Wanted
from zhifu.acts import Acts
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput, NotRefundable, UnknownDispute
from zhifu.models import BatchOrder, Dispute
from zhifu.operations import Kind
from zhifu.payments import OrderRecord

_EVIDENCE_BYTES = 32


class Disputes:
    """`proven` finds an order with its proof."""

    def __init__(
        self,
        network: Network,
        proven: Callable[[str], BatchOrder | None],
        acts: Acts,
    ) -> None:
        self._network = network
        self._proven = proven
        self._acts = acts

    def of(self, order: OrderRecord) -> Dispute:
        """The open dispute about an order; raises UnknownDispute if there is none."""
        found = order.batch and self._network.settlement.dispute_of(_chain_id(order))
        if not found:
            raise UnknownDispute(order.id)
        return found

    def open(self, order: OrderRecord, evidence: bytes, idempotency_key: str) -> Dispute:
        """Move what is left of an order into dispute; see `Gateway.open_dispute`."""
        if len(evidence) != _EVIDENCE_BYTES:
            raise InvalidInput("evidence", f"must be a hash of {_EVIDENCE_BYTES} bytes")
        settlement, proven = self._network.settlement, self._proven(order.id)
        if proven is None:
            raise NotRefundable(order.id, "it is not settled")
        arguments = {"order": order.id, "evidence": evidence.hex()}
        wanted = Wanted(order.platform, Kind.DISPUTE, idempotency_key, arguments)
        calldata = settlement.encode("openBatchDispute", proven.as_tuple(), evidence)
        self._acts.do(wanted, settlement.address, calldata)
        return self.of(order)


def _chain_id(order: OrderRecord) -> int:
    place = order.batch
    if place is None:
        raise LookupError(order.id)
    batch = (order.platform << 96) | (place.lane << 64) | place.number
    return (batch << 32) | place.position
