"""SPEND-1 to SPEND-5: a learner's balance buys any content, and covers what it buys."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.integration.counter import HOUR, Counter
from tests.integration.fair import DEPOSIT, PRICES, Fair
from tests.integration.test_gateway_recover import Faulty
from zhifu.accounts import of_learner
from zhifu.anvil import dev_signer
from zhifu.exceptions import (
    ChainUnreachable,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidInput,
)
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.payments import OrderState, PaymentRequest, Problem, Purpose
from zhifu.providers.sandbox import SandboxProvider

CENT = 10_000


def load(fair: Fair, cents: int, learner: int = 1) -> None:
    """Put money on a learner's account on platform 1."""
    settlement, operator = fair.network.settlement, fair.operators[1]
    if settlement.top_up_limit_of(1)[0] == 0:
        settlement.set_top_up_limit(operator, 1, 10**12)
        fair.pass_days(3)
    settlement.top_up(operator, [learner], [cents * CENT])


def request(fair: Fair, contents: tuple[int, ...] = (1,), **changes: Any) -> PaymentRequest:
    named = {"provider_payment_id": "", "provider": "balance", **changes}
    return fair.request(contents=contents, **named)


def left(fair: Fair, learner: int = 1) -> int:
    """What a learner has on platform 1 on chain, in cents."""
    return fair.network.settlement.available_of(of_learner(1, learner)) // CENT


def test_a_balance_buys_contents_of_any_host(gateway: Gateway, fair: Fair) -> None:
    """SPEND-1"""
    load(fair, 10_000)
    payment = gateway.pay(request(fair, (1, 4)))
    assert gateway.learner_balance(1, 1).available == Money(10_000 - 4_900 - 2_500, "USD")
    before = fair.available(1)
    assert gateway.settle(1) is not None
    gateway.sync()
    assert {gateway.order(each.id).state for each in payment.orders} == {OrderState.CONFIRMED}
    assert (left(fair), fair.available(1)) == (2_600, before)
    assert gateway.learner_balance(1, 1).available == Money(2_600, "USD")
    assert gateway.may_use(1, 1)
    assert gateway.may_use(1, 4)
    with fair.outsider() as outsider:
        assert outsider.may_use(1, 4)


def test_what_is_not_covered_is_not_bought(gateway: Gateway, fair: Fair) -> None:
    """SPEND-2: beside all that was bought before, settled or not."""
    load(fair, 7_500)
    gateway.pay(request(fair, (1,)))
    with pytest.raises(InsufficientBalance) as refused:
        gateway.pay(request(fair, (3,)))
    assert refused.value.available == 2_600 * CENT
    gateway.pay(request(fair, (4,)))
    with pytest.raises(InsufficientBalance):
        gateway.pay(request(fair, (5, 2)))
    gateway.settle(1)
    with pytest.raises(InsufficientBalance):
        gateway.pay(request(fair, (5, 2)))
    gateway.pay(request(fair, (5,)))
    assert len(list(gateway.payments(1))) == 3


def test_several_at_once_spend_it_once(gateway: Gateway, fair: Fair) -> None:
    """SPEND-2"""
    load(fair, 5_000)
    outcomes = gateway.pay_many([request(fair, (1,)), request(fair, (4,)), request(fair, (5,))])
    assert [isinstance(each, InsufficientBalance) for each in outcomes] == [False, True, False]


def test_the_same_key_spends_once(gateway: Gateway, fair: Fair) -> None:
    """SPEND-1, PAY-2"""
    load(fair, 4_900)
    asked = request(fair, (1,))
    first = gateway.pay(asked)
    assert gateway.pay(asked).id == first.id
    with pytest.raises(IdempotencyConflict):
        gateway.pay(request(fair, (5,), idempotency_key=asked.idempotency_key))
    gateway.settle(1)
    assert gateway.pay(asked).id == first.id
    assert (gateway.settle(1), left(fair)) == (None, 0)


def test_a_request_that_makes_no_sense_is_refused(counter: Counter) -> None:
    """SPEND-1"""
    wrong = request(counter.fair, provider_payment_id="pi_1")
    with pytest.raises(InvalidInput, match="provider_payment_id"):
        counter.gateway.pay(wrong)
    with pytest.raises(InvalidInput, match="provider"):
        counter.gateway.checkout(request(counter.fair), counter.terms())
    top_up = counter.fair.request(
        contents=(),
        amount=Money(1, "USD"),
        provider="balance",
        purpose=Purpose.TOP_UP,
        provider_payment_id="",
    )
    with pytest.raises(InvalidInput, match="provider"):
        counter.gateway.pay(top_up)
    with pytest.raises(InvalidInput, match="providers"):
        Gateway.open(
            counter.fair.url("other"), counter.fair.network, {}, {"balance": SandboxProvider()}
        )


