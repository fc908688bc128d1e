"""Typed calls of the verbs that stand in SettlementCourt, at Settlement's address.

A direct order is told by what its buyer signed, an order of a batch by its proof: each verb has a
method for either. `evidence` is a hash of 32 bytes.
"""

from __future__ import annotations

from zhifu.accounts import Account
from zhifu.blocks import Receipt
from zhifu.contract import Contract
from zhifu.models import BatchOrder, DirectOrder, Dispute
from zhifu.signing import Signer


class SettlementCourt(Contract):
    """What can happen after the sale, beside the whole refund by the seller."""

    NAME = "SettlementCourt"

    def refund_part(self, signer: Signer, order: DirectOrder, amount: int) -> Receipt:
        """Refund less than what is left of a direct order's price; the signer is of the host."""
        return self.transact(signer, "refundPart", order.as_tuple(), amount)

    def refund_batch_part(self, signer: Signer, order: BatchOrder, amount: int) -> Receipt:
        """Refund less than what is left of a batch order's price; the signer is of the host."""
        return self.transact(signer, "refundBatchPart", order.as_tuple(), amount)

    def request_refund(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Ask the seller for a refund; the signer is the buyer."""
        return self.transact(signer, "requestRefund", order.as_tuple())

    def request_batch_refund(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Ask for the refund of an order paid from a learner's account that the signer has."""
        return self.transact(signer, "requestBatchRefund", order.as_tuple())

    def refuse_refund(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Say no to a requested refund."""
        return self.transact(signer, "refuseRefund", order.as_tuple())

    def refuse_batch_refund(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Say no to the requested refund of a batch order."""
        return self.transact(signer, "refuseBatchRefund", order.as_tuple())

    def refund_unanswered(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Refund an order whose seller did not answer in time; the signer is the buyer."""
        return self.transact(signer, "refundUnanswered", order.as_tuple())

    def refund_batch_unanswered(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Refund a batch order whose seller did not answer in time."""
        return self.transact(signer, "refundBatchUnanswered", order.as_tuple())

    def open_dispute(self, signer: Signer, order: DirectOrder, evidence: bytes) -> Receipt:
        """Move what is left of a direct order into dispute, with a bond of the signer's account."""
        return self.transact(signer, "openDispute", order.as_tuple(), evidence)

    def open_batch_dispute(self, signer: Signer, order: BatchOrder, evidence: bytes) -> Receipt:
        """Move what is left of a batch order into dispute, with a bond."""
        return self.transact(signer, "openBatchDispute", order.as_tuple(), evidence)

    def resolve_dispute(
        self, signer: Signer, order: DirectOrder, *, to_refund: bool, evidence: bytes
    ) -> Receipt:
        """Decide a dispute: refund, or payment by the order's terms at once."""
        return self.transact(signer, "resolveDispute", order.as_tuple(), to_refund, evidence)

    def resolve_batch_dispute(
        self, signer: Signer, order: BatchOrder, *, to_refund: bool, evidence: bytes
    ) -> Receipt:
        """Decide the dispute about a batch order."""
        return self.transact(signer, "resolveBatchDispute", order.as_tuple(), to_refund, evidence)

    def close_dispute(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Refund an order whose dispute nobody decided in time."""
        return self.transact(signer, "closeDispute", order.as_tuple())

    def close_batch_dispute(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Refund a batch order whose dispute nobody decided in time."""
        return self.transact(signer, "closeBatchDispute", order.as_tuple())

    def answer_by_of(self, order_id: int) -> int:
        """From when the buyer may refund a requested order alone, in Unix seconds.

        0 if no refund was requested, 2^40 - 1 if it was refused.
        """
        return int(self.read("answerByOf", order_id))

    def dispute_of(self, order_id: int) -> Dispute | None:
        """An order's open dispute, or None."""
        opener, bond, deadline = self.read("disputeOf", order_id)
        return Dispute(Account(opener), bond, deadline) if opener else None
