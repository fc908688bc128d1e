"""``zhifu purchase``: paying for contents, in fiat or in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.deposit import Mint, mint_for, put_in
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.blocks import Receipt
    from zhifu.models import DirectOrder
    from zhifu.payments import Payment
    from zhifu.signing import Signer


class Way(str, Enum):
    """What a purchase is paid with."""

    FIAT = "fiat"
    TOKENS = "tokens"
    BALANCE = "balance"
    AUTHORIZATION = "authorization"


@command(
    app,
    "purchase",
    "zhifu purchase edx/cs50 --learner 1 --platform udemy",
    "zhifu purchase edx/cs50 udemy/1070968 --learner 1 --platform udemy --amount 249.00",
    "zhifu purchase edx/cs50 --learner 1 --platform udemy --with balance",
    "zhifu purchase edx/cs50 --platform udemy --with authorization --key-name alice --mint",
    panel=TRADE,
)
def purchase(
    session: Session,
    contents: Annotated[
        list[str], typer.Argument(metavar="CONTENT", help="Numbers or platform/ref; a cart.")
    ],
    platform: Annotated[
        str, typer.Option("--platform", "-p", metavar="PLATFORM", help="The one that sells.")
    ],
    learner: Annotated[
        int | None,
        typer.Option("--learner", "-l", help="Who buys in fiat, or from a balance: a number."),
    ] = None,
    way: Annotated[
        Way,
        typer.Option(
            "--with",
            help="fiat: through the gateway and the sandbox provider, which confirms at once."
            " tokens: by allowance. balance: of the learner on the platform (--learner), or"
            " of the buyer in Settlement."
            " authorization: by an EIP-3009 signature that the platform sends, without gas.",
        ),
    ] = Way.FIAT,
    amount: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help="What was paid in fiat; the prices of today if left out."
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="The same key with the same cart pays once (fiat)."),
    ] = None,
    referrer: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Who gets the referrer's share.")
    ] = None,
    mint: Mint = False,
) -> Answer:
    """Buy one content or a cart.

    Fiat orders wait for `zhifu settle`. Direct orders, paid in tokens and signed by the buyer's
    key (--key-name), are on chain at once.
    """
    seller = session.directory.platform(platform)
    numbers = [session.directory.content(each) for each in contents]
    to = session.address(referrer, "referrer") if referrer else None
    if way is not Way.FIAT and not (way is Way.BALANCE and learner is not None):
        _require_direct(learner, amount, idempotency_key)
        return _bought(session, buy(session, way, seller, numbers, referrer=to, mint=mint))
    if learner is None:
        raise InvalidInput("learner", "must be given to pay in fiat (--learner NUMBER)")
    return _paid(
        session, platform, _pay(session, way, seller, learner, numbers, amount, idempotency_key, to)
    )


def buy(
    session: Session,
    way: Way,
    seller: int,
    contents: Sequence[int],
    *,
    referrer: str | None = None,
    mint: bool = False,
) -> list[tuple[DirectOrder, Receipt]]:
    """Place a direct order for each content, signed by the chosen key; the orders and receipts."""
    from zhifu.direct import new_order
    from zhifu.models import NO_ADDRESS

    buyer = session.chosen_signer
    if buyer is None:
        raise InvalidInput("key", "must be the buyer's, by --key-name (`zhifu key new NAME`)")
    bought = []
    with session.progress("Buying", len(contents)) as advance:
        for content in contents:
            order = new_order(
                session.network,
                content,
                seller,
                buyer.address,
                now=session.now,
                referrer=referrer or NO_ADDRESS,
            )
            if mint:
                _provide(session, way, buyer, order.max_price)
            bought.append((order, _place(session, way, buyer, order)))
            advance(1)
    return bought


def _place(session: Session, way: Way, buyer: Signer, order: DirectOrder) -> Receipt:
    from zhifu.direct import place_from_balance, place_with_authorization, place_with_tokens

    if way is Way.TOKENS:
        return place_with_tokens(session.network, buyer, order)
    if way is Way.BALANCE:
        return place_from_balance(session.network, buyer, order)
    return place_with_authorization(session.network, buyer, order, _relayer(session, buyer, order))


def _relayer(session: Session, buyer: Signer, order: DirectOrder) -> Signer:
    """Who sends a signed order: on a local chain the seller, elsewhere the buyer, who has gas."""
    from zhifu.keyring import platform_key

    seller = platform_key(session.directory.platform_name(order.seller))
    known = session.is_local and seller in session.keyring.addresses()
    return session.keyring.signer(seller) if known else buyer


def _provide(session: Session, way: Way, buyer: Signer, units: int) -> None:
    from zhifu import accounts

    if way is Way.BALANCE:
        put_in(session, buyer, accounts.of_address(buyer.address), units, mint=True)
    else:
        mint_for(session, buyer.address, units)


def _pay(
    session: Session,
    way: Way,
    seller: int,
    learner: int,
    contents: Sequence[int],
    amount: str | None,
    idempotency_key: str | None,
    referrer: str | None,
) -> Payment:
    from zhifu.cli import fiat

    pay = fiat.spend if way is Way.BALANCE else fiat.pay
    return pay(
        session,
        seller,
        session.directory.learner(learner),
        contents,
        amount=session.amounts.money(amount) if amount else None,
        idempotency_key=idempotency_key,
        referrer=referrer,
    )


def _require_direct(learner: int | None, amount: str | None, key: str | None) -> None:
    given = {"learner": learner, "amount": amount, "idempotency_key": key}
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(
                name, "must not be given with tokens: the buyer's key says it", value
            )


def _paid(session: Session, platform: str, payment: Payment) -> Answer:
    from zhifu.cli.fiat import order_data

    orders = [order_data(session, order) for order in payment.orders]
    data = {
        "payment": payment.id,
        "state": payment.state.value,
        "amount": str(payment.request.amount),
        "provider": payment.request.provider,
        "provider_payment_id": payment.request.provider_payment_id,
        "idempotency_key": payment.request.idempotency_key,
        "orders": orders,
    }
    said = f"Payment {payment.id} of {payment.request.amount} is {payment.state.value}."
    rows = [(each["order"], each["name"], each["price"], each["state"]) for each in orders]
    shown = table(("Order", "Content", ">Price", "State"), rows)
    return answer(data, said, shown, f"Next:  zhifu settle {platform}")


def _bought(session: Session, bought: Sequence[tuple[DirectOrder, Receipt]]) -> Answer:
    data = [_direct_data(session, order, receipt) for order, receipt in bought]
    rows = [(each["order"], each["name"], each["price"], f"{each['gas_used']:,}") for each in data]
    return answer(data, table(("Order", "Content", ">Price", ">Gas"), rows))


def _direct_data(session: Session, order: DirectOrder, receipt: Receipt) -> dict[str, Any]:
    placed = session.network.settlement.emitted(receipt, "OrderPlaced")[0]
    return {
        "order": "0x" + placed["orderId"].hex(),
        "content": order.content,
        "name": session.directory.content_name(order.content),
        "buyer": order.buyer,
        "price_units": order.max_price,
        "price": session.amounts.shown(order.max_price),
        "transaction": receipt.transaction_hash,
        "gas_used": receipt.gas_used,
    }
