"""A statement as data, on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from zhifu.currencies import decimals_of
from zhifu.languages import Language
from zhifu.money import Money
from zhifu.printing.page import moment, number, printable, render
from zhifu.printing.phrases import PHRASES, phrases
from zhifu.statement import Movement, PartyKind, ProviderFees, Statement

Facts = list[tuple[str, str]]


class Row(NamedTuple):
    """A line of the movements: texts in one language; one of `into` and `out` is empty."""

    at: str
    kind: str
    what: str
    detail: str
    into: str
    out: str
    balance: str


class StatementParts(NamedTuple):
    """What stands on a statement, in its order: texts in one language.

    `sums` are opening balance, in, out and closing balance; `totals` rows of kind, count, in and
    out; `fees` what was kept by whom, and of what.
    """

    title: str
    party: str
    facts: Facts
    sums: Facts
    words: str
    total_columns: list[str]
    totals: list[tuple[str, ...]]
    fees: list[tuple[str, str, str]]
    columns: list[str]
    opening: str
    rows: list[Row]
    closing: str
    proof: Facts
    how: str
    note: str


def statement_page(statement: Statement, language: Language) -> str:
    """A statement as a page of HTML."""
    return render("statement.html", language, parts=statement_parts(statement, language))


def statement_parts(statement: Statement, language: Language) -> StatementParts:
    """What stands on a statement, in one language."""
    told = _Told(statement, language)
    say, shown = told.say, told.shown
    sums = ("opening", "into", "out", "closing")
    return StatementParts(
        say(f"statement.{statement.party.kind.value}"),
        told.party(),
        told.facts(),
        [(say(each), shown(getattr(statement, each))) for each in sums],
        statement.words(language),
        [say(each) for each in ("kind", "times", "into", "out")],
        told.totals(),
        told.fees(),
        [say(each) for each in ("when", "kind", "what", "into", "out", "balance")],
        shown(statement.opening),
        [told.row(each) for each in statement.movements],
        shown(statement.closing),
        told.proof(),
        told.how(),
        say("statement.note", currency=statement.currency),
    )


class _Told:
    """A statement in the words of one language."""

    def __init__(self, statement: Statement, language: Language) -> None:
        self._of = statement
        self._language = language
        self.say: Callable[..., str] = phrases(language)
        self._places = _places(statement)

    def shown(self, units: int) -> str:
        """Ledger units as a number with all its decimals."""
        return number(units, self._of.decimals, self._places)

    def party(self) -> str:
        """Whose statement it is."""
        party = self._of.party
        return self.say("network") if party.kind is PartyKind.NETWORK else printable(party.name)

    def facts(self) -> Facts:
        """What is said once."""
        say, of = self.say, self._of
        as_of = say("as_of.block", block=of.block_number, moment=moment(of.made_at))
        contract = say("licence.contract_on", license=of.settlement, chain=of.chain_id)
        return [
            (say("account"), of.party.account.partition(":")[2]),
            (say("period"), say("period.days", first=of.first, last=of.last)),
            (say("currency"), of.currency),
            (say("as_of"), as_of),
            (say("settlement"), contract),
        ]

    def totals(self) -> list[tuple[str, ...]]:
        """What moved, by kind."""
        shown, of = self.shown, self._of
        return [
            (
                self.kind(each.kind),
                f"{each.times:,}",
                _some(each.into, shown),
                _some(each.out, shown),
            )
            for each in of.totals()
        ]

    def fees(self) -> list[tuple[str, str, str]]:
        """Who kept how much, apart from what moved."""
        of, say, found = self._of, self.say, []
        shares = of.shares._asdict()
        if shares["gross"]:
            found += [(say(f"fees.{each}"), "", self.shown(shares[each])) for each in shares]
        if of.commission:
            found.append((say("fees.commission"), "", self.shown(of.commission)))
        return [*found, *(self._provider(each) for each in of.provider_fees)]

    def _provider(self, each: ProviderFees) -> tuple[str, str, str]:
        received = Money(each.received, each.currency).format(self._language.locale)
        fees = Money(each.fees, each.currency).format(self._language.locale)
        name = self.say("fees.provider", provider=printable(each.provider))
        payments = f"{each.payments:,}"
        return name, self.say("fees.provider_of", payments=payments, received=received), fees

    def kind(self, kind: str) -> str:
        """What a movement is."""
        word = f"kind.{kind}"
        return self.say(word) if word in PHRASES else printable(kind)

    def row(self, each: Movement) -> Row:
        """A movement as a line."""
        amount, shown = each.amount, self.shown
        into, out = (shown(amount), "") if amount >= 0 else ("", shown(-amount))
        what, detail = self._what(each), self.say("comma").join(self._details(each))
        at, balance = moment(each.at).removesuffix(" UTC"), shown(each.balance)
        return Row(at, self.kind(each.kind), what, detail, into, out, balance)

    def _what(self, each: Movement) -> str:
        if each.content:
            return printable(self._of.contents.get(each.content, f"#{each.content}"))
        if each.learner:
            return self.say("learner.number", number=each.learner)
        return ""

    def _details(self, each: Movement) -> list[str]:
        found, say, of = [], self.say, self._of
        if each.order:
            found.append(each.order)
        if each.seller and each.content:
            name = printable(of.platforms.get(each.seller, str(each.seller)))
            found.append(say("seller.name", name=name))
        if each.shares:
            shares = {name: self.shown(units) for name, units in each.shares._asdict().items()}
            found.append(say("shares", **shares))
        if each.commission:
            found.append(say("with_commission", commission=self.shown(each.commission)))
        return found

    def proof(self) -> Facts:
        """What ties the closing balance to its day's root."""
        proof, say = self._of.proof, self.say
        if proof is None:
            return []
        leaf = say("proof.leaf_of", leaf=proof.leaf + 1, leaves=proof.leaves)
        return [(say("proof.root"), "0x" + proof.root.hex()), (say("proof.leaf"), leaf)]

    def how(self) -> str:
        """How to check it."""
        proof = self._of.proof
        if proof is None:
            return self.say("proof.none")
        return self.say("proof.how", day=proof.place.day, root="0x" + proof.root.hex())


