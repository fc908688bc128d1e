"""`zhifu ledger` as people and programs see it (LEDGER-4, 5, 8, 11)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        zhifu("platform", "add", "udemy")
        zhifu("platform", "add", "edx")
        zhifu("learner", "add", "-p", "udemy")
        zhifu("content", "publish", "-p", "edx", "--ref", "one", "--price", "50.00")
        zhifu("deposit", "platform:udemy", "1000.00", "--mint")
        zhifu("purchase", "edx/one", "-l", "1", "-p", "udemy")
        zhifu("settle")
        yield zhifu


def test_what_accounts_have_is_told(zhifu: Zhifu) -> None:
    found = {each["account"]: each for each in zhifu.json("ledger", "balances")}
    assert found["available:platform/1"]["balance"] == "950.00 USD"
    assert found["tokens"]["balance_units"] == -1_000_000_000
    assert sum(each["balance_units"] for each in found.values()) == 0
    (line,) = zhifu.json("ledger", "balances", "platform:udemy")
    assert (line["debits"], line["credits"]) == ("50.00 USD", "1000.00 USD")
    assert "950.00 USD" in zhifu("ledger", "balances", "platform:udemy")


def test_what_accounts_had_is_told(zhifu: Zhifu) -> None:
    assert zhifu.json("ledger", "balances", "--at", "2020-01-01") == []
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    for last in (today, "9999-12-31"):
        (line,) = zhifu.json("ledger", "balances", "platform:udemy", "--from", today, "--to", last)
        assert (line["opening_units"], line["balance_units"]) == (0, 950_000_000)


@pytest.mark.parametrize(
    "asked",
    [
        ("--order", "1/1/1/0"),
        ("--content", "edx/one"),
        ("-l", "1"),
        ("platform:udemy", "-p", "edx"),
    ],
)
def test_an_order_is_followed_from_the_payer_to_the_holds(
    zhifu: Zhifu, asked: tuple[str, ...]
) -> None:
    moved = zhifu.json("ledger", "movements", *asked)
    found = [each for each in moved if each["currency"] is None]
    assert {each["kind"] for each in found} >= {"sale"}
    assert {each["debit"] for each in found} == {"available:platform/1"}
    assert {(each["order"], each["learner"]) for each in found} == {("1/1/1/0", 1)}
    sale = next(each for each in found if each["kind"] == "sale")
    assert sale["credit"].startswith("revenue:1/")


def test_a_payment_is_followed_from_the_provider_to_the_holds(zhifu: Zhifu) -> None:
    """LEDGER-8, LEDGER-11: asked for by any of its names, or by its order's."""
    (paid,) = (each for each in zhifu.json("ledger", "movements") if each["kind"] == "paid")
    assert (paid["debit"], paid["credit"]) == ("provider:1/sandbox/USD", "sold:1/USD")
    assert (paid["amount"], paid["amount_units"], paid["learner"]) == ("50.00 USD", 5_000, 1)
    (line,) = zhifu.json("ledger", "balances", "provider:1/sandbox/USD")
    assert (line["currency"], line["balance"]) == ("USD", "-50.00 USD")
    with closing(sqlite3.connect(zhifu.home / "zhifu.sqlite3")) as books:
        ((named,),) = books.execute("SELECT provider_payment_id FROM payments").fetchall()
    for asked in (
        ("--payment", paid["payment"]),
        ("--payment", f"sandbox/{named}"),
        ("--order", paid["order"]),
        ("--order", "1/1/1/0"),
    ):
        found = zhifu.json("ledger", "movements", *asked)
        assert sum(each["amount_units"] for each in found if each["currency"] is None) == 50_000_000
        assert [each for each in found if each["currency"]] == [paid], asked


def test_few_are_shown_at_a_time(zhifu: Zhifu) -> None:
    shown = zhifu("ledger", "movements", "--limit", "1")
    assert "deposit" in shown
    assert "There are more" in shown


def test_what_is_no_time_is_refused(zhifu: Zhifu) -> None:
    assert zhifu.refused("ledger", "balances", "--at", "soon").startswith("at: must be a day")
    assert zhifu.refused("ledger", "movements", "--from", "2026-02-30").startswith("from: must ")
    assert zhifu.refused("ledger", "balances", "nobody").startswith("account: must ")


def test_a_line_of_a_day_is_proved(zhifu: Zhifu) -> None:
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    found = zhifu.json("ledger", "proof", "platform:udemy", "--day", today)
    assert (found["account"], found["closing"]) == ("available:platform/1", "950000000")


def test_a_balance_that_does_not_follow_is_named(zhifu: Zhifu) -> None:
    assert zhifu.json("ledger", "check") == []
    name = "available:platform/1"
    with closing(sqlite3.connect(zhifu.home / "zhifu.sqlite3", isolation_level=None)) as books:
        change = "UPDATE ledger_balances SET credits = credits {} 1 WHERE account ="
        change += f" (SELECT id FROM ledger_accounts WHERE name = '{name}')"
        books.execute(change.format("+"))
        shown = zhifu.run("ledger", "check")
        books.execute(change.format("-"))
    assert shown.returncode == 1
    assert "its movements make" in shown.stdout
