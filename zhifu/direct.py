"""Direct orders: placing them in the three ways a buyer can pay, and finding them again."""

from __future__ import annotations

import secrets

from zhifu import accounts
from zhifu.authorization import TokenDomain, Venue, authorize
from zhifu.blocks import Receipt
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.exceptions import InactiveContent, InsufficientBalance, UnknownOrder
from zhifu.models import NO_ADDRESS, DirectOrder
from zhifu.signing import Signer

LIFETIME_SECONDS = 3_600
"""How long a new order may wait to be placed."""


def new_order(
    network: Network,
    content: int,
    seller: int,
    buyer: str,
    *,
    now: int,
    receiver: str | None = None,
    referrer: str = NO_ADDRESS,
    starts_at: int = 0,
) -> DirectOrder:
    """An order for a content at its price of today, to be placed within the hour.

    `now` is in Unix seconds by the chain's clock. The licence goes to `receiver`, by default the
    buyer, and if it is renewable may start later, at `starts_at`. With NO_SELLER for a seller it is
    bought straight from the host. Raises InactiveContent.
    """
    price, active = network.settlement.price_on(content, now // DAY_SECONDS)
    if not active:
        raise InactiveContent(content)
    return DirectOrder(
        content=content,
        seller=seller,
        buyer=buyer,
        receiver=receiver or buyer,
        max_price=price,
        deadline=now + LIFETIME_SECONDS,
        salt=secrets.token_bytes(32),
        referrer=referrer,
        starts_at=starts_at,
    )


def venue_of(network: Network) -> Venue:
    """What signatures for a network's Settlement bind."""
    return Venue(network.chain.chain_id, network.settlement.address)


def token_of(network: Network) -> TokenDomain:
    """What signatures for a network's token bind, read from the chain."""
    token, per_unit = network.token, network.settlement.tokens_per_unit()
    return TokenDomain(token.address, token.name(), per_unit)


def place_with_tokens(network: Network, buyer: Signer, order: DirectOrder) -> Receipt:
    """Pay with the buyer's tokens, allowing Settlement exactly the price; the buyer sends it.

    Raises InsufficientBalance.
    """
    amount = _require_tokens(network, order)
    if network.token.allowance(buyer.address, network.settlement.address) < amount:
        network.token.approve(buyer, network.settlement.address, amount)
    return network.settlement.buy(buyer, order)


def place_from_balance(network: Network, buyer: Signer, order: DirectOrder) -> Receipt:
    """Pay from the buyer's account in Settlement; the buyer sends it.

    Raises InsufficientBalance.
    """
    available = network.settlement.available_of(accounts.of_address(buyer.address))
    if available < order.max_price:
        raise InsufficientBalance(available, order.max_price, buyer.address)
    return network.settlement.buy_from_balance(buyer, order)


def place_with_authorization(
    network: Network, buyer: Signer, order: DirectOrder, relayer: Signer
) -> Receipt:
    """Pay by the buyer's EIP-3009 signature; the relayer sends it, so the buyer needs no gas.

    Raises InsufficientBalance.
    """
    _require_tokens(network, order)
    signature = authorize(buyer, order, venue_of(network), token_of(network))
    return network.settlement.buy_with_authorization(relayer, order, signature)


def find_order(network: Network, order_id: bytes) -> DirectOrder:
    """The order with an id, as it was placed; raises UnknownOrder."""
    settlement = network.settlement
    topics = [settlement.artifact.topic("OrderPlaced"), order_id]
    for log in network.chain.logs(settlement.address, topics, network.deployment.first_block):
        return DirectOrder.from_tuple(settlement.decode(log).arguments["order"])
    raise UnknownOrder("0x" + order_id.hex())


def _require_tokens(network: Network, order: DirectOrder) -> int:
    per_unit = network.settlement.tokens_per_unit()
    balance = network.token.balance_of(order.buyer)
    if balance < order.max_price * per_unit:
        raise InsufficientBalance(balance // per_unit, order.max_price, order.buyer)
    return order.max_price * per_unit
