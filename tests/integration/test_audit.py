"""The audit: a true history passes; any unit out of place is found and named (INV-1, 2, 6, 8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.market_walk import (
    ARBITER,
    BUYER,
    EVIDENCE,
    LEARNER_KEY,
    MONTH_SECONDS,
    Walk,
    opened_market,
)
from tests.integration.settling import settle as settle_batch
from tests.integration.tampering import add, mapping_of, tamper
from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.audit import audit
from zhifu.batch import BatchItem, pack
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.direct import new_order
from zhifu.exceptions import InconsistentNode
from zhifu.market import Market, Member
from zhifu.models import DELAY_SECONDS, NO_SELLER, BatchOrder, DirectOrder


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(genesis_timestamp=1_800_000_000) as node:
        yield node


@pytest.fixture(scope="module")
def opened(anvil: Anvil) -> Iterator[Market]:
    with Chain(anvil.rpc_url) as chain:
        yield opened_market(Network(chain, deploy(chain, dev_signer(0))), anvil)


@pytest.fixture
def market(anvil: Anvil, opened: Market) -> Iterator[Market]:
    snapshot = anvil.snapshot()
    yield opened
    anvil.revert(snapshot)


def settle(market: Market, seller: Member, items: list[BatchItem]) -> list[BatchOrder]:
    """Settle a batch and return its orders with proofs."""
    return settle_batch(market.network, seller.number, seller.operator, items)


def buy(market: Market, content: int = 1, seller: int = 1) -> DirectOrder:
    """An order of the buyer, paid in tokens."""
    network = market.network
    order = new_order(network, content, seller, BUYER.address, now=network.chain.timestamp())
    network.settlement.buy(BUYER, order)
    return order


#: Verbs that need others before them, which a history may not have had.
RARE = {
    "claim_batch",
    "refuse",
    "refuse_batch",
    "request_batch",
    "refund_unanswered",
    "refund_batch_unanswered",
    "resolve_batch",
    "close",
}


def test_any_true_history_agrees_to_the_last_unit(market: Market, anvil: Anvil) -> None:
    walk = Walk(market, anvil, seed=4)
    for _ in range(3):
        accepted = sum(walk.step() for _ in range(250))
        assert accepted > 100
        found = audit(market.network)
        assert found.findings == ()
        assert found.unaccounted == 0
    verbs = {verb.__name__.removeprefix("do_") for verb in walk.verbs}
    assert verbs - set(walk.done) <= RARE


def test_tokens_sent_without_a_deposit_are_unaccounted_and_harmless(market: Market) -> None:
    network = market.network
    network.token.mint(market.admin, network.settlement.address, 12)
    found = audit(network)
    assert (found.findings, found.unaccounted) == ((), 12)


def test_refunded_and_standing_licenses_are_told_apart(market: Market) -> None:
    seller = market.members["north"]
    kept, returned = settle(market, seller, [BatchItem(1, 1), BatchItem(3, 2)])
    market.network.settlement.refund_batch(seller.operator, returned)
    state = audit(market.network).state
    assert [state.is_refunded(each.order_id) for each in (kept, returned)] == [False, True]
    assert (state.sold, state.standing, state.wholly_refunded) == (2, 1, 1)


def test_a_licence_stands_from_its_start_until_its_end(market: Market, anvil: Anvil) -> None:
    """INV-5."""
    buy(market, content=4)
    before = audit(market.network).state.standing
    anvil.increase_time(MONTH_SECONDS)
    anvil.mine()
    assert (before, audit(market.network).state.standing) == (1, 0)


def test_money_in_dispute_is_counted_with_its_bond(market: Market) -> None:
    """INV-1, DISPUTE-1: a tenth of the price, rounded up, on top of what is in question."""
    network = market.network
    order = buy(market, seller=NO_SELLER)
    before = audit(network)
    network.settlement.open_dispute(BUYER, order, EVIDENCE)
    found = audit(network)
    assert found.findings == ()
    assert (before.held - found.held, found.in_dispute) == (49_990_000, 49_990_000 + 4_999_000)


@pytest.mark.parametrize("to_refund", [True, False])
def test_a_decided_dispute_leaves_nothing_behind(market: Market, to_refund: bool) -> None:
    """DISPUTE-3."""
    network, seller = market.network, market.members["south"]
    (order,) = settle(market, seller, [BatchItem(1, 6)])
    network.settlement.open_batch_dispute(seller.operator, order, EVIDENCE)
    network.settlement.resolve_batch_dispute(ARBITER, order, to_refund=to_refund, evidence=EVIDENCE)
    found = audit(network)
    assert (found.findings, found.in_dispute, found.held) == ((), 0, 0)
    assert found.state.is_refunded(order.order_id) is to_refund


def test_a_learner_who_took_an_account_over_is_refunded_alone(market: Market, anvil: Anvil) -> None:
    """REQUEST-1, 2, TOPUP-3: what comes back is on the key's own account."""
    network, seller = market.network, market.members["north"]
    settlement, own = network.settlement, accounts.of_address(LEARNER_KEY.address)
    settlement.top_up(seller.operator, [6], [10**9])
    (order,) = settle_batch(
        network, seller.number, seller.operator, [BatchItem(1, 6)], from_learners=True
    )
    settlement.offer_account(seller.operator, seller.number, 6, LEARNER_KEY.address)
    anvil.increase_time(DELAY_SECONDS)
    settlement.take_over(LEARNER_KEY, seller.number, 6)
    settlement.request_batch_refund(LEARNER_KEY, order)
    assert audit(network).findings == ()
    anvil.increase_time(7 * DAY_SECONDS)
    before = settlement.available_of(own)
    settlement.refund_batch_unanswered(LEARNER_KEY, order)
    assert settlement.available_of(own) - before == 49_990_000
    assert audit(network).findings == ()


