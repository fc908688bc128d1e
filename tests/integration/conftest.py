"""A fair on a chain of its own for each module; each test starts from its opening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from tests.databases import Databases, database_url, databases
from tests.integration.counter import Counter, open_counter
from tests.integration.fair import Fair, open_fair
from zhifu.anvil import Anvil
from zhifu.chain import Chain
from zhifu.gateway import Gateway
from zhifu.providers.sandbox import SandboxProvider

__all__ = ["database_url", "databases"]

#: An afternoon, so that no test crosses midnight unless it means to.
GENESIS = 1_750_000_000


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
