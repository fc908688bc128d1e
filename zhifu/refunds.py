"""Refunds: what was settled goes back on chain first, then the provider returns the money.

Each step is stored before it is taken and harmless to take again, so a refund that was cut short
anywhere is finished by doing it once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhifu import ids
from zhifu.books import Books, order_number
from zhifu.deployment import Network
from zhifu.exceptions import (
    ContractReverted,
    NoOperator,
    NotRefundable,
    PaymentUnknown,
    UnknownProvider,
    ZhifuError,
)
from zhifu.lane import Lane
from zhifu.licenses import Licenses
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.payments import OrderRecord, OrderState, PaymentState
from zhifu.providers import Provider
from zhifu.refusals import explained
from zhifu.store import Store

_NEVER_PAID = (OrderState.PAYMENT_UNKNOWN, OrderState.CANCELLED)
_IN_FLIGHT = (OrderState.BATCHED, OrderState.SUBMITTED)


class Refunds:
    """Refunds the orders of platforms whose lanes are here."""

    def __init__(
        self,
        store: Store,
        books: Books,
        network: Network,
        licenses: Licenses,
        lanes: Mapping[int, Lane],
        providers: Mapping[str, Provider],
        sync: Callable[[], object],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._books = books
        self._network = network
        self._licenses = licenses
        self._lanes = lanes
        self._providers = providers
        self._sync = sync
        self._clock = clock
        self._ids = ids.Ids()

    def refund(self, order_id: str) -> OrderRecord:
        """Refund one order; see `Gateway.refund`."""
        order = self._books.order(order_id)
        lane = self._lanes.get(order.platform)
        if lane is None:
            raise NoOperator(order.platform)
        self._provider(order)
        with lane.lock:
            order = self._begun(lane, order)
            return self._finished(lane, order)

    def pending(self) -> list[OrderRecord]:
        """Orders whose refund has begun and is not finished, the oldest first."""
        with self._store.reading() as transaction:
            rows = transaction.rows("open_refunds")
        return [self._books.order(ids.to_text(ids.ORDER, number)) for (number,) in rows]

    # Beginning

    def _begun(self, lane: Lane, order: OrderRecord) -> OrderRecord:
        """The order with its refund stored, or as it is if one already was."""
        order = self._books.order(order.id)
        if order.state in _IN_FLIGHT:
            lane.recover()
            order = self._books.order(order.id)
        if order.state in (OrderState.REFUND_PENDING, OrderState.REFUNDED):
            return order
        if order.state in _NEVER_PAID:
            raise NotRefundable(order.id, "it is not paid")
        if order.batch is not None:
            self._require_refundable(lane, order)
        self._store_refund(order)
        return self._books.order(order.id)

    def _require_refundable(self, lane: Lane, order: OrderRecord) -> None:
        """Ask the chain whether it would take the order back now."""
        settlement = self._network.settlement
        calldata = settlement.encode("refundBatch", self._proven(order).as_tuple())
        try:
            self._network.chain.call(settlement.address, calldata, sender=lane.signer.address)
        except ContractReverted as reverted:
            raise _explained(reverted, lane, order) from reverted

    def _store_refund(self, order: OrderRecord) -> None:
        now, (number,) = self._clock(), self._ids.take()
        order_id = order_number(order.id)
        with self._store.writing() as transaction:
            if order.batch is None:
                transaction.run("stop_waiting", platform=order.platform, order_id=order_id)
            transaction.run(
                "put_refund_record",
                id=number,
                order_id=order_id,
                amount=order.price.amount,
                currency=order.price.currency,
                on_chain="none" if order.batch is None else "pending",
                now=now,
            )

    # Finishing

    def _finished(self, lane: Lane, order: OrderRecord) -> OrderRecord:
        if order.state is OrderState.REFUNDED:
            return order
        with self._store.reading() as transaction:
            row = transaction.row("refund_of", order_id=order_number(order.id))
        number, amount, currency, on_chain = row or (0, 0, "", "")
        if on_chain == "pending":
            self._take_back(lane, order, number)
        try:
            self._pay_back(order, number, Money(amount, currency))
        except PaymentUnknown:
            # The provider will be asked again, under the same refund id.
            return self._books.order(order.id)
        self._store_refunded(order, number)
        return self._books.order(order.id)

    def _take_back(self, lane: Lane, order: OrderRecord, number: int) -> None:
        transaction_hash = None
        try:
            receipt = self._network.settlement.refund_batch(lane.signer, self._proven(order))
            transaction_hash = receipt.transaction_hash
        except ContractReverted as reverted:
            # The reply to an earlier attempt was lost, the refund was not.
            if reverted.error != "AlreadyRefunded":
                raise _explained(reverted, lane, order) from reverted
        with self._store.writing() as transaction:
            transaction.run(
                "refund_on_chain",
                id=number,
                transaction_hash=transaction_hash,
                now=self._clock(),
            )

    def _pay_back(self, order: OrderRecord, number: int, amount: Money) -> None:
        provider, payment = self._provider(order)
        provider.refund(payment, amount, ids.to_text(ids.REFUND, number))

    def _store_refunded(self, order: OrderRecord, number: int) -> None:
        payment = ids.from_text(ids.PAYMENT, order.payment_id)
        now = self._clock()
        with self._store.writing() as transaction:
            transaction.run("refunded", id=number, now=now)
            if transaction.value("unrefunded_orders", payment_id=payment) == 0:
                transaction.run(
                    "set_payment_state",
                    id=payment,
                    state=PaymentState.REFUNDED.value,
                    before=PaymentState.PAID.value,
                    now=now,
                )

    def _provider(self, order: OrderRecord) -> tuple[Provider, str]:
        request = self._books.payment(order.payment_id).request
        provider = self._providers.get(request.provider)
        if provider is None:
            raise UnknownProvider(request.provider)
        return provider, request.provider_payment_id

    def _proven(self, order: OrderRecord) -> BatchOrder:
        """The order with its proof, from the index, which may have to catch up first."""
        for _ in range(2):
            found = order.batch and self._licenses.of_batch(
                order.platform, order.batch.lane, order.batch.number, order.batch.position
            )
            if found:
                return found
            self._sync()
        raise NotRefundable(order.id, "its batch is not on the chain")


def _explained(reverted: ContractReverted, lane: Lane, order: OrderRecord) -> ZhifuError:
    match reverted.error:
        case "RefundWindowClosed":
            return NotRefundable(order.id, "its refund window is closed")
        case "AlreadyRefunded":
            return NotRefundable(order.id, "it was refunded on chain by somebody else")
        case _:
            return explained(reverted, lane.platform, lane.signer.address)
