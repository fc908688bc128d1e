"""What providers' bills say of some days, put in order beside the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timezone, tzinfo
from itertools import groupby
from typing import Any, NamedTuple

from zhifu.exceptions import PaymentUnknown, ProviderRefused
from zhifu.providers import BillLine, LineKind, Provider, zone_of
from zhifu.providers.balance import BALANCE
from zhifu.spool import Spool

PAYMENT, REFUND, CHARGEBACK = "payment", "refund", "chargeback"

Name = tuple[str, str]
"""A kind and, of its kind, an id: the provider's name of a payment, or our id of a refund."""


class Account(NamedTuple):
    """A provider as it is known here, and whose account it is: None for anybody's."""

    name: str
    provider: Provider
    platforms: Collection[int] | None = None

    @property
    def zone(self) -> tzinfo:
        """Where its days begin; those of balances are the chain's."""
        return timezone.utc if self.name == BALANCE else zone_of(self.provider)

    def day_of(self, at: int) -> int:
        """The day of a time (Unix seconds), as `date.toordinal` counts."""
        return datetime.fromtimestamp(at, self.zone).toordinal()

    def start_of(self, day: int) -> int:
        """When a day begins (Unix seconds)."""
        found = date.fromordinal(day)
        return int(datetime(found.year, found.month, found.day, tzinfo=self.zone).timestamp())

    def is_of(self, platform: int) -> bool:
        """Whether it is a platform's account."""
        return self.platforms is None or platform in self.platforms


class Billed(NamedTuple):
    """What bills have under one name, all lines together; `day` is that of the first.

    `amount` adds to the merchant's balance, so what goes back is negative. `fee` is None where no
    line says it, `at` when the last one happened, `lines` how many brought money.
    """

    kind: str
    id: str
    day: int
    payment: str
    amount: int
    fee: int | None
    currency: str
    lines: int
    at: int


class Bills:
    """The bills of an account from the day `first` to `last`, read at once and then in order.

    Of what banks did to a payment before the day `near` nothing is told if they did something
    later: that is of its own days.

    `missing` are days without a bill yet: those that are not over, or not for long. `costs` and
    `others` are what fees and other moves of no payment come to, by day and currency. Raises
    PaymentUnknown where no answer came about a day whose bill must be there, and ProviderRefused.
    """

    def __init__(self, account: Account, first: int, last: int, today: int, near: int) -> None:
        self.account = account
        self._near = near
        self.missing: set[int] = set()
        self.costs: dict[tuple[int, str], int] = {}
        self.others: dict[tuple[int, str], int] = {}
        self._spool = Spool(3)
        for day in range(first, last + 1):
            self._read(day, must=day < today - 1)

    def __iter__(self) -> Iterator[tuple[Name, Billed]]:
        """Everything by its name, in order."""
        for (kind, name), rows in groupby(self._spool, key=lambda row: (row[0], row[1])):
            lines = list(rows)
            if kind == CHARGEBACK:
                lines = [line for line in lines if line[2] >= self._near] or lines
            yield (kind, name), _together(kind, name, lines)

    def close(self) -> None:
        """Forget them."""
        self._spool.close()

    def _read(self, day: int, *, must: bool) -> None:
        try:
            for line in self.account.provider.transactions(date.fromordinal(day)):
                self._take(line, day)
        except (PaymentUnknown, ProviderRefused):
            # Some call a day that is not over a mistake, others say nothing of it.
            if must:
                raise
            self.missing.add(day)

    def _take(self, line: BillLine, day: int) -> None:
        amount, currency = line.amount.amount, line.amount.currency
        if line.kind in (LineKind.FEE, LineKind.OTHER):
            _add(self.costs, (day, currency), line.fee.amount if line.fee else 0)
            into = self.costs if line.kind is LineKind.FEE else self.others
            sign = -1 if line.kind is LineKind.FEE else 1
            _add(into, (day, currency), sign * amount)
            return
        payment, fee = line.provider_payment_id, line.fee
        kind, name = _named(line)
        cost = None
        if fee is not None:
            same = fee.currency == currency
            cost = fee.amount if same else None
            if not same:
                _add(self.costs, (day, fee.currency), fee.amount)
        self._spool.put((kind, name, day, payment, amount, cost, currency, line.at))


def _named(line: BillLine) -> Name:
    if line.kind is LineKind.REFUND:
        return REFUND, line.reference
    if line.kind is LineKind.CHARGEBACK:
        return CHARGEBACK, line.provider_payment_id
    return PAYMENT, line.provider_payment_id or line.reference


def _together(kind: str, name: str, lines: list[list[Any]]) -> Billed:
    _, _, day, payment, _, _, currency, _ = lines[0]
    fees = [line[5] for line in lines if line[5] is not None]
    amount = sum(line[4] for line in lines)
    count = sum(line[4] > 0 for line in lines)
    fee, at = sum(fees) if fees else None, max(line[7] for line in lines)
    return Billed(kind, name, day, payment, amount, fee, currency, count, at)


def _add(sums: dict[tuple[int, str], int], key: tuple[int, str], amount: int) -> None:
    sums[key] = sums.get(key, 0) + amount
