"""MIGRATE-1: every revision goes down and up again, and what remains keeps what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Databases
from tests.stocked import Stock
from zhifu import sql
from zhifu.store import Store
from zhifu.transfers import Transfer, post

VERSIONS = Path(sql.__file__).parent / "migrations" / "versions"
REVISIONS = sorted(file.name[:4] for file in VERSIONS.glob("*.py"))


def tables(revision: str) -> list[str]:
    """What a revision makes."""
    script = sql.read(f"migrations/versions/{revision}_up.sql")
    return re.findall(r"^CREATE TABLE (\w+)", script, re.MULTILINE)


def rows(databases: Databases, revisions: list[str]) -> dict[str, list[Any]]:
    """Every row of every table of some revisions."""
    names = [name for revision in revisions for name in tables(revision)]
    with closing(databases.connect()) as connection:
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in names
        }


def made(databases: Databases, dialect: str) -> set[str]:
    """Everything that is in a database: tables, indexes, views, triggers and functions."""
    query = "SELECT type || ' ' || name FROM sqlite_master"
    if dialect == "postgresql":
        query = """
            SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT 'function ' || proname FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace
        """
    with closing(databases.connect()) as connection:
        names = {name for (name,) in connection.execute(query).fetchall()}
    return {name for name in names if "alembic" not in name and "sqlite_" not in name}


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    with Store.open(databases.url()) as opened:
        Stock(opened).fill()
        index(opened)
        yield opened


def index(store: Store) -> None:
    """Something in the index of the chain."""
    with store.writing() as transaction:
        transaction.run("put_cursor", block_number=9, block_hash="0x9", learners=3)
        transaction.run("put_refund", order_id=bytes(32), transaction_hash="0x", block_number=9)
        transaction.run("put_license", learner=1, content=1, batch_id=1, position=0)
        moved = Transfer(0, 9, 0, 0, 100, "deposit", "tokens", "available:platform/1", 7)
        post(transaction, [moved], lambda _: 1)
        transaction.run("put_ledger_cursor", source=0, height=9)


@pytest.mark.parametrize("revision", ["base", *REVISIONS[:-1]])
def test_a_revision_goes_down_and_up_with_data_inside(
    store: Store, databases: Databases, revision: str
) -> None:
    whole, everything = made(databases, store.dialect), rows(databases, REVISIONS)
    assert all(everything[name] for name in [*tables("0002"), "chain_cursor", "ledger_transfers"])
    kept = [] if revision == "base" else REVISIONS[: REVISIONS.index(revision) + 1]
    remains = rows(databases, kept)

    store.migrate_to(revision)
    left = made(databases, store.dialect)
    assert left == set() if revision == "base" else left < whole
    assert rows(databases, kept) == remains

    store.migrate_to(REVISIONS[-1])
    assert made(databases, store.dialect) == whole
    assert rows(databases, kept) == remains
    gone = [name for each in REVISIONS if each not in kept for name in tables(each)]
    assert not any(rows(databases, REVISIONS)[name] for name in gone)
    Stock(store, "later").pay(9)


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    assert REVISIONS[-1] == sql.HEAD


def test_opening_brings_an_older_database_up_to_date(store: Store, databases: Databases) -> None:
    kept = rows(databases, ["0001", "0002"])
    store.migrate_to("0002")
    with Store.open(databases.url()) as again:
        assert again.dialect == store.dialect
    assert rows(databases, ["0001", "0002"]) == kept
    assert set(rows(databases, REVISIONS)) == {
        name for revision in REVISIONS for name in tables(revision)
    }
