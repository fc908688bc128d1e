"""A platform's own balance in the network, and what is sent from it to its treasury."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.gateway._parts import Parts
from zhifu.money import Money
from zhifu.pages import FIRST
from zhifu.treasury import Balance, WithdrawalRecord


class Withdrawing(Parts):
    """That part of `Gateway`."""

    def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        return self._treasury.balance(platform)

    def withdraw(self, platform: int, amount: Money, idempotency_key: str) -> WithdrawalRecord:
        """Send some of a platform's balance to its treasury, and wait until that is included.

        The same key again is the same withdrawal, and goes on with one that was cut short. Raises,
        and stores nothing: InvalidInput, IdempotencyConflict, CurrencyMismatch, InexactAmount,
        UnknownPlatform, NoOperator and InsufficientBalance. ChainUnreachable, InconsistentNode,
        NodeRefused, TransactionPending, FeeCapReached and LaneBusy may leave it stored: `recover`,
        or the same call again, brings it to its end. Raises TransactionFailed if it failed there.
        """
        return self._treasury.withdraw(platform, amount, idempotency_key)

    def withdrawals(
        self, platform: int, *, before: int = FIRST, limit: int = 100
    ) -> Sequence[WithdrawalRecord]:
        """A platform's withdrawals, numbered (`zhifu.ids`) below `before`, the newest first."""
        return self._treasury.withdrawals(platform, before, limit)

    def withdrawal(self, platform: int, withdrawal_id: str) -> WithdrawalRecord:
        """One withdrawal of a platform; raises UnknownWithdrawal."""
        return self._treasury.withdrawal(platform, withdrawal_id)
