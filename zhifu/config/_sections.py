"""The tables of a configuration, with their units and defaults."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from zhifu.config._kinds import (
    Kind,
    choice,
    flag,
    integer,
    line,
    path,
    plain,
    require_http_url,
    several,
    text,
)
from zhifu.config._secret import Secret, secret
from zhifu.config._section import Section
from zhifu.config._tree import Given

DATABASE_NAME = "zhifu.sqlite3"
DEFAULT_RPC_URL = "http://127.0.0.1:8945"

_DAY_SECONDS = 86_400
_LONGEST_MILLISECONDS = 600_000
_KEY_BYTES = 32
_MOST_DAYS = 36_500
_MEBIBYTE = 1_048_576
_FINALITY = ("safe", "finalized")
_MOST_CONFIRMATIONS = 10_000
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the books are: a file of SQLite, or a PostgreSQL server."""

    url: Secret


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """Which chain, and how it is spoken to.

    ``id`` None takes whatever chain answers. ``deployment`` is the file that says where the
    contracts are; None is the one below the home folder. ``confirmations`` is how many further
    blocks a settled batch needs, or the tag of the block it must be in; None is 64, and 0 on a
    development chain. A transaction that waits
    longer than ``replace_after_seconds`` is replaced, for at most ``max_fee_per_gas_wei``; None is
    ten times what the node suggests. ``plain_keys`` lets ``ZHIFU_KEY`` sign on a chain that is no
    development chain.
    """

    rpc: Secret
    id: int | None
    deployment: Path | None
    confirmations: int | str | None
    timeout_milliseconds: int
    replace_after_seconds: int
    max_fee_per_gas_wei: int | None
    plain_keys: bool


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """A platform's operator key: an encrypted key file, one in ``keystores``, and what opens it.

    ``password`` None is asked for at a terminal.
    """

    keystores: tuple[Path, ...]
    password: Secret | None


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """When a batch closes: at ``size`` orders, or once its first waits ``max_age_milliseconds``.

    ``own_process`` lets a process of its own settle them beside the service's.
    """

    size: int
    max_age_milliseconds: int
    own_process: bool


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """How long an order may be paid."""

    expiry_seconds: int


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where ``zhifu serve`` listens, and what it takes.

    ``requests_per_second`` and ``burst`` are of each API key; 0 a second is no limit. The proxies
    in ``trusted_proxies``, addresses or networks, may say for whom they ask. When it ends, what is
    under way has ``grace_seconds`` to end, requests first and then all else.
    """

    host: str
    port: int
    body_limit_bytes: int
    requests_per_second: int
    burst: int
    trusted_proxies: tuple[str, ...]
    grace_seconds: int


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """How platforms and learners are written to.

    ``vault_key`` seals what is needed for it; None is the key in the home folder's file. All that
    share a database share it.
    """

    webhook_timeout_milliseconds: int
    vault_key: Secret | None


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """For how many days is kept, after it is over, what is not the books'."""

    callbacks_days: int
    deliveries_days: int
    notices_days: int


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    """What is logged, one JSON object a line."""

    level: str


def read_database(section: Section, home: Path) -> DatabaseSettings:
    """The books' address, with a password that may be kept apart from it."""
    kind = secret(
        "must be a database address such as sqlite:///file or postgresql://host/name",
        _require_database,
        is_secret=_has_password,
        shown=_public,
    )
    url = section.get("url", kind, Secret(f"sqlite:///{home / DATABASE_NAME}"))
    password = section.find("password", secret())
    if password is not None:
        if _has_password(url.reveal()) or not urlsplit(url.reveal()).username:
            section.refuse("password", "must belong to an address with a user and no password")
        else:
            url = _with_password(url.reveal(), password.reveal())
    section.close()
    return DatabaseSettings(url)


def read_chain(section: Section) -> ChainSettings:
    """The chain."""
    rpc = secret(
        "must be an http or https address",
        require_http_url,
        is_secret=_has_password,
        shown=_public,
    )
    found = ChainSettings(
        rpc=section.get("rpc", rpc, Secret(DEFAULT_RPC_URL)),
        id=section.find("id", integer(1, 2**63 - 1)),
        deployment=section.find("deployment", path()),
        confirmations=section.find("confirmations", _confirmations()),
        timeout_milliseconds=section.get(
            "timeout_milliseconds", integer(100, _LONGEST_MILLISECONDS), 30_000
        ),
        replace_after_seconds=section.get("replace_after_seconds", integer(1, _DAY_SECONDS), 120),
        max_fee_per_gas_wei=section.find("max_fee_per_gas_wei", integer(1, 2**63 - 1)),
        plain_keys=section.get("plain_keys", flag(), False),
    )
    section.close()
    return found


