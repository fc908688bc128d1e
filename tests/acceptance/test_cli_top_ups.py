"""`zhifu top-up`: a learner's balance from the command line, from its limit to what it buys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil

DAY = 86_400


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil() as chain:
        yield chain


@pytest.fixture(scope="module")
def zhifu(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
    zhifu("deploy")
    zhifu("platform", "add", "udemy")
    zhifu("learner", "register", "10", "-p", "udemy")
    zhifu("content", "publish", "-p", "udemy", "--ref", "own", "--price", "10.00")
    zhifu("deposit", "platform:udemy", "100.00", "--mint")
    return zhifu


def has(zhifu: Zhifu, account: str) -> int:
    return int(zhifu.json("balance", account)[0]["available_units"])


def test_a_balance_is_loaded_up_to_the_limit_and_spent(zhifu: Zhifu, chain: Anvil) -> None:
    waits = zhifu.json("top-up", "add", "20.00", "-l", "1", "-p", "udemy")
    assert (waits["state"], waits["problem"]) == ("waiting", "top_up_above_limit")
    assert zhifu.json("top-up", "limit", "25.00", "-p", "udemy")["per_day_units"] == 0
    chain.increase_time(3 * DAY)
    limit = zhifu.json("top-up", "limit", "-p", "udemy")
    assert (limit["per_day_units"], limit["left_units"]) == (25_000_000, 25_000_000)
    words = ("top-up", "add", "3.00", "-l", "2", "-p", "udemy", "--idempotency-key", "k")
    first, again = zhifu.json(*words), zhifu.json(*words)
    assert first["state"] in ("settled", "confirmed")
    assert again["top_up"] == first["top_up"]
    assert (has(zhifu, "learner:1@udemy"), has(zhifu, "learner:2@udemy")) == (20_000_000, 3_000_000)
    bought = zhifu.json("purchase", "udemy/own", "-l", "1", "-p", "udemy", "--with", "balance")
    assert (bought["provider"], bought["state"]) == ("balance", "paid")
    zhifu("settle", "udemy")
    assert has(zhifu, "learner:1@udemy") == 10_000_000
    assert zhifu.json("verify", "udemy/own", "-l", "1")["may_use"]
    short = zhifu.refused("purchase", "udemy/own", "-l", "2", "-p", "udemy", "--with", "balance")
    assert "balance" in short
    listed = zhifu.json("top-up", "list", "-p", "udemy")
    assert [each["top_up"] for each in listed] == [first["top_up"], waits["top_up"]]
    told = [each["state"] for each in zhifu.json("top-up", "show", waits["top_up"])["history"]]
    assert told[:4] == ["paid", "waiting", "delayed", "stored"]
    assert zhifu.json("top-up", "limit", "0", "-p", "udemy")["per_day_units"] == 0


def test_what_waits_goes_back(zhifu: Zhifu) -> None:
    waits = zhifu.json("top-up", "add", "500.00", "-l", "3", "-p", "udemy")
    assert waits["state"] == "waiting"
    early = zhifu.refused("top-up", "refund", waits["top_up"], "--returned", "by hand")
    assert "has not refused" in early
    assert zhifu.json("top-up", "refund", waits["top_up"])["state"] == "refunded"


def test_books_from_an_older_back_up_adopt_what_was_topped_up_since(
    zhifu: Zhifu, chain: Anvil
) -> None:
    """RESTORE-4, RESTORE-5"""
    waits = zhifu.json("top-up", "add", "4.00", "-l", "4", "-p", "udemy")
    assert waits["problem"] == "top_up_above_limit"
    back_up = zhifu.home / "older.sqlite3"
    with closing(sqlite3.connect(zhifu.home / "zhifu.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", (str(back_up),))
    zhifu.json("top-up", "limit", "25.00", "-p", "udemy")
    chain.increase_time(3 * DAY)
    another = ("top-up", "add", "1.00", "-l", "5", "-p", "udemy")
    zhifu(*another)
    assert has(zhifu, "learner:4@udemy") == 4_000_000
    restored = f"sqlite:///{back_up}"
    zhifu(*another, ZHIFU_DATABASE=restored)
    shown = zhifu.json("top-up", "show", waits["top_up"], ZHIFU_DATABASE=restored)
    assert (shown["state"], shown["problem"]) == ("waiting", "unrecorded_deed")
    adopted = zhifu.json("adopt", "udemy", ZHIFU_DATABASE=restored)
    assert [(each["about"], each["matched"]) for each in adopted] == [("5", True), ("4", True)]
    shown = zhifu.json("top-up", "show", waits["top_up"], ZHIFU_DATABASE=restored)
    assert shown["state"] in ("settled", "confirmed")
    assert has(zhifu, "learner:4@udemy") == 4_000_000
