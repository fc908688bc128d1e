"""A part of the service that is a process of its own, and so has a core of its own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence


class Apart:
    """Runs `command` as a process that ends once its standard input does.

    So it ends with this process, however that ends. Whoever supervises begins it again if it ends
    before. It inherits the environment, and writes to where this process does.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = [*command]
        self._starting = threading.Lock()
        self._is_stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Begin the process, and return when it has ended."""
        with self._starting:
            if self._is_stopped:
                return
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        self._process.wait()
        self._close(self._process)

    def stop(self) -> None:
        """Have the process end after what it is at; `run` returns then, and ends at once later."""
        with self._starting:
            self._is_stopped = True
        if self._process is not None:
            self._close(self._process)

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
