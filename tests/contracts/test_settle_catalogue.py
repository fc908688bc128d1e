"""Settle real catalogues: a thousand orders and more in one transaction."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.contracts import network
from tests.contracts.batch import Group, words_of
from tests.contracts.clock import today
from tests.contracts.plans import Plan, Publication, Share

CATALOGUE = Path(__file__).parents[2] / "zhifu" / "data" / "catalogue.csv"
CONTENTS = 350
UNITS_PER_CENT = 10**4
TRANSACTION_GAS = 16_777_216


@pytest.fixture(scope="module")
def rows():
    """The first paid contents of the catalogue, in an order that mixes its platforms."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        paid = [row for row in csv.DictReader(file) if int(row["price_minor"] or 0)]
    return Random(7).sample([row for row in paid if row["ref"]], CONTENTS)


@pytest.fixture(scope="module")
def catalogue(licences, host, creators, rows):
    """The contents, published fifty at a time."""
    plan = Plan(1_500, 500, 2_000, 300, (Share(creators[0].address, 5_700),))
    refs = ((f"{row['platform']}/{row['ref']}", int(row["price_minor"])) for row in rows)
    offered = [Publication(ref, price * UNITS_PER_CENT, 0, plan) for ref, price in refs]
    chunks = [offered[i : i + 50] for i in range(0, CONTENTS, 50)]
    return [content for chunk in chunks for content in network.publish(licences, host, *chunk)]


@pytest.fixture(scope="module")
def students(registry, seller):
    """Twenty thousand learners of the seller."""
    registry.registerLearners(20_000, bytes(32), {"from": seller.operator})
    return range(1, 20_001)


def draw(catalogue, students, orders):
    """Group orders of popular and rare contents, each content at least once."""
    random = Random(orders)
    popular = random.choices(catalogue, [1 / (i + 1) for i in range(CONTENTS)], k=orders)
    chosen = [*catalogue, *islice(popular, orders - CONTENTS)]
    learners: dict[int, list[int]] = {content.number: [] for content in catalogue}
    for content in chosen:
        learners[content.number].append(random.choice(students))
    return [Group(content, rows) for content, rows in learners.items()], chosen


def test_publishes_real_contents_at_their_prices(settlement, licences, host, rows, catalogue):
    """PUB-2, PUB-4."""
    for row, content in zip(rows, catalogue, strict=True):
        assert licences.contentOf(host.number, f"{row['platform']}/{row['ref']}") == content.number
    prices = [settlement.priceOn(content.number, today())[0] for content in catalogue[:20]]
    assert prices == [int(row["price_minor"]) * UNITS_PER_CENT for row in rows[:20]]


@pytest.mark.parametrize("orders", [1_000, 5_000])
def test_a_large_batch_fits_one_transaction(
    settlement, catalogue, students, seller, deposit, orders
):
    """BATCH-9, BATCH-7."""
    groups, chosen = draw(catalogue, students, orders)
    debit = sum(content.price for content in chosen)
    deposit(seller.account, debit)
    number = settlement.nextBatch(seller.number, 1)
    arguments = (number, today(), debit, words_of(groups))
    settled = settlement.settle(*arguments, {"from": seller.operator})
    assert settled.events["BatchSettled"]["orders"] == orders
    assert settlement.availableOf(seller.account) == 0
    assert settled.gas_used < TRANSACTION_GAS