def statement_data(statement: Statement) -> dict[str, Any]:
    """A statement as a JSON object: amounts in ledger units and as text, times in Unix seconds."""

    def both(name: str, units: int) -> dict[str, Any]:
        plain = number(units, statement.decimals, least, grouped=False)
        return {f"{name}_units": units, name: plain}

    party, shares, least = statement.party, statement.shares, decimals_of(statement.currency)
    return {
        "party": {**party._asdict(), "kind": party.kind.value},
        "from": statement.first.isoformat(),
        "to": statement.last.isoformat(),
        "currency": statement.currency,
        "ledger_decimals": statement.decimals,
        "chain_id": statement.chain_id,
        "settlement": statement.settlement,
        "block_number": statement.block_number,
        "made_at": statement.made_at,
        **both("opening", statement.opening),
        **both("in", statement.into),
        **both("out", statement.out),
        **both("closing", statement.closing),
        "in_words": {each.value: statement.words(each) for each in Language},
        "totals": [
            {
                "kind": each.kind,
                "count": each.times,
                **both("in", each.into),
                **both("out", each.out),
            }
            for each in statement.totals()
        ],
        "fees": {
            **{f"{name}_units": units for name, units in shares._asdict().items()},
            "commission_units": statement.commission,
            "providers": [each._asdict() for each in statement.provider_fees],
        },
        "movements": [
            {
                "at": each.at,
                "kind": each.kind,
                **both("amount", each.amount),
                **both("balance", each.balance),
                "block_number": each.height,
                "log_index": each.place,
                "order": each.order,
                "content": each.content,
                "content_name": statement.contents.get(each.content or 0),
                "learner": each.learner,
                "seller": each.seller,
                "commission_units": each.commission,
                "shares_units": each.shares._asdict() if each.shares else None,
            }
            for each in statement.movements
        ],
        "proof": None if statement.proof is None else statement.proof.to_dict(),
    }


def _places(statement: Statement) -> int:
    """As many decimals as all that is shown needs, so that points stand below each other."""
    shown = {statement.opening, *statement.shares}
    for each in statement.movements:
        shown |= {each.amount, each.commission, *(each.shares or ())}
    least, places = decimals_of(statement.currency), statement.decimals
    while places > least and all(
        units % 10 ** (statement.decimals - places + 1) == 0 for units in shown
    ):
        places -= 1
    return places


def _some(units: int, shown: Callable[[int], str]) -> str:
    return shown(units) if units else ""
