"""Who owes whom between platforms, from what was sold for others. Amounts are ledger units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from zhifu.recomputation import Recomputation


def net_positions(state: Recomputation, names: Mapping[int, str]) -> dict[str, int]:
    """What others sold of each platform's contents less what it sold of theirs."""
    positions = dict.fromkeys(names, 0)
    for seller, host, price in _between_platforms(state):
        positions[host] += price
        positions[seller] -= price
    return {names[number]: position for number, position in positions.items()}


def liquidity_saving(state: Recomputation) -> float:
    """How much less money netting ties up than paying each sale for another platform at once.

    1 less the sum over platforms of the deepest their net position ever was below zero, divided by
    the sum of what they sold for others; 0 when nobody sold for another.
    """
    positions: Counter[int] = Counter()
    need: Counter[int] = Counter()
    sold = 0
    for seller, host, price in _between_platforms(state):
        positions[host] += price
        positions[seller] -= price
        need[seller] = max(need[seller], -positions[seller])
        sold += price
    return round(1 - need.total() / sold, 4) if sold else 0.0


def _between_platforms(state: Recomputation) -> Iterator[tuple[int, int, int]]:
    for order in state.orders.values():
        host = state.offers[order.content].host
        if host != order.seller:
            yield order.seller, host, order.price
