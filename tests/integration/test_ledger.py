"""The ledger after a random history, against what the contracts have (LEDGER-1, 4, 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.integration.market_walk import CONTENTS, REFERRER, Walk, opened_market
from zhifu import accounts, chart
from zhifu.anvil import Anvil, dev_signer
from zhifu.chain import Chain
from zhifu.deployment import Network, deploy
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.ledger import Ledger, Of
from zhifu.store import Store
from zhifu.transfers import Transfer

STEPS = 500


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, Store]]:
    """A walk that was followed now and then."""
    database = tmp_path_factory.mktemp("ledger") / "ledger.sqlite3"
    with Anvil(genesis_timestamp=1_800_000_000) as anvil, Chain(anvil.rpc_url) as chain:
        network = Network(chain, deploy(chain, dev_signer(0)))
        walk, random = Walk(opened_market(network, anvil), anvil, seed=23), Random(5)
        with Store.open(f"sqlite:///{database}") as store:
            indexer = Indexer(store, network, Index(), lambda: 0)
            for _ in range(STEPS):
                walk.step()
                if random.random() < 0.1:
                    indexer.sync()
            indexer.sync()
            yield walk, store


@pytest.fixture
def ledger(followed: tuple[Walk, Store]) -> Ledger:
    return Ledger(followed[1])


def test_the_ledger_has_what_the_contracts_have(
    followed: tuple[Walk, Store], ledger: Ledger
) -> None:
    """LEDGER-4: account by account, and hold by hold."""
    walk, network, settlement = followed[0], followed[0].network, followed[0].settlement
    balances = {line.account: line.closing for line in ledger.lines()}
    assert sum(balances.values()) == 0
    tokens = network.token.balance_of(settlement.address) // settlement.tokens_per_unit()
    assert balances.pop("tokens") == -tokens
    held: Counter[tuple[str, ...]] = Counter()
    for name, balance in balances.items():
        account = chart.account_of(name)
        if account is None:
            assert chart.is_hold(name)
            kind, _, said = name.partition(":")
            held[(kind, said if kind == "dispute" else said.rpartition("/")[0])] += balance
        else:
            assert balance == settlement.available_of(account), name
    assert held == chain_holds(walk)
    assert {"take_over", "refund_batch_part", "open_batch_dispute", "release"} <= set(walk.done)


def chain_holds(walk: Walk) -> Counter[tuple[str, ...]]:
    """What contents, sellers, referrers and disputes have on hold, as the contracts say."""
    settlement, found = walk.settlement, Counter[tuple[str, ...]]()
    for content in range(1, CONTENTS + 1):
        for version in range(1, walk.done["replan"] + 2):
            hold = settlement.hold_of(content, version)
            found["revenue", str(content)] += hold.total
    earners = [accounts.of_platform(each.number) for each in walk.market.members.values()]
    for account in (*earners, accounts.of_address(REFERRER.address)):
        hold = settlement.commission_of(account, 0)
        held = hold.total
        found["commission", f"{chart.holder(account)}/0"] += held
    for event in settlement.events("DisputeOpened"):
        order_id = event.arguments["orderId"]
        open_ = settlement.dispute_of(order_id) is not None
        amount = event.arguments["amount"] + event.arguments["bond"]
        found["dispute", chart.order_name(order_id)] = amount if open_ else 0
    return found


def test_movements_of_any_time_are_the_difference_of_its_balances(ledger: Ledger) -> None:
    """LEDGER-5"""
    moments = [each.at for each in ledger.movements()]
    assert moments == sorted(moments)
    random = Random(8)
    for _ in range(10):
        since, until = sorted(random.sample(moments, 2))
        sums: Counter[str] = Counter()
        for each in ledger.movements(since=since, until=until):
            sums[each.debit] -= each.amount
            sums[each.credit] += each.amount
        for line in ledger.lines(since=since, until=until):
            assert line.closing - line.opening == sums[line.account]
            assert line.opening == ledger.balance(line.account, since - 1)
            assert line.closing == ledger.balance(line.account, until - 1)


def test_movements_are_found_by_what_they_are_about(ledger: Ledger) -> None:
    everything = list(ledger.movements())
    host = {int(each["number"]): int(each["host"]) for each in hosts(ledger)}

    def of_platform(name: str, platform: int) -> bool:
        kind, _, said = name.partition(":")
        if kind == "revenue":
            return host[int(said.split("/")[0])] == platform
        return said.startswith((f"platform/{platform}", f"learner/{platform}/"))

    creator = next(
        each.credit.partition(":")[2]
        for each in everything
        if each.kind == "release" and each.credit.startswith("available:0x")
    )
    order = next(each.order for each in everything if each.kind == "part_refund")
    account = f"available:{creator}"
    cases: list[tuple[Of, Callable[[Transfer], bool]]] = [
        (Of(order=order), lambda each: each.order == order),
        (Of(content=2), lambda each: each.content == 2),
        (Of(learner=7), lambda each: each.learner == 7),
        (Of(account=account), lambda each: account in (each.debit, each.credit)),
        (Of(creator=creator), lambda each: creator in each.debit or creator in each.credit),
        (
            Of(platform=1),
            lambda each: of_platform(each.debit, 1) or of_platform(each.credit, 1),
        ),
        (
            Of(learner=7, content=2, platform=2),
            lambda each: (
                each.learner == 7
                and each.content == 2
                and (of_platform(each.debit, 2) or of_platform(each.credit, 2))
            ),
        ),
    ]
    for of, belongs in cases:
        expected = [each for each in everything if belongs(each)]
        assert expected, of
        assert list(ledger.movements(of)) == expected, of


def hosts(ledger: Ledger) -> list[dict[str, int]]:
    with ledger._store.reading() as transaction:
        return [{"number": row[0], "host": row[1]} for row in transaction.rows("contents")]
