"""Refunds of orders, whole or in part, asked for or due."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zhifu import ids, rounds
from zhifu.exceptions import ChainUnreachable
from zhifu.gateway._following import Following
from zhifu.gateway._paying import Paying
from zhifu.money import Money
from zhifu.pages import FIRST, Refund
from zhifu.payments import Destination, OrderRecord


class Refunding(Following, Paying):
    """That part of `Gateway`."""

    def refund(self, order_id: str, *, to: Destination | str | None = None) -> OrderRecord:
        """Refund what is left of an order: unsettled at its provider alone, else first on chain.

        The money goes back the way it was paid, or with `to="balance"` to the learner's balance on
        the platform, out of the platform's own and within its limit of the day for top-ups. What
        was paid from a balance goes back there, and nowhere else.

        Comes back as `refund_pending` if the provider does not answer, or while what it does on
        chain is not `confirmations` deep; `recover`, or the same call again, goes on. An order that
        is refunded already stays so; if its refund on chain was reorganised away, that is made
        again. Raises UnknownOrder, NoOperator, UnknownProvider, InvalidInput for `to`, and
        NotRefundable: not paid, or its money goes elsewhere than `to` says, or its window is closed
        (a refund that had begun then ends, and the order is settled as before). The refund stays
        pending where the provider refuses (ProviderRefused), which is asked again only by calling
        this again, unless the money is `returned` by hand; and where the chain puts it on no
        balance now (InsufficientBalance, TopUpAboveLimit, SellingPaused), which is tried again.
        Raises TransactionFailed where it failed on chain for no reason that the chain tells.
        """
        return self._refunds.refund(order_id, to)

    def refund_part(
        self,
        order_id: str,
        amount: Money,
        idempotency_key: str,
        *,
        to: Destination | str | None = None,
    ) -> Refund:
        """Refund a part of a settled order: on chain by its content's host, then in money.

        The licence goes on; `refund` then refunds what is left. All that is left is not a part: it
        is as `refund` has it. The same key, of this order, with the same amount is the same refund
        and goes on with it. Raises what `refund` raises, IdempotencyConflict, CurrencyMismatch and
        InvalidInput for more than is left, NoOperator too where the host's key is not here, and
        NotRefundable for a part of what is not settled yet: its price cannot be lowered.
        """
        number = self._refunds.refund_part(order_id, amount, idempotency_key, to)
        return self._pages.refund(self.order(order_id).platform, ids.to_text(ids.REFUND, number))

    def returned(self, refund_id: str, detail: str) -> Refund:
        """Mark a refund as returned by hand, once its provider has refused to; `detail` says how.

        So may one that the chain did not put on the learner's balance. Nobody is asked for it any
        more. Where a bank's part of the payment leaves too little for it, the rest was returned:
        what the bank has of it goes back at the provider if the bank gives in. The same detail
        again is the same answer. Raises InvalidInput, UnknownRefund, and NotRefundable unless a
        refund is pending that somebody has refused.
        """
        found = self._refund_book.named(refund_id)
        self._refunds.returned(found.number, detail)
        return self._pages.refund(self.order(found.order_id).platform, refund_id)

    def refunds(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[Refund]:
        """A platform's refunds whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._pages.refunds(platform, before, limit)

    def refund_record(self, platform: int, refund_id: str) -> Refund:
        """One refund of a platform; raises UnknownRefund."""
        return self._pages.refund(platform, refund_id)

    def refund_of(self, order_id: str) -> Refund:
        """The latest refund of all that was left of an order, or else of a part of it.

        Raises UnknownRefund if none was begun.
        """
        return self._pages.refund_of(order_id)

    def pending_refunds(self) -> list[OrderRecord]:
        """Orders whose refund is not finished, or not on chain any more, the oldest first."""
        return self._refunds.pending()

    def refund_left_out(self, platform: int, patience_seconds: int) -> list[OrderRecord]:
        """Refund the orders of a platform that no batch could carry for so long; those refunded.

        A content that was withdrawn, or whose price changed for good, after it was paid. What a
        batch could carry again waits for one. Raises UnknownPlatform and NoOperator.
        """
        self.sync()
        self._lane(platform).look_again()
        late = self._books.left_out(platform, self._clock() - patience_seconds)
        return self._refund_each([order.id for order in late])

    def refund_disputed(self, platform: int) -> list[OrderRecord]:
        """Return at its provider what learners paid for orders that a dispute refunded on chain.

        The chain has given the seller its money back then; those whose refund has begun now.
        Raises UnknownPlatform and NoOperator.
        """
        self._lane(platform)
        self.sync()
        book = self._dispute_book
        return self._refund_each(
            book.to_return(platform, due=rounds.is_running()), begin=book.postpone
        )

    def _refund_each(
        self, orders: Sequence[str], *, begin: Callable[[str], None] = lambda _: None
    ) -> list[OrderRecord]:
        refunded: list[OrderRecord] = []

        def refund(order_id: str) -> bool:
            begin(order_id)
            refunded.append(self.refund(order_id))
            return True

        rounds.each(orders, refund, ends=(ChainUnreachable,))
        return refunded
