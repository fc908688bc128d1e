"""Accounts that platforms keep for learners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.contracts.accounts import ZERO, of_address, of_learner, of_platform
from tests.contracts.model.accounts import Accounts
from tests.contracts.model.learners import Learners
from tests.contracts.model.network import DELAY
from tests.contracts.model.pausing import Pausing
from tests.contracts.model.refusal import refuse


@dataclass
class Custody(Accounts, Learners, Pausing):
    """How much platforms may top up, and the keys that accounts are offered to."""

    offers: dict[int, tuple[str, int]] = field(default_factory=dict)
    limits: dict[int, dict[int, int]] = field(default_factory=dict)
    topped_up: Counter[tuple[int, int]] = field(default_factory=Counter)

    def top_up(self, caller: str, bills: Sequence[tuple[int, int]]) -> None:
        """TOPUP-1, TOPUP-4."""
        platform, wrong = self.acting(caller)
        total = sum(amount for _, amount in bills)
        refuse(
            TopUpAboveLimit=total > self.top_up_left(platform),
            **wrong,
            Paused=self.paused,
            UnknownLearner=any(not 0 < learner <= len(self.homes) for learner, _ in bills),
            ZeroAmount=any(amount == 0 for _, amount in bills),
            InsufficientBalance=total > self.available[of_platform(platform)],
        )
        self.topped_up[platform, self.today] += total
        self.available[of_platform(platform)] -= total
        for learner, amount in bills:
            self.available[self.destination(of_learner(platform, learner))] += amount

    def set_top_up_limit(self, caller: str, platform: int, per_day: int) -> None:
        """TOPUP-4."""
        refuse(WrongCaller=caller != self.platforms[platform].owner)
        present = self.top_up_limit(platform)
        since = self.now + DELAY * (per_day > present)
        self.limits[platform] = {0: present, since: per_day}

    def top_up_limit(self, platform: int) -> int:
        """Return how much a platform may top up a day."""
        limits = self.limits.get(platform, {0: 0})
        return limits[max(since for since in limits if since <= self.now)]

    def top_up_left(self, platform: int) -> int:
        """Return how much a platform may still top up today."""
        return max(self.top_up_limit(platform) - self.topped_up[platform, self.today], 0)

    def pay_out(self, caller: str, platform: int, learner: int, amount: int) -> None:
        """TOPUP-2."""
        account = of_learner(platform, learner)
        refuse(
            NotOperatorOf=not self.is_operator_of(caller, platform),
            ZeroAmount=amount == 0,
            InsufficientBalance=amount > self.available[account],
        )
        self.available[account] -= amount
        self.available[of_platform(platform)] += amount

    def offer_account(self, caller: str, platform: int, learner: int, key: str) -> None:
        """TOPUP-3."""
        account = of_learner(platform, learner)
        current = self.account_keys.get(account)
        operator = self.is_operator_of(caller, platform)
        refuse(
            WrongCaller=current is not None and caller != current,
            NotOperatorOf=current is None and not operator,
        )
        self.offers[account] = (key, self.now + DELAY)

    def take_over(self, caller: str, platform: int, learner: int) -> None:
        """TOPUP-3."""
        account = of_learner(platform, learner)
        key, since = self.offers.get(account, (ZERO, 0))
        refuse(WrongCaller=key != caller, TooEarly=self.now < since)
        del self.offers[account]
        self.account_keys[account] = caller
        self.available[of_address(caller)] += self.available.pop(account, 0)
