"""Anvil, the local chain: a process that is started, waited for and never left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO

from eth_account.hdaccount import key_from_seed, seed_from_mnemonic

from zhifu.exceptions import AnvilFailed, AnvilNotFound, ChainUnreachable, InvalidInput, NodeRefused
from zhifu.rpc import JsonRpc
from zhifu.signing import LocalSigner

#: The phrase Anvil, Hardhat and others derive their funded accounts from. Worthless on purpose.
MNEMONIC = "test test test test test test test test test test test junk"

CHAIN_ID = 31_337

_HOST = "127.0.0.1"
_NPM_BINARY = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01
_LONGEST_WORDS = 300

#: Becomes the given program after asking the kernel to end it together with the thread that
#: started it. A program of its own, because running Python between fork and exec is not safe while
#: other threads hold locks.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def find_anvil() -> Path:
    """The Anvil binary: ``ZHIFU_ANVIL``, else npm's in the project or here, else ``anvil`` on PATH.

    Raises AnvilNotFound, also when ``ZHIFU_ANVIL`` names something that cannot be run.
    """
    chosen = os.environ.get("ZHIFU_ANVIL")
    if chosen:
        candidates = [Path(chosen).expanduser()]
    else:
        roots = (Path(__file__).resolve().parent.parent, Path.cwd())
        candidates = [root / _NPM_BINARY for root in roots]
        candidates += [Path(found) for found in [shutil.which("anvil")] if found]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise AnvilNotFound(tuple(str(candidate) for candidate in candidates))


def free_port() -> int:
    """A port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


@lru_cache(maxsize=1)
def _seed() -> bytes:
    return bytes(seed_from_mnemonic(MNEMONIC, ""))


@lru_cache(maxsize=1024)
def dev_key(index: int) -> str:
    """The private key of Anvil's funded account ``index``, in hexadecimal."""
    return "0x" + bytes(key_from_seed(_seed(), f"m/44'/60'/0'/0/{index}")).hex()


def dev_signer(index: int) -> LocalSigner:
    """A signer for Anvil's funded account ``index``."""
    return LocalSigner.from_key(dev_key(index))


