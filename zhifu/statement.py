"""Statements: what an account had, every movement in a period, and what it has.

Amounts are ledger units, times Unix seconds, days are days in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple

from zhifu.dayroot import DayProof
from zhifu.exceptions import UnbalancedStatement
from zhifu.languages import Language
from zhifu.words import in_words


class PartyKind(str, Enum):
    """Whose statement it is."""

    CREATOR = "creator"
    PLATFORM = "platform"
    NETWORK = "network"


class Party(NamedTuple):
    """Whose account it is: by name, which is an address for a creator, and as the ledger says."""

    kind: PartyKind
    name: str
    account: str


class Shares(NamedTuple):
    """How released revenue was divided: all of it, and what of it host, network and payees got."""

    gross: int
    host: int
    network: int
    creators: int


class Movement(NamedTuple):
    """What one event moved: `amount` is below zero for what went out, `balance` what was left.

    `height` and `place` are the event's block and the number of its log. `commission` is what of a
    sale's price was held for seller and referrer. `shares` is how released revenue was divided.
    """

    at: int
    kind: str
    amount: int
    balance: int
    height: int
    place: int
    order: str | None = None
    content: int | None = None
    learner: int | None = None
    seller: int | None = None
    commission: int = 0
    shares: Shares | None = None


class Total(NamedTuple):
    """How often something moved money, and how much of it came in and went out."""

    kind: str
    times: int
    into: int
    out: int


class ProviderFees(NamedTuple):
    """What a payment provider took in and kept of a platform's payments; minor units."""

    provider: str
    currency: str
    payments: int
    received: int
    fees: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One account from the beginning of a day to the end of another.

    `currency` and `decimals` are the ledger's. It is as of the block `block_number`, and `made_at`.
    `proof` ties its closing line to the last day's root; None while that day is not closed, and for
    an account that had and moved nothing on it. `contents` and `platforms` are names by number.
    """

    party: Party
    first: date
    last: date
    currency: str
    decimals: int
    chain_id: int
    settlement: str
    block_number: int
    made_at: int
    opening: int
    closing: int
    movements: Sequence[Movement]
    provider_fees: Sequence[ProviderFees]
    contents: Mapping[int, str]
    platforms: Mapping[int, str]
    proof: DayProof | None

    def __post_init__(self) -> None:
        """Refuse what does not add up; raises UnbalancedStatement."""
        account, moved = self.party.account, sum(each.amount for each in self.movements)
        if self.opening + moved != self.closing:
            raise UnbalancedStatement(account, self.opening, moved, self.closing)
        if self.proof is not None and self.proof.line.closing != self.closing:
            proven = self.proof.line.closing
            raise UnbalancedStatement(account, self.opening, moved, proven)

    @property
    def into(self) -> int:
        """All that came in."""
        return sum(each.amount for each in self.movements if each.amount > 0)

    @property
    def out(self) -> int:
        """All that went out."""
        return -sum(each.amount for each in self.movements if each.amount < 0)

    @property
    def shares(self) -> Shares:
        """How all revenue was divided of which something came in."""
        found = [each.shares for each in self.movements if each.shares]
        return Shares(*(map(sum, zip(*found, strict=True)) if found else (0, 0, 0, 0)))

    @property
    def commission(self) -> int:
        """What was held for seller and referrer of all that was sold from this account."""
        return sum(each.commission for each in self.movements)

    def totals(self) -> list[Total]:
        """The movements by what they are, in the order they first came."""
        found: dict[str, Total] = {}
        for each in self.movements:
            _, times, into, out = found.get(each.kind, Total(each.kind, 0, 0, 0))
            more, less = max(each.amount, 0), max(-each.amount, 0)
            found[each.kind] = Total(each.kind, times + 1, into + more, out + less)
        return list(found.values())

    def words(self, language: Language) -> str:
        """The closing balance in words."""
        return in_words(self.closing, self.decimals, self.currency, language)
