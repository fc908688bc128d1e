"""Reading Stripe's parameters: forms and queries with names such as `metadata[order]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

from zhifu.exceptions import ZhifuError
from zhifu.money import Money
from zhifu.providers.stripe._amounts import from_stripe, to_stripe
from zhifu.sandbox.stripe_errors import StripeRefused, invalid, missing, unknown

_PARAMETER = re.compile(r"(?P<name>[a-z_]+)(?P<rest>(\[[^\[\]]*\])*)")
_INTEGER = re.compile(r"-?[0-9]{1,18}")

_MOST, _USUAL = 100, 10
_LARGEST_AMOUNT = 99_999_999
_FOREVER = 2**62


class Form(NamedTuple):
    """The parameters of a request, as they were written; `expand` are the fields to expand."""

    values: dict[str, str]
    expand: frozenset[str]

    def text(self, name: str) -> str | None:
        """A parameter, None where it is not there or empty."""
        return self.values.get(name) or None

    def needed(self, name: str) -> str:
        """A parameter that must be there; raises StripeRefused."""
        found = self.text(name)
        if found is None:
            raise StripeRefused(missing(name))
        return found

    def integer(self, name: str) -> int | None:
        """A whole number, None where it is not there; raises StripeRefused."""
        found = self.text(name)
        if found is None:
            return None
        if not _INTEGER.fullmatch(found):
            raise StripeRefused(invalid(f"Invalid integer: {found}", param=name))
        return int(found)

    def money(self) -> Money:
        """The amount and currency of a payment; raises StripeRefused."""
        found = self.money_in(self.needed("currency"))
        if found is None:
            raise StripeRefused(missing("amount"))
        return found

    def money_in(self, currency: str) -> Money | None:
        """The amount, None where it is not there; raises StripeRefused."""
        units = self.integer("amount")
        if units is None:
            return None
        if units < 1:
            code, message = "parameter_invalid_integer", "This value must be greater than 0."
            raise StripeRefused(invalid(message, code=code, param="amount"))
        if units > _LARGEST_AMOUNT:
            code, message = "amount_too_large", "Amount must be no more than 999,999.99."
            raise StripeRefused(invalid(message, code=code, param="amount"))
        return _from_units(units, currency)

    def created(self) -> tuple[int, int]:
        """The times, in Unix seconds, that `created` asks for: the first and the one after."""
        since, until = 0, _FOREVER
        for name, after in (("gte", 0), ("gt", 1)):
            given = self.integer(f"created[{name}]")
            since = since if given is None else max(since, given + after)
        for name, after in (("lt", 0), ("lte", 1)):
            given = self.integer(f"created[{name}]")
            until = until if given is None else min(until, given + after)
        return since, until

    def limit(self) -> int:
        """How many objects a page has; raises StripeRefused."""
        found = self.integer("limit")
        limit = _USUAL if found is None else found
        if not 1 <= limit <= _MOST:
            message = f"This value must be between 1 and {_MOST} (inclusive)."
            raise StripeRefused(invalid(message, param="limit"))
        return limit

    def under(self, name: str) -> dict[str, str]:
        """The entries of an object, such as `metadata`."""
        prefix = f"{name}["
        return {
            key.removeprefix(prefix).removesuffix("]"): value
            for key, value in self.values.items()
            if key.startswith(prefix)
        }


def read(text: str, allowed: Iterable[str]) -> Form:
    """Read a form or a query; raises StripeRefused for a parameter that is not allowed."""
    known = {"expand", *allowed}
    values: dict[str, str] = {}
    expand: set[str] = set()
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _PARAMETER.fullmatch(key)
        if match is None or match["name"] not in known:
            raise StripeRefused(unknown(key))
        if match["name"] == "expand":
            expand.add(value)
        else:
            values[key] = value
    return Form(values, frozenset(expand))


def _from_units(units: int, currency: str) -> Money:
    try:
        money = from_stripe(units, currency)
        to_stripe(money)
    except ZhifuError:
        code = "invalid_charge_amount_no_decimal_compatible"
        message = f"Invalid amount or currency: {currency.lower()}"
        raise StripeRefused(invalid(message, code=code, param="amount")) from None
    return money
