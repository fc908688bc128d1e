"""``zhifu down``: the end of a detached local chain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session
from zhifu.cli.up import pid_file

_PATIENCE_SECONDS = 20.0


@command(app, "down", "zhifu down", panel=SET_UP)
def down(session: Session) -> Answer:
    """Stop the local chain that `zhifu up --detach` started; it is kept for the next start."""
    path = pid_file(session)
    pid = _running(path.read_text(encoding="utf-8")) if path.exists() else None
    if pid is not None:
        _end(pid)
    path.unlink(missing_ok=True)
    said = "The local chain is stopped." if pid else "No detached chain runs."
    return answer({"stopped": pid is not None, "pid": pid}, said)


def _running(text: str) -> int | None:
    """The process number in a text, if it is still an Anvil's."""
    with contextlib.suppress(ValueError, OSError):
        pid = int(text)
        return pid if "anvil" in _program(pid) else None
    return None


def _program(pid: int) -> str:
    """What a process runs; not every machine has ``ps``, nor every system ``/proc``."""
    name = Path(f"/proc/{pid}/comm")
    if name.exists():
        return name.read_text(encoding="utf-8")
    asked = ["ps", "-p", str(pid), "-o", "comm="]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def _end(pid: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
