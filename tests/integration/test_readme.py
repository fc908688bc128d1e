"""What the pages tell a reader to type does what they say, in the order they say it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhifu.anvil import free_port

ROOT = Path(__file__).parents[2]
README, QUICKSTART = ROOT / "README.md", ROOT / "docs" / "quickstart.md"


def code(page: Path, language: str) -> list[str]:
    text = page.read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def story(page: Path) -> str:
    """The commands of a page that run `zhifu`, without those that install it."""
    commands = "".join(block for block in code(page, "sh") if block.startswith("zhifu "))
    assert "zhifu up --detach" in commands
    return commands


class Reader:
    """Someone with an empty folder who types what a page says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ZHIFU_")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "100",
            "ZHIFU_RPC": f"http://127.0.0.1:{free_port()}",
        }

    def types(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def operator(reader: Reader) -> Iterator[Reader]:
    """A reader who starts a chain, and is not left with it."""
    yield reader
    reader.types("zhifu", "down")


def test_the_readme_shows_what_the_demo_prints(reader: Reader) -> None:
    (shown,) = code(README, "text")
    printed = {line.rstrip() for line in reader.types("zhifu", "demo").splitlines()}
    assert [line for line in shown.splitlines() if line not in printed] == []


def test_the_readme_tells_the_truth(operator: Reader) -> None:
    said = operator.types("bash", "-euc", story(README))
    assert "Yes: learner 1 may use edx/cs50." in said
    assert "33.32 USD paid from creator:edx" in said
    before, after = operator.types("python", "-c", "\n".join(code(README, "python"))).splitlines()
    assert before.endswith("paid False")
    assert after.endswith("True")


def test_the_quickstart_tells_the_truth(operator: Reader) -> None:
    said = operator.types("bash", "-euc", story(QUICKSTART))
    assert "Yes: learner 1 may use edx/cs50." in said
    assert "4.90 USD paid from platform:edx" in said
    lines = operator.types("python", "-c", "\n".join(code(QUICKSTART, "python"))).splitlines()
    assert lines[0].endswith("49.00 USD paid")
    assert lines[1].startswith("1 in batch 2 ")
    # What the audit finds: it adds up, all is available, nothing is held, nothing is out of place.
    assert lines[2:] == ["open", "refunded False", "True 961780000 0"]
