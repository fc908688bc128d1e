"""`zhifu audit`: an auditor with a node and a deployment file needs nothing else (AUDIT-1)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.zhifu_process import ROOT, Zhifu, ZhifuHere
from tests.integration.tampering import tamper
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network

INVARIANTS = [f"INV-{number}" for number in range(1, 9)]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil() as node:
        yield node


@pytest.fixture(scope="module")
def seller(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    """Somebody with books and keys, who has sold three licences and refunded one."""
    zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), anvil.rpc_url)
    zhifu("deploy")
    zhifu("platform", "add", "udemy")
    zhifu("learner", "register", "10", "-p", "udemy")
    zhifu("content", "publish", "-p", "udemy", "--ref", "cs50", "--price", "49.00")
    zhifu("deposit", "platform:udemy", "1000.00", "--mint")
    orders = [
        zhifu.json("purchase", "udemy/cs50", "-l", str(learner), "-p", "udemy")
        for learner in (1, 2, 3)
    ]
    zhifu("settle")
    zhifu("refund", str(orders[0]["orders"][0]["order"]))
    return zhifu


@pytest.fixture
def auditor(anvil: Anvil, seller: Zhifu, tmp_path: Path) -> Iterator[Zhifu]:
    """Somebody with an empty home."""
    snapshot = anvil.snapshot()
    yield ZhifuHere(tmp_path / "home", "http://127.0.0.1:1")
    anvil.revert(snapshot)


@pytest.fixture
def words(anvil: Anvil, seller: Zhifu) -> list[str]:
    (file,) = (seller.home / "deployments").iterdir()
    return ["audit", "--rpc", anvil.rpc_url, "--deployment", str(file)]


def by_name(data: Any) -> dict[str, Any]:
    return {each["invariant"]: each for each in data["invariants"]}


def test_every_invariant_has_a_line_with_the_numbers_that_show_it(
    auditor: Zhifu, words: list[str]
) -> None:
    data = auditor.json(*words)
    lines = by_name(data)
    assert list(lines) == INVARIANTS
    assert {each["holds"] for each in lines.values()} == {data["holds"]} == {True}
    money = lines["INV-1"]["numbers"]
    assert money == {
        "tokens": 1_000_000_000,
        "available": 902_000_000,
        "held": 98_000_000,
        "in_dispute": 0,
        "unaccounted": 0,
    }
    licences = {"orders": 3, "standing": 2, "refunded_orders": 1, "claimed": 0}
    assert lines["INV-5"]["numbers"] == licences
    assert not auditor.home.exists()


def test_people_are_shown_a_line_for_each_invariant(auditor: Zhifu, words: list[str]) -> None:
    lines = auditor(*words).splitlines()
    told = [line for line in lines if "holds" in line and "INV-" in line]
    assert [line.split()[0] for line in told] == INVARIANTS
    assert "1000.00 = 902.00 + 98.00 held" in told[0]
    text = (ROOT / "SPECIFICATION.md").read_text()
    assert [each for each in INVARIANTS if f"**{each}**" not in text] == []


def test_one_that_is_broken_is_named_and_the_exit_status_says_so(
    anvil: Anvil, auditor: Zhifu, words: list[str]
) -> None:
    with Chain(anvil.rpc_url) as chain:
        network = Network(chain, Deployment.load(Path(words[-1])))
        holder = int(network.settlement.address, 16)
        tamper(chain, network.token.address, (holder,), 10**9, 10**9 - 7)
    found = auditor.run(*words, "--json")
    assert found.returncode == 1
    lines = by_name(json.loads(found.stdout))
    assert [name for name, line in lines.items() if not line["holds"]] == ["INV-1"]
    assert lines["INV-1"]["findings"] == [
        "tokens are 7 short of what accounts, holds and disputes add up to"
    ]
    assert "BROKEN" in auditor.run(*words).stdout


def test_books_are_compared_if_they_are_named(
    auditor: Zhifu, seller: Zhifu, words: list[str], tmp_path: Path
) -> None:
    """AUDIT-4, 6."""
    (books,) = seller.home.glob("*.sqlite3")
    data = auditor.json(*words, "--database", f"sqlite:///{books}")
    assert data["holds"]
    assert (data["books"]["agree"], data["books"]["orders"]) == (True, 3)
    told = auditor(*words, "--database", f"sqlite:///{books}")
    names = [line.split()[0] for line in told.splitlines() if "holds" in line]
    assert names == [*INVARIANTS, "index", "orders"]

    changed = tmp_path / "changed.sqlite3"
    with closing(sqlite3.connect(books)) as connection:
        connection.execute("VACUUM INTO ?", (str(changed),))
    with closing(sqlite3.connect(changed, isolation_level=None)) as connection:
        connection.execute("UPDATE chain_prices SET price = 1")
    found = auditor.run(*words, "--database", f"sqlite:///{changed}", "--json")
    assert found.returncode == 1
    (difference,) = json.loads(found.stdout)["books"]["differences"]
    assert (difference["book"], difference["field"]) == ("index", "price")
    assert (difference["books"], difference["chain"]) == (1, 49_000_000)
    shown = auditor.run(*words, "--database", f"sqlite:///{changed}").stdout
    assert "price is 1 in the books and 49000000 on chain" in shown


def test_books_that_are_none_are_refused_in_a_line(
    auditor: Zhifu, words: list[str], tmp_path: Path
) -> None:
    """AUDIT-7."""
    missing = auditor.run(*words, "--database", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert (missing.returncode, missing.stdout, len(missing.stderr.splitlines())) == (1, "", 1)
    assert not (tmp_path / "none.sqlite3").exists()
    assert auditor.refused(*words, "--database", "nonsense").startswith("database: must be")


def test_a_deployment_file_that_is_none_is_refused(
    auditor: Zhifu, words: list[str], tmp_path: Path
) -> None:
    missing = auditor.run(*words[:-1], str(tmp_path / "none.json"))
    assert (missing.returncode, len(missing.stderr.splitlines())) == (1, 1)
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert auditor.refused(*words[:-1], str(other)).startswith("deployment: must be")
