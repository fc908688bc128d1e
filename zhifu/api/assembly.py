"""A whole service by its settings: the API, what runs beside it, and all they stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

from starlette.types import ASGIApp

from zhifu.api.api_keys import Mode
from zhifu.api.app import create_app
from zhifu.api.books_mode import tie
from zhifu.api.buckets import Rate
from zhifu.api.service import Options
from zhifu.api.settling import look_seconds
from zhifu.api.supervision import Background
from zhifu.config import Settings, owners_of, require_mode
from zhifu.deployment import Network
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.notify.courier import Courier
from zhifu.notify.destination import Rules, rules_on
from zhifu.notify.endpoints import Endpoints
from zhifu.notify.feed import Feed
from zhifu.notify.outbox import Outbox
from zhifu.notify.payload import Ledger, Payloads
from zhifu.notify.sender import Sender
from zhifu.notify.vault import Vault
from zhifu.notify.vault_key import vault_of
from zhifu.providers import Provider
from zhifu.pruning import Pruning, Retention
from zhifu.signing import Signer
from zhifu.store import Store
from zhifu.worker import Worker, pruning_of, workers_of


def assemble(
    settings: Settings,
    network: Network,
    operators: Mapping[int, Signer],
    providers: Mapping[str, Provider],
    mode: Mode,
    log: Any,
    clock: Callable[[], int],
    settling: Background | None = None,
) -> ASGIApp:
    """The service over the database of the settings, with its worker and what tells of events.

    `settling` is what settles in its place, in another process.
    Raises as `Store.open` and `Gateway`, and WrongVaultKey for a database whose secrets another
    key has sealed. Raises InvalidInput for accounts at providers that are not of the mode, or of
    which it is not said whose they are, and for a database that the other mode was served from.
    """
    require_mode(settings, live=mode is Mode.LIVE)
    owners_of(settings, operators)
    store = Store.open(settings.database_url)
    try:
        tie(store, mode)
        return _over(store, settings, network, operators, providers, mode, log, clock, settling)
    except BaseException:
        store.close()
        raise


def _over(
    store: Store,
    settings: Settings,
    network: Network,
    operators: Mapping[int, Signer],
    providers: Mapping[str, Provider],
    mode: Mode,
    log: Any,
    clock: Callable[[], int],
    settling: Background | None,
) -> ASGIApp:
    gateway = Gateway(
        store,
        network,
        operators,
        providers,
        accounts=owners_of(settings, operators),
        batch_size=settings.batches.size,
        batch_age_ms=settings.batches.max_age_milliseconds,
        confirmations=settings.chain.confirmations,
        replace_after_seconds=settings.chain.replace_after_seconds,
        clock=clock,
    )
    deployment = network.deployment
    payloads = Payloads(Ledger(deployment.currency, deployment.ledger_decimals))
    vault, rules = vault_of(settings, store), rules_on(deployment.chain_id)
    hooks = Endpoints(store, vault, clock, rules)
    return create_app(
        gateway,
        store,
        hooks,
        Feed(store, payloads, clock),
        _options(settings, mode),
        log,
        clock,
        background={
            **_workers(store, gateway, sorted(operators), settings, settling),
            "pruning": _pruner(store, settings, clock),
            "webhooks": _courier(Outbox(store, hooks, payloads, clock), settings, rules),
            **_messengers(store, vault, payloads, clock),
        },
    )


def _workers(
    store: Store,
    gateway: Gateway,
    platforms: list[int],
    settings: Settings,
    settling: Background | None,
) -> Mapping[str, Background]:
    workers = workers_of(
        gateway,
        Leases(store),
        platforms,
        settle_seconds=look_seconds(settings),
        settling=settling is None,
    )
    return workers if settling is None else {**workers, "settlement": settling}


def _pruner(store: Store, settings: Settings, clock: Callable[[], int]) -> Worker:
    kept = settings.retention
    retention = Retention(kept.callbacks_days, kept.deliveries_days, kept.notices_days)
    return Worker(Leases(store), [pruning_of(Pruning(store, retention, clock))])


def _courier(outbox: Outbox, settings: Settings, rules: Rules) -> Courier:
    timeout_seconds = settings.notifications.webhook_timeout_milliseconds / 1_000
    return Courier(outbox, partial(Sender, rules, timeout=timeout_seconds))


def _messengers(
    store: Store, vault: Vault, payloads: Payloads, clock: Callable[[], int]
) -> Mapping[str, Background]:
    """What tells learners, if the libraries for it are installed."""
    if find_spec("apprise") is None or find_spec("jinja2") is None:
        return {}
    from zhifu.notify.contacts import Contacts
    from zhifu.notify.messenger import Messenger
    from zhifu.notify.notices import Notices

    notices = Notices(store, vault, Contacts(store, vault), payloads, clock)
    return {"notices": Messenger(notices)}


def _options(settings: Settings, mode: Mode) -> Options:
    http = settings.http
    return Options(
        mode=mode,
        rate=Rate(http.requests_per_second, http.burst),
        body_bytes=http.body_limit_bytes,
        expiry_seconds=settings.orders.expiry_seconds,
        grace_seconds=http.grace_seconds,
    )
