"""A network set up from a catalogue, which `zhifu demo` and `zhifu replay` start from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from zhifu import accounts
from zhifu.catalogue import CatalogueRow, ContentKey
from zhifu.deployment import Network
from zhifu.models import Publication, Share, SplitPlan
from zhifu.money import Money
from zhifu.operators import appoint
from zhifu.publishing import publish_missing
from zhifu.signing import LocalSigner, Signer

WINDOW_CLASS = 0
"""Every content of a market has the first refund window."""

NETWORK_BPS = 200
HOST_BPS = 1_800
SELLER_BPS = 1_000
REFERRER_BPS = 500

_LEARNERS_AT_ONCE = 1 << 20

Told = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Member:
    """A platform of the market; its operator is also its owner and its treasury."""

    number: int
    name: str
    operator: LocalSigner


@dataclass(frozen=True, slots=True)
class Offering:
    """A content that the market sells."""

    number: int
    host: int
    row: CatalogueRow
    price: Money


@dataclass(frozen=True, slots=True)
class Market:
    """A network with its platforms admitted, contents published and learners registered.

    `members` go by name and `offerings` by catalogue key; learners are numbered 1 to `learners`.
    """

    network: Network
    admin: Signer
    members: Mapping[str, Member]
    offerings: Mapping[ContentKey, Offering]
    learners: int

    @property
    def operators(self) -> dict[int, Signer]:
        """The members' keys by platform number, as a gateway takes them."""
        return {member.number: member.operator for member in self.members.values()}

    @property
    def names(self) -> dict[int, str]:
        """The members' names by platform number."""
        return {member.number: member.name for member in self.members.values()}

    def deposit(self, member: Member, amount: int) -> None:
        """Pay `amount` (ledger units) of new tokens into a member's account."""
        token, settlement = self.network.token, self.network.settlement
        tokens = amount * settlement.tokens_per_unit()
        token.mint(self.admin, member.operator.address, tokens)
        token.approve(member.operator, settlement.address, tokens)
        settlement.deposit(member.operator, accounts.of_platform(member.number), tokens)


def open_market(
    network: Network,
    admin: Signer,
    rows: Sequence[CatalogueRow],
    learners: int,
    *,
    published: Told = lambda _: None,
) -> Market:
    """Set a network up for the contents of `rows` that have a price.

    `published` is told how many contents were published since the last time.
    """
    sold = [row for row in rows if row.is_sold]
    members = {
        name: _admit(network, admin, name) for name in dict.fromkeys(row.platform for row in sold)
    }
    _register(network, list(members.values()), learners)
    offerings: dict[ContentKey, Offering] = {}
    for member in members.values():
        own = [row for row in sold if row.platform == member.name]
        publications = [_publication(network, row) for row in own]
        numbers = publish_missing(
            network, member.operator, member.number, publications, published=published
        )
        offerings.update(_offerings(member, own, numbers))
    return Market(network, admin, members, offerings, learners)


def operator_of(name: str) -> LocalSigner:
    """The key of a market's platform: the same every time, and for markets only."""
    return LocalSigner.from_key(keccak(text=f"zhifu market operator {name}").hex())


def creator_of(row: CatalogueRow) -> LocalSigner:
    """The key of a content's creator; a content without one has a creator of its own."""
    name = row.creator or row.ref
    return LocalSigner.from_key(keccak(text=f"zhifu market creator {row.platform} {name}").hex())


def _admit(network: Network, admin: Signer, name: str) -> Member:
    operator = operator_of(name)
    receipt = network.registry.admit(
        admin, name, operator.address, operator.address, NETWORK_BPS, HOST_BPS
    )
    (admitted,) = network.registry.emitted(receipt, "PlatformAdmitted")
    appoint(network.registry, operator, admitted["platform"], operator)
    return Member(admitted["platform"], name, operator)


def _register(network: Network, members: Sequence[Member], learners: int) -> None:
    share, rest = divmod(learners, len(members))
    for index, member in enumerate(members):
        left = share + (index < rest)
        while left:
            count = min(left, _LEARNERS_AT_ONCE)
            network.registry.register_learners(member.operator, count)
            left -= count


def _publication(network: Network, row: CatalogueRow) -> Publication:
    creators_bps = 10_000 - NETWORK_BPS - HOST_BPS - SELLER_BPS - REFERRER_BPS
    return Publication(
        ref=row.reference,
        price=_price(row).to_ledger_units(network.deployment.ledger_decimals),
        window_class=WINDOW_CLASS,
        plan=SplitPlan(
            seller_bps=SELLER_BPS,
            referrer_bps=REFERRER_BPS,
            host_bps=HOST_BPS,
            network_bps=NETWORK_BPS,
            creators=(Share(creator_of(row).address, creators_bps),),
        ),
    )


def _offerings(
    member: Member, rows: Iterable[CatalogueRow], numbers: Mapping[str, int]
) -> dict[ContentKey, Offering]:
    return {
        row.key: Offering(numbers[row.reference], member.number, row, _price(row)) for row in rows
    }


def _price(row: CatalogueRow) -> Money:
    return Money(row.price_minor or 0, row.currency)