def broken(market: Market) -> tuple[str, list[int]]:
    """The one thing that is wrong, and the numbers of the invariants whose lines say so."""
    found = audit(market.network)
    (finding,) = found.findings
    return finding, [line.invariant for line in found.lines if not line.holds]


@pytest.mark.parametrize(("change", "lines"), [(1, [8]), (-1, [4, 8])])
def test_a_changed_account_is_named(market: Market, change: int, lines: list[int]) -> None:
    """INV-4, 8: what is missing was taken without a say."""
    settlement = market.network.settlement
    account = accounts.of_platform(1)
    tamper(market.network.chain, settlement.address, (account,), 10**11, 10**11 + change)
    finding, told = broken(market)
    assert "platform 1" in finding
    assert told == lines


def test_money_moved_from_one_account_to_another_is_named(market: Market) -> None:
    settlement = market.network.settlement
    for platform, after in ((1, 10**11 - 5), (2, 10**11 + 5)):
        account = accounts.of_platform(platform)
        tamper(market.network.chain, settlement.address, (account,), 10**11, after)
    assert len(audit(market.network).findings) == 2


def test_a_changed_hold_is_named(market: Market) -> None:
    settle(market, market.members["south"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    packed = settlement.read("holdOf", 1, 1)
    tamper(market.network.chain, settlement.address, (1,), packed, packed + (1 << 112))
    finding, lines = broken(market)
    assert "holdOf" in finding
    assert lines == [2, 8]


def test_a_changed_commission_is_named(market: Market) -> None:
    settle(market, market.members["south"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    packed = settlement.read("commissionOf", accounts.of_platform(2), 0)
    tamper(
        market.network.chain,
        settlement.address,
        (accounts.of_platform(2),),
        packed,
        packed + (1 << 112),
    )
    finding, lines = broken(market)
    assert "commissionOf" in finding
    assert lines == [2, 8]


def test_a_batch_that_nobody_settled_is_named(market: Market) -> None:
    settle(market, market.members["north"], [BatchItem(1, 1)])
    chain, settlement = market.network.chain, market.network.settlement
    first = (1 << 96) | (1 << 64) | 1
    root = int.from_bytes(settlement.root_of(1, 1, 1), "big")
    roots = mapping_of(chain, settlement.address, (first,), root)
    add(chain, settlement.address, roots, (first + 1,), root)
    finding, lines = broken(market)
    assert finding == "lane (1, 1) goes on with 3 after 1"
    assert lines == [6, 8]


def test_a_token_with_another_holder_is_named(market: Market) -> None:
    network = market.network
    order = buy(market)
    network.license.claim(BUYER, order)
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    holder = int(network.license.read("holderOf", order_id), 16)
    tamper(network.chain, network.license.address, (order_id,), holder, holder + 1)
    finding, lines = broken(market)
    assert f"licence {order_id}" in finding
    assert lines == [5, 8]


def test_a_changed_root_is_named(market: Market) -> None:
    settle(market, market.members["north"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    root = int.from_bytes(settlement.root_of(1, 1, 1), "big")
    batch = (1 << 96) | (1 << 64) | 1
    tamper(market.network.chain, settlement.address, (batch,), root, root ^ 1)
    finding, lines = broken(market)
    assert "root of batch" in finding
    assert lines == [5, 8]


def test_missing_tokens_are_named(market: Market) -> None:
    network = market.network
    holder = int(network.settlement.address, 16)
    tokens = network.token.balance_of(network.settlement.address)
    tamper(network.chain, network.token.address, (holder,), tokens, tokens - 1)
    finding, lines = broken(market)
    assert "1 short" in finding
    assert lines == [1]


def test_a_licence_ended_without_a_refund_is_named(market: Market) -> None:
    (order,) = settle(market, market.members["north"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    market.network.settlement.refund_batch(market.members["north"].operator, order)
    (kept,) = settle(market, market.members["north"], [BatchItem(1, 1)])
    batch = (1 << 96) | (1 << 64) | kept.number - 1
    tamper(market.network.chain, settlement.address, (batch, 0), 1, 3)
    finding, lines = broken(market)
    assert "spent orders of (1, 1, 1, 0)" in finding
    assert lines == [5, 8]


def test_a_changed_direct_order_is_named(market: Market) -> None:
    network = market.network
    order = buy(market)
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    facts = network.settlement.facts_of(order_id).pack()
    tamper(network.chain, network.settlement.address, (order_id,), facts, facts | 4 << 160)
    finding, lines = broken(market)
    assert f"{order_id:064x}" in finding
    assert lines == [5, 8]


def test_a_changed_dispute_is_named(market: Market) -> None:
    network = market.network
    order = buy(market, seller=NO_SELLER)
    network.settlement.open_dispute(BUYER, order, EVIDENCE)
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    opener = accounts.of_address(BUYER.address)
    tamper(network.chain, network.settlement.address, (order_id,), opener, opener + 1)
    finding, lines = broken(market)
    assert f"dispute of 0x{order_id:064x}" in finding
    assert lines == [8]


def test_a_changed_request_is_named(market: Market) -> None:
    network = market.network
    order = buy(market)
    network.settlement.request_refund(BUYER, order)
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    answer_by = network.settlement.answer_by_of(order_id)
    tamper(network.chain, network.settlement.address, (order_id,), answer_by, answer_by - 1)
    finding, lines = broken(market)
    assert f"request of 0x{order_id:064x}" in finding
    assert lines == [8]


def test_a_changed_key_of_a_learners_account_is_named(market: Market) -> None:
    network, seller = market.network, market.members["north"]
    network.settlement.offer_account(seller.operator, seller.number, 9, LEARNER_KEY.address)
    account = accounts.of_learner(seller.number, 9)
    _, key, since = network.settlement.keys_of(account)
    offer = since << 160 | int(key, 16)
    tamper(network.chain, network.settlement.address, (account,), offer, offer + 1)
    finding, lines = broken(market)
    assert f"keys of learner 9 of platform {seller.number}" in finding
    assert lines == [4, 8]


def test_a_changed_part_refund_is_named(market: Market) -> None:
    network = market.network
    order = buy(market)
    network.settlement.refund_part(market.members["north"].operator, order, 1_000)
    assert audit(network).findings == ()
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    facts = network.settlement.facts_of(order_id).pack()
    tamper(network.chain, network.settlement.address, (order_id,), facts, facts + (1 << 208))
    finding, lines = broken(market)
    assert f"order 0x{order_id:064x}" in finding
    assert lines == [5, 8]


def odd(calldata: bytes, how: str) -> bytes:
    """The same call in another encoding that the contract reads alike."""
    if how == "a word behind the array":
        return calldata + bytes(31) + b"\1"
    offset = 4 + 3 * 32
    moved = calldata[:offset] + (160).to_bytes(32, "big")
    return moved + bytes(32) + calldata[offset + 32 :]


@pytest.mark.parametrize("how", ["a word behind the array", "the array further on"])
def test_calldata_in_any_valid_encoding_is_read(market: Market, how: str) -> None:
    network, member = market.network, market.members["north"]
    day = network.chain.timestamp() // DAY_SECONDS
    words = pack([BatchItem(1, 1), BatchItem(3, 2)]).words
    calldata = odd(network.settlement.encode_settle(1, day, 10**15, words), how)
    network.chain.send(member.operator, network.settlement.address, calldata)
    found = audit(network)
    assert found.findings == ()
    assert found.state.sold == 2


def test_a_reference_that_is_no_text_stops_nobody(market: Market) -> None:
    network, member = market.network, market.members["north"]
    plan = network.license.plan_of(1)[1]
    named = network.license.encode(
        "publish", [("#" * 4, 1, 0, plan.as_tuple(), (0, False, False, 0))]
    )
    hostile = named.replace(b"####", b"\xff\xfe\xfd\xfc")
    network.chain.send(member.operator, network.license.address, hostile)
    found = audit(network)
    assert found.findings == ()
    assert found.state.contents.offers[5].ref == "\\xff\\xfe\\xfd\\xfc"


def test_the_chain_may_go_on_during_an_audit(market: Market) -> None:
    settle(market, market.members["north"], [BatchItem(1, 1)])

    def meanwhile(_: int) -> None:
        settle(market, market.members["south"], [BatchItem(3, 2)])

    found = audit(market.network, progress=meanwhile)
    assert found.findings == ()
    assert found.state.sold == 1


def test_a_chain_that_is_reorganised_meanwhile_gives_no_verdict(
    market: Market, anvil: Anvil
) -> None:
    """AUDIT-8: neither a good one nor a bad one."""
    settle(market, next(iter(market.members.values())), [BatchItem(1, 1), BatchItem(1, 2)])
    buy(market)
    depths = [2]

    def reorganise(_: int) -> None:
        if depths:
            anvil.rpc.call("anvil_reorg", depths.pop(), [])

    with pytest.raises(InconsistentNode, match="reorganised away"):
        audit(market.network, progress=reorganise)
    assert audit(market.network).conserved


def test_a_chain_that_goes_on_meanwhile_is_audited(market: Market, anvil: Anvil) -> None:
    """AUDIT-8"""
    buy(market)
    last = market.network.chain.block_number()
    found = audit(market.network, progress=lambda _: anvil.mine())
    assert (found.block, found.conserved) == (last, True)
