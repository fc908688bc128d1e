"""A receipt as data, on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from zhifu.languages import Language
from zhifu.money import Money
from zhifu.printing.page import moment, printable, render
from zhifu.printing.phrases import PHRASES, phrases
from zhifu.providers.balance import BALANCE
from zhifu.receipts import Grant, Receipt

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600

Facts = list[tuple[str, str]]
"""Names and values, one pair a line."""


class ReceiptParts(NamedTuple):
    """What stands on a receipt, in its order: texts in one language, and rows under headings.

    `refunds` are rows of time, number, what it is, where it goes, state and amount.
    """

    title: str
    seller: str
    item: str
    price: str
    words: str
    notes: list[str]
    facts: Facts
    refund_columns: list[str]
    refunds: list[tuple[str, ...]]
    totals: Facts
    licence: Facts
    how: str
    note: str


def receipt_data(receipt: Receipt) -> dict[str, Any]:
    """A receipt as a JSON object: amounts in minor units, times in Unix seconds."""
    order, payment, content = receipt.order, receipt.payment, receipt.content
    return {
        "order": order.id,
        "payment": payment.id,
        "issued_at": receipt.issued_at,
        "seller": receipt.seller._asdict(),
        "host": receipt.host._asdict(),
        "learner": order.learner,
        "content": {
            "number": content.number,
            "ref": content.ref,
            "duration_seconds": content.duration_seconds,
            "renewable": content.renewable,
        },
        "price": _money(order.price),
        "in_words": {each.value: receipt.words(each) for each in Language},
        "paid": {
            "amount": _money(payment.request.amount),
            "orders": len(payment.orders),
            "provider": payment.request.provider,
            "provider_payment_id": payment.provider_payment_id,
            "at": receipt.paid_at,
        },
        "state": order.state.value,
        "is_charged_back": receipt.is_charged_back,
        "refunds": [
            {
                "id": each.id,
                "amount": _money(each.amount),
                "to": each.to.value,
                "state": each.state,
                "is_part": each.is_part,
                "created_at": each.created_at,
            }
            for each in receipt.refunds
        ],
        "returned": _money(receipt.returned),
        "kept": _money(receipt.kept),
        "licence": None if receipt.grant is None else _grant(receipt.grant),
    }


def receipt_page(receipt: Receipt, language: Language) -> str:
    """A receipt as a page of HTML."""
    return render("receipt.html", language, parts=receipt_parts(receipt, language))


def receipt_parts(receipt: Receipt, language: Language) -> ReceiptParts:
    """What stands on a receipt, in one language."""
    say, order = phrases(language), receipt.order
    return ReceiptParts(
        say("receipt"),
        printable(receipt.seller.name),
        f"{printable(receipt.host.name)} / {printable(receipt.content.ref)}",
        order.price.format(language.locale),
        receipt.words(language),
        [say("charged_back")] if receipt.is_charged_back else [],
        _facts(receipt, language, say),
        [say(each) for each in ("when", "refund", "kind", "to", "state", "amount")],
        _refunds(receipt, language, say),
        _totals(receipt, language, say),
        _licence(receipt.grant, say) if receipt.grant else [],
        _how(receipt, say),
        f"{say('receipt.note')} {say('issued_at')} {moment(receipt.issued_at)}",
    )


def _facts(receipt: Receipt, language: Language, say: Callable[..., str]) -> Facts:
    order, payment = receipt.order, receipt.payment
    provider = payment.request.provider
    found = [
        (say("order"), order.id),
        (say("payment"), payment.id),
        (say("learner"), str(order.learner)),
        (say("seller"), printable(receipt.seller.name)),
        (say("host"), printable(receipt.host.name)),
        (say("content_number"), str(order.content)),
        (say("term"), _term(receipt, say)),
        (say("paid_at"), moment(receipt.paid_at)),
        (say("provider"), say("provider.balance") if provider == BALANCE else printable(provider)),
    ]
    if provider != BALANCE:
        found.append((say("provider_payment"), printable(payment.provider_payment_id or "")))
    if len(payment.orders) > 1:
        total = payment.request.amount.format(language.locale)
        together = say("cart.orders", amount=total, count=len(payment.orders))
        found.append((say("cart"), together))
    return [*found, (say("state"), _said("state", order.state.value, say))]


def _term(receipt: Receipt, say: Callable[..., str]) -> str:
    content, grant = receipt.content, receipt.grant
    if not content.duration_seconds:
        return say("term.perpetual")
    if grant is not None and grant.starts_at and grant.ends_at:
        term = say("term.until", since=moment(grant.starts_at), until=moment(grant.ends_at))
    else:
        days, rest = divmod(content.duration_seconds, _DAY_SECONDS)
        hours = content.duration_seconds // _HOUR_SECONDS
        term = say("term.hours", count=hours) if rest else say("term.days", count=days)
    return f"{term}{say('comma')}{say('term.renewable')}" if content.renewable else term


def _refunds(
    receipt: Receipt, language: Language, say: Callable[..., str]
) -> list[tuple[str, ...]]:
    return [
        (
            moment(each.created_at),
            each.id,
            say(f"part.{int(each.is_part)}"),
            say(f"to.{each.to.value}"),
            _said("state", each.state, say),
            (-each.amount).format(language.locale),
        )
        for each in receipt.refunds
    ]


def _totals(receipt: Receipt, language: Language, say: Callable[..., str]) -> Facts:
    if not receipt.refunds:
        return []
    amounts = {"price": receipt.order.price, "returned": -receipt.returned, "kept": receipt.kept}
    return [(say(name), amount.format(language.locale)) for name, amount in amounts.items()]


def _licence(grant: Grant, say: Callable[..., str]) -> Facts:
    contract = say("licence.contract_on", license=grant.license, chain=grant.chain_id)
    found = [
        (say("licence.order"), "0x" + grant.order_id.hex()),
        (say("licence.place"), say("licence.place_of", **grant.place._asdict())),
        (say("licence.contract"), contract),
        (say("licence.transaction"), grant.transaction_hash),
    ]
    if grant.block_number is not None:
        found.append((say("licence.block"), str(grant.block_number)))
    return found


def _how(receipt: Receipt, say: Callable[..., str]) -> str:
    if receipt.grant is None:
        return say("licence.pending")
    order = receipt.order
    return say("licence.how", content=order.content, learner=order.learner)


def _said(kind: str, code: str, say: Callable[..., str]) -> str:
    word = f"{kind}.{code}"
    return say(word) if word in PHRASES else code


def _money(amount: Money) -> dict[str, Any]:
    return {"amount": amount.amount, "currency": amount.currency}


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "order_id": "0x" + grant.order_id.hex(),
        "chain_id": grant.chain_id,
        "contract": grant.license,
        **grant.place._asdict(),
        "transaction_hash": grant.transaction_hash,
        "block_number": grant.block_number,
        "starts_at": grant.starts_at,
        "ends_at": grant.ends_at,
    }
