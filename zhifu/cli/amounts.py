"""Amounts as people write them, in the currency of a network, and as its ledger counts them."""

from __future__ import annotations

from dataclasses import dataclass

from zhifu.cli.typed import typed_as
from zhifu.currencies import decimals_of
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput
from zhifu.money import Money


@dataclass(frozen=True)
class Amounts:
    """What relates a currency, its ledger and its token.

    ``ledger_decimals`` is how finely the ledger counts, ``tokens_per_unit`` how many of the token's
    smallest units make one of the ledger's.
    """

    currency: str
    ledger_decimals: int
    tokens_per_unit: int

    @classmethod
    def of(cls, network: Network) -> Amounts:
        """Those of a network."""
        deployment = network.deployment
        per_unit = network.settlement.tokens_per_unit()
        return cls(deployment.currency, deployment.ledger_decimals, per_unit)

    def money(self, text: str, option: str = "amount") -> Money:
        """A positive amount typed as an option; raises InvalidInput and OverPreciseAmount."""
        with typed_as(option):
            amount = Money.parse(text, self.currency)
            if amount.amount <= 0:
                raise InvalidInput(option, "must be above zero", text)
        return amount

    def units(self, text: str, option: str = "amount") -> int:
        """The same in ledger units."""
        money = self.money(text, option)
        with typed_as(option):
            return money.to_ledger_units(self.ledger_decimals)

    def tokens(self, units: int) -> int:
        """Ledger units in the token's smallest units."""
        return units * self.tokens_per_unit

    def decimal(self, units: int) -> str:
        """Ledger units as a decimal string, with every decimal that matters.

        It never has fewer decimals than the currency.
        """
        whole, part = divmod(abs(units), 10**self.ledger_decimals)
        digits = f"{part:0{self.ledger_decimals}d}" if self.ledger_decimals else ""
        decimals = digits.rstrip("0").ljust(decimals_of(self.currency), "0")
        return f"{'-' if units < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"

    def shown(self, units: int) -> str:
        """Ledger units for people: the decimal string and the currency."""
        return f"{self.decimal(units)} {self.currency}"
