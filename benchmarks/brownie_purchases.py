"""What a user of Brownie would write: a loop that buys one licence at a time, and waits for each.

    BUYER_KEY=... python -m benchmarks.brownie_purchases RPC_URL DEPLOYMENT COUNT

Says how many seconds the loop took. The buyer has tokens, and has allowed Settlement to take them.
"""

from __future__ import annotations

import os
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


def main(rpc_url: str, deployment: Path, count: int) -> None:
    """Buy, and print the seconds."""
    # Brownie keeps a folder of its own in the home, and reads it when it is imported.
    with tempfile.TemporaryDirectory(prefix="brownie-") as home:
        os.environ["HOME"] = home
        seconds = _buy(rpc_url, Deployment.load(deployment), count)
    print(seconds)


def _buy(rpc_url: str, deployment: Deployment, count: int) -> float:
    settlement, buyer = _open(rpc_url, deployment)
    for salt in range(_WARM_UP):
        settlement.buy(_order(buyer.address, salt), {"from": buyer})
    begun = time.perf_counter()
    for salt in range(_WARM_UP, _WARM_UP + count):
        settlement.buy(_order(buyer.address, salt), {"from": buyer})
    return time.perf_counter() - begun


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


def _order(buyer: str, salt: int) -> tuple[Any, ...]:
    deadline = int(time.time()) + _HOUR_SECONDS
    words = salt.to_bytes(32, "big")
    return DirectOrder(CONTENT, NO_SELLER, buyer, buyer, 2**40 - 1, deadline, words).as_tuple()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
