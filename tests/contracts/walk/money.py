"""Money in and out."""

from __future__ import annotations

from tests.contracts import clock
from tests.contracts.accounts import NETWORK, ZERO, of_address, of_platform
from tests.contracts.walk.draws import Draws


class Money(Draws):
    """Deposits, withdraws and sends."""

    def _endow(self, address: str) -> None:
        amount = self.random.choice([10**12, 10**13])
        self.chain.token.mint(address, amount, {"from": self.network})
        self.chain.token.approve(self.chain.settlement, 2**200, {"from": address})
        self.ledger.give(address, amount)
        self.ledger.now = clock.now()

    def deposit(self, account: int | None = None) -> None:
        """Deposit for someone."""
        payer = self.random.choice(self.buyers)
        chosen = account or self.random.choice(
            [of_address(self.random.choice(self.buyers)), of_platform(self.random.randint(0, 3))]
        )
        self._endow(payer)
        amount = self._mostly(self.random.randint(1, 2 * 10**12), 0)
        taken_over = sorted(self.ledger.account_keys)
        chosen = self.random.choice([chosen, *taken_over]) if account is None else chosen
        self._deposit(payer, chosen, amount)

    def _deposit(self, payer: str, account: int, amount: int) -> None:
        self._act(
            f"deposits {amount} for {account:#x}",
            payer,
            lambda sender: self.chain.settlement.deposit(account, amount, sender),
            lambda: self.ledger.deposit(payer, account, amount),
        )

    def send(self) -> None:
        """Send tokens to Settlement without a deposit, or to someone."""
        payer, amount = self.random.choice(self.buyers), self.random.randint(1, 10**6)
        to = self.random.choice([self.chain.settlement.address, *self.buyers])
        self._act(
            f"sends {amount} to {to[:8]}",
            payer,
            lambda sender: self.chain.token.transfer(to, amount, sender),
            lambda: self.ledger.send(payer, to, amount),
        )

    def withdraw(self) -> None:
        """Withdraw from an own account."""
        people = [*self.buyers, *self.creators, *self.referrers]
        rich = [each for each in people if self.ledger.available[of_address(each)]]
        caller = self.random.choice(self._mostly(rich, people) or people)
        amount, to = self._amount_of(of_address(caller)), self._mostly(caller, ZERO)
        self._act(
            f"withdraws {amount}",
            caller,
            lambda sender: self.chain.settlement.withdraw(amount, to, sender),
            lambda: self.ledger.withdraw(caller, amount, to),
        )

    def withdraw_platform(self) -> None:
        """Withdraw a platform's or the network's money."""
        platform = self.random.choice([NETWORK, self._some_platform()])
        caller = (
            self._operator_of(platform) if platform else self._mostly(self.network, self.owners[0])
        )
        amount = min(self._amount_of(of_platform(platform)), 10**9)
        self._act(
            f"withdraws {amount} of platform {platform}",
            caller,
            lambda sender: self.chain.settlement.withdrawPlatform(platform, amount, sender),
            lambda: self.ledger.withdraw_platform(caller, platform, amount),
        )
