"""Calls about content."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.classes import DAY, HOUR
from tests.differential.model.contents import Publication, Terms
from tests.differential.model.plans import Plan, Share
from tests.differential.model.words import WHOLE_BPS, ZERO
from tests.differential.world import PEOPLE

LICENSE = "ContentLicense"
MOST_CONTENTS = 40
DURATIONS = (0, 0, 0, HOUR, 7 * DAY, 30 * DAY, 3_650 * DAY)


def publish(draw: Draw) -> Call | None:
    count = draw.mostly(draw.one_of([1, 1, 2, 3]), 0)
    if len(draw.model.contents.known) >= MOST_CONTENTS:
        return None
    offered = [_publication(draw) for _ in range(count)]
    return call(draw.operator(), LICENSE, "publish", offered)


def set_price(draw: Draw) -> Call:
    content = draw.content()
    return call(_host_operator(draw, content), LICENSE, "setPrice", content, draw.price())


def set_prices(draw: Draw) -> Call:
    content, day = draw.content(), draw.model.contents.today
    steps = []
    for _ in range(draw.mostly(draw.one_of([1, 2, 2, 3]), draw.one_of([0, 4]))):
        day += draw.mostly(draw.number(1, 3), draw.one_of([0, -1, 2**24]))
        steps.append((day, draw.price()))
    return call(_host_operator(draw, content), LICENSE, "setPrices", content, steps)


def set_plan(draw: Draw) -> Call:
    content = draw.content()
    return call(_host_operator(draw, content), LICENSE, "setPlan", content, _plan(draw))


def set_active(draw: Draw) -> Call:
    content, active = draw.content(), draw.random.random() < 0.8
    return call(_host_operator(draw, content), LICENSE, "setActive", content, active)


def _host_operator(draw: Draw, number: int) -> str:
    content = draw.model.contents.known[number]
    return draw.operator_of(content.host) if content else draw.operator()


def _publication(draw: Draw) -> Publication:
    ref = f"content {draw.random.getrandbits(40):x} 课"
    other = draw.one_of(["", "x" * 129, "x" * 128, "taken"])
    what = (draw.mostly(ref, other), draw.price(), draw.class_())
    return Publication(*what, _plan(draw), _terms(draw))


def _terms(draw: Draw) -> Terms:
    wrong = draw.one_of([1, HOUR - 1, 3_650 * DAY + 1])
    duration = draw.mostly(draw.one_of(DURATIONS), wrong)
    renewable = draw.mostly(duration > 0 and draw.number(0, 1) == 1, True)
    royalty_bps = draw.mostly(draw.one_of([0, 0, 1, 500, 1_000]), draw.one_of([1_001, 65_535]))
    return Terms(duration, renewable, draw.number(0, 4) == 0, royalty_bps)


def _plan(draw: Draw) -> Plan:
    seller, referrer = draw.one_of([0, 1, 1_500, 3_000]), draw.one_of([0, 1, 333, 1_000])
    host = draw.one_of([1_000, 1_000, 1_001, 2_500]) if draw.number(0, 15) else 0
    network = draw.one_of([1_000, 1_000, 1_003]) if draw.number(0, 15) else 0
    creators = _creators(draw, WHOLE_BPS - seller - referrer - host - network)
    return Plan(draw.mostly(seller, seller + 1), referrer, host, network, creators)


def _creators(draw: Draw, rest: int) -> tuple[Share, ...]:
    """Divide what is left among one to four creators."""
    count = draw.mostly(draw.number(1, 4), draw.one_of([0, 129]))
    if not 0 < count <= 4:
        return tuple((PEOPLE.creators[0], 1) for _ in range(count))
    cuts = sorted(draw.random.sample(range(1, rest), count - 1))
    bounds = zip([0, *cuts], [*cuts, rest], strict=True)
    wrong = draw.one_of([ZERO, draw.model.addresses.settlement])
    payees = [draw.mostly(draw.one_of(PEOPLE.creators), wrong) for _ in range(count)]
    return tuple((payee, high - low) for payee, (low, high) in zip(payees, bounds, strict=True))
