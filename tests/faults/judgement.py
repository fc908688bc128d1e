"""What must be true when everything has come to its end: provider, books and chain compared.

PAY-15: what a provider says is paid is settled on chain once or goes back once. Money is counted at
the provider by its bill and on chain by the contract's balances and events, not by the books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from tests.faults.sales import WITHDRAWN
from tests.faults.town import PLATFORM, Town
from tests.integration.fair import PRICES
from zhifu.chargebackbook import ChargebackState
from zhifu.gateway import Gateway
from zhifu.inquiries import UNDECIDED
from zhifu.operations import OperationState
from zhifu.paybackbook import Payback, PaybackState, Reason
from zhifu.payments import (
    Destination,
    OrderRecord,
    OrderState,
    Payment,
    PaymentState,
    Purpose,
    TopUp,
    TopUpState,
)
from zhifu.payoutbook import PayOut
from zhifu.providers import BillLine, LineKind
from zhifu.providers.balance import BALANCE

_CENT = 10_000
_IN_FLIGHT = (OrderState.BATCHED, OrderState.SUBMITTED, OrderState.SETTLED)
_ENDED = (
    TopUpState.CANCELLED,
    TopUpState.EXPIRED,
    TopUpState.CONFIRMED,
    TopUpState.REFUNDED,
)
_NEVER_PAID = (PaymentState.CANCELLED, PaymentState.EXPIRED)


class Start(NamedTuple):
    """Time, and chain and books as they were, before a round; money in ledger units."""

    at: int
    block: int
    available: int
    withdrawals: int
    pay_outs: int
    on_balances: int


def start_of(town: Town) -> Start:
    """What is to be compared with later."""
    ((withdrawals,),) = town.rows("SELECT count(*) FROM acts WHERE kind = 'withdrawal'")
    ((pay_outs,),) = town.rows("SELECT count(*) FROM payouts")
    block, available = town.fair.network.chain.block_number(), town.fair.available(PLATFORM)
    return Start(town.now, block, available, withdrawals, pay_outs, town.on_balances())


def unfinished(gateway: Gateway, payments: Sequence[Payment]) -> Iterator[str]:
    """What a gateway has still to do."""
    if gateway.waiting(PLATFORM):
        yield f"{gateway.waiting(PLATFORM)} orders wait"
    yield from (f"{order.id} is being refunded" for order in gateway.pending_refunds())
    yield from (
        f"{each.id} is {each.state}"
        for each in gateway.pay_outs(PLATFORM)
        if each.state != "paid_out"
    )
    yield from (
        f"{each.id} is {each.state}"
        for each in gateway.withdrawals(PLATFORM)
        if each.state != OperationState.CONFIRMED.value
    )
    yield from (
        f"{each.id} is {each.state.value}"
        for each in _top_ups(gateway, payments)
        if each.state not in _ENDED
    )
    for payment in (gateway.payment(each.id) for each in payments):
        if payment.state in UNDECIDED:
            yield f"{payment.id} is {payment.state.value}"
        yield from (
            f"{each.id} is {each.state.value}"
            for each in payment.orders
            if each.state in _IN_FLIGHT
        )
        for payback in gateway.paybacks(payment.id):
            if payback.state is not PaybackState.PAID_BACK:
                yield f"{payback.id} is {payback.state.value}"
        for chargeback in gateway.chargebacks(payment.id):
            if chargeback.state is ChargebackState.OPEN:
                yield f"{chargeback.id} is open"


def wrong(town: Town, gateway: Gateway, payments: Sequence[Payment], start: Start) -> Iterator[str]:
    """Whatever is lost, was done twice, or is told differently by provider, books and chain."""
    found = [gateway.payment(each.id) for each in payments]
    bill = _bill(town, start)
    known = {payment.provider_payment_id for payment in found}
    yield from (f"{each} is in no books" for each in bill.keys() - known)
    orders = [order for payment in found for order in payment.orders]
    credited = [order for order in orders if _is_credited(gateway, order)]
    parts = _parts(gateway, orders)
    loaded = [each for each in _top_ups(gateway, found) if each.state is TopUpState.CONFIRMED]
    for payment in found:
        if _is_spent(payment):
            continue
        kept = sum(order.price.amount for order in credited if order.payment_id == payment.id)
        kept += sum(each.amount.amount for each in loaded if each.id == payment.id)
        kept -= sum(parts.get(order.id, 0) for order in payment.orders)
        kept -= sum(each.amount.amount for each in _paid_out(gateway, payment))
        yield from _at_provider(payment, kept, bill.get(payment.provider_payment_id or "", []))
    spent = [each for payment in found for each in payment.orders if _is_spent(payment)]
    yield from _on_chain(town, gateway, orders, loaded, spent, start)
    yield from _on_balances(town, credited, loaded, start)
    returned = [each for payment in found for each in _paid_out(gateway, payment)]
    yield from _off_balances(town, gateway, sum(each.amount.amount for each in returned), start)
    yield from _left_on_balances(town, gateway, [*credited, *loaded], spent, start)


def _bill(town: Town, start: Start) -> dict[str, list[BillLine]]:
    """The provider's bill of the days of a round, by payment."""
    first, last = (datetime.fromtimestamp(at, timezone.utc).date() for at in (start.at, town.now))
    lines: dict[str, list[BillLine]] = {}
    for days in range((last - first).days + 1):
        for line in town.provider.transactions(first + timedelta(days)):
            lines.setdefault(line.provider_payment_id, []).append(line)
    return lines


