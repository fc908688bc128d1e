"""``zhifu receipt``: what a learner is handed for an order."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command
from zhifu.cli.paper import Page, Spoken, write_text
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.languages import Language


@command(
    app,
    "receipt",
    "zhifu receipt ord_0c5d9a8f2b4e6d71",
    "zhifu receipt ord_0c5d9a8f2b4e6d71 --language en --html receipt.html",
    panel=TRADE,
)
def receipt(
    session: Session,
    order: Annotated[
        str, typer.Argument(metavar="ORDER", help="ord_... as `zhifu purchase` shows it.")
    ],
    language: Spoken = Language.CHINESE,
    html: Page = None,
) -> Answer:
    """Write the receipt of an order: what was bought, paid, and returned, and what it grants."""
    from zhifu.printing import receipt_data, receipt_page, receipt_parts

    with session.gateway() as gateway:
        found = gateway.receipt(order)
    if html is not None:
        write_text(html, receipt_page(found, language), "html")
    parts = receipt_parts(found, language)
    shown: list[Any] = [f"{parts.title}  {parts.item}  {parts.price}", parts.words, *parts.notes]
    shown.append(facts(dict(parts.facts)))
    if parts.refunds:
        *columns, amount = parts.refund_columns
        shown.append(table([*columns, f">{amount}"], parts.refunds))
        shown.append(facts(dict(parts.totals)))
    if parts.licence:
        shown.append(facts(dict(parts.licence)))
    shown += [parts.how, parts.note]
    return answer(receipt_data(found), *shown)
