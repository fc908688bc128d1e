"""What a long run has done already, so that it goes on where it was interrupted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(".cache/faults")


class Progress:
    """Results by key in a file of JSON lines; a line that was cut short counts for nothing.

    A run that is asked for something else than what `plan` says begins anew. Without a file
    nothing is kept.
    """

    def __init__(self, path: Path | None, plan: Mapping[str, Any]) -> None:
        self._path = path
        self._results: dict[str, Any] = {}
        begun = self._lines()
        if begun[:1] == [["plan", dict(plan)]]:
            self._results = dict(begun[1:])
        elif path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
            self.keep("plan", dict(plan))

    def result(self, key: str) -> Any:
        """What was kept under a key, or None."""
        return self._results.get(key)

    def keep(self, key: str, result: Any) -> None:
        """Keep a result."""
        self._results[key] = result
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, result]) + "\n")

    def finish(self) -> None:
        """Everything is done: the next run begins anew."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _lines(self) -> list[Any]:
        if self._path is None or not self._path.exists():
            return []
        text = self._path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.endswith("]")]
