"""What a learner is handed for an order: what was bought, what was paid, and what it grants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zhifu import ids
from zhifu.books import Books, order_number
from zhifu.deployment import Deployment
from zhifu.exceptions import OrderUnpaid
from zhifu.index import Content, Index
from zhifu.languages import Language
from zhifu.licenses import Licenses
from zhifu.models import OrderPlace
from zhifu.money import Money
from zhifu.pages import Refund, refund_of_row
from zhifu.payments import BatchPlace, Change, OrderRecord, OrderState, Payment, PaymentState
from zhifu.store import Store
from zhifu.words import in_words


class Named(NamedTuple):
    """A platform by its number, with its name as the registry has it."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A licence on chain: the order's id there and what proves it.

    `license` is the contract that verifies it, on the chain `chain_id`. `block_number` is None
    until the transaction is included. Times are Unix seconds; both are None for a licence that
    never ends, and while the index has not seen it.
    """

    order_id: bytes
    chain_id: int
    license: str
    place: OrderPlace
    transaction_hash: str
    block_number: int | None
    starts_at: int | None
    ends_at: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """One order that was paid. Times are Unix seconds.

    `paid_at` is when the books knew of the payment, `issued_at` when this was asked for. `grant` is
    None until the order is in a batch. `refunds` are those that did not fail, the oldest first.
    """

    order: OrderRecord
    payment: Payment
    seller: Named
    host: Named
    content: Content
    paid_at: int
    issued_at: int
    grant: Grant | None
    refunds: Sequence[Refund]

    @property
    def returned(self) -> Money:
        """What has gone back, and not what is on its way."""
        done = (each.amount for each in self.refunds if each.state == OrderState.REFUNDED.value)
        return sum(done, Money.zero(self.order.price.currency))

    @property
    def kept(self) -> Money:
        """What was paid less what has gone back."""
        return self.order.price - self.returned

    @property
    def is_charged_back(self) -> bool:
        """Whether the payer's bank took the payment back."""
        return self.payment.state is PaymentState.CHARGED_BACK

    def words(self, language: Language) -> str:
        """The price in words."""
        price = self.order.price
        return in_words(price.amount, price.decimals, price.currency, language)


class Receipts:
    """Receipts out of the books in `store`, with names as the index has them."""

    def __init__(
        self,
        store: Store,
        books: Books,
        index: Index,
        licenses: Licenses,
        deployment: Deployment,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._books = books
        self._index = index
        self._licenses = licenses
        self._deployment = deployment
        self._clock = clock

    def of(self, order_id: str) -> Receipt:
        """An order's receipt as of now; raises UnknownOrder, and OrderUnpaid."""
        order = self._books.order(order_id)
        paid_at = _paid_at(self._books.history(order_id))
        if paid_at is None:
            raise OrderUnpaid(order_id, order.state.value)
        content = self._index.content(order.content)
        if content is None:
            raise LookupError(f"content {order.content} of order {order_id} is not in the index")
        return Receipt(
            order,
            self._books.payment(order.payment_id),
            self._named(order.platform),
            self._named(content.host),
            content,
            paid_at,
            self._clock(),
            self._grant(order, order.batch) if order.batch else None,
            self._refunds(order_id),
        )

    def _named(self, platform: int) -> Named:
        found = self._index.platform(platform)
        return Named(platform, found.name if found else "")

    def _refunds(self, order_id: str) -> list[Refund]:
        with self._store.reading() as transaction:
            rows = transaction.rows("refunds_of_order", order_id=order_number(order_id))
        return [refund_of_row(row) for row in rows]

    def _grant(self, order: OrderRecord, batch: BatchPlace) -> Grant:
        place = OrderPlace(order.platform, batch.lane, batch.number, batch.position)
        with self._store.reading() as transaction:
            row = transaction.row("batch_record", id=ids.from_text(ids.BATCH, batch.id))
        *_, transaction_hash, _, block_number = row or (None,) * 11
        found = self._licenses.of_batch(*place) if block_number is not None else None
        return Grant(
            place.order_id,
            self._deployment.chain_id,
            self._deployment.license,
            place,
            str(transaction_hash),
            block_number,
            (found.facts.starts_at or None) if found else None,
            (found.facts.expires_at or None) if found else None,
        )


def _paid_at(history: Sequence[Change]) -> int | None:
    paid = OrderState.PAID.value
    return next((each.at for each in history if each.state == paid), None)
