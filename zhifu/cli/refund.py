"""``zhifu refund``: an order undone."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.fiat import order_data
from zhifu.cli.order import OrderName, direct_id
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.cli.turn import turn_of
from zhifu.exceptions import InvalidInput
from zhifu.payments import Destination

if TYPE_CHECKING:
    from zhifu.pages import Refund

To = Annotated[
    Destination | None,
    typer.Option(help="Where the money goes. By default the way it was paid."),
]
Returned = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="How you returned the money that the provider refused to."),
]
Part = Annotated[
    str | None,
    typer.Option(
        "--amount", metavar="AMOUNT", help="Only so much of the price; the licence stays."
    ),
]
PartKey = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="KEY", help="Gives a part of a fiat order back once, however often."
    ),
]


class Back(NamedTuple):
    """What of a fiat order goes back, if not all that is left, under which key, and where to."""

    part: str | None
    key: str
    to: Destination | None


@command(
    app,
    "refund",
    "zhifu refund ord_0c5d9a8f2b4e6d71",
    "zhifu refund ord_0c5d9a8f2b4e6d71 --amount 9.00 --key late-lesson",
    "zhifu refund 0x5f2e...",
    panel=TRADE,
)
def refund(
    session: Session,
    order: OrderName,
    amount: Part = None,
    key: PartKey = None,
    to: To = None,
    returned: Returned = None,
) -> Answer:
    """Refund an order within its refund window. Signed by an operator of the seller.

    A fiat order goes back through its provider, and on chain to the seller if it was settled; a
    direct order goes back to where its tokens came from. The licence ends. A part of a settled
    order is signed by an operator of its content's host, and the licence goes on. With --to balance
    the learner gets it on the balance instead, out of the seller's account. Where the provider has
    refused to return the money, return it by hand and say how; a refund can be named too then.
    """
    if returned is not None:
        return _returned(session, order, returned)
    order_id = direct_id(order)
    if order_id is None:
        back = Back(amount, key or secrets.token_hex(16), to)
        return _refund_fiat(session, order, back)
    if to is not None:
        raise InvalidInput("to", "must be left out for a direct order")
    return _refund_direct(session, order_id, amount)


def _returned(session: Session, name: str, detail: str) -> Answer:
    with session.gateway() as gateway:
        refund = gateway.refund_of(name).id if name.startswith("ord_") else name
        found = gateway.returned(refund, detail)
        data = order_data(session, gateway.order(found.order_id))
    told = f"{found.amount} of order {found.order_id} was refunded by hand."
    return answer(data | _refund_data(found), told)


def _refund_direct(session: Session, order_id: bytes, part: str | None) -> Answer:
    from zhifu.direct import find_order

    order, settlement = find_order(session.network, order_id), session.network.settlement
    if part is None:
        with turn_of(session, session.operator(order.seller)) as signer:
            receipt = settlement.refund(signer, order)
    else:
        host, _ = session.network.license.plan_of(order.content)
        units = session.amounts.units(part)
        with turn_of(session, session.operator(host)) as signer:
            receipt = settlement.refund_part(signer, order, units)
    event = "OrderRefunded" if part is None else "OrderPartRefunded"
    refunded = settlement.emitted(receipt, event)[0]
    data = {
        "order": "0x" + order_id.hex(),
        "state": "refunded" if part is None else "part_refunded",
        "amount_units": refunded["amount"],
        "amount": session.amounts.shown(refunded["amount"]),
        "to": order.buyer,
        "to_account": refunded["toAccount"],
        "transaction": receipt.transaction_hash,
    }
    where = "account" if refunded["toAccount"] else "tokens"
    return answer(data, f"{data['amount']} went back to {order.buyer} ({where}).")


def _refund_fiat(session: Session, name: str, back: Back) -> Answer:
    with session.gateway() as gateway:
        order = gateway.order(name)
        content = gateway.content(order.content)
    signing = {order.platform}
    if back.part is not None and content is not None:
        signing.add(content.host)
    with session.gateway({each: session.operator(each) for each in signing}) as gateway:
        if back.part is None:
            gateway.refund(name, to=back.to)
            refund = gateway.refund_of(name)
        else:
            part = session.amounts.money(back.part)
            refund = gateway.refund_part(name, part, back.key, to=back.to)
        order = gateway.order(name)
    told = f"{refund.amount} of order {name} of {order.price}: {refund.state}."
    return answer(order_data(session, order) | _refund_data(refund), told)


def _refund_data(refund: Refund) -> dict[str, str]:
    return {"refund": refund.id, "refund_state": refund.state, "refunded": str(refund.amount)}
