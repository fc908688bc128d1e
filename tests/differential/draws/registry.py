"""Calls about the network, its platforms and learners."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR
from tests.differential.model.platforms import ACTIVE, SUSPENDED
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


def admit(draw: Draw) -> Call | None:
    owner, treasury = draw.one_of(PEOPLE.owners), draw.one_of(PEOPLE.treasuries)
    owner, treasury = draw.mostly(owner, ZERO), draw.mostly(treasury, ZERO)
    if len(draw.model.platforms.members) >= MOST_PLATFORMS:
        return None
    caller = draw.network()
    fees = (_network_bps(draw), _host_bps(draw))
    return call(caller, REGISTRY, "admit", f"P{draw.number(0, 9)}", owner, treasury, *fees)


def set_status(draw: Draw) -> Call:
    status = draw.mostly(draw.one_of([ACTIVE] * 7 + [SUSPENDED]), 0)
    return call(draw.network(), REGISTRY, "setStatus", draw.platform(), status)


def set_network_fee(draw: Draw) -> Call:
    return call(draw.network(), REGISTRY, "setNetworkFee", draw.platform(), _network_bps(draw))


def set_host_fee(draw: Draw) -> Call:
    platform = draw.platform()
    return call(draw.owner_of(platform), REGISTRY, "setHostFee", platform, _host_bps(draw))


def set_treasury(draw: Draw) -> Call:
    platform = draw.one_of([0, draw.platform()])
    settlement = draw.model.addresses.settlement
    usual = draw.one_of(PEOPLE.treasuries)
    treasury = draw.mostly(usual, draw.one_of([ZERO, settlement]))
    return call(draw.owner_of(platform), REGISTRY, "setTreasury", platform, treasury)


def set_operator(draw: Draw) -> Call:
    platform, operators = draw.platform(), draw.model.platforms.operators
    keys = [key for key in PEOPLE.operators if operators[key].platform in (0, platform)]
    key = draw.one_of(keys or PEOPLE.operators)
    key = draw.mostly(key, draw.one_of([ZERO, draw.one_of(PEOPLE.operators)]))
    active = draw.random.random() < 0.9
    return call(draw.owner_of(platform), REGISTRY, "setOperator", platform, key, active)


def accept_operator(draw: Draw) -> Call:
    platforms = draw.model.platforms
    named = [each for each, is_named in platforms.named.items() if is_named]
    free = [each for each in named if platforms.operators[each[1]].platform == NETWORK]
    anyone = (draw.platform(), draw.anyone())
    platform, key = draw.mostly(draw.one_of(free or named), anyone) if named else anyone
    return call(key, REGISTRY, "acceptOperator", platform)


def transfer_platform(draw: Draw) -> Call:
    platform, owner = draw.platform(), draw.mostly(draw.one_of(PEOPLE.owners), ZERO)
    return call(draw.owner_of(platform), REGISTRY, "transferPlatform", platform, owner)


def accept_platform(draw: Draw) -> Call | None:
    members = draw.model.platforms.members.items()
    waiting = {number: each.next_owner for number, each in members if each.next_owner[0] != ZERO}
    if not waiting and draw.number(0, 9):
        return None
    platform = draw.one_of(list(waiting)) if waiting else draw.platform()
    owner, since = waiting.get(platform, (draw.anyone(), 0))
    if since > draw.model.now and draw.number(0, 3):
        return None
    return call(draw.mostly(owner, draw.anyone()), REGISTRY, "acceptPlatform", platform)


def nominate(draw: Draw) -> Call:
    account = draw.mostly(draw.anyone(), ZERO)
    return call(draw.network(), REGISTRY, "nominate", draw.number(0, 1), account)


def accept_role(draw: Draw) -> Call | None:
    role = draw.number(0, 1)
    nominee, since = draw.model.roles.nominees[role]
    if (nominee == ZERO or since > draw.model.now) and draw.number(0, 5):
        return None
    return call(draw.mostly(nominee, draw.anyone()), REGISTRY, "acceptRole", role)


def dismiss(draw: Draw) -> Call:
    return call(draw.network(), REGISTRY, "dismiss", draw.number(0, 1))


def transfer_ownership(draw: Draw) -> Call:
    owner = draw.mostly(draw.one_of(PEOPLE.networks), ZERO)
    return call(draw.network(), REGISTRY, "transferOwnership", owner)


def accept_ownership(draw: Draw) -> Call | None:
    waiting = draw.model.platforms.next_owner
    if waiting == ZERO and draw.number(0, 9):
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
    caller, content = draw.anyone(), draw.content()
    return draw.one_of(
        [
            call(caller, "Settlement", "setPrice", content, draw.price()),
            call(caller, "Settlement", "setActive", content, True),
            call(caller, "Settlement", "list", content, [draw.price()], [0], [0]),
            call(caller, "ContentLicense", "burn", of_address(caller)),
        ]
    )


def _known_learner(draw: Draw) -> int:
    """Draw a learner, often one whose order can be claimed."""
    if draw.batch_orders and draw.random.random() < 0.6:
        return draw.one_of(draw.batch_orders[-60:]).learner
    return draw.learner()


def _network_bps(draw: Draw) -> int:
    return draw.mostly(draw.one_of([0, 100, 300, 1_000]), draw.one_of([1_001, 65_535]))


def _host_bps(draw: Draw) -> int:
    return draw.mostly(draw.one_of([0, 500, 1_000]), draw.one_of([5_001, 65_535]))
