"""What is watched while something is measured: a chain's blocks, a service's memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from bisect import bisect_right
from types import TracebackType

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_EVERY_SECONDS = 0.25


class BlockWatch:
    """When each block of a chain came, in Unix milliseconds, while this is open."""

    def __init__(self, rpc_url: str) -> None:
        self._url = rpc_url.replace("http", "ws", 1)
        self._came: list[tuple[float, int]] = []
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> BlockWatch:
        self._connection = connect(self._url, proxy=None)
        self._came.append((0.0, int(_ask(self._connection, "eth_blockNumber"), 16)))
        _ask(self._connection, "eth_subscribe", "newHeads")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        self._thread.join()

    def came_at(self) -> dict[int, float]:
        """When each block came, by its number."""
        return {number: at for at, number in self._came}

    def latest(self, at: float) -> int:
        """The latest block at a moment."""
        return self._came[bisect_right(self._came, (at, 1 << 62)) - 1][1]

    def _listen(self) -> None:
        if self._connection is None:
            return
        with contextlib.suppress(ConnectionClosed):
            for message in self._connection:
                head = json.loads(message).get("params", {}).get("result", {})
                self._came.append((time.time() * 1_000, int(head["number"], 16)))


def _ask(connection: ClientConnection, method: str, *arguments: str) -> str:
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}
    connection.send(json.dumps(asked))
    return str(json.loads(connection.recv())["result"])


class MemoryWatch:
    """How much memory a process and those it began hold together, in MiB, while this is open."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.held: list[float] = []

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def growth(self) -> float:
        """The last tenth of the run beside the second: 1 is flat."""
        tenth = max(1, len(self.held) // 10)
        return max(self.held[-tenth:]) / max(self.held[tenth : 2 * tenth] or self.held[:1])

    def _look(self) -> None:
        asked = ["ps", "-o", "rss=", "-p", str(self._pid), "--ppid", str(self._pid)]
        while not self._over.wait(_EVERY_SECONDS):
            told = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=False)
            if told.stdout.strip():
                self.held.append(sum(map(int, told.stdout.split())) / 1_024)
