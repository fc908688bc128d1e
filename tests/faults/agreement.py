"""Whether the books say what the chain does, seen past the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.integration.fair import DEPOSIT, Fair
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import BatchState, OrderRecord, OrderState

CENT = 10_000
_ON_CHAIN = (OrderState.SETTLED, OrderState.CONFIRMED)


def orders_of(gateway: Gateway, platform: int) -> list[OrderRecord]:
    """A platform's orders, the oldest first."""
    return [order for payment in gateway.payments(platform) for order in payment.orders]


def untrue(fair: Fair, database: str = "gateway") -> Iterator[str]:
    """Everything that the books say is included, and is not where they say."""
    found = fair.rows(
        "SELECT transaction_hash, block_hash FROM operations"
        " WHERE state IN ('settled', 'confirmed')",
        database,
    )
    for name, block in found:
        receipt = fair.network.chain.receipt(name)
        if receipt is None or not receipt.succeeded or receipt.block_hash != block:
            yield f"{name} is not in block {block}"


def different(
    fair: Fair, gateway: Gateway, platforms: Sequence[int], database: str = "gateway"
) -> Iterator[str]:
    """Everything in which the books and the chain differ once all has come to its end."""
    yield from untrue(fair, database)
    for platform in platforms:
        yield from _money(fair, gateway, platform)
        yield from _numbers(fair, gateway, platform)
    if gateway.pending_refunds():
        yield "a refund is not finished"
    for kind, state in fair.rows("SELECT kind, state FROM operations", database):
        if state not in ("confirmed", "refused"):
            yield f"a {kind} is {state}"


def _money(fair: Fair, gateway: Gateway, platform: int) -> Iterator[str]:
    spent = 0
    for order in orders_of(gateway, platform):
        request = gateway.payment(order.payment_id).request
        given_back = fair.provider.refunded(request.provider_payment_id)
        due = order.price if order.state is OrderState.REFUNDED else Money(0, "USD")
        if order.state not in (OrderState.CONFIRMED, OrderState.REFUNDED):
            yield f"an order is {order.state.value}"
        if given_back != due:
            yield f"{given_back} went back of an order that is {order.state.value}"
        if gateway.may_use(request.learner, order.content) != (order.state in _ON_CHAIN):
            yield f"the licence of an order that is {order.state.value}"
        spent += 0 if order.state is OrderState.REFUNDED else order.price.amount
    if fair.available(platform) != DEPOSIT - spent * CENT:
        yield f"platform {platform} has {fair.available(platform)}, its books say {spent} cents"


def _numbers(fair: Fair, gateway: Gateway, platform: int) -> Iterator[str]:
    """A lane's numbers are the batches', without a gap."""
    batches = [each for each in gateway.batches(platform) if each.state is not BatchState.REFUSED]
    used = fair.network.settlement.next_batch(platform, 1) - 1
    if sorted(each.number for each in batches) != list(range(1, used + 1)):
        yield f"platform {platform} has used {used} numbers for {len(batches)} batches"
