"""A wire between a client and a PostgreSQL server that is cut at a word the client says."""

from __future__ import annotations

import re
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import make_url


class Wire:
    """Forwards to the server of `url`, over sockets in a folder, until it is told to cut.

    `cut` is the word; `delivered` says whether the server still hears it, so that only its answer
    is lost. It is cut once.
    """

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._folder = tempfile.TemporaryDirectory()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(Path(self._folder.name) / ".s.PGSQL.5432"))
        self._listener.listen()
        self.cut: bytes | None = None
        self.delivered = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The server's address over the wire."""
        url = self._server.set(query={"host": self._folder.name})
        return url.render_as_string(hide_password=False)

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(Path(str(self._server.query["host"])) / ".s.PGSQL.5432"))
                for one, other in ((client, server), (server, client)):
                    forward = (one, other, one is client)
                    threading.Thread(target=self._forward, args=forward, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if from_client and self.cut and re.search(self.cut, data):
                    self._part(source, sink, data)
                    return
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _part(self, client: socket.socket, server: socket.socket, said: bytes) -> None:
        self.cut = None
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        if self.delivered:
            server.sendall(said)
            return
        server.shutdown(socket.SHUT_RDWR)
