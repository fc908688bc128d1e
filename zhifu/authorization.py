"""What buyers, learners and payees sign: EIP-712 for orders, carts, consents and withdrawals.

And for the token: EIP-3009 authorizations whose nonce is an order's or a cart's hash, and EIP-2612
permits. Signatures have 65 bytes, r ‖ s ‖ v.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from zhifu.models import NO_ADDRESS, Consent, DirectOrder, Permit, Source, Withdrawal
from zhifu.signing import Signer

_Types = Mapping[str, Sequence[Mapping[str, str]]]


def _struct(text: str) -> _Types:
    """A type as EIP-712 writes it and the contracts hash it, `Name(kind field,…)`."""
    name, fields = text.rstrip(")").split("(")
    pairs = (field.split(" ") for field in fields.split(","))
    return {name: [{"name": field, "type": kind} for kind, field in pairs]}


_ORDER = _struct(
    "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,"
    "uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
)
_CART = {**_struct("Cart(uint8 source,Order[] orders)"), **_ORDER}
_CONSENT = _struct(
    "Consent(uint32 content,uint32 seller,uint32 learner,address referrer,uint64 startsAt,"
    "bool fromLearner,uint64 maxPrice,uint64 deadline,uint64 nonce)"
)
_WITHDRAWAL = _struct(
    "Withdrawal(address owner,address to,uint256 amount,uint64 deadline,uint64 nonce)"
)
_RECEIVE_WITH_AUTHORIZATION = _struct(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce)"
)
_PERMIT = _struct(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)


class Venue(NamedTuple):
    """The Settlement that a signature is for, on its chain: it binds both."""

    chain_id: int
    settlement: str

    @property
    def domain(self) -> dict[str, Any]:
        """Its EIP-712 domain."""
        return _domain("zhifu", self.chain_id, self.settlement)


class TokenDomain(NamedTuple):
    """A token as its signatures bind it: `name` and `version` are of its EIP-712 domain.

    `tokens_per_unit` is how many of its smallest units make one ledger unit.
    """

    address: str
    name: str
    tokens_per_unit: int
    version: str = "1"


def order_id(order: DirectOrder, venue: Venue) -> bytes:
    """The id of an order: its EIP-712 hash."""
    return _hash(venue, _ORDER, _order_message(order))


def cart_hash(source: Source, orders: Sequence[DirectOrder], venue: Venue) -> bytes:
    """The EIP-712 hash of a cart paid from `source`."""
    return _hash(venue, _CART, _cart_message(source, orders))


def authorize(buyer: Signer, order: DirectOrder, venue: Venue, token: TokenDomain) -> bytes:
    """Sign EIP-3009 `receiveWithAuthorization` for an order.

    The nonce is the order id, so the signature pays for this order alone: this content, seller,
    receiver, referrer, start and highest price, on this chain and Settlement, before the deadline.
    """
    return _authorize(buyer, venue, token, [order], order_id(order, venue))


def authorize_cart(
    buyer: Signer, orders: Sequence[DirectOrder], venue: Venue, token: TokenDomain
) -> bytes:
    """Sign EIP-3009 `receiveWithAuthorization` for a cart, whose hash is the nonce.

    It takes all highest prices together, before the deadline of the first order.
    """
    nonce = cart_hash(Source.AUTHORIZATION, orders, venue)
    return _authorize(buyer, venue, token, orders, nonce)


def sign_cart(buyer: Signer, source: Source, orders: Sequence[DirectOrder], venue: Venue) -> bytes:
    """Sign a cart that somebody else sends, paid from the buyer's allowance or account."""
    return buyer.sign_typed_data(venue.domain, _CART, _cart_message(source, orders))


def sign_consent(
    key: Signer,
    venue: Venue,
    *,
    content: int,
    seller: int,
    learner: int,
    from_learner: bool,
    max_price: int,
    deadline: int,
    nonce: int,
    referrer: str | None = None,
    starts_at: int = 0,
) -> Consent:
    """Sign a learner's agreement to one order of a batch; `max_price` in ledger units.

    `key` is the learner's own, or the one that took the learner's account on the seller over;
    `from_learner` says whether that account pays.
    """
    sale = (content, seller, learner, referrer or NO_ADDRESS, starts_at, from_learner)
    limits = (max_price, deadline, nonce)
    message = _message(_CONSENT, *sale, *limits)
    return Consent(*limits, key.sign_typed_data(venue.domain, _CONSENT, message))


def sign_withdrawal(
    owner: Signer, venue: Venue, *, to: str, amount: int, deadline: int, nonce: int
) -> Withdrawal:
    """Sign a withdrawal of ledger units that anybody may send."""
    values = (owner.address, to, amount, deadline, nonce)
    message = _message(_WITHDRAWAL, *values)
    return Withdrawal(*values, owner.sign_typed_data(venue.domain, _WITHDRAWAL, message))


def sign_permit(
    owner: Signer, venue: Venue, token: TokenDomain, *, amount: int, deadline: int, nonce: int
) -> Permit:
    """Sign an EIP-2612 permit of ledger units for Settlement.

    `nonce` is the token's next one for the owner.
    """
    value = amount * token.tokens_per_unit
    message = _message(_PERMIT, owner.address, venue.settlement, value, nonce, deadline)
    signature = owner.sign_typed_data(_token_domain(venue, token), _PERMIT, message)
    return Permit(value, deadline, signature[64], signature[:32], signature[32:64])


def _authorize(
    buyer: Signer, venue: Venue, token: TokenDomain, orders: Sequence[DirectOrder], nonce: bytes
) -> bytes:
    value = sum(order.max_price for order in orders) * token.tokens_per_unit
    first, types = orders[0], _RECEIVE_WITH_AUTHORIZATION
    message = _message(types, first.buyer, venue.settlement, value, 0, first.deadline, nonce)
    return buyer.sign_typed_data(_token_domain(venue, token), types, message)


def _hash(venue: Venue, types: _Types, message: Mapping[str, Any]) -> bytes:
    signable = encode_typed_data(venue.domain, dict(types), dict(message))
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def _cart_message(source: Source, orders: Sequence[DirectOrder]) -> dict[str, Any]:
    return _message(_CART, int(source), [_order_message(order) for order in orders])


def _order_message(order: DirectOrder) -> dict[str, Any]:
    return _message(_ORDER, *order.as_tuple())


def _message(types: _Types, *values: Any) -> dict[str, Any]:
    """The values of a struct, the first of its types, by the names that it gives them."""
    fields = next(iter(types.values()))
    return dict(zip((each["name"] for each in fields), values, strict=True))


def _token_domain(venue: Venue, token: TokenDomain) -> dict[str, Any]:
    return _domain(token.name, venue.chain_id, token.address, token.version)


def _domain(name: str, chain_id: int, contract: str, version: str = "1") -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "chainId": chain_id,
        "verifyingContract": contract,
    }
