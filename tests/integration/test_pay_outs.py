"""PAYOUT-1 to PAYOUT-6: a learner is paid out what the learner's account has, once."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.integration.counter import Counter, charge_back, name, open_counter, paid
from tests.integration.fair import DEPOSIT, Fair
from tests.integration.purse import TEN, allow, on_account
from tests.integration.purse import paid as topped_up
from tests.integration.test_gateway_recover import Crash, Faulty
from tests.integration.test_spending import load
from tests.integration.test_spending import request as from_balance
from zhifu.anvil import dev_signer
from zhifu.checkouts import OpenCheckout
from zhifu.exceptions import (
    ChainUnreachable,
    CurrencyMismatch,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidInput,
    NotRefundable,
    PayOutNotByHand,
    TopUpAboveLimit,
    UnknownPayOut,
    ZhifuError,
)
from zhifu.money import Money
from zhifu.operators import appoint
from zhifu.paybackbook import PaybackState, Reason
from zhifu.payments import OrderState, TopUpState
from zhifu.payoutbook import PayOut

CENT = 10_000


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def filled(counter: Counter, cents: int = 1_000) -> OpenCheckout:
    """A top-up that is on learner 1's account."""
    made = topped_up(counter, amount=usd(cents))
    assert counter.gateway.follow_top_ups(1) == 1
    counter.gateway.sync()
    return made


def finish(counter: Counter) -> None:
    """What a worker does for pay-outs."""
    counter.gateway.recover(1)
    counter.gateway.follow_pay_outs(1)
    counter.gateway.pay_back()


def now(counter: Counter, pay_out: PayOut) -> PayOut:
    return counter.gateway.pay_out_record(1, pay_out.id)


def test_a_pay_out_goes_back_through_the_top_up(counter: Counter) -> None:
    """PAYOUT-1, PAYOUT-3"""
    allow(counter.fair)
    made = filled(counter)
    pay_out = counter.gateway.pay_out(1, 1, usd(400), "out-1")
    assert (on_account(counter.fair), counter.fair.available(1)) == (600, DEPOSIT - 600 * CENT)
    assert counter.provider.refunded(name(made)).amount == 0
    finish(counter)
    assert counter.provider.refunded(name(made)) == usd(400)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert (payback.reason, payback.state) == (Reason.PAID_OUT, PaybackState.PAID_BACK)
    assert now(counter, pay_out).state == "paid_out"
    assert counter.gateway.pay_outs(1) == [now(counter, pay_out)]
    told = [each.state for each in counter.gateway.pay_out_history(1, pay_out.id)]
    assert told == ["stored", "submitted", "settled", "confirmed", "returning", "paid_out"]
    events = counter.fair.rows(
        "SELECT history, state FROM events WHERE history IN ('pay_out', 'payback') ORDER BY number"
    )
    assert events == [
        ("pay_out", "settled"),
        ("pay_out", "confirmed"),
        ("payback", "payback_pending"),
        ("pay_out", "returning"),
        ("payback", "paid_back"),
        ("pay_out", "paid_out"),
    ]


def test_the_same_key_pays_out_once(counter: Counter) -> None:
    """PAYOUT-1"""
    allow(counter.fair)
    made = filled(counter)
    first = counter.gateway.pay_out(1, 1, usd(400), "out-1")
    assert counter.gateway.pay_out(1, 1, usd(400), "out-1").id == first.id
    for other in ((1, usd(401)), (2, usd(400))):
        with pytest.raises(IdempotencyConflict):
            counter.gateway.pay_out(1, *other, "out-1")
    for _ in range(2):
        finish(counter)
    assert (on_account(counter.fair), counter.provider.refunded(name(made))) == (600, usd(400))


def test_a_pay_out_that_makes_no_sense_is_refused(counter: Counter) -> None:
    """PAYOUT-1: and leaves nothing behind."""
    gateway = counter.gateway
    with pytest.raises(InvalidInput, match="amount"):
        gateway.pay_out(1, 1, usd(0), "out-1")
    with pytest.raises(InvalidInput, match="learner"):
        gateway.pay_out(1, 0, usd(1), "out-1")
    with pytest.raises(CurrencyMismatch):
        gateway.pay_out(1, 1, Money(1, "EUR"), "out-1")
    with pytest.raises(InsufficientBalance):
        gateway.pay_out(1, 1, usd(1), "out-1")
    with pytest.raises(UnknownPayOut):
        gateway.pay_out_record(1, "out_0000000000000001")
    assert gateway.pay_outs(1) == []


