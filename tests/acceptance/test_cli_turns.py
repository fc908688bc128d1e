"""A command that signs with an operator key waits for the gateway that signs with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import ZhifuHere
from zhifu.anvil import Anvil
from zhifu.cli import turn
from zhifu.leases import Leases
from zhifu.store import Store

COMMANDS = [
    ("learner", "add", "-p", "udemy"),
    ("learner", "register", "3", "-p", "udemy"),
    ("learner", "bind", "1", "-p", "udemy", "--user", "mei"),
    ("learner", "key", "1"),
    ("withdraw", "platform:udemy", "1.00"),
    ("deposit", "platform:udemy", "1.00", "--mint"),
    ("content", "publish", "-p", "udemy", "--ref", "b", "--price", "5.00"),
    ("content", "price", "udemy/a", "6.00"),
    ("content", "prices", "udemy/a", "2099-01-01=7.00"),
    ("content", "plan", "udemy/a", "--host-bps", "2500"),
    ("content", "close", "udemy/a"),
    ("top-up", "limit", "10.00", "-p", "udemy"),
    ("platform", "fee", "udemy", "--host-bps", "1500"),
    ("platform", "treasury", "udemy", "0x" + "12" * 20),
    ("platform", "transfer", "udemy", "0x" + "12" * 20),
    ("platform", "operator", "udemy", "0x" + "12" * 20),
]


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZhifuHere]:
    home = tmp_path_factory.mktemp("home")
    with Anvil() as chain:
        url = f"sqlite:///{home}/books.sqlite3"
        zhifu = ZhifuHere(home, chain.rpc_url, {"ZHIFU_DATABASE": url})
        zhifu("deploy")
        zhifu("platform", "add", "udemy")
        zhifu("learner", "add", "-p", "udemy")
        zhifu("content", "publish", "-p", "udemy", "--ref", "a", "--price", "5.00")
        zhifu("deposit", "platform:udemy", "100.00", "--mint")
        yield zhifu


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_command_waits_for_its_turn_at_an_operator_key(
    zhifu: ZhifuHere, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SUB-7"""
    monkeypatch.setattr(turn, "PATIENCE_SECONDS", 0.01)
    keys = {each["name"]: each["address"] for each in zhifu.json("key", "list")}
    with Store.open(zhifu.variables["ZHIFU_DATABASE"]) as store:
        serving, name = Leases(store, "serving"), f"lane/{keys['platform:udemy']}"
        assert serving.take(name, 600)
        assert zhifu.refused(*command).startswith("operator: must be free")
        serving.release(name)
        zhifu(*command)
        assert serving.take(name, 600), "the command has given it back"
        serving.release(name)


def test_a_command_makes_no_database_to_wait_by(zhifu: ZhifuHere, tmp_path: Path) -> None:
    """SUB-7"""
    file = tmp_path / "none.sqlite3"
    zhifu("learner", "add", "-p", "udemy", ZHIFU_DATABASE=f"sqlite:///{file}")
    assert not file.exists()
