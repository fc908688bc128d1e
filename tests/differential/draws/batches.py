"""Calls that settle batches, and refund and claim their orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.batches import BatchOrder
from tests.differential.model.trees import PLACES, pack_word
from tests.differential.model.words import ZERO, of_address

RECENT = 150
UNLIMITED = 2**256 - 1


def settle(draw: Draw) -> Call:
    caller = draw.operator()
    _, expected = _lane(draw, caller)
    today = draw.model.contents.today
    number = draw.mostly(expected, draw.one_of([expected + 1, max(0, expected - 1), 2**64 - 1]))
    day = draw.mostly(today - draw.number(0, 1), draw.one_of([today + 1, today - 2, 0, 2**32 - 1]))
    maximum = draw.mostly(UNLIMITED, draw.number(0, 10**9))
    return call(caller, "Settlement", "settle", number, day, maximum, _words(draw))


def refund_batch(draw: Draw) -> Call | None:
    order = _shown(draw, lambda each: _is_refundable(draw, each))
    if order is None:
        return None
    return call(draw.operator_of(order.platform), "Settlement", "refundBatch", order)


def claim_batch(draw: Draw) -> Call | None:
    order, keys = _shown(draw, lambda each: _is_claimable(draw, each)), draw.model.learners.keys
    if order is None or (not _is_claimable(draw, order) and draw.number(0, 9)):
        return None
    caller = draw.mostly(keys[order.learner], ZERO)
    caller = draw.anyone() if caller == ZERO else caller
    return call(caller, "ContentLicense", "claimBatch", order)


def remember(draw: Draw, made: Call) -> None:
    """Note the orders of a batch that was settled, so that later calls find them."""
    lane, last = _lane(draw, made.caller)
    batch = draw.model.batches.settled[(*lane, last - 1)]
    assert batch is not None
    for leaf in range(len(batch.leaves)):
        for place in range(PLACES):
            order = draw.model.batches.show(lane, last - 1, leaf, place)
            if order.learner:
                draw.batch_orders.append(order)


def _lane(draw: Draw, key: str) -> tuple[tuple[int, int], int]:
    operator = draw.model.platforms.operators[key]
    lane = (operator.platform, operator.lane)
    return lane, draw.model.batches.last[lane] + 1


def _words(draw: Draw) -> list[int]:
    words: list[int] = []
    for _ in range(draw.mostly(draw.number(1, 4), 0)):
        referrer = draw.referrer()
        if referrer != ZERO:
            words.append(of_address(referrer))
        words += _group(draw)
    if draw.mostly(False, True):
        broken = draw.one_of([0, 1 << 160, of_address(draw.anyone()), pack_word(1, [0, 1])])
        words.insert(draw.number(0, len(words)), broken)
    return words


def _group(draw: Draw) -> list[int]:
    content, count = draw.content_on_sale(), draw.number(1, 10)
    known = max(1, min(draw.model.learners.highest, draw.one_of([20, 2**31])))
    learners = [draw.number(1, known) for _ in range(count)]
    if draw.mostly(False, True):
        learners[-1] = draw.model.learners.highest + draw.number(1, 2)
    sevens = [learners[at : at + PLACES] for at in range(0, count, PLACES)]
    return [pack_word(content, _with_gaps(draw, seven)) for seven in sevens]


def _with_gaps(draw: Draw, learners: list[int]) -> list[int]:
    """Leave some places after the first empty."""
    first, *others = learners
    return [first, *(0 if draw.number(0, 5) == 0 else each for each in others)]


def _shown(draw: Draw, fits: Callable[[BatchOrder], bool]) -> BatchOrder | None:
    """Draw an order of a batch with its proof: mostly a recent one that fits."""
    orders = draw.batch_orders[-RECENT:]
    if not orders:
        return None
    found = [draw.one_of(orders) for _ in range(8)]
    fitting = [each for each in found if fits(each)] or found
    order = draw.mostly(fitting[0], draw.one_of(draw.batch_orders))
    return _altered(draw, order) if draw.mostly(False, True) else order


def _is_refundable(draw: Draw, order: BatchOrder) -> bool:
    batch = draw.model.batches.settled[order.platform, order.lane, order.number]
    if batch is None or order.id in draw.model.batches.refunded:
        return False
    return draw.has_operator(order.platform) and draw.is_refundable(batch.facts[order.leaf])


def _is_claimable(draw: Draw, order: BatchOrder) -> bool:
    owned = draw.model.learners.keys[order.learner] != ZERO
    return owned and not draw.model.batches.is_spent(order)


def _altered(draw: Draw, order: BatchOrder) -> BatchOrder:
    """Change one thing that the proof is about (TREE-3)."""
    changes: list[dict[str, Any]] = [
        {"platform": order.platform % 3 + 1},
        {"lane": order.lane + 1},
        {"number": order.number + 1},
        {"leaves": order.leaves + 1},
        {"leaf": order.leaf + 1},
        {"place": draw.number(0, 255)},
        {"word": order.word ^ 1 << draw.number(0, 255)},
        {"facts": order.facts ^ 1 << draw.number(0, 255)},
        {"referrer": draw.anyone()},
        {"proof": (*order.proof, draw.salt())},
        {"proof": order.proof[:-1] if order.proof else (bytes(32),)},
        {"proof": tuple(reversed(order.proof)) or (draw.salt(),)},
    ]
    return order._replace(**draw.one_of(changes))
