"""The replay holds what was accepted against what the chain has, order by order (INV-7, INV-8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.audit import audit
from zhifu.batch import BatchItem, pack
from zhifu.catalogue import read_catalogue
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.exceptions import CatalogueError, CurrencyMismatch, InvalidInput
from zhifu.gateway import Gateway
from zhifu.market import REFERRER_BPS, SELLER_BPS, Market, open_market
from zhifu.providers.sandbox import SandboxProvider
from zhifu.replay import (
    Clock,
    Options,
    Result,
    Sales,
    Survey,
    Till,
    conclude,
    draw,
    noon,
    run,
    survey,
)

CATALOGUE = """platform,ref,title,subject,creator,currency,price_minor,learners,published
north,optics,Optics,Physics,,USD,4999,0,
north,free,Free,Physics,,USD,0,0,
south,stars,Stars,Physics,Ada,USD,12345,0,
east,tides,Tides,Physics,Ada,USD,1,0,
"""
DEMAND = """date,platform,ref,orders
2016-02-27,north,free,5
2016-02-28,north,optics,20
2016-02-29,south,stars,30
2016-03-01,east,tides,10
2016-05-01,north,optics,3
"""
SURVEY = Survey(date(2016, 2, 28), 63, 5)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    (tmp_path / "catalogue.csv").write_text(CATALOGUE)
    (tmp_path / "demand.csv").write_text(DEMAND)
    return Options(tmp_path / "catalogue.csv", tmp_path / "demand.csv", 100, batch_size=8)


class Fair:
    """A market with a till, before anything was sold."""

    def __init__(self, options: Options, node: Anvil, chain: Chain, database_url: str) -> None:
        rows = list(read_catalogue(options.catalogue))
        self.options = options
        self.market: Market = open_market(
            Network(chain, deploy(chain, dev_signer(0))), dev_signer(0), rows, 9
        )
        provider, self.clock = SandboxProvider(), Clock(chain, node)
        self.gateway = Gateway.open(
            database_url,
            self.market.network,
            self.market.operators,
            {provider.name: provider},
            batch_size=options.batch_size,
            clock=self.clock.now,
        )
        self.till = Till(self.market, self.gateway, provider, self.clock, options)
        self.known = {row.key for row in rows}

    def sell(self) -> None:
        """Take the whole demand."""
        self.till.take(draw(self.market, self.options, self.known), lambda *_: None)

    def result(self) -> Result:
        """What the replay would end with now."""
        sales = Sales()
        found = audit(self.market.network, witness=sales.take)
        return conclude(self.market, SURVEY, self.till, found, sales)


@pytest.fixture
def fair(options: Options, database_url: str) -> Iterator[Fair]:
    with Anvil(genesis_timestamp=noon(date(2016, 2, 27))) as node, Chain(node.rpc_url) as chain:
        opened = Fair(options, node, chain, database_url)
        with opened.gateway:
            yield opened


def test_every_order_of_a_paid_content_is_settled_once(options: Options) -> None:
    found = run(options)
    assert (found.demand_paid, found.demand_free) == (63, 5)
    assert (found.orders_accepted, found.orders_settled, found.orders_rejected) == (63, 63, 0)
    assert (found.orders_lost, found.orders_duplicated) == (0, 0)
    assert found.conservation
    assert found.succeeded
    assert sum(found.net_positions.values()) == 0


def test_net_positions_are_of_what_was_sold_for_others(fair: Fair) -> None:
    """NET-6: without the commission, which comes back to the seller."""
    fair.sell()
    expected = dict.fromkeys(fair.market.members, 0)
    for order in draw(fair.market, fair.options, fair.known):
        if order.seller.number != order.offering.host:
            price = order.offering.price.to_ledger_units(6)
            revenue = price - price * (SELLER_BPS + REFERRER_BPS) // 10_000
            expected[order.seller.name] -= revenue
            expected[fair.market.names[order.offering.host]] += revenue
    found = fair.result()
    assert any(expected.values())
    assert found.net_positions == expected
    assert 0 < found.liquidity_saving < 1


def test_what_came_in_is_what_was_sold(options: Options) -> None:
    found = run(options)
    sold = 23 * 4999 + 30 * 12345 + 10 * 1
    assert found.held + found.available == sold * 10_000


def test_the_same_seed_draws_the_same_orders(fair: Fair) -> None:
    drawn = [list(draw(fair.market, fair.options, fair.known)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    other = Options(fair.options.catalogue, fair.options.demand, 100, seed=2)
    assert list(draw(fair.market, other, fair.known)) != drawn[0]


def test_orders_come_in_date_order_and_no_more_than_asked(fair: Fair) -> None:
    few = Options(fair.options.catalogue, fair.options.demand, 25)
    drawn = list(draw(fair.market, few, fair.known))
    assert [each.day for each in drawn] == [date(2016, 2, 28)] * 20 + [date(2016, 2, 29)] * 5


def test_three_of_ten_orders_are_sold_by_another_platform(fair: Fair, tmp_path: Path) -> None:
    (tmp_path / "demand.csv").write_text(DEMAND.replace(",20\n", ",20000\n"))
    many = Options(fair.options.catalogue, fair.options.demand, 20_000)
    drawn = draw(fair.market, many, fair.known)
    elsewhere = sum(each.seller.number != each.offering.host for each in drawn)
    assert 5_700 < elsewhere < 6_300


def test_batches_close_when_they_are_full(fair: Fair) -> None:
    fair.sell()
    for member in fair.market.members.values():
        sizes = [batch.orders for batch in fair.gateway.batches(member.number)]
        assert all(size == fair.options.batch_size for size in sizes[:-1])


def test_a_batch_is_settled_at_the_date_of_its_last_order(fair: Fair) -> None:
    fair.sell()
    assert fair.market.network.chain.timestamp() >= noon(date(2016, 5, 1))


def test_an_order_that_never_reached_the_chain_is_lost(fair: Fair) -> None:
    fair.sell()
    fair.till.accepted[1, 1, 1] += 1
    found = fair.result()
    assert (found.orders_lost, found.orders_duplicated, found.succeeded) == (1, 0, False)


def test_an_order_settled_beside_the_gateway_is_a_duplicate(fair: Fair) -> None:
    fair.sell()
    network, member = fair.market.network, fair.market.members["north"]
    fair.market.deposit(member, 10**9)
    number = network.settlement.next_batch(member.number, 1)
    day = network.chain.timestamp() // DAY_SECONDS
    words = pack([BatchItem(1, 1)]).words
    calldata = network.settlement.encode_settle(number, day, 10**9, words)
    network.chain.send(member.operator, network.settlement.address, calldata)
    found = fair.result()
    assert (found.orders_lost, found.orders_duplicated, found.succeeded) == (0, 1, False)
    assert found.conservation


def test_a_platform_deposits_only_what_it_is_short_of(fair: Fair) -> None:
    fair.sell()
    for member in fair.market.members.values():
        account = accounts.of_platform(member.number)
        assert fair.market.network.settlement.available_of(account) == 0


def test_a_demand_is_read_whole_before_anything_is_done(options: Options) -> None:
    options.demand.write_text(DEMAND + "2016-06-01,north,unheard-of,1\n")
    with pytest.raises(CatalogueError) as refused:
        survey(options.demand, list(read_catalogue(options.catalogue)))
    assert (refused.value.line, refused.value.field) == (7, "ref")


def test_a_demand_of_free_contents_only_is_refused(options: Options) -> None:
    options.demand.write_text("date,platform,ref,orders\n2016-02-27,north,free,5\n")
    with pytest.raises(CatalogueError, match="paid content"):
        run(options)


def test_prices_in_two_currencies_are_refused(options: Options) -> None:
    options.catalogue.write_text(CATALOGUE.replace("Ada,USD,1,", "Ada,CNY,1,"))
    with pytest.raises(CurrencyMismatch):
        run(options)


@pytest.mark.parametrize(
    ("orders", "batch_size", "field"), [(0, 1, "orders"), (1, 0, "batch_size")]
)
def test_counts_must_be_positive(orders: int, batch_size: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Options(Path("a"), Path("b"), orders, batch_size=batch_size)
    assert refused.value.field == field
