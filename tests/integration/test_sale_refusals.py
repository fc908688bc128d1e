"""What carts, learners' batches and the verbs after the sale refuse, as one typed error each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.integration.fair import BUYER, PLAN, REFERRER, Fair
from tests.integration.settling import settle
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.authorization import sign_cart, sign_consent, sign_withdrawal
from zhifu.batch import BatchItem
from zhifu.deployment import DAY_SECONDS
from zhifu.direct import new_order, venue_of
from zhifu.exceptions import (
    AuthorizationUsed,
    DisputeExpired,
    DuplicateRequest,
    InsufficientBalance,
    InvalidInput,
    InvalidSignature,
    LicenseLocked,
    NoRefundRequest,
    NotInDispute,
    NotRefundable,
    OrderInDispute,
    RequestTooLate,
    SellingPaused,
    TooEarly,
    TopUpAboveLimit,
    WrongKey,
    WrongOperator,
    ZhifuError,
)
from zhifu.models import (
    DELAY_SECONDS,
    NO_SELLER,
    BatchOrder,
    CartPayment,
    Consent,
    DirectOrder,
    Publication,
    Role,
    Source,
    Terms,
)
from zhifu.settlement import Settlement

ARBITER = dev_signer(12)
KEY = dev_signer(13)
STRANGER = dev_signer(19)
EVIDENCE = b"\x11" * 32
MONTH_SECONDS = 30 * DAY_SECONDS
MONTHLY = 7


@dataclass
class Sale:
    """The fair with a direct order, an order of a batch, and a content by the month."""

    fair: Fair
    direct: DirectOrder
    batched: BatchOrder

    @property
    def settlement(self) -> Settlement:
        return self.fair.network.settlement

    def order(self, content: int = 1, **changes: object) -> DirectOrder:
        now = self.fair.network.chain.timestamp()
        order = new_order(self.fair.network, content, 1, BUYER.address, now=now)
        return replace(order, **changes)  # type: ignore[arg-type]

    def batch(self, *items: BatchItem, **how: object) -> list[BatchOrder]:
        operator = self.fair.operators[1]
        return settle(self.fair.network, 1, operator, items, **how)  # type: ignore[arg-type]

    def refuser(self, order: DirectOrder) -> object:
        return self.settlement.refuse_refund(self.fair.operators[order.seller], order)

    def resolve(self) -> object:
        return self.settlement.resolve_dispute(
            ARBITER, self.direct, to_refund=True, evidence=EVIDENCE
        )


@pytest.fixture
def sale(fair: Fair) -> Sale:
    network, operator = fair.network, fair.operators[1]
    network.token.mint(fair.admin, BUYER.address, 10**12)
    network.token.approve(BUYER, network.settlement.address, 10**12)
    network.settlement.deposit(BUYER, accounts.of_address(BUYER.address), 10**9)
    network.registry.nominate(fair.admin, Role.ARBITER, ARBITER.address)
    network.settlement.set_top_up_limit(operator, 1, 10**9)
    network.license.publish(
        operator, [Publication("monthly", 500, 0, PLAN, Terms(MONTH_SECONDS, True))]
    )
    window = 14 * DAY_SECONDS
    soon = (network.chain.timestamp() + DELAY_SECONDS) // window + 1
    # The first day of an epoch, so that a window is far from its end.
    fair.anvil.set_next_block_timestamp(soon * window)
    network.registry.accept_role(ARBITER, Role.ARBITER)
    network.settlement.top_up(operator, [1], [10**8])
    now = network.chain.timestamp()
    order = new_order(network, 1, 1, BUYER.address, now=now)
    network.settlement.buy(BUYER, order)
    (batched,) = settle(network, 1, operator, [BatchItem(1, 2)])
    return Sale(fair, order, batched)


def paused(sale: Sale) -> object:
    sale.settlement.pause(sale.fair.admin)
    return sale.settlement.buy(BUYER, sale.order())


def cart_of_another(sale: Sale) -> object:
    orders = [sale.order(), sale.order(buyer=STRANGER.address)]
    return sale.settlement.buy_cart(BUYER, orders, CartPayment(Source.TOKENS))


def cart_signed_for_another_source(sale: Sale) -> object:
    orders, venue = [sale.order()], venue_of(sale.fair.network)
    signature = sign_cart(BUYER, Source.BALANCE, orders, venue)
    payment = CartPayment(Source.TOKENS, signature)
    return sale.settlement.buy_cart(STRANGER, orders, payment)


def consent(sale: Sale, content: int = 1) -> Consent:
    """The learner 3's, whose key is bound."""
    network = sale.fair.network
    network.registry.bind_key(sale.fair.operators[1], 3, KEY.address)
    return sign_consent(
        KEY,
        venue_of(network),
        content=content,
        seller=1,
        learner=3,
        from_learner=False,
        max_price=10**9,
        deadline=2**40,
        nonce=5,
    )


