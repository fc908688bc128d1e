"""``zhifu adopt``: books that were restored, brought up to the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.adoption import Adoption, Sale
    from zhifu.deeds import AdoptedDeed


@command(app, "adopt", "zhifu adopt udemy", "zhifu adopt udemy --unmatched", panel=TRADE)
def adopt(
    session: Session,
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Name or number.")],
    unmatched: Annotated[
        bool,
        typer.Option(
            "--unmatched", help="Take in too what nothing that waits in these books is like."
        ),
    ] = False,
) -> Answer:
    """Take in what was done on chain after the back-up these books were restored from.

    Waiting orders that such a batch has sold are settled from then on. Sales that no waiting order
    is like were paid after the back-up was made: look for them in the provider's bill, and do not
    record them again. Until this is done the platform settles nothing. Top-ups, pay-outs and parts
    given back are taken for what the books have waiting, just alike; what nothing waits for was
    asked for after the back-up was made, and must not be asked for again.
    """
    number = session.directory.platform(platform)
    with session.gateway({number: session.operator(number)}) as gateway:
        adopted = gateway.adopt(number, unmatched=unmatched)
        deeds = gateway.adopt_deeds(number, unmatched=unmatched)
    return _answer(session, adopted, deeds)


def _answer(session: Session, adopted: list[Adoption], deeds: list[AdoptedDeed]) -> Answer:
    batches = [_data(session, each) for each in adopted]
    done = [_deed(session, each) for each in deeds]
    parts: list[Any] = []
    if batches:
        rows = [(each["batch"], each["orders"], each["matched"]) for each in batches]
        parts += [table(("Batch", ">Orders", ">Of these books"), rows)]
    strangers = [sale for each in batches for sale in each["unmatched"]]
    if strangers:
        columns = ("Content", ">Learner", ">Price", "Referrer")
        parts += ["No order of these books; do not record them again:"]
        parts += [table(columns, [_row(sale) for sale in strangers])]
    if done:
        columns = ("Done", "For", ">Amount", "Of these books")
        parts += [table(columns, [_deed_row(each) for each in done])]
    return answer([*batches, *done], *parts or ["The books have all that the chain has."])


def _data(session: Session, adoption: Adoption) -> dict[str, Any]:
    return {
        "batch": adoption.batch.number,
        "orders": adoption.batch.orders,
        "matched": adoption.matched,
        "unmatched": [_sale(session, sale) for sale in adoption.unmatched],
    }


def _deed(session: Session, adopted: AdoptedDeed) -> dict[str, Any]:
    deed = adopted.deed
    return {
        "kind": deed.kind,
        "about": deed.about,
        "amount": session.amounts.shown(deed.amount),
        "transaction_hash": adopted.transaction_hash,
        "matched": adopted.matched,
    }


def _deed_row(deed: dict[str, Any]) -> tuple[Any, ...]:
    whose = "yes" if deed["matched"] else "no: do not ask for it again"
    return (deed["kind"], deed["about"], deed["amount"], whose)


def _sale(session: Session, sale: Sale) -> dict[str, Any]:
    return {
        "content": sale.content,
        "name": session.directory.content_name(sale.content),
        "learner": sale.learner,
        "price": session.amounts.shown(sale.price),
        "referrer": sale.referrer,
    }


def _row(sale: dict[str, Any]) -> tuple[Any, ...]:
    return (sale["name"], sale["learner"], sale["price"], sale["referrer"] or "")
