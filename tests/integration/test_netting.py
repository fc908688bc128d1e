"""What platforms owe each other, on a real chain: sales, what goes back of them, and whose money
paid; windows of any size have every order once (NET-1, 2, 6, 7).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils.crypto import keccak

from tests.integration.fair import BUYER, PRICES, Fair
from tests.integration.settling import settle
from zhifu.anvil import dev_signer
from zhifu.authorization import sign_consent
from zhifu.batch import BatchItem
from zhifu.blocks import Block
from zhifu.chain import Chain
from zhifu.clearing import Clearing, clear, net
from zhifu.cutoffs import Closing, Cutoffs
from zhifu.direct import new_order, venue_of
from zhifu.exceptions import InconsistentNode, InvalidInput
from zhifu.finality import Finality
from zhifu.models import DELAY_SECONDS, BatchOrder, Role
from zhifu.netting import Flow

ARBITER = dev_signer(8)
LEARNER_KEY = dev_signer(9)
EVIDENCE = keccak(text="what was shown")
FINALITY = Finality(3)


@pytest.fixture(scope="module")
def court(opened_fair: Fair) -> Fair:
    """The fair with an arbiter, and top-ups allowed."""
    registry = opened_fair.network.registry
    registry.nominate(opened_fair.admin, Role.ARBITER, ARBITER.address)
    for platform, operator in opened_fair.operators.items():
        opened_fair.network.settlement.set_top_up_limit(operator, platform, 10**10)
    opened_fair.anvil.increase_time(DELAY_SECONDS)
    registry.accept_role(ARBITER, Role.ARBITER)
    return opened_fair


@pytest.fixture
def fair(court: Fair) -> Iterator[Fair]:
    snapshot = court.anvil.snapshot()
    yield court
    court.anvil.revert(snapshot)


def sell(fair: Fair, seller: int, *contents: int, from_learners: bool = False) -> list[BatchOrder]:
    """A batch of a platform with an order of each content, for learners from 1 on."""
    items = [BatchItem(content, learner) for learner, content in enumerate(contents, 1)]
    return settle(fair.network, seller, fair.operators[seller], items, from_learners=from_learners)


def revenue(content: int, amount: int | None = None) -> int:
    """What a host has of an amount (of the price): all but the commission of 20 %."""
    units = PRICES[content] * 10_000 if amount is None else amount
    return units - units * 2_000 // 10_000


def windows(fair: Fair, blocks: int) -> Clearing:
    cutoffs = Cutoffs(fair.network.deployment.first_block, blocks)
    return clear(fair.network, cutoffs, FINALITY)


def begin_window(fair: Fair, blocks: int) -> int:
    """Mine until the next block begins a window; its number."""
    cutoffs = Cutoffs(fair.network.deployment.first_block, blocks)
    following = cutoffs.window_of(fair.network.chain.block_number()) + 1
    fair.anvil.mine(cutoffs.first_block(following) - fair.network.chain.block_number() - 1)
    return following


def flows(fair: Fair) -> list[Flow]:
    return net(fair.network).flows


def test_a_seller_owes_the_host_the_price_less_the_commission(fair: Fair) -> None:
    """NET-6: its own contents make nobody owe anything."""
    sell(fair, 1, 1, 3, 3, 6)
    sell(fair, 2, 1)
    sell(fair, 3, 5, 5)
    assert flows(fair) == [
        Flow(1, 2, 2 * revenue(3)),
        Flow(1, 3, revenue(6)),
        Flow(2, 1, revenue(1)),
    ]
    assert net(fair.network).orders == 7


def test_a_refund_is_owed_back_in_the_window_it_happens_in(fair: Fair) -> None:
    """NET-1, NET-6: the window of the order stays as it was."""
    sale = begin_window(fair, 20)
    order, _ = sell(fair, 1, 3, 6)
    before = windows(fair, 20).windows[-1].netting
    back = begin_window(fair, 20)
    fair.network.settlement.refund_batch(fair.operators[1], order)
    found = {each.number: each.netting for each in windows(fair, 20).windows}
    assert found[sale].flows == before.flows == [Flow(1, 2, revenue(3)), Flow(1, 3, revenue(6))]
    assert found[back].flows == [Flow(2, 1, revenue(3))]
    assert (found[sale].orders, found[sale].refunds) == (2, 0)
    assert (found[back].orders, found[back].refunds) == (0, 1)


def test_parts_and_the_rest_take_back_all_that_was_owed(fair: Fair) -> None:
    """NET-6: rounding leaves nothing between the platforms."""
    (order,) = sell(fair, 1, 3)
    for part in (3, 7, 1_000_001):
        fair.network.settlement.refund_batch_part(fair.operators[2], order, part)
    kept = PRICES[3] * 10_000 - 1_000_011
    assert net(fair.network).bilateral == [Flow(1, 2, revenue(3, kept))]
    fair.network.settlement.refund_batch(fair.operators[1], order)
    assert net(fair.network).net == 0


@pytest.mark.parametrize("to_refund", [True, False])
def test_a_dispute_moves_nothing_until_it_is_refunded(fair: Fair, to_refund: bool) -> None:
    """NET-6: paid by the terms it stays as it was sold."""
    (order,) = sell(fair, 1, 3)
    settlement = fair.network.settlement
    settlement.refund_batch_part(fair.operators[2], order, 10)
    before = net(fair.network).bilateral
    settlement.open_batch_dispute(fair.operators[2], order, EVIDENCE)
    assert net(fair.network).bilateral == before == [Flow(1, 2, revenue(3, 199_990_000 - 10))]
    settlement.resolve_batch_dispute(ARBITER, order, to_refund=to_refund, evidence=EVIDENCE)
    assert net(fair.network).bilateral == ([] if to_refund else before)


def test_a_dispute_nobody_decides_on_is_a_refund(fair: Fair) -> None:
    """NET-6."""
    (order,) = sell(fair, 1, 3)
    fair.network.settlement.open_batch_dispute(fair.operators[2], order, EVIDENCE)
    fair.pass_days(15)
    fair.network.settlement.close_batch_dispute(BUYER, order)
    assert net(fair.network).bilateral == []


def test_a_buyer_with_tokens_makes_no_platform_owe_another(fair: Fair) -> None:
    """NET-6: the buyer pays host and seller alike; the order counts."""
    network = fair.network
    network.token.mint(fair.admin, BUYER.address, 10**12)
    network.token.approve(BUYER, network.settlement.address, 10**12)
    order = new_order(network, 3, 1, BUYER.address, now=network.chain.timestamp())
    network.settlement.buy(BUYER, order)
    network.settlement.refund(fair.operators[1], order)
    found = net(network)
    assert (found.flows, found.orders, found.refunds) == ([], 1, 1)


def test_a_balance_that_the_seller_keeps_pays_as_the_seller_does(fair: Fair) -> None:
    """NET-6: a top-up and a pay-out are between a platform and its learner."""
    settlement = fair.network.settlement
    settlement.top_up(fair.operators[1], [1], [10**9])
    settlement.pay_out(fair.operators[1], 1, [1], [10**8])
    assert flows(fair) == []
    (order,) = sell(fair, 1, 3, from_learners=True)
    assert flows(fair) == [Flow(1, 2, revenue(3))]
    settlement.refund_batch(fair.operators[1], order)
    assert net(fair.network).bilateral == []


def test_an_account_that_its_learner_took_over_pays_alone(fair: Fair) -> None:
    """NET-6: what it paid before was the seller's to pay, and goes back the same way."""
    network, settlement, operator = fair.network, fair.network.settlement, fair.operators[1]
    settlement.top_up(operator, [1, 2], [10**9, 10**9])
    kept, _ = sell(fair, 1, 3, 4, from_learners=True)
    settlement.offer_account(operator, 1, 1, LEARNER_KEY.address)
    fair.anvil.increase_time(DELAY_SECONDS)
    settlement.take_over(LEARNER_KEY, 1, 1)
    before = flows(fair)
    (own,) = settle(
        network,
        1,
        operator,
        [BatchItem(6, 1)],
        from_learners=True,
        consents=[
            sign_consent(
                LEARNER_KEY,
                venue_of(network),
                content=6,
                seller=1,
                learner=1,
                from_learner=True,
                max_price=10**10,
                deadline=2**40,
                nonce=1,
            )
        ],
    )
    settlement.refund_batch(operator, own)
    assert flows(fair) == before == [Flow(1, 2, revenue(3) + revenue(4))]
    settlement.refund_batch(operator, kept)
    assert net(network).bilateral == [Flow(1, 2, revenue(4))]