def consents_too_few(sale: Sale) -> object:
    return sale.batch(BatchItem(1, 3), BatchItem(1, 4), consents=[consent(sale)])


def consent_to_something_else(sale: Sale) -> object:
    return sale.batch(BatchItem(1, 3), consents=[consent(sale, content=2)])


def consent_given_twice(sale: Sale) -> object:
    given = consent(sale)
    sale.batch(BatchItem(1, 3), consents=[given])
    return sale.batch(BatchItem(1, 3), consents=[given])


def withdrawal_sent_twice(sale: Sale) -> object:
    signed = sign_withdrawal(
        BUYER,
        venue_of(sale.fair.network),
        to=BUYER.address,
        amount=5,
        deadline=2**40,
        nonce=1,
    )
    sale.settlement.withdraw_signed(STRANGER, signed)
    return sale.settlement.withdraw_signed(STRANGER, signed)


def taken_over_too_early(sale: Sale) -> object:
    sale.settlement.offer_account(sale.fair.operators[1], 1, 1, KEY.address)
    return sale.settlement.take_over(KEY, 1, 1)


def requested_twice(sale: Sale) -> object:
    sale.settlement.request_refund(BUYER, sale.direct)
    return sale.settlement.request_refund(BUYER, sale.direct)


def requested_late(sale: Sale) -> object:
    sale.fair.pass_days(22)
    return sale.settlement.request_refund(BUYER, sale.direct)


def refunded_before_the_answer(sale: Sale) -> object:
    sale.settlement.request_refund(BUYER, sale.direct)
    return sale.settlement.refund_unanswered(BUYER, sale.direct)


def refunded_after_a_refusal(sale: Sale) -> object:
    sale.settlement.request_refund(BUYER, sale.direct)
    sale.refuser(sale.direct)
    sale.fair.pass_days(8)
    return sale.settlement.refund_unanswered(BUYER, sale.direct)


def disputed(sale: Sale) -> None:
    sale.settlement.open_dispute(BUYER, sale.direct, EVIDENCE)


def refunded_in_dispute(sale: Sale) -> object:
    disputed(sale)
    return sale.settlement.refund(sale.fair.operators[1], sale.direct)


def refunded_after_a_decision(sale: Sale) -> object:
    disputed(sale)
    sale.settlement.resolve_dispute(ARBITER, sale.direct, to_refund=False, evidence=EVIDENCE)
    return sale.settlement.refund(sale.fair.operators[1], sale.direct)


def decided_late(sale: Sale) -> object:
    disputed(sale)
    sale.fair.pass_days(15)
    return sale.resolve()


def closed_early(sale: Sale) -> object:
    disputed(sale)
    return sale.settlement.close_dispute(STRANGER, sale.direct)


def moved_while_locked(sale: Sale) -> object:
    sale.fair.network.license.claim(BUYER, sale.direct)
    order_id = int.from_bytes(sale.settlement.order_id_of(sale.direct), "big")
    return sale.fair.network.license.transact(
        BUYER, "safeTransferFrom", BUYER.address, STRANGER.address, order_id, 1, b""
    )


def settled(sale: Sale, number: int, day: int, debit: int, words: list[int]) -> object:
    today = sale.fair.network.chain.timestamp() // DAY_SECONDS
    arguments = (number, today + day, debit, words)
    return sale.settlement.transact(sale.fair.operators[1], "settle", *arguments)


