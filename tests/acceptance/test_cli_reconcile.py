"""`zhifu reconcile` as people and programs see it (RECONCILE-1, RECONCILE-6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil
from zhifu.money import Money
from zhifu.providers.sandbox import SandboxProvider


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        for name in ("udemy", "edx"):
            zhifu("platform", "add", name)
            zhifu("learner", "add", "-p", name)
            zhifu("content", "publish", "-p", name, "--ref", "one", "--price", "50.00")
            zhifu("deposit", f"platform:{name}", "1000.00", "--mint")
        for content, seller in (("edx", "udemy"), ("udemy", "edx")):
            zhifu("purchase", f"{content}/one", "-l", "1", "-p", seller)
        zhifu("settle")
        zhifu("purchase", "udemy/one", "-l", "2", "-p", "edx")
        yield zhifu


def test_sums_and_what_is_under_way_are_told(zhifu: Zhifu) -> None:
    found = zhifu.json("reconcile")
    assert found["fine"]
    assert found["counts"] == {"waiting": 1}
    (sums,) = found["sums"]
    assert (sums["taken"], sums["debited"], sums["under_way"]) == (15_000, 10_000, 5_000)
    assert sums["unexplained"] == 0
    (waits,) = found["items"]
    assert (waits["verdict"], waits["amount"], waits["currency"]) == ("under_way", 5_000, "USD")
    shown = zhifu("reconcile")
    assert "Everything is matched or explained." in shown
    assert "still under way" in shown


def test_a_day_and_a_platform_can_be_asked_for(zhifu: Zhifu) -> None:
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    found = zhifu.json("reconcile", "--day", today, "-p", "udemy")
    assert (found["from"], found["to"], found["platform"]) == (today, today, 1)
    assert found["sums"][0]["taken"] == 5_000


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-01-01"])
def test_a_day_that_is_none_is_refused(zhifu: Zhifu, day: str) -> None:
    assert zhifu.refused("reconcile", "--day", day).startswith("day: must ")


def test_what_somebody_has_to_look_into_ends_with_status_1(zhifu: Zhifu) -> None:
    SandboxProvider(zhifu.home / "sandbox.jsonl").pay(Money(4_200, "USD"))
    shown = zhifu.run("reconcile")
    assert shown.returncode == 1
    assert "extra" in shown.stdout
    assert "42.00 USD" in shown.stdout
    assert "Everything is" not in shown.stdout
    found = json.loads(zhifu.run("reconcile", "--json").stdout)
    assert not found["fine"]
    (extra,) = (each for each in found["items"] if not each["explained"])
    assert "is on the bill and not in the books" in extra["said"]
    assert (extra["verdict"], extra["amount"]) == ("extra", 4_200)
    assert "hand it in" in extra["advice"]


def test_a_day_is_closed_with_a_root_once_all_of_it_is_explained(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """RECONCILE-8: and no sooner than no reorganisation can reach its blocks."""
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        zhifu("platform", "add", "udemy")
        zhifu("deposit", "platform:udemy", "1000.00", "--mint")
        today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
        assert zhifu.refused("reconcile", "--close").startswith("close: must ")
        assert zhifu.refused("reconcile", "--day", today, "--close").startswith("day: must ")
        chain.increase_time(86_400)
        SandboxProvider(zhifu.home / "sandbox.jsonl").pay(Money(4_200, "USD"))
        unexplained = zhifu.run("reconcile", "--day", today, "--close")
        assert (unexplained.returncode, "not closed" in unexplained.stdout) == (1, True)
        (zhifu.home / "sandbox.jsonl").unlink()
        closed = zhifu.json("reconcile", "--day", today, "--close")["closed"]
        assert (closed["day"], closed["accounts"]) == (today, 2)
        assert closed["root"] in zhifu("reconcile", "--day", today, "--close")
