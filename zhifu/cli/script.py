"""What the files in ``scripts/`` have in common: they run by Brownie, and as plain Python."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from zhifu.cli.entry import complain
from zhifu.cli.session import Session
from zhifu.exceptions import ZhifuError


def run(step: Callable[[Session], None], about: str | None) -> None:
    """Do a step on Brownie's active network, or on the chain of ``--rpc`` or ``ZHIFU_RPC``.

    An error is one line on standard error and exit status 1.
    """
    rpc = _brownie_rpc() or _given_rpc(about)
    try:
        session = Session.open(rpc=rpc)
        try:
            step(session)
        finally:
            session.close()
    except ZhifuError as error:
        complain(error)
        sys.exit(1)


def _brownie_rpc() -> str | None:
    """The RPC address of Brownie's active network, if Brownie runs this."""
    brownie: Any = sys.modules.get("brownie")
    if brownie is None or not brownie.network.is_connected():
        return None
    return str(brownie.web3.provider.endpoint_uri)


def _given_rpc(about: str | None) -> str | None:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rpc", metavar="URL", help="the chain's address (environment: ZHIFU_RPC)")
    rpc: str | None = parser.parse_args().rpc
    return rpc
