"""INDEX-4: what the index says of a licence is what the chain verifies."""

from __future__ import annotations

from tests.integration.fair import CREATOR, PLAN, REFERRER, Fair
from zhifu.batch import BatchItem, pack
from zhifu.deployment import DAY_SECONDS
from zhifu.gateway import Gateway
from zhifu.models import Publication, Terms

TEN_DAYS = 10 * DAY_SECONDS
#: Contents of platform 1: one that ends, and one that ends and can be bought ahead.
ENDING, RENEWABLE = 7, 8


def publish(fair: Fair) -> None:
    terms = (Terms(TEN_DAYS), Terms(TEN_DAYS, renewable=True))
    publications = [Publication(f"lent {each}", 1, 0, PLAN, each) for each in terms]
    fair.network.license.publish(fair.operators[1], publications)


def settle(fair: Fair, *items: BatchItem) -> None:
    network = fair.network
    today = network.chain.timestamp() // DAY_SECONDS
    number, words = network.settlement.next_batch(1, 1), pack(items).words
    network.settlement.settle(fair.operators[1], number, today, 10**12, words)


def both(gateway: Gateway, learner: int, content: int) -> bool:
    """What index and chain say alike."""
    gateway.sync()
    found = gateway.has_license(learner, content)
    assert found == gateway.may_use(learner, content)
    return found


def test_a_licence_begins_and_ends_in_the_index_too(fair: Fair, gateway: Gateway) -> None:
    publish(fair)
    in_five_days = fair.network.chain.timestamp() + 5 * DAY_SECONDS
    settle(
        fair,
        BatchItem(1, 1),
        BatchItem(ENDING, 1),
        BatchItem(RENEWABLE, 1, starts_at=in_five_days),
        BatchItem(RENEWABLE, 2),
    )
    asked = [(1, 1), (1, ENDING), (1, RENEWABLE), (2, RENEWABLE), (2, ENDING)]
    for held in ("11010", "11110", "10100", "10000"):
        assert "".join(str(int(both(gateway, *each))) for each in asked) == held
        fair.pass_days(6)


def test_a_refunded_order_is_no_licence_in_the_index(fair: Fair, gateway: Gateway) -> None:
    settle(fair, BatchItem(1, 1), BatchItem(1, 2))
    assert both(gateway, 1, 1)
    sold = gateway.license(1, 1)
    assert sold is not None
    fair.network.settlement.refund_batch(fair.operators[1], sold)
    assert not both(gateway, 1, 1)
    assert both(gateway, 2, 1)


def test_a_claimed_licence_is_its_tokens(fair: Fair, gateway: Gateway) -> None:
    settle(fair, BatchItem(1, 1))
    fair.network.registry.bind_key(fair.operators[1], 1, CREATOR.address)
    sold = gateway.license(1, 1)
    assert sold is not None
    fair.network.license.claim_batch(CREATOR, sold)
    assert both(gateway, 1, 1)
    fair.pass_days(40)
    given = (CREATOR.address, REFERRER.address, sold.order_id, 1, b"")
    fair.network.license.transact(CREATOR, "safeTransferFrom", *given)
    assert not both(gateway, 1, 1)
