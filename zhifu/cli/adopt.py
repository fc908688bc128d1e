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


@command(app, "adopt", "zhifu adopt udemy", "zhifu adopt udemy --unmatched", panel=TRADE)
def adopt(
    session: Session,
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Name or number.")],
    unmatched: Annotated[
        bool,
        typer.Option(
            "--unmatched", help="Take in batches with sales that no waiting order is like, too."
        ),
    ] = False,
) -> Answer:
    """Take in batches that the chain settled after the back-up these books were restored from.

    Waiting orders that such a batch has sold are settled from then on. Sales that no waiting order
    is like were paid after the back-up was made: look for them in the provider's bill, and do not
    record them again. Until this is done the platform settles nothing.
    """
    number = session.directory.platform(platform)
    with session.gateway({number: session.operator(number)}) as gateway:
        adopted = gateway.adopt(number, unmatched=unmatched)
    return _answer(session, adopted)


def _answer(session: Session, adopted: list[Adoption]) -> Answer:
    data = [_data(session, each) for each in adopted]
    if not data:
        return answer(data, "The books have every batch that the chain has.")
    rows = [(each["batch"], each["orders"], each["matched"]) for each in data]
    parts: list[Any] = [table(("Batch", ">Orders", ">Of these books"), rows)]
    strangers = [sale for each in data for sale in each["unmatched"]]
    if strangers:
        columns = ("Content", ">Learner", ">Price", "Referrer")
        parts += ["No order of these books; do not record them again:"]
        parts += [table(columns, [_row(sale) for sale in strangers])]
    return answer(data, *parts)


def _data(session: Session, adoption: Adoption) -> dict[str, Any]:
    return {
        "batch": adoption.batch.number,
        "orders": adoption.batch.orders,
        "matched": adoption.matched,
        "unmatched": [_sale(session, sale) for sale in adoption.unmatched],
    }


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
