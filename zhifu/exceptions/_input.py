"""What can never be accepted: values, amounts, plans and files that break a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhifu.exceptions._base import InputError

if TYPE_CHECKING:
    from zhifu.config import Mistake
    from zhifu.money import Money


@dataclass(eq=False)
class InvalidInput(InputError):
    """A value breaks the rule of its field."""

    code = "invalid_input"

    field: str
    rule: str
    value: object = None


@dataclass(eq=False)
class InvalidConfiguration(InputError):
    """Settings break their rules; ``mistakes`` are all of them, and hold no setting's value."""

    code = "invalid_configuration"
    field = "configuration"
    rule = "must have no mistakes"

    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        if len(self.mistakes) == 1:
            return str(self.mistakes[0])
        return f"{self.field}: {self.rule}: {'; '.join(map(str, self.mistakes))}"


@dataclass(eq=False)
class UnknownCurrency(InputError):
    """A currency code that is not an active one of ISO 4217."""

    code = "unknown_currency"
    field = "currency"
    rule = "must be an active ISO 4217 code"

    currency: object


@dataclass(eq=False)
class CurrencyMismatch(InputError):
    """Two currencies where one is required; `provider` is the one that takes no other."""

    code = "currency_mismatch"
    field = "currency"
    rule = "must be the same throughout"

    expected: str
    actual: str
    provider: str | None = None

    def __post_init__(self) -> None:
        """Name the provider in the rule, if it is the provider's."""
        if self.provider is not None:
            self.rule = f"must be {self.expected}, the only one that {self.provider} takes"
        super().__post_init__()


@dataclass(eq=False)
class AmountMismatch(InputError):
    """An amount differs from the price it pays."""

    code = "amount_mismatch"
    field = "amount"
    rule = "must equal the price"

    expected: Money | int
    actual: Money | int


@dataclass(eq=False)
class OverPreciseAmount(InputError):
    """An amount is written with more decimals than its currency has."""

    code = "over_precise_amount"
    field = "amount"
    rule = "must not have more decimals than its currency"

    amount: str
    currency: str
    decimals: int


@dataclass(eq=False)
class InexactAmount(InputError):
    """An amount cannot be carried to another unit without rounding."""

    code = "inexact_amount"
    field = "amount"
    rule = "must scale exactly"

    amount: int
    from_decimals: int
    to_decimals: int


@dataclass(eq=False)
class InvalidSplitPlan(InputError):
    """A split plan's shares do not divide the whole; ``shares_bps`` are basis points."""

    code = "invalid_split_plan"
    field = "split_plan"

    rule: str
    shares_bps: tuple[int, ...]


@dataclass(eq=False)
class CatalogueError(InputError):
    """A catalogue or demand file is not what it must be.

    ``line`` counts from 1 (0: the file as a whole, told without line and column); ``column`` is the
    column's name and also the error's ``field``.
    """

    code = "catalogue_error"

    file: str
    line: int
    column: str
    rule: str
    value: str | None = None

    def __post_init__(self) -> None:
        self.field = self.column
        super().__post_init__()

    def values(self) -> dict[str, Any]:
        """Where it is in the file; of the file as a whole, only which one."""
        found = super().values()
        return {k: v for k, v in found.items() if self.line or k not in ("line", "column")}


@dataclass(eq=False)
class ForbiddenAddress(InputError):
    """A host's name leads to an address that is not on the public internet."""

    code = "forbidden_address"
    field = "url"
    rule = "must lead to a public address"

    host: str
    address: str
