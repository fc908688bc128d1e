"""Books with something of everything, made through the books' own methods, without a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from zhifu import ids
from zhifu.actbook import Act, ActBook, Values, Wanted
from zhifu.blocks import Receipt
from zhifu.books import Books, Draft, Funds
from zhifu.chargebackbook import ChargebackBook, Stage, Taken
from zhifu.disputebook import DisputeBook
from zhifu.inbox import Inbox, Received
from zhifu.lanebook import BatchDraft, LaneBook
from zhifu.leases import Leases
from zhifu.money import Money
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, Operation
from zhifu.paybackbook import PaybackBook
from zhifu.payments import (
    BatchRecord,
    CheckoutTerms,
    Destination,
    OrderRecord,
    Payment,
    PaymentRequest,
    PaymentState,
    Purpose,
)
from zhifu.payoutbook import Debit, PayOutBook
from zhifu.providers import Hint, HintKind
from zhifu.refundbook import Inclusion, RefundBook
from zhifu.signing import SignedTransaction
from zhifu.store import Store, Transaction

NOW = 1_750_000_000
DECIMALS = 6
CENT = 10_000
EXPIRY = NOW + 900
_BLOCK = 10


def usd(cents: int) -> Money:
    return Money(cents, "USD")


class Stock:
    """The books of a store, and short ways to put something into them.

    What has a name of its own there ends in `suffix`.
    """

    def __init__(self, store: Store, suffix: str = "") -> None:
        self._suffix = suffix
        self.now = NOW
        self.store = store
        self.books = Books(store, lambda: self.now, DECIMALS)
        self.operations = OperationBook(store, lambda: self.now)
        self.lane = LaneBook(store, lambda: self.now, self.operations)
        self.refunds = RefundBook(store, lambda: self.now, lambda: _BLOCK)
        self.paybacks = PaybackBook(store, lambda: self.now)
        self.chargebacks = ChargebackBook(store, lambda: self.now)
        self.inbox = Inbox(store, lambda: self.now)
        self.leases = Leases(store, "here", lambda: self.now * 1_000)
        self.disputes = DisputeBook(store, lambda: self.now)
        self.acts = ActBook(store, lambda: self.now)
        self.payouts = PayOutBook(store, lambda: self.now)
        self._numbers: Iterator[int] = count(1)

    def request(
        self,
        contents: tuple[int, ...] = (1, 2),
        purpose: Purpose = Purpose.ORDER,
        provider_payment_id: str | None = None,
    ) -> PaymentRequest:
        """A request of contents that cost a dollar each, with names of its own."""
        number = next(self._numbers)
        name = f"pi_{number}{self._suffix}" if provider_payment_id is None else provider_payment_id
        return PaymentRequest(
            1,
            1,
            contents,
            usd(100 * len(contents) or 500),
            "sandbox",
            name,
            f"key-{number}{self._suffix}",
            purpose=purpose,
        )

    def draft(self, request: PaymentRequest, state: PaymentState = PaymentState.PAID) -> Draft:
        return Draft(request, (100 * CENT,) * len(request.contents), state)

    def pay(self, *contents: int, received: int | None = None) -> Payment:
        """A payment that is paid already."""
        draft = self.draft(self.request(contents or (1, 2)))
        if received is not None:
            draft = Draft(draft.request, draft.prices, draft.state, usd(received))
        return self._recorded(draft)

    def silent(self) -> Payment:
        """A payment whose provider did not answer."""
        return self._recorded(self.draft(self.request(), PaymentState.PAYMENT_UNKNOWN))

    def create(self, *contents: int, purpose: Purpose = Purpose.ORDER) -> Payment:
        """A payment that the gateway is to make at its provider."""
        chosen = () if purpose is Purpose.TOP_UP else contents or (1, 2)
        request = self.request(chosen, purpose, "")
        prices = (100 * CENT,) * len(chosen)
        terms = CheckoutTerms(EXPIRY, "native", "two courses", "https://school.example", "openid")
        return self._recorded(Draft(request, prices, PaymentState.CREATED, checkout=terms))

    def awaited(self, *contents: int, purpose: Purpose = Purpose.ORDER) -> Payment:
        """A payment that its learner can pay."""
        payment = self.create(*contents, purpose=purpose)
        return self.books.made(payment.id, f"pi_{next(self._numbers)}", {"code_url": "weixin://x"})

    def batch(self, orders: Sequence[OrderRecord], number: int) -> BatchRecord:
        """A batch of orders that wait, stored and signed."""
        numbers = {int(order.id[4:], 16): at for at, order in enumerate(orders)}
        draft = BatchDraft(1, NOW // 86_400, 100 * CENT * len(orders), bytes(32), numbers)
        signed = SignedTransaction(f"0x{number:064x}", b"raw", "0x" + "0" * 40, number)
        stored = self.lane.store(draft, 1, number, signed)
        assert stored is not None
        return self.lane.record(stored)

    def operation(self, batch: BatchRecord) -> Operation:
        """What settles a batch."""
        return self.operations.latest(Kind.BATCH, int(batch.id[4:], 16))

    def settle(self, orders: Sequence[OrderRecord], number: int) -> BatchRecord:
        """A batch of orders that is included."""
        batch = self.batch(orders, number)
        operation = self.operations.submitted(self.operation(batch))
        return self.lane.record(
            self.operations.settled(operation, receipt(batch.transaction_hash, _BLOCK))
        )

    def fill(self) -> None:
        """Something of everything."""
        with self.store.writing() as transaction:
            transaction.run("put_deployment", chain_id=1, settlement="0x", block_hash="0x")
            foreign = {"transaction_hash": f"0x{'f' * 64}", "platform": 1, "now": self.now}
            transaction.run("put_foreign_deed", **foreign)
        settled = self.pay(1, 2, received=250)
        self.settle(settled.orders, 1)
        self.refund_settled(settled)
        self.batch(self.pay(3).orders, 2)
        self.pay(4, 5)
        self.silent()
        self.create()
        self.awaited()
        self.books.resolve(self.awaited().id, PaymentState.EXPIRED, received=usd(200))
        cancelled = self.books.resolve(self.awaited().id, PaymentState.CANCELLED, received=usd(50))
        (payback,) = self.paybacks.of(cancelled.id)
        self.paybacks.paid_back(payback)
        self.books.resolve(self.awaited(purpose=Purpose.TOP_UP).id, PaymentState.PAID)
        charged = self.pay(6)
        self.chargebacks.begin(charged.id, Taken("dp_1", usd(100), Stage.BEFORE_MATURITY))
        lost = self.books.resolve(self.awaited(purpose=Purpose.TOP_UP).id, PaymentState.PAID)
        self.chargebacks.begin(lost.id, Taken("dp_3", usd(500), Stage.AFTER_MATURITY))
        gone = self.pay(7)
        self.chargebacks.begin(gone.id, Taken("dp_2", usd(100), Stage.AFTER_MATURITY))
        (chargeback,) = self.chargebacks.of(gone.id)
        self.chargebacks.reverse(chargeback)
        whole = self.pay(8)
        self.refund_waiting(whole)
        credited = self.pay(9)
        self.refunds.begin(credited.orders[0], destination=Destination.BALANCE)
        self.chargebacks.begin(credited.id, Taken("dp_4", usd(40), Stage.BEFORE_MATURITY))
        self.spend()
        hints = [Hint(f"evt_{each}", HintKind.PAYMENT, "pi_1") for each in (1, 2)]
        self.inbox.put([Received("sandbox", hint, b"{}", self.now) for hint in hints])
        self.inbox.processed(self.inbox.due()[0])
        self.leases.take("lane 1/1", 30)
        self.withdraw()
        self.reserve()
        self.pay_out()
        self.dispute(settled.orders[1].id)

    def spend(self) -> None:
        """A payment from a learner's balance, whose order waits for no batch."""
        request = replace(self.request((10,)), provider="balance")
        payment = self._recorded(self.draft(request))
        with self.store.writing() as transaction:
            number = ids.from_text(ids.ORDER, payment.orders[0].id)
            transaction.run("stop_waiting", platform=1, order_id=number)

    def dispute(self, order_id: str) -> None:
        """An order of the first batch is in dispute, by the index and by the books."""
        with self.store.writing() as transaction:
            transaction.run(
                "put_dispute",
                platform=1,
                lane=1,
                number=1,
                position=1,
                opener="platform 1",
                amount=100 * CENT,
                bond=10 * CENT,
                deadline=EXPIRY,
                evidence=bytes(32),
                block_number=_BLOCK,
            )
        self.disputes.follow()
        assert self.disputes.about(order_id).bond_units == 10 * CENT

    def withdraw(self) -> Act:
        """A withdrawal that is included."""
        return self._act(Kind.WITHDRAWAL, "out", {"amount": 500, "currency": "USD"})

    def reserve(self) -> None:
        """A reservation that was never sent."""
        number, nonce = self.acts.number(), next(self._numbers)
        wanted = Wanted(1, Kind.RESERVATION, f"numbers{self._suffix}", {"count": 5})
        signed = SignedTransaction(f"0x{nonce:064x}", b"raw", "0x" + "0" * 40, nonce)
        put = partial(self.acts.put, number=number, wanted=wanted)
        self.operations.store(1, Kind.RESERVATION, number, signed, put)

    def pay_out(self) -> None:
        """A pay-out that is final, and all of which a person is to return."""
        debit = Debit(1, 1, usd(300), 300 * CENT)
        funds = Funds(500 * CENT, _BLOCK)
        arguments = {"learner": 1, "amount": 300, "currency": "USD"}
        put = partial(self.payouts.put, debit=debit, funds=funds)
        act = self._act(Kind.PAY_OUT, "paid", arguments, put)
        self.operations.confirm([self.operations.latest(Kind.PAY_OUT, act.number)])
        assert self.payouts.begin_return(act.number)

    def _act(
        self,
        kind: Kind,
        key: str,
        arguments: Values,
        also: Callable[[Transaction, int], None] = lambda _, __: None,
    ) -> Act:
        """An act that is included."""
        number = self.acts.number()
        wanted = Wanted(1, kind, f"{key}{self._suffix}", arguments)
        nonce = next(self._numbers)
        signed = SignedTransaction(f"0x{nonce:064x}", b"raw", "0x" + "0" * 40, nonce)

        def put(transaction: Transaction) -> None:
            self.acts.put(transaction, number, wanted)
            also(transaction, number)

        stored = self.operations.store(1, kind, number, signed, put)
        self.operations.settled(self.operations.submitted(stored), receipt(signed.hash, _BLOCK))
        found = self.acts.known(wanted)
        assert found is not None
        return found

    def refund_settled(self, payment: Payment) -> None:
        """Refund the first order of a settled payment."""
        order = self.books.order(payment.orders[0].id)
        self.refunds.begin(order)
        record = self.refunds.of(order.id)
        self.refunds.included(record, 7, Inclusion("0x" + "2" * 64, 11))
        self.refunds.refunded(self.refunds.of(order.id), payment.id)

    def refund_waiting(self, payment: Payment) -> None:
        """Refund all orders of a payment that were not settled yet."""
        for line in payment.orders:
            order = self.books.order(line.id)
            self.refunds.begin(order)
            self.refunds.refunded(self.refunds.of(order.id), payment.id)

    def _recorded(self, draft: Draft) -> Payment:
        (payment,) = self.books.record([draft])
        assert payment is not None
        return payment


def receipt(transaction_hash: str, block: int) -> Receipt:
    """The receipt of a transaction."""
    return Receipt(
        transaction_hash,
        True,
        block,
        "0x" + "1" * 64,
        0,
        "0x" + "0" * 40,
        None,
        None,
        21_000,
        0,
        (),
    )
