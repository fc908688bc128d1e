"""Statements over a random history, against what the contracts have and the day's root."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.integration.market_walk import Walk, opened_market
from tests.integration.test_receipts import HOSTILE, assert_alone
from zhifu import accounts, chart
from zhifu.anvil import Anvil, dev_signer
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.exceptions import InvalidInput, UnbalancedStatement, UnknownPlatform
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.languages import Language
from zhifu.ledger import Ledger
from zhifu.ledger_days import LedgerDays
from zhifu.printing import statement_data, statement_page, statement_parts, statement_values
from zhifu.printing.values import COLUMNS
from zhifu.statement import Movement, Statement
from zhifu.statement_check import check
from zhifu.statements import Statements
from zhifu.store import Store

STEPS = 250
_EPOCH = date(1970, 1, 1)


@dataclass
class Past:
    """A history that is over: its first and last day, and who took part."""

    walk: Walk
    ledger: Ledger
    statements: Statements
    days: LedgerDays
    first: date
    last: date

    def whole(self, party: int | str) -> Statement:
        return self.statements.of(party, self.first, self.last)

    def root(self, day: date) -> bytes:
        closed = self.days.closed(day)
        assert closed is not None
        return closed.root

    def parties(self) -> list[int | str]:
        """The network, its platforms, and whoever releases paid."""
        paid = {
            each.credit.partition(":")[2]
            for each in self.ledger.movements()
            if each.kind == "release" and each.credit.startswith("available:0x")
        }
        members = [each.number for each in self.walk.market.members.values()]
        return [0, *members, *sorted(paid)]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    database = tmp_path_factory.mktemp("statements") / "ledger.sqlite3"
    with Anvil(genesis_timestamp=1_800_000_000) as anvil, Chain(anvil.rpc_url) as chain:
        network = Network(chain, deploy(chain, dev_signer(0)))
        walk = Walk(opened_market(network, anvil), anvil, seed=31)
        for _ in range(STEPS):
            walk.step()
        anvil.increase_time(2 * DAY_SECONDS)
        with Store.open(f"sqlite:///{database}") as store:
            index, ledger = Index(), Ledger(store)
            Indexer(store, network, index, lambda: 0).sync()
            times = [each.at for each in ledger.movements()]
            first, last = (
                datetime.fromtimestamp(at, timezone.utc).date() for at in times[:: len(times) - 1]
            )
            days = LedgerDays(store, network, chain.block_number)
            days.close(first)
            days.close(last)
            statements = Statements(store, index, network.deployment, days, lambda: times[-1])
            yield Past(walk, ledger, statements, days, first, last)


def test_a_statement_ends_with_what_the_contracts_have(past: Past) -> None:
    """STATEMENT-1"""
    settlement = past.walk.settlement
    for party in past.parties():
        account = (
            accounts.of_address(party) if isinstance(party, str) else accounts.of_platform(party)
        )
        statement = past.whole(party)
        assert statement.closing == settlement.available_of(account), party
        assert statement.opening + statement.into - statement.out == statement.closing
        assert statement.movements
        balances = [each.balance for each in statement.movements]
        assert balances[-1] == statement.closing


def test_days_follow_each_other_and_make_the_whole(past: Past) -> None:
    """STATEMENT-2"""
    for party in past.parties()[:4]:
        whole, before = past.whole(party), 0
        parts: list[Movement] = []
        for at in range((past.last - past.first).days + 1):
            day = past.first + timedelta(at)
            one = past.statements.of(party, day, day)
            assert one.opening == before
            since = (day - _EPOCH).days * DAY_SECONDS
            assert all(since <= each.at < since + DAY_SECONDS for each in one.movements)
            parts += one.movements
            before = one.closing
        assert parts == list(whole.movements)
        assert before == whole.closing


def test_a_day_ends_with_its_last_second(past: Past) -> None:
    """STATEMENT-2"""
    moved = past.whole(1).movements
    day = datetime.fromtimestamp(moved[len(moved) // 2].at, timezone.utc).date()
    end = (day - _EPOCH).days * DAY_SECONDS + DAY_SECONDS
    found = past.statements.of(1, past.first, day)
    assert found.closing == past.ledger.balance("available:platform/1", end - 1)
    assert len(found.movements) == sum(each.at < end for each in moved)


def test_fees_are_told_apart_and_are_what_the_chain_divided(past: Past) -> None:
    """STATEMENT-3"""
    settlement = past.walk.settlement
    amounts = {
        (event.log.block_number, event.log.log_index): event.arguments["amount"]
        for event in settlement.events("Released")
    }
    seen = 0
    for party in past.parties():
        statement = past.whole(party)
        for each in statement.movements:
            if each.kind != "release":
                continue
            assert each.shares is not None
            gross, host, network, creators = each.shares
            assert gross == host + network + creators == amounts[each.height, each.place]
            assert each.amount <= gross
            if party == 0:
                assert each.amount == network
            seen += 1
    assert seen > 5
    sales = [each for each in past.whole(1).movements if each.kind == "sale"]
    assert sales
    assert all(0 <= each.commission < -each.amount for each in sales)


def test_a_commission_that_a_dispute_pays_is_no_share_of_the_revenue(past: Past) -> None:
    """STATEMENT-3"""
    disputed: Counter[str | None] = Counter()
    for each in past.ledger.movements():
        if each.kind == "dispute" and each.debit.startswith("revenue:"):
            disputed[each.order] += each.amount
    seen = 0
    for party in past.parties():
        for moved in past.whole(party).movements:
            if moved.kind == "dispute_payment":
                assert moved.shares is not None
                assert moved.shares.gross == disputed[moved.order]
                seen += 1
            if moved.kind == "dispute_commission":
                assert moved.shares is None
    assert seen


def test_nothing_moved_in_an_empty_period(past: Past) -> None:
    """STATEMENT-2"""
    long_ago = past.first - timedelta(400)
    found = past.statements.of(1, long_ago, long_ago + timedelta(30))
    assert (found.opening, found.closing, list(found.movements)) == (0, 0, [])
    for language in Language:
        assert statement_parts(found, language).rows == []
        assert_alone(statement_page(found, language))
    assert len(rows_of(statement_values(found, Language.ENGLISH))) == 3


def test_a_period_may_last_for_ever(past: Past) -> None:
    """STATEMENT-2"""
    found = past.statements.of(1, date.min, date.max)
    assert list(found.movements) == list(past.whole(1).movements)


def test_what_is_no_period_or_party_is_refused(past: Past) -> None:
    """STATEMENT-2"""
    with pytest.raises(InvalidInput, match="to"):
        past.statements.of(1, past.last, past.first)
    with pytest.raises(InvalidInput, match="from"):
        past.statements.of(1, past.last + timedelta(1), past.last + timedelta(1))
    with pytest.raises(UnknownPlatform):
        past.statements.of(99, past.first, past.last)
    with pytest.raises(InvalidInput):
        past.statements.of("0x12", past.first, past.last)


def test_a_statement_that_does_not_add_up_is_refused(past: Past) -> None:
    """STATEMENT-4"""
    statement = past.whole(1)
    for change in (
        {"opening": statement.opening + 1},
        {"closing": statement.closing - 1, "proof": None},
        {"movements": statement.movements[:-1]},
        {"movements": [*statement.movements, statement.movements[0]]},
    ):
        with pytest.raises(UnbalancedStatement):
            replace(statement, **change)


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith("\N{BYTE ORDER MARK}")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


@pytest.mark.parametrize("language", Language)
def test_values_read_back_are_the_statement(past: Past, language: Language) -> None:
    """STATEMENT-7"""
    statement = past.whole(1)
    scale: int = 10**statement.decimals
    at = {name: n for n, name in enumerate(COLUMNS)}

    def units(text: str) -> int:
        major, _, minor = text.lstrip("-").partition(".")
        found = int(major) * scale + int(minor.ljust(statement.decimals, "0"))
        return -found if text.startswith("-") else found

    _, opening, *rows, closing = rows_of(statement_values(statement, language))
    assert {len(row) for row in rows} == {len(COLUMNS)} == {len(opening)}
    assert units(opening[at["balance"]]) == statement.opening
    assert units(closing[at["balance"]]) == statement.closing
    for row, each in zip(rows, statement.movements, strict=True):
        assert units(row[at["amount"]]) == each.amount
        assert units(row[at["balance"]]) == each.balance
        assert row[at["order"]] == (each.order or "")
        assert (row[at["block"]], row[at["log"]]) == (str(each.height), str(each.place))
        read = datetime.strptime(row[0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        assert read.timestamp() == each.at


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "'=1", HOSTILE])
def test_no_name_is_a_formula_or_markup(past: Past, name: str) -> None:
    """STATEMENT-7"""
    statement = past.whole(1)
    sold = next(each for each in statement.movements if each.content and each.seller)
    contents, platforms = {sold.content or 0: name}, {sold.seller or 0: name}
    hostile = replace(statement, contents=contents, platforms=platforms)
    for language in Language:
        cells = {cell for row in rows_of(statement_values(hostile, language)) for cell in row}
        formulas = [each for each in cells if each[:1] in "=+-@\t\r＝＋－＠" and each != ""]
        assert all(each[1:].replace(".", "").isdigit() for each in formulas)
        assert_alone(statement_page(hostile, language))


@pytest.mark.parametrize("language", Language)
def test_a_page_has_every_movement(past: Past, language: Language) -> None:
    """STATEMENT-6"""
    statement = past.whole(2)
    page, parts = statement_page(statement, language), statement_parts(statement, language)
    assert_alone(page)
    assert page.count('<td class="time">') == len(statement.movements) == len(parts.rows)
    assert statement.words(language) in page
    assert statement.proof is not None
    assert "0x" + statement.proof.root.hex() in page
    for row in parts.rows:
        assert row.balance in page


def handed(statement: Statement) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(statement_data(statement)))
    return found


def test_a_statement_is_checked_against_the_days_root_alone(past: Past) -> None:
    """STATEMENT-8"""
    root = past.root(past.last)
    for party in (1, 2):
        found = check(handed(past.whole(party)), root)
        assert found.holds, found.wrong
        assert found.account == chart.available_of_platform(party)


def test_every_change_of_a_statement_is_found(past: Past) -> None:
    """STATEMENT-8"""
    root, other = past.root(past.last), past.root(past.first)
    statement = past.whole(1)
    assert check(handed(statement), other).wrong == ("the proof does not lead to the root",)
    for change in ("opening_units", "closing_units"):
        data = handed(statement)
        data[change] += 1
        assert not check(data, root).holds
    data = handed(statement)
    data["movements"][3]["amount_units"] += 5
    assert not check(data, root).holds
    data = handed(statement)
    del data["movements"][3]
    assert not check(data, root).holds
    # As much more at the beginning as at the end: the sums are right, and the root is not.
    data = handed(statement)
    for each in (data, *data["movements"]):
        for name in ("opening_units", "closing_units", "balance_units"):
            if name in each:
                each[name] += 7
    assert check(data, root).wrong == ("the proof has another closing balance",)
    data["proof"]["opening"] = str(int(data["proof"]["opening"]) + 7)
    assert check(data, root).wrong == ("the proof does not lead to the root",)
    data = handed(statement)
    data["proof"] = handed(past.whole(2))["proof"]
    assert "the proof is of another account" in check(data, root).wrong
    assert check({**handed(statement), "proof": None}, root).wrong == ("it has no proof",)
    broken: object
    for broken in ([], {}, {**handed(statement), "opening_units": 1.5}, {"movements": 3}):
        with pytest.raises(InvalidInput):
            check(broken, root)


def test_there_is_no_proof_of_a_day_that_is_open_or_has_not_the_account(past: Past) -> None:
    """STATEMENT-8"""
    middle = past.first + timedelta(1)
    assert past.days.closed(middle) is None
    assert past.statements.of(1, past.first, middle).proof is None
    stranger = past.statements.of(f"0x{1:040x}", past.first, past.last)
    assert (stranger.proof, stranger.closing) == (None, 0)
    assert statement_parts(stranger, Language.ENGLISH).how.startswith("The last day is not closed")
