"""Paying in fiat: a payment at the provider, and its record in the gateway."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.gateway import Gateway
    from zhifu.money import Money
    from zhifu.payments import OrderRecord, Payment, PaymentRequest

_NOT_PAID_YET = "not paid yet"


def pay(
    session: Session,
    seller: int,
    learner: int,
    contents: Sequence[int],
    *,
    amount: Money | None = None,
    idempotency_key: str | None = None,
    referrer: str | None = None,
) -> Payment:
    """A learner's payment for a cart at the sandbox provider, confirmed and recorded.

    `amount` is by default what the contents cost today. Nobody pays for what the gateway refuses.
    A key that was used before does not pay again: the same cart answers the same payment, another
    one raises IdempotencyConflict.
    """
    from zhifu.payments import PaymentRequest

    request = PaymentRequest(
        platform=seller,
        learner=learner,
        contents=tuple(contents),
        amount=amount or prices(session, contents),
        provider=session.sandbox.name,
        provider_payment_id=_NOT_PAID_YET,
        idempotency_key=idempotency_key or secrets.token_hex(16),
        referrer=referrer,
    )
    return _confirmed(session, request, idempotency_key)


def spend(
    session: Session,
    seller: int,
    learner: int,
    contents: Sequence[int],
    *,
    amount: Money | None = None,
    idempotency_key: str | None = None,
    referrer: str | None = None,
) -> Payment:
    """A payment for a cart from the learner's balance on the platform that sells."""
    from zhifu.payments import PaymentRequest
    from zhifu.providers.balance import BALANCE

    with session.gateway({seller: session.operator(seller)}) as gateway:
        return gateway.pay(
            PaymentRequest(
                platform=seller,
                learner=learner,
                contents=tuple(contents),
                amount=amount or prices(session, contents),
                provider=BALANCE,
                provider_payment_id="",
                idempotency_key=idempotency_key or secrets.token_hex(16),
                referrer=referrer,
            )
        )


def top_up(
    session: Session, home: int, learner: int, amount: Money, *, idempotency_key: str | None = None
) -> Payment:
    """A learner's payment for money on account, as `pay` for a cart."""
    from zhifu.payments import PaymentRequest, Purpose

    request = PaymentRequest(
        platform=home,
        learner=learner,
        contents=(),
        amount=amount,
        provider=session.sandbox.name,
        provider_payment_id=_NOT_PAID_YET,
        idempotency_key=idempotency_key or secrets.token_hex(16),
        purpose=Purpose.TOP_UP,
    )
    return _confirmed(session, request, idempotency_key)


def prices(session: Session, contents: Sequence[int]) -> Money:
    """What contents cost together today; raises InexactAmount where that is no whole minor unit."""
    from zhifu.deployment import DAY_SECONDS
    from zhifu.money import Money

    deployment = session.network.deployment
    today = session.now // DAY_SECONDS
    found = session.network.settlement.read_many("priceOn", [(each, today) for each in contents])
    units = sum(price for price, _ in found)
    return Money.from_ledger_units(units, deployment.currency, deployment.ledger_decimals)


def order_data(session: Session, order: OrderRecord) -> dict[str, Any]:
    """One order for programs."""
    return {
        "order": order.id,
        "content": order.content,
        "name": session.directory.content_name(order.content),
        "learner": order.learner,
        "price": str(order.price),
        "state": order.state.value,
        "batch": order.batch.number if order.batch else None,
        "problem": order.problem.value if order.problem else None,
    }


def _confirmed(session: Session, request: PaymentRequest, key: str | None) -> Payment:
    """Pay at the sandbox what the gateway would take, unless a key was used before; record it."""
    seller = request.platform
    with session.gateway({seller: session.operator(seller)}) as gateway:
        name = _paid_before(gateway, seller, key)
        if name is None:
            _require_acceptable(gateway, request)
            name = session.sandbox.pay(request.amount)
        return gateway.pay(replace(request, provider_payment_id=name))


def _require_acceptable(gateway: Gateway, request: PaymentRequest) -> None:
    """Raise whatever is wrong with a request, except that nobody has paid for it yet."""
    from zhifu.exceptions import PaymentUnpaid

    # A gateway asks the provider last, and records nothing that the provider does not know.
    with suppress(PaymentUnpaid):
        gateway.pay(request)


def _paid_before(gateway: Gateway, seller: int, idempotency_key: str | None) -> str | None:
    """The provider's payment that a key was first used for."""
    if idempotency_key is None:
        return None
    payments = (payment.request for payment in gateway.payments(seller))
    same = (each for each in payments if each.idempotency_key == idempotency_key)
    return next((each.provider_payment_id for each in same), None)
