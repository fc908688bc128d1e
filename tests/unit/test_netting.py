"""Net positions add to zero, and the saving is what netting spares the platforms."""

from __future__ import annotations

from zhifu import accounts
from zhifu.netting import liquidity_saving, net_positions
from zhifu.recomputation import Recomputation
from zhifu.recomputed import Capture, Offer, Sold

NAMES = {1: "north", 2: "south", 3: "east"}


def state(*sales: tuple[int, int, int]) -> Recomputation:
    """A history of (seller, host, price); a host's only content has its number."""
    found = Recomputation()
    found.offers = {host: Offer(host, "", 0, 0, False, {}, {}, {}) for host in NAMES}
    for number, (seller, host, price) in enumerate(sales):
        account = accounts.of_platform(seller)
        capture = Capture(price, 0, 0, 1, 0, 0, 0, 0)
        found.orders[number] = Sold(number, seller, host, 1, 0, account, capture, 0)
    return found


def test_positions_are_what_others_sold_less_what_was_sold_for_others() -> None:
    sales = state((1, 2, 100), (2, 1, 30), (3, 1, 5), (1, 1, 999))
    assert net_positions(sales, NAMES) == {"north": -65, "south": 70, "east": -5}


def test_positions_add_to_zero() -> None:
    sales = state((1, 2, 7), (2, 3, 11), (3, 1, 13), (2, 1, 17))
    assert sum(net_positions(sales, NAMES).values()) == 0


def test_sales_that_cancel_out_need_only_the_deepest_position() -> None:
    # North is 100 below zero at worst, south never: 100 of 200 sold for others.
    assert liquidity_saving(state((1, 2, 100), (2, 1, 100))) == 0.5


def test_one_way_sales_save_nothing() -> None:
    assert liquidity_saving(state((1, 2, 60), (1, 3, 40))) == 0.0


def test_a_platform_that_sells_only_its_own_needs_nothing() -> None:
    assert liquidity_saving(state((1, 1, 60))) == 0.0
