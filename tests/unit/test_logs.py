"""Logs for programs: one JSON object a line, whoever wrote it and from whichever thread: LOG-1."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Iterator

import orjson
import pytest

from zhifu.api.logs import adopt, open_log

THREADS, LINES = 8, 500


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    """A logger as a library has it."""
    found = logging.getLogger("zhifu_of_a_test")
    yield found
    found.handlers, found.propagate = [], True


def test_what_modules_log_is_structured(library: logging.Logger) -> None:
    written = io.BytesIO()
    adopt(open_log(stream=written), library.name)
    child = library.getChild("worker")
    child.warning("job %s: %s", "sync", "no answer", extra={"code": "chain_unreachable"})
    try:
        raise RuntimeError("a defect")
    except RuntimeError:
        child.exception("job %s", "sync")
    child.debug("nothing for programs")
    warning, defect = (orjson.loads(line) for line in written.getvalue().splitlines())
    assert warning["event"] == "job sync: no answer"
    assert (warning["level"], warning["code"]) == ("warning", "chain_unreachable")
    assert warning["logger"] == "zhifu_of_a_test.worker"
    assert (defect["level"], defect["exception"][0]["exc_value"]) == ("error", "a defect")


def test_no_line_is_lost_between_threads() -> None:
    written = io.BytesIO()
    log = open_log(stream=written)

    def tell() -> None:
        for line in range(LINES):
            (log.warning if line % 2 else log.info)("line")

    async def beside() -> None:
        threads = [threading.Thread(target=tell) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            log.info("line")
            await asyncio.sleep(0)

    asyncio.run(beside())
    log.warning("the last")
    lines = [orjson.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert lines.count("line") >= THREADS * LINES
    assert lines[-1] == "the last"
