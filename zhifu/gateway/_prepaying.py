"""Learners' balances: top-ups, what can be spent, and pay-outs."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.exceptions import UnknownLearner
from zhifu.gateway._following import Following
from zhifu.money import Money
from zhifu.pages import FIRST
from zhifu.payments import Change, TopUp
from zhifu.payoutbook import PayOut
from zhifu.topups import LearnerBalance
from zhifu.treasury import Balance


class Prepaying(Following):
    """That part of `Gateway`."""

    def follow_top_ups(self, platform: int) -> int:
        """Put a platform's paid top-ups on its learners' accounts; how many are dealt with.

        A top-up is a payment that `pay` or `checkout` takes with the purpose TOP_UP. One that the
        chain refuses, because the platform's balance or its limit of the day is used up, waits with
        its `problem`; one that goes back is asked about at its provider. Raises NoOperator,
        UnknownPlatform, ChainUnreachable.
        """
        return self._top_ups.follow(platform)

    def refund_top_up(self, payment_id: str) -> TopUp:
        """Send a top-up that is not on chain yet back at its provider.

        The same again asks how far that is. Raises UnknownPayment, NotRefundable if it is not paid,
        or on its way to the chain already, UnknownProvider, and ProviderRefused: its provider is
        then asked again only by calling this again, unless the money is returned by hand
        (`top_up_returned`). Raises NotRefundable too if the payer's bank has a part: it is pending
        then, and goes back once the bank has given that back, or by hand.
        """
        return self._top_ups.refund(payment_id)

    def top_up_returned(self, payment_id: str, detail: str) -> TopUp:
        """Mark a top-up that goes back as returned by hand; `detail` says how.

        Its provider is not asked for it any more. What the payer's bank has of it was not returned,
        and goes back at the provider if the bank gives in. Raises InvalidInput, UnknownPayment, and
        NotRefundable unless its provider has refused to, or the payer's bank has a part of it.
        """
        return self._top_ups.returned(payment_id, detail)

    def refund_late_top_ups(self, platform: int, patience_seconds: int) -> list[TopUp]:
        """Send back what a problem has kept from the chain for so long; those on their way."""
        return self._top_ups.refund_late(platform, patience_seconds)

    def top_up(self, payment_id: str) -> TopUp:
        """One top-up, by its payment; raises UnknownPayment."""
        return self._top_up_book.of(payment_id)

    def top_ups(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[TopUp]:
        """A platform's top-ups whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._top_ups.page(platform, before, limit)

    def top_up_history(self, payment_id: str) -> list[Change]:
        """What happened to a top-up, in order; raises UnknownPayment."""
        return self._top_up_book.history(payment_id)

    def learner_balance(self, platform: int, learner: int) -> Balance:
        """What a learner can spend on a platform now: what is on chain and not spent yet.

        It is spent by `pay` with the provider "balance" and no name of the payment, on any
        content; that raises InsufficientBalance for more, and ChainUnreachable.
        """
        return self._top_ups.balance(platform, learner)

    def learner_balances(self, learner: int) -> list[LearnerBalance]:
        """What the chain has of a learner's now, platform by platform, where it has any.

        It counts what was bought and is not settled yet. Raises UnknownLearner, ChainUnreachable.
        """
        if not 0 < learner <= self._index.learners:
            self.sync()
        if not 0 < learner <= self._index.learners:
            raise UnknownLearner(learner)
        return self._top_ups.balances(learner, [each.number for each in self.platforms()])

    def pay_out(self, platform: int, learner: int, amount: Money, idempotency_key: str) -> PayOut:
        """Pay some of a learner's balance out: off the account on chain, then back as fiat.

        The chain's part is included when this returns; `follow_pay_outs` and `pay_back` go on with
        the rest. The same key again is the same pay-out; see `withdraw`. Raises InvalidInput,
        IdempotencyConflict, CurrencyMismatch, InexactAmount, UnknownPlatform, NoOperator, and
        InsufficientBalance for more than `learner_balance`.
        """
        return self._pay_outs.pay_out(platform, learner, amount, idempotency_key)

    def follow_pay_outs(self, platform: int) -> int:
        """Begin to return what pay-outs have taken off accounts for good; of how many.

        It goes back through the payments that had filled the account (top-ups, and what was
        refunded to it), the latest first, each up to what it brought: as `paybacks` with the reason
        `paid_out`. What is left is the pay-out's `by_hand`.
        """
        return self._pay_outs.follow(platform)

    def paid_out_by_hand(self, platform: int, pay_out_id: str, detail: str) -> PayOut:
        """Note that a person returned what is `by_hand` of a pay-out; `detail` says how.

        Raises InvalidInput, UnknownPayOut, and PayOutNotByHand where nothing is, or not any more.
        """
        return self._pay_outs.by_hand(platform, pay_out_id, detail)

    def pay_outs(self, platform: int, *, before: int = FIRST, limit: int = 100) -> Sequence[PayOut]:
        """A platform's pay-outs whose numbers (`zhifu.ids`) are below `before`, newest first."""
        return self._pay_out_book.page(platform, before, limit)

    def pay_out_record(self, platform: int, pay_out_id: str) -> PayOut:
        """One pay-out of a platform; raises UnknownPayOut."""
        return self._pay_out_book.of(platform, pay_out_id)

    def pay_out_history(self, platform: int, pay_out_id: str) -> list[Change]:
        """What happened to a pay-out, in order; raises UnknownPayOut."""
        return self._pay_out_book.history(platform, pay_out_id)
