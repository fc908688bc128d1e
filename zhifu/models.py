"""What the contracts are told and what they keep, as plain values.

Amounts are ledger units, shares are basis points, addresses are checksummed text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from zhifu.accounts import Account
from zhifu.exceptions import InvalidInput, InvalidSplitPlan
from zhifu.facts import WHOLE_BPS, Facts

DELAY_SECONDS = 2 * 86_400
"""How long before it holds a change is announced that could hurt someone; the registry's DELAY."""

HIGHEST_ROYALTY_BPS = 1_000
DURATION_SECONDS = (3_600, 3_650 * 86_400)
"""The shortest and the longest that a licence lasts, if it ends."""

NO_ADDRESS = "0x" + "0" * 40
NO_SELLER = 0
"""The seller of an order that is bought straight from the host."""

_HIGHEST_NUMBER = 2**32 - 1
_HIGHEST_BATCH = 2**64 - 1


class PlatformStatus(IntEnum):
    """Whether a platform may act."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2


class Role(IntEnum):
    """What the network's owner hands to keys that do nothing else."""

    ARBITER = 0
    PAUSER = 1


class Successor(NamedTuple):
    """An account that is to take the place of another, from a time (Unix seconds) on."""

    account: str
    since: int


class Platform(NamedTuple):
    """One member of the network on the terms that hold now, as the registry knows it."""

    owner: str
    status: PlatformStatus
    network_bps: int
    host_bps: int
    treasury: str


class Changes(NamedTuple):
    """What was announced for a platform and does not hold yet; zeros where nothing was.

    `owner` may accept the platform then; the other times (Unix seconds) are when each holds.
    """

    owner: Successor
    treasury: Successor
    network_bps: int
    network_bps_since: int
    host_bps: int
    host_bps_since: int


class Operator(NamedTuple):
    """A signing key that accepted to act for a platform; platform 0 for one that accepted none."""

    platform: int
    lane: int
    active: bool


class Share(NamedTuple):
    """One creator's share of the price."""

    payee: str
    bps: int


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How a content's price is divided; all shares together make 10,000 basis points.

    The seller keeps the referrer's share when an order names no referrer. The first creator gets
    what rounding leaves. Raises InvalidSplitPlan.
    """

    seller_bps: int
    referrer_bps: int
    host_bps: int
    network_bps: int
    creators: Sequence[Share]

    def __post_init__(self) -> None:
        """Refuse what the contract would refuse."""
        platforms = (self.seller_bps, self.referrer_bps, self.host_bps, self.network_bps)
        shares = (*platforms, *(creator.bps for creator in self.creators))
        if not self.creators:
            raise InvalidSplitPlan("must have at least one creator", shares)
        if any(bps < 0 for bps in shares) or any(creator.bps == 0 for creator in self.creators):
            raise InvalidSplitPlan("must give every creator a positive share", shares)
        if sum(shares) != WHOLE_BPS:
            raise InvalidSplitPlan(f"must add up to {WHOLE_BPS} basis points", shares)

    @property
    def commission_bps(self) -> int:
        """What seller and referrer get together."""
        return self.seller_bps + self.referrer_bps

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        creators = [tuple(creator) for creator in self.creators]
        return (self.seller_bps, self.referrer_bps, self.host_bps, self.network_bps, creators)

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> SplitPlan:
        """As the contract gives it."""
        seller, referrer, host, network, creators = values
        return cls(seller, referrer, host, network, tuple(Share(*each) for each in creators))


@dataclass(frozen=True, slots=True)
class Terms:
    """What the licences of a content are, for good; see `Terms` in `IContentLicense.sol`.

    `duration_seconds` is 0 for a licence that never ends, or from an hour to 3,650 days; only one
    that ends can be `renewable`. A `bound` licence, once claimed, stays with its holder.
    `royalty_bps` is of a resale's price, at most 1,000. Raises InvalidInput.
    """

    duration_seconds: int = 0
    renewable: bool = False
    bound: bool = False
    royalty_bps: int = 0

    def __post_init__(self) -> None:
        """Refuse what the contract would refuse."""
        shortest, longest = DURATION_SECONDS
        if self.duration_seconds and not shortest <= self.duration_seconds <= longest:
            rule = f"must be 0, or from {shortest} to {longest} seconds"
            raise InvalidInput("duration_seconds", rule, self.duration_seconds)
        if self.renewable and not self.duration_seconds:
            raise InvalidInput("renewable", "must be false without a duration")
        if not 0 <= self.royalty_bps <= HIGHEST_ROYALTY_BPS:
            rule = f"must be at most {HIGHEST_ROYALTY_BPS} basis points"
            raise InvalidInput("royalty_bps", rule, self.royalty_bps)

    def as_tuple(self) -> tuple[int, bool, bool, int]:
        """As the contract takes it."""
        return (self.duration_seconds, self.renewable, self.bound, self.royalty_bps)


PERPETUAL = Terms()
"""A licence that never ends, can be passed on, and owes no royalty."""


class PriceStep(NamedTuple):
    """A price in ledger units that holds from a day (since 1970, UTC) on."""

    from_day: int
    price: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A content to be published: the host's name for it, price, refund-window class and so on."""

    ref: str
    price: int
    window_class: int
    plan: SplitPlan
    terms: Terms = PERPETUAL

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        plan, terms = self.plan.as_tuple(), self.terms.as_tuple()
        return (self.ref, self.price, self.window_class, plan, terms)


