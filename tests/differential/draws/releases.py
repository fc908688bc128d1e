"""Calls that divide matured money and move claimed licences."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.words import ZERO
from tests.differential.world import PEOPLE

SETTLEMENT, LICENSE = "Settlement", "ContentLicense"


def release(draw: Draw) -> Call:
    contents = [draw.content() for _ in range(draw.number(0, 4))]
    return call(draw.anyone(), SETTLEMENT, "release", contents)


def release_version(draw: Draw) -> Call:
    versions = list(draw.model.holds.contents)
    content, version = draw.one_of(versions) if versions else (draw.content(), 1)
    content, version = draw.mostly(content, draw.content()), draw.mostly(version, version + 1)
    version = draw.mostly(version, draw.one_of([0, 65_535]))
    return call(draw.anyone(), SETTLEMENT, "releaseVersion", content, version)


def release_commissions(draw: Draw) -> Call:
    class_, commissions = draw.class_(), draw.model.holds.commissions
    waiting = [account for account, class_held in commissions if class_held == class_]
    chosen = [draw.one_of(waiting) for _ in range(draw.number(0, 3))] if waiting else []
    invalid = draw.one_of([0, 3 << 248, 1 << 248 | 1 << 240 | 1])
    accounts = draw.mostly([*chosen, draw.account()], [*chosen, invalid])
    return call(draw.anyone(), SETTLEMENT, "releaseCommissions", accounts, class_)


def set_approval_for_all(draw: Draw) -> Call:
    owner = draw.one_of([*PEOPLE.learners, *PEOPLE.buyers])
    operator = draw.mostly(draw.one_of(PEOPLE.learners), ZERO)
    return call(owner, LICENSE, "setApprovalForAll", operator, draw.number(0, 2) > 0)


def safe_transfer_from(draw: Draw) -> Call | None:
    numbers = list(draw.model.licences.tokens)
    if not numbers:
        return None
    number = draw.mostly(_movable(draw, numbers), draw.one_of([0, *numbers]))
    caller, owner, to = _movers(draw, number)
    value = draw.mostly(1, draw.one_of([0, 2]))
    return call(caller, LICENSE, "safeTransferFrom", owner, to, number, value, b"")


def safe_batch_transfer_from(draw: Draw) -> Call | None:
    tokens = draw.model.licences.tokens
    numbers = list(tokens)
    if not numbers:
        return None
    first = _movable(draw, numbers)
    caller, owner, to = _movers(draw, first)
    others = [each for each in numbers if _is_free(draw, each) and tokens[each].holder == owner]
    chosen = [first, *(others[: draw.number(0, 2)])]
    chosen = draw.mostly([*dict.fromkeys(chosen)], [first, first, draw.one_of(numbers)])
    values = [draw.mostly(1, draw.one_of([0, 2])) for _ in chosen]
    values = draw.mostly(values, draw.one_of([[*values, 1], values[:-1]]))
    return call(caller, LICENSE, "safeBatchTransferFrom", owner, to, chosen, values, b"")


def _movers(draw: Draw, number: int) -> tuple[str, str, str]:
    """Draw who moves a token, whose it is and who gets it."""
    approvals = draw.model.licences.approvals
    owner = draw.mostly(draw.model.licences.tokens[number].holder, draw.anyone())
    owner = draw.anyone() if owner == ZERO else owner
    movers = [owner, *(who for (of, who), may in approvals.items() if may and of == owner)]
    caller = draw.mostly(draw.one_of(movers), draw.anyone())
    return caller, owner, draw.mostly(draw.one_of([*PEOPLE.learners, *PEOPLE.buyers]), ZERO)


def _movable(draw: Draw, numbers: list[int]) -> int:
    """Draw a token that can move; where time stands at the end of a lock, one with that lock."""
    tokens, now = draw.model.licences.tokens, draw.model.now
    tight = [each for each in numbers if abs(tokens[each].unlocks_at - now) <= 1]
    drawn = tight or [draw.one_of(numbers) for _ in range(4)]
    held = [each for each in drawn if tokens[each].holder != ZERO]
    return next((each for each in drawn if _is_free(draw, each)), (held or drawn)[0])


def _is_free(draw: Draw, number: int) -> bool:
    token = draw.model.licences.tokens[number]
    return token.holder != ZERO and draw.model.now >= token.unlocks_at
