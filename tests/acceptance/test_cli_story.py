"""The walk that `zhifu --help` proposes, from an empty folder to the first withdrawal."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.zhifu_process import Zhifu
from zhifu.anvil import free_port
from zhifu.chain import Chain
from zhifu.cli.root import app

WALK = [
    shlex.split(line.strip().split("  ")[0])[1:]
    for line in str(app.info.help).splitlines()
    if line.startswith("  zhifu ")
]


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    zhifu = Zhifu(tmp_path_factory.mktemp("home"), f"http://127.0.0.1:{free_port()}")
    yield zhifu
    zhifu("down")


@pytest.fixture(scope="module")
def walked(zhifu: Zhifu) -> dict[str, Any]:
    """What the last command of each kind answered."""
    return {words[0]: zhifu.json(*words) for words in WALK}


def balances(zhifu: Zhifu) -> dict[str, int]:
    return {each["account"]: each["available_units"] for each in zhifu.json("balance")}


def chain_time(zhifu: Zhifu) -> int:
    with Chain(zhifu.rpc_url) as chain:
        return chain.timestamp()


def test_the_walk_is_twelve_commands_and_ends_with_a_withdrawal() -> None:
    assert len(WALK) == 12
    assert WALK[0][0] == "up"
    assert WALK[-1][0] == "withdraw"


def test_the_buyer_on_one_platform_may_use_the_content_on_another(walked: dict[str, Any]) -> None:
    assert walked["verify"]["name"] == "edx/cs50"
    assert walked["verify"]["may_use"] is True


def test_one_batch_settled_the_order(walked: dict[str, Any]) -> None:
    (batch,) = walked["settle"]["batches"]
    assert (batch["name"], batch["number"], batch["orders"]) == ("udemy", 1, 1)
    assert batch["debit_units"] == 49_000_000


def test_the_whole_price_is_released_and_divided_by_the_plan(
    zhifu: Zhifu, walked: dict[str, Any]
) -> None:
    assert walked["release"]["released_units"] == 49_000_000
    assert walked["withdraw"]["withdrawn_units"] == 4_900_000
    left = balances(zhifu)
    assert left["platform:edx"] == 0
    assert left["platform:udemy"] == 1_000_000_000 - 49_000_000 + 9_800_000
    assert left["creator:edx"] == 33_320_000
    assert left["network"] == 980_000


def test_nobody_else_may_use_it(zhifu: Zhifu, walked: dict[str, Any]) -> None:
    zhifu("learner", "add", "-p", "edx")
    found = zhifu.run("verify", "edx/cs50", "-l", "2")
    assert found.returncode == 3
    assert found.stdout == "No: learner 2 may not use edx/cs50.\n"


def test_the_chain_goes_on_where_it_was_after_a_restart(
    zhifu: Zhifu, walked: dict[str, Any]
) -> None:
    before, time_before = balances(zhifu), chain_time(zhifu)
    assert zhifu.json("down")["stopped"]
    assert "must be the address of a running node" in zhifu.refused("balance")
    assert zhifu.json("up", "--detach")["started"]
    assert balances(zhifu) == before
    zhifu("purchase", "edx/cs50", "-l", "1", "-p", "udemy")
    assert zhifu.json("settle")["batches"][0]["number"] == 2
    # The walk moved the clock weeks ahead; if it fell back, maturity would come undone.
    assert chain_time(zhifu) >= time_before


def test_starting_what_runs_is_no_error(zhifu: Zhifu, walked: dict[str, Any]) -> None:
    assert zhifu.json("up")["started"] is False
    assert zhifu.json("deploy")["new"] is False
