"""Callbacks of providers, as they came: stored before they are answered, looked at after.

A provider tells the same event more than once, so each counts once by the provider's name for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from zhifu import ids
from zhifu.providers import Hint, HintKind
from zhifu.store import Store


class Received(NamedTuple):
    """A verified callback of a provider; `received_at` in Unix seconds."""

    provider: str
    hint: Hint
    body: bytes
    received_at: int


class DueCallback(NamedTuple):
    """A callback to be looked at; `tries` counts how often that was done in vain."""

    number: int
    provider: str
    hint: Hint
    tries: int
    received_at: int

    @property
    def id(self) -> str:
        """What logs call it."""
        return f"callback {self.hint.event_id} of {self.provider}"


class Inbox:
    """The callbacks in `store`; every method is one transaction."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def put(self, received: Sequence[Received]) -> int:
        """Store callbacks; how many of them tell something new.

        One about nothing that the gateway acts on is answered, not stored.
        """
        numbers = self._ids.take(len(received))
        rows = [
            self._row(number, each)
            for number, each in zip(numbers, received, strict=True)
            if each.hint.kind is not HintKind.OTHER
        ]
        if not rows:
            return 0
        with self._store.writing() as transaction:
            return transaction.run_many("put_callback", rows)

    def due(self, provider: str | None = None, *, limit: int = 1_000) -> list[DueCallback]:
        """Those of a provider, or of all, whose time has come, the oldest first."""
        of = {} if provider is None else {"provider": provider}
        query = "due_callbacks_of" if of else "due_callbacks"
        with self._store.reading() as transaction:
            rows = transaction.rows(query, now=self._clock(), limit=limit, **of)
        return [
            DueCallback(number, provider, Hint(event, HintKind(kind), payment), tries, at)
            for number, provider, event, kind, payment, tries, at in rows
        ]

    def processed(self, callback: DueCallback, detail: str | None = None) -> None:
        """What it hinted at is in the books."""
        self._set(callback, "processed", detail)

    def refused(self, callback: DueCallback, detail: str) -> None:
        """It has no meaning here: the payment is not known, say."""
        self._set(callback, "refused", detail)

    def postpone(self, callback: DueCallback, due_at: int, detail: str) -> None:
        """It could not be looked into, and is to be at a time (Unix seconds)."""
        with self._store.writing() as transaction:
            transaction.run(
                "postpone_callback",
                id=callback.number,
                due_at=due_at,
                detail=detail,
                now=self._clock(),
            )

    def _set(self, callback: DueCallback, state: str, detail: str | None) -> None:
        with self._store.writing() as transaction:
            transaction.run(
                "set_callback_state",
                id=callback.number,
                state=state,
                detail=detail,
                now=self._clock(),
            )

    def _row(self, number: int, received: Received) -> dict[str, Any]:
        return {
            "id": number,
            "provider": received.provider,
            "event_id": received.hint.event_id,
            "kind": received.hint.kind.value,
            "provider_payment_id": received.hint.provider_payment_id,
            "body": received.body,
            "received_at": received.received_at,
            "now": self._clock(),
        }
