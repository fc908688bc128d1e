"""The page that all papers are printed on."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from zhifu.languages import Language
from zhifu.printing.phrases import phrases

_CONTROLS = (*range(32), *range(127, 160))
#: What changes the direction of all that follows could show one name as another.
_DIRECTIONS = (*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HIDDEN = dict.fromkeys((*_CONTROLS, *_DIRECTIONS), "\N{REPLACEMENT CHARACTER}")


def printable(text: str) -> str:
    """A name from outside without what would move a terminal's cursor or turn a line around."""
    return text.translate(_HIDDEN)


def moment(seconds: int) -> str:
    """A time (Unix seconds) as it is written on papers, in UTC."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def number(units: int, decimals: int, least: int, *, grouped: bool = True) -> str:
    """Ledger units as a number with every decimal that matters, and at least as many as said."""
    whole, part = divmod(abs(units), 10**decimals)
    digits = f"{part:0{decimals}d}" if decimals else ""
    shown = digits.rstrip("0").ljust(least, "0")
    point = "." if shown else ""
    return f"{'-' if units < 0 else ''}{whole:{',' if grouped else ''}}{point}{shown}"


def render(template: str, language: Language, **values: Any) -> str:
    """A page of HTML."""
    made = _environment().get_template(template)
    return made.render(say=phrases(language), language=language.value, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("zhifu.printing"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    environment.filters["moment"] = moment
    return environment
