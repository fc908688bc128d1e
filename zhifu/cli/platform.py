"""``zhifu platform``: the members of the network."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

platform = group(app, "platform", "Admit platforms and set their terms.", panel=MEMBERS)

Which = Annotated[str, typer.Argument(metavar="PLATFORM", help="Its name or number.")]
Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An address, or the name of a key.")
]


class Status(str, Enum):
    """What a platform may be made."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@command(
    platform,
    "add",
    "zhifu platform add udemy",
    "zhifu platform add edx --owner 0x7099... --treasury 0x3C44... --host-bps 2000",
)
def add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its public name.")],
    owner: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Who sets its terms (an address, or a key's name)."),
    ] = None,
    treasury: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where its withdrawals go; the owner by default."),
    ] = None,
    network_bps: Annotated[
        int, typer.Option(help="The network's least share of its contents' prices, basis points.")
    ] = 200,
    host_bps: Annotated[
        int, typer.Option(help="Its own least share as the host, in basis points.")
    ] = 1000,
) -> Answer:
    """Admit a platform to the network. Signed by the network's admin.

    On a local chain without --owner, a development key becomes its owner, operator and treasury.
    """
    number = admit(session, name, owner, treasury, network_bps=network_bps, host_bps=host_bps)
    data = _described(session, number)
    said = f"Admitted {name} as platform {number}."
    if data["operators"]:
        return answer(data, said, _shown(data))
    more = f"Its owner lets a key act for it:  zhifu platform operator {name} ADDRESS"
    return answer(data, said, _shown(data), more)


@command(platform, "list", "zhifu platform list")
def list_platforms(session: Session) -> Answer:
    """Show all platforms with their terms."""
    data = [_described(session, number) for number in session.directory.platforms]
    rows = [
        (each["platform"], each["name"], each["status"], each["network_bps"], each["host_bps"])
        for each in data
    ]
    columns = (">Number", "Platform", "Status", ">Network, bps", ">Host, bps")
    return answer(data, table(columns, rows))


@command(platform, "show", "zhifu platform show udemy")
def show(session: Session, which: Which) -> Answer:
    """Show one platform: its terms, its keys, its balance."""
    data = _described(session, session.directory.platform(which))
    return answer(data, _shown(data))


@command(
    platform,
    "operator",
    "zhifu platform operator udemy 0x7099...",
    "zhifu platform operator udemy 0x7099... --stop",
)
def operator(
    session: Session,
    which: Which,
    address: Address,
    stop: Annotated[bool, typer.Option("--stop", help="Let it act no longer.")] = False,
) -> Answer:
    """Let a key act for a platform: sell, publish, register. Signed by the platform's owner."""
    number = session.directory.platform(which)
    signer = _owner(session, number)
    receipt = session.network.registry.set_operator(
        signer, number, session.address(address), not stop
    )
    return _changed(session, number, receipt.transaction_hash)


@command(platform, "treasury", "zhifu platform treasury udemy 0x7099...")
def treasury(session: Session, which: Which, address: Address) -> Answer:
    """Set where a platform's withdrawals go. Signed by the platform's owner."""
    number = session.directory.platform(which)
    receipt = session.network.registry.set_treasury(
        _owner(session, number), number, session.address(address)
    )
    return _changed(session, number, receipt.transaction_hash)


@command(platform, "fee", "zhifu platform fee udemy --host-bps 1500")
def fee(
    session: Session,
    which: Which,
    host_bps: Annotated[
        int | None, typer.Option(help="Its least share as the host (signed by its owner).")
    ] = None,
    network_bps: Annotated[
        int | None, typer.Option(help="The network's least share (signed by the admin).")
    ] = None,
) -> Answer:
    """Set the least shares, in basis points, that new split plans of a platform must give."""
    from zhifu.keyring import ADMIN

    number = session.directory.platform(which)
    registry = session.network.registry
    hashes = []
    if host_bps is not None:
        _require_bps("host_bps", host_bps)
        hashes.append(registry.set_host_fee(_owner(session, number), number, host_bps))
    if network_bps is not None:
        _require_bps("network_bps", network_bps)
        hashes.append(registry.set_network_fee(session.signer(ADMIN), number, network_bps))
    if not hashes:
        raise InvalidInput("fee", "must be given by --host-bps or --network-bps")
    return _changed(session, number, *(each.transaction_hash for each in hashes))


