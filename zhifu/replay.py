"""The main job on data: a demand of fiat payments, settled on chain and proven from the chain.

`run` sets a market up from a catalogue, takes orders of the demand in date order as payments
through the gateway, settles them in batches that close by size, releases what has matured, and
then audits the chain with code that shares nothing with the gateway's books.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timezone
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

from zhifu import accounts
from zhifu.anvil import Anvil, AnvilNode, dev_signer
from zhifu.audit import Audit, audit
from zhifu.audit.records import Sold
from zhifu.catalogue import CatalogueRow, ContentKey, read_catalogue, read_demand
from zhifu.chain import Chain
from zhifu.clearing import net
from zhifu.deployment import DAY_SECONDS, Network, deploy
from zhifu.directory import Directory
from zhifu.exceptions import CatalogueError, CurrencyMismatch, InvalidInput
from zhifu.facts import WHOLE_BPS
from zhifu.gateway import Gateway
from zhifu.market import Market, Member, Offering, open_market
from zhifu.maturity import matured, release
from zhifu.money import Money
from zhifu.netting import nets_by_name
from zhifu.payments import Payment, PaymentRequest
from zhifu.providers.sandbox import SandboxProvider
from zhifu.signing import Signer

NOON_SECONDS = 43_200
SOLD_ELSEWHERE_IN_TEN = 3
ORDERS_PER_LEARNER = 4
REQUESTS_AT_ONCE = 500

Progress = Callable[[str, int, int], object]
"""Told of a stage's name, how far it is and how far it goes."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to replay; see `zhifu replay --help`. `rpc_url` None starts an Anvil of its own."""

    catalogue: Path
    demand: Path
    orders: int = 20_000
    seed: int = 1
    batch_size: int = 1_000
    rpc_url: str | None = None
    admin: Signer = field(default_factory=lambda: dev_signer(0))

    def __post_init__(self) -> None:
        """Refuse counts that are not positive."""
        for name in ("orders", "batch_size"):
            if getattr(self, name) < 1:
                raise InvalidInput(name, "must be at least 1", getattr(self, name))


@dataclass(frozen=True, slots=True)
class Result:
    """What a replay ends with; amounts are ledger units.

    `demand_paid` and `demand_free` are the orders in the whole file; those of free contents are
    left out.
    `seconds` run from the first payment request to the last included batch; `net_positions` are by
    platform name and add to zero.
    """

    demand_paid: int
    demand_free: int
    orders_accepted: int
    orders_rejected: int
    orders_settled: int
    orders_lost: int
    orders_duplicated: int
    batches: int
    gas_total: int
    gas_per_order: int
    seconds: float
    orders_per_second: int
    conservation: bool
    held: int
    available: int
    net_positions: dict[str, int]
    liquidity_saving: float
    peak_memory_mib: int
    findings: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Nothing lost, nothing twice, and every unit where it belongs."""
        return self.conservation and self.orders_lost == 0 and self.orders_duplicated == 0

    def to_dict(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)


class Drawn(NamedTuple):
    """One order of the demand: who buys what, from whom, when."""

    day: date
    offering: Offering
    seller: Member
    learner: int


def run(options: Options, *, progress: Progress = lambda *_: None) -> Result:
    """Replay a demand; raises CatalogueError, ChainUnreachable and what else refuses the set-up."""
    rows = list(read_catalogue(options.catalogue))
    surveyed = survey(options.demand, rows)
    with ExitStack() as stack:
        node = _node(options, surveyed.first, stack)
        chain = stack.enter_context(Chain(node.rpc_url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhifu-replay-")))
        market = _set_up(chain, options, rows, progress)
        clock = Clock(chain, node)
        provider = SandboxProvider(clock=clock.now)
        gateway = stack.enter_context(
            Gateway.open(
                f"sqlite:///{folder / 'gateway.sqlite3'}",
                market.network,
                market.operators,
                {provider.name: provider},
                batch_size=options.batch_size,
                clock=clock.now,
            )
        )
        gateway.sync()
        taken = Till(market, gateway, provider, clock, options)
        taken.take(draw(market, options, {row.key for row in rows}), progress)
        _release(market, chain, progress)
        progress("audit", 0, 0)
        sales = Sales()
        found = audit(
            market.network,
            progress=lambda count: progress("audit", count, 0),
            witness=sales.take,
        )
        return conclude(market, surveyed, taken, found, sales)


def draw(market: Market, options: Options, known: set[ContentKey]) -> Iterator[Drawn]:
    """The first orders of paid contents in date order, with seller and learner drawn by seed."""
    random = Random(options.seed)  # noqa: S311 (a replay must be repeatable)
    members = list(market.members.values())

    def orders() -> Iterator[Drawn]:
        for row in read_demand(options.demand, known):
            offering = market.offerings.get(row.key)
            if offering is None:
                continue
            others = [member for member in members if member.number != offering.host]
            for _ in range(row.orders):
                elsewhere = random.randrange(10) < SOLD_ELSEWHERE_IN_TEN
                host = market.members[row.platform]
                seller = random.choice(others) if elsewhere and others else host
                yield Drawn(row.date, offering, seller, 1 + random.randrange(market.learners))

    return islice(orders(), options.orders)


class Clock:
    """The replay's time: noon of the order at hand. The chain's time follows when it settles."""

    def __init__(self, chain: Chain, node: AnvilNode) -> None:
        self._chain = chain
        self._node = node if node.is_anvil() else None
        self._now = chain.timestamp()

    def now(self) -> int:
        """Unix seconds."""
        return self._now

    def set(self, day: date) -> None:
        """Go to a day's noon; time never goes back."""
        self._now = max(self._now, noon(day))

    def move_chain(self) -> None:
        """Give the next block this time, where the chain's time can be set and is behind it."""
        if self._node is not None and self._chain.timestamp() < self._now:
            self._node.set_next_block_timestamp(self._now)