def read_platform(section: Section, password: Secret | None) -> PlatformSettings:
    """One platform; ``password`` is the one for all platforms."""
    keystores = section.need("keystores", several(path(), "must be a list of key files"))
    own = section.find("password", secret())
    prompt = section.get("prompt", flag(), False)
    if prompt and own is not None:
        section.refuse("prompt", "must not be set together with password")
    if not prompt and own is None and password is None:
        section.miss("password")
    if section.is_sound("keystores") and len(keystores) != 1:
        rule = "must name one key file: a gateway works with one key per platform"
        section.refuse("keystores", rule)
    section.close()
    return PlatformSettings(keystores, None if prompt else own or password)


def read_batches(section: Section) -> BatchSettings:
    """When a batch closes."""
    found = BatchSettings(
        size=section.get("size", integer(1, 50_000), 1_000),
        max_age_milliseconds=section.get(
            "max_age_milliseconds", integer(0, _LONGEST_MILLISECONDS), 100
        ),
        own_process=section.get("own_process", flag(), True),
    )
    section.close()
    return found


def read_orders(section: Section) -> OrderSettings:
    """How long an order may be paid."""
    found = OrderSettings(section.get("expiry_seconds", integer(60, _DAY_SECONDS), 1_800))
    section.close()
    return found


def read_http(section: Section) -> HttpSettings:
    """Where the service listens."""
    networks = several(_network(), "must be a list of addresses or networks such as 10.0.0.0/8")
    found = HttpSettings(
        host=section.get("host", text(), "127.0.0.1"),
        port=section.get("port", integer(1, 65_535), 8_080),
        body_limit_bytes=section.get("body_limit_bytes", integer(1_024, 64 * _MEBIBYTE), _MEBIBYTE),
        requests_per_second=section.get("requests_per_second", integer(0, 1_000_000), 200),
        burst=section.get("burst", integer(1, 1_000_000), 1_000),
        trusted_proxies=section.get("trusted_proxies", networks, ()),
        grace_seconds=section.get("grace_seconds", integer(1, 600), 20),
    )
    section.close()
    return found


def read_notifications(section: Section) -> NotificationSettings:
    """How platforms and learners are written to."""
    key = secret(f"must be {_KEY_BYTES} bytes in base64", _require_key)
    found = NotificationSettings(
        webhook_timeout_milliseconds=section.get(
            "webhook_timeout_milliseconds", integer(100, 60_000), 10_000
        ),
        vault_key=section.find("vault_key", key),
    )
    section.close()
    return found


def read_retention(section: Section) -> RetentionSettings:
    """What is forgotten, and when."""
    days = integer(1, _MOST_DAYS)
    found = RetentionSettings(
        callbacks_days=section.get("callbacks_days", days, 30),
        deliveries_days=section.get("deliveries_days", days, 30),
        notices_days=section.get("notices_days", days, 90),
    )
    section.close()
    return found


def read_logging(section: Section) -> LoggingSettings:
    """What is logged."""
    found = LoggingSettings(
        level=section.get("level", choice("debug", "info", "warning", "error"), "info"),
    )
    section.close()
    return found


def _confirmations() -> Kind[int | str]:
    depth = integer(0, _MOST_CONFIRMATIONS)

    def read(given: Given) -> int | str:
        return str(given.value) if given.value in _FINALITY else depth.read(given, {})

    rule = f"{depth.rule}, or one of {', '.join(_FINALITY)}"
    return plain(rule, read, 0)


def _network() -> Kind[str]:
    def read(given: Given) -> str:
        return str(ipaddress.ip_network(line(given)))

    return plain("must be an address or a network", read, "")


def _require_database(url: str) -> None:
    if not url.startswith(_DATABASES) and url != "sqlite://":
        raise ValueError
    urlsplit(url)


def _require_key(text: str) -> None:
    if len(base64.b64decode(text, validate=True)) != _KEY_BYTES:
        raise ValueError


def _has_password(url: str) -> bool:
    return bool(urlsplit(url).password)


def _public(url: str) -> str:
    """An address without its user, and without a path and query that may hold a node's key."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}" + ("" if parts.scheme.startswith("http") else parts.path)


def _with_password(url: str, password: str) -> Secret:
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return Secret(urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}")))
