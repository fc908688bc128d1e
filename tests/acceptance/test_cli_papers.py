"""`zhifu statement` and `zhifu receipt` as people and programs see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil

DAY_SECONDS = 86_400


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        for name in ("udemy", "edx"):
            zhifu("platform", "add", name)
            zhifu("learner", "add", "-p", name)
        zhifu("content", "publish", "-p", "edx", "--ref", "one", "--price", "50.00")
        zhifu("deposit", "platform:udemy", "1000.00", "--mint")
        bought = zhifu.json("purchase", "edx/one", "-l", "1", "-p", "udemy")
        (zhifu.home / "order").write_text(bought["orders"][0]["order"], encoding="utf-8")
        zhifu("settle")
        chain.increase_time(2 * DAY_SECONDS)
        chain.mine(70)
        yield zhifu


def today() -> str:
    return f"{datetime.now(timezone.utc):%Y-%m-%d}"


def test_a_statement_is_shown_and_written_in_every_form(zhifu: Zhifu) -> None:
    """STATEMENT-1"""
    html, values = zhifu.home / "march.html", zhifu.home / "march.csv"
    asked = ("--from", today(), "--to", today())
    shown = zhifu("statement", "platform", "udemy", *asked, "-L", "en", "--html", str(html))
    assert "Closing balance" in shown
    assert "950.00" in shown
    assert "Nine hundred fifty and 00/100 US dollars" in shown
    assert "Platform&#39;s statement" in html.read_text(encoding="utf-8")
    assert "平台对账单" in zhifu("statement", "platform", "1", *asked, "--csv", str(values))
    assert values.read_text(encoding="utf-8").count("\n") == 5
    found = zhifu.json("statement", "platform", "udemy", *asked)
    assert [each["kind"] for each in found["movements"]] == ["deposit", "sale"]
    assert (found["opening"], found["closing"]) == ("0.00", "950.00")
    assert found["proof"] is None
    assert zhifu.json("statement", "network", *asked)["closing_units"] == 0


def test_a_statement_of_a_closed_day_is_verified_by_its_root(zhifu: Zhifu) -> None:
    """STATEMENT-8"""
    root = zhifu.json("reconcile", "--day", today(), "--close")["closed"]["root"]
    file = zhifu.home / "statement.json"
    data = zhifu.json("statement", "platform", "udemy", "--from", today(), "--to", today())
    file.write_text(json.dumps(data), encoding="utf-8")
    assert "It holds." in zhifu("statement", "verify", str(file), "--root", root)
    data["closing_units"] += 1
    file.write_text(json.dumps(data), encoding="utf-8")
    refused = zhifu.run("statement", "verify", str(file), "--root", root)
    assert refused.returncode == 1
    assert "It does not hold" in refused.stdout
    file.write_text("[", encoding="utf-8")
    assert zhifu.refused("statement", "verify", str(file), "--root", root).startswith("file: must")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("--month", "2026-13"), "month"),
        (("--month", "2026-03", "--from", "2026-03-01"), "month"),
        (("--from", "yesterday"), "from"),
        (("--to", "2026-03-01"), "from"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "to"),
        (("--html", "/nowhere/at/all.html"), "html"),
    ],
)
def test_what_is_no_period_or_file_is_refused(
    zhifu: Zhifu, asked: tuple[str, ...], field: str
) -> None:
    """STATEMENT-2"""
    assert zhifu.refused("statement", "network", *asked).startswith(f"{field}: must ")


def test_a_receipt_is_shown_and_written(zhifu: Zhifu) -> None:
    """RECEIPT-1"""
    html, order = zhifu.home / "receipt.html", (zhifu.home / "order").read_text(encoding="utf-8")
    shown = zhifu("receipt", order, "--html", str(html))
    assert "美元伍拾元整" in shown
    assert order in html.read_text(encoding="utf-8")
    assert "Fifty and 00/100 US dollars" in zhifu("receipt", order, "-L", "en")
    assert zhifu.json("receipt", order)["paid"]["provider"] == "sandbox"
    assert "ord_0000000000000001" in zhifu.refused("receipt", "ord_0000000000000001")
