"""A node as others would have it: a proxy before a real one that changes what passes through."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import httpx

Request = dict[str, Any]
Answer = dict[str, Any]

#: What to answer to a request; the second argument asks the real node.
Treatment = Callable[[Request, Callable[[Request], Answer]], Answer]


class Lost(Exception):
    """No answer comes."""


class Truncated(Exception):
    """The body of the answer ends half-way."""


def honest(request: Request, forward: Callable[[Request], Answer]) -> Answer:
    """Answer as the node does."""
    return forward(request)


class RpcProxy:
    """Answers JSON-RPC by `treatment`, which may be exchanged at any time."""

    def __init__(self, node: str, treatment: Treatment = honest) -> None:
        self.treatment = treatment
        self._client = httpx.Client(trust_env=False, timeout=30)
        self._node = node
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> RpcProxy:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._client.close()

    def answer(self, body: bytes) -> bytes:
        """The answer to one request or to a batch."""
        asked = json.loads(body)
        try:
            if isinstance(asked, list):
                return json.dumps([self._one(each) for each in asked]).encode()
            return json.dumps(self._one(asked)).encode()
        except Truncated:
            return b'{"jsonrpc": "2.0", "result": {"number": "0x'

    def _one(self, request: Request) -> Answer:
        return {**self.treatment(request, self._forward), "id": request["id"]}

    def _forward(self, request: Request) -> Answer:
        answer: Answer = self._client.post(self._node, json=request).json()
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: apart they would wait for each other's acknowledgement.
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    answer = proxy.answer(body)
                except Lost:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        return Handler


def refusal(message: str, code: int = -32000) -> Answer:
    """An error as nodes tell it."""
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}}


def result(value: Any) -> Answer:
    """A result as nodes tell it."""
    return {"jsonrpc": "2.0", "result": value}
