"""SUB-8, SUB-10: what counts as final, and what is done if it was not."""

from __future__ import annotations

import pytest

from tests.integration import purse
from tests.integration.counter import Counter
from tests.integration.fair import DEPOSIT, Fair
from tests.integration.test_acts import ACTS, Asked
from tests.integration.test_gateway_recover import assert_settled_once, sell
from zhifu.exceptions import InvalidInput
from zhifu.finality import Finality
from zhifu.gateway import Gateway
from zhifu.payments import BatchState, OrderState, TopUpState


@pytest.mark.parametrize(("chain_id", "blocks"), [(31_337, 0), (1_337, 0), (1, 64), (4_242, 64)])
def test_off_development_chains_a_block_is_not_final_at_once(chain_id: int, blocks: int) -> None:
    """SUB-8."""
    assert Finality.usual(chain_id) == Finality(blocks)


@pytest.mark.parametrize("rule", [-1, True, "latest", 1.5])
def test_a_rule_is_a_number_of_blocks_or_a_tag(rule: int | str) -> None:
    """SUB-8."""
    with pytest.raises(InvalidInput):
        Finality(rule)


def confirmed(fair: Fair, gateway: Gateway) -> str:
    """Settle orders, which count as confirmed; the snapshot before."""
    sell(gateway, fair)
    before = fair.anvil.snapshot()
    gateway.settle(1)
    gateway.sync()
    assert [batch.state for batch in gateway.batches(1)] == [BatchState.CONFIRMED]
    return before


@pytest.mark.parametrize(("over", "instead"), [(0, 3), (50, 60), (60, 55)])
def test_a_confirmed_batch_that_is_reorganised_away_goes_out_again(
    fair: Fair, over: int, instead: int
) -> None:
    """SUB-10: orders that count as settled are settled, and their lane goes on."""
    with fair.gateway() as gateway:
        before = confirmed(fair, gateway)
        fair.anvil.mine(over)
        gateway.sync()
        fair.anvil.revert(before)
        fair.anvil.mine(instead)
        gateway.sync()
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SUBMITTED]
        assert fair.available(1) == DEPOSIT
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert_settled_once(fair, gateway)
        order = next(gateway.payments(1)).orders[0]
        told = [change.state for change in gateway.history(order.id)]
        assert told[-4:] == ["confirmed", "submitted", "settled", "confirmed"]
        gateway.pay(fair.request())
        assert gateway.settle(1) is not None


def test_a_confirmed_batch_on_a_chain_that_became_shorter_goes_out_again(fair: Fair) -> None:
    """SUB-10."""
    with fair.gateway() as gateway:
        before = confirmed(fair, gateway)
        fair.anvil.revert(before)
        (batch,) = gateway.recover()
        assert (batch.number, batch.state) == (1, BatchState.SETTLED)
        assert_settled_once(fair, gateway)


def test_a_gateway_that_was_away_sees_what_was_reorganised_away_meanwhile(fair: Fair) -> None:
    """SUB-10."""
    with fair.gateway() as gateway:
        before = confirmed(fair, gateway)
    fair.anvil.revert(before)
    fair.anvil.mine(200)
    with fair.gateway() as gateway:
        gateway.recover()
        assert_settled_once(fair, gateway)


@pytest.mark.parametrize("over", [0, 60])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_act_that_counted_as_confirmed_and_is_gone_is_done_again(
    fair: Fair, act: Asked, over: int
) -> None:
    """SUB-10: whatever it is, and once."""
    with fair.gateway() as gateway:
        before = fair.anvil.snapshot()
        act.ask(gateway)
        gateway.sync()
        assert fair.rows("SELECT state FROM acts") == [("confirmed",)]
        fair.anvil.mine(over)
        gateway.sync()
        fair.anvil.revert(before)
        fair.anvil.mine(over + 5)
        gateway.sync()
        assert fair.rows("SELECT state FROM acts") == [("submitted",)]
        gateway.recover()
        gateway.sync()
        assert fair.rows("SELECT state FROM acts") == [("confirmed",)]
        assert act.done(fair) == 1


def test_a_top_up_that_counted_as_confirmed_and_is_gone_is_made_again(counter: Counter) -> None:
    """SUB-10, TOPUP-5: the learner has what the books say."""
    purse.allow(counter.fair)
    made = purse.paid(counter)
    before = counter.fair.anvil.snapshot()
    counter.gateway.follow_top_ups(1)
    counter.gateway.sync()
    assert counter.gateway.top_up(made.payment.id).state is TopUpState.CONFIRMED
    counter.fair.anvil.revert(before)
    counter.fair.anvil.mine(5)
    counter.gateway.sync()
    assert counter.gateway.top_up(made.payment.id).state is TopUpState.SUBMITTED
    assert purse.on_account(counter.fair) == 0
    counter.gateway.recover(1)
    assert purse.on_account(counter.fair) == 1_000


def test_what_settles_again_by_itself_stays_confirmed(fair: Fair) -> None:
    """SUB-10: the block is another one, the batch is the same."""
    with fair.gateway() as gateway:
        confirmed(fair, gateway)
        order = next(gateway.payments(1)).orders[0].id
        fair.anvil.rpc.call("anvil_reorg", 1, [])
        gateway.sync()
        gateway.recover()
        gateway.sync()
        assert gateway.order(order).state is OrderState.CONFIRMED
        assert_settled_once(fair, gateway)
