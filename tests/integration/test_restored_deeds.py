"""RESTORE-4 to RESTORE-6: restored books do nothing on chain again that it would take twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from tests.faults.dropped import Hasty
from tests.integration.fair import DEPOSIT, PRICES, Fair
from tests.integration.purse import CENT, TEN, allow, on_account
from tests.integration.test_restore import OTHER_KEY, back_up, restored
from zhifu.exceptions import TopUpAboveLimit, TransactionPending, UnrecordedDeed
from zhifu.gateway import Gateway
from zhifu.money import Money
from zhifu.operators import appoint
from zhifu.payments import Payment, PaymentRequest, Purpose, TopUpState

FIVE = Money(500, "USD")
ON_CHAIN = (TopUpState.SETTLED, TopUpState.CONFIRMED)


def top_up(fair: Fair, learner: int = 1) -> PaymentRequest:
    """A top-up of ten dollars that the learner has paid."""
    return fair.request(
        learner=learner,
        contents=(),
        purpose=Purpose.TOP_UP,
        amount=TEN,
        provider_payment_id=fair.provider.pay(TEN),
    )


def spent(fair: Fair) -> int:
    """What platform 1 has less than at first, in cents."""
    return (DEPOSIT - fair.available(1)) // CENT


@pytest.fixture
def topped_up(fair: Fair) -> Payment:
    """A top-up that the back-up has as paid; it was put on chain after that was made."""
    allow(fair)
    with fair.gateway(1) as gateway:
        payment = gateway.pay(top_up(fair))
    back_up(fair)
    with fair.gateway(1) as gateway:
        assert gateway.follow_top_ups(1) == 1
    return payment


def test_a_top_up_is_not_put_on_chain_again(fair: Fair, topped_up: Payment) -> None:
    """RESTORE-4: nor does its money go back; everything else goes on."""
    with restored(fair) as gateway:
        for _ in range(2):
            assert gateway.follow_top_ups(1) == 0
        assert gateway.top_up(topped_up.id).problem == UnrecordedDeed.code
        with pytest.raises(UnrecordedDeed) as raised:
            gateway.refund_top_up(topped_up.id)
        assert (raised.value.kind, raised.value.about) == ("top_up", "1")
        assert gateway.top_up(topped_up.id).state is TopUpState.WAITING
        gateway.pay(top_up(fair, learner=2))
        assert gateway.follow_top_ups(1) == 1
        gateway.pay(fair.request())
        assert gateway.settle(1) is not None
    assert fair.provider.refunded(topped_up.provider_payment_id or "").amount == 0
    assert (on_account(fair), on_account(fair, 2)) == (1_000, 1_000)


def test_a_top_up_is_adopted(fair: Fair, topped_up: Payment) -> None:
    """RESTORE-5"""
    with restored(fair) as gateway:
        gateway.follow_top_ups(1)
        (adopted,) = gateway.adopt_deeds(1)
        assert (adopted.deed.kind, adopted.matched) == ("top_up", True)
        assert gateway.adopt_deeds(1) == []
        assert gateway.top_up(topped_up.id).state in ON_CHAIN
        assert gateway.top_up(topped_up.id).transaction_hash == adopted.transaction_hash
        gateway.pay(top_up(fair))
        assert gateway.follow_top_ups(1) == 1
    assert on_account(fair) == 2_000


def test_an_adopted_top_up_that_the_chain_loses_goes_out_again(
    fair: Fair, topped_up: Payment
) -> None:
    """INV-7: as it was signed, so that it is done once."""
    with restored(fair) as gateway:
        gateway.adopt_deeds(1)
        fair.anvil.rpc.call("anvil_rollback", 1)
        assert on_account(fair) == 0
        gateway.sync()
        gateway.recover()
        assert gateway.top_up(topped_up.id).state in ON_CHAIN
    assert on_account(fair) == 1_000


def test_what_another_key_has_topped_up_is_not_again(fair: Fair) -> None:
    """RESTORE-4, RESTORE-5: whichever key it was."""
    allow(fair)
    with fair.gateway(1) as gateway:
        payment = gateway.pay(top_up(fair))
    back_up(fair)
    appoint(fair.network.registry, fair.operators[1], 1, OTHER_KEY)
    with replace(fair, operators={1: OTHER_KEY}).gateway(1) as gateway:
        assert gateway.follow_top_ups(1) == 1
    with restored(fair) as gateway:
        assert gateway.follow_top_ups(1) == 0
        assert [each.matched for each in gateway.adopt_deeds(1)] == [True]
        assert gateway.top_up(payment.id).state in ON_CHAIN
    assert on_account(fair) == 1_000


def test_of_top_ups_alike_as_many_are_done_as_the_chain_has(fair: Fair) -> None:
    """RESTORE-5"""
    allow(fair)
    with fair.gateway(1) as gateway:
        first, second = (gateway.pay(top_up(fair)) for _ in range(2))
    back_up(fair)
    fair.network.settlement.set_top_up_limit(fair.operators[1], 1, 1_500 * CENT)
    with fair.gateway(1) as gateway:
        assert gateway.follow_top_ups(1) == 1
    allow(fair)
    with restored(fair) as gateway:
        assert gateway.follow_top_ups(1) == 0
        assert [each.matched for each in gateway.adopt_deeds(1)] == [True]
        assert gateway.top_up(first.id).state in ON_CHAIN
        gateway.follow_top_ups(1)
        assert gateway.top_up(second.id).state in ON_CHAIN
    assert on_account(fair) == 2_000


@dataclass
class Asked:
    """Something that is asked for once all is prepared, and how often it was done."""

    prepare: Callable[[Fair, Gateway], str]
    ask: Callable[[Gateway, str], object]
    done: Callable[[Fair], int]


def settled_order(fair: Fair, gateway: Gateway) -> str:
    (order,) = gateway.pay(fair.request(contents=(3,))).orders
    gateway.settle(1)
    return order.id


def filled_account(fair: Fair, gateway: Gateway) -> str:
    gateway.pay(top_up(fair))
    gateway.follow_top_ups(1)
    return ""


def events(name: str) -> Callable[[Fair], int]:
    return lambda fair: sum(1 for _ in fair.network.settlement.events(name))


DEEDS = {
    "top_up": Asked(
        lambda fair, gateway: gateway.pay(top_up(fair)).id,
        lambda gateway, _: gateway.follow_top_ups(1),
        events("ToppedUp"),
    ),
    "credit": Asked(
        lambda fair, gateway: gateway.pay(fair.request()).orders[0].id,
        lambda gateway, order: gateway.refund(order, to="balance"),
        events("ToppedUp"),
    ),
    "refund_part": Asked(
        settled_order,
        lambda gateway, order: gateway.refund_part(order, FIVE, "part"),
        events("OrderPartRefunded"),
    ),
    "pay_out": Asked(
        filled_account,
        lambda gateway, _: gateway.pay_out(1, 1, FIVE, "out"),
        events("PaidOut"),
    ),
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_was_under_way_and_was_signed_again_later_is_done_once(fair: Fair, name: str) -> None:
    """RESTORE-4, RESTORE-5: the back-up has a transaction whose nonce another one has used."""
    deed = DEEDS[name]
    allow(fair)
    chain = Hasty(fair.anvil.rpc_url)
    network = fair.same_chain(chain)
    with fair.gateway(network=network) as gateway:
        subject = deed.prepare(fair, gateway)
        fair.anvil.set_automine(False)
        with suppress(TransactionPending):
            deed.ask(gateway, subject)
    back_up(fair)
    ((sent,),) = fair.rows(
        "SELECT hash FROM submissions JOIN operations ON operations.id = operation_id"
        " WHERE state = 'submitted'"
    )
    fair.anvil.rpc.call("anvil_dropTransaction", sent)
    fair.anvil.set_automine(True)
    # A part is given by the key of the content's host.
    key = fair.operators[2 if name == "refund_part" else 1]
    fair.network.chain.send(key, key.address, b"")
    with fair.gateway(network=network) as gateway:
        gateway.recover()
    before = deed.done(fair)
    with fair.gateway(network=network, database="restored") as gateway:
        with pytest.raises(UnrecordedDeed):
            gateway.recover()
        (adopted,) = gateway.adopt_deeds(1)
        assert adopted.matched
        gateway.recover()
        deed.ask(gateway, subject)
    chain.close()
    assert deed.done(fair) == before
    done = fair.rows("SELECT kind FROM operations", "restored")
    assert [kind for (kind,) in done].count(name) == 1


def test_a_refund_is_not_put_on_a_balance_again(fair: Fair) -> None:
    """RESTORE-4, RESTORE-5"""
    with fair.gateway(1) as gateway:
        (order,) = gateway.pay(fair.request(contents=(3,))).orders
        gateway.settle(1)
        with pytest.raises(TopUpAboveLimit):
            gateway.refund(order.id, to="balance")
    back_up(fair)
    allow(fair)
    with fair.gateway(1) as gateway:
        assert gateway.follow_refunds(1) == 1
    with restored(fair) as gateway:
        assert gateway.follow_refunds(1) == 0
        assert on_account(fair) == PRICES[3]
        (adopted,) = gateway.adopt_deeds(1)
        assert adopted.deed.kind == "top_up"
        gateway.follow_refunds(1)
        (refund,) = gateway.refunds(1)
        assert adopted.matched
        assert refund.state == "refunded"
    assert on_account(fair) == PRICES[3]


def test_a_part_is_not_given_back_again(fair: Fair) -> None:
    """RESTORE-4: though it is asked for under its old key, of which the books know nothing."""
    with fair.gateway() as gateway:
        order = settled_order(fair, gateway)
    back_up(fair)
    with fair.gateway() as gateway:
        gateway.refund_part(order, FIVE, "part")
    with fair.gateway(database="restored") as gateway:
        for _ in range(2):
            with pytest.raises(UnrecordedDeed) as raised:
                gateway.refund_part(order, FIVE, "part")
        assert raised.value.kind == "refund_part"
        assert gateway.refunds(1) == []
        gateway.refund_part(order, Money(1, "USD"), "another")
    assert events("OrderPartRefunded")(fair) == 2


@pytest.fixture
def paid_out(fair: Fair) -> Gateway:
    """Restored books whose back-up was made before a learner was paid out."""
    allow(fair)
    with fair.gateway(1) as gateway:
        gateway.pay(top_up(fair))
        gateway.follow_top_ups(1)
    back_up(fair)
    with fair.gateway(1) as gateway:
        gateway.pay_out(1, 1, FIVE, "out")
    return restored(fair)


def test_a_learner_is_not_paid_out_again(fair: Fair, paid_out: Gateway) -> None:
    """RESTORE-4"""
    with paid_out as gateway:
        for _ in range(2):
            with pytest.raises(UnrecordedDeed) as raised:
                gateway.pay_out(1, 1, FIVE, "out")
        assert raised.value.kind == "pay_out"
        assert gateway.pay_outs(1) == []
        gateway.pay_out(1, 1, Money(100, "USD"), "another")
    assert on_account(fair) == 400


def test_what_the_books_do_not_know_is_an_operators_to_judge(fair: Fair, paid_out: Gateway) -> None:
    """RESTORE-6: it is not done again by itself, and what is asked for anew is done."""
    with paid_out as gateway:
        with pytest.raises(UnrecordedDeed):
            gateway.adopt_deeds(1)
        (adopted,) = gateway.adopt_deeds(1, unmatched=True)
        assert (adopted.deed.kind, adopted.matched) == ("pay_out", False)
        assert gateway.adopt_deeds(1) == []
        gateway.pay_out(1, 1, FIVE, "anew")
    assert on_account(fair) == 0


def test_the_newest_back_up_goes_on(fair: Fair, topped_up: Payment) -> None:
    back_up(fair, "newest")
    with restored(fair, "newest") as gateway:
        assert gateway.adopt_deeds(1) == []
        gateway.pay(top_up(fair))
        assert gateway.follow_top_ups(1) == 1
    assert on_account(fair) == 2_000


def test_what_is_in_the_node_still_is_waited_for(fair: Fair, topped_up: Payment) -> None:
    """RESTORE-4: what the old gateway has sent may be included yet."""
    fair.anvil.set_automine(False)
    with fair.gateway(1) as old:
        payment = old.pay(top_up(fair, learner=2))
    back_up(fair, "later")
    chain = Hasty(fair.anvil.rpc_url)
    network = fair.same_chain(chain)
    with fair.gateway(1, network=network) as old:
        old.follow_top_ups(1)
    with fair.gateway(1, network=network, database="later") as gateway:
        assert gateway.follow_top_ups(1) == 0
        fair.anvil.mine()
        assert gateway.follow_top_ups(1) == 0
        assert [each.matched for each in gateway.adopt_deeds(1)] == [True]
        assert gateway.top_up(payment.id).state in ON_CHAIN
    fair.anvil.set_automine(True)
    chain.close()
    assert on_account(fair, 2) == 1_000