class AnvilNode:
    """What Anvil can do that a public chain cannot, at the ``rpc_url`` of one that already runs."""

    def __init__(self, rpc_url: str) -> None:
        self.rpc_url = rpc_url
        self.rpc = JsonRpc(rpc_url)

    def is_anvil(self) -> bool:
        """Whether the node is an Anvil; raises ChainUnreachable when none answers."""
        try:
            return str(self.rpc.call("web3_clientVersion")).lower().startswith("anvil")
        except NodeRefused:
            return False

    def mine(self, blocks: int = 1, interval_seconds: int = 1) -> None:
        """Mine ``blocks`` blocks, their timestamps ``interval_seconds`` apart."""
        self.rpc.call("anvil_mine", hex(blocks), hex(interval_seconds))

    def increase_time(self, seconds: int) -> None:
        """Move the clock on and mine a block, so that calls see the new time."""
        self.rpc.call("evm_increaseTime", seconds)
        self.rpc.call("evm_mine")

    def set_next_block_timestamp(self, timestamp: int) -> None:
        """Give the next block this time; raises NodeRefused when the latest block is later."""
        self.rpc.call("evm_setNextBlockTimestamp", timestamp)

    def snapshot(self) -> str:
        """Remember the whole state; the answer is for one ``revert``."""
        return str(self.rpc.call("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Return to a snapshot, which is used up; raises InvalidInput when it is not known."""
        if self.rpc.call("evm_revert", snapshot) is not True:
            raise InvalidInput("snapshot", "must be one of this chain, unused", snapshot)

    def set_balance(self, address: str, wei: int) -> None:
        """Give ``address`` this much of the native coin."""
        self.rpc.call("anvil_setBalance", address, hex(wei))

    def set_automine(self, enabled: bool) -> None:
        """Mine a block for each transaction as it comes, or only when asked."""
        self.rpc.call("evm_setAutomine", enabled)


class Anvil(AnvilNode):
    """A local chain in a process of its own, ended with this process, however that ends.

    ``with Anvil() as anvil: Chain(anvil.rpc_url)`` is the usual way; ``start`` and ``stop`` are
    there for other lifetimes. ``port`` None picks a free one. ``genesis_timestamp`` is the first
    block's time in seconds since 1970; ``base_fee_wei`` 0 lets accounts without ether transact.
    ``state`` is a file that is read at the start if it exists and written at the stop.
    ``block_seconds`` None mines each transaction at once. ``log`` is a file that receives Anvil's
    own words; None drops them. ``tx_gas_limit`` enforces EIP-7825. ``detached`` leaves the
    process running when this one ends: the caller keeps ``pid``. ``arguments`` are passed on as
    they are.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        chain_id: int = CHAIN_ID,
        genesis_timestamp: int | None = None,
        base_fee_wei: int = 0,
        gas_limit: int = 30_000_000,
        accounts: int = 10,
        balance_ether: int = 10_000,
        state: Path | str | None = None,
        block_seconds: int | None = None,
        hardfork: str = "prague",
        tx_gas_limit: bool = True,
        log: Path | str | None = None,
        detached: bool = False,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.port = free_port() if port is None else _valid_port(port)
        super().__init__(f"http://{_HOST}:{self.port}")
        self.chain_id = chain_id
        self.accounts = accounts
        self._log = Path(log) if log is not None else None
        self._detached = detached
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._silence = 0
        self._options = [
            *("--host", _HOST, "--port", str(self.port), "--chain-id", str(chain_id)),
            *("--block-base-fee-per-gas", str(base_fee_wei), "--gas-limit", str(gas_limit)),
            *("--accounts", str(accounts), "--balance", str(balance_ether)),
            *("--mnemonic", MNEMONIC, "--hardfork", hardfork),
            *_option("--timestamp", genesis_timestamp),
            *_option("--block-time", block_seconds),
            *_option("--state", state),
            *(["--enable-tx-gas-limit"] if tx_gas_limit else []),
            *([] if self._log else ["--quiet"]),
            *arguments,
        ]

    def __enter__(self) -> Anvil:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def private_keys(self) -> list[str]:
        """The private keys of the funded accounts, in hexadecimal."""
        return [dev_key(index) for index in range(self.accounts)]

    def signer(self, index: int) -> LocalSigner:
        """A signer for funded account ``index``; raises InvalidInput beyond the last."""
        if not 0 <= index < self.accounts:
            raise InvalidInput("account", f"must be from 0 to {self.accounts - 1}", index)
        return dev_signer(index)

    def start(self) -> Anvil:
        """Start and wait until it answers; nothing happens if it runs already.

        Raises AnvilNotFound, and AnvilFailed when the port is taken or Anvil ends or stays silent.
        """
        if self.pid is not None:
            return self
        binary = find_anvil()
        if _listening(self.port):
            raise AnvilFailed(f"port {self.port} is already in use")
        self._output = self._log.open("ab+") if self._log else TemporaryFile()  # noqa: SIM115
        self._silence = self._output.tell()
        self._process = self._spawn(str(binary))
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the process and wait for it; the state file, if any, is complete afterwards."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None
        if self._output is not None:
            self._output.close()
        self.rpc.close()
        self.rpc = JsonRpc(self.rpc_url)

    def _spawn(self, binary: str) -> subprocess.Popen[bytes]:
        command = [binary, *self._options]
        if self._detached or not sys.platform.startswith("linux"):
            return self._open(command)
        guard = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid())]
        return _in_a_lasting_thread(lambda: self._open([*guard, *command]))

    def _open(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise AnvilFailed(f"ended with status {process.returncode}{self._words()}")
            try:
                if int(self.rpc.call("eth_chainId"), 16) == self.chain_id:
                    return
            except ChainUnreachable:
                pass
            time.sleep(_POLL_SECONDS)
        raise AnvilFailed(f"no answer within {_START_SECONDS:.0f} seconds{self._words()}")

    def _words(self) -> str:
        """What Anvil said since it was started, from its first line on."""
        if self._output is None:
            return ""
        self._output.seek(self._silence)
        said = " ".join(self._output.read(_LONGEST_WORDS).decode(errors="replace").split())
        return f": {said}" if said else ""


def _in_a_lasting_thread(
    spawn: Callable[[], subprocess.Popen[bytes]],
) -> subprocess.Popen[bytes]:
    """Spawn from a thread that lives as long as the process.

    The kernel's parent-death signal follows the thread that forked, so a process spawned by a
    short-lived worker would be ended with it.
    """
    spawned: Future[subprocess.Popen[bytes]] = Future()

    def keep() -> None:
        try:
            process = spawn()
        except BaseException as error:
            spawned.set_exception(error)
        else:
            spawned.set_result(process)
            process.wait()

    threading.Thread(target=keep, name="anvil", daemon=True).start()
    return spawned.result()


def _option(name: str, value: object) -> list[str]:
    return [] if value is None else [name, str(value)]


def _valid_port(port: int) -> int:
    if type(port) is not int or not 0 < port < 65_536:
        raise InvalidInput("port", "must be from 1 to 65535", port)
    return port


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
