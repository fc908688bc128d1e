"""What comes round, or holds up writers, reads what it is about and not all there is."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from zhifu.sql import queries
from zhifu.store import Store


class Values(defaultdict[str, int]):
    """A value for every parameter."""

    def __init__(self) -> None:
        super().__init__(int)


ENTRIES = ("payment", "refund", "payback", "chargeback", "top_up", "pay_out")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "gateway.sqlite3"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.mark.parametrize(
    "name",
    [
        "payments_of",
        "due_payments",
        "due_payments_of",
        "due_callbacks",
        "due_callbacks_of",
        "forget_callbacks",
        "clear_problem",
        "open_refunds",
        "top_ups_page",
        "gone_disputes",
        "disputes_lost",
        "confirmed_operations",
        "reconciled_payments",
        "reconciled_refunds",
        "reconciled_paybacks",
        "reconciled_licenses",
        "next_book",
        "book_events",
        "ledger_account_numbers",
        *("movements", "movements_out", "movements_in"),
        *("movements_of_order", "movements_of_payment", "movements_of_content"),
        "movements_of_learner",
        *("order_place", "order_at"),
        "entries",
        "moved_of_orders",
        "tied_orders",
        *(f"entry_{each}s" for each in ENTRIES),
        "entry_orders",
    ],
)
def test_a_query_finds_its_rows_by_an_index(file: Path, name: str) -> None:
    """STORE-7"""
    with closing(sqlite3.connect(file)) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN " + queries("sqlite")[name], Values())
        steps = [step for *_, step in plan.fetchall()]
    read_whole = {each for each in steps if each.startswith("SCAN") and " USING " not in each}
    asked = {each for each in read_whole if each.startswith("SCAN json_each")}
    assert read_whole - asked <= {"SCAN chain_cursor"}, "which has one row"
    # No more is sorted than was asked about, if it is asked about some.
    assert asked or not [each for each in steps if "TEMP B-TREE" in each], steps
