"""Waiting in asyncio for what blocks and may never come back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future


async def wait_for_all(*blocking: Callable[[], object]) -> None:
    """Call one after the other in a thread of its own, and wait until the last one is done.

    Neither the loop nor the process waits for that thread if whoever waits gives up. Raises
    whatever a call raises, and makes none after it.
    """
    done: Future[None] = Future()

    def run() -> None:
        failed: BaseException | None = None
        try:
            for each in blocking:
                each()
        except BaseException as error:
            failed = error
        if done.set_running_or_notify_cancel():
            done.set_result(None) if failed is None else done.set_exception(failed)

    threading.Thread(target=run, name="zhifu-waits", daemon=True).start()
    await asyncio.wrap_future(done)
