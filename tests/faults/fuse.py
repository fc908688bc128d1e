"""Where a process dies: at a place on its way to the database, to a provider, or to the node.

The places are those at which something outside of the process changes. A process that died does
nothing any more, so a blown fuse lets nobody through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from zhifu.chain import Chain
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
    RefundStatus,
)
from zhifu.rpc import Call, JsonRpc
from zhifu.store import Store, Transaction

#: What changes something at a node, or tells of such a change.
_TOLD_METHODS = ("eth_sendRawTransaction", "eth_getTransactionReceipt")


class Killed(SystemExit):
    """The process is dead; nothing of it may catch this, and its threads end without a word."""


ANYWHERE = "anywhere"


class Fuse:
    """Blows the `countdown`-th time that `place` is reached; never, where none is named.

    `trail` has every place that was reached. ANYWHERE is every place.
    """

    def __init__(self, place: str | None = None, countdown: int = 1) -> None:
        self.is_blown = False
        self.trail: list[str] = []
        self._place = place
        self._left = countdown

    def reach(self, place: str) -> None:
        """Come to a place, and die there or go on."""
        self.require()
        self.trail.append(place)
        if self._place in (place, ANYWHERE):
            self._left -= 1
            self.is_blown = self._left == 0
        self.require()

    def require(self) -> None:
        """Raise Killed for whoever is dead."""
        if self.is_blown:
            raise Killed

    @contextmanager
    def around(self, place: str) -> Iterator[None]:
        """Two places: before something is done, and after it was."""
        self.reach(f"before {place}")
        yield
        self.reach(f"after {place}")


class FusedStore(Store):
    """A database behind a fuse: places are named after a transaction's first statement.

    Its connections are those of `store`, which outlives it.
    """

    def __init__(self, store: Store, fuse: Fuse) -> None:
        vars(self).update(vars(store))
        self.fuse = fuse

    def close(self) -> None:
        self._closed = True

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.fuse.require()
        with super().writing() as transaction:
            written = _Written(transaction)
            yield written
            place = written.first
            self.fuse.reach(f"before {place}")
        self.fuse.reach(f"after {place}")

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        self.fuse.require()
        with super().reading() as transaction:
            yield transaction


class _Written(Transaction):
    """A transaction that remembers the statement it began with."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.first = "nothing"

    @property
    def spoiled(self) -> bool:  # type: ignore[override]
        return self._transaction.spoiled

    def run(self, query: str, **parameters: Any) -> int:
        self._begin(query)
        return self._transaction.run(query, **parameters)

    def run_many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        self._begin(query)
        return self._transaction.run_many(query, rows)

    def _execute(self, query: str, parameters: Mapping[str, Any]) -> Any:
        return self._transaction._execute(query, parameters)

    def _begin(self, query: str) -> None:
        if self.first == "nothing":
            self.first = query


class FusedProvider:
    """A provider behind a fuse; every call that changes something there is two places."""

    def __init__(self, provider: Provider, fuse: Fuse) -> None:
        self.name = provider.name
        self._provider = provider
        self._fuse = fuse

    def create(self, intent: Intent) -> Checkout:
        with self._fuse.around("create"):
            return self._provider.create(intent)

    def query(self, provider_payment_id: str) -> ProviderPayment:
        with self._fuse.around("query"):
            return self._provider.query(provider_payment_id)

    def cancel(self, provider_payment_id: str) -> None:
        with self._fuse.around("cancel"):
            self._provider.cancel(provider_payment_id)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        with self._fuse.around("refund"):
            return self._provider.refund(provider_payment_id, amount, refund_id)

    def verify(self, callback: Callback) -> Hint:
        with self._fuse.around("verify"):
            return self._provider.verify(callback)

    def answer(self, accepted: bool) -> Answer:
        return self._provider.answer(accepted)

    def transactions(self, day: date) -> Iterator[BillLine]:
        return self._provider.transactions(day)


class FusedChain(Chain):
    """A client of a node behind a fuse: sending and asking for receipts are two places each."""

    def __init__(self, rpc_url: str, fuse: Fuse) -> None:
        super().__init__(rpc_url)
        self.rpc = _FusedRpc(rpc_url, self.rpc, fuse)


class _FusedRpc(JsonRpc):
    def __init__(self, url: str, rpc: JsonRpc, fuse: Fuse) -> None:
        self.url = url
        self._rpc = rpc
        self._fuse = fuse

    def call(self, method: str, *params: Any) -> Any:
        self._fuse.require()
        if method not in _TOLD_METHODS:
            return self._rpc.call(method, *params)
        with self._fuse.around(method):
            return self._rpc.call(method, *params)

    def batch(self, calls: Iterable[Call]) -> list[Any]:
        self._fuse.require()
        pending = list(calls)
        told = next((method for method, _ in pending if method in _TOLD_METHODS), None)
        if told is None:
            return self._rpc.batch(pending)
        with self._fuse.around(told):
            return self._rpc.batch(pending)

    def close(self) -> None:
        self._rpc.close()