def test_a_batch_is_paid_by_one_kind_of_account(gateway: Gateway, fair: Fair) -> None:
    """SPEND-3"""
    load(fair, 5_000)
    before = fair.available(1)
    for asked in (fair.request(contents=(3,)), request(fair, (1,)), fair.request(contents=(4,))):
        gateway.pay(asked)
    settled = [gateway.settle(1), gateway.settle(1), gateway.settle(1)]
    assert [batch and (batch.number, batch.orders) for batch in settled] == [(1, 2), (2, 1), None]
    assert before - fair.available(1) == (PRICES[3] + PRICES[4]) * CENT
    assert left(fair) == 100
    assert gateway.may_use(1, 1)
    assert gateway.may_use(1, 3)


@pytest.mark.parametrize("point", ["after signing", "after sending", "looking it up"])
def test_a_lost_reply_settles_it_once(fair: Fair, point: str) -> None:
    """SPEND-1, INV-7"""
    load(fair, 9_800)
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as broken:
        broken.pay(request(fair, (1,)))
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        with suppress(ChainUnreachable):
            broken.settle(1)
    with fair.gateway() as gateway:
        gateway.recover(1)
        gateway.settle(1)
        assert left(fair) == 4_900
        assert gateway.may_use(1, 1)


def test_a_refund_comes_back_to_the_account(gateway: Gateway, fair: Fair) -> None:
    """SPEND-4: whether it was settled or not."""
    load(fair, 7_500)
    settled, waiting = gateway.pay(request(fair, (1,))), None
    gateway.settle(1)
    waiting = gateway.pay(request(fair, (4,)))
    before = fair.available(1)
    for payment in (settled, waiting):
        (order,) = payment.orders
        assert gateway.refund(order.id).state is OrderState.REFUNDED
    assert (left(fair), fair.available(1)) == (7_500, before)
    assert gateway.learner_balance(1, 1).available == Money(7_500, "USD")
    assert (gateway.settle(1), gateway.may_use(1, 1)) == (None, False)


def test_a_balance_that_is_gone_holds_up_nobody_else(counter: Counter) -> None:
    """SPEND-5: its learner's key has taken it over."""
    fair, gateway, key = counter.fair, counter.gateway, dev_signer(8)
    load(fair, 7_500)
    load(fair, 5_000, learner=2)
    gone = gateway.pay(request(fair, (1,)))
    fine = gateway.pay(request(fair, (1,), learner=2))
    fair.network.settlement.offer_account(fair.operators[1], 1, 1, key.address)
    fair.pass_days(3)
    fair.network.settlement.take_over(key, 1, 1)
    batch = gateway.settle(1)
    assert batch is not None
    assert batch.orders == 1
    assert gateway.may_use(2, 1)
    (out,) = gateway.left_out(1)
    assert (out.id, out.problem) == (gone.orders[0].id, Problem.BALANCE_GONE)
    assert gateway.order(fine.orders[0].id).state is not OrderState.PAID
    assert gateway.settle(1) is None
    counter.now += HOUR
    (refunded,) = gateway.refund_left_out(1, HOUR)
    assert (refunded.id, refunded.state) == (out.id, OrderState.REFUNDED)
    assert (left(fair), left(fair, 2), fair.available(1)) == (0, 100, DEPOSIT - 12_500 * CENT)


def test_restored_books_adopt_what_balances_paid(fair: Fair) -> None:
    """RESTORE-2: and take no order that the platform's own balance was to pay."""
    load(fair, 5_000)
    with fair.gateway(1) as gateway:
        fiat = gateway.pay(fair.request(contents=(1,)))
        spent = gateway.pay(request(fair, (1,)))
    assert fair.databases is not None
    fair.databases.copy("gateway", "restored")
    with fair.gateway(1) as gateway:
        gateway.refund(fiat.orders[0].id)
        gateway.settle(1)
    with fair.gateway(1, database="restored") as restored:
        (adopted,) = restored.adopt(1)
        assert (adopted.matched, adopted.unmatched) == (1, ())
        assert restored.order(spent.orders[0].id).batch is not None
        assert restored.order(fiat.orders[0].id).batch is None


def test_the_database_mixes_no_payers(gateway: Gateway, fair: Fair) -> None:
    """SPEND-3"""
    load(fair, 5_000)
    gateway.pay(fair.request(contents=(3,)))
    gateway.settle(1)
    gateway.pay(request(fair, (1,)))
    ((waiting,),) = fair.rows("SELECT order_id FROM waiting")
    ((batch,),) = fair.rows("SELECT id FROM batches")
    with pytest.raises(Exception, match="only a waiting order goes into a batch"):
        fair.rows(f"INSERT INTO batch_orders VALUES ({batch}, 9, {waiting}, 0)")
