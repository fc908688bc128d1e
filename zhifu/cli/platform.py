"""``zhifu platform``: the members of the network."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of
from zhifu.cli.when import shown_time
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.signing import Signer

platform = group(app, "platform", "Admit platforms and set their terms.", panel=MEMBERS)

_LATER = {
    "owner": "New owner",
    "treasury": "New treasury",
    "network_bps": "New network share",
    "host_bps": "New host share",
}

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
    more = f"Its owner names a key to act for it:  zhifu platform operator {name} ADDRESS"
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
    """Name a key that may act for a platform: sell, publish, register. Signed by its owner.

    The key has to accept first, with `zhifu platform accept` or when a gateway starts with it; one
    that can sign here accepts at once. A key acts for one platform only, for good.
    """
    from zhifu.operators import ensure_accepted

    number = session.directory.platform(which)
    registry, operator = session.network.registry, session.address(address)
    with turn_of(session, _owner(session, number)) as signer:
        receipt = registry.set_operator(signer, number, operator, not stop)
    key = _key_at_hand(session, signer, address)
    if key is not None and not stop:
        with turn_of(session, key):
            ensure_accepted(registry, number, key)
    return _changed(session, number, receipt.transaction_hash)


@command(
    platform,
    "accept",
    "zhifu platform accept udemy --key-name gateway-2",
    "zhifu platform accept udemy --key-name new-owner",
)
def accept(session: Session, which: Which) -> Answer:
    """Accept to act for a platform, or to own it. Signed by the key that its owner named.

    A platform can be accepted two days after `zhifu platform transfer`.
    """
    number = session.directory.platform(which)
    registry = session.network.registry
    with turn_of(session, _owner(session, number)) as signer:
        if registry.changes_of(number).owner.account == signer.address:
            receipt = registry.accept_platform(signer, number)
        else:
            receipt = registry.accept_operator(signer, number)
    return _changed(session, number, receipt.transaction_hash)


@command(
    platform,
    "transfer",
    "zhifu platform transfer udemy 0x7099...",
    "zhifu platform transfer udemy --cancel",
)
def transfer(
    session: Session,
    which: Which,
    address: Annotated[
        str | None,
        typer.Argument(metavar="ADDRESS", help="The new owner: an address, or a key's name."),
    ] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Let nobody accept it.")] = False,
) -> Answer:
    """Hand a platform to another owner, who accepts it two days later. Signed by its owner."""
    from zhifu.models import NO_ADDRESS

    number = session.directory.platform(which)
    if (address is None) != cancel:
        raise InvalidInput("owner", "must be given as an address, or --cancel instead")
    to = session.address(address) if address else NO_ADDRESS
    with turn_of(session, _owner(session, number)) as signer:
        receipt = session.network.registry.transfer_platform(signer, number, to)
    return _changed(session, number, receipt.transaction_hash)


@command(platform, "treasury", "zhifu platform treasury udemy 0x7099...")
def treasury(session: Session, which: Which, address: Address) -> Answer:
    """Set where a platform's withdrawals go from two days on. Signed by the platform's owner.

    Until then they go to the present treasury, and naming that one takes the change back.
    """
    number = session.directory.platform(which)
    to = session.address(address)
    with turn_of(session, _owner(session, number)) as signer:
        receipt = session.network.registry.set_treasury(signer, number, to)
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
    """Set the least shares, in basis points, that new split plans of a platform must give.

    A lower one holds at once, a higher one two days later.
    """
    from zhifu.keyring import ADMIN

    number = session.directory.platform(which)
    registry = session.network.registry
    hashes = []
    if host_bps is not None:
        _require_bps("host_bps", host_bps)
        with turn_of(session, _owner(session, number)) as signer:
            hashes.append(registry.set_host_fee(signer, number, host_bps))
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
    from zhifu.operators import appoint

    _require_new_name(session, name)
    _require_bps("network_bps", network_bps)
    _require_bps("host_bps", host_bps)
    registry = session.network.registry
    admin = session.signer(ADMIN)
    own = None
    if owner is None:
        _require_local(session)
        own = session.keyring.ensure(platform_key(name))
    address = own.address if own else session.address(str(owner), "owner")
    pays_to = session.address(treasury, "treasury") if treasury else address
    receipt = registry.admit(admin, name, address, pays_to, network_bps, host_bps)
    number = int(registry.emitted(receipt, "PlatformAdmitted")[0]["platform"])
    if own:
        appoint(registry, own, number, own)
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


def _key_at_hand(session: Session, owner: Signer, text: str) -> Signer | None:
    """The key that an address or a name stands for, if it can sign here."""
    address = session.address(text)
    if address == owner.address:
        return owner
    names = [name for name, each in session.keyring.addresses().items() if each == address]
    try:
        return session.keyring.signer(names[0]) if names else None
    except InvalidInput:
        return None  # its key file is here, its password is not


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
        **_operators(session, number),
        "announced": _announced(session, number),
        "available_units": available,
        "available": session.amounts.shown(available),
    }


def _operators(session: Session, number: int) -> dict[str, list[str]]:
    """The keys that act for a platform, and those that it names and that have accepted none."""
    network = session.network
    first = network.deployment.first_block
    found: dict[str, list[str]] = {"operators": [], "named": []}
    for event in network.registry.events("OperatorNamed", "OperatorChanged", from_block=first):
        key, platform = event.arguments["operator"], event.arguments["platform"]
        accepted = event.name == "OperatorChanged"
        if platform == number or accepted:
            _drop(found, key)
        if platform == number and event.arguments["active" if accepted else "named"]:
            found["operators" if accepted else "named"].append(key)
    return found


def _drop(found: dict[str, list[str]], key: str) -> None:
    for keys in found.values():
        if key in keys:
            keys.remove(key)


def _announced(session: Session, number: int) -> dict[str, dict[str, Any]]:
    """What holds only later, by name: its value, and from when (Unix seconds)."""
    changes = session.network.registry.changes_of(number)
    found = {
        "owner": _announcement(*changes.owner),
        "treasury": _announcement(*changes.treasury),
        "network_bps": _announcement(changes.network_bps, changes.network_bps_since),
        "host_bps": _announcement(changes.host_bps, changes.host_bps_since),
    }
    return {name: each for name, each in found.items() if each["since"]}


def _announcement(value: str | int, since: int) -> dict[str, Any]:
    return {"value": value, "since": since}


def _shown(data: dict[str, Any]) -> Any:
    return facts(
        {
            "Platform": f"{data['platform']} {data['name']} ({data['status']})",
            "Owner": data["owner"],
            "Operators": ", ".join(data["operators"]) or "none",
            **({"Named": f"{', '.join(data['named'])}, to accept"} if data["named"] else {}),
            "Treasury": data["treasury"],
            "Least shares": f"network {data['network_bps']}, host {data['host_bps']} basis points",
            "Available": data["available"],
            **{_LATER[name]: _later(each) for name, each in data["announced"].items()},
        }
    )


def _later(announced: dict[str, Any]) -> str:
    return f"{announced['value']}, from {shown_time(announced['since'])}"
