"""Deeds: what operators do on chain that the contract would take twice.

Nothing on chain tells two alike from each other; the books do, by their transactions. So books that
were restored from an older back-up must not do what the chain has, just alike, by a transaction
that they know nothing of: it may be what they are about to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from zhifu.abi import artifact
from zhifu.batch import ORDERS_PER_WORD
from zhifu.chain import Chain
from zhifu.exceptions import TransactionPending, UnrecordedDeed
from zhifu.models import OrderPlace
from zhifu.operations import Kind
from zhifu.signing import SignedTransaction
from zhifu.store import Store

Arguments = Mapping[str, Any]


class Deed(NamedTuple):
    """What was done for a platform: `kind` is top_up, pay_out or refund_part.

    `about` is the learner's number, or the place of the order that a part was given back of, such
    as 1/1/7/0. `amount` is in ledger units.
    """

    platform: int
    kind: str
    about: str
    amount: int


class ChainDeed(NamedTuple):
    """A deed that the chain has, and the transaction it was done by."""

    deed: Deed
    transaction_hash: str


class AdoptedDeed(NamedTuple):
    """A deed that was taken in; `matched` if it is one that the books were about to do."""

    deed: Deed
    transaction_hash: str
    matched: bool


def topped_up(event: Arguments) -> Deed:
    """What the event `ToppedUp` tells."""
    learner = str(event["learner"])
    return Deed(event["platform"], Kind.TOP_UP.value, learner, event["amount"])


def paid_out(event: Arguments) -> Deed:
    """What the event `PaidOut` tells."""
    learner = str(event["learner"])
    return Deed(event["platform"], Kind.PAY_OUT.value, learner, event["amount"])


def part_refunded(event: Arguments) -> Deed | None:
    """What the event `OrderPartRefunded` tells; None of an order that is in no batch."""
    place = OrderPlace.of(event["orderId"])
    return place and _part(place, event["amount"])


def deed_of(platform: int, calldata: bytes) -> Deed | None:
    """What a call of Settlement, sent for a platform, would do; None if that is no deed."""
    for name, read in _READERS.items():
        function = artifact("Settlement").functions[name]
        if calldata[:4] == function.selector:
            return read(platform, *function.arguments(calldata))
    return None


def top_up_of(platform: int, learner: int, units: int) -> Deed:
    """What putting ledger units on a learner's account would be."""
    return Deed(platform, Kind.TOP_UP.value, str(learner), units)


def _top_up(platform: int, learners: list[int], amounts: list[int]) -> Deed:
    return top_up_of(platform, learners[0], amounts[0])


def _pay_out(_: int, platform: int, learners: list[int], amounts: list[int]) -> Deed:
    return Deed(platform, Kind.PAY_OUT.value, str(learners[0]), amounts[0])


def _refund_part(_: int, order: tuple[Any, ...], amount: int) -> Deed:
    platform, lane, number, _leaves, leaf, place, *_rest = order
    return _part(OrderPlace(platform, lane, number, leaf * ORDERS_PER_WORD + place), amount)


def _part(place: OrderPlace, amount: int) -> Deed:
    return Deed(place.platform, Kind.REFUND_PART.value, "/".join(map(str, place)), amount)


_READERS: Mapping[str, Callable[..., Deed]] = {
    "topUp": _top_up,
    "payOut": _pay_out,
    "refundBatchPart": _refund_part,
}

#: Whether what is about to be done is taken from the chain, if that has it.
_ADOPTING: ContextVar[bool] = ContextVar("adopting", default=False)


class Deeds:
    """The deeds that the chain has, beside those that the books in `store` have.

    `sync` brings the index up to the chain's latest block.
    """

    def __init__(self, store: Store, chain: Chain, sync: Callable[[], object]) -> None:
        self._store = store
        self._chain = chain
        self._sync = sync

    @contextmanager
    def adopting(self) -> Iterator[None]:
        """Take from the chain what the block is about to do and the chain has, just alike."""
        token = _ADOPTING.set(True)
        try:
            yield
        finally:
            _ADOPTING.reset(token)

    def find(self, platform: int, calldata: bytes) -> SignedTransaction | None:
        """The transaction by which the chain has what a call would do; None if it has not.

        Raises UnrecordedDeed if it has, and nobody is adopting; raises as `Gateway.sync`.
        """
        deed = deed_of(platform, calldata)
        if deed is None:
            return None
        found = self._alike(deed)
        if found is None:
            return None
        signed = self._chain.signed(found) if _ADOPTING.get() else None
        if signed is None:
            raise UnrecordedDeed(*deed, found)
        return signed

    def require_new(self, deed: Deed) -> None:
        """Raise UnrecordedDeed if the chain has a deed alike that the books know nothing of."""
        found = self._alike(deed)
        if found is not None:
            raise UnrecordedDeed(*deed, found)

    def unrecorded(self, platform: int) -> list[ChainDeed]:
        """What the index has for a platform and the books know nothing of, in the chain's order."""
        with self._store.reading() as transaction:
            rows = transaction.rows("unrecorded_deeds", platform=platform)
        return [ChainDeed(Deed(platform, *told), name) for *told, name in rows]

    def disown(self, platform: int, transaction_hashes: Iterable[str], now: int) -> None:
        """Whatever transactions did is none of these books': they may do the same.

        Raises TransactionPending while the books have anything of the kind under way, which one of
        those may have done.
        """
        with self._store.writing() as transaction:
            pending = transaction.value("deed_under_way")
            if pending is not None:
                raise TransactionPending(str(pending), 0)
            for name in transaction_hashes:
                transaction.run(
                    "put_foreign_deed", transaction_hash=name, platform=platform, now=now
                )

    def _alike(self, deed: Deed) -> str | None:
        self._sync()
        with self._store.reading() as transaction:
            found = transaction.value("unrecorded_deed", **deed._asdict())
        return None if found is None else str(found)
