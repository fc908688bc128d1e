"""Money that is nobody's order: tokens outside, and accounts inside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.contracts.accounts import NETWORK, ZERO, of_address, of_platform
from tests.contracts.model.operators import Operators
from tests.contracts.model.refusal import refuse


@dataclass
class Accounts(Operators):
    """What every address has in tokens, and every account with Settlement."""

    tokens: Counter[str] = field(default_factory=Counter)
    available: Counter[int] = field(default_factory=Counter)
    sent_in: int = 0
    account_keys: dict[int, str] = field(default_factory=dict)

    def give(self, address: str, amount: int) -> None:
        """Create tokens."""
        self.tokens[address] += amount

    def send(self, caller: str, to: str, amount: int) -> None:
        """Move tokens from one address to another, or to Settlement without a deposit."""
        refuse(ERC20InsufficientBalance=amount > self.tokens[caller])
        self.sent_in += amount * (to == self.settlement)
        self._move(caller, to, amount)

    def _move(self, payer: str, to: str, amount: int) -> None:
        self.tokens[payer] -= amount
        self.tokens[to] += amount

    def deposit(self, caller: str, account: int, amount: int) -> None:
        """DEP-1 to DEP-3."""
        refuse(ZeroAmount=amount == 0, ERC20InsufficientBalance=amount > self.tokens[caller])
        self._move(caller, self.settlement, amount)
        self.available[self.destination(account)] += amount

    def destination(self, account: int) -> int:
        """Return where money for an account goes (TOPUP-3)."""
        key = self.account_keys.get(account)
        return of_address(key) if key else account

    def withdraw(self, caller: str, amount: int, to: str) -> None:
        """WITHDRAW-1, WITHDRAW-3."""
        self._withdraw(of_address(caller), amount, to)

    def withdraw_platform(self, caller: str, platform: int, amount: int) -> None:
        """WITHDRAW-2, WITHDRAW-3."""
        owner, treasury = self.network_owner, self.network_treasury
        if platform != NETWORK:
            refuse(UnknownPlatform=platform not in self.platforms)
            member = self.platforms[platform]
            owner, treasury = member.owner, member.treasury(self.now)
        refuse(NotOperatorOf=caller != owner and not self.is_operator_of(caller, platform))
        self._withdraw(of_platform(platform), amount, treasury)

    def _withdraw(self, account: int, amount: int, to: str) -> None:
        refuse(
            ZeroAmount=amount == 0,
            InvalidReceiver=to in (ZERO, self.settlement),
            InsufficientBalance=amount > self.available[account],
        )
        self.available[account] -= amount
        self._move(self.settlement, to, amount)
