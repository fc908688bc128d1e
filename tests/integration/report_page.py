"""A report's page as a reader's program sees it: its elements, and the numbers of its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Row = list[str | int]

_VOID = {"meta", "br"}


@dataclass
class Table:
    """A table's headings and rows; a number is what programs read, everything else its text."""

    caption: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    total: Row = field(default_factory=list)

    def column(self, heading: str) -> list[str | int]:
        place = self.headings.index(heading)
        return [row[place] for row in self.rows]

    def by(self, heading: str) -> dict[str, int]:
        """A column of numbers by the first column."""
        return {str(row[0]): int(n) for row, n in zip(self.rows, self.column(heading), strict=True)}


class Page(HTMLParser):
    """`tags` are all elements with their attributes, `shown` all text by the element it is in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.shown: list[tuple[str, str]] = []
        self.tables: dict[str, list[Table]] = {}
        self.tiles: list[int] = []
        self._open: list[str] = []
        self._section = ""
        self._row: Row = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def text_in(self, tag: str) -> list[str]:
        return [text for name, text in self.shown if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag == "section":
            self._section = found["id"]
            self.tables[self._section] = []
        elif tag == "table":
            self.tables[self._section].append(Table())
        elif tag == "tr":
            self._row = []
        elif tag in {"td", "th"}:
            self._row.append("")
        elif tag == "data" and "table" in self._open:
            self._row[-1] = int(found["value"])
        elif tag == "data":
            self.tiles.append(int(found["value"]))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag != "tr":
            return
        table = self.tables[self._section][-1]
        if "thead" in self._open:
            table.headings = [str(each) for each in self._row]
        elif "tfoot" in self._open:
            table.total = self._row
        else:
            table.rows.append(self._row)

    def handle_data(self, data: str) -> None:
        if not self._open or not data.strip():
            return
        self.shown.append((self._open[-1], data))
        if "caption" in self._open:
            self.tables[self._section][-1].caption += data.strip()
        elif "table" in self._open and isinstance(self._row[-1], str):
            self._row[-1] += data.strip()
