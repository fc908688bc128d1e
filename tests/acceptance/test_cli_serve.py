"""The service as it is started by command: from an API key to a licence, and to its end."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.zhifu_process import EXECUTABLE, Zhifu
from zhifu.anvil import free_port

PATIENCE_SECONDS = 120.0

NETWORK = (
    "up --detach",
    "deploy",
    "platform add udemy",
    "platform add edx",
    "learner add -p udemy",
    "content publish -p edx --ref cs50 --price 49.00",
    "deposit platform:udemy 1000.00 --mint",
)


@pytest.fixture(scope="module")
def zhifu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    zhifu = Zhifu(tmp_path_factory.mktemp("home"), f"http://127.0.0.1:{free_port()}")
    for words in NETWORK:
        zhifu(*words.split())
    yield zhifu
    zhifu("down")


@pytest.fixture(scope="module")
def served(zhifu: Zhifu, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The service's address and its log; it ends well when it is told to."""
    log = tmp_path_factory.mktemp("log") / "lines"
    command = [str(EXECUTABLE), "serve", "--port", "0"]
    with (
        log.open("wb") as written,
        subprocess.Popen(command, env=zhifu.environment(), stderr=written) as process,
    ):
        try:
            yield f"http://127.0.0.1:{wait_for(log, 'serving')['port']}", log
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert b"Application shutdown complete." in log.read_bytes()


def wait_for(log: Path, event: str) -> Any:
    """The first line of a log whose event begins so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if json.loads(line)["event"].startswith(event):
                return json.loads(line)
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_a_key_lets_a_platform_sell_and_is_ended(zhifu: Zhifu, served: tuple[str, Path]) -> None:
    """API-1, 7, 10"""
    made = zhifu.json("api-key", "create", "-p", "udemy", "--days", "1", "--name", "shop")
    assert 0 < made["expires_at"] - made["created_at"] <= 86_400
    headers = {"Authorization": f"Bearer {made['key']}", "Idempotency-Key": "one"}
    with httpx.Client(base_url=served[0], headers=headers, timeout=PATIENCE_SECONDS) as client:
        body = {
            "learner": 1,
            "contents": [1],
            "amount": {"amount": 4900, "currency": "USD"},
            "provider": "sandbox",
            "method": "card",
            "description": "CS50",
        }
        checkout = client.post("/v1/checkouts", json=body)
        assert checkout.status_code == 201, checkout.text
        assert checkout.json()["payment"]["state"] == "awaiting_payment"
        assert client.get("/readyz").status_code == 200
        (listed,) = zhifu.json("api-key", "list")
        assert listed["begins_with"] == made["key"][:12]
        assert "key" not in listed
        assert zhifu.json("api-key", "revoke", made["id"])["revoked_at"]
        time.sleep(1.0)
        assert client.get("/v1/platforms").status_code == 401
    assert made["key"] not in served[1].read_text()


def test_an_api_key_is_for_a_platform_and_scopes_that_exist(zhifu: Zhifu) -> None:
    """API-7"""
    assert zhifu.refused("api-key", "create", "-p", "nobody").startswith("platform")
    refused = zhifu.refused("api-key", "create", "-p", "udemy", "--scope", "everything")
    assert refused.startswith("scope")
    assert zhifu.refused("api-key", "revoke", "key_0000000000000001").startswith("api_key")
    made = zhifu.json("api-key", "create", "-p", "edx", "--scope", "orders:read", "--live")
    assert made["key"].startswith("zk_live_")
    assert made["scopes"] == ["orders:read"]


LIVE = {
    "ZHIFU_PROVIDERS__CARDS__KIND": "stripe",
    "ZHIFU_PROVIDERS__CARDS__SECRET_KEY": "sk_live_1",
    "ZHIFU_PROVIDERS__CARDS__WEBHOOK_SECRET": "whsec_1",
    "ZHIFU_PROVIDERS__CARDS__PLATFORMS": "1,2",
}


def test_test_keys_and_real_money_are_not_served_together(zhifu: Zhifu) -> None:
    """SERVE-3"""
    assert zhifu.refused("serve", "--port", "0", **LIVE).startswith("providers.cards")
    assert zhifu.refused("serve", "--port", "0", "--live").startswith("providers")
    sandbox = {
        "ZHIFU_PROVIDERS__CARDS__KIND": "sandbox",
        "ZHIFU_PROVIDERS__CARDS__PLATFORMS": "1,2",
    }
    assert zhifu.refused("serve", "--port", "0", "--live", **sandbox).startswith("providers.cards")


def test_live_is_not_served_from_a_database_of_a_test_service(
    zhifu: Zhifu, served: tuple[str, Path]
) -> None:
    """SERVE-3"""
    refused = zhifu.refused("serve", "--port", "0", "--live", **LIVE)
    assert refused.startswith("database.url: must be a live service's own")


def test_whose_an_account_is_must_be_said(zhifu: Zhifu) -> None:
    """SERVE-4"""
    unsaid = {"ZHIFU_PROVIDERS__CARDS__KIND": "sandbox"}
    refused = zhifu.refused("serve", "--port", "0", **unsaid)
    assert refused.startswith("providers.cards.platforms")


def test_a_key_that_seals_nothing_here_is_not_served_with(
    zhifu: Zhifu, served: tuple[str, Path]
) -> None:
    """SERVE-2"""
    key = {"ZHIFU_NOTIFICATIONS__VAULT_KEY": "A" * 43 + "="}
    assert zhifu.refused("serve", "--port", "0", **key).startswith("vault_key")


def test_what_its_parts_log_is_structured(zhifu: Zhifu, served: tuple[str, Path]) -> None:
    """LOG-1: edx sells without a deposit, and what cannot be settled is told of."""
    zhifu("purchase", "edx/cs50", "-l", "1", "-p", "edx")
    told = wait_for(served[1], "job settle:2: ")
    assert told["logger"] == "zhifu.worker"
    assert told["code"] == "insufficient_balance"
