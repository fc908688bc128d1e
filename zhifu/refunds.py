"""Refunds: what was settled goes back on chain first, then the money goes back to the learner.

The provider returns it, or it is put on the learner's balance where that is asked for. Each step
is stored before it is taken and harmless to take again, so a refund that was cut short anywhere is
finished by doing it once more. The money goes back only once the refund stands on chain; if it is
reorganised away all the same, it is made on chain again and the money stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhifu import ids, rounds
from zhifu.books import Books
from zhifu.chargebackbook import ChargebackBook
from zhifu.credits import Credits
from zhifu.deployment import Network
from zhifu.disputebook import DisputeBook
from zhifu.exceptions import (
    ContractReverted,
    DatabaseRefused,
    IdempotencyConflict,
    InputError,
    InvalidInput,
    NoOperator,
    NotRefundable,
    PaymentUnknown,
    ProviderRefused,
    UnknownProvider,
    UnknownRefund,
    ZhifuError,
)
from zhifu.lane import Lane
from zhifu.licenses import Licenses
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.operations import Ending, Kind
from zhifu.partrefunds import PartRefunds, require_part, require_within
from zhifu.paymentleft import PART_CHARGED_BACK
from zhifu.payments import Destination, OrderRecord, OrderState, PaymentState
from zhifu.providers import Provider, RefundStatus
from zhifu.providers.balance import BALANCE
from zhifu.refundbook import Inclusion, Left, OnChain, RefundBook, RefundRecord, ReturnedBy
from zhifu.refusals import explained
from zhifu.requests import require_told
from zhifu.silence import is_left_alone

_NEVER_PAID = (
    OrderState.CREATED,
    OrderState.AWAITING_PAYMENT,
    OrderState.PAYMENT_UNKNOWN,
    OrderState.EXPIRED,
    OrderState.CANCELLED,
)
_IN_FLIGHT = (OrderState.BATCHED, OrderState.SUBMITTED)
_BEGUN = (OrderState.REFUND_PENDING, OrderState.REFUNDED)
_PENDING, _REFUNDED, _FAILED = "refund_pending", "refunded", "refund_failed"
_NOT_ON_CHAIN = "its batch is not on the chain"
_IN_DISPUTE = "it is in dispute"
#: Why the money of a refund does not go where it is asked to go now, by where it does go.
_GOES = {
    Destination.PROVIDER: "its money goes back the way it was paid",
    Destination.BALANCE: "its money goes to the learner's balance",
}

FOR_NOW = (_NOT_ON_CHAIN, _IN_DISPUTE)
"""Why an order cannot be refunded now that later can be."""

#: What ends a refund on chain for good, by the contract's error.
_FINAL = {
    "RefundWindowClosed": "its refund window is closed",
    "AlreadyPaidOut": "a dispute paid it out",
    "RefundAboveLeft": "the chain has not that much left of it",
}


class Refunds:
    """Refunds the orders of platforms whose lanes are here."""

    def __init__(
        self,
        book: RefundBook,
        books: Books,
        network: Network,
        licenses: Licenses,
        lanes: Mapping[int, Lane],
        providers: Mapping[str, Provider],
        chargebacks: ChargebackBook,
        disputes: DisputeBook,
        credit: Credits,
        parts: PartRefunds,
        sync: Callable[[], object],
    ) -> None:
        self._book = book
        self._books = books
        self._network = network
        self._licenses = licenses
        self._lanes = lanes
        self._providers = providers
        self._chargebacks = chargebacks
        self._disputes = disputes
        self._credits = credit
        self._parts = parts
        self._sync = sync

    def refund(self, order_id: str, to: Destination | str | None = None) -> OrderRecord:
        """Refund one order; see `Gateway.refund`."""
        asked = _destination(to)
        order = self._books.order(order_id)
        lane = self._lane(order)
        self._refund(order, lane, ReturnedBy.PROVIDER, self._way(order, asked), asked)
        return self._books.order(order_id)

    def refund_part(
        self,
        order_id: str,
        amount: Money,
        idempotency_key: str,
        to: Destination | str | None = None,
    ) -> int:
        """Give a part of an order back, once under its key; see `Gateway.refund_part`."""
        asked = _destination(to)
        order = self._books.order(order_id)
        require_part(order, amount, idempotency_key)
        lane, way = self._lane(order), self._way(order, asked)
        refund = self._known(order, amount, idempotency_key)
        if refund is None:
            refund = self._begin_part(lane, order.id, amount, way, idempotency_key)
        if asked not in (None, refund.destination):
            raise IdempotencyConflict(idempotency_key)
        self._finish(lane, refund.number)
        return refund.number

    def go_on(self, refund_id: str) -> bool:
        """Go on with a refund that was begun; whether it is finished. Raises as `refund`.

        Its provider is not asked again for what it refused.
        """
        refund = self._book.named(refund_id)
        order = self._books.order(refund.order_id)
        self._book.postpone(refund.number, is_tried=not self._is_left_alone(order, refund))
        lane = self._lane(order)
        self._finish(lane, refund.number, again=False)
        return self._book.record(refund.number).state == _REFUNDED

    def returned(self, number: int, detail: str) -> None:
        """A person has returned the money; see `Gateway.returned`."""
        require_told(detail)
        refund = self._book.record(number)
        if refund.state == _REFUNDED and refund.detail == detail:
            return
        if refund.state != _PENDING:
            raise NotRefundable(refund.order_id, "this refund is not pending")
        payment = self._books.order(refund.order_id).payment_id
        if not self._book.returned(refund, payment, detail):
            raise NotRefundable(refund.order_id, "nobody has refused to return the money")

    def due(self, platform: int) -> list[str]:
        """The ids of a platform's refunds to go on with, as `RefundBook.due` has them."""
        return self._book.due(platform, at_once=not rounds.is_running())

    def is_any_pending(self, payment_id: str) -> bool:
        """Whether a refund of a payment's orders is not finished."""
        return self._book.is_any_pending(payment_id)

    def take_back(self, order_id: str) -> None:
        """Take back an order whose payment was charged back: the payer's bank returned the money.

        One that was settled is refunded on chain. Raises UnknownOrder, NoOperator and
        NotRefundable, and what keeps the chain from taking it back now.
        """
        order = self._books.order(order_id)
        self._refund(order, self._lane(order), ReturnedBy.CHARGEBACK)

    def is_open(self, order_id: str) -> bool:
        """Whether the chain would take an order back now, or never had it; raises UnknownOrder."""
        order = self._books.order(order_id)
        if order.batch is None:
            return True
        try:
            self._require_refundable(self._lane(order), order, ReturnedBy.CHARGEBACK)
        except NotRefundable:
            return False
        return True

    def pending(self) -> list[OrderRecord]:
        """Orders whose refund is not finished, or not on chain any more, the oldest first."""
        return [self._books.order(order_id) for order_id in self._book.open()]

    def _refund(
        self,
        order: OrderRecord,
        lane: Lane,
        returned_by: ReturnedBy,
        destination: Destination = Destination.PROVIDER,
        asked: Destination | None = None,
    ) -> None:
        if order.batch is not None:
            self._sync()
        self._begin(lane, order.id, returned_by, destination)
        begun = self._book.of(order.id)
        if asked not in (None, begun.destination):
            raise NotRefundable(order.id, _GOES[begun.destination])
        self._finish(lane, begun.number)

    def _way(self, order: OrderRecord, asked: Destination | None) -> Destination:
        """Where an order's money goes: as it was paid, unless something else is asked for."""
        provider, _ = self._provider(order)
        usual = Destination.BALANCE if provider.name == BALANCE else Destination.PROVIDER
        if usual is Destination.BALANCE and asked is Destination.PROVIDER:
            raise NotRefundable(order.id, _GOES[usual])
        return asked or usual

    def _lane(self, order: OrderRecord) -> Lane:
        lane = self._lanes.get(order.platform)
        if lane is None:
            raise NoOperator(order.platform)
        return lane

    # Beginning

    def _begin(
        self, lane: Lane, order_id: str, returned_by: ReturnedBy, destination: Destination
    ) -> None:
        """Store the refund of an order, unless one already is."""
        order = self._books.order(order_id)
        if order.state in _IN_FLIGHT:
            lane.recover()
            order = self._books.order(order_id)
        if order.state in _BEGUN:
            return
        if order.state in _NEVER_PAID:
            raise NotRefundable(order.id, "it is not paid")
        if order.state is OrderState.CHARGED_BACK and returned_by is ReturnedBy.PROVIDER:
            raise NotRefundable(order.id, "its payment was charged back")
        if returned_by is ReturnedBy.PROVIDER:
            self._require_beginnable(order)
        self._require_takeable(lane, order, returned_by)
        try:
            self._book.begin(order, returned_by, destination)
        except DatabaseRefused:
            if returned_by is ReturnedBy.PROVIDER:
                self._require_beginnable(order)
            if self._books.order(order_id).batch == order.batch:
                raise
            # It went into a batch, or out of one, meanwhile.
            self._begin(lane, order_id, returned_by, destination)

    def _require_takeable(self, lane: Lane, order: OrderRecord, returned_by: ReturnedBy) -> None:
        if order.batch is None:
            # A batch that the books do not know may have settled it.
            lane.require_recorded()
        else:
            self._require_refundable(lane, order, returned_by)

    def _known(
        self, order: OrderRecord, amount: Money, idempotency_key: str
    ) -> RefundRecord | None:
        """What goes back under a key, or does no more; raises IdempotencyConflict for another."""
        try:
            known = self._book.under(order.id, idempotency_key)
        except UnknownRefund:
            return None
        if known.amount != amount:
            raise IdempotencyConflict(idempotency_key)
        if known.state == _FAILED:
            raise NotRefundable(order.id, "the chain has refused what this key asked for")
        return known

    def _begin_part(
        self, lane: Lane, order_id: str, amount: Money, way: Destination, idempotency_key: str
    ) -> RefundRecord:
        """Store that a part of an order goes back, or all that is left of it."""
        order = self._books.order(order_id)
        if order.state in _IN_FLIGHT:
            lane.recover()
            order = self._books.order(order_id)
        self._require_paid(order)
        left = self._book.left(order)
        require_within(order, amount, left)
        self._require_unclaimed(order, amount)
        if amount == left.amount:
            self._require_takeable(lane, order, ReturnedBy.PROVIDER)
        else:
            self._require_part_possible(lane, order, amount)
        try:
            part = Left(amount, self._parts.units(amount))
            self._book.begin_part(order, part, way, idempotency_key)
            return self._book.under(order.id, idempotency_key)
        except (DatabaseRefused, UnknownRefund):
            self._require_unclaimed(order, amount)
            if self._books.order(order.id) == order and self._book.left(order) == left:
                raise
            # It, or what is left of it, is another one meanwhile.
            return self._begin_part(lane, order_id, amount, way, idempotency_key)

    def _require_paid(self, order: OrderRecord) -> None:
        if order.state in _BEGUN:
            raise NotRefundable(order.id, "all of it goes back, or went")
        if order.state in _NEVER_PAID:
            raise NotRefundable(order.id, "it is not paid")
        if order.state is OrderState.CHARGED_BACK:
            raise NotRefundable(order.id, "its payment was charged back")

    def _require_part_possible(self, lane: Lane, order: OrderRecord, amount: Money) -> None:
        self._sync()
        try:
            self._parts.require_possible(order, self._proven(lane, order.id), amount)
        except ContractReverted as reverted:
            raise _explained(reverted, self._parts.host(order), order.id) from reverted

    def _require_refundable(self, lane: Lane, order: OrderRecord, returned_by: ReturnedBy) -> None:
        """Ask the chain whether it would take the order back now."""
        settlement, proven = self._network.settlement, self._proven(lane, order.id)
        calldata = settlement.encode("refundBatch", proven.as_tuple())
        try:
            self._network.chain.call(settlement.address, calldata, sender=lane.signer.address)
        except ContractReverted as reverted:
            if reverted.error == "AlreadyRefunded" and self._is_owed(order, returned_by):
                return
            raise _explained(reverted, lane, order.id) from reverted

    def _is_owed(self, order: OrderRecord, returned_by: ReturnedBy) -> bool:
        """Whether the seller has an order's money on chain again, and has not paid it back.

        The bank took it then, or a dispute. After any other refund the payer may have it already.
        """
        return returned_by is ReturnedBy.CHARGEBACK or self._disputes.is_lost(order.id)

    # Finishing

    def _finish(self, lane: Lane, number: int, *, again: bool = True) -> None:
        if self._book.record(number).on_chain is OnChain.PENDING:
            self._take_back(lane, number)
        refund = self._book.record(number)
        if refund.state != _PENDING or not self._book.stands(refund):
            return
        if again or not refund.refused:
            self._pay_back(lane, self._books.order(refund.order_id), refund)

    def _take_back(self, lane: Lane, number: int) -> None:
        refund = self._book.record(number)
        proven = self._proven(lane, refund.order_id)
        try:
            # With all that is left of an order the chain gives its parts back that are under way.
            inclusion = self._book.inclusion(proven.order_id) or self._sent(lane, refund, proven)
        except ContractReverted as reverted:
            if reverted.error in _FINAL:
                self._book.failed(refund, _FINAL[reverted.error])
            raise _explained(reverted, lane, refund.order_id) from reverted
        self._book.included(refund, proven.order_id, inclusion)
        self._sync()

    def _sent(self, lane: Lane, refund: RefundRecord, proven: BatchOrder) -> Inclusion:
        try:
            ending = self._submitted(lane, refund, proven)
            if ending.refusal is not None:
                raise ending.refusal
        except ContractReverted as reverted:
            # Somebody else refunded it, by a dispute for instance: the index will tell where.
            if reverted.error != "AlreadyRefunded":
                raise
            return Inclusion(None, self._network.chain.block_number())
        return Inclusion(ending.operation.transaction_hash, ending.operation.block_number or 0)

    def _submitted(self, lane: Lane, refund: RefundRecord, proven: BatchOrder) -> Ending:
        if refund.is_part:
            return self._parts.send(self._books.order(refund.order_id), proven, refund)
        settlement = self._network.settlement
        calldata = settlement.encode("refundBatch", proven.as_tuple())
        return lane.submit(Kind.REFUND, refund.number, settlement.address, calldata)

    def _pay_back(self, lane: Lane, order: OrderRecord, refund: RefundRecord) -> None:
        if self._credits.is_begun(refund):
            # What is under way to the balance gets there, whatever a bank returns beside it.
            self._put(lane, order, refund)
            return
        if not refund.asked and refund.returned_by is ReturnedBy.PROVIDER and self._is_lost(order):
            refund = self._book.lost(refund)
        if refund.returned_by is ReturnedBy.CHARGEBACK:
            self._book.refunded(refund, order.payment_id)
            return
        provider, payment = self._provider(order)
        try:
            if refund.destination is Destination.BALANCE and provider.name != BALANCE:
                self._put(lane, order, refund)
                return
            if not self._book.ask(refund, order.payment_id):
                return
        except NotRefundable as too_much:
            # A person has to see whose money that was.
            self._book.refused(refund, too_much.reason)
            raise
        try:
            status = self._asked(provider, payment, refund)
        except (ProviderRefused, InputError) as refused:
            self._book.refused(refund, str(refused))
            raise
        if status is RefundStatus.DONE:
            self._book.refunded(refund, order.payment_id)

    def _put(self, lane: Lane, order: OrderRecord, refund: RefundRecord) -> None:
        self._credits.put(lane, order, refund)
        self._sync()
        if self._credits.is_final(refund):
            self._book.refunded(refund, order.payment_id)

    def _asked(self, provider: Provider, payment: str, refund: RefundRecord) -> RefundStatus:
        """How far the provider is with a refund; raises ProviderRefused and InputError."""
        refund_id = ids.to_text(ids.REFUND, refund.number)
        try:
            status = provider.refund(payment, refund.amount, refund_id)
        except PaymentUnknown:
            # The provider will be asked again, under the same refund id.
            return RefundStatus.PENDING
        if status is RefundStatus.FAILED:
            raise ProviderRefused(provider.name, payment, "the refund failed")
        return status

    def _require_unclaimed(self, order: OrderRecord, amount: Money) -> None:
        """Raise NotRefundable if banks and other refunds leave too little of a payment."""
        if not self._chargebacks.left(order.payment_id).allows_another(amount):
            raise NotRefundable(order.id, PART_CHARGED_BACK)

    def _require_beginnable(self, order: OrderRecord) -> None:
        """Raise NotRefundable if too little is left for all of an order.

        One that a dispute has refunded on chain goes back all the same: a person sees how.
        """
        if not self._disputes.is_lost(order.id):
            self._require_unclaimed(order, self._book.left(order).amount)

    def _is_lost(self, order: OrderRecord) -> bool:
        """Whether the payer's bank returned the payment while its refund was under way."""
        return self._books.payment(order.payment_id).state is PaymentState.CHARGED_BACK

    def _is_left_alone(self, order: OrderRecord, refund: RefundRecord) -> bool:
        """Whether nothing can be tried, because all that is left is to ask a silent provider."""
        if refund.on_chain is OnChain.PENDING or refund.destination is not Destination.PROVIDER:
            return False
        name = self._books.payment(order.payment_id).request.provider
        return is_left_alone(self._providers.get(name))

    def _provider(self, order: OrderRecord) -> tuple[Provider, str]:
        payment = self._books.payment(order.payment_id)
        provider = self._providers.get(payment.request.provider)
        if provider is None:
            raise UnknownProvider(payment.request.provider)
        return provider, payment.provider_payment_id or ""

    def _proven(self, lane: Lane, order_id: str) -> BatchOrder:
        """The order with its proof, from the index; its batch goes out again if it has to."""
        for _ in range(2):
            order = self._books.order(order_id)
            found = order.batch and self._licenses.of_batch(
                order.platform, order.batch.lane, order.batch.number, order.batch.position
            )
            if found:
                return found
            self._sync()
            lane.recover()
            self._sync()
        raise NotRefundable(order_id, _NOT_ON_CHAIN)


def _destination(to: Destination | str | None) -> Destination | None:
    try:
        return None if to is None else Destination(to)
    except ValueError:
        raise InvalidInput("to", "must be provider or balance", to) from None


def _explained(reverted: ContractReverted, lane: Lane, order_id: str) -> ZhifuError:
    if reverted.error in _FINAL:
        return NotRefundable(order_id, _FINAL[reverted.error])
    match reverted.error:
        case "AlreadyRefunded":
            return NotRefundable(order_id, "it was refunded on chain by somebody else")
        case "InDispute":
            return NotRefundable(order_id, _IN_DISPUTE)
        case _:
            return explained(reverted, lane.platform, lane.signer.address)
