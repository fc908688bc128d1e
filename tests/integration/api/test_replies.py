"""Whose answer is kept when a request is cut short, or outlived by another under its key."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from starlette.responses import Response

from tests.databases import Databases, databases
from zhifu.api.replies import LONGEST_SECONDS, Replies, Work
from zhifu.exceptions import ChainUnreachable, RequestInProgress, RequestInterrupted
from zhifu.store import Store

__all__ = ["databases"]

KEY = (1, "cut")
HASH = b"h" * 32


class Scene:
    """Several processes over one database, at one time, and what they did."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1_000
        self.begun: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.done: list[str] = []

    def process(self) -> Replies:
        async def here(function: Callable[..., Any], *args: Any) -> Any:
            return function(*args)

        return Replies(self.store, here, lambda: self.now)

    def work(self, name: str, until: asyncio.Event | None = None, *, fails: bool = False) -> Work:
        async def effect() -> Response:
            self.begun[name].set()
            if until is not None:
                await until.wait()
            if fails:
                raise ChainUnreachable("http://node", "it went away")
            self.done.append(name)
            return Response(b'"%s"' % name.encode(), 201)

        return effect

    def cut_short(self) -> None:
        """A process begins and ends before its work does."""

        async def story() -> None:
            never = self.work("never", asyncio.Event())
            begun = asyncio.ensure_future(self.process().once(*KEY, HASH, never))
            await self.begun["never"].wait()
            begun.cancel()

        asyncio.run(story())


@pytest.fixture
def scene(databases: Databases) -> Iterator[Scene]:
    with Store.open(databases.url()) as store:
        yield Scene(store)


def tell(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_what_was_cut_short_is_begun_again_only_where_that_is_harmless(scene: Scene) -> None:
    """API-3"""
    scene.cut_short()

    async def story() -> None:
        replies = scene.process()
        with pytest.raises(RequestInProgress):
            await replies.once(*KEY, HASH, scene.work("early"), is_repeatable=True)
        scene.now += LONGEST_SECONDS
        with pytest.raises(RequestInterrupted):
            await replies.once(*KEY, HASH, scene.work("unsafe"))
        await replies.once(*KEY, HASH, scene.work("safe"), is_repeatable=True)
        await replies.once(*KEY, HASH, scene.work("again"), is_repeatable=True)
        assert replies.forget(scene.now + 1) == 1
        await replies.once(*KEY, b"i" * 32, scene.work("forgotten"))

    tell(story)
    assert scene.done == ["safe", "forgotten"]


@pytest.mark.parametrize("fails", [False, True])
def test_whoever_was_taken_over_neither_frees_nor_answers_the_key(
    scene: Scene, fails: bool
) -> None:
    """API-3"""

    async def story() -> None:
        slow, other = asyncio.Event(), asyncio.Event()
        first = asyncio.ensure_future(
            scene.process().once(
                *KEY, HASH, scene.work("first", slow, fails=fails), is_repeatable=True
            )
        )
        await scene.begun["first"].wait()
        scene.now += LONGEST_SECONDS
        heir = asyncio.ensure_future(
            scene.process().once(*KEY, HASH, scene.work("heir", other), is_repeatable=True)
        )
        await scene.begun["heir"].wait()
        slow.set()
        await asyncio.wait([first])
        assert isinstance(first.exception(), ChainUnreachable) is fails
        with pytest.raises(RequestInProgress):
            await scene.process().once(*KEY, HASH, scene.work("third"), is_repeatable=True)
        other.set()
        answer = await heir
        again = await scene.process().once(*KEY, HASH, scene.work("fourth"))
        assert again.body == answer.body == b'"heir"'

    tell(story)
    assert scene.done == (["heir"] if fails else ["first", "heir"])