def test_a_reorganisation_changes_only_windows_that_are_not_final(fair: Fair) -> None:
    """NET-7."""
    for seller in (1, 2, 3, 1, 2):
        begin_window(fair, 4)
        fair.anvil.mine(3)
        sell(fair, seller, 1, 4, 6)
    before = windows(fair, 4)
    fair.anvil.rpc.call("anvil_reorg", FINALITY.rule, [])
    after = {each.number: each.netting.positions for each in windows(fair, 4).windows}
    *final, closed = before.windows
    assert {each.closing for each in final} == {Closing.FINAL}
    assert all(after[each.number] == each.netting.positions for each in final)
    assert closed.closing is Closing.CLOSED
    assert closed.number not in after


def test_a_window_is_open_then_closed_then_final(fair: Fair) -> None:
    """NET-7."""
    number = begin_window(fair, 4)
    seen = []
    for _ in range(8):
        fair.anvil.mine()
        seen.append(windows(fair, 4).closing(number).value)
    assert seen == ["open"] * 3 + ["closed"] * 3 + ["final"] * 2


def test_what_reorganises_while_it_is_read_is_read_again(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NET-7: never a part of one chain with a part of another."""
    sell(fair, 1, 3)
    chain, heads = fair.network.chain, []

    def head_before_it_is_gone() -> Block:
        heads.append(Chain.block(chain))
        if len(heads) == 1:
            fair.anvil.rpc.call("anvil_reorg", 1, [])
        return heads[-1]

    monkeypatch.setattr(chain, "block", head_before_it_is_gone)
    found = windows(fair, 1_000)
    assert found.together.orders == 0
    assert found.head == heads[1] != heads[0]


def test_only_windows_that_have_begun_can_be_asked_for(fair: Fair) -> None:
    cutoffs = Cutoffs(fair.network.deployment.first_block, 4)
    current = cutoffs.window_of(fair.network.chain.block_number())
    for first, last in ((0, 1), (2, 1), (1, current + 1), (current + 1, None)):
        with pytest.raises(InvalidInput):
            clear(fair.network, cutoffs, FINALITY, first, last)
    with pytest.raises(InvalidInput):
        Cutoffs(0, 0)


def test_calldata_that_is_not_what_the_event_says_is_not_believed(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NET-7."""
    sell(fair, 1, 3)
    sell(fair, 1, 4)
    chain = fair.network.chain
    monkeypatch.setattr(
        chain, "transactions", lambda asked: Chain.transactions(chain, list(asked)[::-1])
    )
    with pytest.raises(InconsistentNode):
        net(fair.network)


@pytest.mark.parametrize("blocks", [1, 3, 7, 50, 10_000])
def test_every_order_is_in_one_window_whatever_their_size(fair: Fair, blocks: int) -> None:
    """NET-1, NET-2."""
    for seller in (1, 2, 3):
        orders = sell(fair, seller, 1, 3, 5)
        fair.network.settlement.refund_batch(fair.operators[seller], orders[0])
    found, whole = windows(fair, blocks), net(fair.network)
    assert sum(each.netting.orders for each in found.windows) == whole.orders == 9
    assert found.together.positions == whole.positions
    assert found.together.flows == whole.flows
