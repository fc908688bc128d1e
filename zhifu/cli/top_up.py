"""``zhifu top-up``: what learners pay for money on their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command, group
from zhifu.cli.outgoing import Platform
from zhifu.cli.root import MONEY, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of
from zhifu.cli.when import shown_time

if TYPE_CHECKING:
    from zhifu.payments import TopUp

top_up = group(app, "top-up", "Load learners' balances, which they spend anywhere.", panel=MONEY)

Which = Annotated[str, typer.Argument(metavar="TOP-UP", help="pay_... as `zhifu top-up list`.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="In the network's currency.")]


@command(top_up, "add", "zhifu top-up add 50.00 --learner 1 --platform udemy")
def add(
    session: Session,
    amount: Amount,
    platform: Platform,
    learner: Annotated[int, typer.Option("--learner", "-l", help="Whose: a learner's number.")],
    idempotency_key: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="The same key with the same top-up pays once."),
    ] = None,
) -> Answer:
    """Have a learner pay for money on the learner's account, and put it there.

    Paid at the sandbox provider, which confirms at once; the platform's balance pays for it on
    chain, signed by its operator. Above the limit of the day (`zhifu top-up limit`) it waits.
    """
    from zhifu.cli import fiat

    home = session.directory.platform(platform)
    whose = session.directory.learner(learner)
    money = session.amounts.money(amount)
    payment = fiat.top_up(session, home, whose, money, idempotency_key=idempotency_key)
    with session.gateway({home: session.operator(home)}) as gateway:
        gateway.follow_top_ups(home)
        found = gateway.top_up(payment.id)
    return _told(found)


@command(top_up, "list", "zhifu top-up list --platform udemy")
def list_top_ups(
    session: Session,
    platform: Platform,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="The newest so many.")] = 20,
) -> Answer:
    """Show a platform's top-ups, the newest first."""
    with session.gateway() as gateway:
        found = gateway.top_ups(session.directory.platform(platform), limit=limit)
    rows = [
        (each.id, each.learner, each.amount, each.state.value, each.problem or "") for each in found
    ]
    columns = ("Top-up", ">Learner", ">Amount", "State", "Problem")
    return answer([_data(each) for each in found], table(columns, rows))


@command(top_up, "show", "zhifu top-up show pay_0c5d9a8f2b4e6d71")
def show(session: Session, which: Which) -> Answer:
    """Show one top-up and what happened to it."""
    with session.gateway() as gateway:
        found, changes = gateway.top_up(which), gateway.top_up_history(which)
    data = {**_data(found), "history": [each._asdict() for each in changes]}
    rows = [(shown_time(each.at), each.state, each.detail or "") for each in changes]
    return answer(data, _facts(found), table(("When", "State", "Why"), rows))


@command(
    top_up,
    "refund",
    "zhifu top-up refund pay_0c5d9a8f2b4e6d71",
    'zhifu top-up refund pay_0c5d9a8f2b4e6d71 --returned "transfer 4711"',
)
def refund(
    session: Session,
    which: Which,
    returned: Annotated[
        str | None,
        typer.Option(
            metavar="HOW", help="How you returned the money that the provider refused to."
        ),
    ] = None,
) -> Answer:
    """Send a top-up that is not on chain yet back at its provider.

    Where the provider has refused to return the money, return it by hand and say how.
    """
    with session.gateway() as gateway:
        if returned is None:
            return _told(gateway.refund_top_up(which))
        return _told(gateway.top_up_returned(which, returned))


@command(
    top_up, "limit", "zhifu top-up limit 1000.00 --platform udemy", "zhifu top-up limit -p udemy"
)
def limit(
    session: Session,
    platform: Platform,
    amount: Annotated[
        str | None,
        typer.Argument(metavar="AMOUNT", help="For a day (UTC); what holds is shown without."),
    ] = None,
) -> Answer:
    """Set how much a platform may top up on a day. Signed by the platform's owner.

    It is 0 to begin with. A rise holds two days later, a fall at once.
    """
    from zhifu.keyring import platform_key

    number = session.directory.platform(platform)
    settlement = session.network.settlement
    data: dict[str, Any] = {"platform": number}
    if amount is not None:
        owner = session.signer(platform_key(session.directory.platform_name(number)))
        units = 0 if _is_nothing(amount) else session.amounts.units(amount)
        with turn_of(session, owner):
            receipt = settlement.set_top_up_limit(owner, number, units)
        data = {**data, "set_units": units, "transaction": receipt.transaction_hash}
    per_day, left = settlement.top_up_limit_of(number)
    data = {**data, "per_day_units": per_day, "left_units": left}
    shown = session.amounts.shown
    told = f"{platform} may top up {shown(per_day)} today, and {shown(left)} of it still."
    if amount is None:
        return answer(data, told)
    return answer(data, f"The limit is set to {shown(units)}; a rise holds in two days.", told)


def _is_nothing(amount: str) -> bool:
    return amount.strip("0.") == "" and any(each == "0" for each in amount)


def _told(found: TopUp) -> Answer:
    said = f"Top-up {found.id} of {found.amount} is {found.state.value}."
    return answer(_data(found), said if found.problem is None else f"{said[:-1]}: {found.problem}.")


def _facts(found: TopUp) -> Any:
    return facts(
        {
            "Top-up": found.id,
            "Learner": f"{found.learner} on platform {found.platform}",
            "Amount": found.amount,
            "State": found.state.value,
            **({"Problem": found.problem} if found.problem else {}),
            **({"Transaction": found.transaction_hash} if found.transaction_hash else {}),
        }
    )


def _data(found: TopUp) -> dict[str, Any]:
    return {
        "top_up": found.id,
        "platform": found.platform,
        "learner": found.learner,
        "amount": str(found.amount),
        "state": found.state.value,
        "problem": found.problem,
        "transaction": found.transaction_hash,
    }
