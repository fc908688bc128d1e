"""Serving the application over HTTP/1.1: uvicorn, with uvloop and httptools."""

from __future__ import annotations

import importlib.util
import math
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from zhifu.api.logs import adopt
from zhifu.api.protocol import BoundedProtocol

#: More than the service works on at once; whoever comes beyond is turned away without a word of it.
_MOST_CONNECTIONS = 4_096


def server(
    app: ASGIApp,
    log: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8_080,
    trusted_proxies: Sequence[str] = (),
    grace_seconds: float = 20.0,
) -> uvicorn.Server:
    """A server that is not running yet; `run` serves until a signal, or until it should exit.

    What is under way then is finished first, within `grace_seconds`. The proxies that are trusted
    may say for whom they ask.
    """
    adopt(log, "uvicorn.error", "asyncio")
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            timeout_graceful_shutdown=math.ceil(grace_seconds),
            limit_concurrency=_MOST_CONNECTIONS,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that whoever asks early waits; port 0 picks a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2_048)
