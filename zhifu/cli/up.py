"""``zhifu up``: the local chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session
from zhifu.cli.signals import wait_for_a_signal

if TYPE_CHECKING:
    from zhifu.anvil import Anvil

_GAS_LIMIT = 2 * 16_777_216
_SAVE_EVERY_SECONDS = "15"


def state_file(session: Session) -> Path:
    """Where the local chain is kept between its runs."""
    return session.settings.home / "chain" / "state.json"


def pid_file(session: Session) -> Path:
    """Where the process number of a detached chain is kept."""
    return session.settings.home / "chain" / "anvil.pid"


@command(app, "up", "zhifu up", "zhifu up --detach", panel=SET_UP)
def up(
    session: Session,
    detach: Annotated[
        bool,
        typer.Option("--detach", help="Leave it running in the background; `zhifu down` stops it."),
    ] = False,
) -> Answer | None:
    """Start the local chain (Anvil) at the RPC address; Ctrl-C stops it.

    It is kept in ZHIFU_HOME and goes on where it was when it is started again. Transactions cost
    nothing there, and every role has a development key, so nothing needs to be funded.
    """
    address = session.settings.rpc_url
    if _answers(address):
        return answer({"rpc": address, "started": False}, f"A chain runs at {address} already.")
    chain = _start(session, detached=detach)
    started = answer(
        {"rpc": address, "started": True, "pid": chain.pid}, *_next_steps(address, detach)
    )
    if detach:
        pid_file(session).write_text(f"{chain.pid}\n", encoding="utf-8")
        return started
    started.show(as_json=session.as_json)
    wait_for_a_signal()
    chain.stop()
    return None


def _start(session: Session, *, detached: bool) -> Anvil:
    from zhifu.anvil import Anvil

    state = state_file(session)
    state.parent.mkdir(parents=True, exist_ok=True)
    chain = Anvil(
        port=_port(session.settings.rpc_url),
        gas_limit=_GAS_LIMIT,
        state=state,
        log=state.with_name("anvil.log"),
        detached=detached,
        arguments=("--state-interval", _SAVE_EVERY_SECONDS, "--quiet"),
    ).start()
    _catch_up(chain)
    return chain


def _catch_up(chain: Anvil) -> None:
    """Let the clock go on from the latest block, if that is ahead of this machine's clock."""
    latest = chain.rpc.call("eth_getBlockByNumber", "latest", False)
    pending = chain.rpc.call("eth_getBlockByNumber", "pending", False)
    behind = int(latest["timestamp"], 16) - int(pending["timestamp"], 16)
    if behind > 0:
        chain.increase_time(behind)


def _answers(address: str) -> bool:
    from zhifu.anvil import AnvilNode
    from zhifu.exceptions import ChainUnreachable

    try:
        return AnvilNode(address).is_anvil()
    except ChainUnreachable:
        return False


def _port(address: str) -> int:
    from urllib.parse import urlsplit

    from zhifu.exceptions import InvalidInput

    parts = urlsplit(address)
    if parts.hostname not in ("127.0.0.1", "localhost") or not parts.port:
        rule = "must be a port of this machine, such as http://127.0.0.1:8945, to start a chain"
        raise InvalidInput("ZHIFU_RPC", rule, address)
    return parts.port


def _next_steps(address: str, detached: bool) -> tuple[str, ...]:
    return (
        f"The local chain runs at {address}.",
        "Next:  zhifu deploy" + ("" if detached else "  (in another terminal)"),
        "Then:  zhifu platform add udemy",
    )
