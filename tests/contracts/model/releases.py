"""Paying out what has matured."""

from __future__ import annotations

from collections.abc import Iterable

from tests.contracts.model.accounts import Accounts
from tests.contracts.model.contents import Contents
from tests.contracts.model.holds import Holds
from tests.contracts.model.refusal import refuse
from tests.contracts.plans import divide


class Releases(Contents, Accounts, Holds):
    """Moves matured money from holds to the accounts that it is for."""

    def release(self, contents: Iterable[int]) -> None:
        """RELEASE-1, SPLIT-3."""
        numbers = list(contents)
        refuse(UnknownContent=any(number not in self.contents for number in numbers))
        for number in numbers:
            for version in self.contents[number].latest_versions():
                self.release_version(number, version)

    def release_version(self, number: int, version: int) -> None:
        """RELEASE-3."""
        refuse(UnknownContent=number not in self.contents)
        if version in self.contents[number].plans:
            amount = self._mature((number, version), self.contents[number].class_)
            self._divide(number, version, amount)

    def _divide(self, number: int, version: int, amount: int) -> None:
        content = self.contents[number]
        for account, part in divide(content.plans[version], content.host, amount):
            self.available[account] += part

    def release_commissions(self, accounts: Iterable[int], class_: int) -> None:
        """RELEASE-2."""
        refuse(UnknownClass=class_ >= len(self.windows))
        for account in accounts:
            self.available[account] += self._mature((account, class_), class_)
