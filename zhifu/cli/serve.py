"""``zhifu serve``: the HTTP API."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.command import command
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.cli.settler import settler_command
from zhifu.exceptions import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from zhifu.providers import Provider
    from zhifu.signing import Signer

_LIBRARIES = ("fastapi", "uvicorn", "structlog", "prometheus_client")
#: For threads that were given time to end already.
_LAST_SECONDS = 3.0


@command(app, "serve", "zhifu serve", "zhifu serve --live --port 8080", panel=TRADE)
def serve(
    session: Session,
    host: Annotated[
        str | None, typer.Option(help="Where to listen (setting: http.host; default 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="0 takes a free one (setting: http.port; 8080)."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Take live API keys, and no test ones.")
    ] = False,
) -> None:
    """Serve the HTTP API until interrupted; what was begun is finished first.

    Acts for the platforms of the settings; on a local chain without any, for all whose keys are
    here, with the sandbox for a provider. `zhifu api-key create` lets a platform in. It speaks
    plain HTTP: put a proxy with TLS in front of it.
    """
    for library in _LIBRARIES:
        if find_spec(library) is None:
            raise MissingExtra("must be installed: pip install 'zhifu[server]'", "server")
    _serve(session, host, port, live=live)


def _serve(session: Session, host: str | None, port: int | None, *, live: bool) -> None:
    from zhifu.api.apart import Apart
    from zhifu.api.api_keys import Mode
    from zhifu.api.assembly import assemble
    from zhifu.api.logs import adopt, open_log
    from zhifu.api.server import listen, server
    from zhifu.api.settling import settles_apart

    settings, mode = session.settings, Mode.LIVE if live else Mode.TEST
    operators, providers = operators_of(session), _providers(session, live=live)
    log, clock = open_log(settings.logging.level), books_clock(session)
    adopt(log, "zhifu")
    settling = Apart(settler_command(session)) if settles_apart(settings) else None
    served = assemble(settings, session.network, operators, providers, mode, log, clock, settling)
    http = settings.http
    socket = listen(host or http.host, http.port if port is None else port)
    address = socket.getsockname()
    log.info("serving", host=address[0], port=address[1], mode=mode.value, platforms=[*operators])
    # The server hands the signal on once it has ended, and this process is to end well.
    signal.signal(signal.SIGTERM, lambda *_: None)
    serving = server(
        served, log, trusted_proxies=http.trusted_proxies, grace_seconds=http.grace_seconds
    )
    serving.run(sockets=[socket])
    _end_soon(log)


def _end_soon(log: Any) -> None:
    """Let no thread that still waits for somebody keep the process from ending."""

    def end() -> None:
        log.error("ended", detail="threads that wait for somebody are given up")
        os._exit(1)

    last = threading.Timer(_LAST_SECONDS, end)
    last.daemon = True
    last.start()


def books_clock(session: Session) -> Callable[[], int]:
    """The clock of the books: a local chain's time may be told to pass."""
    return (lambda: session.now) if session.is_local else (lambda: int(time.time()))


def operators_of(session: Session) -> Mapping[int, Signer]:
    """The keys to serve with, by platform."""
    from zhifu.cli.settle import known_sellers
    from zhifu.config import operator_signers

    configured = operator_signers(session.settings)
    if configured:
        return {platform: signers[0] for platform, signers in configured.items()}
    if not session.is_local and session.chosen_signer is None:
        rule = "must name the platforms to act for, with their key files"
        raise InvalidInput("platforms", rule)
    return {platform: session.operator(platform) for platform in known_sellers(session)}


def _providers(session: Session, *, live: bool) -> Mapping[str, Provider]:
    from zhifu.config import make_providers

    found = make_providers(session.settings)
    if not found and session.is_local:
        if live:
            raise InvalidInput("providers", "must be set: there is no real money in the sandbox")
        return {session.sandbox.name: session.sandbox}
    return found
