"""The `zhifu` executable as a person or a program runs it, in a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhifu.cli import entry

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = Path(sys.executable).with_name("zhifu")

_OWN_VARIABLES = "ZHIFU_"
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Zhifu:
    """Runs commands with a home folder and a chain of their own."""

    home: Path
    rpc_url: str
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, **variables: str) -> dict[str, str]:
        """This process's environment, but for zhifu's own settings."""
        kept = {name: value for name, value in os.environ.items() if _OWN_VARIABLES not in name}
        own = {"ZHIFU_HOME": str(self.home), "ZHIFU_RPC": self.rpc_url, "NO_COLOR": "1"}
        return {**kept, **own, **self.variables, **variables}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever comes of it."""
        return run([str(EXECUTABLE), *arguments], self.environment(**variables))

    def __call__(self, *arguments: str, **variables: str) -> str:
        """Run a command that must succeed; its standard output."""
        found = self.run(*arguments, **variables)
        assert found.returncode == 0, f"zhifu {' '.join(arguments)}: {found.stderr}"
        return found.stdout

    def json(self, *arguments: str, **variables: str) -> Any:
        """Run a command that must succeed with --json; its one value."""
        return json.loads(self(*arguments, "--json", **variables))

    def refused(self, *arguments: str, **variables: str) -> str:
        """Run a command that must be refused in one line that names field and rule."""
        found = self.run(*arguments, **variables)
        assert found.returncode == 1, (found.returncode, found.stdout, found.stderr)
        assert found.stdout == ""
        (line,) = found.stderr.splitlines()
        assert line.startswith("zhifu: ")
        assert ": must " in line
        return line.removeprefix("zhifu: ")


class ZhifuHere(Zhifu):
    """The same in this process, where it starts at once: for what many commands promise."""

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the executable does, whatever comes of it."""
        before = dict(os.environ)
        out, err = io.StringIO(), io.StringIO()
        os.environ.update(self.environment(**variables))
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = entry.run(arguments)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return subprocess.CompletedProcess([*arguments], status, out.getvalue(), err.getvalue())


def interruptible() -> None:
    """Let a child be interrupted though whoever runs the tests is not, as in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(
    command: list[str], environment: dict[str, str], folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it wrote."""
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
