"""The index: what the chain says, whoever asks, and nothing else (INV-5, INV-8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.rpc_proxy import Answer, Request, RpcProxy, honest
from tests.integration.fair import BUYER, CREATOR, PLAN, PRICES, REFERRER, Fair
from zhifu import accounts, sql
from zhifu.blocks import Transaction
from zhifu.chain import Chain
from zhifu.exceptions import InconsistentNode, RootMismatch
from zhifu.gateway import Gateway
from zhifu.index import Content
from zhifu.ingest import forget
from zhifu.models import DirectOrder, PlatformStatus, Publication
from zhifu.money import Money
from zhifu.store import Store

CENT = 10_000


def index_of(fair: Fair, database: str = "gateway") -> dict[str, Any]:
    """Every row of the index in the database, and of the chain's ledger."""
    tables = re.findall(r"CREATE TABLE (\w+)", sql.read("migrations/versions/0001_up.sql"))
    # What is kept to go back by depends on when the gateway looked.
    queries = {each: f"SELECT * FROM {each}" for each in tables if each != "chain_checkpoints"}
    queries["ledger_balances"] = (
        "SELECT name, debits, credits FROM ledger_accounts"
        " JOIN ledger_balances ON account = ledger_accounts.id WHERE source = 0"
    )
    queries["ledger"] = (
        "SELECT height, place, leg, at, kind, debit, credit, amount, order_id, content, learner,"
        " seller FROM ledger WHERE source = 0"
    )
    found = {name: fair.rows(query, database) for name, query in queries.items()}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def direct_order(fair: Fair, content: int = 1, salt: int = 1) -> DirectOrder:
    """A direct order that is paid."""
    network, price = fair.network, PRICES[content] * CENT
    network.token.mint(fair.admin, BUYER.address, price)
    network.token.approve(BUYER, network.settlement.address, price)
    order = DirectOrder(
        content, 2, BUYER.address, BUYER.address, price, 2**64 - 1, salt.to_bytes(32, "big")
    )
    network.settlement.buy(BUYER, order)
    return order


