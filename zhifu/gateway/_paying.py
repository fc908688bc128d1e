"""Payments, from what a provider confirms or a checkout begins to what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import PaymentUnknown, ZhifuError
from zhifu.gateway._parts import Parts
from zhifu.intake import CartQuote
from zhifu.pages import FIRST
from zhifu.payments import Change, CheckoutTerms, OrderRecord, Payment, PaymentRequest, PaymentState
from zhifu.providers import Answer, Callback


class Paying(Parts):
    """That part of `Gateway`."""

    def pay(self, request: PaymentRequest) -> Payment:
        """Record a payment that its provider confirms, and its orders, durably.

        The same key with the same body answers the same payment again. Raises, and records
        nothing: InvalidInput, UnknownProvider, UnknownPlatform, InactivePlatform, NoOperator,
        UnknownLearner, UnknownContent, InactiveContent, CurrencyMismatch, AmountMismatch,
        IdempotencyConflict, DuplicatePayment, PaymentUnpaid, InsufficientBalance for one from the
        learner's balance, and ProviderBusy where too much waits for the provider. Raises
        PaymentUnknown where the provider does not answer: that payment is recorded, and `recheck`
        or the same request again settles the question.
        """
        (outcome,) = self.pay_many((request,))
        if isinstance(outcome, ZhifuError):
            raise outcome
        return outcome

    def pay_many(self, requests: Sequence[PaymentRequest]) -> list[Payment | ZhifuError]:
        """Record many payments in one durable transaction.

        Answers in the order asked; a request that `pay` would raise for is rejected alone, with
        that error in its place.
        """
        self.freshness.require()
        return self.intake.take(requests)

    def checkout(self, request: PaymentRequest, terms: CheckoutTerms) -> OpenCheckout:
        """Make a payment at its provider, so that its learner can pay it; `pay`'s other way round.

        The request has no `provider_payment_id`. The same key with the same body is the same
        payment, and goes on where the first attempt was cut short; the first one's expiry counts.
        Raises what `pay` raises of a request, and ProviderRefused: that payment is cancelled.
        Raises PaymentUnknown where the provider does not answer: the same request again goes on.
        """
        self.freshness.require()
        return self._checkouts.create(request, terms)

    def take_callback(self, provider: str, callback: Callback) -> Answer:
        """Store what a provider tells by itself, and what to answer it; acted on afterwards.

        One that is not the provider's, to us, and fresh is answered so and changes nothing. Raises
        UnknownProvider.
        """
        return self._callbacks.take(provider, callback)

    def process_callbacks(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about what callbacks hinted at; how many are done with."""
        return self._callbacks.process(provider)

    def has_callbacks(self, provider: str) -> bool:
        """Whether `process_callbacks` of a provider has something to do."""
        return self._callbacks.has_due(provider)

    def inquire(self, provider: str | None = None) -> int:
        """Ask a provider, or all, about the undecided payments whose time has come.

        How many were decided. One that has expired is cancelled at its provider before it counts as
        expired.
        """
        return self._inquiries.ask_due(provider)

    def has_inquiries(self, provider: str) -> bool:
        """Whether `inquire` of a provider has something to do."""
        return self._inquiries.has_due(provider)

    def quote(self, contents: Sequence[int]) -> CartQuote:
        """What a cart costs now, and until when.

        Raises InvalidInput, UnknownContent and InactiveContent.
        """
        self.freshness.require()
        return self.intake.quote(contents)

    def recheck(self) -> list[Payment | ZhifuError]:
        """Ask providers again about every payment they were silent about."""
        return [self._recheck(payment) for payment in self._books.unknown()]

    def _recheck(self, payment: Payment) -> Payment | ZhifuError:
        if payment.expires_at is None:
            return self.intake.recheck(payment)
        try:
            self._inquiries.ask(payment)
        except ZhifuError as error:
            return error
        found = self._books.payment(payment.id)
        if found.state is PaymentState.PAYMENT_UNKNOWN:
            return PaymentUnknown(found.request.provider, found.provider_payment_id or "")
        return found

    def payment(self, payment_id: str) -> Payment:
        """One payment; raises UnknownPayment."""
        return self._books.payment(payment_id)

    def payments(self, platform: int) -> Iterator[Payment]:
        """A platform's payments, the oldest first."""
        return self._books.payments(platform)

    def order(self, order_id: str) -> OrderRecord:
        """One order; raises UnknownOrder."""
        return self._books.order(order_id)

    def orders(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[OrderRecord]:
        """A platform's orders whose numbers (`zhifu.ids`) are below `before`, the newest first."""
        return self._pages.orders(platform, before, limit)

    def history(self, order_id: str) -> list[Change]:
        """What happened to an order, in order; raises UnknownOrder."""
        return self._books.history(order_id)

    def forget_learner(self, platform: int, learner: int) -> None:
        """Erase what is personal of a platform's learner; the books stay as they are.

        That is how the learner is told things, what was told them, and what providers said of or
        were told about them. What is not decided yet keeps what it needs: call this again then.
        """
        # Imported here because only this, of all that a gateway does, needs what opens contacts.
        from zhifu.notify import contacts

        self._books.forget(platform, learner)
        with self._store.writing() as transaction:
            contacts.forget(transaction, platform, learner)
