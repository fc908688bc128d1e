"""``zhifu role``: the keys that have a role beside the network's owner."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.cli.when import shown_time
from zhifu.exceptions import InvalidInput

role = group(app, "role", "Who decides disputes and who may pause.", panel=MEMBERS)


class Name(str, Enum):
    """What a key may be nominated for."""

    ARBITER = "arbiter"
    PAUSER = "pauser"


Which = Annotated[Name, typer.Argument(metavar="ROLE", help="arbiter or pauser.")]


@command(role, "list", "zhifu role list")
def list_roles(session: Session) -> Answer:
    """Show who has which role, and who was nominated."""
    data = [_described(session, name) for name in Name]
    rows = [(each["role"], each["holder"] or "nobody", _nominee(each)) for each in data]
    return answer(data, table(("Role", "Holder", "Nominated"), rows))


@command(
    role,
    "nominate",
    "zhifu role nominate arbiter 0x7099...",
    "zhifu role nominate arbiter --cancel",
)
def nominate(
    session: Session,
    which: Which,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="An address, or the name of a key.")
    ] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Let nobody accept it.")] = False,
) -> Answer:
    """Nominate a key for a role. Signed by the network's admin.

    An arbiter accepts two days later at the earliest, a pauser at once.
    """
    from zhifu.keyring import ADMIN
    from zhifu.models import NO_ADDRESS, Role

    if (address is None) != cancel:
        raise InvalidInput("nominee", "must be given as an address, or --cancel instead")
    account = session.address(address) if address else NO_ADDRESS
    session.network.registry.nominate(session.signer(ADMIN), Role[which.name], account)
    return _changed(session, which)


@command(role, "accept", "zhifu role accept arbiter --key-name court")
def accept(session: Session, which: Which) -> Answer:
    """Take a role over. Signed by its nominee."""
    from zhifu.models import Role

    session.network.registry.accept_role(session.signer(which.value), Role[which.name])
    return _changed(session, which)


@command(role, "dismiss", "zhifu role dismiss arbiter")
def dismiss(session: Session, which: Which) -> Answer:
    """Take a role from its holder at once. Signed by the network's admin."""
    from zhifu.keyring import ADMIN
    from zhifu.models import Role

    session.network.registry.dismiss(session.signer(ADMIN), Role[which.name])
    return _changed(session, which)


def _changed(session: Session, which: Name) -> Answer:
    data = _described(session, which)
    holder = data["holder"] or "Nobody"
    return answer(data, f"{holder} is {data['role']}. Nominated: {_nominee(data)}.")


def _described(session: Session, which: Name) -> dict[str, Any]:
    from zhifu.models import NO_ADDRESS, Role

    registry = session.network.registry
    holder = registry.arbiter() if which is Name.ARBITER else registry.pauser()
    nominee = registry.pending_role(Role[which.name])
    nobody = nominee.account == NO_ADDRESS
    return {
        "role": which.value,
        "holder": None if holder == NO_ADDRESS else holder,
        "nominee": None if nobody else nominee.account,
        "nominee_since": None if nobody else nominee.since,
    }


def _nominee(data: dict[str, Any]) -> str:
    if data["nominee"] is None:
        return "nobody"
    return f"{data['nominee']}, from {shown_time(data['nominee_since'])}"
