"""SERVE-1: a part of the service that is a process of its own does not end unseen, and
ends with the service."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zhifu.api.apart import UNWELL, WELL, Apart
from zhifu.api.logs import open_log
from zhifu.api.settling import settles_apart
from zhifu.api.supervision import Supervision
from zhifu.config import Settings

PATIENCE_SECONDS = 60.0

#: Notes its process number, and waits to be told.
WAITING = """
import os, sys
print(os.getpid(), file=open(sys.argv[1], "a"), flush=True)
sys.stdin.buffer.read()
"""
#: Tells each line of its standard input.
TELLING = """
import sys
for line in sys.stdin:
    print(line, end="", flush=True)
"""
PARENT = """
import sys
from zhifu.api.apart import UNWELL, WELL, Apart
Apart([sys.executable, "-c", *sys.argv[1:]]).run()
"""


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_one_that_dies_is_begun_again_and_told_of(tmp_path: Path) -> None:
    file, told = tmp_path / "pids", io.BytesIO()
    part = Apart([sys.executable, "-c", WAITING, str(file)])
    supervision = Supervision({"settlement": part}, open_log(stream=told), first_pause_seconds=0)
    supervision.start()
    until(lambda: len(begun(file)) == 1)
    assert supervision.alive() == {"settlement": True}
    os.kill(begun(file)[0], signal.SIGKILL)
    until(lambda: len(begun(file)) == 2)
    assert supervision.alive() == {"settlement": False}
    assert b"ended without being told to" in told.getvalue()
    assert supervision.stop(PATIENCE_SECONDS) == []
    assert not any(is_there(each) for each in begun(file))


def test_one_that_tells_that_it_is_not_well_does_not_count_as_alive() -> None:
    part = Apart([sys.executable, "-c", TELLING])
    supervision = Supervision({"settlement": part}, open_log(stream=io.BytesIO()))
    supervision.start()
    until(lambda: supervision.alive()["settlement"] and part._process is not None)
    for told, is_well in ((UNWELL, False), (WELL, True)):
        assert part._process is not None
        assert part._process.stdin is not None
        part._process.stdin.write(told.encode())
        part._process.stdin.flush()
        until(lambda: supervision.alive() == {"settlement": is_well})  # noqa: B023
    assert supervision.stop(PATIENCE_SECONDS) == []


def test_one_that_is_told_before_it_began_does_not_begin(tmp_path: Path) -> None:
    part = Apart([sys.executable, "-c", WAITING, str(tmp_path / "pids")])
    part.stop()
    part.run()
    assert begun(tmp_path / "pids") == []


def test_it_ends_with_a_service_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    with subprocess.Popen([sys.executable, "-c", PARENT, WAITING, str(file)]) as service:
        until(lambda: len(begun(file)) == 1)
        service.kill()
    until(lambda: not is_there(begun(file)[0]))


@pytest.mark.parametrize(
    ("setting", "apart"),
    [
        ({}, True),
        ({"ZHIFU_BATCHES__OWN_PROCESS": "false"}, False),
        ({"ZHIFU_DATABASE": "sqlite:///:memory:"}, False),
        ({"ZHIFU_DATABASE": "sqlite://"}, False),
    ],
)
def test_settling_has_a_process_of_its_own_where_that_can_be(
    tmp_path: Path, setting: dict[str, str], apart: bool
) -> None:
    settings = Settings.load({"ZHIFU_HOME": str(tmp_path), **setting})
    assert settles_apart(settings) is apart


def test_what_is_asked_for_at_the_terminal_is_asked_once(tmp_path: Path) -> None:
    file = tmp_path / "zhifu.toml"
    file.write_text('[platforms.1]\nkeystores = ["key.json"]\nprompt = true\n')
    settings = Settings.load({"ZHIFU_CONFIG": str(file), "ZHIFU_HOME": str(tmp_path)})
    assert not settles_apart(settings)


BROKEN = """
import io, sys
from zhifu.api import settling
from zhifu.api.logs import open_log

class Part:
    def run(self):
        raise RuntimeError("a defect")

    def stop(self):
        pass

sys.exit(settling._run({"settlement:1": Part()}, open_log(stream=sys.stdout.buffer), 1))
"""


def test_a_defect_ends_the_process_that_settles() -> None:
    child = [sys.executable, "-c", BROKEN]
    with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.wait(PATIENCE_SECONDS) == 1
        assert b"a defect" in (process.stdout or io.BytesIO()).read()


HANGING = """
import sys, threading
from zhifu.api import settling
from zhifu.api.logs import open_log

class Part:
    is_well = True

    def run(self):
        print("begun", flush=True)
        threading.Event().wait()

    def stop(self):
        pass

sys.exit(settling._run({"settlement:1": Part()}, open_log(), 0.1))
"""


@pytest.mark.parametrize("is_told", [True, False], ids=["terminated", "left"])
def test_a_settlement_that_hangs_does_not_outlive_the_service(is_told: bool) -> None:
    child = [sys.executable, "-c", HANGING]
    with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert (process.stdout or io.BytesIO()).readline() == b"begun\n"
        if is_told:
            process.terminate()
        elif process.stdin is not None:
            process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == 0
