"""Disputes about orders."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.disputebook import DisputeRecord
from zhifu.gateway._paying import Paying
from zhifu.pages import FIRST


class Disputing(Paying):
    """That part of `Gateway`."""

    def dispute(self, order_id: str) -> DisputeRecord:
        """The dispute about an order, whoever opened it, open or decided, as of the last `sync`.

        Raises UnknownOrder and UnknownDispute.
        """
        return self._dispute_book.about(self.order(order_id).id)

    def disputes(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[DisputeRecord]:
        """A platform's disputes, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._dispute_book.page(platform, before, limit)

    def dispute_record(self, platform: int, dispute_id: str) -> DisputeRecord:
        """One dispute about a platform's orders; raises UnknownDispute."""
        return self._dispute_book.of(platform, dispute_id)

    def open_dispute(self, order_id: str, evidence: bytes, idempotency_key: str) -> DisputeRecord:
        """Move what is left of a settled order into dispute, with a bond of its platform's.

        `evidence` is a hash of 32 bytes. The same key again is the same dispute; see `withdraw`.
        Raises UnknownOrder, InvalidInput, IdempotencyConflict, NoOperator, NotRefundable (not
        settled, or its window is closed), OrderInDispute, InsufficientBalance.
        """
        return self._disputes.open(self.order(order_id), evidence, idempotency_key)
