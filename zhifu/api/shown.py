"""The gateway's values as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from zhifu.api import schemas
from zhifu.deployment import Deployment
from zhifu.exceptions import InexactAmount
from zhifu.index import Content
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.pages import Refund
from zhifu.payments import OrderRecord, OrderState, Payment, PaymentState
from zhifu.returns import ChargebackRecord, PaybackRecord


def money(amount: Money) -> schemas.MoneyOut:
    """An amount."""
    return schemas.MoneyOut(amount=amount.amount, currency=amount.currency)


def placed(payment: Payment) -> Mapping[str, Any]:
    """A payment as it was when it was recorded, which is the same however often it is told."""
    return _payment(payment, OrderState.PAID.value, {})


def made(payment: Payment) -> Mapping[str, Any]:
    """A payment as it was when it was made at its provider, however often it is told."""
    return _payment(payment, PaymentState.AWAITING_PAYMENT.value, {})


def payment(found: Payment) -> Mapping[str, Any]:
    """A payment as it is now."""
    return _payment(found, found.state.value, {each.id: each.state.value for each in found.orders})


def order(found: OrderRecord) -> schemas.OrderOut:
    """An order as it is now."""
    place = found.batch and schemas.BatchPlaceOut(**found.batch._asdict())
    return schemas.OrderOut(
        id=found.id,
        payment=found.payment_id,
        platform=found.platform,
        learner=found.learner,
        content=found.content,
        price=money(found.price),
        state=found.state.value,
        batch=place,
        problem=found.problem and found.problem.value,
    )


def refund(found: Refund) -> schemas.RefundOut:
    """A refund."""
    return schemas.RefundOut(
        id=found.id,
        order=found.order_id,
        amount=money(found.amount),
        part=found.is_part,
        to=found.to,
        state=found.state,
        on_chain=found.on_chain,
        transaction_hash=found.transaction_hash,
        created_at=found.created_at,
        detail=found.detail,
    )


def payback(found: PaybackRecord) -> schemas.PaybackOut:
    """A payback."""
    return schemas.PaybackOut(
        id=found.id,
        payment=found.payment_id,
        reason=found.reason.value,
        amount=money(found.amount),
        state=found.state.value,
        created_at=found.created_at,
        changed_at=found.changed_at,
        detail=found.detail,
    )


def chargeback(found: ChargebackRecord) -> schemas.ChargebackOut:
    """A chargeback."""
    return schemas.ChargebackOut(
        id=found.id,
        payment=found.payment_id,
        stage=found.stage.value,
        amount=money(found.amount),
        state=found.state.value,
        created_at=found.created_at,
        changed_at=found.changed_at,
        detail=found.detail,
    )


def content(found: Content, today: int, deployment: Deployment) -> schemas.ContentOut:
    """A content with its price of the day; none where that is no whole number of minor units."""
    units, price = found.price_on(today), None
    with suppress(InexactAmount):
        decimals = deployment.ledger_decimals
        price = money(Money.from_ledger_units(units, deployment.currency, decimals))
    return schemas.ContentOut(
        number=found.number,
        host=found.host,
        ref=found.ref,
        price=price,
        price_units=units,
        window_class=found.window_class,
        duration_seconds=found.duration_seconds,
        renewable=found.renewable,
        active=found.active,
    )


def proof(found: BatchOrder) -> schemas.ProofOut:
    """An order with its proof."""
    return schemas.ProofOut(
        order_id=_word(found.order_id),
        platform=found.platform,
        lane=found.lane,
        number=found.number,
        leaves=found.leaves,
        leaf=found.leaf,
        place=found.place,
        learner=found.learner,
        content=found.content,
        word=_hex(found.word),
        facts=_word(found.facts.pack()),
        referrer=found.referrer,
        proof=[_hex(each) for each in found.proof],
    )


def _payment(found: Payment, state: str, states: Mapping[str, str]) -> Mapping[str, Any]:
    request = found.request
    return {
        "id": found.id,
        "platform": request.platform,
        "learner": request.learner,
        "amount": {"amount": request.amount.amount, "currency": request.amount.currency},
        "provider": request.provider,
        "provider_payment_id": found.provider_payment_id,
        "referrer": request.referrer,
        "state": state,
        "created_at": found.created_at,
        "orders": [
            {
                "id": each.id,
                "content": each.content,
                "price": {"amount": each.price.amount, "currency": each.price.currency},
                "state": states.get(each.id, state),
            }
            for each in found.orders
        ],
    }


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
