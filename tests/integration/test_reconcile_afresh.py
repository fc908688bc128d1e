"""Reconciliation of towns that have just begun, and of a sample of the real demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta, timezone
from itertools import islice
from pathlib import Path

from tests.databases import Databases
from tests.integration.fair import Fair
from tests.integration.street import CARDS, WALLET, open_street
from zhifu.anvil import Anvil, dev_signer
from zhifu.catalogue import CatalogueRow, read_catalogue, shipped_catalogue, shipped_demand
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.gateway import Gateway
from zhifu.market import open_market
from zhifu.money import Money
from zhifu.providers.sandbox import SandboxProvider
from zhifu.reasons import Route
from zhifu.replay import Account, Clock, Drawn, Options, Till, draw, noon, survey

ORDERS, REFUNDS, CONTENTS = 600, 12, 60
ZONES = (timezone.utc, timezone(timedelta(hours=8)), timezone.utc)


def test_what_was_paid_before_the_books_began_is_found(
    fair: Fair, databases: Databases, tmp_path: Path
) -> None:
    """RECONCILE-2: and what else the account took before that is none of the gateway's."""
    street = open_street(fair, databases, tmp_path)
    street.at(1, 13)
    street.accounts[WALLET].pay(Money(77, "USD"))
    request = street.asks(CARDS, 7, (5,))
    paid = street.accounts[CARDS].pay(request.amount)
    street.at(4, 13)
    with street.open() as gateway:
        gateway.pay(replace(request, provider_payment_id=paid))
        street.settle(gateway)
        found = gateway.reconcile()
    assert found.is_fine
    assert found.counts == {"settled_later": 1}
    assert (found.first, found.together()[CARDS, "USD"].taken) == (street.day(4), 100)


class Tills(Till):
    """A till at which each platform takes payments through an account of its own."""

    accounts: tuple[Account, ...] = ()

    def account_of(self, order: Drawn) -> Account:
        return self.accounts[order.seller.number - 1]


def most_sold(rows: Iterable[CatalogueRow]) -> list[CatalogueRow]:
    """The contents with the most learners of each platform."""
    by_platform: dict[str, list[CatalogueRow]] = {}
    for row in sorted(rows, key=lambda row: (-row.learners, row.ref)):
        by_platform.setdefault(row.platform, []).append(row)
    return [row for each in by_platform.values() for row in each[:CONTENTS]]


def test_a_sample_of_the_real_demand_reconciles_to_zero(database_url: str) -> None:
    """RECONCILE-1, RECONCILE-3: three platforms, an account each, many days, some refunds."""
    options = Options(shipped_catalogue(), shipped_demand(), ORDERS, seed=7, batch_size=50)
    every = list(read_catalogue(options.catalogue))
    rows = most_sold(every)
    genesis = noon(survey(options.demand, every).first) - DAY_SECONDS
    with Anvil(genesis_timestamp=genesis) as node, Chain(node.rpc_url) as chain:
        network = Network(chain, deploy(chain, dev_signer(0)))
        market, clock = open_market(network, dev_signer(0), rows, 150), Clock(chain, node)
        accounts = {
            f"account {number}": SandboxProvider(
                name=f"account {number}", zone=zone, fee_bps=100, clock=clock.now
            )
            for number, zone in enumerate(ZONES, 1)
        }
        owners = {name: (number,) for number, name in enumerate(accounts, 1)}
        with Gateway.open(
            *(database_url, network, market.operators, accounts),
            accounts=owners,
            clock=clock.now,
        ) as gateway:
            till = Tills(market, gateway, accounts["account 1"], clock, options)
            till.accounts = tuple(accounts.values())
            known = {row.key for row in every}
            till.take(islice(draw(market, options, known), ORDERS), lambda *_: None)
            for order in gateway.orders(1, limit=REFUNDS):
                gateway.refund(order.id)
            found = gateway.reconcile()
    assert found.is_fine
    assert set(found.counts) <= {"settled_later"}
    assert found.matched[Route.BILL] == ORDERS + REFUNDS
    assert found.matched[Route.CHAIN] + found.counts.get("settled_later", 0) == ORDERS
    assert found.matched[Route.LICENSES] == ORDERS
    together = found.together().values()
    assert [each.unexplained for each in found.sums.values()] == [0] * len(found.sums)
    assert [each.taken for each in together] == [each.debited for each in together]
    assert sum(each.refunded for each in together) > 0
    assert all(each.fees > 0 for each in together)
