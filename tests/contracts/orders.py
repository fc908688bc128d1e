"""Direct orders, their ids and the authorizations that pay for them (ORDER-1, AUTH-1)."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_hash.auto import keccak

CHAIN_ID = 31337

_ORDER = {
    "Order": [
        {"name": "content", "type": "uint32"},
        {"name": "seller", "type": "uint32"},
        {"name": "buyer", "type": "address"},
        {"name": "receiver", "type": "address"},
        {"name": "referrer", "type": "address"},
        {"name": "maxPrice", "type": "uint64"},
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
    deadline: int
    salt: bytes

    def id(self, settlement: str) -> bytes:
        """Return the order's EIP-712 hash in Settlement's domain."""
        fields = [field["name"] for field in _ORDER["Order"]]
        message = dict(zip(fields, self, strict=True))
        return _digest(encode_typed_data(_domain("zhifu", settlement), _ORDER, message))


class Signature(NamedTuple):
    """The three words of a signature."""

    v: int
    r: bytes
    s: bytes


def sign_authorization(
    key: str, token: Any, order_id: bytes, *, chain_id: int = CHAIN_ID, **message: Any
) -> Signature:
    """Sign an EIP-3009 `receiveWithAuthorization`; `message` has its other fields by name."""
    values = {"from": Account.from_key(key).address, "validAfter": 0, "nonce": order_id}
    domain = _domain(token.name(), token.address, chain_id)
    return _sign(key, domain, {"ReceiveWithAuthorization": _AUTHORIZATION}, values | message)


def sign_cancellation(key: str, token: Any, nonce: bytes) -> Signature:
    """Sign an EIP-3009 `cancelAuthorization`."""
    message = {"authorizer": Account.from_key(key).address, "nonce": nonce}
    domain = _domain(token.name(), token.address)
    return _sign(key, domain, {"CancelAuthorization": _CANCEL}, message)


def _domain(name: str, contract: str, chain_id: int = CHAIN_ID) -> dict[str, Any]:
    return {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": str(contract)}


def _digest(message: SignableMessage) -> bytes:
    return keccak(b"\x19" + message.version + message.header + message.body)


def _sign(key: str, domain: Any, types: Any, message: dict[str, Any]) -> Signature:
    signed = Account.sign_message(encode_typed_data(domain, types, message), key)
    return Signature(signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