def test_what_is_spent_is_not_paid_out_and_the_other_way_round(counter: Counter) -> None:
    """PAYOUT-2, SPEND-2"""
    load(counter.fair, 5_000)
    counter.gateway.pay(from_balance(counter.fair))
    with pytest.raises(InsufficientBalance) as refused:
        counter.gateway.pay_out(1, 1, usd(101), "out-1")
    assert refused.value.available == 100 * CENT
    counter.gateway.pay_out(1, 1, usd(100), "out-1")
    assert counter.gateway.learner_balance(1, 1).available == usd(0)
    assert counter.gateway.settle(1) is not None
    with pytest.raises(InsufficientBalance):
        counter.gateway.pay(from_balance(counter.fair, (2,)))


def test_what_the_chain_has_not_taken_yet_is_not_spent(fair: Fair) -> None:
    """PAYOUT-2"""
    load(fair, 5_000)
    faulty = Faulty(fair.anvil.rpc_url)
    with fair.gateway(network=fair.same_chain(faulty)) as broken:
        faulty.point = "before sending"
        with pytest.raises(Crash):
            broken.pay_out(1, 1, usd(200), "out-1")
    with fair.gateway() as gateway:
        with pytest.raises(InsufficientBalance):
            gateway.pay(from_balance(fair))
        gateway.recover(1)
        assert gateway.learner_balance(1, 1).available == usd(4_800)


def test_a_refused_pay_out_is_not_made_anew_of_what_was_spent_meanwhile(fair: Fair) -> None:
    """PAYOUT-2"""
    settlement, other = fair.network.settlement, dev_signer(8)
    appoint(fair.network.registry, fair.operators[1], 1, other)
    load(fair, 5_000)
    faulty = Faulty(fair.anvil.rpc_url)
    faulty.learn_errors(settlement.artifact.abi)
    with fair.gateway(1, network=fair.same_chain(faulty)) as gateway:
        faulty.point = "before sending"
        with pytest.raises(Crash):
            gateway.pay_out(1, 1, usd(400), "out-1")
        settlement.pay_out(other, 1, [1], [5_000 * CENT])
        with pytest.raises(InsufficientBalance):
            gateway.pay_out(1, 1, usd(400), "out-1")
        (refused,) = gateway.pay_outs(1)
        assert refused.state == "refused"
        load(fair, 5_000)
        gateway.pay(from_balance(fair))
        with pytest.raises(InsufficientBalance):
            gateway.pay_out(1, 1, usd(400), "out-1")
        assert gateway.pay_outs(1) == [refused]
        assert gateway.settle(1) is not None
        load(fair, 5_000)
        again = gateway.pay_out(1, 1, usd(400), "out-1")
        assert (again.id, again.state) == (refused.id, "settled")


def test_it_goes_back_through_the_latest_first_and_the_rest_by_hand(counter: Counter) -> None:
    """PAYOUT-3, PAYOUT-4"""
    load(counter.fair, 100)
    first, second = filled(counter, 300), filled(counter, 500)
    counter.gateway.pay_out(1, 1, usd(600), "out-1")
    finish(counter)
    refunded = counter.provider.refunded
    assert (refunded(name(first)), refunded(name(second))) == (usd(100), usd(500))
    pay_out = counter.gateway.pay_out(1, 1, usd(300), "out-2")
    with pytest.raises(PayOutNotByHand):
        counter.gateway.paid_out_by_hand(1, pay_out.id, "cash")
    finish(counter)
    assert refunded(name(first)) == usd(300)
    found = now(counter, pay_out)
    assert (found.state, found.by_hand) == ("returning", usd(100))
    for wrong in ("", " "):
        with pytest.raises(InvalidInput):
            counter.gateway.paid_out_by_hand(1, pay_out.id, wrong)
    with pytest.raises(UnknownPayOut):
        counter.gateway.paid_out_by_hand(2, pay_out.id, "cash")
    done = counter.gateway.paid_out_by_hand(1, pay_out.id, "cash")
    assert (done.state, done.detail) == ("paid_out", "cash")
    assert counter.gateway.paid_out_by_hand(1, pay_out.id, "cash") == done
    with pytest.raises(PayOutNotByHand):
        counter.gateway.paid_out_by_hand(1, pay_out.id, "cash again")


