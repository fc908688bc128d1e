"""PAY-7, PROVIDER-9, LIFE-9: an event counts once however often and in whatever order it comes.

A small run of tests/faults/callbacks.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import DIALECTS
from tests.faults.callbacks import CURRENCY, TIMES, run
from tests.integration.conftest import GENESIS
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain


@pytest.fixture(scope="module")
def yuan_fair() -> Iterator[Fair]:
    with Anvil(genesis_timestamp=GENESIS) as anvil, Chain(anvil.rpc_url) as chain:
        yield open_fair(anvil, chain, CURRENCY)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_events_count_once_and_forgeries_never(yuan_fair: Fair, dialect: str) -> None:
    report = run(yuan_fair, dialect, events=24, forged=240)
    assert report.is_exact, report
    assert (report.events, report.deliveries, report.forged) == (24, 24 * TIMES, 240)
