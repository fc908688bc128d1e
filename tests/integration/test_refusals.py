"""What the contracts refuse reaches a Python caller as one typed error, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.integration.fair import BUYER, CREATOR, PLAN, Fair
from zhifu import accounts
from zhifu.anvil import dev_signer
from zhifu.authorization import authorize
from zhifu.chain import Chain
from zhifu.deployment import Network
from zhifu.direct import (
    new_order,
    place_with_authorization,
    place_with_tokens,
    token_of,
    venue_of,
)
from zhifu.exceptions import (
    AuthorizationUsed,
    ContractReverted,
    DuplicateBatch,
    DuplicateOrder,
    InactiveContent,
    InsufficientBalance,
    InvalidInput,
    InvalidSignature,
    InvalidSplitPlan,
    NotRefundable,
    TooEarly,
    UnknownContent,
    UnknownLearner,
    UnknownPlatform,
    WrongChain,
    WrongKey,
    WrongOperator,
    ZhifuError,
)
from zhifu.models import (
    DELAY_SECONDS,
    NO_ADDRESS,
    DirectOrder,
    PriceStep,
    Publication,
    Role,
)
from zhifu.signing import LocalSigner

STRANGER = dev_signer(19)
TOKENS = 10**9


@pytest.fixture
def market(fair: Fair) -> Fair:
    """The fair with a buyer who has tokens, and the content 2 closed."""
    fair.network.token.mint(fair.admin, BUYER.address, TOKENS)
    fair.network.license.set_active(fair.operators[1], 2, False)
    return fair


def order(fair: Fair, content: int = 1) -> DirectOrder:
    now = fair.network.chain.timestamp()
    return new_order(fair.network, content, 1, BUYER.address, now=now)


def signed(fair: Fair, wanted: DirectOrder, by: LocalSigner = BUYER, chain_id: int = 0) -> bytes:
    network = fair.network
    venue = venue_of(network)
    if chain_id:
        venue = venue._replace(chain_id=chain_id)
    return authorize(by, wanted, venue, token_of(network))


def buy(fair: Fair, wanted: DirectOrder, signature: bytes) -> object:
    settlement = fair.network.settlement
    return settlement.buy_with_authorization(fair.operators[1], wanted, signature)


def bad_signature(fair: Fair) -> object:
    wanted = order(fair)
    return buy(fair, wanted, signed(fair, wanted, by=STRANGER))


def signature_for_another_chain(fair: Fair) -> object:
    wanted = order(fair)
    return buy(fair, wanted, signed(fair, wanted, chain_id=1))


def short_signature(fair: Fair) -> object:
    wanted = order(fair)
    return buy(fair, wanted, signed(fair, wanted)[:64])


def settle(fair: Fair, number: int) -> object:
    settlement = fair.network.settlement
    day = fair.network.chain.timestamp() // 86_400
    one_order = 1 << 224 | 1 << 192
    return settlement.transact(fair.operators[1], "settle", number, day, 10**9, [one_order])


def publish(
    fair: Fair,
    *creators: tuple[str, int],
    terms: tuple[int, bool, bool, int] = (0, False, False, 0),
) -> object:
    # As another client could send it: a SplitPlan and Terms would not let it come this far.
    plan = (1500, 500, 1000, 200, list(creators))
    publication = ("new", 100, 0, plan, terms)
    return fair.network.license.transact(fair.operators[1], "publish", [publication])


def publish_on(fair: Fair, *terms: int) -> object:
    duration, renewable, royalty_bps = terms
    published = (duration, bool(renewable), False, royalty_bps)
    return publish(fair, (CREATOR.address, 6800), terms=published)


def set_prices(fair: Fair, *days: int) -> object:
    """Set the content 1's price for days counted from today."""
    today = fair.network.chain.timestamp() // 86_400
    steps = [PriceStep(today + day, 5) for day in days]
    return fair.network.license.set_prices(fair.operators[1], 1, steps)


