"""The database itself keeps the rules of the books, whoever writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tests.integration.fair import Fair
from zhifu import sql
from zhifu.exceptions import DatabaseRefused, InvalidInput
from zhifu.store import Store

TABLES = {"payments", "orders", "waiting", "batches", "batch_orders", "submissions", "refunds"}


@pytest.fixture
def books(fair: Fair) -> Iterator[sqlite3.Connection]:
    """Books with a settled, a refunded and a waiting order of a cart each."""
    with fair.gateway() as gateway:
        refunded = gateway.pay(fair.request(contents=(1, 3)))
        gateway.settle(1)
        gateway.refund(refunded.orders[0].id)
        gateway.pay(fair.request(contents=(2, 4)))
    connection = sqlite3.connect(fair.database)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


FORBIDDEN = {
    "a payment's history is not rewritten": "UPDATE payment_history SET state = 'settled'",
    "a payment's history is not erased": "DELETE FROM payment_history",
    "a batch's history is not rewritten": "UPDATE batch_history SET at = 0",
    "a batch's history is not erased": "DELETE FROM batch_history",
    "a refund's history is not rewritten": "UPDATE refund_history SET detail = ''",
    "a refund's history is not erased": "DELETE FROM refund_history",
    "a payment is not erased": "DELETE FROM payments",
    "a payment is not changed": "UPDATE payments SET amount = amount + 1",
    "a paid payment does not become unknown": "UPDATE payments SET state = 'payment_unknown'",
    "a paid payment is not cancelled": "UPDATE payments SET state = 'cancelled'",
    "a payment has a state that exists": "UPDATE payments SET state = 'fine'",
    "an order is not changed": "UPDATE orders SET learner = 2",
    "an order is not erased": "DELETE FROM orders",
    "an order needs a payment": "INSERT INTO orders VALUES (2, 1, 1, 1, 1, 1)",
    "an order is numbered after its payment": (
        "INSERT INTO orders SELECT id + 101, id, 1, 1, 1, 1 FROM payments"
    ),
    "a cart has each content once": (
        "INSERT INTO orders SELECT max(id) + 1, payment_id, 1, 1, content, 1 FROM orders"
    ),
    "a batched order does not wait again": (
        "INSERT INTO waiting SELECT 1, order_id, NULL FROM batch_orders"
    ),
    "an order waits for its own platform": "INSERT INTO waiting SELECT 2, id, NULL FROM orders",
    "a batch is not changed": "UPDATE batches SET debit = debit + 1",
    "a batch is not erased": "DELETE FROM batches",
    "a settled batch is not refused": (
        "UPDATE batches SET state = 'refused', block_number = NULL, gas_used = NULL"
    ),
    "a settled batch knows its block": "UPDATE batches SET block_number = NULL",
    "a lane's number is used once": (
        "INSERT INTO batches (id, platform, lane, number, orders, debit, sale_day, words, state,"
        " transaction_hash, created_at, changed_at) SELECT 1, platform, lane, number, orders,"
        " debit, sale_day, words, 'batched', transaction_hash, 0, 0 FROM batches"
    ),
    "an order is batched once": (
        "INSERT INTO batch_orders SELECT batch_id, position + 100, order_id, 0 FROM batch_orders"
    ),
    "what a batch carries stays": "DELETE FROM batch_orders",
    "a settled batch keeps its orders": "UPDATE batch_orders SET released = 1",
    "a signed transaction is not changed": "UPDATE submissions SET nonce = 9",
    "a signed transaction is not erased": "DELETE FROM submissions",
    "an order is refunded once": (
        "INSERT INTO refunds SELECT id + 1, order_id, amount, currency, 'pending', NULL, NULL,"
        " NULL, 'refund_pending', 0, 0, NULL FROM refunds"
    ),
    "a waiting order is not refunded": (
        "INSERT INTO refunds SELECT 1, order_id, 1, 'USD', 'none', NULL, NULL, NULL,"
        " 'refund_pending', 0, 0, NULL FROM waiting LIMIT 1"
    ),
    "a settled order is refunded on chain": (
        "INSERT INTO refunds SELECT 1, max(order_id), 1, 'USD', 'none', NULL, NULL, NULL,"
        " 'refund_pending', 0, 0, NULL FROM batch_orders"
    ),
    "a refund is not taken back": "UPDATE refunds SET state = 'refund_pending'",
    "a refund that was paid back has not failed": (
        "UPDATE refunds SET state = 'refund_failed', on_chain = 'failed', block_number = NULL"
    ),
    "a settled order's refund is on chain": (
        "UPDATE refunds SET on_chain = 'none', block_number = NULL"
    ),
    "a refund's amount is not changed": "UPDATE refunds SET amount = amount + 1",
    "a refund is not erased": "DELETE FROM refunds",
}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_the_database_refuses_what_must_not_be(books: sqlite3.Connection, rule: str) -> None:
    before = list(books.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        books.execute(FORBIDDEN[rule])
    books.rollback()
    assert list(books.iterdump()) == before


@pytest.mark.parametrize("unique", [("platform", "idempotency_key"), ("provider_payment_id",)])
def test_the_database_refuses_a_second_payment(
    books: sqlite3.Connection, unique: tuple[str, ...]
) -> None:
    names = [row[1] for row in books.execute("PRAGMA table_info(payments)")]
    fresh = {"id": "1", "idempotency_key": "'k'", "provider_payment_id": "'p'"}
    values = [
        name if name in unique else fresh.get(name, name if name != "state" else "'paid'")
        for name in names
    ]
    insert = f"INSERT INTO payments SELECT {', '.join(values)} FROM payments LIMIT 1"
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        books.execute(insert)


def test_a_number_drawn_twice_is_refused_and_not_swallowed(fair: Fair) -> None:
    """It says nothing about the payment, or the batch, that drew it second."""
    with fair.gateway() as gateway:
        gateway.pay(fair.request())
        gateway.settle(1)
    store = Store.open(f"sqlite:///{fair.database}")
    again = {"idempotency_key": "another", "provider_payment_id": "another", "number": 2}
    for query, table in (("put_payment", "payments"), ("put_batch_record", "batches")):
        with store.writing() as transaction:
            found = transaction._cursor.execute(f"SELECT *, created_at AS now FROM {table}")
            names = [column[0] for column in found.description]
            row = dict(zip(names, found.fetchone(), strict=True))
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction.run(query, **{**row, **again})


def test_every_change_of_the_books_is_in_the_history(books: sqlite3.Connection) -> None:
    for table, one in (("payments", "payment"), ("batches", "batch"), ("refunds", "refund")):
        latest = f"""
            SELECT state FROM {one}_history WHERE {one}_id = {table}.id ORDER BY change DESC LIMIT 1
        """
        query = f"SELECT count(*), sum(state = ({latest})) FROM {table}"
        count, same = books.execute(query).fetchone()
        assert count == same > 0


def test_an_error_undoes_the_whole_transaction(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'books.sqlite3'}")
    good = {"chain_id": 1, "settlement": "", "block_hash": ""}
    with pytest.raises(DatabaseRefused), store.writing() as transaction:
        transaction.run_many("put_deployment", [good, {**good, "chain_id": None}])
    with store.reading() as transaction:
        assert transaction.row("deployment") is None


def test_a_database_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "some" / "where" / "books.sqlite3"
    Store.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (
            sql.HEAD,
        )


def test_what_is_committed_is_on_disk_and_references_hold(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'books.sqlite3'}")
    with store.writing() as transaction:
        settings = [
            transaction._cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "foreign_keys", "journal_mode")
        ]
    assert settings == [2, 1, "wal"]


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "books.sqlite3"
    Store.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InvalidInput) as raised:
        Store.open(f"sqlite:///{file}")
    assert raised.value.field == "database"


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but longer than the header of one " * 50)
    with pytest.raises(DatabaseRefused):
        Store.open(f"sqlite:///{file}")
    assert file.read_text().startswith("not a database")


@pytest.mark.parametrize("url", ["", "books.sqlite3", "mysql://host/books"])
def test_a_url_it_cannot_use_is_named(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Store.open(url)
    assert raised.value.field == "database"


def test_the_schema_goes_down_and_up_again(books: sqlite3.Connection, fair: Fair) -> None:
    books.close()
    engine = create_engine(f"sqlite:///{fair.database}")
    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    with sqlite3.connect(fair.database) as left:
        found = {name for (name,) in left.execute("SELECT name FROM sqlite_master")}
        assert not found & TABLES
    with fair.gateway() as gateway:
        gateway.pay(fair.request())


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    versions = Path(sql.__file__).parent / "migrations" / "versions"
    assert max(file.name[:4] for file in versions.glob("*.py")) == sql.HEAD