@command(platform, "status", "zhifu platform status udemy suspended")
def status(
    session: Session,
    which: Which,
    to: Annotated[Status, typer.Argument(help="active or suspended.")],
) -> Answer:
    """Open or suspend a platform. Signed by the network's admin.

    A suspended platform can still refund and withdraw.
    """
    from zhifu.keyring import ADMIN
    from zhifu.models import PlatformStatus

    number = session.directory.platform(which)
    receipt = session.network.registry.set_status(
        session.signer(ADMIN), number, PlatformStatus[to.name]
    )
    return _changed(session, number, receipt.transaction_hash)


def admit(
    session: Session,
    name: str,
    owner: str | None = None,
    treasury: str | None = None,
    *,
    network_bps: int = 200,
    host_bps: int = 1000,
) -> int:
    """Admit a platform, and let its key act for it if that key is here; its number."""
    from zhifu.keyring import ADMIN, platform_key

    _require_new_name(session, name)
    _require_bps("network_bps", network_bps)
    _require_bps("host_bps", host_bps)
    registry = session.network.registry
    admin = session.signer(ADMIN)
    own = None
    if owner is None:
        _require_local(session)
        own = session.keyring.ensure(platform_key(name))
    address = own.address if own else session.address(str(owner))
    pays_to = session.address(treasury) if treasury else address
    receipt = registry.admit(admin, name, address, pays_to, network_bps, host_bps)
    number = int(registry.emitted(receipt, "PlatformAdmitted")[0]["platform"])
    if own:
        registry.set_operator(own, number, own.address)
    session.refresh()
    return number


def _require_new_name(session: Session, name: str) -> None:
    if not name.isprintable() or not 0 < len(name) <= 60 or name.isdigit() or set("/:") & set(name):
        raise InvalidInput("name", "must be text without / or :, not a number", name)
    if name in session.directory.platforms.values():
        raise InvalidInput("name", "must not be a platform's already", name)


def _require_bps(field: str, bps: int) -> None:
    if not 0 <= bps <= 10_000:
        raise InvalidInput(field, "must be from 0 to 10000 basis points", bps)


def _require_local(session: Session) -> None:
    if not session.is_local:
        raise InvalidInput("owner", "must be given, except on a local chain")


def _owner(session: Session, number: int) -> Any:
    from zhifu.keyring import platform_key

    return session.signer(platform_key(session.directory.platform_name(number)))


def _changed(session: Session, number: int, *hashes: str) -> Answer:
    data = {**_described(session, number), "transactions": list(hashes)}
    return answer(data, _shown(data))


def _described(session: Session, number: int) -> dict[str, Any]:
    from zhifu import accounts

    terms = session.network.registry.platform_of(number)
    available = session.network.settlement.available_of(accounts.of_platform(number))
    return {
        "platform": number,
        "name": session.directory.platform_name(number),
        "status": terms.status.name.lower(),
        "network_bps": terms.network_bps,
        "host_bps": terms.host_bps,
        "owner": terms.owner,
        "treasury": terms.treasury,
        "operators": _operators(session, number),
        "available_units": available,
        "available": session.amounts.shown(available),
    }


def _operators(session: Session, number: int) -> list[str]:
    network = session.network
    changes = network.registry.events("OperatorChanged", from_block=network.deployment.first_block)
    active = {
        each.arguments["operator"]: each.arguments["active"]
        for each in changes
        if each.arguments["platform"] == number
    }
    return [address for address, acts in active.items() if acts]


def _shown(data: dict[str, Any]) -> Any:
    return facts(
        {
            "Platform": f"{data['platform']} {data['name']} ({data['status']})",
            "Owner": data["owner"],
            "Operators": ", ".join(data["operators"]) or "none",
            "Treasury": data["treasury"],
            "Least shares": f"network {data['network_bps']}, host {data['host_bps']} basis points",
            "Available": data["available"],
        }
    )