def test_what_was_refunded_to_the_balance_goes_back_where_it_was_paid(counter: Counter) -> None:
    """PAYOUT-3"""
    allow(counter.fair)
    made = counter.checkout()
    counter.provider.confirm(name(made))
    counter.now += 10
    counter.gateway.inquire()
    counter.gateway.refund(made.payment.orders[0].id, to="balance")
    pay_out = counter.gateway.pay_out(1, 1, usd(4_900), "out-1")
    finish(counter)
    assert counter.provider.refunded(name(made)) == usd(4_900)
    assert now(counter, pay_out).state == "paid_out"
    assert counter.fair.available(1) == DEPOSIT


def test_what_a_person_returned_otherwise_takes_no_pay_out_back(counter: Counter) -> None:
    """PAYOUT-3, CREDIT-3: it never got to the balance."""
    made = paid(counter)
    with pytest.raises(TopUpAboveLimit):
        counter.gateway.refund(made.payment.orders[0].id, to="balance")
    counter.gateway.returned(counter.gateway.refund_of(made.payment.orders[0].id).id, "cash")
    load(counter.fair, 1_000)
    pay_out = counter.gateway.pay_out(1, 1, usd(1_000), "out-1")
    finish(counter)
    assert counter.provider.refunded(name(made)).amount == 0
    assert now(counter, pay_out).by_hand == usd(1_000)


POINTS = ("before sending", "after sending", "before the receipt", "looking it up")


@pytest.mark.parametrize("point", POINTS)
def test_a_lost_reply_pays_out_once(counter: Counter, point: str) -> None:
    """PAYOUT-1, SUB-3"""
    allow(counter.fair)
    made = filled(counter)
    faulty = Faulty(counter.fair.anvil.rpc_url)
    with counter.fair.gateway(network=counter.fair.same_chain(faulty)) as broken:
        faulty.point, faulty.error = point, ChainUnreachable("http://node", "timed out")
        with suppress(ChainUnreachable):
            broken.pay_out(1, 1, TEN, "out-1")
    pay_out = counter.gateway.pay_out(1, 1, TEN, "out-1")
    finish(counter)
    assert (on_account(counter.fair), counter.provider.refunded(name(made))) == (0, TEN)
    assert now(counter, pay_out).state == "paid_out"


def test_no_fiat_goes_back_before_the_debit_is_final(fair: Fair) -> None:
    """PAYOUT-3, SUB-8"""
    with open_counter(fair, confirmations=2) as counter:
        allow(counter.fair)
        made = filled(counter)
        before = fair.anvil.snapshot()
        pay_out = counter.gateway.pay_out(1, 1, TEN, "out-1")
        finish(counter)
        assert (now(counter, pay_out).state, counter.provider.refunded(name(made)).amount) == (
            "settled",
            0,
        )
        fair.anvil.revert(before)
        finish(counter)
        assert on_account(counter.fair) == 0
        fair.anvil.mine(3)
        counter.gateway.sync()
        finish(counter)
        assert now(counter, pay_out).state == "paid_out"
        assert counter.provider.refunded(name(made)) == TEN


def test_what_a_bank_has_goes_back_by_hand(counter: Counter) -> None:
    """PAYOUT-5: the platform decides whether the learner gets it twice."""
    allow(counter.fair)
    made = filled(counter)
    charge_back(counter, made, usd(300))
    pay_out = counter.gateway.pay_out(1, 1, TEN, "out-1")
    finish(counter)
    assert counter.provider.refunded(name(made)) == usd(700)
    assert now(counter, pay_out).by_hand == usd(300)


def test_a_silent_provider_is_asked_again_and_one_that_refuses_is_told(counter: Counter) -> None:
    """PAYOUT-5, PAY-17"""
    allow(counter.fair)
    made = filled(counter)
    pay_out = counter.gateway.pay_out(1, 1, TEN, "out-1")
    with counter.provider.silence():
        finish(counter)
    assert now(counter, pay_out).state == "returning"
    charge_back(counter, made)
    finish(counter)
    (payback,) = counter.gateway.paybacks(made.payment.id)
    assert payback.state is PaybackState.FAILED
    counter.gateway.paid_back_by_hand(1, payback.id, "the bank has returned it")
    assert now(counter, pay_out).state == "paid_out"


def test_the_database_pays_out_no_more_than_came_in(counter: Counter) -> None:
    """PAYOUT-6"""
    allow(counter.fair)
    filled(counter)
    counter.gateway.pay_out(1, 1, TEN, "out-1")
    counter.gateway.sync()
    put = (
        "INSERT INTO paybacks (id, payment_id, reason, payout_id, amount, currency, state,"
        " created_at, changed_at) SELECT 1, payment_id, 'paid_out', act_id, 1001, 'USD',"
        " 'payback_pending', 0, 0 FROM top_ups, payouts"
    )
    with pytest.raises(Exception, match="than it brought"):
        counter.fair.rows(put)
    with pytest.raises(Exception, match="cannot change like this"):
        counter.fair.rows("UPDATE payouts SET state = 'returning', by_hand = 999")


