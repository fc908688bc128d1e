"""`zhifu doctor` and `zhifu config` as a person and a program see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil, free_port

SECRET = "s3cret-s3cret"


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        ready = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        ready("deploy")
        yield ready


def test_all_is_well_after_a_deployment(zhifu: Zhifu) -> None:
    found = zhifu.json("doctor")
    assert found["healthy"] is True
    assert found["counts"]["failure"] == found["counts"]["skipped"] == 0
    assert {each["verdict"] for each in found["findings"]} == {"ok"}
    assert "0 failed, 0 to look at" in zhifu("doctor")


def test_a_failure_ends_with_status_1_and_is_told_with_what_to_do(zhifu: Zhifu) -> None:
    gone = {"ZHIFU_RPC": f"http://127.0.0.1:{free_port()}"}
    told = zhifu.run("doctor", "--json", **gone)
    assert (told.returncode, told.stderr) == (1, "")
    found = json.loads(told.stdout)
    assert found["healthy"] is False
    (failure,) = [each for each in found["findings"] if each["verdict"] == "failure"]
    assert failure["check"] == "chain.reachable"
    shown = zhifu.run("doctor", **gone)
    assert shown.returncode == 1
    assert "start the node" in shown.stdout


def test_no_secret_is_told(zhifu: Zhifu, tmp_path: Path) -> None:
    secrets = {
        "ZHIFU_KEY": SECRET,
        "ZHIFU_PASSWORD": SECRET,
        "ZHIFU_DATABASE": f"postgresql://u:{SECRET}@127.0.0.1:{free_port()}/z",
        "ZHIFU_PLATFORMS__1__KEYSTORES": str(tmp_path / "absent.json"),
        "ZHIFU_PROVIDERS__CARDS__KIND": "stripe",
        "ZHIFU_PROVIDERS__CARDS__SECRET_KEY": f"sk_test_{SECRET}",
        "ZHIFU_PROVIDERS__CARDS__WEBHOOK_SECRET": f"whsec_{SECRET}",
        "ZHIFU_PROVIDERS__CARDS__BASE_URL": f"http://127.0.0.1:{free_port()}",
    }
    for command in ("doctor", "config"):
        for form in ((), ("--json",)):
            told = zhifu.run(command, *form, **secrets)
            assert SECRET not in told.stdout + told.stderr
            assert "providers.cards.secret_key" in told.stdout or command == "doctor"


def test_settings_are_told_with_where_they_are_from(zhifu: Zhifu) -> None:
    found = {each["setting"]: each for each in zhifu.json("config", ZHIFU_HTTP__PORT="9000")}
    assert found["http.port"]["origin"] == "ZHIFU_HTTP__PORT"
    assert found["http.port"]["value"] == "9000"
    assert found["http.host"]["origin"] == "default"
    assert found["chain.rpc"]["value"] == zhifu.rpc_url


def test_mistakes_of_a_configuration_have_a_line_each(zhifu: Zhifu) -> None:
    wrong = {"ZHIFU_HTTP__PORT": "x", "ZHIFU_LOGGING__LEVEL": "loud", "ZHIFU_HTPP__HOST": "x"}
    told = zhifu.run("doctor", **wrong)
    assert (told.returncode, told.stdout) == (1, "")
    assert sorted(line.split(":")[1].strip() for line in told.stderr.splitlines()) == sorted(wrong)
    error = json.loads(zhifu.run("doctor", "--json", **wrong).stderr)
    assert error["code"] == "invalid_configuration"
    assert len(error["values"]["mistakes"]) == 3


def test_an_address_on_the_command_line_wins_over_either_variable(zhifu: Zhifu) -> None:
    found = zhifu.json("config", "--rpc", "http://one", ZHIFU_CHAIN__RPC="http://two")
    assert [each["value"] for each in found if each["setting"] == "chain.rpc"] == ["http://one"]
