"""The audit: a true history passes; any unit out of place is found and named (INV-1, 2, 6, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from eth_utils.crypto import keccak

from zhifu import accounts
from zhifu.anvil import Anvil, dev_signer
from zhifu.audit import audit
from zhifu.batch import BatchItem, BatchTree, Facts, Leaf, leaf_hash, pack, unpack
from zhifu.catalogue import CatalogueRow
from zhifu.chain import Chain
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.direct import new_order
from zhifu.exceptions import ContractReverted, ZhifuError
from zhifu.market import Market, Member, creator_of, open_market
from zhifu.models import BatchOrder, DirectOrder
from zhifu.signing import LocalSigner

WINDOW_SECONDS = 14 * DAY_SECONDS
BUYER = dev_signer(8)
REFERRER = dev_signer(9)


def row(platform: str, ref: str, price_minor: int) -> CatalogueRow:
    return CatalogueRow(platform, ref, ref, "Physics", "", "USD", price_minor, 0, None)


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil() as node:
        yield node


@pytest.fixture(scope="module")
def opened(anvil: Anvil) -> Iterator[Market]:
    rows = [row("north", "optics", 4999), row("north", "tides", 1), row("south", "stars", 12_345)]
    with Chain(anvil.rpc_url) as chain:
        market = open_market(Network(chain, deploy(chain, dev_signer(0))), dev_signer(0), rows, 50)
        for member in market.members.values():
            market.deposit(member, 10**11)
        network = market.network
        network.token.mint(market.admin, BUYER.address, 10**12)
        network.token.approve(BUYER, network.settlement.address, 2**256 - 1)
        network.settlement.deposit(BUYER, accounts.of_address(BUYER.address), 10**11)
        yield market


@pytest.fixture
def market(anvil: Anvil, opened: Market) -> Iterator[Market]:
    snapshot = anvil.snapshot()
    yield opened
    anvil.revert(snapshot)


def settle(market: Market, seller: Member, items: list[BatchItem]) -> list[BatchOrder]:
    """Settle a batch and return its orders with proofs."""
    network, lane = market.network, 1
    number = network.settlement.next_batch(seller.number, lane)
    packed = pack(items)
    day = network.chain.timestamp() // DAY_SECONDS
    calldata = network.settlement.encode_settle(number, day, 10**15, packed.words)
    receipt = network.chain.send(seller.operator, network.settlement.address, calldata)
    now = network.chain.timestamp(receipt.block_number)
    leaves = unpack(packed.words)
    facts = [facts_of(network, leaf, day, now) for leaf in leaves]
    tree = BatchTree(leaf_hash(leaf, read) for leaf, read in zip(leaves, facts, strict=True))
    return [
        BatchOrder(
            seller.number,
            lane,
            number,
            tree.leaves,
            at.leaf,
            at.place,
            leaves[at.leaf].word,
            facts[at.leaf],
            leaves[at.leaf].referrer,
            tree.proof(at.leaf),
        )
        for at in packed.places
    ]


def facts_of(network: Network, leaf: Leaf, day: int, now: int) -> Facts:
    content = int.from_bytes(leaf.word[:4], "big")
    price, _ = network.settlement.price_on(content, day)
    _, plan = network.license.plan_of(content)
    referrer_bps = plan.referrer_bps if leaf.referrer else 0
    return Facts(price, plan.commission_bps, referrer_bps, 1, 0, now // WINDOW_SECONDS)


class Walk:
    """Random verbs on a market; what the contracts refuse is part of the walk."""

    def __init__(self, market: Market, anvil: Anvil, seed: int) -> None:
        self.market, self.anvil, self.random = market, anvil, Random(seed)
        self.batched: list[BatchOrder] = []
        self.direct: list[DirectOrder] = []
        self.verbs: list[Callable[[], object]] = [
            self.settle,
            self.buy,
            self.buy_from_balance,
            self.refund,
            self.refund_batch,
            self.claim,
            self.release,
            self.release_commission,
            self.withdraw,
            self.reprice,
            self.wait,
        ]

    def step(self) -> bool:
        """Do one verb; whether the contracts accepted it."""
        try:
            self.random.choice(self.verbs)()
        except IndexError:
            return False
        except ZhifuError as error:
            if not isinstance(error.__cause__ or error, ContractReverted):
                raise
            return False
        return True

    @property
    def seller(self) -> Member:
        return self.random.choice(list(self.market.members.values()))

    @property
    def content(self) -> int:
        return self.random.randrange(1, 4)

    def settle(self) -> None:
        referrer = self.random.choice([None, REFERRER.address])
        count = self.random.randrange(1, 30)
        items = [BatchItem(self.content, self.random.randrange(1, 51)) for _ in range(count)]
        items += [BatchItem(self.content, 7, referrer)]
        self.batched += settle(self.market, self.seller, items)

    def order(self) -> DirectOrder:
        now = self.market.network.chain.timestamp()
        referrer = self.random.choice([{}, {"referrer": REFERRER.address}])
        return new_order(
            self.market.network,
            self.content,
            self.seller.number,
            BUYER.address,
            now=now,
            **referrer,
        )

    def buy(self) -> None:
        order = self.order()
        self.market.network.settlement.buy(BUYER, order)
        self.direct.append(order)

    def buy_from_balance(self) -> None:
        order = self.order()
        self.market.network.settlement.buy_from_balance(BUYER, order)
        self.direct.append(order)

    def refund(self) -> None:
        order = self.random.choice(self.direct)
        operator = self.market.operators[order.seller]
        self.market.network.settlement.refund(operator, order)

    def refund_batch(self) -> None:
        order = self.random.choice(self.batched)
        operator = self.market.operators[order.platform]
        self.market.network.settlement.refund_batch(operator, order)

    def claim(self) -> None:
        self.market.network.license.claim(BUYER, self.random.choice(self.direct))

    def release(self) -> None:
        self.market.network.settlement.release(BUYER, [self.content, self.content])

    def release_commission(self) -> None:
        payees = [accounts.of_address(REFERRER.address), accounts.of_platform(self.seller.number)]
        self.market.network.settlement.release_commission(BUYER, self.random.choice(payees), 0)

    def withdraw(self) -> None:
        offering = self.random.choice(list(self.market.offerings.values()))
        signer: LocalSigner = self.random.choice([creator_of(offering.row), BUYER, REFERRER])
        amount = self.random.randrange(1, 10**8)
        self.market.network.settlement.withdraw(signer, amount, signer.address)

    def reprice(self) -> None:
        offering = self.random.choice(list(self.market.offerings.values()))
        operator = self.market.operators[offering.host]
        price = self.random.randrange(1, 10**9)
        self.market.network.license.set_price(operator, offering.number, price)

    def wait(self) -> None:
        self.anvil.increase_time(self.random.choice([3_600, DAY_SECONDS, WINDOW_SECONDS]))
        self.anvil.mine()


@pytest.mark.parametrize("seed", range(3))
def test_any_true_history_agrees_to_the_last_unit(market: Market, anvil: Anvil, seed: int) -> None:
    walk = Walk(market, anvil, seed)
    accepted = sum(walk.step() for _ in range(120))
    found = audit(market.network)
    assert found.findings == ()
    assert found.unaccounted == 0
    assert accepted > 50


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
    assert [each.order_id for each in state.licenses()] == [kept.order_id]


def slot(market: Market, address: str, keys: tuple[int, ...], value: int) -> int:
    """The storage slot of a mapping's value, found by the value it holds."""
    for base in range(24):
        at = base
        for key in keys:
            at = int.from_bytes(keccak(key.to_bytes(32, "big") + at.to_bytes(32, "big")), "big")
        if stored(market, address, at) == value:
            return at
    raise AssertionError("no mapping holds this value")


