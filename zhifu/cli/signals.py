"""Waiting in a terminal until somebody wants an end."""

from __future__ import annotations

import signal
import threading
from typing import Any


def wait_for_a_signal() -> None:
    """Return when the process is interrupted, terminated or hung up on."""
    asked = threading.Event()

    def ask(*_: Any) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    asked.wait()
