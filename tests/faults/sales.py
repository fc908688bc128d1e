"""Stories of a payment, told in steps that whoever takes them can take again.

A step acts outside of the gateway or asks a gateway for something, as a shop, a learner, their bank
or a provider would; after a crash they do the same once more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from tests.faults.town import PLATFORM, Process, Town
from tests.integration.fair import LEARNERS, PRICES
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import InsufficientBalance
from zhifu.money import Money
from zhifu.payments import CheckoutTerms, Payment, PaymentRequest, Purpose
from zhifu.providers import HintKind
from zhifu.providers.balance import BALANCE

Step = Callable[[Process], None]
LIFETIME_SECONDS = 30
#: Enough for a refund to be final on a balance.
_TURNS_TO_CREDIT = 4
#: Enough for a payment to come to a balance, whoever dies meanwhile.
_TURNS = 20
#: What a withdrawal takes, in cents.
WITHDRAWN = 7
#: What a part refund gives back, in cents.
PART = 9


@dataclass
class Sale:
    """One payment: what was asked for, and what is known of it outside of the gateway."""

    town: Town
    request: PaymentRequest
    terms: CheckoutTerms
    number: str = ""
    payment: Payment | None = None

    @property
    def keys(self) -> tuple[str, str]:
        """Under which keys it asks for payments."""
        return self.request.idempotency_key, f"{self.request.idempotency_key} spent"

    def is_loaded(self) -> None:
        """It is no cart that is paid, but as much on the learner's balance."""
        self.request = replace(self.request, contents=(), purpose=Purpose.TOP_UP)

    # What a shop asks for

    def pay(self, process: Process) -> None:
        """Tell of a payment that the shop took by itself."""
        self.payment = process.gateway.pay(self.request)

    def checkout(self, process: Process) -> None:
        """Let the gateway make the payment."""
        self._know(process.gateway.checkout(self.request, self.terms))

    def refund(self, process: Process) -> None:
        """Give the first order back."""
        assert self.payment is not None
        process.gateway.refund(self.payment.orders[0].id)

    def refund_part(self, process: Process) -> None:
        """Give a part of the first order back."""
        assert self.payment is not None
        process.gateway.refund_part(self.payment.orders[0].id, Money(PART, "USD"), "part")

    def credit(self, process: Process) -> None:
        """Give the first order back to its learner's balance."""
        assert self.payment is not None
        process.gateway.refund(self.payment.orders[0].id, to="balance")

    def pay_out(self, process: Process) -> None:
        """Pay the learner out what the first order brought to the balance."""
        assert self.payment is not None
        key = f"paid out for {self.request.idempotency_key}"
        price = self.payment.orders[0].price
        process.gateway.pay_out(PLATFORM, self.request.learner, price, key)

    def send_back(self, process: Process) -> None:
        """Send the top-up back at its provider."""
        assert self.payment is not None
        process.gateway.refund_top_up(self.payment.id)

    def spend_on(self, contents: tuple[int, ...]) -> Step:
        """The learner buys a cart from the balance, once it is there."""
        request = replace(
            self.request,
            contents=contents,
            purpose=Purpose.ORDER,
            provider=BALANCE,
            provider_payment_id="",
            idempotency_key=self.keys[1],
        )

        def step(process: Process) -> None:
            for _ in range(_TURNS):
                with suppress(InsufficientBalance):
                    process.gateway.pay(request)
                    return
                process.turn()
            raise AssertionError("the balance never came")

        return step

    def withdraw(self, process: Process) -> None:
        """Ask for a little of the platform's balance."""
        key = f"out of {self.request.idempotency_key}"
        process.gateway.withdraw(PLATFORM, Money(WITHDRAWN, "USD"), key)

    def _know(self, made: OpenCheckout) -> None:
        self.payment = made.payment
        self.number = made.payment.provider_payment_id or ""

    # What a learner and a bank do

    def is_paid_with(self, more: int = 0) -> Step:
        """The learner pays, by so many cents more than was asked."""

        def step(_: Process) -> None:
            amount = self.request.amount + Money(more, "USD")
            self.town.provider.confirm(self.number, amount)

        return step

    def charge_back(self, _: Process) -> None:
        """The bank takes the whole payment back, once."""
        if self.town.provider.query(self.number).charged_back is None:
            self.town.provider.charge_back(self.number)

    # What the provider does

    def hint(self, kind: HintKind = HintKind.PAYMENT) -> Step:
        """The provider tells of news, until that is answered."""

        def step(process: Process) -> None:
            callback = self.town.provider.callback(self.number, kind)
            assert process.gateway.take_callback("sandbox", callback).status == 200

        return step

    def is_unanswered(self, process: Process) -> None:
        """The provider is silent for a turn of the worker."""
        with self.town.provider.silence():
            process.turn()


