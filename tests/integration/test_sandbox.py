"""The sandbox server: all three providers, their learners, and what goes wrong, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.merchant import Merchant
from zhifu.config import Settings, make_providers
from zhifu.money import Money
from zhifu.providers import HintKind, Intent, Provider, ProviderStatus, RefundStatus
from zhifu.sandbox.assembly import assemble
from zhifu.sandbox.deliveries import Pace
from zhifu.sandbox.faults import Fault, Faults
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.server import Sandbox
from zhifu.sandbox.serving import Serving

METHODS = {"stripe": "card", "wechatpay": "native", "alipay": "precreate"}
AMOUNT = Money(4900, "CNY")


class Town:
    """A sandbox that is served, a merchant with its settings, and a client for learners."""

    def __init__(self, sandbox: Sandbox, url: str, providers: dict[str, Provider]) -> None:
        self.sandbox = sandbox
        self.url = url
        self.providers = providers

    def opened(self, name: str, payment_id: str) -> str:
        intent = Intent(payment_id, AMOUNT, "A course", int(time.time()) + 900, METHODS[name])
        return self.providers[name].create(intent).provider_payment_id

    def post(self, path: str, **body: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/sandbox{path}", json=body)

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/sandbox{path}").json()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def merchant() -> Merchant:
    return Merchant()


@pytest.fixture
def callbacks(merchant: Merchant) -> Iterator[str]:
    with Serving(merchant.app) as serving:
        yield serving.url


@pytest.fixture
def town(folder: Path, callbacks: str) -> Iterator[Town]:
    keys = Keys.of_folder(folder)
    sandbox = assemble(keys, callbacks, fee_bps=60, hang_seconds=0)
    with Serving(sandbox.app) as serving:
        settings = keys.write_settings(folder, serving.url, callbacks)
        providers = make_providers(Settings.load({"ZHIFU_CONFIG": str(settings)}))
        yield Town(sandbox, serving.url, providers)


@pytest.mark.parametrize("name", METHODS)
def test_a_payment_goes_from_the_gateways_settings_to_a_verified_callback(
    town: Town, merchant: Merchant, name: str
) -> None:
    """SANDBOX-2"""
    provider = merchant.provider = town.providers[name]
    payment = town.opened(name, "pay_000000000000000a")
    assert provider.query(payment).status is ProviderStatus.PENDING
    named = "pay_000000000000000a" if name == "stripe" else payment
    town.post(f"/{name}/payments/{named}/pay").raise_for_status()
    assert town.post("/deliver").json()["attempts"] == 1
    (hint,) = merchant.hints
    assert (hint.kind, hint.provider_payment_id) == (HintKind.PAYMENT, payment)
    assert provider.query(payment)[:2] == (ProviderStatus.PAID, AMOUNT)
    refunds = [provider.refund(payment, Money(900, "CNY"), "rf_1") for _ in range(2)]
    assert refunds[-1] is RefundStatus.DONE
    (listed,) = town.get("/payments")
    assert (listed["provider"], listed["received"], listed["returned"]) == (name, 4900, 900)


def test_a_bank_takes_a_payment_back_and_gives_it_again(town: Town) -> None:
    payment = town.opened("stripe", "pay_1")
    town.post(f"/stripe/payments/{payment}/pay")
    chargeback = town.post("/stripe/payments/pay_1/charge_back", amount=900).json()["chargeback"]
    assert town.providers["stripe"].query(payment).charged_back == Money(900, "CNY")
    assert town.post(f"/stripe/chargebacks/{chargeback}/win").json()["status"] == "failed"
    assert town.providers["stripe"].query(payment).charged_back == Money(0, "CNY")


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/stripe/payments/nobody/pay", {}, 404, "unknown_payment"),
        ("/stripe/payments/pay_1/charge_back", {}, 409, "not_paid"),
        ("/stripe/payments/pay_1/pay", {"amount": 1.5}, 400, "invalid"),
        ("/stripe/payments/pay_1/pay", {"amount": -1}, 409, "not_positive"),
        ("/stripe/payments/pay_1/bribe", {}, 404, "not_found"),
        ("/paypal/payments/pay_1/pay", {}, 404, "not_found"),
        ("/stripe/faults/earthquake", {}, 404, "not_found"),
        ("/stripe/faults/drop", {"times": "x"}, 400, "invalid"),
    ],
)
def test_the_control_plane_says_what_it_cannot_do(
    town: Town, path: str, body: dict[str, Any], status: int, error: str
) -> None:
    """SANDBOX-1"""
    town.opened("stripe", "pay_1")
    answer = town.post(path, **body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert [each["status"] for each in town.get("/payments")] == ["open"]


def test_a_fault_is_forced_from_outside(town: Town, merchant: Merchant) -> None:
    """SANDBOX-3"""
    merchant.provider = town.providers["stripe"]
    town.post("/stripe/faults/duplicate", times=1).raise_for_status()
    town.opened("stripe", "pay_1")
    town.post("/stripe/payments/pay_1/pay")
    town.post("/deliver")
    assert len(merchant.hints) == 2
    assert [each["accepted"] for each in town.get("/deliveries")] == [True, True]


def test_what_is_not_accepted_is_sent_again_and_then_given_up(
    town: Town, merchant: Merchant
) -> None:
    """SANDBOX-4"""
    merchant.provider = town.providers["alipay"]
    town.opened("stripe", "pay_1")
    town.post("/stripe/payments/pay_1/pay")
    attempts = town.post("/deliver").json()["attempts"]
    assert attempts == 1 + len(Pace().retries)
    log = town.sandbox.deliveries.log()
    assert len({each.event_id for each in log}) == 1
    assert [each.attempt for each in log] == [*range(1, attempts + 1)]


def test_callbacks_arrive_by_themselves_once_started(
    folder: Path, merchant: Merchant, callbacks: str
) -> None:
    """SANDBOX-4"""
    keys, faults = Keys.of_folder(folder), Faults()
    pace = Pace(delays=0.05, reorders=0.02, retries=(0.01,))
    sandbox = assemble(keys, callbacks, faults=faults, pace=pace, hang_seconds=0)
    settings = keys.write_settings(folder, "http://127.0.0.1:1", callbacks)
    merchant.provider = make_providers(Settings.load({"ZHIFU_CONFIG": str(settings)}))["stripe"]
    books = sandbox.providers["stripe"].books
    for fault in (Fault.DELAY, Fault.TAMPER, Fault.REORDER):
        faults.force(fault, "stripe")
    sandbox.deliveries.start()
    details = {"client_secret": "x", "charge": "ch_1"}
    for number in range(3):
        books.pay(books.open(f"pay_{number}", AMOUNT, details=details).id)
    until = time.monotonic() + 120
    while len(merchant.hints) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    sandbox.deliveries.close()
    assert len({hint.event_id for hint in merchant.hints}) == 3
    assert len(merchant.refused) == 1


def test_nobody_at_the_callback_address_is_not_accepted(folder: Path) -> None:
    """SANDBOX-4"""
    sandbox = assemble(Keys.of_folder(folder), "http://127.0.0.1:1", hang_seconds=0)
    books = sandbox.providers["stripe"].books
    details = {"client_secret": "x", "charge": "ch_1"}
    books.pay(books.open("pay_1", AMOUNT, details=details).id)
    sandbox.deliveries.flush()
    assert {(each.status, each.accepted) for each in sandbox.deliveries.log()} == {(None, False)}
