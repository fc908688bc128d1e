"""Money that goes back of itself: paybacks of what fits no order, and chargebacks."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.chargebackbook import Chargeback
from zhifu.gateway._parts import Parts
from zhifu.pages import FIRST
from zhifu.paybackbook import Payback
from zhifu.returns import ChargebackRecord, PaybackRecord


class Returning(Parts):
    """That part of `Gateway`."""

    def pay_back(self) -> int:
        """Send back at its provider what came in and fits no order; how many are finished."""
        return self._paybacks.make()

    def paybacks(self, payment_id: str) -> list[Payback]:
        """What goes back of a payment without being a refund of an order; raises UnknownPayment."""
        return self._payback_book.of(payment_id)

    def follow_chargebacks(self) -> int:
        """Take back on chain what payers' banks took back; how many chargebacks are dealt with."""
        return self._chargebacks.attend()

    def chargebacks(self, payment_id: str) -> list[Chargeback]:
        """The chargebacks of a payment, the oldest first; raises UnknownPayment."""
        return self._chargeback_book.of(payment_id)

    def paybacks_page(
        self, platform: int, *, payment_id: str | None = None, before: int = FIRST, limit: int = 100
    ) -> Sequence[PaybackRecord]:
        """A platform's paybacks, or those of a payment of its, below a number, the newest first.

        Raises UnknownPayment for what cannot be one.
        """
        return self._returns.paybacks(platform, payment_id, before, limit)

    def payback_record(self, platform: int, payback_id: str) -> PaybackRecord:
        """One payback of a platform; raises UnknownPayback."""
        return self._returns.payback(platform, payback_id)

    def pay_back_again(self, platform: int, payback_id: str) -> PaybackRecord:
        """Have a payback tried again that its provider refused, once the reason is mended.

        The same again, before the provider refuses anew, tells how far that is. Raises
        UnknownPayback, PaybackNotFailed.
        """
        return self._returns.pay_back_again(platform, payback_id)

    def paid_back_by_hand(self, platform: int, payback_id: str, detail: str) -> PaybackRecord:
        """Note that a person returned what the provider refused to; `detail` says how.

        Raises UnknownPayback, PaybackNotFailed, InvalidInput.
        """
        return self._returns.paid_back_by_hand(platform, payback_id, detail)

    def chargebacks_page(
        self, platform: int, *, payment_id: str | None = None, before: int = FIRST, limit: int = 100
    ) -> Sequence[ChargebackRecord]:
        """A platform's chargebacks, or those of a payment of its, below a number, newest first.

        Raises UnknownPayment for what cannot be one.
        """
        return self._returns.chargebacks(platform, payment_id, before, limit)

    def chargeback_record(self, platform: int, chargeback_id: str) -> ChargebackRecord:
        """One chargeback of a platform; raises UnknownChargeback."""
        return self._returns.chargeback(platform, chargeback_id)