def _is_credited(gateway: Gateway, order: OrderRecord) -> bool:
    """Whether an order went back to its learner's balance."""
    is_refunded = order.state is OrderState.REFUNDED
    return is_refunded and gateway.refund_of(order.id).to is Destination.BALANCE


def _parts(gateway: Gateway, orders: Sequence[OrderRecord]) -> dict[str, int]:
    """How many cents went back in part of the orders that stand, by order."""
    standing = {order.id for order in orders if order.state is OrderState.CONFIRMED}
    parts: Counter[str] = Counter()
    for refund in gateway.refunds(PLATFORM, limit=100_000):
        if refund.is_part and refund.order_id in standing:
            parts[refund.order_id] += refund.amount.amount
    return parts


def _paid_out(gateway: Gateway, payment: Payment) -> Sequence[Payback]:
    """What went back of a payment because it was paid out of a balance."""
    return [each for each in gateway.paybacks(payment.id) if each.reason is Reason.PAID_OUT]


def _top_ups(gateway: Gateway, payments: Sequence[Payment]) -> list[TopUp]:
    loads = (each for each in payments if each.request.purpose is Purpose.TOP_UP)
    return [gateway.top_up(each.id) for each in loads]


def _is_spent(payment: Payment) -> bool:
    return payment.request.provider == BALANCE


def _at_provider(payment: Payment, besides: int, lines: Sequence[BillLine]) -> Iterator[str]:
    """What the merchant keeps at the provider is what its standing orders cost.

    What is on a balance is kept there too, and parts that went back are not: that is `besides`.
    """
    kept = sum(line.amount.amount for line in lines)
    standing = [order for order in payment.orders if order.state is OrderState.CONFIRMED]
    if kept != sum(order.price.amount for order in standing) + besides:
        yield f"{payment.id}: {kept} cents are kept for {len(standing)} orders"
    received = sum(line.amount.amount for line in lines if line.kind is LineKind.PAYMENT)
    if received != (payment.received.amount if payment.received else 0):
        yield f"{payment.id}: {received} cents came in, the books say {payment.received}"
    if received >= payment.request.amount.amount and payment.state in _NEVER_PAID:
        yield f"{payment.id} is paid, and {payment.state.value} in the books"


