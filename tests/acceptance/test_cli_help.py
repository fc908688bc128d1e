"""The command line explains itself."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.acceptance.zhifu_process import Zhifu, run
from zhifu.cli.app import app

COMMANDS = {
    *("up", "deploy", "platform", "learner", "content"),
    *("deposit", "purchase", "settle", "verify", "claim", "refund"),
    *("release", "withdraw", "balance", "audit", "report", "demo", "replay"),
}

GROUPS = {
    "platform": "add list show operator accept transfer treasury fee status",
    "role": "list nominate accept dismiss",
    "learner": "add register bind key show",
    "content": "publish list price prices plan open close",
    "key": "new import list",
}


def verbs() -> Iterator[Any]:
    """Every command that does something, with its full name."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from ((f"{name} {verb}", each) for verb, each in command.commands.items())
        else:
            yield name, command


VERBS = dict(verbs())


def examples() -> list[str]:
    lines = [line.strip() for command in VERBS.values() for line in command.epilog.split("\n")]
    lines += [line.strip().split("  ")[0] for line in (get_command(app).help or "").split("\n")]
    return [line[line.index("zhifu ") :] for line in lines if "zhifu " in line and line[0] != "E"]


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Zhifu:
    return Zhifu(tmp_path_factory.mktemp("home"), "http://127.0.0.1:1")


def test_every_promised_command_is_there() -> None:
    named = {name.split()[0] for name in VERBS}
    assert named >= COMMANDS
    for noun, its_verbs in GROUPS.items():
        assert {f"{noun} {verb}" for verb in its_verbs.split()} <= set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_help_has_a_purpose_an_example_and_the_common_options(name: str) -> None:
    command = VERBS[name]
    purpose = command.help.split("\n\n")[0]
    assert purpose[0].isupper()
    assert purpose.rstrip()[-1] in ".?;"
    assert f"zhifu {name}" in command.epilog
    options = {option for each in command.params for option in each.opts}
    assert {"--json", "--rpc", "--home", "--key-name"} <= options
    assert all(getattr(each, "help", None) for each in command.params)


@pytest.mark.parametrize("example", examples())
def test_every_example_is_a_command_that_parses(example: str) -> None:
    words = shlex.split(example)
    assert words[0] == "zhifu"
    name = next(name for name in (" ".join(words[1:3]), words[1]) if name in VERBS)
    arguments = words[1 + len(name.split()) :]
    VERBS[name].make_context(name, arguments)


def test_help_names_the_environment_variables(zhifu: Zhifu) -> None:
    shown = zhifu("balance", "--help")
    for variable in ("ZHIFU_RPC", "ZHIFU_HOME", "ZHIFU_KEY", "ZHIFU_KEYSTORE", "ZHIFU_PASSWORD"):
        assert variable in shown


def test_help_needs_none_of_the_slow_libraries(zhifu: Zhifu) -> None:
    program = (
        "import sys; from zhifu.cli.entry import run; assert run(['--help']) == 0;"
        "print(sorted({'web3', 'eth_account', 'sqlalchemy', 'httpx'} & set(sys.modules)))"
    )
    found = run([sys.executable, "-c", program], zhifu.environment())
    assert found.stdout.splitlines()[-1] == "[]"


def test_a_wrong_use_is_told_in_a_line_and_ends_with_2(zhifu: Zhifu) -> None:
    for arguments in (
        ["platfrm"],
        ["platform", "add"],
        ["settle", "--limit", "0"],
        ["verify", "-x"],
    ):
        found = zhifu.run(*arguments)
        assert found.returncode == 2
        assert found.stdout == ""
        assert len(found.stderr.splitlines()) == 1
        assert found.stderr.startswith("zhifu: ")


def test_the_version_is_the_packages(zhifu: Zhifu) -> None:
    declared = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'version = "{zhifu("--version").strip()}"' in declared
