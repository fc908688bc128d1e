"""Batches of fiat orders (BATCH, TREE, REFUND)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.plans import Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.trees import PLACES, Leaf, Tree, content_of, learner_at
from tests.differential.model.words import ZERO, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model

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
    def position(self) -> int:
        return PLACES * self.leaf + self.place

    @property
    def id(self) -> int:
        """TREE-2."""
        return self.platform << 128 | self.lane << 96 | self.number << 32 | self.position

    @property
    def learner(self) -> int:
        return learner_at(self.word, self.place)


@dataclass
class Group:
    """A run of words with the same content, and what was read for it."""

    content: int
    referrer: str
    facts: Facts
    words: list[int] = field(default_factory=list)

    @property
    def orders(self) -> int:
        return sum(1 for word in self.words for place in range(PLACES) if learner_at(word, place))


class Batch:
    """A settled batch."""

    def __init__(self, groups: list[Group]) -> None:
        self.facts = [group.facts for group in groups for _ in group.words]
        self.leaves = [
            Leaf(word, group.facts.packed(), group.referrer)
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


class Batches:
    """The batches of every lane, and what became of their orders."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.last: Table[Lane, int] = Table("lane", model.touched, 0)
        self.settled: Table[tuple[int, int, int], Batch | None] = Table(
            "batch", model.touched, None
        )
        self.spent: Table[tuple[int, int, int, int], int] = Table("spent", model.touched, 0)
        self.refunded: set[int] = set()

    def show(self, lane: Lane, number: int, leaf: int, place: int) -> BatchOrder:
        """Return one order of a settled batch with its proof."""
        batch = self.settled[(*lane, number)]
        assert batch is not None
        count, proof = len(batch.leaves), batch.proof(leaf)
        word, facts, referrer = batch.leaves[leaf]
        return BatchOrder(*lane, number, count, leaf, place, word, facts, referrer, proof)

    def require_proven(self, order: BatchOrder, rules: Rules) -> Facts | None:
        """Require that an order is in the batch that it names (TREE-3)."""
        batch = self.settled[order.platform, order.lane, order.number]
        proven = batch is not None and batch.proves(order)
        rules.require_any(proven, "InvalidProof")
        rules.require(order.learner != 0, "EmptyPlace", order.place)
        return batch.facts[order.leaf] if batch and proven else None

    def is_spent(self, order: BatchOrder) -> bool:
        """Tell whether an order was refunded or claimed (TREE-4)."""
        group, bit = divmod(order.position, 256)
        return bool(self.spent[order.platform, order.lane, order.number, group] >> bit & 1)

    def spend(self, order: BatchOrder) -> None:
        """Note that an order was refunded or claimed."""
        group, bit = divmod(order.position, 256)
        self.spent[order.platform, order.lane, order.number, group] |= 1 << bit

    # Verbs

    def settle(
        self, caller: str, number: int, sale_day: int, max_debit: int, words: list[int]
    ) -> None:
        """BATCH-1 to BATCH-8."""
        rules, today = Rules(), self._model.contents.today
        operator = self._model.platforms.acting(caller, rules)
        lane, account = (operator.platform, operator.lane), of_platform(operator.platform)
        expected = self.last[lane] + 1
        rules.require(number == expected, "BatchNumberMismatch", number, expected)
        recent = today - 1 <= sale_day <= today
        rules.require(recent, "SaleDayOutOfRange", sale_day, today)
        groups = self._read(words, sale_day, rules)
        debit = sum(group.facts.price * group.orders for group in groups)
        rules.require(debit <= max_debit, "DebitAboveMaximum", debit, max_debit)
        self._model.accounts.require(account, debit, rules)
        rules.enforce()
        self._model.accounts.debit(account, debit)
        self._commit(lane, number, sale_day, debit, groups)

    def refund_batch(self, caller: str, order: Any) -> None:
        """REFUND-1, REFUND-2, REFUND-4, REFUND-5."""
        order, rules = BatchOrder(*order), Rules()
        self._model.platforms.require_operator_of(caller, order.platform, rules)
        facts = self.require_proven(order, rules)
        rules.require(order.id not in self.refunded, "AlreadyRefunded", order.id)
        if facts:
            self._model.holds.require_open(facts, rules)
        rules.enforce()
        if facts:
            self._refund(order, facts)

    def _refund(self, order: BatchOrder, facts: Facts) -> None:
        content = content_of(order.word)
        if self.is_spent(order):
            self._model.licences.burn(order.id)
        self.spend(order)
        self.refunded.add(order.id)
        self._model.holds.take_back(content, order.platform, order.referrer, facts)
        self._model.accounts.credit(of_platform(order.platform), facts.price)
        self._model.emit("Settlement", "BatchOrderRefunded", order.id, content, facts.price)

    def _commit(
        self, lane: Lane, number: int, sale_day: int, debit: int, groups: list[Group]
    ) -> None:
        batch, orders = Batch(groups), sum(group.orders for group in groups)
        self.last[lane] = number
        self.settled[(*lane, number)] = batch
        for group in groups:
            counted = (group.facts, group.orders)
            self._model.holds.capture(group.content, lane[0], group.referrer, *counted)
        values = (batch.root, len(batch.leaves), orders, sale_day, debit)
        self._model.emit("Settlement", "BatchSettled", *lane, number, *values)

    # Reading words

    def _read(self, words: list[int], sale_day: int, rules: Rules) -> list[Group]:
        """BATCH-4 to BATCH-6."""
        groups: list[Group] = []
        referrer, begins = ZERO, True
        for index, word in enumerate(words):
            if content_of(word) == 0:
                alone = 0 < word < 2**160 and referrer == ZERO
                rules.require(alone, "MalformedWord", index, word)
                referrer, begins = f"0x{word % 2**160:040x}", True
                continue
            if begins or content_of(word) != groups[-1].content:
                groups.append(self._group(content_of(word), referrer, sale_day, rules))
            groups[-1].words.append(word)
            referrer, begins = ZERO, False
            self._require_learners(index, word, rules)
        rules.require(bool(groups) and referrer == ZERO, "EmptyBatch")
        return groups

    def _group(self, number: int, referrer: str, sale_day: int, rules: Rules) -> Group:
        contents = self._model.contents
        content = contents.require_on_sale(number, rules)
        if content is None:
            return Group(number, referrer, Facts(0, 0, 0, 0, 0, 0))
        return Group(number, referrer, contents.read(content, sale_day, referrer))

    def _require_learners(self, index: int, word: int, rules: Rules) -> None:
        highest = self._model.learners.highest
        rules.require(learner_at(word, 0) != 0, "MalformedWord", index, word)
        for place in range(PLACES):
            learner = learner_at(word, place)
            rules.require(learner <= highest, "UnknownLearner", learner, highest)
