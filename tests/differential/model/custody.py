"""Learners' accounts on platforms (TOPUP)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.differential.model.delays import DELAY, NOBODY, Rising, Successor
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import ZERO, of_address, of_learner, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model

SETTLEMENT = "Settlement"


class Custody:
    """Whom a learner's account obeys, and the money that platforms move in and out of it."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.keys: Table[int, str] = Table("account keys", model.touched, ZERO)
        self.offers: Table[int, Successor] = Table("account keys", model.touched, NOBODY)
        self.limits: Table[int, Rising] = Table("top-up limit", model.touched, Rising(0))
        self._moved: Counter[tuple[int, int]] = Counter()

    def destination(self, account: int) -> int:
        """Return where money for an account goes (TOPUP-3)."""
        key = self.keys[account]
        return account if key == ZERO else of_address(key)

    def left(self, platform: int) -> int:
        """Return what a platform may still move to its learners today (TOPUP-4)."""
        limit = self.limits[platform].current(self._model.now)
        return max(0, limit - self._moved[platform, self._model.contents.today])

    # Verbs

    def top_up(self, caller: str, learners: list[int], amounts: list[int]) -> None:
        """TOPUP-1, ALL-4."""
        rules, accounts = Rules(), self._model.accounts
        self._model.selling.require_open(rules)
        platform = self._model.platforms.acting(caller, rules).platform
        self._require_amounts(learners, amounts, rules)
        for learner in learners:
            highest = self._model.learners.highest
            rules.require(0 < learner <= highest, "UnknownLearner", learner, highest)
        left, total = self.left(platform), sum(amounts)
        rules.require(total <= left, "TopUpAboveLimit", total, left)
        accounts.require(of_platform(platform), total, rules)
        rules.enforce()
        for learner, amount in zip(learners, amounts, strict=True):
            accounts.credit(self.destination(of_learner(platform, learner)), amount)
            self._model.emit(SETTLEMENT, "ToppedUp", platform, learner, amount)
        accounts.debit(of_platform(platform), total)
        self._moved[platform, self._model.contents.today] += total
        self.limits.touch(platform)

    def set_top_up_limit(self, caller: str, platform: int, per_day: int) -> None:
        """TOPUP-4."""
        rules, now = Rules(), self._model.now
        self._model.platforms.require_account_owner(caller, platform, rules)
        rules.enforce()
        limit = self.limits[platform].changed(per_day, now)
        self.limits[platform] = limit
        self._model.emit(SETTLEMENT, "TopUpLimitChanged", platform, per_day, limit.since or now)

    def pay_out(self, caller: str, platform: int, learners: list[int], amounts: list[int]) -> None:
        """TOPUP-2."""
        rules, accounts = Rules(), self._model.accounts
        self._model.platforms.require_operator_of(caller, platform, rules)
        self._require_amounts(learners, amounts, rules)
        debits = [
            (of_learner(platform, each), amount)
            for each, amount in zip(learners, amounts, strict=False)
        ]
        accounts.require_all(debits, rules)
        rules.enforce()
        for learner, (account, amount) in zip(learners, debits, strict=True):
            accounts.debit(account, amount)
            self._model.emit(SETTLEMENT, "PaidOut", platform, learner, amount)
        accounts.credit(of_platform(platform), sum(amounts))

    def offer_account(self, caller: str, platform: int, learner: int, key: str) -> None:
        """TOPUP-3."""
        rules, account = Rules(), of_learner(platform, learner)
        rules.require(platform != 0 and learner != 0, "InvalidAccount", account)
        current = self.keys[account]
        if current == ZERO:
            self._model.platforms.require_operator_of(caller, platform, rules)
        else:
            rules.require(caller == current, "WrongCaller", caller, current)
        rules.enforce()
        since = self._model.now + DELAY
        self.offers[account] = Successor(key, since)
        self._model.emit(SETTLEMENT, "AccountOffered", account, key, since)

    def take_over(self, caller: str, platform: int, learner: int) -> None:
        """TOPUP-3."""
        rules, account, now = Rules(), of_learner(platform, learner), self._model.now
        offered, since = self.offers[account].as_tuple()
        rules.require(caller == offered, "WrongCaller", caller, offered)
        rules.require(now >= since, "TooEarly", now, since)
        rules.enforce()
        self.offers[account], self.keys[account] = NOBODY, caller
        accounts = self._model.accounts
        amount = accounts.available[account]
        accounts.debit(account, amount)
        accounts.credit(of_address(caller), amount)
        self._model.emit(SETTLEMENT, "AccountTakenOver", account, caller, amount)

    @staticmethod
    def _require_amounts(learners: list[int], amounts: list[int], rules: Rules) -> None:
        same = len(learners) == len(amounts)
        rules.require(same, "LengthMismatch", len(learners), len(amounts))
        rules.require(0 not in amounts, "ZeroAmount")