def sale_of(town: Town, draw: random.Random) -> Sale:
    """A cart of a learner that nobody asked for yet."""
    contents = tuple(draw.sample(sorted(PRICES), draw.randint(1, 3)))
    if sum(PRICES[each] for each in contents) == 1:
        # Less than one cent could not be paid for it.
        contents += (1,)
    amount = Money(sum(PRICES[each] for each in contents), "USD")
    learner, key = draw.randint(1, LEARNERS), f"key-{next(town.names)}"
    request = PaymentRequest(PLATFORM, learner, contents, amount, "sandbox", "", key)
    return Sale(town, request, CheckoutTerms(town.now + LIFETIME_SECONDS, "card", "a cart"))


def by_callback(sale: Sale) -> Iterator[Step]:
    """A checkout that is paid, and whose callback arrives."""
    yield sale.checkout
    yield sale.is_paid_with()
    yield sale.hint()


def by_schedule(sale: Sale) -> Iterator[Step]:
    """A checkout that is paid without anybody telling of it."""
    yield sale.checkout
    yield sale.is_paid_with()


def by_name(sale: Sale) -> Iterator[Step]:
    """A payment that the shop took by itself."""
    sale.number = sale.town.provider.pay(sale.request.amount)
    sale.request = replace(sale.request, provider_payment_id=sale.number)
    yield sale.pay


def unknown(sale: Sale) -> Iterator[Step]:
    """A callback, and no answer when the gateway asks."""
    yield from by_callback(sale)
    yield sale.is_unanswered


def overpaid(sale: Sale) -> Iterator[Step]:
    """Too much comes in."""
    yield sale.checkout
    yield sale.is_paid_with(7)
    yield sale.hint()


def underpaid(sale: Sale) -> Iterator[Step]:
    """Too little comes in."""
    yield sale.checkout
    yield sale.is_paid_with(-1)
    yield sale.hint()


def unpaid(sale: Sale) -> Iterator[Step]:
    """Nothing comes in, and the payment expires."""
    yield sale.checkout
    yield Process.turn


def refunded(sale: Sale) -> Iterator[Step]:
    """What was settled is refunded."""
    yield from by_callback(sale)
    yield Process.turn
    yield sale.refund
    yield Process.turn


def part_refunded(sale: Sale) -> Iterator[Step]:
    """A part of what was settled is refunded: of a content that the platform hosts itself."""
    amount = Money(PRICES[1], "USD")
    sale.request = replace(sale.request, contents=(1,), amount=amount)
    yield from by_callback(sale)
    yield Process.turn
    yield sale.refund_part
    yield Process.turn


def rest_refunded(sale: Sale) -> Iterator[Step]:
    """A part of what was settled is refunded, and then the rest."""
    yield from part_refunded(sale)
    yield sale.refund
    yield Process.turn


def refunded_early(sale: Sale) -> Iterator[Step]:
    """A payment is refunded before anything of it is settled."""
    yield from by_name(sale)
    yield sale.refund


def credited(sale: Sale) -> Iterator[Step]:
    """What was settled is refunded to the learner's balance."""
    yield from by_callback(sale)
    yield Process.turn
    yield sale.credit
    yield Process.turn


def credited_early(sale: Sale) -> Iterator[Step]:
    """A payment is refunded to the learner's balance before anything of it is settled."""
    yield from by_name(sale)
    yield sale.credit


def paid_out(sale: Sale) -> Iterator[Step]:
    """What was refunded to the learner's balance is paid out of it."""
    yield from credited_early(sale)
    for _ in range(_TURNS_TO_CREDIT):
        yield Process.turn
    yield sale.pay_out


def loaded(sale: Sale) -> Iterator[Step]:
    """A learner's balance is loaded."""
    sale.is_loaded()
    yield from by_callback(sale)


def loaded_by_name(sale: Sale) -> Iterator[Step]:
    """A learner's balance is loaded by a payment that the shop took by itself."""
    sale.is_loaded()
    yield from by_name(sale)


def sent_back(sale: Sale) -> Iterator[Step]:
    """What was paid for a balance goes back before it is there."""
    yield from loaded_by_name(sale)
    yield sale.send_back


def spent(sale: Sale) -> Iterator[Step]:
    """A learner's balance is loaded, and buys a cart."""
    contents = sale.request.contents
    yield from loaded_by_name(sale)
    yield sale.spend_on(contents)


def charged_back(sale: Sale) -> Iterator[Step]:
    """The bank takes back what was settled."""
    yield from by_callback(sale)
    yield Process.turn
    yield sale.charge_back
    yield sale.hint(HintKind.CHARGEBACK)


def withdrawn(sale: Sale) -> Iterator[Step]:
    """The platform withdraws, and goes on selling."""
    yield sale.withdraw
    yield from by_name(sale)
    yield sale.withdraw


STORIES: dict[str, Callable[[Sale], Iterator[Step]]] = {
    each.__name__: each
    for each in (
        by_callback,
        by_schedule,
        by_name,
        unknown,
        overpaid,
        underpaid,
        unpaid,
        refunded,
        part_refunded,
        rest_refunded,
        refunded_early,
        credited,
        credited_early,
        paid_out,
        loaded,
        loaded_by_name,
        sent_back,
        spent,
        charged_back,
        withdrawn,
    )
}
