"""A buyer's signature over a direct order: EIP-712 for its id, EIP-3009 for its payment."""

from __future__ import annotations

from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from zhifu.models import DirectOrder
from zhifu.signing import Signer

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

_RECEIVE_WITH_AUTHORIZATION = {
    "ReceiveWithAuthorization": [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "validAfter", "type": "uint256"},
        {"name": "validBefore", "type": "uint256"},
        {"name": "nonce", "type": "bytes32"},
    ]
}


def order_id(order: DirectOrder, chain_id: int, settlement: str) -> bytes:
    """The order's EIP-712 hash in the domain of one Settlement on one chain."""
    signable = encode_typed_data(
        _domain("zhifu", chain_id, settlement), _ORDER, _order_message(order)
    )
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def authorize(
    buyer: Signer,
    order: DirectOrder,
    *,
    chain_id: int,
    settlement: str,
    token: str,
    token_name: str,
    tokens_per_unit: int,
    token_version: str = "1",
) -> bytes:
    """Sign EIP-3009 `receiveWithAuthorization` for an order: 65 bytes, r ‖ s ‖ v.

    The nonce is the order id, so the signature pays for this order alone: this content, seller,
    receiver, referrer and highest price, on this chain and Settlement, before the deadline.
    `token_name` and `token_version` are those of the token's EIP-712 domain.
    """
    message = {
        "from": order.buyer,
        "to": settlement,
        "value": order.max_price * tokens_per_unit,
        "validAfter": 0,
        "validBefore": order.deadline,
        "nonce": order_id(order, chain_id, settlement),
    }
    domain = _domain(token_name, chain_id, token, token_version)
    return buyer.sign_typed_data(domain, _RECEIVE_WITH_AUTHORIZATION, message)


def _order_message(order: DirectOrder) -> dict[str, Any]:
    names = [each["name"] for each in _ORDER["Order"]]
    return dict(zip(names, order.as_tuple(), strict=True))


def _domain(name: str, chain_id: int, contract: str, version: str = "1") -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "chainId": chain_id,
        "verifyingContract": contract,
    }