def test_platforms_and_contents_are_what_was_admitted_and_published(gateway: Gateway) -> None:
    assert [platform.name for platform in gateway.platforms()] == [
        "platform 1",
        "platform 2",
        "platform 3",
    ]
    told = {each.number: (each.host, each.price_on(0)) for each in gateway.contents()}
    assert told == {each: ((each + 1) // 2, price * CENT) for each, price in PRICES.items()}
    content = gateway.content_by_ref(2, "content 4")
    assert content is not None
    (plan,) = content.plans
    assert (content.number, plan.commission_bps) == (4, PLAN.commission_bps)
    assert gateway.content_by_ref(1, "content 4") is None
    assert [each.number for each in gateway.contents(3)] == [5, 6]


def paged(gateway: Gateway, host: int | None) -> list[Content]:
    """What the pages of contents have, one after the other."""
    found: list[Content] = []
    while page := gateway.contents_page(
        before=found[-1].number if found else 2**63 - 1, limit=2, host=host
    ):
        assert len(page) <= 2
        found += page
    return found


def test_a_content_is_found_whichever_way_it_is_looked_for(fair: Fair, gateway: Gateway) -> None:
    """By its number or page by page, also what is new, and not what was reorganised away."""
    before = fair.anvil.snapshot()
    for change in (None, lambda: publish_named(fair, b"new"), lambda: fair.anvil.revert(before)):
        if change is not None:
            change()
            fair.anvil.mine(10)
            gateway.sync()
        for host in (None, 1, 2, 3, 9):
            listed = list(gateway.contents(host))
            assert paged(gateway, host) == listed[::-1]
            assert [gateway.content(each.number) for each in listed] == listed
    assert len(paged(gateway, None)) == len(PRICES)
    assert gateway.content(99) is None
    assert [gateway.platform(each.number) for each in gateway.platforms()] == list(
        gateway.platforms()
    )
    assert gateway.platform(99) is None


def test_a_name_that_is_no_text_stops_nobody(fair: Fair, gateway: Gateway) -> None:
    """Neither by its bytes nor by looking like another name once they are spelled out."""
    for name in (b"\xff\xfe", rb"\xff\xfe", b"\xe7\x9f\xa5", b"a\0"):
        publish_named(fair, name)
    gateway.sync()
    spelled = [each.ref for each in gateway.contents(1)][2:]
    assert spelled == [r"\xff\xfe", r"\xff\xfe", "知", r"a\x00"]
    fair.network.license.set_price(fair.operators[1], 8, 2 * CENT)
    with fair.outsider() as other:
        for each in (gateway, other):
            each.sync()
            content = each.content_by_ref(1, r"\xff\xfe")
            assert content is not None
            assert content.number == 7
    cent = Money(1, "USD")
    paid: dict[str, Any] = {"amount": cent, "provider_payment_id": fair.provider.pay(cent)}
    gateway.pay(replace(fair.request(), contents=(7,), **paid))
    gateway.settle(1)
    assert gateway.may_use(1, 7)


def publish_named(fair: Fair, name: bytes) -> None:
    """Publish a content of one cent under any bytes as its name."""
    stand_in = "Q" * len(name)
    publication = Publication(stand_in, CENT, 0, PLAN)
    calldata = fair.network.license.encode("publish", [publication.as_tuple()])
    calldata = calldata.replace(stand_in.encode(), name)
    fair.network.chain.send(fair.operators[1], fair.network.license.address, calldata)


def test_terms_that_change_are_followed(fair: Fair, gateway: Gateway) -> None:
    registry, owner = fair.network.registry, fair.operators[1]
    registry.set_network_fee(fair.admin, 1, 150)
    registry.set_host_fee(owner, 1, 900)
    registry.set_treasury(owner, 1, CREATOR.address)
    registry.set_status(fair.admin, 2, PlatformStatus.SUSPENDED)
    gateway.sync()
    _, second, _ = gateway.platforms()
    assert terms(fair, gateway) == (owner.address, owner.address, 100, 900)
    assert second.status is PlatformStatus.SUSPENDED
    fair.pass_days(2)
    assert terms(fair, gateway) == (owner.address, CREATOR.address, 150, 900)


def test_terms_that_are_taken_back_never_hold(fair: Fair, gateway: Gateway) -> None:
    registry, owner = fair.network.registry, fair.operators[1]
    registry.set_treasury(owner, 1, CREATOR.address)
    registry.set_host_fee(owner, 1, 1100)
    fair.pass_days(1)
    registry.set_treasury(owner, 1, owner.address)
    registry.set_host_fee(owner, 1, 1200)
    fair.pass_days(1)
    assert terms(fair, gateway) == (owner.address, owner.address, 100, 1000)
    fair.pass_days(1)
    assert terms(fair, gateway) == (owner.address, owner.address, 100, 1200)
    registry.set_host_fee(owner, 1, 1300)
    assert terms(fair, gateway) == (owner.address, owner.address, 100, 1200)


def test_a_platform_that_is_passed_on_is_followed(fair: Fair, gateway: Gateway) -> None:
    registry, owner = fair.network.registry, fair.operators[1]
    registry.transfer_platform(owner, 1, CREATOR.address)
    fair.pass_days(2)
    registry.accept_platform(CREATOR, 1)
    assert terms(fair, gateway) == (CREATOR.address, owner.address, 100, 1000)


def terms(fair: Fair, gateway: Gateway) -> tuple[str, str, int, int]:
    """Platform 1's owner, treasury and shares as the index and the chain have them."""
    gateway.sync()
    record, found = gateway.platforms()[0], fair.network.registry.platform_of(1)
    assert record[2:6] == (found.owner, found.treasury, found.network_bps, found.host_bps)
    return record[2:6]


def test_an_index_made_at_once_equals_one_made_step_by_step(fair: Fair) -> None:
    with fair.gateway() as gateway:
        for learner in range(1, 4):
            gateway.pay(fair.request(learner=learner, contents=(1, 3)))
            gateway.settle(1)
            gateway.sync()
        fair.network.license.set_price(fair.operators[1], 1, 5000 * CENT)
        gateway.refund(next(gateway.payments(1)).orders[0].id)
        direct_order(fair)
        gateway.sync()
        step_by_step = index_of(fair)
    with fair.gateway(database="afresh"):
        assert index_of(fair, "afresh") == step_by_step
    assert len(step_by_step["chain_licenses"]) == 6
    assert len(step_by_step["chain_refunds"]) == 1


@pytest.mark.parametrize("emptied", ["index", "ledger"])
def test_what_was_emptied_is_made_anew(fair: Fair, emptied: str) -> None:
    """LEDGER-3: with the ledger beside it, as an operator does to rebuild the index."""
    with fair.gateway() as gateway:
        gateway.pay(fair.request())
        gateway.settle(1)
        gateway.sync()
        whole = index_of(fair)
    if emptied == "ledger":
        with Store.open(fair.url()) as store:
            store.migrate_to("0004")
    else:
        with Store.open(fair.url()) as store, store.writing() as transaction:
            forget(transaction)
    with fair.gateway():
        assert index_of(fair) == whole


def test_a_chain_that_went_back_is_followed_back(fair: Fair, gateway: Gateway) -> None:
    fair.network.license.set_active(fair.operators[1], 1, False)
    before = fair.anvil.snapshot()
    fair.network.license.set_price(fair.operators[1], 2, 7 * CENT)
    direct_order(fair, 3)
    gateway.sync()
    assert gateway.may_use(BUYER.address, 3)
    fair.anvil.revert(before)
    fair.anvil.mine(10)
    gateway.sync()
    assert not gateway.may_use(BUYER.address, 3)
    contents = {each.number: each for each in gateway.contents()}
    assert contents[2].price_on(10**5) == PRICES[2] * CENT
    assert not contents[1].active


def test_a_shorter_chain_is_followed_back(fair: Fair, gateway: Gateway) -> None:
    before = fair.anvil.snapshot()
    fair.anvil.mine(5)
    gateway.sync()
    fair.anvil.revert(before)
    assert gateway.sync()
    assert not gateway.sync()
    assert len(gateway.contents()) == len(PRICES)


@pytest.mark.parametrize("many", [False, True])
def test_a_stranger_who_transfers_nothing_takes_nothing(
    fair: Fair, gateway: Gateway, many: bool
) -> None:
    gateway.pay(fair.request())
    gateway.settle(1)
    fair.network.registry.bind_key(fair.operators[1], 1, CREATOR.address)
    order = gateway.license(1, 1)
    assert order is not None
    fair.network.license.claim_batch(CREATOR, order)
    fair.pass_days(40)
    stranger, other = BUYER, REFERRER.address
    token, none = ([order.order_id], [0]) if many else (order.order_id, 0)
    call = "safeBatchTransferFrom" if many else "safeTransferFrom"
    fair.network.license.transact(stranger, call, stranger.address, other, token, none, b"")
    gateway.sync()
    assert fair.network.license.verify_token(order.order_id, 1, CREATOR.address)
    assert gateway.may_use(CREATOR.address, 1)
    assert not gateway.may_use(other, 1)


@pytest.mark.parametrize(("blocks", "events"), [(1, 20_000), (7, 20_000), (64, 3), (64, 1)])
def test_a_long_chain_is_followed_in_stretches(
    fair: Fair, monkeypatch: pytest.MonkeyPatch, blocks: int, events: int
) -> None:
    """INDEX-3"""
    with fair.gateway() as gateway:
        gateway.pay(fair.request())
        gateway.settle(1)
        direct_order(fair)
        gateway.sync()
        at_once = index_of(fair)
    monkeypatch.setattr("zhifu.stretch.MOST_BLOCKS", blocks)
    monkeypatch.setattr("zhifu.stretch.MOST_EVENTS", events)
    with fair.gateway(database="afresh"):
        assert index_of(fair, "afresh") == at_once


@pytest.mark.parametrize(
    "kept_back", ["LearnersRegistered", "PlatformAdmitted", "ContentPublished"]
)
def test_an_event_that_a_node_keeps_back_is_missed(fair: Fair, kept_back: str) -> None:
    """INDEX-5"""
    owner = fair.network.license if kept_back == "ContentPublished" else fair.network.registry
    topic = "0x" + owner.artifact.topic(kept_back).hex()

    def keep_back(request: Request, forward: Callable[[Request], Answer]) -> Answer:
        answer = forward(request)
        if request["method"] != "eth_getLogs":
            return answer
        return {**answer, "result": [log for log in answer["result"] if log["topics"][0] != topic]}

    with RpcProxy(fair.anvil.rpc_url, keep_back) as proxy, Chain(proxy.url) as chain:
        network = fair.same_chain(chain)
        with pytest.raises(InconsistentNode):
            fair.gateway(network=network)
        proxy.treatment = honest
        with fair.gateway(network=network) as gateway:
            assert len(gateway.contents()) == fair.network.license.content_count()
            assert not gateway.may_use(4, 1)


def test_two_gateways_share_one_index(fair: Fair) -> None:
    with fair.gateway() as one, fair.gateway() as other:
        one.pay(fair.request())
        one.settle(1)
        one.sync()
        assert not other.content_by_ref(1, "new")
        assert other.may_use(1, 1)
        fair.network.license.set_active(fair.operators[1], 1, False)
        one.sync()
        other.sync()
        assert not next(iter(other.contents())).active


class Liar(Chain):
    """A node that changes what a batch's transaction carried."""

    def transactions(self, transaction_hashes: Iterable[str]) -> list[Transaction | None]:
        found = super().transactions(transaction_hashes)
        return [each and each._replace(input=changed(each.input)) for each in found]


def changed(calldata: bytes) -> bytes:
    """The first learner of the first word, one further."""
    at = 4 + 5 * 32 + 7
    return calldata[:at] + bytes([calldata[at] + 1]) + calldata[at + 1 :]


def test_calldata_that_is_not_the_batchs_is_refused(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    gateway.settle(1)
    liar = fair.same_chain(Liar(fair.anvil.rpc_url))
    with pytest.raises(RootMismatch) as raised:
        Gateway.open(fair.url("liar"), liar, {}, {})
    assert (raised.value.platform, raised.value.lane, raised.value.number) == (1, 1, 1)


def test_a_direct_order_is_the_receivers(fair: Fair, gateway: Gateway) -> None:
    order = direct_order(fair)
    assert gateway.may_use(BUYER.address, 1)
    assert gateway.may_use(BUYER.address.lower(), 1)
    assert not gateway.may_use(BUYER.address, 2)
    assert not gateway.may_use(CREATOR.address, 1)
    fair.network.settlement.refund(fair.operators[2], order)
    assert not gateway.may_use(BUYER.address, 1)


def test_a_claimed_licence_is_its_holders(fair: Fair, gateway: Gateway) -> None:
    order = direct_order(fair)
    fair.network.license.claim(BUYER, order)
    assert gateway.may_use(BUYER.address, 1)
    fair.pass_days(28)
    token = fair.network.settlement.order_id_of(order)
    transfer = fair.network.license.encode(
        "safeTransferFrom", BUYER.address, CREATOR.address, int.from_bytes(token, "big"), 1, b""
    )
    fair.network.chain.send(BUYER, fair.network.license.address, transfer)
    assert gateway.may_use(CREATOR.address, 1)
    assert not gateway.may_use(BUYER.address, 1)


def test_a_batch_of_another_gateway_is_followed(fair: Fair, gateway: Gateway) -> None:
    with fair.gateway(2, database="other") as other:
        payment = other.pay(fair.request(2, learner=9, contents=(1,)))
        other.settle(2)
        assert other.order(payment.orders[0].id).batch is not None
    assert gateway.may_use(9, 1)
    proven = gateway.license(9, 1)
    assert proven is not None
    assert (proven.platform, proven.learner, proven.content) == (2, 9, 1)


def test_a_batch_settled_yesterday_proves_todays_price_change(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    gateway.settle(1)
    fair.network.license.set_price(fair.operators[1], 1, 1)
    fair.pass_days(1)
    fair.network.license.set_price(fair.operators[1], 1, 2)
    fair.pass_days(5)
    assert gateway.may_use(1, 1)
    with fair.outsider() as other:
        assert other.may_use(1, 1)


def test_licences_outlive_their_window(fair: Fair, gateway: Gateway) -> None:
    gateway.pay(fair.request())
    gateway.settle(1)
    fair.pass_days(100)
    fair.network.settlement.release(fair.operators[3], [1])
    assert fair.network.settlement.available_of(accounts.of_address(CREATOR.address)) > 0
    assert gateway.may_use(1, 1)


def test_no_two_orders_share_a_licence(fair: Fair, gateway: Gateway) -> None:
    request = fair.request(learner=3, contents=(5,))
    gateway.pay_many([request, replace(fair.request(learner=4, contents=(5,)))])
    gateway.settle(1)
    mine, theirs = gateway.license(3, 5), gateway.license(4, 5)
    assert mine is not None
    assert theirs is not None
    assert mine.order_id != theirs.order_id
    assert not fair.network.license.verify_batch(mine, 4)