def test_what_was_just_refunded_to_the_balance_goes_back_too(fair: Fair) -> None:
    """PAYOUT-3: once it is final on the account, though the refund is not told as done yet."""
    allow(fair)
    with open_counter(fair, confirmations=2) as counter:
        made = paid(counter)
        counter.gateway.refund(made.payment.orders[0].id, to="balance")
        pay_out = counter.gateway.pay_out(1, 1, usd(4_900), "out-1")
        fair.anvil.mine(3)
        counter.gateway.sync()
        counter.gateway.follow_pay_outs(1)
        counter.gateway.pay_back()
        assert counter.order_state(made) is OrderState.REFUND_PENDING
        assert now(counter, pay_out).state == "paid_out"
        assert counter.provider.refunded(name(made)) == usd(4_900)
        counter.gateway.follow_refunds(1)
        assert counter.order_state(made) is OrderState.REFUNDED
        assert counter.provider.refunded(name(made)) == usd(4_900)


def test_what_may_be_reorganised_away_has_not_filled_the_balance(fair: Fair) -> None:
    """PAYOUT-3: a top-up takes nothing back before it is final on the account."""
    allow(fair)
    with open_counter(fair, confirmations=3) as counter:
        first = filled(counter)
        pay_out = counter.gateway.pay_out(1, 1, usd(400), "out-1")
        fair.anvil.mine(3)
        before = fair.anvil.snapshot()
        second = filled(counter)
        assert counter.gateway.top_up(second.payment.id).state is TopUpState.SETTLED
        counter.gateway.follow_pay_outs(1)
        counter.gateway.pay_back()
        assert now(counter, pay_out).state == "paid_out"
        refunded = counter.provider.refunded
        assert (refunded(name(first)), refunded(name(second)).amount) == (usd(400), 0)
        fair.anvil.revert(before)
        fair.anvil.mine(2)
        counter.gateway.sync()
        assert counter.gateway.top_up(second.payment.id).state is TopUpState.SUBMITTED


def test_what_a_bank_takes_of_a_top_up_that_is_not_final_is_lost(fair: Fair) -> None:
    """TOPUP-9: it goes to the account all the same."""
    allow(fair)
    with open_counter(fair, confirmations=3) as counter:
        made = filled(counter)
        assert counter.gateway.top_up(made.payment.id).state is TopUpState.SETTLED
        charge_back(counter, made, usd(300))
        counter.gateway.follow_chargebacks()
        (detail,) = fair.rows("SELECT detail FROM chargebacks")
        assert detail[0].endswith(f"the platform has lost {usd(300)}")


def test_what_was_paid_out_of_a_top_up_that_is_gone_stays_paid_out(fair: Fair) -> None:
    """PAYOUT-6, TOPUP-7: what is deeper than what counts as final is left to a person."""
    allow(fair)
    with open_counter(fair, confirmations=2) as counter:
        gateway, before = counter.gateway, fair.anvil.snapshot()
        made = filled(counter)
        fair.anvil.mine(3)
        gateway.sync()
        gateway.pay_out(1, 1, usd(400), "out-1")
        fair.anvil.mine(3)
        gateway.sync()
        gateway.follow_pay_outs(1)
        gateway.pay_back()
        assert counter.provider.refunded(name(made)) == usd(400)
        fair.anvil.revert(before)
        fair.network.settlement.set_top_up_limit(fair.operators[1], 1, 0)
        fair.anvil.mine(20)
        for _ in range(4):
            with suppress(ZhifuError):
                gateway.recover(1)
            fair.anvil.mine(3)
        assert gateway.top_up(made.payment.id).state is TopUpState.WAITING
        allow(fair)
        with suppress(ZhifuError):
            gateway.follow_top_ups(1)
        assert on_account(fair) == 0
        with pytest.raises(NotRefundable):
            gateway.refund_top_up(made.payment.id)
        gateway.top_up_returned(made.payment.id, "the rest in cash")
        assert gateway.top_up(made.payment.id).state is TopUpState.REFUNDED
        assert counter.provider.refunded(name(made)) == usd(400)
        assert fair.rows("SELECT lost FROM top_ups") == [(400,)]
