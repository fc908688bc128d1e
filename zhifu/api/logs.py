"""Logs for programs: one JSON object a line, with the request's id, and no secret.

Only what is named in the code is logged of a request: no headers, no query, no body.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
from asyncio import get_running_loop
from collections.abc import MutableMapping
from datetime import datetime, timezone
from typing import Any, BinaryIO

import orjson
import structlog

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

#: What waits to be written, and for how long, while the service is busy.
_LAG_SECONDS = 0.05
_LAG_BYTES = 65_536
_LATEST_SECONDS = 1.0

_exceptions = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


class Lines:
    """Writes lines to a stream, from any thread; many at once while an event loop runs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._kept: list[bytes] = []
        self._bytes = 0
        self._expected_at = 0.0
        self._lock = threading.Lock()
        atexit.register(self.flush)

    def info(self, line: bytes) -> None:
        """Write a line soon."""
        with self._lock:
            self._kept.append(line)
            self._bytes += len(line)
            is_much = self._bytes >= _LAG_BYTES
        if is_much:
            self.flush()
        elif time.monotonic() >= self._expected_at:
            self._flush_soon()

    def warning(self, line: bytes) -> None:
        """Write a line, and whatever waits, at once."""
        with self._lock:
            self._kept.append(line)
        self.flush()

    debug = info
    error = critical = warning

    def flush(self) -> None:
        """Write whatever waits."""
        with self._lock:
            kept, self._kept, self._bytes = self._kept, [], 0
            if kept and not self._stream.closed:
                self._stream.write(b"\n".join([*kept, b""]))
                self._stream.flush()

    def _flush_soon(self) -> None:
        try:
            loop = get_running_loop()
        except RuntimeError:
            self.flush()
            return
        # A loop that ends before then will not do it, and the next line must not count on it.
        self._expected_at = time.monotonic() + _LATEST_SECONDS
        loop.call_later(_LAG_SECONDS, self._flush_due)

    def _flush_due(self) -> None:
        self._expected_at = 0.0
        self.flush()


def open_log(level: str = "info", stream: BinaryIO | None = None) -> Any:
    """A structlog logger that writes to `stream` (default: standard error)."""
    return structlog.wrap_logger(
        Lines(stream or sys.stderr.buffer),
        processors=[_render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
    ).bind()


class Forward(logging.Handler):
    """Gives what libraries log, by Python's own logging, to a structlog logger."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, with the stable `code` of the error that it tells of."""
        error = record.exc_info[1] if record.exc_info else None
        code = getattr(record, "code", None)
        told = {
            **({"code": code} if code else {}),
            **({"exc_info": error} if error else {}),
        }
        self._log.log(record.levelno, record.getMessage(), logger=record.name, **told)


def adopt(log: Any, *names: str) -> None:
    """Let what some libraries log go to `log`, and nowhere else."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Forward(log)], False
        logger.setLevel(logging.INFO)


def _render(logger: Any, method: str, event: MutableMapping[str, Any]) -> bytes:
    if "exc_info" in event:
        event = _exceptions(logger, method, event)
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return orjson.dumps({"at": now, "level": method, **event}, default=str)
