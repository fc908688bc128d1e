"""How far what is done beside the requests is behind: in seconds, read when the metrics are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import nan

from zhifu import ids
from zhifu.api.metrics import Metrics
from zhifu.api.probes import GOOD, Probe
from zhifu.store import Store, Transaction

_TOLD = {
    "zhifu_webhooks_overdue_seconds": "How long ago the webhook was due that waits longest.",
    "zhifu_callbacks_overdue_seconds": "How long ago the callback was due that waits longest.",
    "zhifu_oldest_waiting_order_seconds": "How old the oldest order is that waits for a batch.",
}


class Lags:
    """What waits in `store`; `clock` tells Unix seconds. Not a number while nobody can say."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._seconds = dict.fromkeys(_TOLD, nan)
        self._probe = Probe(self._look)

    def watched_by(self, metrics: Metrics) -> None:
        """Be told with the metrics."""
        for name, about in _TOLD.items():
            metrics.watch(name, about, partial(self._told, name))

    async def refresh(self) -> None:
        """Look, as long as that takes no more than a moment."""
        if await self._probe.answer() != GOOD:
            self._seconds = dict.fromkeys(_TOLD, nan)

    def close(self) -> None:
        """Look no more."""
        self._probe.close()

    def _told(self, name: str) -> float:
        return self._seconds[name]

    def _look(self) -> None:
        with self._store.reading() as transaction:
            since = self._since(transaction)
        now = self._clock()
        found = (0.0 if each is None else max(0.0, now - each) for each in since)
        self._seconds = dict(zip(_TOLD, found, strict=True))

    def _since(self, transaction: Transaction) -> list[float | None]:
        order = transaction.value("oldest_waiting_order")
        return [
            transaction.value("webhooks_due_since"),
            transaction.value("callbacks_due_since"),
            None if order is None else ids.made_at(order) / 1_000,
        ]
