"""What the commands about events and webhooks work with, opened from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.notify.destination import Rules
    from zhifu.notify.endpoints import Endpoints
    from zhifu.notify.feed import Feed
    from zhifu.notify.outbox import Outbox

Platform = Annotated[
    str, typer.Option("--platform", "-p", metavar="PLATFORM", help="Its name or number.")
]


@dataclass(frozen=True)
class Outgoing:
    """A gateway's events on their way out."""

    endpoints: Endpoints
    feed: Feed
    outbox: Outbox
    rules: Rules
    clock: Callable[[], int]


@contextmanager
def outgoing(session: Session) -> Iterator[Outgoing]:
    """Open them."""
    from zhifu.notify.destination import rules_on
    from zhifu.notify.endpoints import Endpoints
    from zhifu.notify.feed import Feed
    from zhifu.notify.outbox import Outbox
    from zhifu.notify.payload import Ledger, Payloads
    from zhifu.notify.vault_key import vault_of
    from zhifu.store import Store

    deployment = session.network.deployment
    payloads = Payloads(Ledger(deployment.currency, deployment.ledger_decimals))
    rules = rules_on(deployment.chain_id)
    with Store.open(session.settings.database_url) as store:
        vault = vault_of(session.settings, store)
        endpoints = Endpoints(store, vault, lambda: session.now, rules)
        feed = Feed(store, payloads, lambda: session.now)
        outbox = Outbox(store, endpoints, payloads, lambda: session.now)
        yield Outgoing(endpoints, feed, outbox, rules, lambda: session.now)
