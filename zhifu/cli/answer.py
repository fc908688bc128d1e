"""What a command answers: data for programs, and the same for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_PIPED_WIDTH = 160


@dataclass(frozen=True)
class Answer:
    """``data`` is what ``--json`` prints; ``parts`` are shown to people, one below the other."""

    data: Any
    parts: tuple[RenderableType, ...] = ()
    exit_status: int = 0

    def show(self, *, as_json: bool) -> None:
        """Print it on standard output."""
        if as_json:
            print(json.dumps(self.data, indent=2, ensure_ascii=False))
            return
        from rich.console import Console

        width = None if sys.stdout.isatty() else _PIPED_WIDTH
        console = Console(markup=False, highlight=False, width=width)
        for part in self.parts:
            console.print(part)


def answer(data: Any, *parts: RenderableType, exit_status: int = 0) -> Answer:
    """An answer whose parts are sentences and tables."""
    return Answer(data, parts, exit_status)


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Rows under headings; a heading that begins with ``>`` is of numbers, set to the right."""
    from rich import box
    from rich.table import Table

    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        justify = "right" if right else "left"
        found.add_column(column.removeprefix(">"), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        found.add_row(*(str(cell) for cell in row))
    return found


def facts(values: Mapping[str, object]) -> Table:
    """Names and values, one pair a line."""
    from rich.table import Table

    found = Table.grid(padding=(0, 2))
    for name, value in values.items():
        found.add_row(name, str(value))
    return found
