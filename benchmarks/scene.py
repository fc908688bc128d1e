"""A small market on a chain of its own, ready for the calls whose gas is measured.

Everything in it is the same in every run: keys, addresses, numbers, salts and the time of every
block. Gas depends on all of them a little, by the zero bytes in calldata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from benchmarks import tokens
from zhifu import accounts
from zhifu.anvil import Anvil, AnvilNode, dev_signer
from zhifu.batch import BatchItem, Facts, PackedBatch, pack, tree, unpack
from zhifu.blocks import Receipt
from zhifu.chain import TRANSACTION_GAS_LIMIT, Chain
from zhifu.contracts import Contract
from zhifu.deployment import DAY_SECONDS, DEFAULT_WINDOWS, Network, deploy
from zhifu.models import NO_ADDRESS, BatchOrder, DirectOrder, Publication, Share, SplitPlan
from zhifu.operators import appoint
from zhifu.signing import LocalSigner

PRICE = 49_000_000
"""What every content costs, in ledger units."""

CATALOGUE = 350
"""Contents 1 to 350 are the catalogue: one creator each."""

LEARNERS = 1_000_000
FUNDS = 10**15

WINDOW = DEFAULT_WINDOWS[0]

#: Noon of the first day of an epoch of the first window.
_START = 1_462 * WINDOW + DAY_SECONDS // 2
_AT_ONCE = 50
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
    epoch: int
    receipt: Receipt

    def order(self, index: int) -> BatchOrder:
        """The order that was packed at `index`, with its proof."""
        leaf, place = self.packed.places[index]
        word, referrer = unpack(self.packed.words)[leaf]
        facts = {number: self._facts(each) for number, each in self.contents.items()}
        referrer_bps = {number: each.plan.referrer_bps for number, each in self.contents.items()}
        whole = tree(self.packed.words, facts, referrer_bps)
        content = int.from_bytes(word[:4], "big")
        read = facts[content]
        if referrer:
            read = read._replace(referrer_bps=referrer_bps[content])
        where = (self.seller.number, 1, self.number, whole.leaves, leaf, place)
        return BatchOrder(*where, word, read, referrer, whole.proof(leaf))

    def _facts(self, content: Publication) -> Facts:
        plan = content.plan
        return Facts(content.price, plan.commission_bps, 0, 1, content.window_class, self.epoch)


@dataclass(slots=True)
class Scene:
    """A host that published the catalogue, a seller, a buyer and all others a call may need."""

    node: AnvilNode
    network: Network
    token: str
    admin: LocalSigner
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

    def send(
        self, signer: LocalSigner, contract: Contract, function: str, *arguments: object
    ) -> Receipt:
        """Call a function with the most gas a transaction may have."""
        data = contract.encode(function, *arguments)
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

    def publish(self, plans: Sequence[SplitPlan], ref: str) -> list[int]:
        """Publish contents of the host, one for each plan; return their numbers."""
        first = len(self.contents) + 1
        found = [Publication(f"{ref}-{at}", PRICE, 0, plan) for at, plan in enumerate(plans)]
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
        """A direct order of the buyer, never the same twice; of the host's own if no seller."""
        parties = ((seller or self.host).number, self.buyer.address, self.buyer.address)
        salt = next(self._salts).to_bytes(32, "big")
        return DirectOrder(content, *parties, PRICE, self.now() + 3_600, salt, referrer)

    def settle(self, items: Sequence[BatchItem], seller: Platform | None = None) -> Batch:
        """Settle a batch of the seller (of the host, if none is given)."""
        seller = seller or self.host
        number = self._batches.get(seller.number, 0) + 1
        packed = pack(items)
        settlement = self.network.settlement
        data = settlement.encode_settle(number, self.now() // DAY_SECONDS, FUNDS, packed.words)
        receipt = self.chain.send(
            seller.operator, settlement.address, data, gas=TRANSACTION_GAS_LIMIT
        )
        self._batches[seller.number] = number
        epoch = self.now() // WINDOW
        return Batch(seller, number, packed, self.contents, epoch, receipt)

    def restored(self, act: Callable[[Scene], Receipt]) -> Receipt:
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
    buyer, relayer, referrer = (dev_signer(index) for index in (1, 2, 3))
    scene = Scene(node, network, token, admin, host, seller, buyer, relayer, referrer)
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
    appoint(network.registry, owner, number, operator)
    return Platform(number, owner, operator, treasury)
