"""What a command takes: its seconds, those of the processor, and its memory at most.

python -m benchmarks.measured_command COMMAND ...      what `run_measured` runs

A process counts the memory of whoever started it as its own until it has more. So the one that
starts a measured command is this one, which has next to none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple


class Measured(NamedTuple):
    """What came of a command: what it told, its own seconds, the processor's, and MiB at most."""

    told: Any
    seconds: float
    processor_seconds: float
    peak_memory: float


def run_measured(*command: str, folder: Path) -> Measured:
    """Run a command that answers in JSON, in a folder.

    Raises CalledProcessError if it answers nothing.
    """
    outer = [sys.executable, __file__, *command]
    told = subprocess.run(outer, check=True, cwd=folder, stdout=subprocess.PIPE).stdout
    return Measured(*json.loads(told))


def main() -> None:
    """Run the arguments as a command, and tell in JSON what it told and took."""
    began = time.perf_counter()
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as process:
        told = process.stdout.read() if process.stdout else b""
        _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    processor = used.ru_utime + used.ru_stime
    print(json.dumps([json.loads(told), seconds, processor, used.ru_maxrss / 1_024]))


if __name__ == "__main__":
    main()