def stored(market: Market, address: str, at: int) -> int:
    return int(market.network.chain.rpc.call("eth_getStorageAt", address, hex(at), "latest"), 16)


def tamper(market: Market, address: str, keys: tuple[int, ...], before: int, after: int) -> None:
    at = slot(market, address, keys, before)
    word = f"0x{after:064x}"
    market.network.chain.rpc.call("anvil_setStorageAt", address, f"0x{at:064x}", word)


def test_a_changed_account_is_named(market: Market) -> None:
    settlement = market.network.settlement
    account = accounts.of_platform(1)
    tamper(market, settlement.address, (account,), 10**11, 10**11 + 1)
    (finding,) = audit(market.network).findings
    assert "platform 1" in finding


def test_money_moved_from_one_account_to_another_is_named(market: Market) -> None:
    settlement = market.network.settlement
    for platform, after in ((1, 10**11 - 5), (2, 10**11 + 5)):
        account = accounts.of_platform(platform)
        tamper(market, settlement.address, (account,), 10**11, after)
    assert len(audit(market.network).findings) == 2


def test_a_changed_hold_is_named(market: Market) -> None:
    settle(market, market.members["south"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    packed = settlement.read("holdOf", 1)
    tamper(market, settlement.address, (1,), packed, packed + (1 << 112))
    (finding,) = audit(market.network).findings
    assert "holdOf" in finding


def test_a_changed_root_is_named(market: Market) -> None:
    settle(market, market.members["north"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    root = int.from_bytes(settlement.root_of(1, 1, 1), "big")
    batch = (1 << 96) | (1 << 64) | 1
    tamper(market, settlement.address, (batch,), root, root ^ 1)
    (finding,) = audit(market.network).findings
    assert "root of batch" in finding


def test_missing_tokens_are_named(market: Market) -> None:
    network = market.network
    holder = int(network.settlement.address, 16)
    tokens = network.token.balance_of(network.settlement.address)
    tamper(market, network.token.address, (holder,), tokens, tokens - 1)
    (finding,) = audit(network).findings
    assert "1 short" in finding


def test_a_licence_ended_without_a_refund_is_named(market: Market) -> None:
    (order,) = settle(market, market.members["north"], [BatchItem(1, 1)])
    settlement = market.network.settlement
    market.network.settlement.refund_batch(market.members["north"].operator, order)
    (kept,) = settle(market, market.members["north"], [BatchItem(1, 1)])
    batch = (1 << 96) | (1 << 64) | kept.number - 1
    at = slot(market, settlement.address, (batch, 0), 1)
    market.network.chain.rpc.call(
        "anvil_setStorageAt", settlement.address, f"0x{at:064x}", f"0x{3:064x}"
    )
    (finding,) = audit(market.network).findings
    assert "spent orders of (1, 1, 1, 0)" in finding


def test_a_changed_direct_order_is_named(market: Market) -> None:
    network = market.network
    order = new_order(network, 1, 1, BUYER.address, now=network.chain.timestamp())
    network.settlement.buy(BUYER, order)
    order_id = int.from_bytes(network.settlement.order_id_of(order), "big")
    facts = network.settlement.facts_of(order_id.to_bytes(32, "big")).pack()
    tamper(market, network.settlement.address, (order_id,), facts, facts | 4 << 160)
    (finding,) = audit(network).findings
    assert f"{order_id:064x}" in finding


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
    assert len(found.state.orders) == 2


def test_a_reference_that_is_no_text_stops_nobody(market: Market) -> None:
    network, member = market.network, market.members["north"]
    plan = network.license.plan_of(1)[1]
    named = network.license.encode("publish", [("#" * 4, 1, 0, plan.as_tuple())])
    hostile = named.replace(b"####", b"\xff\xfe\xfd\xfc")
    network.chain.send(member.operator, network.license.address, hostile)
    found = audit(network)
    assert found.findings == ()
    assert found.state.offers[4].ref == "\\xff\\xfe\\xfd\\xfc"


def test_the_chain_may_go_on_during_an_audit(market: Market) -> None:
    settle(market, market.members["north"], [BatchItem(1, 1)])

    def meanwhile(_: int) -> None:
        settle(market, market.members["south"], [BatchItem(3, 2)])

    found = audit(market.network, progress=meanwhile)
    assert found.findings == ()
    assert len(found.state.orders) == 1
