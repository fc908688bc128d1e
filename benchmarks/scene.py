"""A small market on a chain of its own, ready for the calls whose gas is measured.

Everything in it is the same in every run: keys, addresses, numbers, salts and the time of every
block. Gas depends on all of them a little, by the zero bytes in calldata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import NamedTuple, TypeVar

from eth_utils.crypto import keccak

from benchmarks import tokens
from zhifu import accounts
from zhifu.anvil import Anvil, AnvilNode, dev_signer
from zhifu.authorization import TokenDomain, Venue
from zhifu.batch import BatchItem, PackedBatch, facts_of, pack, tree, unpack
from zhifu.blocks import Receipt
from zhifu.chain import TRANSACTION_GAS_LIMIT, Chain
from zhifu.contract import Contract
from zhifu.deployment import DAY_SECONDS, DEFAULT_WINDOWS, Network, deploy
from zhifu.facts import OrderState, Quote
from zhifu.models import (
    NO_ADDRESS,
    NO_SELLER,
    BatchOrder,
    Consent,
    DirectOrder,
    Publication,
    Role,
    Share,
    SplitPlan,
    Terms,
)
from zhifu.signing import LocalSigner

PRICE = 49_000_000
"""What every content costs, in ledger units."""

CATALOGUE = 350
"""Contents 1 to 350 are the catalogue: one creator each."""

HOUR_SECONDS = 3_600
LEARNERS = 1_000_000
FUNDS = 10**15

WINDOW = DEFAULT_WINDOWS[0]

#: Noon of the first day of an epoch of the first window.
_START = 1_462 * WINDOW + DAY_SECONDS // 2
_AT_ONCE = 50
_ORDERS_PER_SLOT = 256
_PLATFORM_PAYS = OrderState(0)
_PERPETUAL = Terms()

Result = TypeVar("Result")
_FIRST_CREATOR = 100


class Platform(NamedTuple):
    """A member of the network with its keys."""

    number: int
    owner: LocalSigner
    operator: LocalSigner
    treasury: LocalSigner

    @property
    def account(self) -> accounts.Account:
        """Its balance in Settlement."""
        return accounts.of_platform(self.number)


@dataclass(frozen=True, slots=True)
class Batch:
    """A settled batch, and what its proofs are made of."""

    seller: Platform
    number: int
    packed: PackedBatch
    contents: dict[int, Publication]
    timestamp: int
    state: OrderState
    receipt: Receipt

    def order(self, index: int) -> BatchOrder:
        """The order that was packed at `index`, with its proof."""
        leaf, place = self.packed.places[index]
        found = unpack(self.packed.words)[leaf]
        quotes = {number: self._quote(each) for number, each in self.contents.items()}
        whole = tree(self.packed.words, quotes)
        where = (self.seller.number, 1, self.number, whole.leaves, leaf, place)
        facts = facts_of(found, quotes)
        return BatchOrder(*where, found.word, facts, found.referrer, whole.proof(leaf))

    def beside(self, index: int) -> BatchOrder:
        """Another order, of which the chain keeps in the same slot whether it was touched."""
        places = self.packed.places
        slot = places[index].position // _ORDERS_PER_SLOT
        others = (at for at, place in enumerate(places) if at != index)
        found = next(at for at in others if places[at].position // _ORDERS_PER_SLOT == slot)
        return self.order(found)

    def _quote(self, content: Publication) -> Quote:
        plan, window_class = content.plan, content.window_class
        shares = (plan.commission_bps, plan.referrer_bps)
        epoch = self.timestamp // WINDOW
        read = (content.price, *shares, 1, window_class, epoch, self.timestamp)
        return Quote(*read, state=self.state)


@dataclass(slots=True)
class Scene:
    """A host that published the catalogue, a seller, a buyer and all others a call may need.

    `token` is what the settlement token is called in the names of rows.
    """

    node: AnvilNode
    network: Network
    token: str
    admin: LocalSigner
    arbiter: LocalSigner
    host: Platform
    seller: Platform
    buyer: LocalSigner
    relayer: LocalSigner
    referrer: LocalSigner
    contents: dict[int, Publication] = field(default_factory=dict)
    _salts: Iterator[int] = field(default_factory=lambda: count(1))
    _batches: dict[int, int] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        """The chain it all is on."""
        return self.network.chain

    @property
    def venue(self) -> Venue:
        """What signatures for Settlement are bound to."""
        return Venue(self.chain.chain_id, self.network.settlement.address)

    @property
    def token_domain(self) -> TokenDomain:
        """What signatures for the token are bound to."""
        token = self.network.token
        return TokenDomain(token.address, token.name(), 1, tokens.version_of(self.token))

    def send(
        self, signer: LocalSigner, contract: Contract, function: str, *arguments: object
    ) -> Receipt:
        """Call a function with the most gas a transaction may have."""
        return self.send_data(signer, contract, contract.encode(function, *arguments))

    def send_data(self, signer: LocalSigner, contract: Contract, data: bytes) -> Receipt:
        """Call a contract with calldata and the most gas a transaction may have."""
        return self.chain.send(signer, contract.address, data, gas=TRANSACTION_GAS_LIMIT)

    def settlement(self, signer: LocalSigner, function: str, *arguments: object) -> Receipt:
        """Call Settlement."""
        return self.send(signer, self.network.settlement, function, *arguments)

    def license(self, signer: LocalSigner, function: str, *arguments: object) -> Receipt:
        """Call ContentLicense."""
        return self.send(signer, self.network.license, function, *arguments)

    def now(self) -> int:
        """The chain's time in seconds since 1970."""
        return self.chain.timestamp()

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.node.set_next_block_timestamp(self.now() + seconds)
        self.node.mine()

    def mature(self) -> None:
        """Let all that is held in the first class become releasable."""
        self.wait(2 * WINDOW)

    def publish(self, plans: Sequence[SplitPlan], ref: str, terms: Terms = _PERPETUAL) -> list[int]:
        """Publish contents of the host, one for each plan; return their numbers."""
        first = len(self.contents) + 1
        found = [Publication(f"{ref}-{at}", PRICE, 0, plan, terms) for at, plan in enumerate(plans)]
        for start in range(0, len(found), _AT_ONCE):
            chunk = [each.as_tuple() for each in found[start : start + _AT_ONCE]]
            self.license(self.host.operator, "publish", chunk)
        self.contents.update(zip(count(first), found))
        return list(range(first, first + len(found)))

    def fund(self, owner: LocalSigner) -> None:
        """Give an address tokens that Settlement may take without limit."""
        token, settlement = self.network.token, self.network.settlement.address
        self.send(self.admin, token, "mint", owner.address, FUNDS)
        self.send(owner, token, "approve", settlement, 2**256 - 1)

    def deposit(self, account: accounts.Account) -> None:
        """Pay into an account."""
        self.settlement(self.admin, "deposit", account, FUNDS // 100)

    def order(
        self, *, content: int = 1, seller: Platform | None = None, referrer: str = NO_ADDRESS
    ) -> DirectOrder:
        """A direct order of the buyer, never the same twice; without a seller from the host."""
        number = seller.number if seller else NO_SELLER
        parties = (number, self.buyer.address, self.buyer.address)
        salt = keccak(next(self._salts).to_bytes(32, "big"))
        return DirectOrder(content, *parties, PRICE, self.now() + HOUR_SECONDS, salt, referrer)

    def settle(self, items: Sequence[BatchItem], seller: Platform | None = None) -> Batch:
        """Settle a batch of the seller (of the host, if none is given)."""
        return self._settle(items, seller or self.host, self.network.settlement.encode_settle)

    def settle_learners(
        self, items: Sequence[BatchItem], *, from_learners: bool, consents: Sequence[Consent] = ()
    ) -> Batch:
        """Settle a batch of the host that its learners pay, or agree to, or both."""
        encode = partial(
            self.network.settlement.encode_settle_learners,
            from_learners=from_learners,
            consents=consents,
        )
        state = OrderState.FROM_LEARNER if from_learners else _PLATFORM_PAYS
        return self._settle(items, self.host, encode, state)

    def _settle(
        self,
        items: Sequence[BatchItem],
        seller: Platform,
        encode: Callable[[int, int, int, bytes], bytes],
        state: OrderState = _PLATFORM_PAYS,
    ) -> Batch:
        number = self._batches.get(seller.number, 0) + 1
        packed = pack(items)
        data = encode(number, self.now() // DAY_SECONDS, FUNDS, packed.words)
        receipt = self.send_data(seller.operator, self.network.settlement, data)
        self._batches[seller.number] = number
        return Batch(seller, number, packed, self.contents, self.now(), state, receipt)

    def restored(self, act: Callable[[Scene], Result]) -> Result:
        """Let `act` do what it likes, and undo all of it."""
        snapshot, batches, contents = self.node.snapshot(), self._batches, self.contents
        self._batches, self.contents, self._salts = dict(batches), dict(contents), count(1)
        try:
            return act(self)
        finally:
            self.node.revert(snapshot)
            self._batches, self.contents = batches, contents


@contextmanager
def opened(token: str, *, traced: bool = False) -> Iterator[Scene]:
    """Start a chain with a market that settles in `token`, and end it afterwards.

    `traced` keeps what every transaction did, for `debug_traceTransaction`.
    """
    arguments = ("--steps-tracing",) if traced else ()
    with Anvil(genesis_timestamp=_START, arguments=arguments) as node:
        node.rpc.call("anvil_setBlockTimestampInterval", 1)
        with Chain(node.rpc_url, timeout_seconds=300) as chain:
            admin = dev_signer(0)
            network = Network(chain, deploy(chain, admin, token=tokens.create(chain, admin, token)))
            yield _furnished(node, network, token, admin)


def plan(creators: int, first_creator: int, *, network_bps: int = 200) -> SplitPlan:
    """A plan of that many creators, whose keys are numbered from `first_creator` on."""
    payees = [dev_signer(_FIRST_CREATOR + first_creator + at).address for at in range(creators)]
    part, rest = divmod(7_000 - network_bps, creators)
    shares = [Share(payee, part) for payee in payees]
    shares[0] = Share(payees[0], part + rest)
    return SplitPlan(1_500, 500, 1_000, network_bps, tuple(shares))


def _furnished(node: AnvilNode, network: Network, token: str, admin: LocalSigner) -> Scene:
    host, seller = (_admitted(network, admin, number) for number in (1, 2))
    buyer, relayer, referrer, arbiter = (dev_signer(index) for index in (1, 2, 3, 4))
    parties = (admin, arbiter, host, seller, buyer, relayer, referrer)
    scene = Scene(node, network, token, *parties)
    scene.settlement(host.owner, "setTopUpLimit", host.number, FUNDS)
    network.registry.nominate(admin, Role.ARBITER, arbiter.address)
    scene.wait(network.registry.delay())
    network.registry.accept_role(arbiter, Role.ARBITER)
    network.registry.register_learners(host.operator, LEARNERS)
    scene.publish([plan(1, at) for at in range(CATALOGUE)], "course")
    scene.fund(admin)
    scene.fund(buyer)
    for platform in (host, seller):
        scene.deposit(platform.account)
    return scene


def _admitted(network: Network, admin: LocalSigner, number: int) -> Platform:
    owner, operator, treasury = (dev_signer(10 * number + at) for at in range(3))
    name = f"platform {number}"
    network.registry.admit(admin, name, owner.address, treasury.address, 0, 0)
    network.registry.set_operator(owner, number, operator.address)
    network.registry.accept_operator(operator, number)
    return Platform(number, owner, operator, treasury)
