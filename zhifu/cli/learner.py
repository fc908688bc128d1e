"""``zhifu learner``: learner numbers."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts
from zhifu.cli.command import command, group
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of
from zhifu.exceptions import InvalidInput

learner = group(app, "learner", "Register learners, who are numbers on chain.", panel=MEMBERS)

LEARNERS_AT_ONCE = 1 << 20

Platform = Annotated[
    str, typer.Option("--platform", "-p", metavar="PLATFORM", help="Its name or number.")
]
Learner = Annotated[int, typer.Argument(metavar="LEARNER", help="The learner's number.")]
User = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="The platform's own name for them. Only a salted commitment to it goes on chain.",
    ),
]


@command(learner, "add", "zhifu learner add --platform udemy --user mei@example.org")
def add(session: Session, platform: Platform, user: User = None) -> Answer:
    """Register one learner with a platform. Signed by an operator of it."""
    number = session.directory.platform(platform)
    signer = session.operator(number)
    kept = _commitment(user)
    with turn_of(session, signer):
        receipt = session.network.registry.register_learner(signer, kept["commitment"])
    registered = session.network.registry.emitted(receipt, "LearnersRegistered")[0]
    data = {"learner": registered["first"], "platform": number, **_in_hex(kept)}
    said = f"Learner {registered['first']} is registered with {platform}."
    return answer(data, said, *_to_keep(data))


@command(learner, "register", "zhifu learner register 1000 --platform udemy")
def register(
    session: Session,
    count: Annotated[int, typer.Argument(metavar="COUNT", help="How many, up to 1048576.")],
    platform: Platform,
) -> Answer:
    """Register many learners with a platform, in one transaction. Signed by an operator of it."""
    number = session.directory.platform(platform)
    first = register_many(session, number, count)
    data = {"first": first, "last": first + count - 1, "count": count, "platform": number}
    said = f"Learners {first} to {first + count - 1} are registered with {platform}."
    return answer(data, said)


@command(learner, "bind", "zhifu learner bind 1 --platform edx --user mei@example.org")
def bind(session: Session, number: Learner, platform: Platform, user: User = None) -> Answer:
    """State that a platform knows a learner as one of its users. Signed by an operator of it.

    Another platform's learner keeps their number, and this one recognises them by it.
    """
    host = session.directory.platform(platform)
    session.directory.learner(number)
    kept, signer = _commitment(user, required=True), session.operator(host)
    with turn_of(session, signer):
        receipt = session.network.registry.bind_learner(signer, number, kept["commitment"])
    data = {"learner": number, "platform": host, **_in_hex(kept)}
    data["transaction"] = receipt.transaction_hash
    return answer(data, f"{platform} knows learner {number}.", *_to_keep(data))


@command(learner, "key", "zhifu learner key 1", "zhifu learner key 1 --address 0x7099...")
def key(
    session: Session,
    number: Learner,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The key (an address, or a key's name). A development key on a local chain.",
        ),
    ] = None,
) -> Answer:
    """Give a learner a key of their own, to which claimed licences go.

    The first is set by an operator of the platform that registered the learner. After that, the
    key itself passes on to another.
    """
    registry = session.network.registry
    home = registry.home_of(session.directory.learner(number))
    key = session.address(address) if address else _local_key(session, number)
    binder = _binder(session, number, home)
    with turn_of(session, binder):
        receipt = registry.bind_key(binder, number, key)
    data = {"learner": number, "key": key, "transaction": receipt.transaction_hash}
    return answer(data, f"Learner {number} has the key {key}")


@command(learner, "forget", "zhifu learner forget 1 --platform udemy")
def forget(session: Session, number: Learner, platform: Platform) -> Answer:
    """Erase what is personal of a platform's learner from the gateway's database.

    Payments, orders and licences stay: they name nobody, only the number.
    """
    home = session.directory.platform(platform)
    with session.gateway({}) as gateway:
        gateway.forget_learner(home, session.directory.learner(number))
    data = {"learner": number, "platform": home}
    return answer(data, f"Nothing personal of learner {number} is kept for {platform}.")


@command(learner, "show", "zhifu learner show 1")
def show(session: Session, number: Learner) -> Answer:
    """Show the platform that registered a learner, and the learner's key."""
    from zhifu.models import NO_ADDRESS

    registry = session.network.registry
    home = registry.home_of(session.directory.learner(number))
    key = registry.key_of(number)
    data = {"learner": number, "platform": home, "key": None if key == NO_ADDRESS else key}
    name = session.directory.platform_name(home)
    return answer(data, facts({"Learner": number, "Platform": name, "Key": data["key"] or "none"}))


def register_many(session: Session, platform: int, count: int) -> int:
    """Register learners; the first of their numbers, which follow each other."""
    if not 0 < count <= LEARNERS_AT_ONCE:
        raise InvalidInput("count", f"must be from 1 to {LEARNERS_AT_ONCE}", count)
    registry, signer = session.network.registry, session.operator(platform)
    with turn_of(session, signer):
        receipt = registry.register_learners(signer, count)
    return int(registry.emitted(receipt, "LearnersRegistered")[0]["first"])


def _commitment(user: str | None, *, required: bool = False) -> dict[str, bytes]:
    """A salted commitment to a user, and the salt; a commitment to nobody is zero."""
    from eth_utils.crypto import keccak

    if user is None and not required:
        return {"commitment": bytes(32)}
    if not user:
        raise InvalidInput("user", "must be the platform's name for the learner")
    salt = secrets.token_bytes(32)
    return {"commitment": keccak(salt + user.encode()), "salt": salt}


def _in_hex(kept: dict[str, bytes]) -> dict[str, Any]:
    return {name: "0x" + value.hex() for name, value in kept.items()}


def _to_keep(data: dict[str, Any]) -> tuple[str, ...]:
    if "salt" not in data:
        return ()
    return (f"Keep the salt: with it the commitment can be shown.  {data['salt']}",)


def _local_key(session: Session, number: int) -> str:
    from zhifu.keyring import learner_key

    if not session.is_local:
        raise InvalidInput("address", "must be given, except on a local chain")
    return session.keyring.ensure(learner_key(number)).address


def _binder(session: Session, number: int, home: int) -> Any:
    from zhifu.keyring import learner_key
    from zhifu.models import NO_ADDRESS

    bound = session.network.registry.key_of(number) != NO_ADDRESS
    return session.signer(learner_key(number)) if bound else session.operator(home)
