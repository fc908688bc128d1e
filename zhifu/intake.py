"""Taking payments in: what a request must be, what its provider says, and recording it once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from zhifu.books import Books, Draft
from zhifu.deployment import DAY_SECONDS
from zhifu.exceptions import (
    AmountMismatch,
    CurrencyMismatch,
    DuplicatePayment,
    IdempotencyConflict,
    InactiveContent,
    InactivePlatform,
    InexactAmount,
    InvalidInput,
    NoOperator,
    NotFoundError,
    PaymentUnknown,
    PaymentUnpaid,
    ProviderError,
    StateError,
    UnknownContent,
    UnknownLearner,
    UnknownPlatform,
    UnknownProvider,
    ZhifuError,
)
from zhifu.index import Content, Index
from zhifu.models import PlatformStatus
from zhifu.money import Money
from zhifu.payments import Payment, PaymentRequest, PaymentState
from zhifu.providers import Provider, ProviderPayment, ProviderStatus
from zhifu.requests import canonical, malformed, malformed_contents

Outcome = Payment | ZhifuError


class CartQuote(NamedTuple):
    """What the contents of a cart cost, each and together, to be paid before `valid_until`.

    That is the end of the day (UTC), in Unix seconds.
    """

    prices: tuple[tuple[int, Money], ...]
    amount: Money
    valid_until: int


class Intake:
    """Checks payment requests against the index and their providers, and records them.

    `sellers` are the platforms whose operator keys are here; `today` the chain's day; `refresh`
    brings the index up to date.
    """

    def __init__(
        self,
        books: Books,
        index: Index,
        providers: Mapping[str, Provider],
        sellers: Collection[int],
        currency: str,
        decimals: int,
        today: Callable[[], int],
        refresh: Callable[[], None],
    ) -> None:
        self._books = books
        self._index = index
        self._providers = providers
        self._sellers = sellers
        self._currency = currency
        self._decimals = decimals
        self._today = today
        self._refresh = refresh

    def take(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        """Record payments in one transaction; the errors of those that were rejected instead."""
        outcomes: list[Outcome | None] = [malformed(request) for request in requests]
        wanted = [at for at, outcome in enumerate(outcomes) if outcome is None]
        known = self._books.known([requests[at] for at in wanted])
        for at, payment in zip(wanted, known, strict=True):
            if payment is not None:
                outcomes[at] = self._again(requests[at], payment)
        new = [at for at in wanted if outcomes[at] is None]
        drafts = self._drafts([requests[at] for at in new])
        self._record(requests, outcomes, dict(zip(new, drafts, strict=True)))
        return [outcome for outcome in outcomes if outcome is not None]

    def quote(self, contents: Sequence[int]) -> CartQuote:
        """What a cart costs today; see `Gateway.quote`."""
        wrong = malformed_contents(tuple(contents))
        if wrong is not None:
            raise wrong
        today = self._today()
        prices = tuple((each, self._price(self._on_sale(each), today)) for each in contents)
        amount = sum((price for _, price in prices), Money(0, self._currency))
        return CartQuote(prices, amount, (today + 1) * DAY_SECONDS)

    def prices(self, request: PaymentRequest) -> tuple[int, ...]:
        """The prices in ledger units of what a request asks for, in its cart's order.

        Raises if anything of it is not on sale, or its amount is not their sum.
        """
        try:
            return self._prices(request)
        except (NotFoundError, StateError, AmountMismatch):
            # The chain may know better than the index did.
            self._refresh()
            return self._prices(request)

    def recheck(self, payment: Payment) -> Outcome:
        """Ask again about a payment whose provider did not answer, and record what it says."""
        try:
            state = self._provider_state(payment.request)
        except PaymentUnpaid as unpaid:
            if unpaid.status != ProviderStatus.FAILED.value:
                return unpaid
            state = PaymentState.CANCELLED
        except ZhifuError as error:
            return error
        if state is PaymentState.PAYMENT_UNKNOWN:
            return PaymentUnknown(payment.request.provider, payment.request.provider_payment_id)
        return self._books.resolve(payment.id, state)

    def _again(self, request: PaymentRequest, known: Payment) -> Outcome:
        if canonical(request) != known.request:
            return IdempotencyConflict(request.idempotency_key)
        if known.state is PaymentState.PAYMENT_UNKNOWN:
            return self.recheck(known)
        return replace(known, replayed=True)

    def _drafts(self, requests: Sequence[PaymentRequest]) -> list[Draft | ZhifuError]:
        drafts = [self._draft(request) for request in requests]
        if any(isinstance(draft, (NotFoundError, StateError, AmountMismatch)) for draft in drafts):
            # The chain may know better than the index did.
            self._refresh()
            drafts = [
                self._draft(request) if isinstance(draft, ZhifuError) else draft
                for request, draft in zip(requests, drafts, strict=True)
            ]
        return drafts

    def _draft(self, request: PaymentRequest) -> Draft | ZhifuError:
        try:
            prices = self._prices(request)
            return Draft(canonical(request), prices, self._provider_state(request))
        except ZhifuError as error:
            return error

    def _prices(self, request: PaymentRequest) -> tuple[int, ...]:
        """The contents' prices; raises if the request asks for anything not on sale."""
        self._require_seller(request)
        if request.learner > self._index.learners:
            raise UnknownLearner(request.learner)
        contents = [self._on_sale(each) for each in request.contents]
        if request.amount.currency != self._currency:
            raise CurrencyMismatch(self._currency, request.amount.currency)
        return self._paid_prices(request.amount, contents, self._today())

    def _paid_prices(
        self, amount: Money, contents: Sequence[Content], today: int
    ) -> tuple[int, ...]:
        """Today's prices, or yesterday's: what is paid before midnight may be told after it."""
        expected = self._sum(contents, today)
        for day in (today, today - 1):
            if amount == self._sum(contents, day):
                return tuple(each.price_on(day) for each in contents)
        raise AmountMismatch(expected, amount)

    def _sum(self, contents: Sequence[Content], day: int) -> Money:
        """What contents cost together on a day, each of them something a provider can return."""
        prices = (self._price(content, day) for content in contents)
        return sum(prices, Money(0, self._currency))

    def _price(self, content: Content, day: int) -> Money:
        try:
            return Money.from_ledger_units(content.price_on(day), self._currency, self._decimals)
        except InexactAmount:
            rule = f"must each cost a whole number of minor units of {self._currency}"
            raise InvalidInput("contents", rule, content.number) from None

    def _require_seller(self, request: PaymentRequest) -> None:
        if request.provider not in self._providers:
            raise UnknownProvider(request.provider)
        platform = self._index.platform(request.platform)
        if platform is None:
            raise UnknownPlatform(request.platform)
        if platform.status is not PlatformStatus.ACTIVE:
            raise InactivePlatform(request.platform)
        if request.platform not in self._sellers:
            raise NoOperator(request.platform)

    def _on_sale(self, number: int) -> Content:
        content = self._index.content(number)
        if content is None:
            raise UnknownContent(number)
        if not content.active:
            raise InactiveContent(number)
        return content

    def _provider_state(self, request: PaymentRequest) -> PaymentState:
        """What the provider itself says; raises if it is not paid, or is not this payment."""
        found = self._ask(request)
        if found.status is ProviderStatus.UNKNOWN:
            return PaymentState.PAYMENT_UNKNOWN
        if found.status is not ProviderStatus.PAID or found.amount is None:
            raise PaymentUnpaid(request.provider, request.provider_payment_id, found.status.value)
        if found.amount.currency != request.amount.currency:
            raise CurrencyMismatch(request.amount.currency, found.amount.currency)
        if found.amount != request.amount:
            raise AmountMismatch(request.amount, found.amount)
        return PaymentState.PAID

    def _ask(self, request: PaymentRequest) -> ProviderPayment:
        provider = self._providers.get(request.provider)
        if provider is None:
            raise UnknownProvider(request.provider)
        try:
            return provider.query(request.provider_payment_id)
        except ProviderError:
            return ProviderPayment(ProviderStatus.UNKNOWN)

    def _record(
        self,
        requests: Sequence[PaymentRequest],
        outcomes: list[Outcome | None],
        drafts: Mapping[int, Draft | ZhifuError],
    ) -> None:
        good = {at: draft for at, draft in drafts.items() if isinstance(draft, Draft)}
        outcomes_of = {at: draft for at, draft in drafts.items() if isinstance(draft, ZhifuError)}
        recorded = self._books.record(list(good.values())) if good else []
        for at, payment in zip(good, recorded, strict=True):
            outcomes[at] = payment and _told(payment)
        for at, error in outcomes_of.items():
            outcomes[at] = error
        for at in good:
            if outcomes[at] is None:
                outcomes[at] = self._taken(requests[at])

    def _taken(self, request: PaymentRequest) -> Outcome:
        """Why a request could not be recorded: its key, or its payment, came first elsewhere."""
        (known,) = self._books.known([request])
        if known is not None:
            return self._again(request, known)
        return DuplicatePayment(request.provider, request.provider_payment_id)


def _told(payment: Payment) -> Outcome:
    if payment.state is PaymentState.PAYMENT_UNKNOWN:
        return PaymentUnknown(payment.request.provider, payment.request.provider_payment_id)
    return payment
