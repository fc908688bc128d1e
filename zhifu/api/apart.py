"""A part of the service that is a process of its own, and so has a core of its own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

WELL, UNWELL = "well\n", "unwell\n"


class Apart:
    """Runs `command` as a process that ends once its standard input does.

    So it ends with this process, however that ends. Whoever supervises begins it again if it ends
    before. It inherits the environment, and complains to where this process does. On its standard
    output it tells, as `WELL` or `UNWELL`, whether what it is there for gets done.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = [*command]
        self._starting = threading.Lock()
        self._is_stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._told = WELL

    def run(self) -> None:
        """Begin the process, and return when it has ended."""
        with self._starting:
            if self._is_stopped:
                return
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        self._listen(self._process)
        self._process.wait()
        self._close(self._process)

    def stop(self) -> None:
        """Have the process end after what it is at; `run` returns then, and ends at once later."""
        with self._starting:
            self._is_stopped = True
        if self._process is not None:
            self._close(self._process)

    @property
    def is_well(self) -> bool:
        """What the process told of itself last; one that told nothing is well."""
        return self._told == WELL

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        self._told = WELL
        if process.stdout is not None:
            with process.stdout as told:
                for line in told:
                    self._told = line.decode(errors="replace")

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