def _on_chain(
    town: Town,
    gateway: Gateway,
    orders: Sequence[OrderRecord],
    loaded: Sequence[TopUp],
    spent: Sequence[OrderRecord],
    start: Start,
) -> Iterator[str]:
    """Each order is in one batch or none, and the platform has paid for those that stand."""
    settlement = town.fair.network.settlement
    events = list(
        settlement.events(
            "BatchSettled", "BatchOrderRefunded", "OrderPartRefunded", from_block=start.block + 1
        )
    )
    settled = [order for order in orders if order.batch is not None]
    included = sum(each.arguments["orders"] for each in events if each.name == "BatchSettled")
    if included != len(settled):
        yield f"{included} orders are on chain, {len(settled)} in the books"
    back = [each.arguments["orderId"] for each in events if each.name == "BatchOrderRefunded"]
    refunded = [order for order in settled if order.state is OrderState.REFUNDED]
    if len(back) != len(refunded) or len(set(back)) != len(back):
        yield f"{len(back)} refunds are on chain, {len(refunded)} in the books"
    names = {order.id for order in orders}
    known = [each for each in gateway.refunds(PLATFORM, limit=100_000) if each.order_id in names]
    parts = sorted(each.amount.amount * _CENT for each in known if each.is_part)
    given = sorted(each.arguments["amount"] for each in events if each.name == "OrderPartRefunded")
    if given != parts:
        yield f"parts {given} are on chain, {parts} in the books"
    out = len(list(settlement.events("Withdrawn", from_block=start.block + 1)))
    asked = len(gateway.withdrawals(PLATFORM, limit=1_000)) - start.withdrawals
    if out != asked:
        yield f"{out} withdrawals are on chain, {asked} in the books"
    own = [order for order in settled if order not in refunded and order not in spent]
    debit = sum(PRICES[order.content] for order in own)
    debit += sum(each.amount.amount for each in loaded)
    debit += sum(order.price.amount for order in orders if _is_credited(gateway, order))
    debit -= sum(_parts(gateway, orders).values())
    debit -= sum(each.amount.amount for each in _pay_outs(gateway, start))
    debit = (debit + asked * WITHDRAWN) * _CENT
    if start.available - town.fair.available(PLATFORM) != debit:
        yield f"the platform has not paid {debit}"
    places = Counter(order.batch for order in settled)
    yield from (f"{place} is two orders" for place, times in places.items() if times > 1)
    yield from (
        f"{order.id} is another order on chain"
        for order in settled
        if not _is_there(gateway, order)
    )


def _on_balances(
    town: Town, credited: Sequence[OrderRecord], loaded: Sequence[TopUp], start: Start
) -> Iterator[str]:
    """What came to learners' balances was loaded, or went back to them, each once."""
    events = town.fair.network.settlement.events("ToppedUp", from_block=start.block + 1)
    found = sorted((each.arguments["learner"], each.arguments["amount"]) for each in events)
    came = [(order.learner, order.price.amount * _CENT) for order in credited]
    came += [(each.learner, each.amount.amount * _CENT) for each in loaded]
    if found != sorted(came):
        yield f"{found} came to balances, and not {sorted(came)}"


def _left_on_balances(
    town: Town,
    gateway: Gateway,
    came: Sequence[OrderRecord | TopUp],
    spent: Sequence[OrderRecord],
    start: Start,
) -> Iterator[str]:
    """Balances have grown by what came, without what was paid out and what stands for orders."""
    left = sum(
        each.amount.amount if isinstance(each, TopUp) else each.price.amount for each in came
    )
    left -= sum(each.amount.amount for each in _pay_outs(gateway, start))
    left -= sum(each.price.amount for each in spent if each.state is not OrderState.REFUNDED)
    grown = town.on_balances() - start.on_balances
    if grown != left * _CENT:
        yield f"balances have grown by {grown}, and not by {left * _CENT}"


def _pay_outs(gateway: Gateway, start: Start) -> Sequence[PayOut]:
    """The pay-outs of a round."""
    found = gateway.pay_outs(PLATFORM, limit=1_000)
    return found[: len(found) - start.pay_outs]


def _off_balances(town: Town, gateway: Gateway, returned: int, start: Start) -> Iterator[str]:
    """What was paid out left the balances on chain, each once, and went back at the provider."""
    events = town.fair.network.settlement.events("PaidOut", from_block=start.block + 1)
    found = sorted((each.arguments["learner"], each.arguments["amount"]) for each in events)
    made = _pay_outs(gateway, start)
    expected = sorted((each.learner, each.amount.amount * _CENT) for each in made)
    if found != expected:
        yield f"{found} left balances, and not {expected}"
    if returned != sum(each.amount.amount for each in made):
        yield f"{returned} cents went back for {len(made)} pay-outs"


def _is_there(gateway: Gateway, order: OrderRecord) -> bool:
    proven = gateway.license_of(order.id)
    return proven is not None and (proven.learner, proven.content) == (order.learner, order.content)
