"""A service over the fair, with an API key of each platform."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.api.shop import Shop, open_shop
from tests.integration.fair import Fair


@pytest.fixture
def shop(fair: Fair) -> Iterator[Shop]:
    with open_shop(fair) as opened:
        yield opened


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    """Platform 1, which may do everything."""
    with shop.asking(1) as opened:
        yield opened
