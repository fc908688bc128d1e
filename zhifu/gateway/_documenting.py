"""What is handed out about money: receipts and statements."""

from __future__ import annotations

from zhifu.gateway._parts import Parts
from zhifu.receipts import Receipt


class Documenting(Parts):
    """That part of `Gateway`."""

    def receipt(self, order_id: str) -> Receipt:
        """What a learner is handed for an order: what was bought, paid and returned, as of now.

        Raises UnknownOrder, and OrderUnpaid for one that was never paid.
        """
        return self._receipts.of(order_id)
