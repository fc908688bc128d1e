"""Stripe's interface, served from the sandbox's books: what zhifu uses of it, in its wire format.

PaymentIntents (create, retrieve, cancel), refunds (create, retrieve, list), disputes (list) and
balance transactions (list). Requests are forms with the account's key and idempotency keys, answers
JSON objects, lists come in pages, and errors are worded as Stripe words them. Learners pay through
the sandbox's control plane.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from zhifu.money import Money
from zhifu.providers.stripe._bill import PAYMENT_ID, REFUND_ID
from zhifu.sandbox.books import Books
from zhifu.sandbox.deliveries import Notice
from zhifu.sandbox.keys import StripeKeys
from zhifu.sandbox.records import (
    Change,
    Payment,
    PaymentStatus,
    Refund,
    Refused,
    ReturnStatus,
    Why,
)
from zhifu.sandbox.stripe_errors import (
    StripeError,
    StripeRefused,
    invalid,
    no_such,
    no_such_url,
    unauthorized,
)
from zhifu.sandbox.stripe_events import Events
from zhifu.sandbox.stripe_forms import Form, read
from zhifu.sandbox.stripe_idempotency import IdempotencyKeys, Reply
from zhifu.sandbox.stripe_objects import METADATA, Json, Objects, page, status_of, transaction_id

#: The version of the interface that answers and events say they are of.
API_VERSION = "2025-03-31.basil"

_CANCELLABLE = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation,"
    " requires_action, processing"
)


class _Call(NamedTuple):
    """A request that is authorized and read: what its path names, and its parameters."""

    path: str
    named: str
    form: Form


_Operation: TypeAlias = Callable[[_Call], Json]


class StripeSandbox:
    """A Stripe account in test mode.

    Events are posted to `webhook_url`, to nobody if it is None. `fee_bps` is Stripe's fee. With
    `pending_refunds` a refund waits until the control plane decides it.
    """

    name = "stripe"

    def __init__(
        self,
        keys: StripeKeys,
        *,
        webhook_url: str | None = None,
        fee_bps: int = 0,
        pending_refunds: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.books = Books(self.name, fee_bps=fee_bps, chargeback_prefix="du", clock=clock)
        self._secret_key = keys.secret_key
        self._pending_refunds = pending_refunds
        self._objects = Objects(self.books)
        self._idempotency = IdempotencyKeys(clock)
        self._events = webhook_url and Events(
            self.books, self._objects, webhook_url, keys.webhook_secret, API_VERSION
        )

    def notices(self, change: Change) -> Iterable[Notice]:
        """The events of a change."""
        return self._events.of(change) if self._events else ()

    def routes(self) -> Sequence[BaseRoute]:
        """The interface under `/v1`."""
        intents, refunds = "/v1/payment_intents", "/v1/refunds"
        paging = ("limit", "starting_after")
        return [
            self._route("POST", intents, self._create_intent, _INTENT),
            self._route("GET", f"{intents}/{{id}}", self._retrieve_intent, ("client_secret",)),
            self._route(
                "POST", f"{intents}/{{id}}/cancel", self._cancel_intent, ("cancellation_reason",)
            ),
            self._route("POST", refunds, self._create_refund, _REFUND),
            self._route("GET", refunds, self._list_refunds, (*paging, "payment_intent")),
            self._route("GET", f"{refunds}/{{id}}", self._retrieve_refund, ()),
            self._route("GET", "/v1/disputes", self._list_disputes, (*paging, "payment_intent")),
            self._route(
                "GET", "/v1/balance_transactions", self._list_transactions, (*paging, "created")
            ),
            Route("/{path:path}", _nothing, methods=["GET", "POST", "DELETE"]),
        ]

    # PaymentIntents

    def _create_intent(self, call: _Call) -> Json:
        amount = call.form.money()
        metadata = call.form.under("metadata")
        details = {f"{METADATA}{name}": value for name, value in metadata.items()}
        intent = f"pi_{secrets.token_hex(12)}"
        details |= {
            "client_secret": f"{intent}_secret_{secrets.token_hex(12)}",
            "charge": f"ch_{secrets.token_hex(12)}",
        }
        if call.form.text("description"):
            details["description"] = call.form.needed("description")
        if call.form.text("automatic_payment_methods[enabled]") == "true":
            details["automatic"] = "true"
        with self.books.held():
            reference = self._unused_payment(metadata.get(PAYMENT_ID)) or intent
            payment = self.books.open(reference, amount, id=intent, details=details)
        return self._objects.payment_intent(payment, call.form.expand)

    def _retrieve_intent(self, call: _Call) -> Json:
        with self.books.held():
            payment = self._payment(call.named, "intent")
            return self._objects.payment_intent(payment, call.form.expand)

    def _cancel_intent(self, call: _Call) -> Json:
        with self.books.held():
            payment = self._payment(call.named, "intent")
            status = status_of(payment)
            if status in ("succeeded", "canceled"):
                raise StripeRefused(self._not_cancellable(payment, status))
            if payment.status is PaymentStatus.FAILED:
                payment = self.books.annotate(payment.id, cancelled_at=str(self.books.now()))
            else:
                payment = self.books.cancel(payment.id)
            return self._objects.payment_intent(payment, call.form.expand)

    def _not_cancellable(self, payment: Payment, status: str) -> StripeError:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a"
            f" PaymentIntent with one of the following statuses may be canceled: {_CANCELLABLE}."
        )
        about = self._objects.payment_intent(payment)
        return invalid(message, code="payment_intent_unexpected_state", payment_intent=about)

    # Refunds

    def _create_refund(self, call: _Call) -> Json:
        with self.books.held():
            payment = self._payment(call.form.needed("payment_intent"), "payment_intent")
            self._require_refundable(payment)
            metadata = call.form.under("metadata")
            name = f"re_{secrets.token_hex(12)}"
            refund = self.books.give_back(
                payment.id,
                self._refund_amount(call.form, payment),
                self._unused_refund(metadata.get(REFUND_ID)) or name,
                id=name,
                pending=self._pending_refunds,
                details={f"{METADATA}{key}": value for key, value in metadata.items()},
            )
            return self._objects.refund(refund)

    def _require_refundable(self, payment: Payment) -> None:
        if payment.status is not PaymentStatus.PAID:
            message = (
                f"This PaymentIntent ({payment.id}) does not have a successful charge to refund."
            )
            raise StripeRefused(invalid(message, param="payment_intent"))
        charge = payment.details["charge"]
        taken = self.books.chargebacks(payment.id)
        if any(each.status is not ReturnStatus.FAILED for each in taken):
            message = f"Charge {charge} has been charged back; cannot issue a refund."
            raise StripeRefused(invalid(message, code="charge_disputed"))
        if self.books.returned(payment.id) == payment.received:
            message = f"Charge {charge} has already been refunded."
            raise StripeRefused(invalid(message, code="charge_already_refunded"))

    def _refund_amount(self, form: Form, payment: Payment) -> Money:
        left = (payment.received or payment.amount) - self.books.returned(payment.id)
        return form.money_in(payment.amount.currency) or left

    def _retrieve_refund(self, call: _Call) -> Json:
        return self._objects.refund(self.books.refund(call.named))

    def _list_refunds(self, call: _Call) -> Json:
        with self.books.held():
            found = [each for one in self._listed(call) for each in self.books.refunds(one.id)]
            found.reverse()
            names = [each.id for each in found]
            return page(call.path, call.form, names, lambda at: self._objects.refund(found[at]))

    # Disputes and the balance

    def _list_disputes(self, call: _Call) -> Json:
        with self.books.held():
            found = [each for one in self._listed(call) for each in self.books.chargebacks(one.id)]
            found.reverse()
            names = [each.id for each in found]
            return page(call.path, call.form, names, lambda at: self._objects.dispute(found[at]))

    def _list_transactions(self, call: _Call) -> Json:
        since, until = call.form.created()
        expand = frozenset(each.removeprefix("data.") for each in call.form.expand)

        def write(place: int) -> Json:
            return self._objects.balance_transaction(lines[place], expand)

        with self.books.held():
            lines = self.books.lines(since, until)[::-1]
            names = [transaction_id(each) for each in lines]
            return page(call.path, call.form, names, write)

    def _listed(self, call: _Call) -> Sequence[Payment]:
        """The payments a list is about: the one it names, or all."""
        name = call.form.text("payment_intent")
        return [self._payment(name, "payment_intent")] if name else self.books.payments()

    def _payment(self, name: str, param: str) -> Payment:
        try:
            return self.books.payment(name)
        except Refused:
            raise StripeRefused(no_such("payment_intent", name, param)) from None

    def _unused_payment(self, reference: str | None) -> str | None:
        return _unless_known(reference, self.books.payment_by_reference)

    def _unused_refund(self, reference: str | None) -> str | None:
        return _unless_known(reference, self.books.refund_by_reference)

    # HTTP

    def _route(
        self, method: str, path: str, operation: _Operation, allowed: Sequence[str]
    ) -> BaseRoute:
        async def endpoint(request: Request) -> Response:
            given = (await request.body()).decode() if method == "POST" else request.url.query
            return await run_in_threadpool(self._answer, request, given, operation, allowed)

        return Route(path, endpoint, methods=[method])

    def _answer(
        self, request: Request, given: str, operation: _Operation, allowed: Sequence[str]
    ) -> Response:
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        path = f"/v1{request.url.path.partition('/v1')[2]}"
        try:
            self._require_key(request.headers.get("authorization", ""))
            call = _Call(path, request.path_params.get("id", ""), read(given, allowed))
            about = repr((path, sorted(parse_qsl(given, keep_blank_values=True)))).encode()
            reply = self._idempotency.once(key, about, lambda: _executed(operation, call))
        except StripeRefused as refused:
            reply = Reply(refused.error.status, _written(refused.error.to_json()))
        return _response(reply, key)

    def _require_key(self, authorization: str) -> None:
        key = authorization.removeprefix("Bearer ")
        if not secrets.compare_digest(key.encode(), self._secret_key.encode()):
            raise StripeRefused(unauthorized(key))


_INTENT = (
    "amount",
    "currency",
    "description",
    "metadata",
    "payment_method_types",
    "automatic_payment_methods",
)
_REFUND = ("payment_intent", "amount", "metadata", "reason")


async def _nothing(request: Request) -> Response:
    error = no_such_url(request.method, request.url.path)
    return _response(Reply(error.status, _written(error.to_json())), None)


def _executed(operation: _Operation, call: _Call) -> Reply:
    """What came of a request; a refusal by the books is a result that Stripe keeps."""
    try:
        return Reply(200, _written(operation(call)))
    except Refused as refused:
        error = _worded(refused)
        return Reply(error.status, _written(error.to_json()))


def _worded(refused: Refused) -> StripeError:
    match refused.why:
        case Why.UNKNOWN_REFUND:
            return no_such("refund", refused.subject, "refund")
        case Why.MORE_THAN_LEFT:
            message = "Refund amount is greater than unrefunded amount on charge."
            return invalid(message, param="amount")
        case Why.NOT_POSITIVE:
            message = "This value must be greater than or equal to 1."
            return invalid(message, code="parameter_invalid_integer", param="amount")
        case _:
            return invalid(f"The object is not in a state for this: {refused.why.value}.")


def _unless_known(reference: str | None, find: Callable[[str], Payment | Refund]) -> str | None:
    """A reference, unless something has it already: Stripe lets metadata repeat."""
    if reference is None:
        return None
    try:
        find(reference)
    except Refused:
        return reference
    return None


def _written(found: Json) -> bytes:
    return json.dumps(found, indent=2, ensure_ascii=False).encode()


def _response(reply: Reply, key: str | None) -> Response:
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": API_VERSION}
    if key is not None:
        headers["Idempotency-Key"] = key
    if reply.is_replay:
        headers["Idempotent-Replayed"] = "true"
    return Response(reply.body, reply.status, headers, "application/json")
