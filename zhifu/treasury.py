"""A platform's own balance in Settlement: what is there, and sending it to the treasury."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zhifu import ids
from zhifu.accounts import of_platform
from zhifu.actbook import Act, ActBook, Wanted
from zhifu.acts import Acts
from zhifu.currencies import decimals_of
from zhifu.deployment import Deployment, Network
from zhifu.exceptions import CurrencyMismatch, InvalidInput, UnknownWithdrawal
from zhifu.money import Money
from zhifu.operations import Kind


class Balance(NamedTuple):
    """What an account can spend: `available` in whole minor units, `units` exactly.

    A ledger unit is the currency's major unit with `unit_decimals` decimals.
    """

    available: Money
    units: int
    unit_decimals: int


class WithdrawalRecord(NamedTuple):
    """What a platform sent to its treasury, which is known while that is on chain.

    `state` is its operation's, `detail` says why it is as it is, where that is known. Times are
    Unix seconds.
    """

    id: str
    amount: Money
    treasury: str | None
    state: str
    transaction_hash: str | None
    created_at: int
    detail: str | None


class Treasury:
    """Withdraws by acts."""

    def __init__(self, network: Network, acts: Acts, book: ActBook) -> None:
        self._network = network
        self._acts = acts
        self._book = book

    def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        units = self._network.settlement.available_of(of_platform(platform))
        return balance_in(self._network.deployment, units)

    def withdraw(self, platform: int, amount: Money, idempotency_key: str) -> WithdrawalRecord:
        """Send some of a platform's balance to its treasury; see `Gateway.withdraw`."""
        deployment, settlement = self._network.deployment, self._network.settlement
        if amount.currency != deployment.currency:
            raise CurrencyMismatch(deployment.currency, amount.currency)
        if amount.amount <= 0:
            raise InvalidInput("amount", "must be positive", amount.amount)
        units = amount.to_ledger_units(deployment.ledger_decimals)
        arguments = {"amount": amount.amount, "currency": amount.currency}
        wanted = Wanted(platform, Kind.WITHDRAWAL, idempotency_key, arguments)
        calldata = settlement.encode("withdrawPlatform", platform, units)
        return _withdrawal(self._acts.do(wanted, settlement.address, calldata))

    def withdrawals(self, platform: int, before: int, limit: int) -> Sequence[WithdrawalRecord]:
        """A platform's withdrawals whose numbers are below `before`, the newest first."""
        acts = self._book.page(platform, Kind.WITHDRAWAL, before, limit)
        return [_withdrawal(act) for act in acts]

    def withdrawal(self, platform: int, withdrawal_id: str) -> WithdrawalRecord:
        """One withdrawal; raises UnknownWithdrawal, also if it is another platform's."""
        number = ids.from_text(ids.WITHDRAWAL, withdrawal_id)
        act = number and self._book.of(platform, Kind.WITHDRAWAL, number)
        if not act:
            raise UnknownWithdrawal(withdrawal_id)
        return _withdrawal(act)


def balance_in(deployment: Deployment, units: int) -> Balance:
    """So many ledger units of a deployment as a balance."""
    finer = deployment.ledger_decimals - decimals_of(deployment.currency)
    minor = units // 10**finer if finer >= 0 else units * 10**-finer
    return Balance(Money(int(minor), deployment.currency), units, deployment.ledger_decimals)


def _withdrawal(act: Act) -> WithdrawalRecord:
    return WithdrawalRecord(
        ids.to_text(ids.WITHDRAWAL, act.number),
        Money(act.arguments["amount"], act.arguments["currency"]),
        (act.result or {}).get("treasury"),
        act.state.value,
        act.transaction_hash,
        act.created_at,
        act.detail,
    )
