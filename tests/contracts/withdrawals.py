"""Signed withdrawals (SEND-1)."""

from __future__ import annotations

from typing import NamedTuple

from tests.contracts.signatures import CHAIN_ID, domain, sign

WITHDRAWAL_TYPES = {
    "Withdrawal": [
        {"name": "owner", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "amount", "type": "uint256"},
        {"name": "deadline", "type": "uint64"},
        {"name": "nonce", "type": "uint64"},
    ]
}


class Withdrawal(NamedTuple):
    """A withdrawal, as Settlement takes it; the amount is in ledger units."""

    owner: str
    to: str
    amount: int
    deadline: int
    nonce: int
    signature: bytes = b""

    def signed(self, key: str, settlement: str, chain_id: int = CHAIN_ID) -> Withdrawal:
        """Return the same with a key's signature."""
        names = [field["name"] for field in WITHDRAWAL_TYPES["Withdrawal"]]
        message = dict(zip(names, self, strict=False))
        of_settlement = domain("zhifu", settlement, chain_id)
        signature = sign(key, of_settlement, WITHDRAWAL_TYPES, message).packed()
        return self._replace(signature=signature)