class Account(Protocol):
    """Where learners pay at once."""

    @property
    def name(self) -> str:
        """What payment requests call it."""

    def pay(self, amount: Money) -> str:
        """A payment that is made, by its provider's name for it."""


class Till:
    """Takes drawn orders as payments and settles every seller's when a batch is full."""

    def __init__(
        self,
        market: Market,
        gateway: Gateway,
        account: Account,
        clock: Clock,
        options: Options,
    ) -> None:
        self._market = market
        self._gateway = gateway
        self._account = account
        self._clock = clock
        self._options = options
        self._waiting: Counter[str] = Counter()
        self._debt: Counter[str] = Counter()
        self.accepted: Counter[tuple[int, int | str, int]] = Counter()
        self.rejected: Counter[str] = Counter()
        self.seconds = 0.0

    def take(self, drawn: Iterator[Drawn], progress: Progress) -> None:
        """Pay and settle everything."""
        start = time.perf_counter()
        done = 0
        while chunk := list(islice(drawn, REQUESTS_AT_ONCE)):
            for group in self._until_full(chunk):
                self._pay(group)
                self._settle_full()
            done += len(chunk)
            progress("orders", done, self._options.orders)
        for member in self._market.members.values():
            self._settle(member)
        self.seconds = time.perf_counter() - start

    def _until_full(self, chunk: Sequence[Drawn]) -> Iterator[list[Drawn]]:
        """The chunk in groups that end where some seller's batch is full."""
        group: list[Drawn] = []
        counts = self._waiting.copy()
        for order in chunk:
            group.append(order)
            counts[order.seller.name] += 1
            if counts[order.seller.name] == self._options.batch_size:
                counts[order.seller.name] = 0
                yield group
                group = []
        if group:
            yield group

    def _pay(self, group: Sequence[Drawn]) -> None:
        requests = [self._request(order) for order in group]
        for order, answer in zip(group, self._gateway.pay_many(requests), strict=True):
            if isinstance(answer, Payment):
                self._accept(order)
            else:
                self.rejected[answer.code] += 1
        self._clock.set(group[-1].day)

    def _request(self, order: Drawn) -> PaymentRequest:
        self._clock.set(order.day)
        price = order.offering.price
        account = self.account_of(order)
        payment = account.pay(price)
        return PaymentRequest(
            platform=order.seller.number,
            learner=order.learner,
            contents=(order.offering.number,),
            amount=price,
            provider=account.name,
            provider_payment_id=payment,
            idempotency_key=payment,
        )

    def account_of(self, order: Drawn) -> Account:  # noqa: ARG002 (others look at it)
        """Where an order is paid."""
        return self._account

    def _accept(self, order: Drawn) -> None:
        self.accepted[order.seller.number, order.learner, order.offering.number] += 1
        self._waiting[order.seller.name] += 1
        decimals = self._market.network.deployment.ledger_decimals
        self._debt[order.seller.name] += order.offering.price.to_ledger_units(decimals)

    def _settle_full(self) -> None:
        for member in self._market.members.values():
            if self._waiting[member.name] >= self._options.batch_size:
                self._settle(member)

    def _settle(self, member: Member) -> None:
        if not self._waiting[member.name]:
            return
        settlement = self._market.network.settlement
        available = settlement.available_of(accounts.of_platform(member.number))
        if available < self._debt[member.name]:
            self._market.deposit(member, self._debt[member.name] - available)
        self._clock.move_chain()
        while self._gateway.settle(member.number) is not None:
            pass
        self._waiting[member.name] = self._debt[member.name] = 0


