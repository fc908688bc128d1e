"""Calls that place and refund direct orders."""

from __future__ import annotations

from collections.abc import Callable

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.orders import CLAIMED, REFUNDED, Order, Placed
from tests.differential.model.signing import Signature, sign
from tests.differential.model.tokens import RECEIVE
from tests.differential.model.words import ZERO, of_address
from tests.differential.world import PEOPLE

RECENT = 60


def buy(draw: Draw) -> Call:
    order = order_of(draw)
    return call(draw.mostly(order.buyer, draw.anyone()), "Settlement", "buy", order)


def buy_from_balance(draw: Draw) -> Call:
    account = draw.funded_account([of_address(each) for each in PEOPLE.buyers])
    order = order_of(draw)._replace(buyer=f"0x{account:040x}")
    return call(draw.mostly(order.buyer, draw.anyone()), "Settlement", "buyFromBalance", order)


def buy_with_authorization(draw: Draw) -> Call:
    order = order_of(draw)
    signature = _authorization(draw, draw.mostly(order, order_of(draw)))
    if draw.mostly(False, True):
        signature = _broken(draw, signature)
    return call(draw.anyone(), "Settlement", "buyWithAuthorization", order, *signature)


def refund(draw: Draw) -> Call | None:
    placed = placed_order(draw, lambda each: _is_refundable(draw, each))
    order = draw.mostly(placed.order if placed else None, order_of(draw))
    return order and call(draw.operator_of(order.seller), "Settlement", "refund", order)


def claim(draw: Draw) -> Call | None:
    placed = placed_order(draw, lambda each: _stands(each) and not each.is_(CLAIMED))
    order = draw.mostly(placed.order if placed else None, order_of(draw))
    caller = order and draw.mostly(order.receiver, draw.anyone())
    return call(caller, "ContentLicense", "claim", order) if order and caller else None


def _stands(placed: Placed) -> bool:
    return not placed.is_(REFUNDED)


def _is_refundable(draw: Draw, placed: Placed) -> bool:
    known = draw.has_operator(placed.order.seller)
    return known and _stands(placed) and draw.is_refundable(placed.facts)


def order_of(draw: Draw) -> Order:
    """Draw an order to be placed."""
    placed = placed_order(draw)
    if placed and draw.mostly(False, True):
        return placed.order
    number, now = draw.content_on_sale(), draw.model.now
    content = draw.model.contents.known[number]
    price = content.price_on(draw.model.contents.today) if content else 1
    maximum = max(0, draw.mostly(price + draw.one_of([0, 0, 1, 1_000]), price - 1))
    buyer = draw.one_of(PEOPLE.buyers)
    receiver = draw.mostly(draw.one_of([buyer, draw.one_of(PEOPLE.learners)]), ZERO)
    deadline = draw.mostly(now + draw.number(1, 10**6), draw.one_of([now + 1, now, now - 1, 0]))
    who = (buyer, receiver, draw.referrer())
    return Order(number, draw.platform(), *who, maximum, deadline, draw.salt())


def placed_order(draw: Draw, fits: Callable[[Placed], bool] = _stands) -> Placed | None:
    """Draw an order that was placed: mostly a recent one that fits."""
    placed, ids = draw.model.orders.placed, draw.order_ids[-RECENT:]
    if not ids:
        return None
    found = [each for each in (placed[draw.one_of(ids)] for _ in range(8)) if each]
    fitting = [each for each in found if fits(each)] or found
    anything = placed[draw.one_of(draw.order_ids)]
    return draw.mostly(fitting[0], anything)


def _authorization(draw: Draw, order: Order) -> Signature:
    tokens, settlement = draw.model.tokens, draw.model.addresses.settlement
    amount = order.max_price * tokens.per_unit
    order_id = draw.model.orders.id_of(order)
    what = (order.buyer, settlement, amount, 0, order.deadline, order_id)
    signer = draw.mostly(order.buyer, draw.anyone())
    return sign(PEOPLE.keys[signer], tokens.domain.digest(RECEIVE, *what))


def _broken(draw: Draw, signature: Signature) -> Signature:
    """Break a signature: another parity, a malleable one, or nonsense."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    v, r, s = signature
    flipped = (order - int.from_bytes(s, "big")).to_bytes(32, "big")
    ways = [(55 - v, r, s), (55 - v, r, flipped), (0, r, s), (v, bytes(32), s)]
    return Signature(*draw.one_of(ways))
