"""What transactions cost in gas, by what they were for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhifu.chain import Chain

_AT_ONCE = 500

SETTLED, BOUGHT, REFUNDED, DISPUTED, RELEASED, WITHDRAWN, SEVERAL = (
    "settled",
    "bought",
    "refunded",
    "disputed",
    "released",
    "withdrawn",
    "several",
)
KINDS = (SETTLED, BOUGHT, REFUNDED, DISPUTED, RELEASED, WITHDRAWN, SEVERAL)
"""What a transaction is for; `several` if it is for more than one."""

_KIND_OF = {
    "BatchSettled": SETTLED,
    "OrderPlaced": BOUGHT,
    "OrderRefunded": REFUNDED,
    "BatchOrderRefunded": REFUNDED,
    "OrderPartRefunded": REFUNDED,
    "DisputeOpened": DISPUTED,
    "DisputeResolved": DISPUTED,
    "Released": RELEASED,
    "CommissionReleased": RELEASED,
    "Withdrawn": WITHDRAWN,
}


@dataclass(slots=True)
class Spent:
    """Transactions of a kind: how many, how much they did (orders, say), and their gas."""

    transactions: int = 0
    items: int = 0
    gas: int = 0

    @property
    def each(self) -> int:
        """Gas for each thing that was done, rounded down; 0 of nothing."""
        return self.gas // self.items if self.items else 0


@dataclass(slots=True)
class _Noted:
    """A transaction whose gas was not asked for yet."""

    hash: str
    kind: str
    items: int


class Gas:
    """Adds up the gas of transactions, whose events are noted in chain order."""

    def __init__(self, chain: Chain) -> None:
        self.by_kind = {kind: Spent() for kind in KINDS}
        self._chain = chain
        self._noted: list[_Noted] = []

    def note(self, event: str, items: int, transaction_hash: str) -> None:
        """Take note of an event that did so many things; of one that names no kind nothing."""
        kind = _KIND_OF.get(event)
        if kind is None:
            return
        if self._noted and self._noted[-1].hash == transaction_hash:
            same = self._noted[-1]
            same.items += items
            same.kind = kind if kind == same.kind else SEVERAL
            return
        if len(self._noted) >= _AT_ONCE:
            self.conclude()
        self._noted.append(_Noted(transaction_hash, kind, items))

    def conclude(self) -> None:
        """Ask for the gas of what was noted; raises InconsistentNode for what is not there."""
        noted, self._noted = self._noted, []
        for each, gas in zip(noted, self._used(each.hash for each in noted), strict=True):
            spent = self.by_kind[each.kind]
            spent.transactions += 1
            spent.items += each.items
            spent.gas += gas

    def _used(self, hashes: Iterable[str]) -> Iterable[int]:
        for receipt in self._chain.receipts(hashes):
            if receipt is None:
                raise self._chain.inconsistent("a transaction without a receipt")
            yield receipt.gas_used

    @property
    def orders(self) -> Spent:
        """All orders, in batches and alone."""
        sales = (self.by_kind[SETTLED], self.by_kind[BOUGHT])
        return Spent(
            sum(each.transactions for each in sales),
            sum(each.items for each in sales),
            sum(each.gas for each in sales),
        )
