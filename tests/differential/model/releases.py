"""Dividing what has matured (RELEASE)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.differential.model.contents import FIRST_VERSION
from tests.differential.model.refusal import Rules

if TYPE_CHECKING:
    from tests.differential.model import Model


class Releases:
    """The verbs that turn holds into balances."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def release(self, caller: str, contents: Iterable[int]) -> None:
        """RELEASE-1, SPLIT-3."""
        rules = Rules()
        for number in contents:
            known = self._model.contents.known[number] is not None
            rules.require(known, "UnknownContent", number)
        rules.enforce()
        for number in contents:
            self._release(number)

    def release_commission(self, caller: str, account: int, class_: int) -> None:
        """RELEASE-2."""
        rules = Rules()
        rules.require(self._model.classes.is_known(class_), "UnknownClass", class_)
        rules.enforce()
        hold = self._model.holds.commissions.get((account, class_))
        amount = hold and self._model.holds.drain(hold, "commission", (account, class_))
        if amount:
            self._model.accounts.credit(account, amount)
            self._model.emit("Settlement", "CommissionReleased", account, class_, amount)

    def _release(self, number: int) -> None:
        content, hold = self._model.contents.known[number], self._model.holds.contents.get(number)
        amount = hold and self._model.holds.drain(hold, "content hold", number)
        if not amount or content is None:
            return
        for account, units in content.plan.divide(content.host, amount):
            self._model.accounts.credit(account, units)
        self._model.emit("Settlement", "Released", number, FIRST_VERSION, amount)
