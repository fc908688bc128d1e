"""Whether books are of a rehearsal or of money, which the first service on them decides."""

from __future__ import annotations

from zhifu.api.api_keys import Mode
from zhifu.exceptions import InvalidInput
from zhifu.store import Store


def tie(store: Store, mode: Mode) -> None:
    """Tie a database to the mode of the first service that serves from it.

    Raises InvalidInput for a service of the other: test payments would be settled beside live ones.
    """
    with store.writing() as transaction:
        transaction.run("put_books_mode", mode=mode.value)
        found = transaction.value("books_mode")
    if found != mode.value:
        rule = f"must be a {mode.value} service's own: a {found} one has served from it"
        raise InvalidInput("database.url", rule)
