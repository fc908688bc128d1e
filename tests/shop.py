"""Books that sell without a chain: payments, batches and refunds as the gateway records them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

from zhifu.blocks import Receipt
from zhifu.books import Books, Draft
from zhifu.lanebook import BatchDraft, LaneBook
from zhifu.money import Money
from zhifu.notify.payload import Ledger
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, Operation
from zhifu.payments import (
    BatchRecord,
    Destination,
    OrderRecord,
    Payment,
    PaymentRequest,
    PaymentState,
)
from zhifu.refundbook import Inclusion, Left, RefundBook
from zhifu.signing import SignedTransaction
from zhifu.store import Store

LEDGER = Ledger("USD", 6)
#: Prices of the contents 1 to 3, in cents.
PRICES = {1: 4_900, 2: 1, 3: 19_999}
_UNITS_OF_A_CENT = 10_000
_BLOCK = 7


class Shop:
    """The books in `store`; `clock` dates what happens."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self.books = Books(store, clock, LEDGER.decimals)
        self.operations = OperationBook(store, clock)
        self.lanes = LaneBook(store, clock, self.operations)
        self.refunds = RefundBook(store, clock, lambda: _BLOCK)
        self._sales = count(1)
        self._batches = count(1)

    def sell(
        self,
        platform: int = 1,
        contents: tuple[int, ...] = (1,),
        times: int = 1,
        *,
        learner: int = 1,
        state: PaymentState = PaymentState.PAID,
        received: int | None = None,
    ) -> list[Payment]:
        """Payments of a learner, in one transaction; `received` in cents if it is not the price."""
        draft = partial(self._draft, platform, contents, learner, state, received)
        drafts = [draft() for _ in range(times)]
        return [payment for payment in self.books.record(drafts) if payment is not None]

    def batch(self, payments: list[Payment], platform: int = 1) -> BatchRecord:
        """A batch of all orders of payments, signed and stored."""
        orders = [order for payment in payments for order in payment.orders]
        number = next(self._batches)
        draft = BatchDraft(
            platform,
            20_000,
            sum(order.price.amount for order in orders) * _UNITS_OF_A_CENT,
            bytes(32),
            {_number(order): position for position, order in enumerate(orders)},
        )
        signed = SignedTransaction(
            f"0x{platform:032x}{number:032x}", b"\x02", f"0x{platform:040x}", number
        )
        found = self.lanes.store(draft, 1, number, signed)
        assert found is not None
        return self.lanes.record(found)

    def settle(self, batch: BatchRecord) -> BatchRecord:
        """Its transaction is included."""
        operation = self._operation(batch)
        self.operations.submitted(operation)
        settled = self.operations.settled(
            operation,
            Receipt(batch.transaction_hash, True, _BLOCK, "0x", 0, "0x", None, None, 1, 1, ()),
        )
        return self.lanes.record(settled)

    def reorganise(self, batch: BatchRecord) -> None:
        """Its block is reorganised away."""
        self.operations.unsettled(self._operation(batch))

    def refuse(self, batch: BatchRecord) -> None:
        """The chain will not take it."""
        self.operations.refused(self._operation(batch), "its price changed")

    def confirm(self) -> None:
        """Every settled batch is deep enough."""
        self.operations.confirm(self.operations.settled_ones())

    def refund(self, order: OrderRecord) -> None:
        """An order that waits goes back at its provider."""
        self.refunds.begin(order)
        self.refunds.refunded(self.refunds.of(order.id), order.payment_id)

    def refund_part(self, order: OrderRecord, cents: int) -> None:
        """A part of a settled order goes back on chain and at its provider."""
        part = Left(Money(cents, order.price.currency), cents * _UNITS_OF_A_CENT)
        self.refunds.begin_part(order, part, Destination.PROVIDER, "part")
        refund = self.refunds.under(order.id, "part")
        self.refunds.included(refund, 7, Inclusion(None, _BLOCK))
        self.refunds.refunded(refund, order.payment_id)

    def _operation(self, batch: BatchRecord) -> Operation:
        found = self.operations.of(Kind.BATCH, _number(batch))
        assert found is not None
        return found

    def _draft(
        self,
        platform: int,
        contents: tuple[int, ...],
        learner: int,
        state: PaymentState,
        received: int | None,
    ) -> Draft:
        prices = [PRICES[each] for each in contents]
        name = f"{platform}-{next(self._sales)}"
        amount = Money(sum(prices), LEDGER.currency)
        request = PaymentRequest(platform, learner, contents, amount, "sandbox", name, name)
        units = tuple(each * _UNITS_OF_A_CENT for each in prices)
        money = None if received is None else Money(received, LEDGER.currency)
        return Draft(request, units, state, received=money)


def _number(named: OrderRecord | BatchRecord) -> int:
    return int(named.id.partition("_")[2], 16)
