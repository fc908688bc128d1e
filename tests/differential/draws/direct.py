"""Calls that place direct orders, alone and in carts."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.draws.money import permit_of
from tests.differential.model import Call
from tests.differential.model.carts import AUTHORIZATION, BALANCE, TOKENS, Payment, Permit
from tests.differential.model.orders import Order
from tests.differential.model.signing import Signature, sign
from tests.differential.model.tokens import RECEIVE
from tests.differential.model.words import ZERO, of_address
from tests.differential.world import PEOPLE

SETTLEMENT = "Settlement"
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NO_PERMIT = Permit(0, 0, 0, bytes(32), bytes(32))


def buy(draw: Draw) -> Call:
    order = order_of(draw, draw.one_of(PEOPLE.buyers))
    return call(draw.mostly(order.buyer, draw.anyone()), SETTLEMENT, "buy", order)


def buy_from_balance(draw: Draw) -> Call:
    order = order_of(draw, _funded_buyer(draw))
    return call(draw.mostly(order.buyer, draw.anyone()), SETTLEMENT, "buyFromBalance", order)


def buy_with_authorization(draw: Draw) -> Call:
    order = order_of(draw, draw.one_of(PEOPLE.buyers))
    signed = draw.mostly(order, order_of(draw, order.buyer))
    nonce = draw.model.orders.id_of(signed).to_bytes(32, "big")
    signature = _authorization(draw, signed.buyer, signed.max_price, signed.deadline, nonce)
    return call(draw.anyone(), SETTLEMENT, "buyWithAuthorization", order, *signature)


def buy_cart(draw: Draw) -> Call:
    source = draw.one_of([TOKENS, BALANCE, AUTHORIZATION])
    buyer = _funded_buyer(draw) if source == BALANCE else draw.one_of(PEOPLE.buyers)
    orders = [order_of(draw, buyer) for _ in range(draw.mostly(draw.number(1, 3), 0))]
    if orders and draw.rarely():
        orders.append(draw.one_of([orders[0], order_of(draw, draw.one_of(PEOPLE.buyers))]))
    caller = draw.one_of([buyer, draw.anyone()])
    signature = _cart_signature(draw, source, orders) if orders else b""
    payment = Payment(source, signature, _permit(draw, buyer))
    return call(caller, SETTLEMENT, "buyCart", orders, payment)


def order_of(draw: Draw, buyer: str) -> Order:
    """Draw an order to be placed."""
    if draw.direct and draw.rarely():
        return draw.model.orders.stated[draw.one_of(draw.direct)]
    number, now = draw.content_on_sale(), draw.model.now
    content = draw.model.contents.known[number]
    price = content.price_on(draw.model.contents.today) if content else 1
    maximum = max(0, draw.mostly(price + draw.one_of([0, 0, 1, 1_000]), price - 1))
    receiver = draw.mostly(draw.one_of([buyer, draw.one_of(PEOPLE.learners)]), ZERO)
    seller, referrer = _seller(draw)
    deadline = draw.mostly(now + draw.number(1, 10**6), draw.one_of([now + 1, now, now - 1, 0]))
    times = (draw.starts_at(number), deadline, draw.salt())
    return Order(number, seller, buyer, receiver, referrer, maximum, *times)


def _seller(draw: Draw) -> tuple[int, str]:
    """Draw a seller and a referrer; now and then neither."""
    if draw.number(0, 5) == 0:
        return 0, draw.mostly(ZERO, draw.one_of(PEOPLE.referrers))
    return draw.platform(), draw.referrer()


def _funded_buyer(draw: Draw) -> str:
    account = draw.funded_account([of_address(each) for each in PEOPLE.buyers])
    return f"0x{account:040x}"


def _cart_signature(draw: Draw, source: int, orders: list[Order]) -> bytes:
    """Draw the signature that comes with a cart, of the cart or of an authorization."""
    signed = draw.mostly(source, TOKENS)
    digest, buyer = draw.model.carts.hash_of(signed, orders), orders[0].buyer
    if source != AUTHORIZATION:
        signer = draw.mostly(buyer, draw.anyone())
        packed = sign(PEOPLE.keys[signer], digest).packed()
    else:
        maximum = sum(order.max_price for order in orders)
        by = _authorization(draw, buyer, maximum, orders[0].deadline, digest)
        packed = by.packed()
    return draw.mostly(packed, packed[:-1])


def _permit(draw: Draw, buyer: str) -> Permit:
    if draw.number(0, 3):
        return NO_PERMIT
    value, deadline, signature = permit_of(draw, buyer)
    return Permit(value, deadline, *signature)


def _authorization(draw: Draw, buyer: str, maximum: int, deadline: int, nonce: bytes) -> Signature:
    tokens, settlement = draw.model.tokens, draw.model.addresses.settlement
    what = (buyer, settlement, maximum * tokens.per_unit, 0, deadline, nonce)
    signer = draw.mostly(buyer, draw.anyone())
    signature = sign(PEOPLE.keys[signer], tokens.domain.digest(RECEIVE, *what))
    return _broken(draw, signature) if draw.rarely() else signature


def _broken(draw: Draw, signature: Signature) -> Signature:
    """Break a signature: another parity, a malleable one, or nonsense."""
    v, r, s = signature
    flipped = (CURVE_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    ways = [(55 - v, r, s), (55 - v, r, flipped), (0, r, s), (v, bytes(32), s)]
    return Signature(*draw.one_of(ways))
