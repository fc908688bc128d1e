"""What runs beside the requests does not end unseen: SERVE-1."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson

from zhifu.api.logs import open_log
from zhifu.api.supervision import Supervision

PATIENCE_SECONDS = 120.0


class Part:
    """Does in each run what it is told, then waits for its end."""

    def __init__(self, *does: Callable[[], None]) -> None:
        self._does = [*does]
        self._stopped = threading.Event()
        self.runs = 0
        self.settled = threading.Event()

    def run(self) -> None:
        self.runs += 1
        if self._does:
            self._does.pop(0)()
            return
        self.settled.set()
        self._stopped.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self._stopped.set()


class Deaf(Part):
    """Does not end when it is told to."""

    def stop(self) -> None:
        pass


class Hands:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_break() -> None:
    raise RuntimeError("a defect")


def an_end() -> None:
    """It ends though nobody told it to."""


def logged(written: io.BytesIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in written.getvalue().splitlines()]


def test_a_part_that_breaks_or_ends_is_told_of_and_begun_again() -> None:
    written, part = io.BytesIO(), Part(a_break, an_end)
    log = open_log(stream=written)
    supervision = Supervision({"webhooks": part}, log, first_pause_seconds=0.01)
    supervision.start()
    assert part.settled.wait(PATIENCE_SECONDS)
    assert supervision.stop(PATIENCE_SECONDS) == []
    assert part.runs == 3
    broken, ended = logged(written)
    assert (broken["event"], broken["part"], broken["level"]) == ("defect", "webhooks", "error")
    assert broken["exception"][0]["exc_type"] == "RuntimeError"
    assert "told" in ended["detail"]


def test_a_part_that_broke_is_alive_again_when_it_has_run_for_a_while() -> None:
    clock, sound, broken = Hands(), Part(), Part(a_break)
    parts = {"sound": sound, "broken": broken}
    log = open_log(stream=io.BytesIO())
    supervision = Supervision(parts, log, clock, first_pause_seconds=0.01)
    assert supervision.alive() == {"sound": False, "broken": False}
    supervision.start()
    for part in parts.values():
        assert part.settled.wait(PATIENCE_SECONDS)
    assert supervision.alive() == {"sound": True, "broken": False}
    clock.now += 30
    assert supervision.alive() == {"sound": True, "broken": True}
    supervision.stop(PATIENCE_SECONDS)
    assert supervision.alive() == {"sound": False, "broken": False}


class Moody(Part):
    """Knows how it is."""

    is_well = True


def test_a_part_that_says_that_it_is_not_well_does_not_count_as_alive() -> None:
    """SERVE-1: though nothing broke it."""
    part = Moody()
    supervision = Supervision({"worker": part}, open_log(stream=io.BytesIO()))
    supervision.start()
    assert part.settled.wait(PATIENCE_SECONDS)
    assert supervision.alive() == {"worker": True}
    part.is_well = False
    assert supervision.alive() == {"worker": False}
    supervision.stop(PATIENCE_SECONDS)


def test_what_does_not_end_in_time_is_left_and_named() -> None:
    quick, deaf = Part(), Deaf()
    log = open_log(stream=io.BytesIO())
    supervision = Supervision({"deaf": deaf, "quick": quick}, log)
    supervision.start()
    for part in (quick, deaf):
        assert part.settled.wait(PATIENCE_SECONDS)
    quick.stop()
    while supervision.alive()["quick"]:
        time.sleep(0.01)
    assert supervision.stop(0.05) == ["deaf"]
    deaf._stopped.set()


def test_nothing_that_was_not_begun_is_waited_for() -> None:
    assert Supervision({"never": Part()}, open_log(stream=io.BytesIO())).stop(1) == []
