"""Batches that platforms pay."""

from __future__ import annotations

from tests.contracts.batch import Batch, Group, Leaf, words_of
from tests.contracts.model import Sale
from tests.contracts.walk.draws import Draws


class Batches(Draws):
    """Settles batches, and keeps the proofs of their orders."""

    def settle(self) -> None:
        """Settle a batch of some groups."""
        operator = self._operator_of(self.random.randint(1, 3))
        known = self.ledger.operators.get(operator)
        lane = (known.platform, known.lane) if known else (0, 0)
        number = self._mostly(self.ledger.lanes[lane] + 1, self.random.randint(0, 3))
        day = self.ledger.today - self.random.choice([0, 0, 1, self._mostly(0, 2)])
        maximum = self._mostly(2**60, 10**7)
        groups = self._some_groups()
        sales = self._act(
            f"settles {number} of day {day}: {groups}",
            operator,
            lambda s: self.chain.settlement.settle(number, day, maximum, words_of(groups), s),
            lambda: self.ledger.settle(operator, number, day, maximum, groups),
        )
        if sales:
            leaves = self._leaves(groups, sales)
            self._keep_proofs(Batch(*lane, number, tuple(leaves)), sales)

    def _some_groups(self) -> list[Group]:
        contents: list[int] = []
        for _ in range(self.random.randint(1, 3)):
            content = self._some_content()
            contents += [content] * (not contents or contents[-1] != content)
        return [
            Group(
                content,
                self._some_learners(self.random.randint(1, 9)),
                self._some_referrer(),
                self._some_start(content),
            )
            for content in contents
        ]

    def _leaves(self, groups: list[Group], sales: list[Sale]) -> list[Leaf]:
        leaves, facts = [], iter(sales)
        for group in groups:
            sold = [next(facts) for learner in group.learners if learner]
            packed = sold[0].facts.packed()
            leaves += [Leaf(word, packed, group.referrer) for word in group.words()]
        return leaves

    def _keep_proofs(self, batch: Batch, sales: list[Sale]) -> None:
        root = self.chain.settlement.rootOf(batch.platform, batch.lane, batch.number)
        assert bytes(root) == batch.root
        self.proofs |= dict(zip([sale.id for sale in sales], batch.orders(), strict=True))
