"""Accounts that platforms keep for learners."""

from __future__ import annotations

from tests.contracts.accounts import ZERO, of_learner, of_platform
from tests.contracts.walk.draws import Draws


class Custody(Draws):
    """Tops learners' accounts up, pays them out, and gives them to keys."""

    def top_up(self) -> None:
        """Move a platform's money to learners."""
        operator = self._operator_of(self.random.randint(1, 3))
        platform = self.ledger.acting(operator)[0]
        available = self.ledger.available[of_platform(platform)]
        learners = [n for n in self._some_learners(self.random.randint(1, 3)) if n]
        share = self._mostly(available // 10, available + 1)
        bills = [(n, self._mostly(self.random.randint(1, share + 1), 0)) for n in learners]
        columns = ([n for n, _ in bills], [amount for _, amount in bills])
        self._act(
            f"tops up {bills}",
            operator,
            lambda sender: self.chain.settlement.topUp(*columns, sender),
            lambda: self.ledger.top_up(operator, bills),
        )

    def set_top_up_limit(self, platform: int | None = None, per_day: int | None = None) -> None:
        """Set how much a platform may top up a day."""
        number, limit = platform or self.random.randint(1, 3), per_day
        if limit is None:
            limit = self.random.choice([0, 10**6, 2**40, 2**41, 2**64 - 1])
        owner = self.owners[number - 1]
        caller = owner if platform else self._mostly(owner, self._operator_of(number))
        self._act(
            f"limits top-ups of {number} to {limit}",
            caller,
            lambda sender: self.chain.settlement.setTopUpLimit(number, limit, sender),
            lambda: self.ledger.set_top_up_limit(caller, number, limit),
        )

    def pay_out(self) -> None:
        """Move a learner's money back to its platform."""
        platform = self.random.randint(1, 3)
        learners = self._solvent(platform) or [1]
        learner, caller = self.random.choice(learners), self._operator_of(platform)
        amount = self._amount_of(of_learner(platform, learner))
        self._act(
            f"pays {amount} out to {learner}",
            caller,
            lambda sender: self.chain.settlement.payOut(platform, [learner], [amount], sender),
            lambda: self.ledger.pay_out(caller, platform, learner, amount),
        )

    def offer_account(self) -> None:
        """Offer a learner's account to a key."""
        platform = self.random.randint(1, 3)
        learner = self.random.choice(self._solvent(platform) or [1])
        owner = self.ledger.account_keys.get(of_learner(platform, learner))
        caller = owner or self._operator_of(platform)
        key = self._mostly(self.random.choice(self.learner_keys), ZERO)
        self._act(
            f"offers {learner} on {platform} to {key[:8]}",
            caller,
            lambda sender: self.chain.settlement.offerAccount(platform, learner, key, sender),
            lambda: self.ledger.offer_account(caller, platform, learner, key),
        )

    def take_over(self) -> None:
        """Take a learner's account over."""
        offers = [(account, key) for account, (key, _) in self.ledger.offers.items() if key != ZERO]
        account, key = self.random.choice(offers) if offers else (of_learner(1, 1), self.network)
        caller = self._mostly(key, self.random.choice(self.people))
        where = (account >> 32 & 0xFFFFFFFF, account & 0xFFFFFFFF)
        self._act(
            f"takes over {where}",
            caller,
            lambda sender: self.chain.settlement.takeOver(*where, sender),
            lambda: self.ledger.take_over(caller, *where),
        )
