"""Serving an ASGI application on this machine from a thread of its own."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp


class Serving:
    """A server on 127.0.0.1, from `start` (or `with`) until `stop`; port 0 takes any free port.

    Raises OSError where the port is taken.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        # Who connects from here on waits in the backlog until the server takes requests.
        self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._run, name="sandbox-server", daemon=True)

    @property
    def url(self) -> str:
        """Where it is served, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Serving:
        """Begin; requests are taken when this returns."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it, with the requests that are still open."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Serving:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
