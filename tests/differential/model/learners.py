"""The directory of learners (REG, BIND)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

PER_DAY = 1_048_576
HIGHEST_LEARNER = 2**31 - 1
REGISTRY = "PlatformRegistry"


class Learners:
    """Who registered which numbers, and the learners' own keys."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.highest = 0
        self._firsts: list[int] = []
        self._homes: list[int] = []
        self._registered: Counter[tuple[int, int]] = Counter()
        self.keys: Table[int, str] = Table("key", model.touched, ZERO)
        self.bindings: Table[tuple[int, int], bytes] = Table("binding", model.touched, bytes(32))

    def home_of(self, learner: int) -> int:
        """Return the platform that registered a learner."""
        return self._homes[bisect_right(self._firsts, learner) - 1]

    def is_registered(self, learner: int) -> bool:
        """Tell whether the number was given out."""
        return 0 < learner <= self.highest

    def register_learner(self, caller: str, commitment: bytes) -> None:
        """REG-1."""
        self.register_learners(caller, 1, commitment)

    def register_learners(self, caller: str, count: int, commitments: bytes) -> None:
        """REG-1 to REG-3."""
        rules = Rules()
        platform = self._model.platforms.acting(caller, rules).platform
        today = (platform, self._model.contents.today)
        maximum = min(PER_DAY - self._registered[today], HIGHEST_LEARNER - self.highest)
        rules.require(0 < count <= maximum, "LearnerCountOutOfRange", count, maximum)
        rules.enforce()
        first = self.highest + 1
        self._registered[today] += count
        self.highest += count
        self._firsts.append(first)
        self._homes.append(platform)
        self._model.touched |= {("home", first), ("home", self.highest)}
        self._emit("LearnersRegistered", platform, first, count, commitments)

    def bind_learner(self, caller: str, learner: int, commitment: bytes) -> None:
        """BIND-1."""
        rules = Rules()
        platform = self._model.platforms.acting(caller, rules).platform
        self._require_registered(learner, rules)
        rules.enforce()
        self.bindings[learner, platform] = commitment
        self._emit("LearnerBound", learner, platform, commitment)

    def bind_key(self, caller: str, learner: int, key: str) -> None:
        """BIND-2."""
        rules, current = Rules(), self.keys[learner]
        rules.require(key != ZERO, "ZeroAddress")
        if current == ZERO:
            platform = self._model.platforms.acting(caller, rules).platform
            if self._require_registered(learner, rules):
                home = self.home_of(learner)
                rules.require(platform == home, "NotHome", caller, home)
        else:
            rules.require(caller == current, "WrongCaller", caller, current)
        rules.enforce()
        self.keys[learner] = key
        self._emit("LearnerKeyBound", learner, key)

    def _require_registered(self, learner: int, rules: Rules) -> bool:
        return rules.require(self.is_registered(learner), "UnknownLearner", learner, self.highest)

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(REGISTRY, name, *values)
