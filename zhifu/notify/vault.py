"""Secrets and contact details at rest: sealed by a key that is not in the database."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhifu.exceptions import InvalidInput, WrongVaultKey

_KEY_BYTES, _NONCE_BYTES = 32, 12
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

    def require(self, check: bytes) -> None:
        """Raise WrongVaultKey unless it was this key that tied a database to itself by a check."""
        self.open(bytes(check), _CHECK)

    def is_of(self, check: bytes) -> bool:
        """Whether it was this key that tied a database to itself by a check."""
        try:
            self.require(check)
        except WrongVaultKey:
            return False
        return True

    def check(self) -> bytes:
        """What ties a database to this key."""
        return self.seal(_CHECK, _CHECK)

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


def new_key() -> str:
    """A fresh key, 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