ONE_ORDER = 1 << 224 | 1 << 192
Refused = Callable[[Sale], object]
REFUSED: dict[str, tuple[Refused, type[ZhifuError], str]] = {
    "sale while paused": (paused, SellingPaused, "network"),
    "pause by a stranger": (lambda sale: sale.settlement.pause(STRANGER), WrongKey, "key"),
    "start of a licence for ever": (
        lambda sale: sale.settlement.buy(BUYER, sale.order(starts_at=1)),
        InvalidInput,
        "starts_at",
    ),
    "start too far away": (
        lambda sale: sale.settlement.buy(BUYER, sale.order(MONTHLY, starts_at=2**40)),
        InvalidInput,
        "starts_at",
    ),
    "referrer without a seller": (
        lambda sale: sale.settlement.buy(
            BUYER, sale.order(seller=NO_SELLER, referrer=REFERRER.address)
        ),
        InvalidInput,
        "referrer",
    ),
    "empty cart": (
        lambda sale: sale.settlement.buy_cart(BUYER, [], CartPayment(Source.TOKENS)),
        InvalidInput,
        "orders",
    ),
    "cart of two buyers": (cart_of_another, InvalidInput, "buyer"),
    "cart signed for another source": (
        cart_signed_for_another_source,
        InvalidSignature,
        "signature",
    ),
    "too few consents": (consents_too_few, InvalidInput, "consents"),
    "consent to something else": (consent_to_something_else, InvalidSignature, "signature"),
    "consent given twice": (consent_given_twice, AuthorizationUsed, "authorization"),
    "learner without money": (
        lambda sale: sale.batch(BatchItem(1, 9), from_learners=True),
        InsufficientBalance,
        "balance",
    ),
    "withdrawal sent twice": (withdrawal_sent_twice, AuthorizationUsed, "authorization"),
    "top-up above the limit": (
        lambda sale: sale.settlement.top_up(sale.fair.operators[1], [1], [10**9]),
        TopUpAboveLimit,
        "amount",
    ),
    "top-ups of other length": (
        lambda sale: sale.settlement.top_up(sale.fair.operators[1], [1, 2], [1]),
        InvalidInput,
        "amounts",
    ),
    "account taken over too early": (taken_over_too_early, TooEarly, "time"),
    "account taken over by a stranger": (
        lambda sale: sale.settlement.take_over(STRANGER, 1, 1),
        WrongKey,
        "key",
    ),
    "refund of more than is left": (
        lambda sale: sale.settlement.refund_part(sale.fair.operators[1], sale.direct, 10**9),
        InvalidInput,
        "amount",
    ),
    "part refund by another host": (
        lambda sale: sale.settlement.refund_part(sale.fair.operators[2], sale.direct, 1),
        WrongOperator,
        "operator",
    ),
    "refund requested twice": (requested_twice, DuplicateRequest, "order"),
    "refund requested late": (requested_late, RequestTooLate, "order"),
    "refund of a platform's order requested": (
        lambda sale: sale.settlement.request_batch_refund(STRANGER, sale.batched),
        NotRefundable,
        "order",
    ),
    "refusal of nothing": (lambda sale: sale.refuser(sale.direct), NoRefundRequest, "order"),
    "refund before the answer": (refunded_before_the_answer, TooEarly, "time"),
    "refund after a refusal": (refunded_after_a_refusal, NoRefundRequest, "order"),
    "refund in dispute": (refunded_in_dispute, OrderInDispute, "order"),
    "refund after a decision": (refunded_after_a_decision, NotRefundable, "order"),
    "dispute by a stranger": (
        lambda sale: sale.settlement.open_dispute(STRANGER, sale.direct, EVIDENCE),
        WrongKey,
        "key",
    ),
    "decision about nothing": (lambda sale: sale.resolve(), NotInDispute, "order"),
    "late decision": (decided_late, DisputeExpired, "dispute"),
    "early end of a dispute": (closed_early, TooEarly, "time"),
    "part refund without a proof": (
        lambda sale: sale.settlement.refund_batch_part(
            sale.fair.operators[1], replace(sale.batched, leaf=1), 1
        ),
        InvalidInput,
        "proof",
    ),
    "locked licence": (moved_while_locked, LicenseLocked, "licence"),
    "sale day of last week": (
        lambda sale: settled(sale, 2, -7, 10**9, [ONE_ORDER]),
        InvalidInput,
        "sale_day",
    ),
    "debit above the maximum": (
        lambda sale: settled(sale, 2, 0, 1, [ONE_ORDER]),
        InvalidInput,
        "max_debit",
    ),
    "batch of nothing": (lambda sale: settled(sale, 2, 0, 1, []), InvalidInput, "words"),
    "word without a learner": (
        lambda sale: settled(sale, 2, 0, 1, [1 << 224]),
        InvalidInput,
        "words",
    ),
    "window of a minute": (
        lambda sale: sale.settlement.add_window(sale.fair.admin, 60),
        InvalidInput,
        "window_seconds",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_typed_error(sale: Sale, case: str) -> None:
    refused, error, field = REFUSED[case]
    with pytest.raises(ZhifuError) as raised:
        refused(sale)
    assert type(raised.value) is error
    assert raised.value.field == field
    assert raised.value.rule.startswith("must ")
