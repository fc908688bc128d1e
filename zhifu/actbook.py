"""The books of acts: what platforms asked their operator keys to do on chain, and where it stands.

A request is told from another by its key, which is the platform's own. What became of an act, the
operation that does it tells.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from zhifu import ids
from zhifu.exceptions import IdempotencyConflict
from zhifu.operations import Kind, OperationState
from zhifu.store import Row, Store, Transaction

Values = Mapping[str, Any]


class Wanted(NamedTuple):
    """What a platform asks for under a key of its own; `arguments` are strings and integers."""

    platform: int
    kind: Kind
    idempotency_key: str
    arguments: Values


class Act(NamedTuple):
    """An act in the books.

    `result` is what the chain says of it, known while it is included in `block_number`; `detail`
    says why it is as it is, where that is known. Times are Unix seconds.
    """

    number: int
    platform: int
    kind: Kind
    arguments: Values
    state: OperationState
    transaction_hash: str | None
    block_number: int | None
    result: Values | None
    created_at: int
    detail: str | None

    @property
    def is_included(self) -> bool:
        """Whether it is on chain, deeply enough or not."""
        return self.state in (OperationState.SETTLED, OperationState.CONFIRMED)


class KeyTaken(Exception):
    """Another request has come first under the key, and nothing was added."""


class ActBook:
    """The acts in `store`; all but `put` are transactions of their own."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids.Ids()

    def number(self) -> int:
        """The number of a new act."""
        (number,) = self._ids.take()
        return number

    def put(self, transaction: Transaction, number: int, wanted: Wanted) -> None:
        """Add an act; raises KeyTaken."""
        added = transaction.run(
            "put_act",
            id=number,
            platform=wanted.platform,
            kind=wanted.kind.value,
            idempotency_key=wanted.idempotency_key,
            arguments=_text(wanted.arguments),
            now=self._clock(),
        )
        if not added:
            raise KeyTaken

    def known(self, wanted: Wanted) -> Act | None:
        """What was asked for before under the key, or None.

        Raises IdempotencyConflict if that was something else.
        """
        with self._store.reading() as transaction:
            row = transaction.row(
                "act_under",
                platform=wanted.platform,
                idempotency_key=wanted.idempotency_key,
            )
        if row is None:
            return None
        act = _act(row)
        if (act.kind, act.arguments) != (wanted.kind, wanted.arguments):
            raise IdempotencyConflict(wanted.idempotency_key)
        return act

    def of(self, platform: int, kind: Kind, number: int) -> Act | None:
        """One act of a platform, or None."""
        with self._store.reading() as transaction:
            row = transaction.row("act", id=number, platform=platform, kind=kind.value)
        return _act(row) if row else None

    def page(self, platform: int, kind: Kind, before: int, limit: int) -> Sequence[Act]:
        """A platform's acts of a kind whose numbers are below `before`, the newest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows(
                "acts_page", platform=platform, kind=kind.value, before=before, limit=limit
            )
        return [_act(row) for row in rows]


def _text(values: Values) -> str:
    return json.dumps(values, sort_keys=True)


def _act(row: Row) -> Act:
    number, platform, kind, arguments, state, name, block_number, result, created_at, detail = row
    return Act(
        number,
        platform,
        Kind(kind),
        json.loads(arguments),
        OperationState(state),
        name,
        block_number,
        json.loads(result) if result else None,
        created_at,
        detail,
    )
