"""The turn of an operator key, which a service on the same database may be signing with too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhifu.cli.session import Session
    from zhifu.signing import Signer

#: How long a command waits for who works with the key.
PATIENCE_SECONDS = 120.0

_FILE = "sqlite:///"


@contextmanager
def turn_of(session: Session, signer: Signer) -> Iterator[Signer]:
    """Let no gateway on the database of the settings sign with a key meanwhile; the key.

    So that two never sign with one nonce. Where there is no such database, nobody is waited for.
    Raises LaneBusy if the key is not free in time.
    """
    from zhifu.leases import Leases
    from zhifu.store import Store
    from zhifu.turns import Turn

    url = session.settings.database_url
    if url.startswith(_FILE) and not Path(url.removeprefix(_FILE)).exists():
        yield signer
        return
    store = Store.open(url)
    try:
        with Turn(Leases(store), signer.address, patience_seconds=PATIENCE_SECONDS):
            yield signer
    finally:
        store.close()
