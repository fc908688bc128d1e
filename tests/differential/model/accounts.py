"""Who can spend or withdraw what (DEP, WITHDRAW, SEND)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.refusal import Refused, Rules
from tests.differential.model.signing import is_signed, typehash
from tests.differential.model.table import Table
from tests.differential.model.words import NETWORK, ZERO, is_account, of_address, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model

WITHDRAWAL = typehash(
    "Withdrawal(address owner,address to,uint256 amount,uint64 deadline,uint64 nonce)"
)
SETTLEMENT = "Settlement"


class Withdrawal(NamedTuple):
    """A withdrawal that its owner signed; the amount is in ledger units."""

    owner: str
    to: str
    amount: int
    deadline: int
    nonce: int
    signature: bytes


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
        self.require_all([(account, units)], rules)

    def require_all(self, debits: Iterable[tuple[int, int]], rules: Rules) -> None:
        """Require that accounts have what is debited one after the other."""
        taken: Counter[int] = Counter()
        for account, units in debits:
            has = self.available[account] - taken[account]
            rules.require(has >= units, "InsufficientBalance", account, has, units)
            taken[account] += units

    def debit(self, account: int, units: int) -> None:
        """Take from an account."""
        self.available[account] -= units

    # Verbs

    def deposit(self, caller: str, account: int, amount: int) -> None:
        """DEP-1 to DEP-3."""
        rules, per_unit = Rules(), self._model.tokens.per_unit
        own = account == of_address(self._model.addresses.settlement)
        rules.require(is_account(account) and not own, "InvalidAccount", account)
        rules.require(amount != 0, "ZeroAmount")
        rules.require(amount % per_unit == 0, "NotWholeUnits", amount, per_unit)
        self._model.tokens.require_pull(caller, amount, rules)
        rules.enforce()
        account, units = self._model.custody.destination(account), amount // per_unit
        self.credit(account, units)
        self._model.emit(SETTLEMENT, "Deposited", account, caller, units)
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

    def withdraw_signed(self, caller: str, withdrawal: Any) -> None:
        """SEND-1."""
        asked, rules, now = Withdrawal(*withdrawal), Rules(), self._model.now
        rules.require(now < asked.deadline, "DeadlinePassed", asked.deadline, now)
        digest = self._model.orders.domain.digest(WITHDRAWAL, *asked[:-1])
        signed = is_signed(asked.owner, digest, asked.signature)
        rules.require(signed, "InvalidSignature", asked.owner)
        self._model.nonces.require_free(asked.owner, asked.nonce, rules)
        self._withdraw(of_address(asked.owner), asked.amount, asked.to, rules)
        self._model.nonces.use(asked.owner, asked.nonce)

    def withdraw_many(self, caller: str, withdrawals: list[Any]) -> None:
        """SEND-2."""
        for withdrawal in withdrawals:
            asked = Withdrawal(*withdrawal)
            try:
                self.withdraw_signed(caller, asked)
            except Refused:
                self._model.emit(SETTLEMENT, "WithdrawalFailed", asked.owner, asked.nonce)

    def _withdraw(self, account: int, units: int, to: str, rules: Rules) -> None:
        rules.require(units != 0, "ZeroAmount")
        owned = to not in (ZERO, self._model.addresses.settlement)
        rules.require(owned, "InvalidReceiver", to)
        self.require(account, units, rules)
        rules.enforce()
        self.debit(account, units)
        self._model.emit(SETTLEMENT, "Withdrawn", account, to, units)
        tokens = self._model.tokens
        tokens.move(self._model.addresses.settlement, to, units * tokens.per_unit)