@dataclass(frozen=True, slots=True)
class DirectOrder:
    """An order that its buyer pays in tokens; see `Order` in `ISettlement.sol`.

    It must be placed before `deadline` (Unix seconds); `salt` makes equal orders differ. `seller`
    is NO_SELLER for one bought straight from the host. `starts_at` is when a renewable licence
    starts (Unix seconds), 0 for at once.
    """

    content: int
    seller: int
    buyer: str
    receiver: str
    max_price: int
    deadline: int
    salt: bytes
    referrer: str = NO_ADDRESS
    starts_at: int = 0

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return (
            self.content,
            self.seller,
            self.buyer,
            self.receiver,
            self.referrer,
            self.max_price,
            self.starts_at,
            self.deadline,
            self.salt,
        )

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> DirectOrder:
        """As the contract gives it."""
        content, seller, buyer, receiver, referrer, max_price, starts_at, deadline, salt = values
        return cls(content, seller, buyer, receiver, max_price, deadline, salt, referrer, starts_at)


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """One order of a batch with its proof; see `BatchOrder` in `ISettlement.sol`."""

    platform: int
    lane: int
    number: int
    leaves: int
    leaf: int
    place: int
    word: bytes
    facts: Facts
    referrer: str | None
    proof: Sequence[bytes]

    @property
    def content(self) -> int:
        """What was bought."""
        return int.from_bytes(self.word[:4], "big")

    @property
    def learner(self) -> int:
        """Who may use it."""
        return int.from_bytes(self.word[4 + 4 * self.place : 8 + 4 * self.place], "big")

    @property
    def order_id(self) -> int:
        """Platform, lane, number and position, as 32, 32, 64 and 32 bits."""
        batch = (self.platform << 96) | (self.lane << 64) | self.number
        return (batch << 32) | (self.leaf * 7 + self.place)

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return (
            self.platform,
            self.lane,
            self.number,
            self.leaves,
            self.leaf,
            self.place,
            int.from_bytes(self.word, "big"),
            self.facts.pack(),
            self.referrer or NO_ADDRESS,
            list(self.proof),
        )


class Source(IntEnum):
    """Where the money of a cart comes from."""

    TOKENS = 0
    BALANCE = 1
    AUTHORIZATION = 2


class Permit(NamedTuple):
    """A buyer's EIP-2612 permit for Settlement, in the token's own units; deadline 0 for none."""

    value: int = 0
    deadline: int = 0
    v: int = 0
    r: bytes = bytes(32)
    s: bytes = bytes(32)


NO_PERMIT = Permit()


@dataclass(frozen=True, slots=True)
class CartPayment:
    """How a cart is paid; `signature` is empty if the buyer itself sends it."""

    source: Source
    signature: bytes = b""
    permit: Permit = NO_PERMIT

    def as_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return (int(self.source), self.signature, tuple(self.permit))


class Consent(NamedTuple):
    """A learner's signed agreement to one order of a batch; see `Consent` in the desk's interface.

    `max_price` is in ledger units, `deadline` in Unix seconds, `nonce` any number not used before.
    """

    max_price: int
    deadline: int
    nonce: int
    signature: bytes


class Withdrawal(NamedTuple):
    """A withdrawal of ledger units that the account's owner signed; `deadline` in Unix seconds."""

    owner: str
    to: str
    amount: int
    deadline: int
    nonce: int
    signature: bytes


class AccountKeys(NamedTuple):
    """Who a learner's account obeys, and who may take it over from a time on (Unix seconds).

    The zero address while its platform has custody, and for nobody.
    """

    key: str
    offered: str
    offered_from: int


class OrderPlace(NamedTuple):
    """Where an order of a batch stands, which is what its id on chain is made of."""

    platform: int
    lane: int
    number: int
    position: int

    @classmethod
    def of(cls, order_id: int) -> OrderPlace | None:
        """The place that an id names; None for the id of a direct order, which is a hash."""
        if order_id >> 160:
            return None
        batch, position = order_id >> 32, order_id & _HIGHEST_NUMBER
        platform, lane = batch >> 96, batch >> 64 & _HIGHEST_NUMBER
        return cls(platform, lane, batch & _HIGHEST_BATCH, position)

    @property
    def order_id(self) -> bytes:
        """The id that names it, in the 32 bytes of a word."""
        batch = self.platform << 96 | self.lane << 64 | self.number
        return (batch << 32 | self.position).to_bytes(32, "big")


class Dispute(NamedTuple):
    """An open dispute: who gave the bond (ledger units), and when anyone may refund the order."""

    opener: Account
    bond: int
    deadline: int


class Hold(NamedTuple):
    """A hold as stored, as of `epoch`; see `Hold.sol`."""

    matured: int
    previous: int
    captured: int
    epoch: int

    @classmethod
    def unpack(cls, packed: int) -> Hold:
        """From the contract's word, whose highest 64 bits belong to somebody else."""
        amount = (1 << 56) - 1
        return cls(
            packed & amount,
            (packed >> 56) & amount,
            (packed >> 112) & amount,
            (packed >> 168) & 0xFFFFFF,
        )

    @property
    def total(self) -> int:
        """All money in the hold."""
        return self.matured + self.previous + self.captured

    def matured_in(self, epoch: int) -> int:
        """What a release in `epoch` would take out."""
        age = epoch - self.epoch
        ripe = self.matured
        if age > 0:
            ripe += self.previous
        return ripe + self.captured if age > 1 else ripe
