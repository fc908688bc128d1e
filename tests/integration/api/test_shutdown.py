"""SERVE-1: the service ends in time, whatever is under way, and says what it left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.api.shop import PATIENCE_SECONDS, Shop, open_shop, order_body
from tests.integration.fair import Fair
from zhifu.api.service import Options
from zhifu.payments import PaymentRequest
from zhifu.providers import ProviderPayment
from zhifu.providers.sandbox import SandboxProvider

IN_A_HURRY = Options(grace_seconds=0.2)


class Deaf:
    """Goes on until the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def run(self) -> None:
        self.over.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        """It does not hear."""


class Mute(SandboxProvider):
    """Answers when the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.over = threading.Event(), threading.Event()

    def query(self, provider_payment_id: str) -> ProviderPayment:
        self.asked.set()
        self.over.wait(PATIENCE_SECONDS)
        return super().query(provider_payment_id)


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    found = Deaf()
    yield found
    found.over.set()


@pytest.fixture
def mute() -> Iterator[Mute]:
    found = Mute()
    yield found
    found.over.set()


def left(shop: Shop) -> list[str]:
    found = [each["parts"] for each in shop.log() if each["event"] == "left behind"]
    return found[0] if found else []


def test_what_is_well_ends_with_the_service(fair: Fair) -> None:
    with open_shop(fair) as shop, shop.asking() as client:
        assert client.get("/v1/platforms").status_code == 200
    assert left(shop) == []


def test_a_part_that_does_not_end_is_left_and_named(fair: Fair, deaf: Deaf) -> None:
    with open_shop(fair, IN_A_HURRY, beside={"deaf": deaf}) as shop:
        pass
    assert "deaf" in left(shop)


def test_a_request_that_waits_for_a_provider_does_not_hold_up_the_end(
    fair: Fair, mute: Mute
) -> None:
    request = fair.request(provider_payment_id=mute.pay(fair.request().amount))
    with ThreadPoolExecutor(1) as pool:
        with open_shop(fair, IN_A_HURRY, providers={"sandbox": mute}) as shop:
            asked = pool.submit(_order, shop, request)
            assert mute.asked.wait(PATIENCE_SECONDS)
        assert "requests" in left(shop)
        assert asked.exception() is not None or asked.result() >= 500


def _order(shop: Shop, request: PaymentRequest) -> int:
    with shop.asking() as client:
        headers = {"Idempotency-Key": "one"}
        answer: httpx.Response = client.post(
            "/v1/orders", json=order_body(request), headers=headers
        )
    return answer.status_code
