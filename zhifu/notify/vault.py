"""Secrets and contact details at rest: sealed by a key that is not in the database."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhifu.exceptions import InvalidInput, WrongVaultKey

if TYPE_CHECKING:
    from zhifu.config import Settings
    from zhifu.store import Store

_KEY_BYTES, _NONCE_BYTES = 32, 12
_FILE = "vault.key"
_CHECK = "vault_check"


class Vault:
    """Seals short texts (AES-256-GCM), each for one place, where alone it opens again.

    `key` is 32 bytes. Who has the database without it has no secret and no contact.
    """

    def __init__(self, key: bytes) -> None:
        if not isinstance(key, bytes) or len(key) != _KEY_BYTES:
            raise InvalidInput("vault_key", f"must be {_KEY_BYTES} bytes")
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "Vault()"

    @classmethod
    def from_text(cls, text: str) -> Vault:
        """From a key in base64, as `new_key` gives it; raises InvalidInput."""
        try:
            return cls(base64.b64decode(text, validate=True))
        except ValueError:
            raise InvalidInput("vault_key", f"must be {_KEY_BYTES} bytes in base64") from None

    @classmethod
    def at(cls, path: Path) -> Vault:
        """From the key in a file, which is made, readable by its owner alone, if it is missing.

        Raises InvalidInput for a file that others may read.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path)
        if path.stat().st_mode & stat.S_IRWXO:
            raise InvalidInput("vault_key", "must not be in a file that others may read", str(path))
        return cls.from_text(path.read_text(encoding="ascii").strip())

    @classmethod
    def known(cls, settings: Settings) -> Vault | None:
        """From the key of the settings, else of the file in their home; None if there is none."""
        key = settings.notifications.vault_key
        if key is not None:
            return cls.from_text(key.reveal())
        path = settings.home / _FILE
        return cls.at(path) if path.exists() else None

    @classmethod
    def of(cls, settings: Settings, store: Store) -> Vault:
        """As `known`, with a key that is made if there is none, for what is sealed in `store`.

        A database is tied to the first key that it is opened with. Raises WrongVaultKey for every
        other one, which would leave it with secrets that nobody opens, and where there is none.
        """
        vault = cls.known(settings)
        if vault is None:
            with store.reading() as transaction:
                if transaction.value("vault_check") is not None:
                    raise WrongVaultKey(_CHECK)
            vault = cls.at(settings.home / _FILE)
        with store.writing() as transaction:
            transaction.run("put_vault_check", sealed=vault.seal(_CHECK, _CHECK))
            vault.require(transaction.value("vault_check"))
        return vault

    def require(self, check: bytes) -> None:
        """Raise WrongVaultKey unless it was this key that tied a database to itself by a check."""
        self.open(bytes(check), _CHECK)

    def seal(self, text: str, place: str) -> bytes:
        """What to store of a text at a place, which is its table and row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """The text; raises WrongVaultKey if it was sealed by another key or for another place."""
        nonce, sealed_text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed_text, place.encode()).decode()
        except (InvalidTag, ValueError):
            raise WrongVaultKey(place) from None


def _make(path: Path) -> None:
    """Make a key file, whole or not at all, unless somebody else has made it first."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def new_key() -> str:
    """A fresh key, 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
