"""Providers that let us wait in vain, so that their silence does not become everybody's.

A provider that is down may take every request and answer none, and each one costs as long as its
time-out. Whatever comes round by itself leaves such a provider alone for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, tzinfo
from typing import TypeVar

from zhifu import rounds
from zhifu.exceptions import PaymentUnknown
from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    Intent,
    Provider,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
    answers_at_once,
    zone_of,
)

T = TypeVar("T")

#: An answer that fails to come sooner than this holds nobody up.
_LONG_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 300.0


def is_left_alone(provider: Provider | None) -> bool:
    """Whether a provider would not be asked now, so that there is nothing to try."""
    return isinstance(provider, Spared) and provider.is_left_alone


def while_heard(provider: Provider | None, due: Iterable[T]) -> Iterator[T]:
    """As much of what is due as a provider is there for: what is left has its turn afterwards."""
    for each in due:
        if is_left_alone(provider):
            return
        yield each


class Spared:
    """A provider that rounds leave alone after a long silence, ever longer the longer it lasts.

    It counts as silent for them meanwhile: nothing is asked, and nothing known. Whoever waits for
    an answer has it asked all the same, and any answer ends the pause. `clock` tells seconds, from
    any beginning.
    """

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider = provider
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._until = clock()

    @property
    def name(self) -> str:
        """As the provider's own."""
        return self._provider.name

    @property
    def answers_at_once(self) -> bool:
        """As the provider's own."""
        return answers_at_once(self._provider)

    @property
    def zone(self) -> tzinfo:
        """As the provider's own."""
        return zone_of(self._provider)

    def create(self, intent: Intent) -> Checkout:
        """As the provider's own; raises PaymentUnknown while it is left alone."""
        with self._asking(intent.payment_id):
            return self._provider.create(intent)

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """As the provider's own; UNKNOWN while it is left alone."""
        if self.is_left_alone:
            return ProviderPayment(ProviderStatus.UNKNOWN)
        began = self._clock()
        found = self._provider.query(provider_payment_id)
        self._note(began, answered=found.status is not ProviderStatus.UNKNOWN)
        return found

    def cancel(self, provider_payment_id: str) -> None:
        """As the provider's own; raises PaymentUnknown while it is left alone."""
        with self._asking(provider_payment_id):
            self._provider.cancel(provider_payment_id)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """As the provider's own; raises PaymentUnknown while it is left alone."""
        with self._asking(provider_payment_id):
            return self._provider.refund(provider_payment_id, amount, refund_id)

    def verify(self, callback: Callback) -> Hint:
        """As the provider's own."""
        return self._provider.verify(callback)

    def answer(self, accepted: bool) -> Answer:
        """As the provider's own."""
        return self._provider.answer(accepted)

    def transactions(self, day: date) -> Iterator[BillLine]:
        """As the provider's own."""
        return self._provider.transactions(day)

    @contextmanager
    def _asking(self, subject: str) -> Iterator[None]:
        if self.is_left_alone:
            raise PaymentUnknown(self.name, subject)
        began, answered = self._clock(), True
        try:
            yield
        except PaymentUnknown:
            answered = False
            raise
        finally:
            self._note(began, answered=answered)

    @property
    def is_left_alone(self) -> bool:
        """Whether it would not be asked now: nobody waits, and it was silent for long."""
        return rounds.is_running() and self._clock() < self._until

    def _note(self, began: float, *, answered: bool) -> None:
        now = self._clock()
        with self._lock:
            if answered:
                self._pause, self._until = 0.0, now
            elif now - began >= _LONG_SECONDS and began >= self._until:
                doubled = max(_FIRST_PAUSE_SECONDS, 2 * self._pause)
                self._pause = min(doubled, _LONGEST_PAUSE_SECONDS)
                self._until = now + self._pause
