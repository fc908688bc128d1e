from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from eth_account import Account

from zhifu.anvil import Anvil, AnvilNode, dev_key, dev_signer, find_anvil, free_port
from zhifu.chain import Chain
from zhifu.exceptions import (
    AnvilFailed,
    AnvilNotFound,
    ChainUnreachable,
    InvalidInput,
    NodeRefused,
)

PATIENCE_SECONDS = 120.0

START_AND_WAIT = """
import signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from zhifu.anvil import Anvil
print(Anvil({options}).start().pid, flush=True)
threading.Event().wait()
"""


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie waiting for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def start_in_another_process(options: str = "") -> tuple[subprocess.Popen[str], int]:
    script = START_AND_WAIT.format(options=options)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def test_answers_as_soon_as_it_is_entered_and_is_gone_afterwards() -> None:
    with Anvil(chain_id=4711) as anvil:
        assert Chain(anvil.rpc_url, 4711).block_number() == 0
        assert anvil.is_anvil()
        pid = anvil.pid
        assert pid is not None
    assert not is_running(pid)
    assert anvil.pid is None
    with pytest.raises(ChainUnreachable):
        AnvilNode(anvil.rpc_url).is_anvil()


def test_is_stopped_when_its_block_fails() -> None:
    anvil = Anvil().start()
    pid = anvil.pid
    assert pid is not None
    with pytest.raises(KeyError), anvil:
        raise KeyError
    assert not is_running(pid)


def test_may_be_stopped_twice_and_started_again() -> None:
    anvil = Anvil().start()
    anvil.stop()
    anvil.stop()
    with anvil:
        assert anvil.is_anvil()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ends_with_its_parent_however_that_ends(end: signal.Signals) -> None:
    parent, pid = start_in_another_process()
    with parent:
        assert is_running(pid)
        parent.send_signal(end)
        parent.wait()
    assert wait_until_gone(pid)


def test_outlives_its_parent_when_detached() -> None:
    parent, pid = start_in_another_process("detached=True")
    with parent:
        parent.kill()
        parent.wait()
    try:
        time.sleep(0.3)
        assert is_running(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_outlives_the_thread_that_started_it() -> None:
    anvil = Anvil()
    starter = threading.Thread(target=anvil.start)
    starter.start()
    starter.join()
    try:
        time.sleep(0.3)
        assert anvil.is_anvil()
    finally:
        anvil.stop()


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AnvilFailed) as refused:
            Anvil(port=port).start()
    assert str(port) in refused.value.reason


@pytest.mark.parametrize("port", [0, -1, 65_536, True])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(InvalidInput):
        Anvil(port=port)


@pytest.mark.parametrize("log", [None, "anvil.log"])
def test_its_words_are_told_when_it_does_not_start(tmp_path: Path, log: str | None) -> None:
    (tmp_path / "anvil.log").write_text("words of an earlier start\n")
    anvil = Anvil(log=log and tmp_path / log, arguments=("--no-such-option",))
    with pytest.raises(AnvilFailed) as refused:
        anvil.start()
    assert "--no-such-option" in refused.value.reason
    assert "earlier" not in refused.value.reason
    assert anvil.pid is None


def test_its_log_is_kept_in_a_file_when_asked(tmp_path: Path) -> None:
    log = tmp_path / "anvil.log"
    for _ in range(2):
        with Anvil(log=log) as anvil:
            assert anvil.start() is anvil
    assert log.read_text().count("Listening on") == 2


def test_the_binary_named_by_the_environment_is_the_only_one_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHIFU_ANVIL", str(tmp_path / "anvil"))
    with pytest.raises(AnvilNotFound) as refused:
        Anvil().start()
    assert refused.value.looked_in == (str(tmp_path / "anvil"),)
    assert "ZHIFU_ANVIL" in str(refused.value)

    (tmp_path / "anvil").symlink_to(_real_binary(monkeypatch))
    monkeypatch.setenv("ZHIFU_ANVIL", str(tmp_path / "anvil"))
    assert find_anvil() == tmp_path / "anvil"


def _real_binary(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ZHIFU_ANVIL")
    return find_anvil()


def test_the_first_block_has_the_time_asked_for() -> None:
    with Anvil(genesis_timestamp=1_438_905_600) as anvil:
        assert Chain(anvil.rpc_url).timestamp(0) == 1_438_905_600


def test_a_state_file_carries_the_chain_to_the_next_start(tmp_path: Path) -> None:
    state, address = tmp_path / "state.json", dev_signer(9).address
    with Anvil(state=state) as anvil:
        anvil.set_balance(address, 123)
    assert state.exists()
    with Anvil(state=state) as anvil:
        assert Chain(anvil.rpc_url).balance(address) == 123


def test_blocks_come_by_the_clock_when_asked() -> None:
    with Anvil(block_seconds=1) as anvil:
        chain = Chain(anvil.rpc_url)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while chain.block_number() == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert chain.block_number() > 0


def test_funded_accounts_are_those_whose_keys_it_tells() -> None:
    with Anvil(accounts=3, balance_ether=5) as anvil:
        chain = Chain(anvil.rpc_url)
        assert [Account.from_key(key).address for key in anvil.private_keys()] == [
            anvil.signer(index).address for index in range(3)
        ]
        assert [chain.balance(anvil.signer(index).address) for index in range(3)] == [
            5 * 10**18
        ] * 3
        assert chain.balance(dev_signer(3).address) == 0
        with pytest.raises(InvalidInput):
            anvil.signer(3)


def test_development_keys_are_the_well_known_ones() -> None:
    assert dev_key(0) == "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert dev_signer(1).address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_the_clock_moves_only_forward() -> None:
    with Anvil(genesis_timestamp=1_000_000) as anvil:
        chain = Chain(anvil.rpc_url)
        anvil.set_next_block_timestamp(2_000_000)
        anvil.mine()
        assert chain.timestamp() == 2_000_000
        anvil.increase_time(86_400)
        assert 2_086_400 <= chain.timestamp() < 2_086_460
        anvil.mine(3, interval_seconds=1_000)
        assert chain.timestamp() >= 2_086_400 + 2_000
        with pytest.raises(NodeRefused):
            anvil.set_next_block_timestamp(1_500_000)


def test_a_snapshot_brings_back_the_whole_state_once() -> None:
    with Anvil() as anvil:
        chain, address = Chain(anvil.rpc_url), dev_signer(0).address
        before = chain.balance(address)
        snapshot = anvil.snapshot()
        anvil.set_balance(address, 1)
        anvil.mine(2)
        anvil.revert(snapshot)
        assert (chain.balance(address), chain.block_number()) == (before, 0)
        with pytest.raises(InvalidInput):
            anvil.revert(snapshot)


def test_free_ports_are_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))


def test_one_that_stays_silent_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent, started = tmp_path / "anvil", tmp_path / "pid"
    silent.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n")
    silent.chmod(0o755)
    monkeypatch.setenv("ZHIFU_ANVIL", str(silent))
    monkeypatch.setattr("zhifu.anvil._START_SECONDS", 0.5)
    with pytest.raises(AnvilFailed):
        Anvil().start()
    assert not is_running(int(started.read_text()))
