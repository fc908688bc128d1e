"""Learners, whom platforms register."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.contracts.model.operators import Operators
from tests.contracts.model.refusal import refuse

LEARNERS_PER_DAY = 2**20


@dataclass
class Learners(Operators):
    """The platform that registered each learner, and the keys that learners have."""

    homes: list[int] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    registered: Counter[tuple[int, int]] = field(default_factory=Counter)

    def register_learners(self, caller: str, count: int) -> int:
        """REG-1 to REG-3."""
        platform, wrong = self.acting(caller)
        left = LEARNERS_PER_DAY - self.registered[platform, self.today]
        refuse(**wrong, LearnerCountOutOfRange=not 0 < count <= left)
        self.registered[platform, self.today] += count
        self.homes += [platform] * count
        return len(self.homes) - count + 1

    def bind_key(self, caller: str, learner: int, key: str) -> None:
        """BIND-2."""
        platform, wrong = self.acting(caller)
        current = self.keys.get(learner)
        known = 0 < learner <= len(self.homes)
        if current:
            refuse(WrongCaller=caller != current)
        else:
            away = known and self.homes[learner - 1] != platform
            refuse(**wrong, UnknownLearner=not known, NotHome=away)
        self.keys[learner] = key
