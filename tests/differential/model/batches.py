"""Batches of fiat orders (BATCH, TREE)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.consents import Ordered
from tests.differential.model.facts import FROM_LEARNER, REFUNDED, Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale
from tests.differential.model.table import Table
from tests.differential.model.trees import (
    PLACES,
    BatchKey,
    Leaf,
    Place,
    Tree,
    content_of,
    learner_at,
)
from tests.differential.model.words import ZERO, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model

HEADING_BITS = 200
Lane = tuple[int, int]


class BatchOrder(NamedTuple):
    """One order of a batch, shown with its proof."""

    platform: int
    lane: int
    number: int
    leaves: int
    leaf: int
    place: int
    word: int
    facts: int
    referrer: str
    proof: tuple[bytes, ...]

    @property
    def at(self) -> Place:
        return Place((self.platform, self.lane, self.number), self.leaf, self.place)

    @property
    def learner(self) -> int:
        return learner_at(self.word, self.place)


class Heading(NamedTuple):
    """What speaks for the group that follows: a referrer or none, and when licences start."""

    referrer: str = ZERO
    starts_at: int = 0


@dataclass
class Group:
    """A run of words with the same content, and what was read for it."""

    content: int
    heading: Heading
    facts: Facts
    words: list[int] = field(default_factory=list)

    def learners(self) -> list[tuple[int, int, int]]:
        """Return the orders, as (word of the group, place, learner)."""
        found = [
            (i, at, learner_at(each, at)) for i, each in enumerate(self.words) for at in range(7)
        ]
        return [each for each in found if each[2]]


class Batch:
    """A settled batch."""

    def __init__(self, groups: list[Group], state: int) -> None:
        self.leaves = [
            Leaf(word, group.facts.packed(state), group.heading.referrer)
            for group in groups
            for word in group.words
        ]
        self._tree = Tree([leaf.hash() for leaf in self.leaves])
        self.root = self._tree.root

    def proves(self, order: BatchOrder) -> bool:
        """TREE-3."""
        if order.leaves != len(self.leaves) or order.leaf >= order.leaves:
            return False
        shown = (order.word, order.facts, order.referrer)
        return self.leaves[order.leaf] == shown and self.proof(order.leaf) == tuple(order.proof)

    def proof(self, leaf: int) -> tuple[bytes, ...]:
        """Return the proof of a leaf."""
        return self._tree.proof(leaf)


@dataclass(frozen=True)
class Asked:
    """What a call to settle names."""

    number: int
    sale_day: int
    max_debit: int
    from_learners: bool
    words: list[int]
    consents: list[Any]


class Batches:
    """The batches of every lane."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.last: Table[Lane, int] = Table("lane", model.touched, 0)
        self.settled: Table[BatchKey, Batch | None] = Table("batch", model.touched, None)

    def show(self, at: Place) -> BatchOrder:
        """Return one order of a settled batch with its proof."""
        batch = self.settled[at.batch]
        assert batch is not None
        count, proof = len(batch.leaves), batch.proof(at.leaf)
        word, facts, referrer = batch.leaves[at.leaf]
        return BatchOrder(*at.batch, count, at.leaf, at.place, word, facts, referrer, proof)

    def proves(self, order: BatchOrder) -> bool:
        """Tell whether an order is in the batch that it names (TREE-3)."""
        batch = self.settled[order.at.batch]
        return batch is not None and batch.proves(order)

    def require_standing(self, order: BatchOrder, rules: Rules) -> Sale | None:
        """Require that an order is in its batch and was not refunded whole."""
        proven = rules.require_any(self.proves(order), "InvalidProof")
        filled = rules.require(order.learner != 0, "EmptyPlace", order.place)
        sale = self._model.sales.known[order.at.id] if proven and filled else None
        if sale:
            rules.require(not sale.has(REFUNDED), "AlreadyRefunded", sale.id)
        return sale

    # Verbs

    def settle(
        self, caller: str, number: int, sale_day: int, max_debit: int, words: list[int]
    ) -> None:
        """BATCH-1 to BATCH-8."""
        self._settle(caller, Asked(number, sale_day, max_debit, False, words, []))

    def settle_learners(
        self,
        caller: str,
        number: int,
        sale_day: int,
        max_debit: int,
        from_learners: bool,
        words: list[int],
        consents: list[Any],
    ) -> None:
        """BATCH-10, CONSENT-1, CONSENT-2."""
        asked = Asked(number, sale_day, max_debit, bool(from_learners), words, consents)
        self._settle(caller, asked)

    def _settle(self, caller: str, asked: Asked) -> None:
        rules = Rules()
        operator = self._model.platforms.acting(caller, rules)
        lane = (operator.platform, operator.lane)
        self._require_time(lane, asked, rules)
        groups = self.read(asked.words, asked.sale_day, rules)
        who = (operator.platform, asked.from_learners)
        orders = [order for group in groups for order in ordered(group, *who)]
        debit = sum(order.price for order in orders)
        rules.require(debit <= asked.max_debit, "DebitAboveMaximum", debit, asked.max_debit)
        debits = self._debits(orders, asked, operator.platform)
        self._model.accounts.require_all(debits, rules)
        if asked.consents:
            self._model.consents.require(orders, asked.consents, rules)
        rules.enforce()
        self._model.consents.use(orders, asked.consents)
        for account, units in debits:
            self._model.accounts.debit(account, units)
        self._commit(lane, asked, debit, groups)

    def _require_time(self, lane: Lane, asked: Asked, rules: Rules) -> None:
        today, expected = self._model.contents.today, self.last[lane] + 1
        self._model.selling.require_open(rules)
        rules.require(asked.number == expected, "BatchNumberMismatch", asked.number, expected)
        recent = today - 1 <= asked.sale_day <= today
        rules.require(recent, "SaleDayOutOfRange", asked.sale_day, today)

    def _debits(self, orders: list[Ordered], asked: Asked, seller: int) -> list[tuple[int, int]]:
        """Return who pays what: the platform all, or each learner (BATCH-10, CONSENT-2)."""
        if not asked.from_learners:
            return [(of_platform(seller), sum(order.price for order in orders))]
        destination, consented = self._model.custody.destination, len(asked.consents)
        return [
            (destination(order.account) if index < consented else order.account, order.price)
            for index, order in enumerate(orders)
        ]

    def _commit(self, lane: Lane, asked: Asked, debit: int, groups: list[Group]) -> None:
        state = FROM_LEARNER if asked.from_learners else 0
        key, batch = (*lane, asked.number), Batch(groups, state)
        self.last[lane] = asked.number
        self.settled[key] = batch
        sales = self._sales(key, groups, state)
        for sale in sales:
            self._model.sales.known.put(sale.id, sale)
        for group in groups:
            who = (group.content, lane[0], group.heading.referrer)
            self._model.holds.capture(*who, group.facts, len(group.learners()))
        values = (batch.root, len(batch.leaves), len(sales), asked.sale_day, debit)
        self._model.emit("Settlement", "BatchSettled", *key, *values)

    def _sales(self, key: BatchKey, groups: list[Group], state: int) -> list[Sale]:
        sales, leaf = [], 0
        for group in groups:
            who = (group.content, key[0], group.heading.referrer)
            for word, place, learner in group.learners():
                at = Place(key, leaf + word, place)
                sale = Sale(at.id, *who, group.facts, place=at, learner=learner, state=state)
                sales.append(sale)
            leaf += len(group.words)
        return sales

    # Reading words

    def read(self, words: list[int], sale_day: int, rules: Rules) -> list[Group]:
        """BATCH-4 to BATCH-6."""
        groups: list[Group] = []
        heading: Heading | None = None
        begins = True
        for index, word in enumerate(words):
            if content_of(word) == 0:
                alone = 0 < word < 1 << HEADING_BITS and heading is None
                rules.require(alone, "MalformedWord", index, word)
                heading, begins = Heading(f"0x{word % 2**160:040x}", word >> 160), True
                continue
            if begins or content_of(word) != groups[-1].content:
                groups.append(self._group(content_of(word), heading, sale_day, rules))
            groups[-1].words.append(word)
            heading, begins = None, False
            self._require_learners(index, word, rules)
        rules.require(bool(groups) and heading is None, "EmptyBatch")
        return groups

    def _group(self, number: int, heading: Heading | None, sale_day: int, rules: Rules) -> Group:
        heading = heading or Heading()
        asked = (sale_day, heading.referrer, heading.starts_at, True)
        return Group(number, heading, self._model.contents.read(number, *asked, rules))

    def _require_learners(self, index: int, word: int, rules: Rules) -> None:
        highest = self._model.learners.highest
        rules.require(learner_at(word, 0) != 0, "MalformedWord", index, word)
        for place in range(PLACES):
            learner = learner_at(word, place)
            rules.require(learner <= highest, "UnknownLearner", learner, highest)


def ordered(group: Group, seller: int, from_learners: bool) -> list[Ordered]:
    """Return the orders of a group in the order of their positions."""
    what = (*group.heading, from_learners, group.facts.price)
    return [Ordered(group.content, seller, learner, *what) for _, _, learner in group.learners()]
