"""Carts: several orders with one payment, and the permits that may come with them (CART-1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from eth_account import Account

from tests.contracts.orders import ORDER_TYPES, Order
from tests.contracts.signatures import CHAIN_ID, digest, domain, sign

CART_TYPES = {
    "Cart": [{"name": "source", "type": "uint8"}, {"name": "orders", "type": "Order[]"}],
    **ORDER_TYPES,
}
_PERMIT_TYPES = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}


class Source(IntEnum):
    """Where the money of a cart comes from."""

    TOKENS = 0
    BALANCE = 1
    AUTHORIZATION = 2


class Permit(NamedTuple):
    """An EIP-2612 permit in the token's units; a deadline of 0 stands for none."""

    value: int = 0
    deadline: int = 0
    v: int = 0
    r: bytes = bytes(32)
    s: bytes = bytes(32)


class Payment(NamedTuple):
    """How a cart is paid."""

    source: Source = Source.TOKENS
    signature: bytes = b""
    permit: Permit = Permit()


def cart_hash(settlement: str, source: Source, orders: Sequence[Order]) -> bytes:
    """Return what a buyer signs; if the source is an authorization, its nonce."""
    return digest(domain("zhifu", settlement), CART_TYPES, _message(source, orders))


def signed(
    key: str,
    settlement: str,
    orders: Sequence[Order],
    source: Source = Source.TOKENS,
    chain_id: int = CHAIN_ID,
) -> Payment:
    """Return the payment of a cart that a key signed for a settlement on a chain."""
    of_settlement = domain("zhifu", settlement, chain_id)
    return Payment(source, sign(key, of_settlement, CART_TYPES, _message(source, orders)).packed())


def sign_permit(key: str, token: Any, spender: str, value: int, deadline: int) -> Permit:
    """Sign a permit with the owner's next nonce."""
    owner = Account.from_key(key).address
    message = {"owner": owner, "spender": spender, "value": value, "deadline": deadline}
    message["nonce"] = token.nonces(owner)
    signature = sign(key, domain(token.name(), token.address), _PERMIT_TYPES, message)
    return Permit(value, deadline, *signature)


def _message(source: Source, orders: Sequence[Order]) -> dict[str, Any]:
    return {"source": int(source), "orders": [order.message() for order in orders]}
