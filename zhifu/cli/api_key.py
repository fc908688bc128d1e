"""``zhifu api-key``: the keys that platforms show to the HTTP API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.cli.when import shown_time

if TYPE_CHECKING:
    from zhifu.api.api_keys import ApiKey, ApiKeys

api_key = group(app, "api-key", "API keys, by which `zhifu serve` knows platforms.", panel=MEMBERS)

_DAY_SECONDS = 86_400


@command(
    api_key,
    "create",
    "zhifu api-key create --platform udemy",
    "zhifu api-key create -p udemy --scope orders:read --days 90 --live",
)
def create(
    session: Session,
    platform: Annotated[
        str, typer.Option("--platform", "-p", metavar="PLATFORM", help="Its name or number.")
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="What it may do; give it for each (default: all)."),
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "unnamed",
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good (ever).")] = None,
    live: Annotated[bool, typer.Option("--live", help="For a gateway that serves --live.")] = False,
) -> Answer:
    """Make an API key of a platform, and show it this once."""
    from zhifu.api.api_keys import Mode
    from zhifu.api.scopes import read_scopes

    number, scopes = session.directory.platform(platform), read_scopes(scope or ["all"])
    expires_at = None if days is None else int(time.time()) + days * _DAY_SECONDS
    mode = Mode.LIVE if live else Mode.TEST
    with _keys(session) as keys:
        made, text = keys.create(number, name, mode, scopes, expires_at)
    said = f"Keep this API key of {platform}: it is not shown again."
    return answer({**_data(made), "key": text}, said, text)


@command(api_key, "list", "zhifu api-key list")
def list_keys(session: Session) -> Answer:
    """Show every API key, but not what it is."""
    with _keys(session) as keys:
        found = keys.all()
    columns = ("Key", ">Platform", "Begins with", "Name", "Scopes", "State", "Last used")
    rows = [
        (each.id, each.platform, each.shown, each.name, _scopes(each), _state(each), _used(each))
        for each in found
    ]
    return answer([_data(each) for each in found], table(columns, rows))


@command(api_key, "revoke", "zhifu api-key revoke key_0123456789abcdef")
def revoke(
    session: Session, key: Annotated[str, typer.Argument(metavar="KEY", help="key_..., its id.")]
) -> Answer:
    """End an API key for good; services refuse it within a second."""
    with _keys(session) as keys:
        found = keys.revoke(key)
    return answer(_data(found), f"API key {found.id} is revoked.")


@contextmanager
def _keys(session: Session) -> Iterator[ApiKeys]:
    from zhifu.api.api_keys import ApiKeys
    from zhifu.store import Store

    with Store.open(session.settings.database_url) as store:
        yield ApiKeys(store, lambda: int(time.time()))


def _data(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "platform": key.platform,
        "name": key.name,
        "mode": key.mode.value,
        "begins_with": key.shown,
        "scopes": sorted(scope.value for scope in key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _scopes(key: ApiKey) -> str:
    from zhifu.api.scopes import ALL

    return "all" if key.scopes == ALL else " ".join(sorted(scope.value for scope in key.scopes))


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "in force" if key.is_in_force(int(time.time())) else "expired"


def _used(key: ApiKey) -> str:
    return shown_time(key.last_used_at) if key.last_used_at else "never"
