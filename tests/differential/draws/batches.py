"""Calls that settle batches."""

from __future__ import annotations

from tests.differential.draws.draw import Draw, call
from tests.differential.model import Call
from tests.differential.model.batches import ordered
from tests.differential.model.consents import Consent, Ordered
from tests.differential.model.refusal import Rules
from tests.differential.model.signing import sign
from tests.differential.model.trees import PLACES, pack_word
from tests.differential.model.words import ZERO, of_address, of_learner
from tests.differential.world import PEOPLE

UNLIMITED = 2**256 - 1


def settle(draw: Draw) -> Call:
    caller = draw.operator()
    number, day, maximum = _terms(draw, caller)
    return call(caller, "Settlement", "settle", number, day, maximum, _words(draw))


def settle_learners(draw: Draw) -> Call | None:
    caller, from_learners = draw.operator(), draw.number(0, 3) > 0
    platform = draw.model.operators[caller].platform
    number, day, maximum = _terms(draw, caller)
    consented = draw.number(0, 3) > 0
    learners = _able(draw, platform, consented) or ([1] if draw.rarely() else [])
    if not learners:
        return None
    words = _learner_words(draw, platform, learners, from_learners)
    groups = draw.model.batches.read(words, day, Rules())
    orders = [order for group in groups for order in ordered(group, platform, from_learners)]
    consents = _consents(draw, orders) if consented else []
    arguments = (number, day, maximum, from_learners, words, consents)
    return call(caller, "Settlement", "settleLearners", *arguments)


def _terms(draw: Draw, caller: str) -> tuple[int, int, int]:
    """Draw a batch's number, sale day and highest debit."""
    operator, today = draw.model.operators[caller], draw.model.contents.today
    expected = draw.model.batches.last[operator.platform, operator.lane] + 1
    wrong = [expected + 1, max(0, expected - 1), 2**64 - 1]
    number = draw.mostly(expected, draw.one_of(wrong))
    day = draw.mostly(today - draw.number(0, 1), draw.one_of([today + 1, today - 2, 0, 2**32 - 1]))
    return number, day, draw.mostly(UNLIMITED, draw.number(0, 10**9))


def _words(draw: Draw) -> list[int]:
    words: list[int] = []
    for _ in range(draw.mostly(draw.number(1, 4), 0)):
        content = draw.content_on_sale()
        words += [*_heading(draw, content), *_group(draw, content)]
    if draw.rarely():
        broken = [0, 1 << 200, of_address(draw.anyone()), pack_word(1, [0, 1])]
        words.insert(draw.number(0, len(words)), draw.one_of(broken))
    return words


def _heading(draw: Draw, content: int) -> list[int]:
    """Draw the word that speaks for a group, or none."""
    word = of_address(draw.referrer()) | draw.starts_at(content) << 160
    return [word] if word else []


def _group(draw: Draw, content: int) -> list[int]:
    count = draw.number(1, 10)
    known = max(1, min(draw.model.learners.highest, draw.one_of([20, 2**31])))
    learners = [draw.number(1, known) for _ in range(count)]
    if draw.rarely():
        learners[-1] = draw.model.learners.highest + draw.number(1, 2)
    sevens = [learners[at : at + PLACES] for at in range(0, count, PLACES)]
    return [pack_word(content, _with_gaps(draw, seven)) for seven in sevens]


def _with_gaps(draw: Draw, learners: list[int]) -> list[int]:
    """Leave some places after the first empty."""
    first, *others = learners
    return [first, *(0 if draw.number(0, 5) == 0 else each for each in others)]


def _able(draw: Draw, platform: int, consented: bool) -> list[int]:
    """Return the learners who can agree, if they have to, and whose account can be debited.

    Those who took their account over stand there more often: only they can ask for refunds.
    """
    keys, taken = draw.model.learners.keys, draw.model.custody.keys
    able = []
    for learner in range(1, min(20, draw.model.learners.highest) + 1):
        is_taken = taken[of_learner(platform, learner)] != ZERO
        agrees = is_taken or keys[learner] != ZERO
        if agrees if consented else not is_taken:
            able += [learner] * (20 if is_taken else 1)
    return able


def _learner_words(
    draw: Draw, platform: int, learners: list[int], from_learners: bool
) -> list[int]:
    """Draw groups for learners, mostly of contents that each of them can pay."""
    words: list[int] = []
    for _ in range(draw.number(1, 2)):
        content, learner = draw.content_on_sale(), draw.one_of(learners)
        if from_learners and not draw.rarely():
            content = _affordable(draw, platform, learner) or content
        several = [learner, *(draw.one_of(learners) for _ in range(draw.number(0, 2)))]
        chosen = several if draw.number(0, 2) == 0 else [learner]
        words += [*_heading(draw, content), pack_word(content, chosen)]
    return words


def _affordable(draw: Draw, platform: int, learner: int) -> int:
    """Draw a content that a learner's account can pay, or 0."""
    account = draw.model.custody.destination(of_learner(platform, learner))
    has, contents = draw.model.accounts.available[account], draw.model.contents
    day = contents.today
    payable = [
        number
        for number, content in contents.known.items()
        if content and content.active and 3 * content.price_on(day) <= has
    ]
    return draw.one_of(payable) if payable else 0


def _consents(draw: Draw, orders: list[Ordered]) -> list[Consent]:
    given = [_consent(draw, order) for order in orders]
    return given[:-1] if given and draw.rarely() else given


def _consent(draw: Draw, order: Ordered) -> Consent:
    now, consents = draw.model.now, draw.model.consents
    maximum = draw.mostly(order.price + draw.number(0, 1), max(0, order.price - 1))
    deadline = draw.mostly(now + draw.number(1, 9), now)
    unsigned = Consent(maximum, deadline, draw.number(0, 20_000), b"")
    signer = consents.signer(order)
    signer = draw.anyone() if signer not in PEOPLE.keys else draw.mostly(signer, draw.anyone())
    signature = sign(PEOPLE.keys[signer], consents.digest(order, unsigned)).packed()
    return unsigned._replace(signature=signature)
