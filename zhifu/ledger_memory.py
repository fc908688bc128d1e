"""What the ledger knows of earlier stretches of the chain that the next one builds on.

Asked for at once, then kept up to date while the stretch is read: what holds have, what is left of
orders, which learners' accounts obey keys, and how contents divide their revenue.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from zhifu import accounts, chart
from zhifu.store import Transaction
from zhifu.transfers import Transfer

_BOND = "bond"

Held = dict[int, int]
"""Money by the epoch it was captured in."""


@dataclass
class Remains:
    """What is left of an order: how much in which hold, and the bond of its dispute.

    `payer` is the account that paid, a learner's also if a key had taken it over; `at` is when
    (Unix seconds).
    """

    at: int
    payer: str
    content: int
    learner: int | None
    seller: int | None
    holds: dict[str, int] = field(default_factory=dict)
    bond: int = 0

    @property
    def left(self) -> int:
        """What is left of the price."""
        return sum(self.holds.values()) - self.bond

    def moved(self, transfer: Transfer) -> None:
        """Take one of its transfers into account."""
        if chart.is_hold(transfer.debit):
            self.holds[transfer.debit] = self.holds.get(transfer.debit, 0) - transfer.amount
        if chart.is_hold(transfer.credit):
            self.holds[transfer.credit] = self.holds.get(transfer.credit, 0) + transfer.amount
        if transfer.kind == _BOND:
            self.bond = transfer.amount


class Share(NamedTuple):
    """A payee's part of revenue, in basis points."""

    account: str
    bps: int


class Split(NamedTuple):
    """How one version of a plan divides revenue; the first creator has what rounding leaves."""

    from_epoch: int
    version: int
    shares: tuple[Share, ...]

    def of(self, amount: int) -> Iterator[tuple[str, int]]:
        """Each payee's part of an amount (ledger units); together the amount."""
        total = sum(share.bps for share in self.shares)
        first, *others = self.shares
        parts = [(share.account, amount * share.bps // total) for share in others]
        yield first.account, amount - sum(part for _, part in parts)
        yield from parts


class Memory:
    """What one stretch needs to know. `load` asks for it; the events then change it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.orders: dict[str, Remains] = {}
        self.wanted: set[str] = set()
        self.keys: dict[tuple[int, int], str] = {}
        self.revenue: dict[int, Held] = defaultdict(lambda: defaultdict(int))
        self.commissions: dict[tuple[str, int], Held] = defaultdict(lambda: defaultdict(int))
        self._splits: dict[int, list[Split]] = defaultdict(list)

    def load_orders(self, names: Iterable[str]) -> None:
        """Look up what is left of orders, of those that are known already."""
        self.wanted = set(names)
        for row in self._transaction.rows_for("ledger_orders", [[name] for name in self.wanted]):
            self.note(Transfer(*row))

    def note(self, transfer: Transfer) -> None:
        """Take a transfer of one of the wanted orders into account."""
        name, content = transfer.order, transfer.content
        if name is None or content is None or name not in self.wanted:
            return
        remains = self.orders.get(name)
        if remains is None:
            if not chart.is_hold(transfer.credit):
                return
            said = (transfer.at, _payer(transfer), content, transfer.learner, transfer.seller)
            remains = self.orders[name] = Remains(*said)
        remains.moved(transfer)

    def load_keys(self, learners: Iterable[tuple[int, int]]) -> None:
        """Look up which keys have accounts of learners now, each with its platform."""
        for platform, learner, address in self._transaction.rows_for(
            "ledger_keys_of", [list(each) for each in set(learners)]
        ):
            self.keys[platform, learner] = address

    def load_revenue(self, contents: Iterable[int]) -> None:
        """Look up what contents have in their holds, and how they divide it."""
        asked = [[content] for content in set(contents)]
        for name, amount in self._transaction.rows_for("held_revenue", asked):
            content, epoch = map(int, name.partition(":")[2].split("/"))
            self.revenue[content][epoch] += amount

    def load_splits(self, contents: Mapping[int, int]) -> None:
        """Look up how contents divide revenue; given with their hosts."""
        asked = [[content] for content in contents]
        for content, from_epoch, version, told in self._transaction.rows_for("plan_splits", asked):
            shares = tuple(_shares(contents[content], orjson.loads(told)))
            self._splits[content].append(Split(from_epoch, version, shares))

    def load_commissions(self, holders: Iterable[int]) -> None:
        """Look up what accounts have in their commission holds."""
        wanted = set(holders)
        platforms = [[each] for each in map(accounts.platform_of, wanted) if each is not None]
        addresses = [[chart.holder(each)] for each in wanted if accounts.platform_of(each) is None]
        for query, asked in (
            ("held_commissions_of_platforms", platforms),
            ("held_commissions_of_addresses", addresses),
        ):
            for name, amount in self._transaction.rows_for(query, asked):
                holder, window_class, epoch = name.partition(":")[2].rsplit("/", 2)
                self.commissions[holder, int(window_class)][int(epoch)] += amount

    def split(self, content: int, epoch: int) -> Split:
        """How a content divides what was captured in an epoch."""
        splits = self._splits[content]
        return splits[bisect_right([each.from_epoch for each in splits], epoch) - 1]


def _payer(sale: Transfer) -> str:
    """The account that paid for an order, whichever key it obeyed then."""
    if sale.learner is None or sale.seller is None:
        return sale.debit
    if sale.debit == chart.available_of_platform(sale.seller):
        return sale.debit
    return chart.available_of_learner(sale.seller, sale.learner)


def _shares(host: int, told: Any) -> Iterator[Share]:
    """The creators first, as contracts have them."""
    host_bps, network_bps, creators = told
    for address, bps in creators:
        yield Share(chart.available(accounts.of_address(address)), bps)
    yield Share(chart.available_of_platform(host), host_bps)
    yield Share(chart.available_of_platform(accounts.NETWORK), network_bps)
