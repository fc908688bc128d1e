"""Random calls: one module per area, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from tests.differential.draws import (
    aftersale,
    batches,
    catalogue,
    custody,
    direct,
    money,
    registry,
    releases,
)
from tests.differential.draws.draw import Draw
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR

Drawer = Callable[[Draw], Call | None]

WEIGHTS: dict[Drawer, int] = {
    registry.add_window: 1,
    registry.pause: 1,
    registry.unpause: 30,
    registry.nominate: 2,
    registry.accept_role: 6,
    registry.dismiss: 1,
    registry.admit: 1,
    registry.set_status: 2,
    registry.set_network_fee: 1,
    registry.set_host_fee: 1,
    registry.set_treasury: 1,
    registry.transfer_platform: 1,
    registry.accept_platform: 2,
    registry.set_operator: 3,
    registry.accept_operator: 6,
    registry.transfer_ownership: 1,
    registry.accept_ownership: 1,
    registry.renounce_ownership: 1,
    registry.register_learner: 1,
    registry.register_learners: 1,
    registry.bind_learner: 1,
    registry.bind_key: 6,
    registry.link: 1,
    catalogue.publish: 4,
    catalogue.set_price: 3,
    catalogue.set_prices: 3,
    catalogue.set_plan: 4,
    catalogue.set_active: 3,
    money.mint: 3,
    money.set_mint_allowance: 1,
    money.approve: 2,
    money.permit: 1,
    money.transfer: 2,
    money.cancel_authorization: 1,
    money.deposit: 12,
    money.withdraw: 4,
    money.withdraw_platform: 4,
    money.withdraw_signed: 3,
    money.withdraw_many: 2,
    custody.top_up: 6,
    custody.set_top_up_limit: 1,
    custody.pay_out: 3,
    custody.offer_account: 4,
    custody.take_over: 4,
    direct.buy: 10,
    direct.buy_from_balance: 9,
    direct.buy_with_authorization: 6,
    direct.buy_cart: 9,
    batches.settle: 10,
    batches.settle_learners: 15,
    aftersale.refund: 8,
    aftersale.refund_batch: 8,
    aftersale.refund_part: 6,
    aftersale.refund_batch_part: 6,
    aftersale.request_refund: 10,
    aftersale.request_batch_refund: 20,
    aftersale.refuse_refund: 6,
    aftersale.refuse_batch_refund: 8,
    aftersale.refund_unanswered: 15,
    aftersale.refund_batch_unanswered: 20,
    aftersale.open_dispute: 6,
    aftersale.open_batch_dispute: 6,
    aftersale.resolve_dispute: 9,
    aftersale.resolve_batch_dispute: 7,
    aftersale.close_dispute: 3,
    aftersale.close_batch_dispute: 3,
    aftersale.claim: 7,
    aftersale.claim_batch: 9,
    releases.release: 8,
    releases.release_version: 4,
    releases.release_commissions: 6,
    releases.set_approval_for_all: 2,
    releases.safe_transfer_from: 5,
    releases.safe_batch_transfer_from: 4,
}

_TIMED: list[Drawer] = [
    aftersale.refuse_refund,
    aftersale.refuse_batch_refund,
    aftersale.refund_unanswered,
    aftersale.refund_batch_unanswered,
    aftersale.resolve_dispute,
    aftersale.resolve_batch_dispute,
    aftersale.close_dispute,
    aftersale.close_batch_dispute,
]

_PAUSES = (0, 0, 1, 60, HOUR, HOUR, 9 * HOUR)
_DRAWERS, _WEIGHTS = list(WEIGHTS), list(accumulate(WEIGHTS.values()))


def next_time(draw: Draw) -> int:
    """Draw the time of the next call: soon after the last, or where something ends or begins."""
    now = draw.model.now
    if draw.number(0, 11):
        return now + draw.one_of(_PAUSES)
    periods = [DAY, *draw.model.classes.windows]
    ends = [(now // period + 1) * period for period in periods]
    soon = [each for each in draw.model.deadlines() if now < each <= now + DAY]
    end = min(soon) if soon and draw.number(0, 1) else draw.one_of(ends)
    return max(now, end + draw.one_of([-1, 0, 0, 1]))


def next_call(draw: Draw) -> Call:
    """Draw the next call; where time stands at a deadline, often one that it is about."""
    now = draw.model.now
    if draw.number(0, 1) and any(abs(each - now) <= 1 for each in draw.model.deadlines()):
        call = draw.one_of(_TIMED)(draw)
        if call is not None:
            return call
    while True:
        (drawer,) = draw.random.choices(_DRAWERS, cum_weights=_WEIGHTS)
        call = drawer(draw)
        if call is not None:
            return call
