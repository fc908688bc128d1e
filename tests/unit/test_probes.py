"""Asking how the service is costs it one thread, whoever asks however often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from zhifu.api.probes import BROKEN, GOOD, SILENT, Probe
from zhifu.exceptions import ChainUnreachable

FOREVER = 120.0


class Node:
    """Something that answers once it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = 0
        self.is_gone = False

    def ask(self) -> int:
        self.asked += 1
        assert self.let.wait(FOREVER)
        if self.is_gone:
            raise ChainUnreachable("http://node", "it went away")
        return 1


@pytest.fixture
def node() -> Iterator[Node]:
    found = Node()
    yield found
    found.let.set()


def test_what_hangs_is_asked_once_for_all_who_want_to_know(node: Node) -> None:
    """API-12"""

    async def story() -> None:
        now = [0.0]
        probe = Probe(node.ask, patience_seconds=0.05, clock=lambda: now[0])
        assert set(await asyncio.gather(*(probe.answer() for _ in range(50)))) == {SILENT}
        now[0] = 10.0
        assert await asyncio.wait_for(probe.answer(), FOREVER) == SILENT
        assert node.asked == 1
        node.let.set()
        now[0] = -FOREVER  # as if nobody had lost patience yet
        assert await probe.answer() == GOOD
        assert node.asked == 1
        probe.close()

    asyncio.run(story())


def test_an_answer_holds_for_a_moment(node: Node) -> None:
    """API-12"""
    node.let.set()

    async def story() -> None:
        now = [0.0]
        probe = Probe(node.ask, kept_seconds=1.0, clock=lambda: now[0])
        assert [await probe.answer() for _ in range(9)] == [GOOD] * 9
        assert node.asked == 1
        node.is_gone, now[0] = True, 0.9
        assert await probe.answer() == GOOD
        now[0] = 1.0
        assert await probe.answer() == "chain_unreachable"
        assert node.asked == 2
        probe.close()

    asyncio.run(story())


def test_a_question_that_fails_like_nobody_expected_is_told_as_broken() -> None:
    """API-12"""
    asked = []

    def ask() -> None:
        asked.append(1)
        raise TypeError("a defect")

    async def story() -> None:
        probe = Probe(ask, clock=lambda: 0.0)
        assert [await probe.answer() for _ in range(3)] == [BROKEN] * 3
        probe.close()

    asyncio.run(story())
    assert len(asked) == 1


def test_whoever_goes_away_takes_no_answer_from_the_others(node: Node) -> None:
    """API-12"""

    async def story() -> None:
        probe = Probe(node.ask, patience_seconds=FOREVER)
        first, second = (asyncio.ensure_future(probe.answer()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        node.let.set()
        assert await second == GOOD
        assert node.asked == 1
        probe.close()

    asyncio.run(story())
