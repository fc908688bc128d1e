"""Dividing what has matured (RELEASE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.contents import Content, Version
from tests.differential.model.refusal import Rules
from tests.differential.model.words import is_account

if TYPE_CHECKING:
    from tests.differential.model import Model

SETTLEMENT = "Settlement"


class Releases:
    """The verbs that turn holds into balances."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def release(self, caller: str, contents: list[int]) -> None:
        """RELEASE-1, SPLIT-3."""
        rules = Rules()
        known = [self._model.contents.require_known(number, rules) for number in contents]
        rules.enforce()
        for number, content in zip(contents, known, strict=True):
            if content:
                for _, version in self._latest(content):
                    self._release((number, version), content)

    def release_version(self, caller: str, number: int, version: int) -> None:
        """RELEASE-3."""
        rules = Rules()
        content = self._model.contents.require_known(number, rules)
        rules.enforce()
        if content:
            self._release((number, version), content)

    def release_commissions(self, caller: str, accounts: list[int], class_: int) -> None:
        """RELEASE-2."""
        rules = Rules()
        rules.require(self._model.classes.is_known(class_), "UnknownClass", class_)
        for account in accounts:
            rules.require(is_account(account), "InvalidAccount", account)
        rules.enforce()
        for account in accounts:
            self._release_commission(account, class_)

    def _latest(self, content: Content) -> tuple[tuple[int, int], ...]:
        """Return the last version that was set, and the one before it."""
        return content.versions[-2:]

    def _release(self, version: Version, content: Content) -> None:
        hold = self._model.holds.contents.get(version)
        amount = hold and self._model.holds.drain(hold, "content hold", version)
        if not amount:
            return
        plan = content.plan(version[1])
        for account, units in plan.divide(content.host, amount):
            self._model.accounts.credit(account, units)
        self._model.emit(SETTLEMENT, "Released", *version, amount)

    def _release_commission(self, account: int, class_: int) -> None:
        hold = self._model.holds.commissions.get((account, class_))
        amount = hold and self._model.holds.drain(hold, "commission", (account, class_))
        if amount:
            self._model.accounts.credit(account, amount)
            self._model.emit(SETTLEMENT, "CommissionReleased", account, class_, amount)
