"""Calls about the network, its platforms, roles and learners."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR
from tests.differential.model.facts import REFUNDED
from tests.differential.model.platforms import ACTIVE, SUSPENDED
from tests.differential.model.roles import ARBITER, PAUSER
from tests.differential.model.words import NETWORK, ZERO, of_address
from tests.differential.world import PEOPLE

REGISTRY = "PlatformRegistry"
MOST_PLATFORMS = 7
MOST_CLASSES = 6


def add_window(draw: Draw) -> Call | None:
    usual = draw.one_of([HOUR, DAY, 3 * DAY, 14 * DAY])
    window = draw.mostly(usual, draw.one_of([0, HOUR - 1, 366 * DAY + 1, 2**32 - 1]))
    if len(draw.model.classes.windows) >= MOST_CLASSES and draw.number(0, 9):
        return None
    return call(draw.network(), "Settlement", "addWindow", window)


def pause(draw: Draw) -> Call:
    pauser = draw.model.roles.pauser
    usual = draw.network() if pauser == ZERO or draw.number(0, 1) else pauser
    return call(draw.mostly(usual, draw.anyone()), "Settlement", "pause")


def unpause(draw: Draw) -> Call | None:
    if not draw.model.selling.paused and draw.number(0, 30):
        return None
    return call(draw.network(), "Settlement", "unpause")


def nominate(draw: Draw) -> Call:
    role = draw.one_of([ARBITER, PAUSER])
    account = draw.one_of(PEOPLE.pausers if role else PEOPLE.arbiters)
    return call(draw.network(), REGISTRY, "nominate", role, draw.mostly(account, ZERO))


def accept_role(draw: Draw) -> Call | None:
    role = draw.one_of([ARBITER, PAUSER])
    nominee = draw.model.roles.nominees[role].account
    if nominee == ZERO:
        return None
    return call(draw.mostly(nominee, draw.anyone()), REGISTRY, "acceptRole", role)


def dismiss(draw: Draw) -> Call:
    return call(draw.network(), REGISTRY, "dismiss", draw.one_of([ARBITER, PAUSER, PAUSER]))


def admit(draw: Draw) -> Call | None:
    owner, treasury = draw.one_of(PEOPLE.owners), draw.one_of(PEOPLE.treasuries)
    owner, treasury = draw.mostly(owner, ZERO), draw.mostly(treasury, ZERO)
    if len(draw.model.platforms.members) >= MOST_PLATFORMS:
        return None
    fees = (_network_bps(draw), _host_bps(draw))
    name = f"P{draw.number(0, 9)}"
    return call(draw.network(), REGISTRY, "admit", name, owner, treasury, *fees)


def set_status(draw: Draw) -> Call:
    members = draw.model.platforms.members
    suspended = [number for number, each in members.items() if each.status == SUSPENDED]
    if suspended and draw.number(0, 3):
        return call(draw.network(), REGISTRY, "setStatus", draw.one_of(suspended), ACTIVE)
    status = draw.mostly(draw.one_of([ACTIVE, SUSPENDED]), 0)
    return call(draw.network(), REGISTRY, "setStatus", draw.platform(), status)


def set_network_fee(draw: Draw) -> Call:
    return call(draw.network(), REGISTRY, "setNetworkFee", draw.platform(), _network_bps(draw))


def set_host_fee(draw: Draw) -> Call:
    platform = draw.platform()
    return call(draw.owner_of(platform), REGISTRY, "setHostFee", platform, _host_bps(draw))


def set_treasury(draw: Draw) -> Call:
    platform = draw.one_of([NETWORK, draw.platform()])
    settlement = draw.model.addresses.settlement
    usual = draw.one_of(PEOPLE.treasuries)
    treasury = draw.mostly(usual, draw.one_of([ZERO, settlement]))
    return call(draw.owner_of(platform), REGISTRY, "setTreasury", platform, treasury)


def transfer_platform(draw: Draw) -> Call:
    platform = draw.platform()
    owner = draw.mostly(draw.one_of(PEOPLE.owners), ZERO)
    return call(draw.owner_of(platform), REGISTRY, "transferPlatform", platform, owner)


def accept_platform(draw: Draw) -> Call | None:
    members = draw.model.platforms.members
    passing = [number for number, each in members.items() if each.next_owner.account != ZERO]
    if not passing:
        return None
    platform = draw.mostly(draw.one_of(passing), draw.platform())
    owner = members[platform].next_owner.account
    caller = draw.anyone() if owner == ZERO else draw.mostly(owner, draw.anyone())
    return call(caller, REGISTRY, "acceptPlatform", platform)


def set_operator(draw: Draw) -> Call | None:
    platform, operators = draw.platform(), draw.model.operators
    keys = [key for key in PEOPLE.operators if operators[key].platform in (NETWORK, platform)]
    stopped = [key for key in keys if operators[key].lane and not operators[key].active]
    if stopped and draw.number(0, 2):
        key, active = draw.one_of(stopped), True
        return call(draw.owner_of(platform), REGISTRY, "setOperator", platform, key, active)
    if not keys:
        return None
    key = draw.one_of(keys)
    key = draw.mostly(key, draw.one_of([ZERO, draw.one_of(PEOPLE.operators)]))
    active = draw.random.random() < 0.8
    return call(draw.owner_of(platform), REGISTRY, "setOperator", platform, key, active)


def accept_operator(draw: Draw) -> Call | None:
    operators = draw.model.operators
    named = [key for key, is_named in operators.named.items() if is_named]
    free = [(platform, key) for platform, key in named if not operators[key].lane]
    if not free and (not named or draw.number(0, 30)):
        return None
    named = free or named
    platform, key = draw.one_of(named)
    key, platform = draw.mostly(key, draw.anyone()), draw.mostly(platform, draw.platform())
    return call(key, REGISTRY, "acceptOperator", platform)


def transfer_ownership(draw: Draw) -> Call:
    owner = draw.mostly(draw.one_of(PEOPLE.networks), ZERO)
    return call(draw.network(), REGISTRY, "transferOwnership", owner)


def accept_ownership(draw: Draw) -> Call | None:
    waiting, since = draw.model.platforms.next_network_owner.as_tuple()
    early = waiting == ZERO or draw.model.now < since
    if early and draw.number(0, 30):
        return None
    caller = draw.anyone() if waiting == ZERO else draw.mostly(waiting, draw.anyone())
    return call(caller, REGISTRY, "acceptOwnership")


def renounce_ownership(draw: Draw) -> Call:
    return call(draw.network(), REGISTRY, "renounceOwnership")


def register_learner(draw: Draw) -> Call:
    return call(draw.operator(), REGISTRY, "registerLearner", draw.salt())


def register_learners(draw: Draw) -> Call:
    usual = draw.one_of([1, 3, draw.number(1, 30)])
    count = draw.mostly(usual, draw.one_of([0, 1_048_576, 1_048_577, 2**32 - 1]))
    return call(draw.operator(), REGISTRY, "registerLearners", count, draw.salt())


def bind_learner(draw: Draw) -> Call:
    return call(draw.operator(), REGISTRY, "bindLearner", draw.learner(), draw.salt())


def bind_key(draw: Draw) -> Call:
    learner, learners = _known_learner(draw), draw.model.learners
    caller, current = draw.anyone(), learners.keys[learner]
    if current != ZERO:
        caller = draw.mostly(current, caller)
    elif learners.is_registered(learner):
        caller = draw.operator_of(learners.home_of(learner))
    key = draw.mostly(draw.one_of(PEOPLE.learners), ZERO)
    return call(caller, REGISTRY, "bindKey", learner, key)


def link(draw: Draw) -> Call:
    """Call what only the other contract may."""
    caller, content, number = draw.anyone(), draw.content(), of_address(draw.anyone())
    plan = (content, 2, 1_000)
    listing = (draw.price(), 0, 0, False)
    calls = [
        call(caller, "Settlement", "setPrices", content, [(draw.number(0, 2**24), 1)]),
        call(caller, "Settlement", "setPlan", *plan),
        call(caller, "Settlement", "setActive", content, True),
        call(caller, "Settlement", "list", content, [listing]),
        call(caller, "ContentLicense", "burn", number),
        call(caller, "ContentLicense", "setLock", number, 0),
    ]
    sale = draw.sale(draw.direct + draw.batched, lambda each: not each.has(REFUNDED))
    if sale:
        name = "markBatchClaimed" if sale.place else "markClaimed"
        calls.append(call(caller, "Settlement", name, draw.show(sale)))
    return draw.one_of(calls)


def _known_learner(draw: Draw) -> int:
    """Draw a learner, often one whose order can be claimed."""
    sale = draw.sale(draw.batched, lambda each: not each.has(REFUNDED))
    return sale.learner if sale and draw.number(0, 2) else draw.learner()


def _network_bps(draw: Draw) -> int:
    return draw.mostly(draw.one_of([0, 100, 300, 1_000]), draw.one_of([1_001, 65_535]))


def _host_bps(draw: Draw) -> int:
    return draw.mostly(draw.one_of([0, 500, 1_000]), draw.one_of([5_001, 65_535]))
