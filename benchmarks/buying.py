"""Direct orders: what one costs its buyer, or whoever sends it for the buyer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.row import Row
from benchmarks.scene import CATALOGUE, Scene, plan
from benchmarks.tokens import ISSUED, OWN
from zhifu import accounts
from zhifu.authorization import authorize
from zhifu.blocks import Receipt
from zhifu.deployment import DAY_SECONDS
from zhifu.models import DirectOrder, Terms

Make = Callable[[Scene], DirectOrder]
Place = Callable[[Scene, DirectOrder], Receipt]


def straight(scene: Scene) -> DirectOrder:
    """An order straight from the host: without a seller, and so without commission."""
    return scene.order()


def sold(scene: Scene) -> DirectOrder:
    """An order that a platform sold for the host."""
    return scene.order(seller=scene.seller)


def referred(scene: Scene) -> DirectOrder:
    """An order that a platform sold for the host, on somebody's recommendation."""
    return scene.order(seller=scene.seller, referrer=scene.referrer.address)


def rental(scene: Scene) -> DirectOrder:
    """An order of a licence that ends, straight from the host."""
    if len(scene.contents) == CATALOGUE:
        scene.publish([plan(1, 0)], "rental", Terms(duration_seconds=30 * DAY_SECONDS))
    return scene.order(content=len(scene.contents))


def buy(scene: Scene, order: DirectOrder) -> Receipt:
    """Place an order that is paid under the buyer's allowance."""
    return scene.settlement(scene.buyer, "buy", order.as_tuple())


def buy_from_balance(scene: Scene, order: DirectOrder) -> Receipt:
    """Place an order that is paid from the buyer's account."""
    return scene.settlement(scene.buyer, "buyFromBalance", order.as_tuple())


def buy_with_authorization(scene: Scene, order: DirectOrder) -> Receipt:
    """Place an order that is paid by the buyer's EIP-3009 signature and sent by a relayer."""
    signature = authorize(scene.buyer, order, scene.venue, scene.token_domain)
    r, s, v = signature[:32], signature[32:64], signature[64]
    return scene.settlement(scene.relayer, "buyWithAuthorization", order.as_tuple(), v, r, s)


def placed(place: Place, make: Make, orders: int, scene: Scene) -> Receipt:
    """Place that many orders like each other; the last counts."""
    scene.deposit(accounts.of_address(scene.buyer.address))
    for _ in range(orders - 1):
        place(scene, make(scene))
    return place(scene, make(scene))


def _second(place: Place, make: Make = straight) -> Callable[[Scene], Receipt]:
    return partial(placed, place, make, 2)


def _first(place: Place, make: Make = straight) -> Callable[[Scene], Receipt]:
    return partial(placed, place, make, 1)


ROWS = (
    Row("buy (bare)", _second(buy)),
    Row("buy (USDC-like)", _second(buy), token=ISSUED),
    Row("buy, first of a content (bare)", _first(buy)),
    Row("buy from another platform (bare)", _second(buy, sold)),
    Row("buy from another platform (USDC-like)", _second(buy, sold), token=ISSUED),
    Row("buy from another platform, with a referrer (bare)", _second(buy, referred)),
    Row("buy a rental (bare)", _second(buy, rental)),
    Row("buy from a balance", _second(buy_from_balance)),
    Row("buy from a balance, first of a content", _first(buy_from_balance)),
    Row("buy from a balance, from another platform", _second(buy_from_balance, sold)),
    Row("buy with EIP-3009 (SettlementToken)", _second(buy_with_authorization), token=OWN),
    Row("buy with EIP-3009 (USDC-like)", _second(buy_with_authorization), token=ISSUED),
)