def _set_up(
    chain: Chain, options: Options, rows: Sequence[CatalogueRow], progress: Progress
) -> Market:
    network = Network(chain, deploy(chain, options.admin, currency=_currency(rows)))
    total, done = sum(row.is_sold for row in rows), 0

    def published(count: int) -> None:
        nonlocal done
        done += count
        progress("contents", done, total)

    learners = -(-options.orders // ORDERS_PER_LEARNER)
    return open_market(network, options.admin, rows, learners, published=published)


def _currency(rows: Sequence[CatalogueRow]) -> str:
    """The one currency of all prices: a deployment settles no other."""
    first, *others = dict.fromkeys(row.currency for row in rows if row.is_sold)
    if others:
        raise CurrencyMismatch(first, others[0])
    return first


def _node(options: Options, first: date, stack: ExitStack) -> AnvilNode:
    if options.rpc_url is not None:
        return AnvilNode(options.rpc_url)
    genesis = noon(first) - DAY_SECONDS
    return stack.enter_context(Anvil(genesis_timestamp=genesis))


class Survey(NamedTuple):
    """A demand read through: its first day with a paid order, and how many orders it has."""

    first: date
    paid: int
    free: int


def survey(demand: Path, rows: Sequence[CatalogueRow]) -> Survey:
    """Read a whole demand, so that a broken one is refused before anything is done with it."""
    sold = {row.key: row.is_sold for row in rows}
    first: date | None = None
    orders = {True: 0, False: 0}
    for row in read_demand(demand, sold):
        orders[sold[row.key]] += row.orders
        if first is None and sold[row.key]:
            first = row.date
    if first is None:
        raise CatalogueError(str(demand), 1, "orders", "must have an order of a paid content")
    return Survey(first, orders[True], orders[False])


def _release(market: Market, chain: Chain, progress: Progress) -> None:
    ripe = matured(market.network, Directory(market.network), chain.timestamp())
    total, done = len(ripe.revenue) + len(ripe.commissions), 0

    def released(count: int) -> None:
        nonlocal done
        done += count
        progress("release", done, total)

    release(market.network, market.admin, ripe, released=released)


class Sales:
    """How often each (seller, licensee, content) was sold on chain, as an audit shows it."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[int, int | str, int]] = Counter()

    def take(self, orders: Iterable[Sold]) -> None:
        """Count orders."""
        for sold in orders:
            self.counts[sold.seller, sold.licensee, sold.content] += 1


def conclude(market: Market, surveyed: Survey, taken: Till, found: Audit, sales: Sales) -> Result:
    """Hold what the till accepted against what the chain has."""
    settled = sales.counts
    gas, batches = _gas(market.network)
    orders = settled.total()
    netting = net(market.network)
    return Result(
        demand_paid=surveyed.paid,
        demand_free=surveyed.free,
        orders_accepted=taken.accepted.total(),
        orders_rejected=taken.rejected.total(),
        orders_settled=orders,
        orders_lost=(taken.accepted - settled).total(),
        orders_duplicated=(settled - taken.accepted).total(),
        batches=batches,
        gas_total=gas,
        gas_per_order=-(-gas // orders) if orders else 0,
        seconds=round(taken.seconds, 3),
        orders_per_second=int(orders / taken.seconds) if taken.seconds else 0,
        conservation=found.conserved,
        held=found.held,
        available=found.available,
        net_positions=nets_by_name(netting, market.names),
        liquidity_saving=netting.saved_bps / WHOLE_BPS,
        peak_memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        findings=found.findings,
    )


def _gas(network: Network) -> tuple[int, int]:
    """The gas of all batches by their receipts, and how many there are."""
    settled = network.settlement.events("BatchSettled", from_block=network.deployment.first_block)
    receipts = network.chain.receipts([event.log.transaction_hash for event in settled])
    return sum(each.gas_used for each in receipts if each is not None), len(receipts)


def noon(day: date) -> int:
    """Noon of a day (UTC) in Unix seconds."""
    return (
        int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()) + NOON_SECONDS
    )
