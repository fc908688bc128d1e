"""The whole service, as it is measured: over a market whose platform has money, with its workers.

    python -m benchmarks.settled_service RPC_URL HOME SIZE AGE_MILLISECONDS

Says its port and an API key, and serves until a signal. As `zhifu serve` does, it has a process of
its own settle, by the same command and the word `settle`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_service import PLATFORM, PaidProvider, open_market
from zhifu import accounts
from zhifu.anvil import AnvilNode, dev_signer
from zhifu.api.apart import Apart
from zhifu.api.api_keys import ApiKeys, Mode
from zhifu.api.assembly import assemble
from zhifu.api.logs import open_log
from zhifu.api.scopes import Scope
from zhifu.api.server import listen, server
from zhifu.api.settling import settle_until_told
from zhifu.chain import Chain
from zhifu.config import Settings
from zhifu.deployment import Deployment, Network
from zhifu.signing import Signer
from zhifu.store import Store

_FUNDS = 10**15
_ETHER = 10**21
_END_SECONDS = 60
_SETTLE = "settle"


class Batches(NamedTuple):
    """When a batch closes."""

    size: int
    age_milliseconds: int


class Service(NamedTuple):
    """A service in a process of its own, which has begun another one."""

    port: int
    key: str
    pid: int


def open_funded_market(rpc_url: str, home: Path, contents: int, buyer: Signer) -> None:
    """A market whose platform can settle, and a buyer who can buy directly."""
    open_market(rpc_url, home, contents)
    AnvilNode(rpc_url).set_balance(buyer.address, _ETHER)
    with Chain(rpc_url) as chain:
        network = Network(chain, Deployment.load(home / "deployment.json"))
        admin, operator = dev_signer(0), dev_signer(PLATFORM)
        settlement = network.settlement.address
        for owner in (operator, buyer):
            network.token.mint(admin, owner.address, _FUNDS)
            network.token.approve(owner, settlement, _FUNDS)
        network.settlement.deposit(operator, accounts.of_platform(PLATFORM), _FUNDS)


def books(home: Path) -> Path:
    """Where the service below a folder keeps its books."""
    return home / "books.sqlite3"


@contextmanager
def running(rpc_url: str, home: Path, batches: Batches) -> Iterator[Service]:
    """A service over the market of a folder; it ends with what it began."""
    command = [sys.executable, "-m", "benchmarks.settled_service", rpc_url, str(home)]
    command += [str(each) for each in batches]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError("the service did not start")
            port, key = line.split()
            yield Service(int(port), key, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_END_SECONDS)


def _serve(rpc_url: str, home: Path, batches: Batches) -> None:
    settings, network = _settings(home, batches), _network(rpc_url, home)
    operators, providers = {PLATFORM: dev_signer(PLATFORM)}, {"sandbox": PaidProvider()}
    settling = Apart([sys.executable, "-m", "benchmarks.settled_service", *sys.argv[1:], _SETTLE])
    with (home / "log").open("wb") as written, Store.open(settings.database_url) as store:
        log = open_log(stream=written)
        app = assemble(settings, network, operators, providers, Mode.TEST, log, _now, settling)
        keys = ApiKeys(store, _now)
        _, key = keys.create(PLATFORM, "benchmark", Mode.TEST, frozenset({Scope.ORDERS_WRITE}))
        socket = listen("127.0.0.1", 0)
        print(socket.getsockname()[1], key, flush=True)
        server(app, log).run(sockets=[socket])


def _settle(rpc_url: str, home: Path, batches: Batches) -> None:
    operators = {PLATFORM: dev_signer(PLATFORM)}
    with (home / "settling.log").open("wb") as written:
        log, network = open_log(stream=written), _network(rpc_url, home)
        settle_until_told(_settings(home, batches), network, operators, log, _now)


def _settings(home: Path, batches: Batches) -> Settings:
    return Settings.load(
        {
            "ZHIFU_HOME": str(home),
            "ZHIFU_DATABASE": f"sqlite:///{books(home)}",
            "ZHIFU_BATCHES__SIZE": str(batches.size),
            "ZHIFU_BATCHES__MAX_AGE_MILLISECONDS": str(batches.age_milliseconds),
            "ZHIFU_HTTP__REQUESTS_PER_SECOND": "0",
        }
    )


def _network(rpc_url: str, home: Path) -> Network:
    return Network(Chain(rpc_url), Deployment.load(home / "deployment.json"))


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    rpc_url, folder, size, age_milliseconds, *parts = sys.argv[1:]
    work = _settle if parts else _serve
    work(rpc_url, Path(folder), Batches(int(size), int(age_milliseconds)))
