"""Forgetting what nobody needs any more: the outside of things, never the books.

Payments, orders, batches, refunds, their histories and their events stay for ever, and so does that
a provider's callback came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhifu.store import Store, Transaction

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days is kept, after it is over: a callback's body, a delivery, a notice."""

    callbacks_days: int = 30
    deliveries_days: int = 30
    notices_days: int = 90


class Pruning:
    """Forgets in `store` what is older than its `retention`; `clock` tells Unix seconds.

    At most `slice_rows` of a kind go in one transaction.
    """

    def __init__(
        self,
        store: Store,
        retention: Retention,
        clock: Callable[[], int],
        *,
        slice_rows: int = 1_000,
    ) -> None:
        self._store = store
        self._retention = retention
        self._clock = clock
        self._slice_rows = slice_rows

    def prune(self) -> int:
        """Forget a slice of each kind, in a transaction each; how many rows that was.

        Zero means that nothing is left to forget now.
        """
        steps = (
            (self._callbacks, self._retention.callbacks_days),
            (self._deliveries, self._retention.deliveries_days),
            (self._notices, self._retention.notices_days),
            (self._secrets, 0),
        )
        return sum(self._pruned(step, days) for step, days in steps)

    def _pruned(self, step: Callable[[Transaction, int], int], days: int) -> int:
        with self._store.writing() as transaction:
            return step(transaction, self._clock() - days * _DAY_SECONDS)

    def _callbacks(self, transaction: Transaction, before: int) -> int:
        return transaction.run("prune_callback_bodies", before=before, limit=self._slice_rows)

    def _deliveries(self, transaction: Transaction, before: int) -> int:
        rows = transaction.rows("settled_deliveries", before=before, limit=self._slice_rows)
        keys = [dict(zip(("endpoint_id", "number", "item"), row, strict=True)) for row in rows]
        if keys:
            transaction.run_many("prune_delivery_attempts", keys)
            transaction.run_many("prune_delivery", keys)
        return len(keys)

    def _notices(self, transaction: Transaction, before: int) -> int:
        return transaction.run("prune_notices", before=before, limit=self._slice_rows)

    def _secrets(self, transaction: Transaction, now: int) -> int:
        return transaction.run("prune_secrets", now=now)
