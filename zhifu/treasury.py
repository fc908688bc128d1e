"""A platform's own balance in Settlement: what is there, and sending it to the treasury."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from zhifu.accounts import of_platform
from zhifu.currencies import decimals_of
from zhifu.deployment import Network
from zhifu.exceptions import CurrencyMismatch, InvalidInput
from zhifu.lane import Lane
from zhifu.money import Money


class Balance(NamedTuple):
    """What an account can spend: `available` in whole minor units, `units` exactly.

    A ledger unit is the currency's major unit with `unit_decimals` decimals.
    """

    available: Money
    units: int
    unit_decimals: int


class SentWithdrawal(NamedTuple):
    """A withdrawal that is included on chain."""

    amount: Money
    treasury: str
    transaction_hash: str


class Treasury:
    """Signs for platforms by their lanes; `lane` raises for one without."""

    def __init__(self, network: Network, lane: Callable[[int], Lane]) -> None:
        self._network = network
        self._lane = lane

    def balance(self, platform: int) -> Balance:
        """What a platform can spend or withdraw now."""
        deployment = self._network.deployment
        units = self._network.settlement.available_of(of_platform(platform))
        finer = deployment.ledger_decimals - decimals_of(deployment.currency)
        minor = units // 10**finer if finer >= 0 else units * 10**-finer
        available = Money(int(minor), deployment.currency)
        return Balance(available, units, deployment.ledger_decimals)

    def withdraw(self, platform: int, amount: Money) -> SentWithdrawal:
        """Send some of a platform's balance to its treasury; see `Gateway.withdraw`."""
        deployment = self._network.deployment
        if amount.currency != deployment.currency:
            raise CurrencyMismatch(deployment.currency, amount.currency)
        if amount.amount <= 0:
            raise InvalidInput("amount", "must be positive", amount.amount)
        units, lane = amount.to_ledger_units(deployment.ledger_decimals), self._lane(platform)
        with lane.turn:
            receipt = self._network.settlement.withdraw_platform(lane.signer, platform, units)
        treasury = self._network.registry.platform_of(platform).treasury
        return SentWithdrawal(amount, treasury, receipt.transaction_hash)
