"""Refund-window classes and their epochs (WIN-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules

if TYPE_CHECKING:
    from tests.differential.model import Model

HOUR = 3_600
DAY = 86_400
CLASSES = 8


class Classes:
    """The windows in seconds, by class."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.windows: list[int] = []

    def epoch(self, class_: int) -> int:
        """Return the present epoch of a class."""
        return self._model.now // self.windows[class_]

    def is_known(self, class_: int) -> bool:
        """Tell whether there is such a class."""
        return class_ < len(self.windows)

    def add_window(self, caller: str, seconds: int) -> None:
        """WIN-1."""
        owner, class_ = self._model.platforms.network_owner, len(self.windows)
        rules = Rules()
        rules.require(caller == owner, "WrongCaller", caller, owner)
        fits = HOUR <= seconds <= 366 * DAY and class_ < CLASSES
        rules.require(fits, "WindowOutOfRange", seconds, class_)
        rules.enforce()
        self.windows.append(seconds)
        self._model.touched.add(("window", class_))
        self._model.emit("Settlement", "WindowAdded", class_, seconds)
