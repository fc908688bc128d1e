"""One reconciliation of all days, in a process of its own.

python -m benchmarks.reconciling_run RPC HOME NOW      what `benchmarks.reconciling` runs
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from pathlib import Path

from benchmarks.paper_bills import PaperProvider
from zhifu.chain import Chain
from zhifu.deployment import Deployment, Network
from zhifu.gateway import Gateway
from zhifu.signing import Signer

#: Platform 1's account, 2's and 3's, and where their days begin.
ZONES = {
    "cards": timezone.utc,
    "wallet": timezone(timedelta(hours=8)),
    "bank": timezone.utc,
}


def open_providers(home: Path, clock: Callable[[], float]) -> dict[str, PaperProvider]:
    """The platforms' accounts, whose bills are in a folder."""
    return {name: PaperProvider(name, home, clock, zone) for name, zone in ZONES.items()}


def open_gateway(
    home: Path,
    network: Network,
    operators: Mapping[int, Signer],
    providers: Mapping[str, PaperProvider],
    clock: Callable[[], int],
) -> Gateway:
    """The platforms' gateway."""
    accounts = {name: (number,) for number, name in enumerate(ZONES, 1)}
    url = f"sqlite:///{home / 'zhifu.sqlite3'}"
    return Gateway.open(url, network, operators, providers, accounts=accounts, clock=clock)


def main() -> None:
    """Reconcile, and tell what it took and found."""
    rpc_url, folder, time_ = sys.argv[1:]
    home, now = Path(folder), int(time_)
    with Chain(rpc_url, timeout_seconds=300) as chain:
        network = Network(chain, Deployment.load(home / "deployment.json"))
        providers = open_providers(home, lambda: now)
        with open_gateway(home, network, {}, providers, lambda: now) as gateway:
            began, used = time.perf_counter(), time.process_time()
            found = gateway.reconcile()
            seconds, processor = time.perf_counter() - began, time.process_time() - used
    told = {
        "days": len({key.day for key in found.sums}),
        "is_fine": found.is_fine,
        "matched": {route.value: count for route, count in found.matched.items()},
        "counts": dict(found.counts),
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
