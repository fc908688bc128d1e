"""Callbacks of providers: verified and stored while the provider waits, acted on afterwards.

A callback is a hint. Whatever it says, the provider is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhifu import rounds
from zhifu.books import Books
from zhifu.exceptions import InvalidCallback, UnknownProvider, ZhifuError
from zhifu.inbox import DueCallback, Inbox, Received
from zhifu.inquiries import Inquiries
from zhifu.providers import Answer, Callback, HintKind, Provider

#: How long a payment may be unknown here that its provider speaks of: its own answer to our making
#: it may come later than the callback.
_PATIENCE_SECONDS = 3_600
_FIRST_DELAY_SECONDS = 2
_LONGEST_DELAY_SECONDS = 600
#: How often a provider is asked about a chargeback that it told us of, and that changes nothing.
_TRIES_OF_CHARGEBACK = 5


class Callbacks:
    """Takes callbacks of `providers` into `inbox` and acts on them; `clock` tells Unix seconds."""

    def __init__(
        self,
        inbox: Inbox,
        books: Books,
        inquiries: Inquiries,
        providers: Mapping[str, Provider],
        clock: Callable[[], int],
    ) -> None:
        self._inbox = inbox
        self._books = books
        self._inquiries = inquiries
        self._providers = providers
        self._clock = clock

    def take(self, provider: str, callback: Callback) -> Answer:
        """Store a callback and answer it in its provider's words; see `Gateway.take_callback`."""
        found = self._providers.get(provider)
        if found is None:
            raise UnknownProvider(provider)
        try:
            hint = found.verify(callback)
        except InvalidCallback:
            return found.answer(accepted=False)
        self._inbox.put([Received(provider, hint, callback.body, callback.received_at)])
        return found.answer(accepted=True)

    def process(self) -> int:
        """Act on every callback whose time has come; how many are done with."""
        return rounds.each(self._inbox.due(), self._process)

    def _process(self, callback: DueCallback) -> bool:
        try:
            return self._follow(callback)
        except ZhifuError as error:
            self._postpone(callback, str(error))
            raise

    def _follow(self, callback: DueCallback) -> bool:
        payment = self._books.by_provider(callback.provider, callback.hint.provider_payment_id)
        if payment is None:
            return self._unmatched(callback)
        before = self._inquiries.standing(payment)
        payment = self._inquiries.ask(payment, hinted=True)
        if self._is_early(callback) and self._inquiries.standing(payment) == before:
            self._postpone(callback, "its provider does not say so yet")
            return False
        self._inbox.processed(callback)
        return True

    def _is_early(self, callback: DueCallback) -> bool:
        """Whether a provider's answers may still be older than its callback.

        Nobody else asks about a chargeback again.
        """
        return callback.hint.kind is HintKind.CHARGEBACK and callback.tries < _TRIES_OF_CHARGEBACK

    def _unmatched(self, callback: DueCallback) -> bool:
        if self._clock() - callback.received_at < _PATIENCE_SECONDS:
            self._postpone(callback, "no payment is called so, yet")
            return False
        self._inbox.refused(callback, "no payment is called so")
        return True

    def _postpone(self, callback: DueCallback, why: str) -> None:
        delay = min(_FIRST_DELAY_SECONDS << min(callback.tries, 16), _LONGEST_DELAY_SECONDS)
        self._inbox.postpone(callback, self._clock() + delay, why)
