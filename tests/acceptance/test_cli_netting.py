"""`zhifu netting` as people and programs see it (NET-2, NET-5)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        for name in ("udemy", "edx", "coursera"):
            zhifu("platform", "add", name)
            zhifu("learner", "add", "-p", name)
            zhifu("content", "publish", "-p", name, "--ref", "one", "--price", "50.00")
            zhifu("deposit", f"platform:{name}", "1000.00", "--mint")
        for content, seller in (("edx", "udemy"), ("udemy", "edx"), ("coursera", "udemy")):
            zhifu("purchase", f"{content}/one", "-l", "1", "-p", seller)
            zhifu("settle")
        yield zhifu


def test_positions_flows_and_defaults_are_told_to_programs(zhifu: Zhifu) -> None:
    """Of 50.00 the seller's commission is 10.00: the host is owed 40.00."""
    found = zhifu.json("netting")
    together = found["together"]
    assert {each["platform"]: each["net_units"] for each in together["positions"]} == {
        "udemy": -40_000_000,
        "edx": 0,
        "coursera": 40_000_000,
    }
    assert (together["orders"], together["gross"]) == (3, "120.00 USD")
    assert (together["needed"], together["net"], together["saved"]) == (
        "40.00 USD",
        "40.00 USD",
        "80.00 USD",
    )
    assert {(each["from"], each["to"], each["amount"]) for each in together["bilateral"]} == {
        ("udemy", "coursera", "40.00 USD")
    }
    assert (found["windows"][0]["window"], found["windows"][0]["state"]) == (1, "open")


def test_the_default_of_one_platform_can_be_asked_for(zhifu: Zhifu) -> None:
    found = zhifu.json("netting", "--default", "udemy")["defaults"]
    assert [(each["platform"], each["net"], each["loses"]) for each in found] == [
        ("edx", "0.00 USD", "0.00 USD"),
        ("coursera", "0.00 USD", "40.00 USD"),
    ]


def test_windows_by_number_add_up_to_all(zhifu: Zhifu) -> None:
    whole = zhifu.json("netting", "--blocks", "1")
    orders = [
        zhifu.json("netting", "--blocks", "1", "--window", str(each["window"]))["together"]
        for each in whole["windows"]
    ]
    assert [each["orders"] for each in orders] == [1, 1, 1]
    last = whole["to"]
    some = zhifu.json("netting", "--blocks", "1", "--from", "1", "--to", str(last))
    assert some["together"] == whole["together"]


def test_people_get_tables(zhifu: Zhifu) -> None:
    shown = zhifu("netting")
    for told in ("Window 1 is open", "40.00 USD", "-40.00 USD", "coursera", "66.66 % less"):
        assert told in shown
    assert "No platform owed" in zhifu("netting", "--blocks", "1", "--window", "1")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--window", "0"), "window"),
        (("--window", "99"), "window"),
        (("--window", "1", "--to", "1"), "window"),
        (("--from", "99"), "from"),
        (("--to", "99"), "to"),
        (("--blocks", "1", "--from", "2", "--to", "1"), "to"),
        (("--blocks", "0"), "blocks"),
    ],
)
def test_windows_that_are_none_are_refused_in_a_line(
    zhifu: Zhifu, words: tuple[str, ...], field: str
) -> None:
    assert zhifu.refused("netting", *words).startswith(f"{field}: must ")
    error = json.loads(zhifu.run("netting", *words, "--json").stderr)
    assert (error["code"], error["field"]) == ("invalid_input", field)


def test_an_unknown_platform_is_refused(zhifu: Zhifu) -> None:
    assert "nobody" in zhifu.refused("netting", "--default", "nobody")
