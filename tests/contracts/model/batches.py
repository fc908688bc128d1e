"""Batches of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.contracts.accounts import of_learner, of_platform
from tests.contracts.batch import FROM_LEARNER, PLACES, Group
from tests.contracts.model.accounts import Accounts
from tests.contracts.model.learners import Learners
from tests.contracts.model.refusal import refuse
from tests.contracts.model.sale import Sale
from tests.contracts.model.selling import Selling


@dataclass
class Batches(Selling, Accounts, Learners):
    """The last batch of each lane, and the nonces of consents that are used up."""

    lanes: Counter[tuple[int, int]] = field(default_factory=Counter)
    nonces: set[tuple[str, int]] = field(default_factory=set)

    def settle(
        self, caller: str, number: int, day: int, max_debit: int, groups: Sequence[Group]
    ) -> list[Sale]:
        """BATCH-1 to BATCH-8."""
        platform, lane, prices, wrong = self._open(caller, number, day, groups)
        account = of_platform(platform)
        poor = sum(prices) > self.available[account]
        above = sum(prices) > max_debit
        refuse(**wrong, DebitAboveMaximum=above, InsufficientBalance=poor)
        self.available[account] -= sum(prices)
        return self._close((platform, lane, number), groups, prices, [account] * len(prices), 0)

    def settle_learners(
        self,
        caller: str,
        number: int,
        day: int,
        groups: Sequence[Group],
        signed: Sequence[tuple[str, int]] | None,
    ) -> list[Sale]:
        """BATCH-10, CONSENT-1, CONSENT-2; `signed` has the key and nonce of each consent."""
        platform, lane, prices, wrong = self._open(caller, number, day, groups)
        learners = [learner for group in groups for learner in group.learners if learner]
        accounts = [of_learner(platform, learner) for learner in learners]
        owners = zip(accounts, learners, strict=True)
        keys = [self.account_keys.get(account) or self.keys.get(n) for account, n in owners]
        if signed is not None:
            accounts = [self.destination(account) for account in accounts]
            wrong["InvalidSignature"] = [key for key, _ in signed] != keys
            wrong["NonceUsed"] = len(set(signed) - self.nonces) < len(signed)
        bills: Counter[int] = Counter()
        for account, price in zip(accounts, prices, strict=True):
            bills[account] += price
        poor = any(bill > self.available[account] for account, bill in bills.items())
        refuse(**wrong, InsufficientBalance=poor)
        self.nonces |= set(signed or ())
        self.available -= bills
        payers = [of_learner(platform, learner) for learner in learners]
        return self._close((platform, lane, number), groups, prices, payers, FROM_LEARNER)

    def _open(
        self, caller: str, number: int, day: int, groups: Sequence[Group]
    ) -> tuple[int, int, list[int], dict[str, bool]]:
        platform, wrong = self.acting(caller)
        lane = self.operators[caller].lane if caller in self.operators else 0
        orders = [(group, learner) for group in groups for learner in group.learners if learner]
        contents = [self.contents.get(group.content) for group, _ in orders]
        starts = [
            self._may_start(self.contents.get(group.content), group.starts_at) for group in groups
        ]
        prices = [content.price_on(day) if content else 0 for content in contents]
        wrong |= {
            "BatchNumberMismatch": number != self.lanes[platform, lane] + 1,
            "SaleDayOutOfRange": not self.today - 1 <= day <= self.today,
            "EmptyBatch": not orders,
            "UnknownContent": None in contents,
            "ContentInactive": any(content and not content.active for content in contents),
            "UnknownLearner": any(learner > len(self.homes) for _, learner in orders),
            "StartOutOfRange": not all(starts),
            "Paused": self.paused,
        }
        return platform, lane, prices, wrong

    def _close(
        self,
        batch: tuple[int, int, int],
        groups: Sequence[Group],
        prices: Sequence[int],
        payers: Sequence[int],
        state: int,
    ) -> list[Sale]:
        platform, lane, number = batch
        self.lanes[platform, lane] = number
        orders = [(group, learner) for group in groups for learner in group.learners if learner]
        sales = []
        placed = zip(orders, positions(groups), prices, payers, strict=True)
        for (group, learner), position, price, payer in placed:
            facts = self.facts(group, price)._replace(state=state)
            parties = (platform, facts, payer, True, learner)
            sales.append(self._capture((*batch, position), group, *parties))
        return sales


def positions(groups: Sequence[Group]) -> list[int]:
    """Return the positions of a batch's orders (TREE-2)."""
    found, leaf = [], 0
    for group in groups:
        found += [PLACES * leaf + i for i, learner in enumerate(group.learners) if learner]
        leaf += len(group.words())
    return found
