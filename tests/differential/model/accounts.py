"""Who can spend or withdraw what (DEP, WITHDRAW)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.words import NETWORK, PLATFORM_TAG, ZERO, of_address, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model


class Accounts:
    """Available balances in ledger units, by account."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.available: Table[int, int] = Table("available", model.touched, 0)
        self.unaccounted = 0
        """Tokens that were sent to Settlement without a deposit, in the token's smallest unit."""

    def credit(self, account: int, units: int) -> None:
        """Add to an account."""
        self.available[account] += units

    def require(self, account: int, units: int, rules: Rules) -> None:
        """Require that an account has so much."""
        has = self.available[account]
        rules.require(has >= units, "InsufficientBalance", account, has, units)

    def debit(self, account: int, units: int) -> None:
        """Take from an account."""
        self.available[account] -= units

    # Verbs

    def deposit(self, caller: str, account: int, amount: int) -> None:
        """DEP-1 to DEP-3."""
        rules, per_unit = Rules(), self._model.tokens.per_unit
        rules.require(self._is_valid(account), "InvalidAccount", account)
        rules.require(amount != 0, "ZeroAmount")
        rules.require(amount % per_unit == 0, "NotWholeUnits", amount, per_unit)
        self._model.tokens.require_pull(caller, amount, rules)
        rules.enforce()
        self.credit(account, amount // per_unit)
        self._model.emit("Settlement", "Deposited", account, caller, amount // per_unit)
        self._model.tokens.pull(caller, amount)

    def withdraw(self, caller: str, units: int, to: str) -> None:
        """WITHDRAW-1, WITHDRAW-3."""
        self._withdraw(of_address(caller), units, to, Rules())

    def withdraw_platform(self, caller: str, platform: int, units: int) -> None:
        """WITHDRAW-2, WITHDRAW-3."""
        rules, platforms = Rules(), self._model.platforms
        terms = platforms.terms(platform)
        if platform != NETWORK:
            platforms.require_known(platform, rules)
        if caller != terms.owner:
            platforms.require_operator_of(caller, platform, rules)
        self._withdraw(of_platform(platform), units, terms.treasury, rules)

    def _withdraw(self, account: int, units: int, to: str, rules: Rules) -> None:
        rules.require(units != 0, "ZeroAmount")
        owned = to not in (ZERO, self._model.addresses.settlement)
        rules.require(owned, "InvalidReceiver", to)
        self.require(account, units, rules)
        rules.enforce()
        self.debit(account, units)
        self._model.emit("Settlement", "Withdrawn", account, to, units)
        tokens = self._model.tokens
        tokens.move(self._model.addresses.settlement, to, units * tokens.per_unit)

    def _is_valid(self, account: int) -> bool:
        if account >> 248 == 1:
            return account ^ PLATFORM_TAG < 2**32
        return 0 < account < 2**160 and account != of_address(self._model.addresses.settlement)
