"""What a user of Brownie would write: a loop that buys one licence at a time, and waits for each.

    BUYER_KEY=... python -m benchmarks.brownie_purchases RPC_URL DEPLOYMENT COUNT

Says in JSON how many seconds each purchase took. The buyer has tokens, and has allowed Settlement
to take them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from zhifu.abi import artifact
from zhifu.deployment import Deployment
from zhifu.models import NO_SELLER, DirectOrder

CONTENT = 1

_HOUR_SECONDS = 3_600
_WARM_UP = 3


def bought_by_brownie(rpc_url: str, home: Path, key: str, purchases: int) -> list[float]:
    """The seconds of each purchase, made in a process of its own in the market of a folder."""
    command = [sys.executable, "-m", "benchmarks.brownie_purchases", rpc_url]
    command += [str(home / "deployment.json"), str(purchases)]
    told = subprocess.run(
        command, env={**os.environ, "BUYER_KEY": key}, stdout=subprocess.PIPE, text=True, check=True
    )
    seconds: list[float] = json.loads(told.stdout.splitlines()[-1])
    return seconds


def main(rpc_url: str, deployment: Path, count: int) -> None:
    """Buy, and print the seconds of each."""
    # Brownie keeps a folder of its own in the home, and reads it when it is imported.
    with tempfile.TemporaryDirectory(prefix="brownie-") as home:
        os.environ["HOME"] = home
        seconds = _buy(rpc_url, Deployment.load(deployment), count)
    print(json.dumps(seconds))


def _buy(rpc_url: str, deployment: Deployment, count: int) -> list[float]:
    settlement, buyer = _open(rpc_url, deployment)
    for salt in range(_WARM_UP):
        settlement.buy(purchase(buyer.address, salt), {"from": buyer})
    seconds = []
    for salt in range(_WARM_UP, _WARM_UP + count):
        begun = time.perf_counter()
        settlement.buy(purchase(buyer.address, salt), {"from": buyer})
        seconds.append(time.perf_counter() - begun)
    return seconds


def _open(rpc_url: str, deployment: Deployment) -> tuple[Any, Any]:
    import brownie

    brownie._config.CONFIG.networks["market"] = {
        "id": "market",
        "host": rpc_url,
        "chainid": deployment.chain_id,
    }
    brownie.network.connect("market")
    brownie.network.gas_price(0)
    contract = brownie.Contract.from_abi(
        "Settlement", deployment.settlement, artifact("Settlement").abi
    )
    return contract, brownie.accounts.add(os.environ["BUYER_KEY"])


def purchase(buyer: str, salt: int) -> tuple[Any, ...]:
    """A direct order of the content, as the contract takes it; another one for each salt."""
    deadline = int(time.time()) + _HOUR_SECONDS
    words = salt.to_bytes(32, "big")
    return DirectOrder(CONTENT, NO_SELLER, buyer, buyer, 2**40 - 1, deadline, words).as_tuple()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
