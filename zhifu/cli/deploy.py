"""``zhifu deploy``: the contracts."""

from __future__ import annotations

from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.cli.answer import Answer, answer, facts
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session
from zhifu.config import DATABASE_NAME

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zhifu.deployment import Deployment


@command(app, "deploy", "zhifu deploy", "zhifu deploy --currency EUR", panel=SET_UP)
def deploy(
    session: Session,
    currency: Annotated[
        str | None,
        typer.Option(help="The one currency of the network (ISO 4217); USD by default."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The settlement token, an existing ERC-20. Without it a test token is deployed.",
        ),
    ] = None,
    treasury: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where the network's share goes; the deploying key by default."
        ),
    ] = None,
) -> Answer:
    """Put the contracts on the chain and write down where they are.

    Run again, it finds them, and refuses options that they were not deployed with. The key that
    deploys becomes the network's admin.
    """
    deployment, is_new = ensure(session, currency=currency, token=token, treasury=treasury)
    aside = set_aside_foreign_books(session)
    path = str(session.deployment_file)
    said = f"Deployed; written to {path}" if is_new else f"Deployed already, says {path}"
    data = {**asdict(deployment), "new": is_new, "file": path}
    more = [f"The books of another deployment are now {aside}"] if aside else []
    return answer(data, said, described(deployment), *more)


def ensure(
    session: Session,
    *,
    currency: str | None = None,
    token: str | None = None,
    treasury: str | None = None,
) -> tuple[Deployment, bool]:
    """The network's deployment on the session's chain, and whether it is new."""
    from zhifu.deployment import ensure_deployed
    from zhifu.keyring import ADMIN

    return ensure_deployed(
        session.chain,
        session.signer(ADMIN),
        session.deployment_file,
        currency=currency,
        token=session.address(token, "token") if token else None,
        treasury=session.address(treasury, "treasury") if treasury else None,
    )


def set_aside_foreign_books(session: Session) -> Path | None:
    """On a local chain, rename the home's database if it is of another deployment; to what.

    A local chain that was started anew has lost what those books are about.
    """
    from zhifu.exceptions import ForeignDatabase

    books = session.settings.home / DATABASE_NAME
    if not session.is_local or not books.exists():
        return None
    try:
        with session.gateway():
            return None
    except ForeignDatabase:
        return _set_aside(books)


def _set_aside(books: Path) -> Path:
    numbers = (books.with_name(f"{books.name}.{number}") for number in count(1))
    aside = next(path for path in numbers if not path.exists())
    for suffix in ("-wal", "-shm", ""):
        part = books.with_name(books.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def described(deployment: Deployment) -> RenderableType:
    """Where the contracts are, for people."""
    from zhifu.deployment import DAY_SECONDS

    return facts(
        {
            "Chain": deployment.chain_id,
            "PlatformRegistry": deployment.registry,
            "ContentLicense": deployment.license,
            "Settlement": deployment.settlement,
            "Settlement token": f"{deployment.token} ({deployment.currency})",
            "Refund windows": ", ".join(
                f"{each // DAY_SECONDS} days" for each in deployment.windows
            ),
        }
    )
