"""A fair on a chain of its own for each module; each test starts from its opening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Databases, database_url, databases, place
from tests.integration.counter import Counter, open_counter
from tests.integration.fair import Fair, open_fair
from tests.integration.street import Street, open_street, trade
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.gateway import Gateway
from zhifu.providers.sandbox import SandboxProvider

__all__ = ["database_url", "databases"]

#: An afternoon, so that no test crosses midnight unless it means to.
GENESIS = 1_750_000_000

#: Numbers the databases that copies of a street have.
COPIES = count(1)


@pytest.fixture(scope="module")
def opened_fair() -> Iterator[Fair]:
    with Anvil(genesis_timestamp=GENESIS) as anvil, Chain(anvil.rpc_url) as chain:
        yield open_fair(anvil, chain)


@pytest.fixture
def fair(opened_fair: Fair, databases: Databases) -> Iterator[Fair]:
    snapshot = opened_fair.anvil.snapshot()
    yield replace(opened_fair, databases=databases, provider=SandboxProvider(), keys=count(1))
    opened_fair.anvil.set_automine(True)
    opened_fair.anvil.revert(snapshot)


@pytest.fixture
def gateway(fair: Fair) -> Iterator[Gateway]:
    with fair.gateway() as opened:
        yield opened


@pytest.fixture
def counter(fair: Fair) -> Iterator[Counter]:
    with open_counter(fair) as opened:
        yield opened


@pytest.fixture(scope="module", params=DIALECTS)
def traded(
    request: pytest.FixtureRequest, opened_fair: Fair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    """A street after three days on which everything has happened."""
    snapshot = opened_fair.anvil.snapshot()
    folder = tmp_path_factory.mktemp("accounts")
    with place(request.param) as databases:
        opened = open_street(opened_fair, databases, folder)
        with opened.open() as gateway:
            trade(opened, gateway)
        yield opened
    opened_fair.anvil.revert(snapshot)


@pytest.fixture
def street(traded: Street, tmp_path: Path) -> Iterator[Street]:
    """The same, to go on with or to be broken."""
    snapshot = traded.fair.anvil.snapshot()
    yield traded.copy(tmp_path, f"copy-{next(COPIES)}")
    traded.fair.anvil.revert(snapshot)
