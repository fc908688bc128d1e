"""`zhifu up` in the foreground, as in a terminal."""

import http.server
import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import EXECUTABLE, Zhifu
from zhifu.anvil import free_port


@pytest.fixture
def zhifu(tmp_path: Path) -> Zhifu:
    return Zhifu(tmp_path, f"http://127.0.0.1:{free_port()}")


def test_it_says_what_to_do_next_and_ends_when_interrupted(zhifu: Zhifu) -> None:
    process = subprocess.Popen(
        [str(EXECUTABLE), "up"],
        env=zhifu.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(3)]
    assert zhifu.rpc_url in said[0]
    assert "zhifu deploy" in said[1]
    zhifu("deploy")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert json.loads((zhifu.home / "chain" / "state.json").read_text())["accounts"]
    assert "must be the address of a running node" in zhifu.refused("balance")


def test_a_port_that_is_taken_is_told(zhifu: Zhifu) -> None:
    port = int(zhifu.rpc_url.rsplit(":", 1)[1])
    with http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        assert f"port {port} is already in use" in zhifu.refused("up")
        other.shutdown()


def test_a_chain_is_started_on_this_machine_only(zhifu: Zhifu) -> None:
    said = zhifu.refused("up", "--rpc", "http://192.0.2.1:8545")
    assert said.startswith("ZHIFU_RPC: must be a port of this machine")


def test_stopping_what_does_not_run_is_no_error(zhifu: Zhifu) -> None:
    assert zhifu.json("down") == {"stopped": False, "pid": None}
