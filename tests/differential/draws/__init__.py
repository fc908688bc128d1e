"""Random calls: one module per area, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from tests.differential.draws import aftersale, batches, catalogue, direct, money, registry
from tests.differential.draws.draw import Draw
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR

Drawer = Callable[[Draw], Call | None]

WEIGHTS: dict[Drawer, int] = {
    registry.add_window: 1,
    registry.admit: 1,
    registry.set_status: 2,
    registry.set_network_fee: 1,
    registry.set_host_fee: 1,
    registry.set_treasury: 1,
    registry.transfer_platform: 1,
    registry.accept_platform: 2,
    registry.set_operator: 2,
    registry.accept_operator: 2,
    registry.nominate: 2,
    registry.accept_role: 2,
    registry.dismiss: 1,
    registry.transfer_ownership: 1,
    registry.accept_ownership: 1,
    registry.renounce_ownership: 1,
    registry.register_learner: 1,
    registry.register_learners: 1,
    registry.bind_learner: 1,
    registry.bind_key: 6,
    registry.link: 1,
    catalogue.publish: 3,
    catalogue.set_price: 5,
    catalogue.set_active: 3,
    money.mint: 3,
    money.set_mint_allowance: 1,
    money.approve: 2,
    money.transfer: 2,
    money.cancel_authorization: 1,
    money.deposit: 12,
    money.withdraw: 6,
    money.withdraw_platform: 5,
    direct.buy: 14,
    direct.buy_from_balance: 12,
    direct.buy_with_authorization: 10,
    direct.refund: 14,
    direct.claim: 8,
    batches.settle: 14,
    batches.refund_batch: 14,
    batches.claim_batch: 10,
    aftersale.release: 8,
    aftersale.release_commission: 8,
    aftersale.safe_transfer_from: 6,
}

_PAUSES = (0, 0, 1, 60, HOUR, HOUR, 9 * HOUR)
_DRAWERS, _WEIGHTS = list(WEIGHTS), list(accumulate(WEIGHTS.values()))


def next_time(draw: Draw) -> int:
    """Draw the time of the next call: soon after the last one, or where a day or an epoch ends."""
    now = draw.model.now
    if draw.number(0, 11):
        return now + draw.one_of(_PAUSES)
    period = draw.one_of([DAY, *draw.model.classes.windows])
    return max(now, (now // period + 1) * period + draw.one_of([-1, 0, 0, 1]))


def next_call(draw: Draw) -> Call:
    """Draw the next call."""
    while True:
        (drawer,) = draw.random.choices(_DRAWERS, cum_weights=_WEIGHTS)
        call = drawer(draw)
        if call is not None:
            return call
