"""`zhifu sandbox` in a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from tests.acceptance.zhifu_process import EXECUTABLE, Zhifu, ZhifuHere
from zhifu.config import Settings, make_providers
from zhifu.money import Money
from zhifu.providers import Intent, ProviderStatus
from zhifu.sandbox.serving import Serving


@pytest.fixture
def zhifu(tmp_path: Path) -> Zhifu:
    return ZhifuHere(tmp_path, "http://127.0.0.1:1")


def test_the_gateway_is_paid_through_what_it_serves(zhifu: Zhifu) -> None:
    """SANDBOX-2"""
    process = subprocess.Popen(
        [str(EXECUTABLE), "sandbox", "--port", "0", "--json", "--fee-bps", "60"],
        env=zhifu.environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        told = json.loads("".join(process.stdout.readline() for _ in range(5)))
        assert Path(told["settings"]) == zhifu.home / "sandbox" / "zhifu.toml"
        providers = make_providers(Settings.load({"ZHIFU_CONFIG": told["settings"]}))
        intent = Intent("pay_1", Money(4900, "USD"), "A", int(time.time()) + 900, "card")
        payment = providers["stripe"].create(intent).provider_payment_id
        httpx.post(f"{told['url']}/sandbox/stripe/payments/pay_1/pay").raise_for_status()
        found = providers["stripe"].query(payment)
        assert (found.status, found.fee) == (ProviderStatus.PAID, Money(29, "USD"))
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_told(zhifu: Zhifu) -> None:
    with Serving(Starlette()) as other:
        assert zhifu.refused("sandbox", "--port", str(other.port)).startswith("port: must be free")


@pytest.mark.parametrize("rate", ["1.5", "-0.1", "often"])
def test_a_rate_that_is_none_is_a_wrong_use(zhifu: Zhifu, rate: str) -> None:
    found = zhifu.run("sandbox", "--duplicate", rate)
    assert (found.returncode, found.stdout) == (2, "")
    assert "--duplicate" in found.stderr
