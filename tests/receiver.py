"""A platform's webhook receiver on this machine, which can be told to fail as real ones do."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from standardwebhooks import Webhook, WebhookVerificationError

_RESET = struct.pack("ii", 1, 0)


class Trouble(str, Enum):
    """What a receiver does to a request, if it does not accept it."""

    ERROR = "500"
    GONE = "410"
    REDIRECT = "302"
    TIMEOUT = "no answer"
    RESET = "connection reset"
    SLOW = "body that never ends"


#: What becomes of a request by its event's id and how often that came before; None to accept it.
Temper: TypeAlias = Callable[[str, int], Trouble | None]


class Request(NamedTuple):
    """A request whose signature held."""

    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


#: Those that are over at once, and those that last until the sender has had enough.
SHORT_TROUBLE = (Trouble.ERROR, Trouble.RESET)
ANY_TROUBLE = (*SHORT_TROUBLE, Trouble.TIMEOUT, Trouble.SLOW)


def failing(share: float, kinds: Sequence[Trouble] = ANY_TROUBLE, seed: int = 1) -> Temper:
    """Fails that share of attempts, the same way for the same seed."""

    def temper(event_id: str, before: int) -> Trouble | None:
        draw = random.Random(f"{seed}/{event_id}/{before}")
        return draw.choice(kinds) if draw.random() < share else None

    return temper


class Receiver:
    """Listens on a port of its own; checks each signature with the secrets of the request's path.

    `accepted` are the requests it accepted, `attempts` how often each event's id came to each path,
    `forged` what was signed by none of the secrets.
    """

    def __init__(self, temper: Temper | None = None) -> None:
        self.temper: Temper = temper or (lambda *_: None)
        self.secrets: dict[str, str] = {}
        self.accepted: list[Request] = []
        self.attempts: dict[str, Counter[str]] = defaultdict(Counter)
        self.forged: list[Request] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, path: str = "/hooks") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def of(self, path: str) -> list[Request]:
        """What was accepted at a path."""
        return [each for each in list(self.accepted) if each.path == path]

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _end(self) -> None:
        self._server.close()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        request = await _read(reader)
        seen = self.attempts[request.path]
        before, seen[request.id] = seen[request.id], seen[request.id] + 1
        trouble = self.temper(request.id, before)
        if trouble is not None:
            return await _misbehave(trouble, writer)
        if self._is_signed(request):
            self.accepted.append(request)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            self.forged.append(request)
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        return True

    def _is_signed(self, request: Request) -> bool:
        try:
            secret = self.secrets[request.path]
            Webhook(secret).verify(request.body, dict(request.headers), json_parse=False)
        except (KeyError, WebhookVerificationError):
            return False
        return True


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {}
    for line in filter(None, head[1:]):
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    body = await reader.readexactly(int(headers["content-length"]))
    return Request(head[0].split(" ")[1], headers, body.decode())


async def _misbehave(trouble: Trouble, writer: asyncio.StreamWriter) -> bool:
    match trouble:
        case Trouble.TIMEOUT:
            await asyncio.sleep(3_600)
        case Trouble.SLOW:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.1)
        case Trouble.RESET:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return False
        case Trouble.REDIRECT:
            writer.write(
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
            )
        case _:
            writer.write(f"HTTP/1.1 {trouble.value} No\r\nContent-Length: 2\r\n\r\nno".encode())
    return True
