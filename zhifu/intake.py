"""Taking payments in: what a request must be, what its provider says, and recording it once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from zhifu.asking import Asking
from zhifu.bookrows import price_of
from zhifu.books import Books, Draft, Funds
from zhifu.deployment import DAY_SECONDS
from zhifu.exceptions import (
    AmountMismatch,
    ChainError,
    ChainUnreachable,
    CurrencyMismatch,
    DuplicatePayment,
    IdempotencyConflict,
    InactiveContent,
    InactivePlatform,
    InexactAmount,
    InsufficientBalance,
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
from zhifu.payments import Payment, PaymentRequest, PaymentState, Purpose
from zhifu.providers import Provider, ProviderPayment, ProviderStatus
from zhifu.providers.balance import BALANCE
from zhifu.requests import canonical, malformed, malformed_contents

Outcome = Payment | ZhifuError

#: A platform's limit of a day is no more on chain.
_MOST_UNITS = 2**64 - 1
_CHARGED_BACK = "charged_back"


class CartQuote(NamedTuple):
    """What the contents of a cart cost, each and together, to be paid before `valid_until`.

    That is the end of the day (UTC), in Unix seconds.
    """

    prices: tuple[tuple[int, Money], ...]
    amount: Money
    valid_until: int


class Unasked(NamedTuple):
    """A request whose provider is still to be asked: `ask` does that, and waits for the answer."""

    provider: str
    ask: Callable[[], Draft | Outcome]


class Refused(NamedTuple):
    """A request that the index knows a reason against; the chain may know better."""

    request: PaymentRequest
    error: ZhifuError


Step = Payment | ZhifuError | Refused | Unasked | Draft
"""How far a request has come; a payment or an error is where it ends."""

T = TypeVar("T")


def of_kind(steps: Sequence[Step], kind: type[T]) -> list[T]:
    """Those requests that have come to one kind of step."""
    return [step for step in steps if isinstance(step, kind)]


def moved(steps: Sequence[Step], kind: type[Any], to: Sequence[Step]) -> list[Step]:
    """The steps with those of one kind replaced, in their order, by what they came to."""
    come = iter(to)
    return [next(come) if isinstance(step, kind) else step for step in steps]


def ended(steps: Sequence[Step]) -> list[Outcome]:
    """The outcomes of requests that have all come to their ends."""
    return [step for step in steps if isinstance(step, (Payment, ZhifuError))]


class Intake:
    """Checks payment requests against the index and their providers, and records them.

    That goes by steps: `check`; `look_again` for what was refused, which alone waits for the chain;
    what is unasked is asked, which alone waits for providers; `record` for the drafts. `advance`
    takes all steps that wait for nobody. `prompt` names the providers that answer at once.
    `sellers` are the platforms whose operator keys are here, `accounts` those whose account a
    provider is, anybody's where it is not among them; `today` the chain's day; `refresh`
    brings the index up to date, `funds` tells of a platform's learner's; both raise ChainError.
    """

    def __init__(
        self,
        books: Books,
        index: Index,
        providers: Mapping[str, Provider],
        asking: Asking,
        prompt: Collection[str],
        sellers: Collection[int],
        accounts: Mapping[str, Collection[int]],
        currency: str,
        decimals: int,
        today: Callable[[], int],
        refresh: Callable[[], None],
        funds: Callable[[int, int], Funds],
    ) -> None:
        self._books = books
        self._index = index
        self._providers = providers
        self._asking = asking
        self._prompt = frozenset(prompt)
        self._sellers = sellers
        self._accounts = accounts
        self._currency = currency
        self._decimals = decimals
        self._today = today
        self._refresh = refresh
        self._funds = funds

    def take(self, requests: Sequence[PaymentRequest]) -> list[Outcome]:
        """Record payments in one transaction; the errors of those that were rejected instead."""
        steps = self.check(requests)
        steps = moved(steps, Refused, self.look_again(of_kind(steps, Refused)))
        steps = moved(steps, Unasked, self._asking.ask_all(of_kind(steps, Unasked)))
        return ended(moved(steps, Draft, self.record(of_kind(steps, Draft))))

    def advance(self, items: Sequence[PaymentRequest | Draft]) -> list[Step]:
        """Bring requests and drafts as far as they come without waiting for anybody.

        Drafts, and requests that become one at once, are recorded in one transaction.
        """
        requests = [item for item in items if not isinstance(item, Draft)]
        checked = iter(self.check(requests) if requests else [])
        steps = [item if isinstance(item, Draft) else next(checked) for item in items]
        return moved(steps, Draft, self.record(of_kind(steps, Draft)))

    def check(self, requests: Sequence[PaymentRequest]) -> list[Step]:
        """What is known of each request without waiting for its provider or the chain.

        What has become a draft may be known under its key all the same: recording it tells.
        """
        wrong = [malformed(request) for request in requests]
        steps = [
            error or self._priced(request) for request, error in zip(requests, wrong, strict=True)
        ]
        unsure = [
            at for at, step in enumerate(steps) if wrong[at] is None and not isinstance(step, Draft)
        ]
        known = self._books.known([requests[at] for at in unsure]) if unsure else []
        for at, payment in zip(unsure, known, strict=True):
            if payment is not None:
                steps[at] = self._known(requests[at], payment)
        return steps

    def look_again(self, refused: Sequence[Refused]) -> list[Step]:
        """Check requests once more by what the chain says now, if it answers."""
        if not refused:
            return []
        try:
            self._refresh()
        except ChainUnreachable:
            return [each.error for each in refused]
        except ChainError as error:
            return [error for _ in refused]
        steps = (self._priced(each.request) for each in refused)
        return [step.error if isinstance(step, Refused) else step for step in steps]

    def record(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Record payments in one transaction; what each became."""
        others = [draft for draft in drafts if draft.funds is None]
        recorded = iter(self._recorded(others) if others else [])
        return [next(recorded) if draft.funds is None else self._spent(draft) for draft in drafts]

    def _recorded(self, drafts: Sequence[Draft]) -> list[Outcome]:
        payments = self._books.record(drafts)
        late = [
            draft.request
            for draft, payment in zip(drafts, payments, strict=True)
            if payment is None
        ]
        known = iter(self._books.known(late) if late else [])
        return [
            self._taken(draft.request, next(known)) if payment is None else _told(payment)
            for draft, payment in zip(drafts, payments, strict=True)
        ]

    def _spent(self, draft: Draft) -> Outcome:
        """Record a payment from a learner's balance, if the account covers it."""
        if draft.funds is None:
            raise LookupError(draft.request.provider)
        try:
            payment = self._books.spend(draft, draft.funds)
        except InsufficientBalance as error:
            return error
        if payment is not None:
            return payment
        return self._taken(draft.request, self._books.known([draft.request])[0])

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
            with suppress(ChainUnreachable):
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
        # Told even so: somebody else may have decided meanwhile that it was not paid.
        received = payment.request.amount if state is PaymentState.PAID else None
        return self._books.resolve(payment.id, state, received=received)

    def _priced(self, request: PaymentRequest) -> Step:
        try:
            prices = self._prices(request)
            return self._asked(request.provider, partial(self._draft, canonical(request), prices))
        except (NotFoundError, StateError, AmountMismatch) as error:
            return Refused(request, error)
        except ZhifuError as error:
            return error

    def _asked(self, provider: str, ask: Callable[[], Draft | Outcome]) -> Step:
        return ask() if provider in self._prompt else Unasked(provider, ask)

    def _draft(self, request: PaymentRequest, prices: tuple[int, ...]) -> Draft | ZhifuError:
        try:
            if request.provider == BALANCE:
                funds = self._funds(request.platform, request.learner)
                return Draft(request, prices, PaymentState.PAID, funds=funds)
            return Draft(request, prices, self._provider_state(request))
        except ZhifuError as error:
            return error

    def _known(self, request: PaymentRequest, known: Payment) -> Step:
        if canonical(request) != known.request:
            return IdempotencyConflict(request.idempotency_key)
        if known.state is PaymentState.PAYMENT_UNKNOWN:
            return self._asked(request.provider, partial(self.recheck, known))
        return replace(known, replayed=True)

    def _prices(self, request: PaymentRequest) -> tuple[int, ...]:
        """The contents' prices; raises if the request asks for anything not on sale."""
        self._require_seller(request)
        if request.learner > self._index.learners:
            raise UnknownLearner(request.learner)
        contents = [self._on_sale(each) for each in request.contents]
        if request.amount.currency != self._currency:
            raise CurrencyMismatch(self._currency, request.amount.currency)
        if request.purpose is Purpose.TOP_UP:
            self._require_exact(request.amount)
            return ()
        return self._paid_prices(request.amount, contents, self._today())

    def _require_exact(self, amount: Money) -> None:
        """See that the ledger can count an amount."""
        units = amount.to_ledger_units(self._decimals)
        if units > _MOST_UNITS:
            raise InvalidInput("amount", f"must be at most {_MOST_UNITS} ledger units", units)

    def _paid_prices(
        self, amount: Money, contents: Sequence[Content], today: int
    ) -> tuple[int, ...]:
        """Today's prices, or yesterday's: what is paid before midnight may be told after it."""
        for day in (today, today - 1):
            if amount == self._sum(contents, day):
                return tuple([each.price_on(day) for each in contents])
        raise AmountMismatch(self._sum(contents, today), amount)

    def _sum(self, contents: Sequence[Content], day: int) -> Money:
        """What contents cost together on a day, each of them something a provider can return."""
        return Money(sum([self._price(each, day).amount for each in contents]), self._currency)

    def _price(self, content: Content, day: int) -> Money:
        try:
            return price_of(content.price_on(day), self._currency, self._decimals)
        except InexactAmount:
            rule = f"must each cost a whole number of minor units of {self._currency}"
            raise InvalidInput("contents", rule, content.number) from None

    def _require_seller(self, request: PaymentRequest) -> None:
        if not self._has_account(request.platform, request.provider):
            raise UnknownProvider(request.provider)
        platform = self._index.platform(request.platform)
        if platform is None:
            raise UnknownPlatform(request.platform)
        if platform.status is not PlatformStatus.ACTIVE:
            raise InactivePlatform(request.platform)
        if request.platform not in self._sellers:
            raise NoOperator(request.platform)

    def _has_account(self, platform: int, provider: str) -> bool:
        """Whether a provider is there for a platform: another one's account is not."""
        owners = self._accounts.get(provider)
        return provider in self._providers and (owners is None or platform in owners)

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
        if found.charged_back:
            raise PaymentUnpaid(request.provider, request.provider_payment_id, _CHARGED_BACK)
        return PaymentState.PAID

    def _ask(self, request: PaymentRequest) -> ProviderPayment:
        provider = self._providers.get(request.provider)
        if provider is None:
            raise UnknownProvider(request.provider)
        try:
            return provider.query(request.provider_payment_id)
        except ProviderError:
            return ProviderPayment(ProviderStatus.UNKNOWN)

    def _taken(self, request: PaymentRequest, known: Payment | None) -> Outcome:
        """Why a request could not be recorded: its key, or its payment, came first elsewhere."""
        if known is None:
            return DuplicatePayment(request.provider, request.provider_payment_id)
        again = self._known(request, known)
        # Whoever came first has just asked.
        return again if isinstance(again, (Payment, ZhifuError)) else _told(known)


def _told(payment: Payment) -> Outcome:
    if payment.state is PaymentState.PAYMENT_UNKNOWN:
        return PaymentUnknown(payment.request.provider, payment.request.provider_payment_id)
    return payment
