"""``zhifu refund``: an order undone."""

from __future__ import annotations

from typing import Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.order import OrderName, direct_id
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput
from zhifu.payments import Destination

To = Annotated[
    Destination | None,
    typer.Option(help="Where the money goes. By default the way it was paid."),
]
Returned = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="How you returned the money that the provider refused to."),
]


@command(app, "refund", "zhifu refund ord_0c5d9a8f2b4e6d71", "zhifu refund 0x5f2e...", panel=TRADE)
def refund(session: Session, order: OrderName, to: To = None, returned: Returned = None) -> Answer:
    """Refund an order within its refund window. Signed by an operator of the seller.

    A fiat order goes back through its provider, and on chain to the seller if it was settled; a
    direct order goes back to where its tokens came from. The licence ends. With --to balance the
    learner gets it on the balance instead, out of the seller's account. Where the provider has
    refused to return the money, return it by hand and say how.
    """
    if returned is not None:
        return _returned(session, order, returned)
    order_id = direct_id(order)
    if order_id is None:
        return _refund_fiat(session, order, to)
    if to is not None:
        raise InvalidInput("to", "must be left out for a direct order")
    return _refund_direct(session, order_id)


def _returned(session: Session, name: str, detail: str) -> Answer:
    from zhifu.cli.fiat import order_data

    with session.gateway() as gateway:
        order = gateway.returned(name, detail)
    return answer(order_data(session, order), f"Order {name} of {order.price} is refunded by hand.")


def _refund_direct(session: Session, order_id: bytes) -> Answer:
    from zhifu.direct import find_order

    order = find_order(session.network, order_id)
    receipt = session.network.settlement.refund(session.operator(order.seller), order)
    refunded = session.network.settlement.emitted(receipt, "OrderRefunded")[0]
    data = {
        "order": "0x" + order_id.hex(),
        "state": "refunded",
        "amount_units": refunded["amount"],
        "amount": session.amounts.shown(refunded["amount"]),
        "to": order.buyer,
        "to_account": refunded["toAccount"],
        "transaction": receipt.transaction_hash,
    }
    where = "account" if refunded["toAccount"] else "tokens"
    return answer(data, f"{data['amount']} went back to {order.buyer} ({where}).")


def _refund_fiat(session: Session, name: str, to: Destination | None) -> Answer:
    from zhifu.cli.fiat import order_data

    with session.gateway() as gateway:
        seller = gateway.order(name).platform
    with session.gateway({seller: session.operator(seller)}) as gateway:
        order = gateway.refund(name, to=to)
    data = order_data(session, order)
    return answer(data, f"Order {name} of {order.price} is {order.state.value}.")
