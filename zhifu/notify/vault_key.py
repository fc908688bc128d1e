"""The key of a vault: a setting, or a file in the home folder that can be changed safely."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from zhifu.exceptions import InvalidInput, WrongVaultKey
from zhifu.notify.vault import Vault, new_key

if TYPE_CHECKING:
    from zhifu.config import Settings
    from zhifu.store import Store

_NAME = "vault.key"


class KeyFile:
    """The key file in the folder `home`, and the draft of one that is to follow it."""

    def __init__(self, home: Path) -> None:
        self.path = home / _NAME
        self._draft = home / f"{_NAME}.new"
        self._before = home / f"{_NAME}.old"

    def made(self) -> Vault:
        """The key in the file, which is made, for its owner alone, if it is missing.

        Raises InvalidInput for a file that others may read.
        """
        if not self.path.exists():
            draft = _written(self.path)
            try:
                # Somebody else may make it at the same time: the first one counts.
                with suppress(FileExistsError):
                    os.link(draft, self.path)
            finally:
                draft.unlink()
        return _read(self.path)

    def found(self) -> Vault | None:
        """The key in the file; None without one, InvalidInput if others may read it."""
        return _read(self.path) if self.path.exists() else None

    def draft(self) -> Vault:
        """A new key, kept beside the file until `settle`."""
        _written(self._draft).replace(self._draft)
        _sync(self._draft.parent)
        return _read(self._draft)

    def drafted(self) -> Vault | None:
        """The key that `draft` left; None without one."""
        return _read(self._draft) if self._draft.exists() else None

    def settle(self, check: bytes) -> None:
        """Put the draft in the file's place if it is the draft that a database is tied to.

        What was there is kept, for back-ups from before, as `vault.key.old`. Only for who has the
        turn to write in that database.
        """
        drafted, found = self.drafted(), self.found()
        if drafted is None or not drafted.is_of(check) or (found and found.is_of(check)):
            return
        if found:
            self._before.unlink(missing_ok=True)
            os.link(self.path, self._before)
        self._draft.replace(self.path)
        _sync(self.path.parent)


def known_vault(settings: Settings) -> Vault | None:
    """By the key of the settings, else of the file in their home; None if there is none.

    Raises InvalidInput for a file that others may read.
    """
    key = settings.notifications.vault_key
    return Vault.from_text(key.reveal()) if key is not None else KeyFile(settings.home).found()


def vault_of(settings: Settings, store: Store) -> Vault:
    """As `known_vault`, with a key that is made if there is none, for what is sealed in `store`.

    A database is tied to the first key that it is opened with. Raises WrongVaultKey for every
    other one, which would leave it with secrets that nobody opens, and where there is none. A
    change of the key that was cut off is ended.
    """
    with store.writing() as transaction:
        check = transaction.value("vault_check")
        if check is not None:
            KeyFile(settings.home).settle(check)
        vault = known_vault(settings)
        if vault is None and check is not None:
            raise WrongVaultKey("vault_check")
        vault = vault or KeyFile(settings.home).made()
        transaction.run("put_vault_check", sealed=vault.check())
        vault.require(transaction.value("vault_check"))
    return vault


def _read(path: Path) -> Vault:
    if path.stat().st_mode & stat.S_IRWXO:
        raise InvalidInput("vault_key", "must not be in a file that others may read", str(path))
    return Vault.from_text(path.read_text(encoding="ascii").strip())


def _written(beside: Path) -> Path:
    """A file beside another one with a new key, which survives a power cut."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=beside.parent, prefix=beside.name)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(draft)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
