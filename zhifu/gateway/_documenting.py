"""What is handed out about money: receipts and statements."""

from __future__ import annotations

from datetime import date

from zhifu.gateway._following import Following
from zhifu.receipts import Receipt
from zhifu.statement import Statement


class Documenting(Following):
    """That part of `Gateway`."""

    def receipt(self, order_id: str) -> Receipt:
        """What a learner is handed for an order: what was bought, paid and returned, as of now.

        Raises UnknownOrder, and OrderUnpaid for one that was never paid.
        """
        return self._receipts.of(order_id)

    def statement(self, party: int | str, first: date, last: date) -> Statement:
        """What an account had, every movement, and what it has, from a day to another (UTC).

        A platform's by number, the network's for 0, or a creator's by address. Follows the chain
        first; a day that goes on is told as far as it went. Raises UnknownPlatform, InvalidInput
        for what is no address or no period, UnbalancedStatement, and ChainError.
        """
        self.sync()
        return self._statements.of(party, first, last)
