"""STORE-1 to STORE-6: what a transaction is, on both databases."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Databases
from tests.postgresql_wire import Wire
from tests.stocked import Stock
from zhifu import bookrows, sql
from zhifu.books import Draft
from zhifu.exceptions import CommitUnknown, DatabaseRefused, DatabaseUnreachable, InvalidInput
from zhifu.payments import PaymentState
from zhifu.store import Store, Transaction

GOOD = {"chain_id": 1, "settlement": "", "block_hash": ""}

postgresql_only = pytest.mark.parametrize("databases", DIALECTS[1:], indirect=True)


def put(transaction: Transaction, chain_id: int) -> None:
    transaction.run("put_deployment", **{**GOOD, "chain_id": chain_id})


def chain_id(store: Store) -> int | None:
    with store.reading() as transaction:
        found = transaction.row("deployment")
    return found[0] if found else None


def test_an_error_undoes_the_whole_transaction(database_url: str) -> None:
    """STORE-1."""
    with Store.open(database_url) as store:
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction.run_many("put_deployment", [GOOD, {**GOOD, "chain_id": None}])
        with pytest.raises(ZeroDivisionError), store.writing() as transaction:
            put(transaction, 1 + transaction.run("put_deployment", **GOOD) // 0)
        assert chain_id(store) is None


def test_a_number_too_large_for_the_database_is_refused(database_url: str) -> None:
    with Store.open(database_url) as store:
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            put(transaction, 2**63)
        with store.writing() as transaction:
            put(transaction, 2**63 - 1)
        assert chain_id(store) == 2**63 - 1


def test_a_reader_does_not_wait_for_a_writer_and_sees_what_was_before(database_url: str) -> None:
    """STORE-2."""
    with Store.open(database_url) as store:
        with store.writing() as transaction:
            put(transaction, 1)
            assert chain_id(store) is None
        assert chain_id(store) == 1


def test_a_reader_sees_one_state(database_url: str) -> None:
    """STORE-2."""
    with Store.open(database_url) as store:
        with store.writing() as transaction:
            put(transaction, 1)
        with store.reading() as reading:
            before = reading.row("deployment")
            with store.writing() as transaction:
                put(transaction, 2)
            assert reading.row("deployment") == before
        assert chain_id(store) == 2


def test_writers_take_turns(database_url: str) -> None:
    """STORE-3: between threads of a process and between processes, here two stores."""
    with Store.open(database_url) as one, Store.open(database_url) as other:
        with one.writing() as transaction:
            put(transaction, 0)

        def count(store: Store) -> None:
            for _ in range(25):
                with store.writing() as transaction:
                    put(transaction, transaction.value("deployment") + 1)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, (one, other, one, other)))
        assert chain_id(other) == 100


def test_a_statement_for_many_rows_counts_all_it_changed(database_url: str) -> None:
    with Store.open(database_url) as store, store.writing() as transaction:
        rows = [{"content": 1, "from_day": day, "price": 1} for day in range(3)]
        transaction.run(
            "put_content", number=1, host=1, ref="", window_class=0, duration_seconds=0, renewable=0
        )
        assert transaction.run_many("put_price", rows) == 3
        assert transaction.run_many("put_price", []) == 0
        assert transaction.run("drop_prices", content=1, from_day=1) == 2


def test_bytes_and_numbers_come_back_as_they_were(database_url: str) -> None:
    with Store.open(database_url) as store, store.writing() as transaction:
        order = bytes(range(32))
        transaction.run("put_refund", order_id=order, transaction_hash="0x", block_number=True)
        assert transaction.row("chain_refund", order_id=order) == ("0x", 1)
        assert type(transaction.value("last_batch")) is int


def put_in_spite_of_a_refusal(store: Store) -> None:
    with store.writing() as transaction:
        with suppress(store._database.error):
            transaction.run("put_deployment", **{**GOOD, "chain_id": None})
        put(transaction, 1)


def test_a_statement_that_was_refused_spoils_its_transaction(database_url: str) -> None:
    """STORE-1: also where the error was held back."""
    with Store.open(database_url) as store:
        with pytest.raises(DatabaseRefused):
            put_in_spite_of_a_refusal(store)
        assert chain_id(store) is None


def test_a_number_drawn_twice_is_refused_and_not_swallowed(database_url: str) -> None:
    """It says nothing about the payment, or the batch, that drew it second."""
    with Store.open(database_url) as store:
        stock = Stock(store)
        stock.settle(stock.pay().orders, 1)
        with store.writing() as transaction:
            found = transaction._cursor.execute("SELECT *, created_at AS now FROM batches")
            names = [column[0] for column in found.description]
            row = dict(zip(names, found.fetchone(), strict=True))
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction.run("put_batch_record", **{**row, "number": 2})
        with store.writing() as transaction:
            number = transaction.value("payments_of", platform=1, after=0, limit=1)
        draft = Draft(stock.request(), (1,), PaymentState.PAID)
        again = bookrows.payment(bookrows.Entry(number, (), draft))
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction.run_for("put_payments", [again], now=1)


def test_a_closed_store_is_not_used(database_url: str) -> None:
    store = Store.open(database_url)
    store.close()
    with pytest.raises(DatabaseRefused):
        chain_id(store)


def test_a_newer_database_is_left_alone(databases: Databases) -> None:
    Store.open(databases.url()).close()
    with closing(databases.connect()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InvalidInput) as raised:
        Store.open(databases.url())
    assert raised.value.field == "database"


@pytest.mark.parametrize(
    "url", ["", "books.sqlite3", "mysql://host/books", "postgresql+pg8000://x/y"]
)
def test_a_url_it_cannot_use_is_named(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Store.open(url)
    assert raised.value.field == "database"


# SQLite


def test_a_database_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "some" / "where" / "books.sqlite3"
    Store.open(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (
            sql.HEAD,
        )


def test_what_is_committed_is_on_disk_and_references_hold(tmp_path: Path) -> None:
    """STORE-4."""
    with Store.open(f"sqlite:///{tmp_path / 'books.sqlite3'}") as store:
        for begin in (store.writing, store.reading):
            with begin() as transaction:
                settings = [
                    transaction._cursor.execute(f"PRAGMA {name}").fetchone()[0]
                    for name in ("synchronous", "foreign_keys", "journal_mode")
                ]
            assert settings == [2, 1, "wal"]


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    with Store.open("sqlite://") as store, ThreadPoolExecutor(2) as pool:
        with store.writing() as transaction:
            put(transaction, 7)
        assert list(pool.map(chain_id, [store] * 4)) == [7] * 4


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but longer than the header of one " * 50)
    with pytest.raises(DatabaseRefused):
        Store.open(f"sqlite:///{file}")
    assert file.read_text().startswith("not a database")


# PostgreSQL


def ended(databases: Databases) -> int:
    end_sessions(databases)
    return 1


def end_sessions(databases: Databases) -> None:
    with closing(databases.connect()) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@postgresql_only
def test_a_commit_is_waited_for(databases: Databases) -> None:
    """STORE-4: whatever the server is set to."""
    with closing(databases.connect()) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone()
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with Store.open(databases.url()) as store, store.writing() as transaction:
        found = transaction._cursor.execute("SHOW synchronous_commit").fetchone()
    assert found == ("on",)


@postgresql_only
def test_a_session_that_was_ended_is_begun_anew(databases: Databases) -> None:
    """STORE-5."""
    with Store.open(databases.url()) as store:
        for number in (1, 2):
            with store.writing() as transaction:
                put(transaction, number)
            with store.reading(), store.reading():
                end_sessions_later = number
            end_sessions(databases)
            assert chain_id(store) == end_sessions_later


@postgresql_only
def test_what_a_server_did_not_hear_is_not_stored(databases: Databases) -> None:
    """STORE-5."""
    with Store.open(databases.url()) as store:
        with pytest.raises(DatabaseUnreachable), store.writing() as transaction:
            put(transaction, transaction.run("put_deployment", **GOOD) + ended(databases))
        assert chain_id(store) is None


@postgresql_only
@pytest.mark.parametrize("delivered", [True, False])
def test_a_commit_that_is_not_answered_is_unknown(databases: Databases, delivered: bool) -> None:
    """STORE-6: it may be stored or not; the same again finds out."""
    with Wire(databases.url()) as wire, Store.open(wire.url) as store:
        stock = Stock(store)
        draft = stock.draft(stock.request())
        wire.cut, wire.delivered = rb"COMMIT\x00", delivered
        with pytest.raises(CommitUnknown):
            stock.books.record([draft])
        (again,) = stock.books.record([draft])
        assert (again is None) == delivered
        (known,) = stock.books.known([draft.request])
        assert known is not None
        assert [payment.id for payment in stock.books.payments(1)] == [known.id]


@postgresql_only
def test_a_server_that_is_not_there_is_told(databases: Databases) -> None:
    with pytest.raises(DatabaseUnreachable):
        Store.open("postgresql://nobody@/books?host=/nowhere")


def test_a_file_of_books_is_its_owners_alone(tmp_path: Path) -> None:
    """So is what SQLite writes beside it."""
    with Store.open(f"sqlite:///{tmp_path}/books.sqlite3") as store:
        with store.writing() as transaction:
            transaction.run("take_lease", name="a", holder="b", now=0, until=1)
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "books.sqlite3-wal" in modes
