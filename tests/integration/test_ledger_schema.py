"""LEDGER-1, 2, 9: the database itself keeps the ledger, whoever writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.databases import Databases
from zhifu.exceptions import DatabaseRefused
from zhifu.ledger import Ledger
from zhifu.store import Store
from zhifu.transfers import Transfer, post, take_back

TAKEN_IN = 9
PLATFORM = 2
HELD, THERE = "revenue:1/5", "available:platform/2"
CARDS, SOLD, YUAN = "provider:2/cards/USD", "sold:2/USD", "sold:2/CNY"
CHAIN = Transfer(0, TAKEN_IN, 0, 0, 100, "sale", THERE, HELD, 7, "2/1/1/0", 1, 3, PLATFORM)
BOOKS = Transfer(
    *(PLATFORM, TAKEN_IN, 0, 0, 100, "paid", CARDS, SOLD, 7), payment="pay_1", cause="pay_1"
)
#: Of another currency.
OTHER = BOOKS._replace(leg=1, debit="provider:2/wallet/CNY", credit=YUAN)


@pytest.fixture
def kept(databases: Databases) -> Iterator[Databases]:
    """A ledger that has come to TAKEN_IN with the chain and with the books of a platform."""
    with Store.open(databases.url()) as store:
        with store.writing() as transaction:
            post(transaction, [CHAIN, BOOKS, OTHER], lambda _: 1)
            for source in (0, PLATFORM):
                transaction.run("put_ledger_cursor", source=source, height=TAKEN_IN)
        yield databases


TRANSFER = (
    "INSERT INTO ledger_transfers VALUES"
    " ({}, 'sale', {}, {}, {}, NULL, NULL, NULL, NULL, NULL, NULL)"
)
ENTRY = TRANSFER.replace("NULL)", "'pay_1')")
ACCOUNT = "INSERT INTO ledger_accounts VALUES (9, {}, NULL, NULL, NULL, NULL, {})"
CURSOR_BACK = "UPDATE ledger_cursors SET height = 8"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (TRANSFER.format("0, 10, 0, 0, 100", 1, 1, 7), "check"),
        (TRANSFER.format("0, 10, 0, 0, 100", 1, 4, 0), "check"),
        (TRANSFER.format("0, 10, 0, 0, 100", 1, 4, -7), "check"),
        (TRANSFER.format("0, 10, 0, 0, 100", 1, "NULL", 7), "null"),
        (TRANSFER.format("0, 10, 0, 0, 100", 1, 99, 7), "foreign key"),
        (TRANSFER.format("0, 9, 1, 0, 100", 1, 4, 7), "only ever added to"),
        (ENTRY.format("2, 9, 1, 0, 100", 2, 5, 7), "only ever added to"),
        (ENTRY.format("2, 10, 0, 0, 100", 2, 6, 7), "of one currency"),
        (ENTRY.format("2, 10, 0, 0, 100", 1, 2, 7), "foreign key"),
        (ENTRY.format("2, 10, 0, 0, 100", 2, 4, 7), "foreign key"),
        (ENTRY.format("3, 10, 0, 0, 100", 2, 5, 7), "foreign key"),
        (ENTRY.format("0, 10, 0, 0, 100", 1, 4, 7), "check"),
        (TRANSFER.format("2, 10, 0, 0, 100", 2, 5, 7), "check"),
        (ACCOUNT.format("'tokens', 0, 'tokens'", "'USD'"), "check"),
        (ACCOUNT.format("'surplus:2/USD', 2, 'surplus'", "NULL"), "check"),
        (ACCOUNT.format("'surplus:2/USD', 2, 'surplus'", "'CNY'"), "check"),
        ("UPDATE ledger_transfers SET amount = 8", "is a fact"),
        ("UPDATE ledger_transfers SET credit = 1 WHERE source = 0", "is a fact"),
        ("DELETE FROM ledger_transfers WHERE source = 0", "is kept"),
        ("DELETE FROM ledger_transfers WHERE source = 2", "is kept"),
        ("UPDATE ledger_accounts SET name = name", "is a fact"),
        ("DELETE FROM ledger_accounts", "are kept"),
        ("UPDATE ledger_cursors SET height = 8 WHERE source = 2", "goes forward"),
    ],
)
def test_nothing_else_gets_into_the_ledger_or_out_of_it(
    kept: Databases, change: str, rule: str
) -> None:
    with closing(kept.connect()) as connection, pytest.raises(Exception, match=rf"(?i){rule}"):
        connection.execute(change)
    with Store.open(kept.url()) as store:
        assert list(Ledger(store).movements()) == [CHAIN, BOOKS, OTHER]


def test_a_later_transfer_is_added(kept: Databases) -> None:
    with closing(kept.connect()) as connection:
        connection.execute(TRANSFER.format("0, 10, 0, 0, 100", 1, 4, 7))
        with pytest.raises(Exception, match=r"(?i)unique"):
            connection.execute(TRANSFER.format("0, 10, 0, 0, 100", 1, 4, 8))


def test_what_the_chain_takes_away_is_taken_back_with_its_balances(kept: Databases) -> None:
    with Store.open(kept.url()) as store:
        with store.writing() as transaction:
            take_back(transaction, TAKEN_IN - 1)
        ledger = Ledger(store)
        assert list(ledger.movements()) == [BOOKS, OTHER]
        assert {line.account: line.closing for line in ledger.lines()} == {
            CARDS: -7,
            SOLD: 7,
            "provider:2/wallet/CNY": -7,
            YUAN: 7,
        }


def test_the_same_is_not_told_twice(kept: Databases) -> None:
    with (
        Store.open(kept.url()) as store,
        pytest.raises(DatabaseRefused),
        store.writing() as transaction,
    ):
        post(transaction, [CHAIN], lambda _: 1)
