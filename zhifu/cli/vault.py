"""``zhifu vault``: the key that secrets and contacts are sealed by, changed or begun anew."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer, facts
from zhifu.cli.command import command, group
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from rich.table import Table

    from zhifu.notify.resealing import Sealed

vault = group(app, "vault", "The key that seals secrets and contacts.", panel=SET_UP)

_NO = 3


@command(vault, "rotate", "zhifu vault rotate")
def rotate(session: Session) -> Answer:
    """Seal everything by a new key, which goes into the file vault.key.

    What that file held before is kept in vault.key.old. Stop every service on this database first,
    and bring the new file to the other machines.
    """
    from zhifu.notify import resealing
    from zhifu.store import Store

    with Store.open(session.settings.database_url) as store:
        found = resealing.rotate(session.settings, store)
    said = f"Sealed by the new key in {session.settings.home / 'vault.key'}:"
    rest: tuple[str, ...] = ()
    if session.settings.notifications.vault_key is not None:
        rest = ("Set notifications.vault_key to what is in that file now, or to nothing.",)
    return answer(asdict(found), said, _shown(found), *rest)


@command(vault, "reset", "zhifu vault reset", "zhifu vault reset --yes")
def reset(
    session: Session,
    yes: Annotated[bool, typer.Option("--yes", help="Forget it; else it is only counted.")] = False,
) -> Answer:
    """Forget what only a lost key opens, and go on with the key here, or a new one.

    Stop every service on this database first. Webhook endpoints get new secrets and are disabled:
    `zhifu webhook rotate` shows a secret to the receiver, `zhifu webhook enable` goes on.
    """
    from zhifu.notify import resealing
    from zhifu.store import Store

    with Store.open(session.settings.database_url) as store:
        if not yes:
            found = resealing.lost(session.settings, store)
            return answer(asdict(found), "With --yes it forgets:", _shown(found), exit_status=_NO)
        found = resealing.reset(session.settings, store, int(time.time()))
    return answer(asdict(found), "Forgotten:", _shown(found))


def _shown(found: Sealed) -> Table:
    return facts(
        {
            "webhook secrets": found.secrets,
            "contacts": found.contacts,
            "notice channels": found.channels,
            "notices to an address of their own": found.notices,
        }
    )
