"""Numbers that a signer uses once (SEND-1, CONSENT-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table

if TYPE_CHECKING:
    from tests.differential.model import Model


class Nonces:
    """Which numbers every signer used, as bits of words."""

    def __init__(self, model: Model) -> None:
        self.words: Table[tuple[str, int], int] = Table("nonces", model.touched, 0)

    def require_free(self, signer: str, nonce: int, rules: Rules) -> None:
        """Require that a signer did not use a number before."""
        free = not self.words[signer, nonce >> 8] >> (nonce & 255) & 1
        rules.require(free, "NonceUsed", signer, nonce)

    def use(self, signer: str, nonce: int) -> None:
        """Use a number."""
        self.words[signer, nonce >> 8] |= 1 << (nonce & 255)