Refused = Callable[[Fair], object]
REFUSED: dict[str, tuple[Refused, type[ZhifuError], str]] = {
    "bad signature": (bad_signature, InvalidSignature, "signature"),
    "signature for another chain": (signature_for_another_chain, InvalidSignature, "signature"),
    "short signature": (short_signature, InvalidInput, "signature"),
    "stranger registers": (
        lambda fair: fair.network.registry.register_learners(STRANGER, 5),
        WrongOperator,
        "operator",
    ),
    "stranger sets a price": (
        lambda fair: fair.network.license.set_price(STRANGER, 1, 5),
        WrongOperator,
        "operator",
    ),
    "stranger withdraws": (
        lambda fair: fair.network.settlement.withdraw_platform(STRANGER, 1, 5),
        WrongOperator,
        "operator",
    ),
    "stranger sets a treasury": (
        lambda fair: fair.network.registry.set_treasury(STRANGER, 1, STRANGER.address),
        WrongKey,
        "key",
    ),
    "key that nobody names": (
        lambda fair: fair.network.registry.accept_operator(STRANGER, 1),
        WrongKey,
        "key",
    ),
    "key that accepted already": (
        lambda fair: fair.network.registry.accept_operator(fair.operators[1], 2),
        InvalidInput,
        "operator",
    ),
    "platform accepted by a stranger": (
        lambda fair: fair.network.registry.accept_platform(STRANGER, 1),
        WrongKey,
        "key",
    ),
    "role accepted by a stranger": (
        lambda fair: fair.network.registry.accept_role(STRANGER, Role.PAUSER),
        WrongKey,
        "key",
    ),
    "stranger nominates": (
        lambda fair: fair.network.registry.nominate(STRANGER, Role.ARBITER, STRANGER.address),
        WrongKey,
        "key",
    ),
    "stranger admits": (
        lambda fair: fair.network.registry.admit(
            STRANGER, "new", STRANGER.address, STRANGER.address, 0, 0
        ),
        WrongKey,
        "key",
    ),
    "batch number": (lambda fair: settle(fair, 9), DuplicateBatch, "batch"),
    "inactive content": (
        lambda fair: fair.network.settlement.buy(BUYER, replace(order(fair), content=2)),
        InactiveContent,
        "content",
    ),
    "unknown content": (
        lambda fair: fair.network.settlement.buy(BUYER, replace(order(fair), content=99)),
        UnknownContent,
        "content",
    ),
    "price of an unknown content": (lambda fair: order(fair, 99), UnknownContent, "content"),
    "prices of unknown contents": (
        lambda fair: fair.network.settlement.read_many("priceOn", [(1, 20_000), (99, 20_000)]),
        UnknownContent,
        "content",
    ),
    "order past its deadline": (
        lambda fair: fair.network.settlement.buy(BUYER, replace(order(fair), deadline=1)),
        InvalidInput,
        "deadline",
    ),
    "order below the price": (
        lambda fair: fair.network.settlement.buy(BUYER, replace(order(fair), max_price=1)),
        InvalidInput,
        "max_price",
    ),
    "order for nobody": (
        lambda fair: fair.network.settlement.buy(BUYER, replace(order(fair), receiver=NO_ADDRESS)),
        InvalidInput,
        "receiver",
    ),
    "unknown learner": (
        lambda fair: fair.network.registry.home_of(99),
        UnknownLearner,
        "learner",
    ),
    "unknown platform": (
        lambda fair: fair.network.registry.set_network_fee(fair.admin, 99, 1),
        UnknownPlatform,
        "platform",
    ),
    "too little money": (
        lambda fair: fair.network.settlement.withdraw(BUYER, 5, BUYER.address),
        InsufficientBalance,
        "balance",
    ),
    "plan that does not add up": (
        lambda fair: publish(fair, (CREATOR.address, 6799)),
        InvalidSplitPlan,
        "split_plan",
    ),
    "plan without creators": (lambda fair: publish(fair), InvalidInput, "creators"),
    "stranger sets a plan": (
        lambda fair: fair.network.license.set_plan(STRANGER, 1, PLAN),
        WrongOperator,
        "operator",
    ),
    "plan that the content never had": (
        lambda fair: fair.network.license.plan_of(1, 2),
        InvalidInput,
        "version",
    ),
    "licence of a minute": (
        lambda fair: publish_on(fair, 60, False, 0),
        InvalidInput,
        "duration_seconds",
    ),
    "renewal of a licence without an end": (
        lambda fair: publish_on(fair, 0, True, 0),
        InvalidInput,
        "renewable",
    ),
    "royalty of half the price": (
        lambda fair: publish_on(fair, 0, False, 5_000),
        InvalidInput,
        "royalty_bps",
    ),
    "price from today on": (lambda fair: set_prices(fair, 0), InvalidInput, "from_day"),
    "prices in no order": (lambda fair: set_prices(fair, 2, 1), InvalidInput, "from_day"),
    "no prices": (lambda fair: set_prices(fair), InvalidInput, "steps"),
    "royalty of a licence nobody claimed": (
        lambda fair: fair.network.license.royalty_info(1, 100),
        InvalidInput,
        "licence",
    ),
    "taken ref": (
        lambda fair: fair.network.license.publish(
            fair.operators[1], [Publication("content 1", 100, 0, PLAN)]
        ),
        InvalidInput,
        "ref",
    ),
    "no treasury": (
        lambda fair: fair.network.registry.set_treasury(fair.operators[1], 1, NO_ADDRESS),
        InvalidInput,
        "treasury",
    ),
    "no owner": (
        lambda fair: fair.network.registry.admit(
            fair.admin, "new", NO_ADDRESS, STRANGER.address, 0, 0
        ),
        InvalidInput,
        "owner",
    ),
    "no amount": (
        lambda fair: fair.network.settlement.deposit(BUYER, accounts.of_platform(1), 0),
        InvalidInput,
        "amount",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_typed_error_and_changes_nothing(market: Fair, case: str) -> None:
    refused, error, field = REFUSED[case]
    before = market.network.chain.block_number()
    with pytest.raises(ZhifuError) as raised:
        refused(market)
    assert type(raised.value) is error
    assert raised.value.field == field
    assert raised.value.rule.startswith("must ")
    assert market.network.chain.block_number() == before


def test_the_cause_tells_what_the_contract_said(market: Fair) -> None:
    with pytest.raises(UnknownContent) as raised:
        order(market, 99)
    assert isinstance(raised.value.__cause__, ContractReverted)
    assert raised.value.__cause__.error == "UnknownContent"


def test_a_bad_signature_names_whose_it_should_be(market: Fair) -> None:
    with pytest.raises(InvalidSignature) as raised:
        bad_signature(market)
    assert raised.value.signer == BUYER.address


def test_an_authorization_pays_once(market: Fair) -> None:
    wanted = order(market)
    signature = signed(market, wanted)
    buy(market, wanted, signature)
    paid = market.network.token.balance_of(BUYER.address)
    with pytest.raises(AuthorizationUsed) as raised:
        buy(market, wanted, signature)
    assert raised.value.authorizer == BUYER.address
    assert raised.value.nonce == "0x" + market.network.settlement.order_id_of(wanted).hex()
    assert market.network.token.balance_of(BUYER.address) == paid


def test_an_order_is_placed_once(market: Fair) -> None:
    wanted = order(market)
    place_with_tokens(market.network, BUYER, wanted)
    with pytest.raises(DuplicateOrder):
        place_with_tokens(market.network, BUYER, wanted)


def test_an_order_is_refunded_once(market: Fair) -> None:
    wanted = order(market)
    place_with_authorization(market.network, BUYER, wanted, market.operators[1])
    market.network.settlement.refund(market.operators[1], wanted)
    with pytest.raises(NotRefundable):
        market.network.settlement.refund(market.operators[1], wanted)


def test_a_role_is_accepted_in_its_time(market: Fair) -> None:
    registry = market.network.registry
    registry.nominate(market.admin, Role.ARBITER, STRANGER.address)
    nominee = registry.pending_role(Role.ARBITER)
    assert nominee == (STRANGER.address, market.network.chain.timestamp() + registry.delay())
    with pytest.raises(TooEarly) as raised:
        registry.accept_role(STRANGER, Role.ARBITER)
    assert raised.value.since == nominee.since
    market.pass_days(2)
    registry.accept_role(STRANGER, Role.ARBITER)
    assert (registry.arbiter(), registry.pauser()) == (STRANGER.address, NO_ADDRESS)
    registry.dismiss(market.admin, Role.ARBITER)
    assert registry.arbiter() == NO_ADDRESS


def test_the_delay_is_the_one_that_is_known(market: Fair) -> None:
    assert market.network.registry.delay() == DELAY_SECONDS


def test_what_is_announced_can_be_read(market: Fair) -> None:
    registry, owner = market.network.registry, market.operators[1]
    nobody = (NO_ADDRESS, 0)
    assert registry.changes_of(1) == (nobody, nobody, 0, 0, 0, 0)
    registry.set_treasury(owner, 1, STRANGER.address)
    since = market.network.chain.timestamp() + DELAY_SECONDS
    assert registry.changes_of(1).treasury == (STRANGER.address, since)


def test_a_network_of_another_chain_is_refused(market: Fair) -> None:
    elsewhere = replace(market.network.deployment, chain_id=1)
    with Chain(market.anvil.rpc_url) as chain, pytest.raises(WrongChain):
        Network(chain, elsewhere)
