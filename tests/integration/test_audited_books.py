"""The audit of a gateway's books: every row that is not what the chain says is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.databases import DIALECTS, place
from tests.integration.book_faults import INDEX_FAULTS, ORDER_FAULTS
from tests.integration.fair import BUYER, PLAN, Fair
from tests.integration.lawless import lift_rules
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.audit import audit
from zhifu.audit.books import AuditedBooks, audit_books
from zhifu.direct import new_order
from zhifu.exceptions import DatabaseRefused, ForeignDatabase, InvalidInput, ZhifuError
from zhifu.gateway import Gateway
from zhifu.models import BatchOrder, Role
from zhifu.money import Money
from zhifu.providers.sandbox import SandboxProvider
from zhifu.store import Store

EVIDENCE = b"\x11" * 32
MONEY = 10**12
FAULTS = count(1)


@pytest.fixture(scope="module", params=DIALECTS)
def traded(request: pytest.FixtureRequest, opened_fair: Fair) -> Iterator[Fair]:
    """A fair at which everything has happened that books can tell of."""
    snapshot = opened_fair.anvil.snapshot()
    with place(request.param) as databases:
        provider = SandboxProvider()
        fair = replace(opened_fair, databases=databases, provider=provider, keys=count(1))
        with fair.gateway(1, 2) as gateway:
            trade(fair, gateway)
        yield fair
    opened_fair.anvil.revert(snapshot)


def trade(fair: Fair, gateway: Gateway) -> None:
    arbiter = dev_signer(8)
    fair.network.registry.nominate(fair.admin, Role.ARBITER, arbiter.address)
    fair.pass_days(3)
    fair.network.registry.accept_role(arbiter, Role.ARBITER)
    change_terms(fair)
    gateway.sync()
    sold = [
        gateway.pay(fair.request(1, learner, (content,))).orders[0].id
        for learner in range(1, 6)
        for content in (1, 3, 5)
    ]
    gateway.settle(1)
    gateway.pay_many([fair.request(2, learner, (3, 4)) for learner in (1, 2)])
    gateway.settle(2)
    gateway.pay(fair.request(1, 9, (2,)))
    gateway.settle(1)
    gateway.refund(sold[0])
    gateway.refund_part(sold[3], Money(1_000, "USD"), "a part")
    argue(fair, gateway, sold, arbiter)
    buy(fair)
    for _ in range(2):
        gateway.refund_disputed(1)
        gateway.recover()
        gateway.sync()
    gateway.pay(fair.request(1, 9, (1,)))


def change_terms(fair: Fair) -> None:
    network, operators = fair.network, fair.operators
    network.registry.set_network_fee(fair.admin, 3, 150)
    network.license.set_price(operators[3], 6, 500_000_000)
    network.license.set_plan(operators[3], 6, replace(PLAN, seller_bps=1_400, network_bps=300))
    network.license.set_active(operators[3], 6, False)


def argue(fair: Fair, gateway: Gateway, sold: list[str], arbiter: Any) -> None:
    settlement = fair.network.settlement
    for order, to_refund in ((sold[4], None), (sold[7], True), (sold[10], False)):
        proven = gateway.license_of(order)
        assert isinstance(proven, BatchOrder)
        settlement.open_batch_dispute(fair.operators[2], proven, EVIDENCE)
        if to_refund is not None:
            settlement.resolve_batch_dispute(
                arbiter, proven, to_refund=to_refund, evidence=EVIDENCE
            )


def buy(fair: Fair) -> None:
    network = fair.network
    network.token.mint(fair.admin, BUYER.address, MONEY)
    network.token.approve(BUYER, network.settlement.address, MONEY)
    for _ in range(2):
        order = new_order(network, 1, 1, BUYER.address, now=network.chain.timestamp())
        network.settlement.buy(BUYER, order)
    network.license.claim(BUYER, order)
    network.settlement.deposit(BUYER, accounts.of_address(BUYER.address), 10**8)


def audited(fair: Fair, *changes: str) -> AuditedBooks:
    """What is found in a copy of the books that somebody has changed behind all rules."""
    assert fair.databases is not None
    name = f"tampered-{next(FAULTS)}"
    url = fair.databases.copy("gateway", name)
    with closing(fair.databases.connect(name)) as connection:
        lift_rules(connection, url)
        for change in changes:
            assert connection.execute(change).rowcount > 0, change
    found, books = audit_books(fair.network, url)
    assert found.conserved
    assert books.differences is not None
    return books


def said(books: AuditedBooks) -> list[str]:
    return [f"{each.book}: {each.said}" for each in books.differences or ()]


def test_books_of_a_gateway_that_did_all_it_can_agree(traded: Fair) -> None:
    """AUDIT-4."""
    url = traded.url()
    before = audit(traded.network)
    found, books = audit_books(traded.network, url)
    assert (said(books), found.findings) == ([], ())
    assert found.sums == before.sums
    assert (books.orders, books.under_way, books.later) == (15 + 4 + 1, 0, 0)
    assert books.rows > 50


@pytest.mark.parametrize("traded", DIALECTS[:1], indirect=True)
@pytest.mark.parametrize("fault", INDEX_FAULTS)
def test_a_row_of_the_index_that_is_not_the_chains_is_named(traded: Fair, fault: str) -> None:
    """AUDIT-5."""
    change, expected = INDEX_FAULTS[fault]
    books = audited(traded, change)
    assert [each for each in said(books) if expected in each and each.startswith("index: ")]
    assert all("index anew" in each.advice or "node" in each.advice for each in books.of("index"))


def test_of_many_wrong_batches_some_are_named_and_the_rest_is_counted(traded: Fair) -> None:
    """AUDIT-5."""
    numbers = range(70, 82)
    found = said(
        audited(
            traded, *(f"INSERT INTO chain_licenses VALUES (1, 1, {each}, 0)" for each in numbers)
        )
    )
    assert sum("chain_licenses of batch 7" in each for each in found) == 10
    assert "chain_licenses of 2 more batches" in found[-1]


def test_what_is_doubled_is_all_that_is_named(traded: Fair) -> None:
    """AUDIT-5: nothing else is taken for wrong because of it."""
    change, _ = INDEX_FAULTS["a direct order that is doubled"]
    assert [each.chain for each in audited(traded, change).of("index")] == [None, None]
    change, _ = INDEX_FAULTS["a licence's place"]
    assert [each.field for each in audited(traded, change).of("index")] == ["position"]


@pytest.mark.parametrize("traded", DIALECTS[:1], indirect=True)
@pytest.mark.parametrize("fault", ORDER_FAULTS)
def test_an_order_that_is_not_as_the_chain_has_it_is_named(traded: Fair, fault: str) -> None:
    """AUDIT-6."""
    change, expected = ORDER_FAULTS[fault]
    books = audited(traded, change)
    assert [each for each in said(books) if expected in each and each.startswith("orders: ")]
    assert books.of("index") == []


def test_faults_in_many_tables_at_once_are_each_named(traded: Fair) -> None:
    """AUDIT-5, 6: on each kind of database."""
    names = ["a platform's name", "a price", "a batch's time", "a licence's place"]
    names += ["a refund's block", "a dispute's amount", "a direct order's receiver"]
    faults = [INDEX_FAULTS[each] for each in (*names, "a token's holder")]
    faults += [ORDER_FAULTS[each] for each in ("an order's price", "a part refund's amount")]
    found = "\n".join(said(audited(traded, *(change for change, _ in faults))))
    assert [expected for _, expected in faults if expected not in found] == []


def test_what_a_dispute_gave_back_is_owed_until_a_gateway_returns_it(traded: Fair) -> None:
    """AUDIT-6."""
    argued = "SELECT order_id FROM disputes WHERE state = 'refunded'"
    books = audited(traded, f"DELETE FROM refunds WHERE order_id IN ({argued})")
    (owed,) = books.of("orders")
    assert (owed.books, owed.chain) == ("paid", "refunded")
    assert "zhifu refund" in owed.advice


def test_what_is_not_included_yet_is_no_difference(traded: Fair) -> None:
    """AUDIT-6."""
    where = "WHERE platform = 1 AND number = 2"
    later = f"UPDATE batches SET block_number = 1000000, number = 9 {where}"
    assert audited(traded, later).later == 1
    refunded = audited(traded, "UPDATE refunds SET block_number = 1000000 WHERE is_part = 1")
    assert (said(refunded), refunded.later) == ([], 1)
    sent = "UPDATE refunds SET on_chain = 'pending', block_number = NULL WHERE is_part = 1"
    refunding = audited(traded, sent)
    assert (said(refunding), refunding.under_way) == ([], 1)
    under_way = "UPDATE batches SET state = 'submitted', block_number = NULL, gas_used = NULL"
    books = audited(traded, f"{under_way} {where}")
    assert (said(books), books.under_way) == ([], 1)


def test_books_that_are_no_books_of_this_network_are_refused(traded: Fair, tmp_path: Any) -> None:
    """AUDIT-7."""
    with pytest.raises(InvalidInput, match="database"):
        audited(traded, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(ForeignDatabase):
        audited(traded, "UPDATE deployment SET block_hash = '0x00'")
    missing = tmp_path / "none" / "books.sqlite3"
    with pytest.raises(DatabaseRefused):
        audit_books(traded.network, f"sqlite:///{missing}")
    assert not missing.parent.exists()
    with pytest.raises(ZhifuError):
        audit_books(traded.network, "mysql://nowhere")


def test_books_are_never_changed(traded: Fair) -> None:
    """AUDIT-7: not even by a mistake of the audit's own."""
    with Store.read_only(traded.url()) as store:
        with pytest.raises(DatabaseRefused), store.reading() as transaction:
            transaction.run("clear_cursor")
        with pytest.raises(DatabaseRefused), store.writing() as transaction:
            transaction.run("clear_cursor")
