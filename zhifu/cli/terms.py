"""Terms of licences as typed on the command line, and as told to people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.models import Terms

Duration = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="How long a licence lasts, as 12h or 30d; for good by default."
    ),
]
Renewable = Annotated[
    bool, typer.Option("--renewable", help="Sell the time after a licence's end ahead of it.")
]
Bound = Annotated[bool, typer.Option("--bound", help="A claimed licence cannot be passed on.")]
RoyaltyBps = Annotated[
    int, typer.Option(min=0, help="What a resale owes the first creator, bps; at most 1000.")
]

_SECONDS = {"h": 3_600, "d": 86_400}
_UNITS = ((86_400, "day"), (3_600, "hour"), (1, "second"))


def terms_of(duration: str | None, renewable: bool, bound: bool, royalty_bps: int) -> Terms:
    """Terms with a duration as typed; raises InvalidInput unless it is in hours or days."""
    from zhifu.models import Terms

    seconds = 0 if duration is None else _seconds(duration)
    return Terms(seconds, renewable, bound, royalty_bps)


def told(terms: Terms) -> str:
    """Terms in words."""
    seconds, renewable, bound, royalty_bps = terms.as_tuple()
    said = [f"lasts {_time(seconds)}" if seconds else "never ends"]
    if renewable:
        said.append("can be renewed ahead")
    if bound:
        said.append("cannot be passed on once claimed")
    if royalty_bps:
        said.append(f"owes {royalty_bps / 100:.2f} % of a resale to the first creator")
    return f"A licence {', '.join(said)}."


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})([hd])", text)
    if not found:
        raise InvalidInput("duration", "must be hours or days, as 12h or 30d", text)
    return int(found[1]) * _SECONDS[found[2]]


def _time(seconds: int) -> str:
    size, unit = next(each for each in _UNITS if seconds % each[0] == 0)
    count = seconds // size
    return f"{count} {unit}{'s' * (count != 1)}"
