"""Batches that learners pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.contracts import clock
from tests.contracts.accounts import of_learner
from tests.contracts.batch import Batch, Group, words_of
from tests.contracts.consents import Consent, sign_consent
from tests.contracts.model import NOBODY
from tests.contracts.walk.batches import Batches
from tests.contracts.walk.cast import LEARNER_KEYS
from tests.contracts.walk.money import Money


class LearnerBatches(Batches, Money):
    """Settles from the accounts of learners, with their consents or without."""

    def settle_learners(self) -> None:
        """Settle a batch from the accounts of learners, with their consents or without."""
        operator = self._operator_of(self.random.randint(1, 3))
        known = self.ledger.operators.get(operator)
        lane = (known.platform, known.lane) if known else (0, 0)
        number, day = self.ledger.lanes[lane] + 1, self.ledger.today
        consented = self.random.random() < 0.5
        learners = self._keyed(lane[0]) if consented else self._solvent(lane[0])
        if not learners:
            return
        row = self.random.sample(learners, min(len(learners), self.random.randint(1, 3)))
        content = self._some_content()
        groups = [Group(content, row, self._some_referrer(), self._some_start(content))]
        self._endow_learners(lane[0], groups)
        consents, signed = self._sign(groups, lane[0]) if consented else ([], None)
        arguments = (number, day, 2**60, True, words_of(groups), consents)
        model = self.ledger.settle_learners
        sales = self._act(
            f"settles {number} of learners: {groups}, signed {signed}",
            operator,
            lambda sender: self.chain.settlement.settleLearners(*arguments, sender),
            lambda: model(operator, number, day, groups, signed),
            signers=[key for key, _ in signed or ()],
            after=1,
        )
        if sales:
            leaves = self._leaves(groups, sales)
            self._keep_proofs(Batch(*lane, number, tuple(leaves)), sales)

    def _keyed(self, platform: int) -> list[int]:
        """Learners of whom a consent of their own key, or their account's, can be had."""
        numbers = range(1, len(self.ledger.homes) + 1)
        return [n for n in numbers if self._key_of(platform, n) in self.learner_keys]

    def _key_of(self, platform: int, learner: int) -> str | None:
        account = of_learner(platform, learner)
        return self.ledger.account_keys.get(account) or self.ledger.keys.get(learner)

    def _endow_learners(self, platform: int, groups: Sequence[Group]) -> None:
        """Let learners mostly have what the orders cost."""
        if self.random.random() < 0.2:
            return
        prices = [c.price_on(self.ledger.today) for c in self.ledger.contents.values()]
        for group in groups:
            for learner in group.learners:
                account, price = of_learner(platform, learner), max(prices)
                if self.ledger.available[self.ledger.destination(account)] < price:
                    self._endow(self.buyers[0])
                    self._deposit(self.buyers[0], account, price)

    def _sign(self, groups: Sequence[Group], platform: int) -> tuple[list[Any], list[Any]]:
        consents, signed = [], []
        for group in groups:
            for learner in group.learners:
                key = self._mostly(self._key_of(platform, learner), self.learner_keys[0])
                nonce = self._mostly(self.random.getrandbits(64), 7)
                terms = (group.content, platform, learner, group.referrer, group.starts_at)
                agrees = self._mostly(True, False)
                consent = Consent(*terms, agrees, 2**60, self.ledger.now + clock.DAY, nonce)
                secret = LEARNER_KEYS[self.learner_keys.index(key)]
                consents.append(sign_consent(secret, self.ledger.settlement, consent))
                signed.append((key if agrees else NOBODY, nonce))
        return consents, signed
