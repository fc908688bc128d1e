"""Drawing statements from the ledger, with the names that the index knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby

from zhifu import chart
from zhifu.accounts import NETWORK, of_address
from zhifu.blocks import checksum_address
from zhifu.dayroot import DayProof
from zhifu.deployment import DAY_SECONDS, Deployment
from zhifu.exceptions import InvalidInput, UnbalancedStatement, UnknownPlatform
from zhifu.index import Index
from zhifu.ledger import Ledger, Of
from zhifu.ledger_days import LedgerDays
from zhifu.statement import Movement, Party, PartyKind, ProviderFees, Shares, Statement
from zhifu.store import Store
from zhifu.transfers import Transfer

_EPOCH = date(1970, 1, 1)
_COMMISSIONS = ("commission", "referral")
_DIVIDED = ("release", "dispute_payment")


class Statements:
    """The statements of all parties, out of the ledger in `store`."""

    def __init__(
        self,
        store: Store,
        index: Index,
        deployment: Deployment,
        days: LedgerDays,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._ledger = Ledger(store)
        self._index = index
        self._deployment = deployment
        self._days = days
        self._clock = clock

    def of(self, party: int | str, first: date, last: date) -> Statement:
        """A platform's by number, the network's for 0, or a creator's by address.

        From the beginning of the day `first` to the end of `last`, in UTC. Raises UnknownPlatform,
        InvalidInput for no address and for a period that ends before it begins or begins after
        today, and UnbalancedStatement.
        """
        now = self._clock()
        if last < first:
            raise InvalidInput("to", f"must not be before {first}", last.isoformat())
        if _seconds(first) > now:
            raise InvalidInput("from", "must not be a day to come", first.isoformat())
        found = self._party(party)
        try:
            return self._drawn(found, first, last, now)
        except UnbalancedStatement:
            # The chain may go on between the readings of a period that has not ended: once more.
            return self._drawn(found, first, last, now)

    def _party(self, party: int | str) -> Party:
        if isinstance(party, str):
            address = checksum_address(party)
            return Party(PartyKind.CREATOR, address, chart.available(of_address(address)))
        account = chart.available_of_platform(party)
        if party == NETWORK:
            return Party(PartyKind.NETWORK, chart.NETWORK, account)
        known = self._index.platform(party)
        if known is None:
            raise UnknownPlatform(party)
        return Party(PartyKind.PLATFORM, known.name, account)

    def _drawn(self, party: Party, first: date, last: date, now: int) -> Statement:
        since, until = _seconds(first), _seconds(last) + DAY_SECONDS
        cursor, account = self._index.cursor, Of(account=party.account)
        opening = sum(line.closing for line in self._ledger.lines(account, until=since))
        moved = self._ledger.movements(account, since, until)
        movements = list(self._movements(party.account, opening, moved))
        closing = sum(line.closing for line in self._ledger.lines(account, until=until))
        deployment = self._deployment
        return Statement(
            party,
            first,
            last,
            deployment.currency,
            deployment.ledger_decimals,
            deployment.chain_id,
            deployment.settlement,
            cursor.block_number if cursor else 0,
            now,
            opening,
            closing,
            movements,
            self._provider_fees(party, since, until),
            self._contents(movements),
            self._platforms(movements),
            self._proof(last, party.account),
        )

    def _proof(self, day: date, account: str) -> DayProof | None:
        if self._days.closed(day) is None:
            return None
        try:
            return self._days.prove(day, account)
        except InvalidInput:
            # An account that had and moved nothing on the day is not among its lines.
            return None

    def _movements(
        self, account: str, opening: int, moved: Iterable[Transfer]
    ) -> Iterator[Movement]:
        balance = opening
        for _, group in groupby(moved, key=_line):
            legs = list(group)
            first = legs[0]
            amount = sum(-leg.amount if leg.debit == account else leg.amount for leg in legs)
            balance += amount
            kind = "sale" if first.kind in _COMMISSIONS else first.kind
            commission = sum(leg.amount for leg in legs if leg.kind in _COMMISSIONS)
            yield Movement(
                first.at,
                kind,
                amount,
                balance,
                first.height,
                first.place,
                first.order,
                first.content,
                first.learner,
                first.seller,
                commission,
                self._shares(first) if kind in _DIVIDED else None,
            )

    def _shares(self, of: Transfer) -> Shares | None:
        """How the event divided what a content had on hold or in dispute."""
        content = self._index.content(of.content or 0)
        if content is None:
            return None
        event = (of.source, of.height, of.place, of.kind)
        legs = [
            leg
            for leg in self._ledger.movements(Of(content=of.content), of.at, of.at + 1)
            if (leg.source, leg.height, leg.place, leg.kind) == event
        ]
        host = _credited(legs, chart.available_of_platform(content.host))
        network = _credited(legs, chart.available_of_platform(NETWORK))
        gross = sum(leg.amount for leg in legs)
        return Shares(gross, host, network, gross - host - network)

    def _provider_fees(self, party: Party, since: int, until: int) -> list[ProviderFees]:
        if party.kind is not PartyKind.PLATFORM:
            return []
        platform = int(party.account.rpartition("/")[2])
        asked = {"platform": platform, "since": since, "until": until}
        with self._store.reading() as transaction:
            return [ProviderFees(*row) for row in transaction.rows("provider_fees", **asked)]

    def _contents(self, movements: Iterable[Movement]) -> dict[int, str]:
        names = {}
        for number in {each.content for each in movements if each.content}:
            content = self._index.content(number)
            if content is not None:
                names[number] = f"{self._platform_name(content.host)}/{content.ref}"
        return names

    def _platforms(self, movements: Iterable[Movement]) -> dict[int, str]:
        numbers = {each.seller for each in movements if each.seller}
        return {number: self._platform_name(number) for number in numbers}

    def _platform_name(self, number: int) -> str:
        found = self._index.platform(number)
        return found.name if found else str(number)


def _line(leg: Transfer) -> tuple[object, ...]:
    """What the legs of one line of a statement have in common."""
    kind = "sale" if leg.kind in _COMMISSIONS else leg.kind
    return (leg.source, leg.height, leg.place, leg.order, kind)


def _credited(legs: Iterable[Transfer], account: str) -> int:
    return sum(leg.amount for leg in legs if leg.credit == account)


def _seconds(day: date) -> int:
    return (day - _EPOCH).days * DAY_SECONDS
