"""What steps are made of, mostly right and now and then wrong."""

from __future__ import annotations

from typing import Any

from tests.contracts import clock
from tests.contracts.accounts import ZERO, of_learner
from tests.contracts.walk.steps import Steps


class Draws(Steps):
    """Draws platforms, contents, learners, amounts and who calls."""

    def _mostly(self, usual: Any, other: Any) -> Any:
        """Draw the usual value, or another one now and then."""
        return other if self.random.random() < 0.04 else usual

    def _some_content(self) -> int:
        return int(self._mostly(self.random.randint(1, len(self.ledger.contents)), 99))

    def _some_start(self, content: int) -> int:
        """A start in some hours, of a content that can be renewed; now and then of another one."""
        known = self.ledger.contents.get(content)
        later = self.ledger.now + self.random.randint(-2, 50) * clock.HOUR
        usual = self.random.choice([0, later]) if known and known.terms.renewable else 0
        return int(self._mostly(usual, later))

    def _some_platform(self) -> int:
        return int(self._mostly(self.random.randint(1, 3), 9))

    def _operator_of(self, platform: int) -> str:
        known = self.ledger.operators.items()
        keys = [key for key, each in known if each.platform == platform] or self.operators
        keys = self._mostly([key for key in keys if self.ledger.is_acting(key)], keys) or keys
        return str(self._mostly(self.random.choice(keys), self.random.choice(self.people)))

    def _some_learners(self, count: int) -> list[int]:
        highest = len(self.ledger.homes)
        learners = [self.random.randint(1, highest) for _ in range(count)]
        learners[-1] = self._mostly(learners[-1], highest + 1) if count > 3 else learners[-1]
        return [0 if i % 7 and self.random.random() < 0.1 else n for i, n in enumerate(learners)]

    def _solvent(self, platform: int) -> list[int]:
        numbers = range(1, len(self.ledger.homes) + 1)
        return [n for n in numbers if self.ledger.available[of_learner(platform, n)]]

    def _amount_of(self, account: int) -> int:
        available = self.ledger.available[account]
        part = self.random.randint(1, max(available, 1))
        return int(self._mostly(part, self.random.choice([0, available, available + 1])))

    def _some_referrer(self) -> str:
        return str(self.random.choice([ZERO, *self.referrers]))
