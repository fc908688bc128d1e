"""Calls about learners' accounts."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.words import ZERO, of_learner, of_platform
from tests.differential.world import PEOPLE

SETTLEMENT = "Settlement"


def top_up(draw: Draw) -> Call:
    caller, count = draw.operator(), draw.number(0, 3)
    platform = draw.model.operators[caller].platform
    has = draw.model.accounts.available[of_platform(platform)]
    has = min(has, draw.mostly(draw.model.custody.left(platform), has))
    most = max(1, min(2 * 10**11, has // max(1, count)))
    amounts = [draw.mostly(draw.number(1, most), 0) for _ in range(count)]
    learners = [draw.learner() for _ in range(draw.mostly(count, count + 1))]
    return call(caller, SETTLEMENT, "topUp", learners, amounts)


def set_top_up_limit(draw: Draw) -> Call:
    platform = draw.platform()
    usual = draw.one_of([10**12, 10**13, 2**64 - 1])
    per_day = draw.mostly(usual, draw.one_of([0, 10**6]))
    return call(draw.owner_of(platform), SETTLEMENT, "setTopUpLimit", platform, per_day)


def pay_out(draw: Draw) -> Call:
    platform, available = draw.platform(), draw.model.accounts.available
    funded = [each for each in range(1, 21) if available[of_learner(platform, each)]]
    learners = [draw.one_of(funded) for _ in range(draw.number(1, 2))] if funded else []
    amounts = [draw.units_of(of_learner(platform, each)) // 2 or 1 for each in learners]
    amounts = draw.mostly(amounts, [*amounts, 1])
    return call(draw.operator_of(platform), SETTLEMENT, "payOut", platform, learners, amounts)


def offer_account(draw: Draw) -> Call:
    platform, learner = draw.platform(), draw.number(0, 6) or draw.learner()
    key = draw.model.custody.keys[of_learner(platform, learner)]
    caller = draw.operator_of(platform) if key == ZERO else draw.mostly(key, draw.anyone())
    offered = draw.mostly(draw.one_of(PEOPLE.learners), ZERO)
    return call(caller, SETTLEMENT, "offerAccount", platform, learner, offered)


def take_over(draw: Draw) -> Call | None:
    offers, now = draw.model.custody.offers, draw.model.now
    offered = [account for account, offer in offers.items() if offer.account != ZERO]
    ripe = [account for account in offered if offers[account].since <= now]
    if not ripe and (not offered or draw.number(0, 30)):
        return None
    account = draw.mostly(draw.one_of(ripe or offered), draw.one_of(offered))
    key = draw.mostly(offers[account].account, draw.anyone())
    return call(key, SETTLEMENT, "takeOver", account >> 32 & 0xFFFFFFFF, account & 0xFFFFFFFF)
