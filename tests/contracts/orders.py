"""Direct orders, their ids and the authorizations that pay for them (ORDER-1, AUTH-1)."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_account import Account

from tests.contracts.signatures import CHAIN_ID, Signature, digest, domain, sign

ORDER_TYPES = {
    "Order": [
        {"name": "content", "type": "uint32"},
        {"name": "seller", "type": "uint32"},
        {"name": "buyer", "type": "address"},
        {"name": "receiver", "type": "address"},
        {"name": "referrer", "type": "address"},
        {"name": "maxPrice", "type": "uint64"},
        {"name": "startsAt", "type": "uint64"},
        {"name": "deadline", "type": "uint64"},
        {"name": "salt", "type": "bytes32"},
    ]
}
_AUTHORIZATION = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]
_CANCEL = [{"name": "authorizer", "type": "address"}, {"name": "nonce", "type": "bytes32"}]


class Order(NamedTuple):
    """A direct order, as the contracts take it; prices in ledger units."""

    content: int
    seller: int
    buyer: str
    receiver: str
    referrer: str
    max_price: int
    starts_at: int
    deadline: int
    salt: bytes

    def id(self, settlement: str) -> bytes:
        """Return the order's EIP-712 hash in Settlement's domain."""
        return digest(domain("zhifu", settlement), ORDER_TYPES, self.message())

    def message(self) -> dict[str, Any]:
        """Return the order as the EIP-712 struct that it is."""
        names = [field["name"] for field in ORDER_TYPES["Order"]]
        return dict(zip(names, self, strict=True))


def as_number(order_id: bytes) -> int:
    """Return an order's id as that of its token."""
    return int.from_bytes(order_id, "big")


def sign_authorization(
    key: str, token: Any, order_id: bytes, *, chain_id: int = CHAIN_ID, **message: Any
) -> Signature:
    """Sign an EIP-3009 `receiveWithAuthorization`; `message` has its other fields by name."""
    values = {"from": Account.from_key(key).address, "validAfter": 0, "nonce": order_id}
    of_token = domain(token.name(), token.address, chain_id)
    return sign(key, of_token, {"ReceiveWithAuthorization": _AUTHORIZATION}, values | message)


def sign_cancellation(key: str, token: Any, nonce: bytes) -> Signature:
    """Sign an EIP-3009 `cancelAuthorization`."""
    message = {"authorizer": Account.from_key(key).address, "nonce": nonce}
    of_token = domain(token.name(), token.address)
    return sign(key, of_token, {"CancelAuthorization": _CANCEL}, message)
