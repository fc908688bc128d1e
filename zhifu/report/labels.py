"""What contents, creators and platforms are called for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.audit.recomputation import Recomputation
from zhifu.catalogue import CatalogueRow

_LONGEST = 60

#: Joiners, which scripts need; every other character that is not seen is shown as one that is.
_SEEN = {"\u200c", "\u200d"}


class Labels:
    """Names out of the chain and, for contents that a catalogue has, out of it.

    What a catalogue names is found by platform and reference. Whatever stands in a name, nothing in
    it is invisible or turns the text around, and it is not long.
    """

    def __init__(self, state: Recomputation, catalogue: Iterable[CatalogueRow]) -> None:
        self._state = state
        self._rows = {(row.platform, row.reference): row for row in catalogue}

    def platform(self, number: int) -> str | None:
        """A platform's name; None for 0, which is none."""
        known = self._state.members.platforms.get(number)
        return None if known is None else plain(known.name)

    def content(self, number: int) -> str:
        """A content's title, or its reference."""
        row = self._row(number)
        return plain(row.title if row else self._state.contents.offers[number].ref)

    def subject(self, number: int) -> str | None:
        """A content's subject; None if no catalogue says."""
        row = self._row(number)
        return plain(row.subject) if row and row.subject else None

    def creator(self, number: int, account: Account) -> str:
        """Whom a catalogue names as a content's creator, or the account that stands for one."""
        row = self._row(number)
        return plain(row.creator) if row and row.creator else accounts.name_of(account)

    def _row(self, number: int) -> CatalogueRow | None:
        offer = self._state.contents.offers[number]
        host = self._state.members.platforms.get(offer.host)
        return self._rows.get((host.name, offer.ref)) if host else None


def plain(text: str) -> str:
    """A text in one line, with nothing in it that cannot be seen, cut where it is long."""
    seen = "".join(each if _is_seen(each) else "\ufffd" for each in " ".join(text.split()))
    return seen if len(seen) <= _LONGEST else seen[: _LONGEST - 1].rstrip() + "…"


def _is_seen(character: str) -> bool:
    return character in _SEEN or not unicodedata.category(character).startswith("C")
