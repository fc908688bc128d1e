"""What the files in ``scripts/`` have in common: they run by Brownie, and as plain Python."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zhifu.cli.entry import complain
from zhifu.cli.session import Session
from zhifu.config import DEFAULT_HOME
from zhifu.exceptions import ZhifuError

_HOME_OF_BROWNIES_CHAIN = DEFAULT_HOME / "brownie"


def run(step: Callable[[Session], None], about: str | None) -> None:
    """Do a step on Brownie's active network, or on the chain of ``--rpc`` or ``ZHIFU_RPC``.

    What is done on a chain that Brownie started, and stops again, is written down in a home of its
    own, unless ``ZHIFU_HOME`` names one. An error is one line on standard error and exit status 1.
    """
    rpc = _brownie_rpc() or _given_rpc(about)
    home = _home_of_brownies_chain()
    if home:
        print(f"Brownie started this chain for this run alone; its files are in {home}", flush=True)
    try:
        session = Session.open(rpc=rpc, home=home)
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


def _home_of_brownies_chain() -> Path | None:
    """A home apart, if Brownie started the chain: it has the chain id of `zhifu up`'s own."""
    brownie: Any = sys.modules.get("brownie")
    if brownie is None or os.environ.get("ZHIFU_HOME") or not brownie.network.rpc.is_child():
        return None
    return _HOME_OF_BROWNIES_CHAIN


def _given_rpc(about: str | None) -> str | None:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rpc", metavar="URL", help="the chain's address (environment: ZHIFU_RPC)")
    rpc: str | None = parser.parse_args().rpc
    return rpc
