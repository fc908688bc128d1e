"""The calls that make a network to walk in."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR
from tests.differential.model.contents import Publication, Terms
from tests.differential.model.delays import DELAY
from tests.differential.model.plans import Plan
from tests.differential.model.roles import ARBITER, PAUSER
from tests.differential.model.words import HIGHEST_WORD, of_learner, of_platform
from tests.differential.world import PEOPLE

FUNDS = 10**13
REGISTRY, TOKEN = "PlatformRegistry", "SettlementToken"
_ACCOUNTS = [(platform, platform + 1, PEOPLE.learners[platform - 1]) for platform in (1, 2, 3)]


def calls(draw: Draw) -> Iterator[Call]:
    """Yield the calls; every one of them succeeds."""
    admin = PEOPLE.networks[0]
    for window in draw.one_of([(DAY, 3 * DAY), (HOUR, 3 * DAY), (3 * DAY, 14 * DAY)]):
        yield call(admin, "Settlement", "addWindow", window)
    yield call(admin, TOKEN, "setMintAllowance", admin, 2**128)
    yield from _platforms(admin)
    yield from _announced(draw, admin)
    for buyer in PEOPLE.buyers:
        yield call(admin, TOKEN, "mint", buyer, FUNDS * draw.model.tokens.per_unit)
        settlement = draw.model.addresses.settlement
        yield call(buyer, TOKEN, "approve", settlement, HIGHEST_WORD)
    for platform, buyer in enumerate(PEOPLE.buyers[:3], start=1):
        units = FUNDS // 4 * draw.model.tokens.per_unit
        yield call(buyer, "Settlement", "deposit", of_platform(platform), units)
    for platform, learner, _ in _ACCOUNTS:
        units = FUNDS // 100 * draw.model.tokens.per_unit
        yield call(PEOPLE.buyers[3], "Settlement", "deposit", of_learner(platform, learner), units)


def _announced(draw: Draw, admin: str) -> Iterator[Call]:
    """Yield what takes two days: the network's roles, and accounts that learners take over."""
    holders = {ARBITER: PEOPLE.arbiters[0], PAUSER: PEOPLE.pausers[0]}
    for role, holder in holders.items():
        yield call(admin, REGISTRY, "nominate", role, holder)
    for platform, learner, key in _ACCOUNTS:
        operator = PEOPLE.operators[platform - 1]
        yield call(operator, "Settlement", "offerAccount", platform, learner, key)
    draw.model.now += DELAY
    for role, holder in holders.items():
        yield call(holder, REGISTRY, "acceptRole", role)
    for platform, learner, key in _ACCOUNTS:
        yield call(key, "Settlement", "takeOver", platform, learner)


def _platforms(admin: str) -> Iterator[Call]:
    for index in range(3):
        owner, platform = PEOPLE.owners[index], index + 1
        treasury = PEOPLE.treasuries[index]
        yield call(admin, REGISTRY, "admit", f"Platform {platform}", owner, treasury, 100, 0)
        yield call(owner, "Settlement", "setTopUpLimit", platform, FUNDS)
        for operator in PEOPLE.operators[index:7:3]:
            yield call(owner, REGISTRY, "setOperator", platform, operator, True)
            yield call(operator, REGISTRY, "acceptOperator", platform)
        yield from _directory(platform, PEOPLE.operators[index])


def _directory(platform: int, operator: str) -> Iterator[Call]:
    """Yield what a platform's first operator does: publish, and know some learners."""
    yield call(operator, REGISTRY, "registerLearners", 5, bytes(32))
    for index, key in enumerate(PEOPLE.learners[:3], start=1):
        yield call(operator, REGISTRY, "bindKey", 5 * (platform - 1) + index, key)
    yield call(operator, "ContentLicense", "publish", _publications(platform))


def _publications(platform: int) -> list[Publication]:
    plan = Plan(1_500, 500, 1_000, 500, ((PEOPLE.creators[0], 6_000), (PEOPLE.creators[1], 500)))
    terms = [Terms(0, False, False, 0), Terms(DAY, True, False, 500), Terms(0, False, True, 1_000)]
    prices = (1, 9_999, 49_990_003)
    return [
        Publication(f"{platform}-{price}", price, price % 2, plan, each)
        for price, each in zip(prices, terms, strict=True)
    ]
