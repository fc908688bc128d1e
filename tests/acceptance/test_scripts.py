"""The scripts, as plain Python and by Brownie: they do their step, and can be run again."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import ROOT, Zhifu, run
from zhifu.anvil import Anvil, free_port

HASH = re.compile(r"0x[0-9a-f]{64}")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\b")

BROWNIE = """
import sys, brownie
brownie._config.CONFIG.networks["anvil"]["cmd_settings"]["port"] = int(sys.argv.pop(1))
from brownie._cli.__main__ import main
sys.argv[0] = "brownie"
main()
"""


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil() as chain:
        yield chain


@pytest.fixture(scope="module")
def zhifu(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    return Zhifu(tmp_path_factory.mktemp("home"), chain.rpc_url)


def script(zhifu: Zhifu, name: str) -> str:
    words = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), "--rpc", zhifu.rpc_url]
    found = run(words, zhifu.environment())
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def first(zhifu: Zhifu) -> dict[str, str]:
    """What each script printed when it ran for the first time, in their order."""
    return {name: script(zhifu, name) for name in ("deploy", "register", "purchase", "settle")}


@pytest.fixture(scope="module")
def second(zhifu: Zhifu, chain: Anvil, first: dict[str, str]) -> dict[str, str]:
    """What each printed when it ran once more, which must have left the chain alone."""
    before = on_chain(zhifu, chain)
    found = {name: script(zhifu, name) for name in first}
    assert on_chain(zhifu, chain) == before
    return found


def on_chain(zhifu: Zhifu, chain: Anvil) -> tuple[object, object]:
    return chain.rpc.call("eth_blockNumber"), zhifu.json("balance")


def test_each_prints_addresses_transactions_and_balances(first: dict[str, str]) -> None:
    assert len(ADDRESS.findall(first["deploy"])) >= 5
    assert len(HASH.findall(first["deploy"])) == 10
    assert "before" in first["deploy"]
    # Three platforms are admitted and given an operator, who accepts, learners and contents.
    assert len(HASH.findall(first["register"])) == 15
    assert len(ADDRESS.findall(first["register"])) == 3
    assert "before" in first["register"]
    assert len(HASH.findall(first["purchase"])) == 2
    assert "Before" in first["purchase"]
    assert len(HASH.findall(first["settle"])) == 1
    assert "Before" in first["settle"]


def test_a_second_run_changes_nothing(first: dict[str, str], second: dict[str, str]) -> None:
    assert "Deployed already" in second["deploy"]
    assert HASH.findall(second["deploy"]) == []
    assert " yes " not in second["register"]
    assert HASH.findall(second["register"]) == []
    assert "300 learners, 60 contents in all" in first["register"]
    assert "300 learners, 60 contents in all" in second["register"]
    assert "has udemy/1070968 already" in second["purchase"]
    assert HASH.findall(second["purchase"]) == []
    assert re.findall(r"pay_\w+", first["purchase"]) == re.findall(r"pay_\w+", second["purchase"])
    assert "Nothing waits" in second["settle"]


def test_what_was_bought_verifies(zhifu: Zhifu, first: dict[str, str]) -> None:
    assert zhifu.json("verify", "edx/how-to-learn-online", "-l", "1")["may_use"]
    assert zhifu.json("verify", "udemy/1070968", "--holder", "buyer")["may_use"]


def test_a_script_without_a_chain_says_so_in_a_line(tmp_path: Path) -> None:
    zhifu = Zhifu(tmp_path, f"http://127.0.0.1:{free_port()}")
    words = [sys.executable, str(ROOT / "scripts" / "deploy.py"), "--rpc", zhifu.rpc_url]
    found = run(words, zhifu.environment())
    assert found.returncode == 1
    assert found.stderr.startswith("zhifu: rpc: must be the address of a running node")
    assert len(found.stderr.splitlines()) == 1


def test_brownie_runs_a_step_on_a_chain_it_starts_itself(
    zhifu: Zhifu, second: dict[str, str], tmp_path: Path
) -> None:
    """Files of another chain are out of date there, and the steps before it are not done."""
    home = tmp_path / "home"
    shutil.copytree(zhifu.home, home)
    words = ["run", "scripts/settle.py", "--network", "anvil"]
    command = [sys.executable, "-c", BROWNIE, str(free_port()), *words]
    found = run(command, Zhifu(home, zhifu.rpc_url).environment())
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Deployed; written to" in found.stdout
    assert "The books of another deployment are now" in found.stdout
    assert "300 learners, 60 contents in all" in found.stdout
    assert "buys udemy/1070968 by an EIP-3009 signature" in found.stdout
    assert "udemy" in found.stdout.split("Batch")[1]


def test_a_chain_that_brownie_starts_leaves_the_own_one_alone(chain: Anvil, tmp_path: Path) -> None:
    """Both have one chain id, and so would share the deployment file and the books."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    zhifu = Zhifu(tmp_path / ".zhifu", chain.rpc_url)
    for name in ("deploy", "register", "purchase"):
        script(zhifu, name)
    words = ["run", "scripts/purchase.py", "--network", "anvil"]
    command = [sys.executable, "-c", BROWNIE, str(free_port()), *words]
    environment = {**zhifu.environment(), "ZHIFU_HOME": ""}
    deployment = (zhifu.home / "deployments" / "31337.json").read_text()
    found = run(command, environment, tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "its files are in .zhifu/brownie" in found.stdout
    assert (zhifu.home / "brownie" / "deployments" / "31337.json").exists()
    assert (zhifu.home / "deployments" / "31337.json").read_text() == deployment
    assert [each["orders"] for each in zhifu.json("settle", "udemy")["batches"]] == [1]
