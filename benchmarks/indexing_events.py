"""Events decoded and stored, beside web3.py's `process_log`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.indexing_life import Recording, record
from benchmarks.replayed_node import GROW
from zhifu.chain import Chain
from zhifu.contract import Contract
from zhifu.deployment import Deployment, Network
from zhifu.event_rows import EVENTS
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.store import Store

_COMPARED = 5_000


class Events(NamedTuple):
    """What came of it."""

    number: int
    seconds: float
    cpu_seconds: float
    web3_cpu_seconds: float

    @property
    def a_second(self) -> float:
        """By the clock, with fetching and parsing."""
        return self.number / self.seconds

    @property
    def times_web3(self) -> float:
        """How many times what `process_log` alone reaches, by processor time."""
        return self.web3_cpu_seconds / (self.cpu_seconds / self.number)

    def __str__(self) -> str:
        return (
            f"{self.number:,} events at {self.a_second:,.0f}/s"
            f" ({self.cpu_seconds / self.number * 1e6:.0f} µs of the processor each),"
            f" {self.times_web3:.0f} times process_log ({self.web3_cpu_seconds * 1e6:.0f} µs)"
        )


def measure_events(folder: Path, copies: int) -> Events:
    """Index the recorded life so many times over."""
    file = folder / "recording.json"
    recording = record()
    recording.write(file)
    with _node(file, copies) as url, Chain(url, timeout_seconds=300) as chain:
        network = Network(chain, _deployment(recording))
        with Store.open(f"sqlite:///{folder / 'events.sqlite3'}") as store:
            indexer = Indexer(store, network, Index(), lambda: 0)
            indexer.sync()
            chain.rpc.call(GROW)
            wall, cpu = _timed(indexer.sync)
        first, life = recording.furnished + 1, len(recording.blocks) - 1 - recording.furnished
        logs = list(_of_the_index(network, first, first + life - 1))
        several = -(-_COMPARED // len(logs))
        _, web3 = _timed(lambda: [decode(log) for decode, log in logs * several])
        return Events(len(logs) * copies, wall, cpu, web3 / (len(logs) * several))


def _deployment(recording: Recording) -> Deployment:
    found = recording.deployment
    return Deployment(**{**found, "windows": tuple(found["windows"])})


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - used


def _of_the_index(
    network: Network, first: int, last: int
) -> Iterator[tuple[Callable[[Any], object], Any]]:
    """The logs of blocks that the index takes in, as web3.py has them, with its decoders."""
    contracts: Sequence[Contract] = (network.registry, network.license, network.settlement)
    eth: Any = network.chain.web3.eth
    decoders = {}
    for contract in contracts:
        theirs = eth.contract(address=contract.address, abi=contract.artifact.abi)
        for topic, event in contract.artifact.events.items():
            if event.name in {*EVENTS, "BatchSettled"}:
                decoders[contract.address, topic] = theirs.events[event.name]().process_log
    for log in eth.get_logs({"fromBlock": first, "toBlock": last}):
        decode = decoders.get((log["address"], bytes(log["topics"][0])))
        if decode is not None:
            yield decode, log


@contextmanager
def _node(file: Path, copies: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.replayed_node", str(file), str(copies)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()
