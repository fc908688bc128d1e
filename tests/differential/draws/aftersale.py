"""Calls about orders that were paid: refunds, requests, disputes and claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.differential.draws.draw import RECENT, Draw, call
from tests.differential.model import Call
from tests.differential.model.facts import (
    CLAIMED,
    DISPUTED,
    FROM_LEARNER,
    PAID_OUT,
    REFUNDED,
)
from tests.differential.model.requests import NEVER
from tests.differential.model.sales import Sale
from tests.differential.model.words import ZERO, of_learner

SETTLEMENT, LICENSE = "Settlement", "ContentLicense"
GONE = REFUNDED | DISPUTED | PAID_OUT

Fits = Callable[[Sale], bool]
Caller = Callable[[Sale], str]


def refund(draw: Draw) -> Call | None:
    return _refund(draw, draw.direct, "refund")


def refund_batch(draw: Draw) -> Call | None:
    return _refund(draw, draw.batched, "refundBatch")


def refund_part(draw: Draw) -> Call | None:
    return _refund_part(draw, draw.direct, "refundPart")


def refund_batch_part(draw: Draw) -> Call | None:
    return _refund_part(draw, draw.batched, "refundBatchPart")


def request_refund(draw: Draw) -> Call | None:
    sale = draw.sale(draw.direct, lambda each: _is_requestable(draw, each))
    return _on(draw, sale, _buyer, "requestRefund")


def request_batch_refund(draw: Draw) -> Call | None:
    sale = _find(draw, draw.batched, lambda each: _is_requestable(draw, each))
    return _on(draw, sale, partial(_account_key, draw), "requestBatchRefund")


def refuse_refund(draw: Draw) -> Call | None:
    sale = _requested(draw, direct=True)
    return _on(draw, sale, draw.refunder_of, "refuseRefund")


def refuse_batch_refund(draw: Draw) -> Call | None:
    sale = _requested(draw, direct=False)
    return _on(draw, sale, draw.refunder_of, "refuseBatchRefund")


def refund_unanswered(draw: Draw) -> Call | None:
    sale = _requested(draw, direct=True, due=True)
    return _on(draw, sale, _buyer, "refundUnanswered")


def refund_batch_unanswered(draw: Draw) -> Call | None:
    sale = _requested(draw, direct=False, due=True)
    return _on(draw, sale, partial(_account_key, draw), "refundBatchUnanswered")


def open_dispute(draw: Draw) -> Call | None:
    sale = draw.sale(draw.direct, lambda each: _is_held(draw, each))
    return _on(draw, sale, partial(_direct_party, draw), "openDispute", draw.salt())


def open_batch_dispute(draw: Draw) -> Call | None:
    sale = draw.sale(draw.batched, lambda each: _is_held(draw, each))
    return _on(draw, sale, partial(_batch_party, draw), "openBatchDispute", draw.salt())


def resolve_dispute(draw: Draw) -> Call | None:
    return _resolve(draw, "resolveDispute", direct=True)


def resolve_batch_dispute(draw: Draw) -> Call | None:
    return _resolve(draw, "resolveBatchDispute", direct=False)


def close_dispute(draw: Draw) -> Call | None:
    sale = _disputed(draw, direct=True, late=True)
    return _on(draw, sale, lambda _: draw.anyone(), "closeDispute")


def close_batch_dispute(draw: Draw) -> Call | None:
    sale = _disputed(draw, direct=False, late=True)
    return _on(draw, sale, lambda _: draw.anyone(), "closeBatchDispute")


def claim(draw: Draw) -> Call | None:
    sale = draw.sale(draw.direct, lambda each: not each.has(CLAIMED | REFUNDED))
    return _act(draw, sale, LICENSE, sale.receiver, "claim") if sale else None


def claim_batch(draw: Draw) -> Call | None:
    keys = draw.model.learners.keys

    def fits(sale: Sale) -> bool:
        return keys[sale.learner] != ZERO and not sale.has(CLAIMED | REFUNDED)

    sale = draw.sale(draw.batched, fits)
    return _act(draw, sale, LICENSE, keys[sale.learner], "claimBatch") if sale else None


# Whole and part refunds


def _refund(draw: Draw, ids: Sequence[int], verb: str) -> Call | None:
    sale = draw.sale(ids, lambda each: _is_held(draw, each))
    return _on(draw, sale, draw.refunder_of, verb)


def _refund_part(draw: Draw, ids: Sequence[int], verb: str) -> Call | None:
    sale = draw.sale(ids, lambda each: _is_reducible(draw, each))
    if sale is None:
        return None
    usual = draw.one_of([1, sale.left - 1, draw.number(1, max(1, sale.left - 1))])
    amount = draw.mostly(usual, draw.one_of([0, sale.left, sale.left + 1, 2**256 - 1]))
    caller = partial(_host_operator, draw) if draw.number(0, 20) else draw.refunder_of
    return _on(draw, sale, caller, verb, amount)


def _is_reducible(draw: Draw, sale: Sale) -> bool:
    hosted = draw.has_operator(draw.model.sales.host(sale))
    return hosted and _is_held(draw, sale) and sale.left > 1


def _is_held(draw: Draw, sale: Sale) -> bool:
    return not sale.has(GONE) and draw.is_refundable(sale)


# Requests


def _is_requestable(draw: Draw, sale: Sale) -> bool:
    if sale.has(GONE) or draw.model.requests.answer_by[sale.id]:
        return False
    half = draw.model.classes.windows[sale.facts.class_] // 2
    in_time = draw.model.now + half < draw.model.requests.matures_at(sale)
    return in_time and (sale.place is None or _account_key(draw, sale) != ZERO)


def _requested(draw: Draw, *, direct: bool, due: bool = False) -> Sale | None:
    """Draw an order whose refund was requested, mostly one that waits, or whose time is over.

    Where time stands at the end of an answer's time, it is one of those.
    """
    now, known = draw.model.now, draw.model.sales.known
    times = draw.model.requests.answer_by
    waiting = [known[each] for each, time in times.items() if time != NEVER]
    fits = [each for each in waiting if each and (each.place is None) == direct]
    tight = [each for each in fits if abs(times[each.id] - now) <= 1]
    fits = tight or [each for each in fits if (times[each.id] <= now) == due]
    fits = [each for each in fits if _is_held(draw, each)]
    ids = draw.direct if direct else draw.batched
    anything = known[draw.one_of(ids[-RECENT:])] if ids and draw.rarely() else None
    return draw.one_of(fits[-9:]) if fits else anything


def _buyer(sale: Sale) -> str:
    return sale.buyer


def _account_key(draw: Draw, sale: Sale) -> str:
    key = draw.model.custody.keys[of_learner(sale.seller, sale.learner)]
    return key if sale.has(FROM_LEARNER) else ZERO


# Disputes


def _direct_party(draw: Draw, sale: Sale) -> str:
    return draw.one_of([sale.buyer, sale.receiver, _host_operator(draw, sale)])


def _batch_party(draw: Draw, sale: Sale) -> str:
    keys = [draw.model.learners.keys[sale.learner], _account_key(draw, sale)]
    operators = [draw.operator_of(sale.seller), _host_operator(draw, sale)]
    return draw.one_of([*(key for key in keys if key != ZERO), *operators])


def _host_operator(draw: Draw, sale: Sale) -> str:
    return draw.operator_of(draw.model.sales.host(sale))


def _disputed(draw: Draw, *, direct: bool, late: bool) -> Sale | None:
    """Draw an order in dispute, mostly one whose deadline has passed or not, as asked.

    Where time stands at a dispute's deadline, it is one of those.
    """
    now, known, disputes = draw.model.now, draw.model.sales.known, draw.model.disputes.open
    sales = [known[each] for each in disputes]
    fits = [each for each in sales if each and (each.place is None) == direct]
    fits = [each for each in fits if each.has(DISPUTED)]
    tight = [each for each in fits if abs(disputes[each.id].deadline - now) <= 1]
    timely = tight or [each for each in fits if (disputes[each.id].deadline <= now) == late]
    ids = draw.direct if direct else draw.batched
    anything = known[draw.one_of(ids[-RECENT:])] if ids and draw.rarely() else None
    return draw.mostly(draw.one_of(timely) if timely else None, anything)


def _resolve(draw: Draw, verb: str, *, direct: bool) -> Call | None:
    sale, decision = _disputed(draw, direct=direct, late=False), draw.number(0, 1) == 1
    return _on(draw, sale, lambda _: draw.model.roles.arbiter, verb, decision, draw.salt())


# Calls


def _find(draw: Draw, ids: Sequence[int], fits: Fits) -> Sale | None:
    """Draw a recent order that fits and is rare; any other only now and then."""
    known = draw.model.sales.known
    if draw.rarely():
        return draw.sale(ids, lambda _: True)
    fitting = [each for each in (known[i] for i in ids[-200:]) if each and fits(each)]
    return draw.one_of(fitting) if fitting else None


def _on(draw: Draw, sale: Sale | None, caller: Caller, verb: str, *arguments: Any) -> Call | None:
    """Return a call of Settlement about an order, or none if there is no such order."""
    return _act(draw, sale, SETTLEMENT, caller(sale), verb, *arguments) if sale else None


def _act(draw: Draw, sale: Sale, contract: str, caller: str, verb: str, *arguments: Any) -> Call:
    caller = draw.anyone() if caller == ZERO else draw.mostly(caller, draw.anyone())
    return call(caller, contract, verb, draw.show(sale), *arguments)
