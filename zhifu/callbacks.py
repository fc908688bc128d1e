"""Callbacks of providers: verified and stored while the provider waits, acted on afterwards.

A callback is a hint. Whatever it says, the provider is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from zhifu import rounds
from zhifu.asking import Answered, Asking
from zhifu.books import Books
from zhifu.exceptions import InputError, InvalidCallback, UnknownProvider, ZhifuError
from zhifu.inbox import DueCallback, Inbox, Received
from zhifu.inquiries import Heard, Inquiries
from zhifu.providers import Answer, Callback, HintKind, Provider
from zhifu.silence import while_heard

#: How long a payment may be unknown here that its provider speaks of: its own answer to our making
#: it may come later than the callback.
_PATIENCE_SECONDS = 3_600
_FIRST_DELAY_SECONDS = 2
_LONGEST_DELAY_SECONDS = 600
#: How often a provider is asked about a chargeback that it told us of, and that changes nothing.
_TRIES_OF_CHARGEBACK = 5
#: How often a provider is asked whose answer cannot be meant, as in another currency.
_TRIES_OF_NONSENSE = 5


class Callbacks:
    """Takes callbacks of `providers` into `inbox` and acts on them; `clock` tells Unix seconds."""

    def __init__(
        self,
        inbox: Inbox,
        books: Books,
        inquiries: Inquiries,
        providers: Mapping[str, Provider],
        asking: Asking,
        clock: Callable[[], int],
    ) -> None:
        self._inbox = inbox
        self._books = books
        self._inquiries = inquiries
        self._providers = providers
        self._asking = asking
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

    def has_due(self, provider: str) -> bool:
        """Whether the time of any callback of a provider has come."""
        return bool(self._inbox.due(provider, limit=1))

    def process(self, provider: str | None = None) -> int:
        """Act on every callback, of a provider or of all, whose time has come.

        How many are done with. A provider is asked about a few at once, and what it answers is
        acted on one after the other.
        """
        due = self._inbox.due(provider)
        return sum(self._process(each, due) for each in dict.fromkeys(one.provider for one in due))

    def _process(self, provider: str, due: Sequence[DueCallback]) -> int:
        theirs = (each for each in due if each.provider == provider)
        heard = while_heard(self._providers.get(provider), rounds.in_time(theirs))
        asked = self._asking.each(provider, heard, self._heard)
        return rounds.finish(asked, self._follow)

    def _heard(self, callback: DueCallback) -> Heard | None:
        payment = self._books.by_provider(callback.provider, callback.hint.provider_payment_id)
        return None if payment is None else self._inquiries.heard(payment, hinted=True)

    def _follow(self, asked: Answered[DueCallback, Heard | None]) -> bool:
        callback = asked.subject
        try:
            heard = asked.outcome()
            return self._unmatched(callback) if heard is None else self._act(callback, heard)
        except InputError as error:
            if callback.tries < _TRIES_OF_NONSENSE:
                self._postpone(callback, str(error))
            else:
                self._inbox.refused(callback, str(error))
            raise
        except ZhifuError as error:
            self._postpone(callback, str(error))
            raise

    def _act(self, callback: DueCallback, heard: Heard) -> bool:
        before = self._inquiries.standing(heard.payment)
        payment = self._inquiries.record(heard)
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
