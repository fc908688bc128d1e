"""Logs for programs: one JSON object a line, with the request's id, and no secret.

Only what is named here is logged of a request: no headers, no query, no body.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, BinaryIO

import orjson
import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def open_log(level: str = "info", stream: BinaryIO | None = None) -> Any:
    """A structlog logger that writes to `stream` (default: standard error)."""
    return structlog.wrap_logger(
        structlog.BytesLogger(stream or sys.stderr.buffer),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )


class Forward(logging.Handler):
    """Gives what libraries log, by Python's own logging, to a structlog logger."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        error = record.exc_info[1] if record.exc_info else None
        event = self._log.bind(logger=record.name)
        event.log(record.levelno, record.getMessage(), **({"exc_info": error} if error else {}))


def adopt(log: Any, *names: str) -> None:
    """Let what some libraries log go to `log`, and nowhere else."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Forward(log)], False
        logger.setLevel(logging.INFO)


def _json(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)
