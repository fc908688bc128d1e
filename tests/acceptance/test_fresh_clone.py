"""README's two commands on a fresh machine: a new clone, an empty home, nothing but the system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 900


class FreshMachine:
    """A clone of what is committed, and an environment that knows nothing of this one."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "zhifu"
        self.home = folder / "home"
        self.home.mkdir()
        words = ["git", "clone", "--quiet", str(ROOT), str(self.clone)]
        subprocess.run(words, check=True, env=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """Where packages come from is the machine's affair; all else starts from nothing."""
        kept = ("PIP_", "SSL_", "NODE_EXTRA_", "http", "no_proxy", "GIT_CONFIG")
        settings = {name: value for name, value in os.environ.items() if name.startswith(kept)}
        python = Path(sys.base_prefix) / "bin"
        return {**settings, "HOME": str(self.home), "PATH": f"{python}:/usr/bin:/bin"}

    def make(self, *words: str) -> str:
        """Run make in the clone; it must succeed."""
        found = subprocess.run(
            ["make", *words],
            cwd=self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert found.returncode == 0, found.stdout[-2_000:] + found.stderr[-2_000:]
        return found.stdout


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> FreshMachine:
    return FreshMachine(tmp_path_factory.mktemp("machine"))


def test_make_demo_sets_everything_up_and_tells_the_story(machine: FreshMachine) -> None:
    assert "conservation: true" in machine.make("demo")
    assert "</html>" in (machine.clone / ".zhifu" / "demo.html").read_text()


def test_make_test_runs_every_kind_of_tests(machine: FreshMachine) -> None:
    # One file of each kind: all of them would run this test again.
    chosen = (
        "TESTS=tests/unit/test_netting.py",
        "CONTRACT_TESTS=tests/contracts/test_add_window.py",
        "FORGE_TESTS=tests/forge/unit/AddWindow.t.sol",
    )
    said = machine.make("test", *chosen)
    assert len(re.findall(r"^=+ \d+ passed", said, re.MULTILINE)) == 2
    assert re.search(r"\d+ tests passed, 0 failed", said)


def test_nothing_but_pips_cache_is_left_in_the_home_folder(machine: FreshMachine) -> None:
    machine.make("setup")
    assert {path.name for path in machine.home.iterdir()} <= {".cache"}
