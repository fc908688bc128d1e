"""Platforms, the keys that act for them, and learners."""

from __future__ import annotations

from tests.contracts.accounts import ZERO
from tests.contracts.model import LEARNERS_PER_DAY
from tests.contracts.walk.draws import Draws


class Registry(Draws):
    """Changes platforms and operators, and registers learners."""

    def set_status(self) -> None:
        """Suspend a platform, more often open it again."""
        platform, active = self._some_platform(), self.random.random() < 0.9
        caller = self._mostly(self.network, self.owners[0])
        self._act(
            f"sets status of {platform}: {active}",
            caller,
            lambda sender: self.chain.registry.setStatus(platform, 1 if active else 2, sender),
            lambda: self.ledger.set_active_platform(caller, platform, active),
        )

    def set_operator(self) -> None:
        """Stop a key, more often let it act."""
        platform, key = self.random.randint(1, 3), self.random.choice(self._keys())
        owner = self._mostly(self.owners[platform - 1], self.network)
        active = self.random.random() < 0.9
        self._act(
            f"sets operator {key[:8]} of {platform}: {active}",
            owner,
            lambda sender: self.chain.registry.setOperator(platform, key, active, sender),
            lambda: self.ledger.set_operator(owner, platform, key, active),
        )

    def _keys(self) -> list[str]:
        """Operators of the beginning, and others that platforms may name."""
        return [*self.operators, *self.operators, *self.creators]

    def accept_operator(self) -> None:
        """Accept to act for a platform, which mostly names the key."""
        named = [each for each in self.ledger.named if each[1] not in self.ledger.operators]
        other = (self._some_platform(), self.random.choice(self.people))
        platform, key = self._mostly(self.random.choice(sorted(named)), other) if named else other
        self._act(
            f"accepts platform {platform}",
            key,
            lambda sender: self.chain.registry.acceptOperator(platform, sender),
            lambda: self.ledger.accept_operator(key, platform),
        )

    def set_treasury(self) -> None:
        """Set a platform's treasury, for two days later."""
        platform, treasury = self.random.randint(1, 3), self.random.choice(self.people)
        owner = self._mostly(self.owners[platform - 1], self.network)
        chosen = self._mostly(treasury, ZERO)
        self._act(
            f"sets treasury of {platform}: {chosen[:8]}",
            owner,
            lambda sender: self.chain.registry.setTreasury(platform, chosen, sender),
            lambda: self.ledger.set_treasury(owner, platform, chosen),
        )

    def register(self, operator: str | None = None) -> None:
        """Register some learners."""
        caller, usual = operator or self.random.choice(self.people), self.random.randint(1, 9)
        wrong = self.random.choice([0, LEARNERS_PER_DAY + 1])
        count = usual if operator else self._mostly(usual, wrong)
        self._act(
            f"registers {count} learners",
            caller,
            lambda sender: self.chain.registry.registerLearners(count, bytes(32), sender),
            lambda: self.ledger.register_learners(caller, count),
        )

    def bind_key(self) -> None:
        """Give a learner a key."""
        learner = self._mostly(self.random.randint(1, len(self.ledger.homes)), 10**6)
        home = self.ledger.homes[min(learner, len(self.ledger.homes)) - 1]
        caller = self.ledger.keys.get(learner) or self._operator_of(home)
        key = self.random.choice(self.learner_keys)
        self._act(
            f"binds {learner} to {key[:8]}",
            caller,
            lambda sender: self.chain.registry.bindKey(learner, key, sender),
            lambda: self.ledger.bind_key(caller, learner, key),
        )
