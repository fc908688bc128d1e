"""The chart of accounts: what the ledger's accounts are called, and what a name says.

A name is a kind and what the account is of, such as `available:platform/2`; docs/books.md lists
the kinds. An account's balance is its credits less its debits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.blocks import checksum_address
from zhifu.models import OrderPlace

CHAIN = 0
"""The source of what the chain says; that of a platform's books is the platform's number."""

TOKENS = "tokens"
"""The tokens in Settlement that are somebody's: what the network owes, below zero."""

NETWORK = "network"

_OF_CHAIN = (TOKENS, "available", "revenue", "commission", "dispute")
_OF_BOOKS = (
    *("provider", "fees", "sold", "prepaid", "surplus"),
    *("chargebacks", "by_hand"),
)
_PLACE = re.compile(r"[0-9]{1,10}/[0-9]{1,10}/[0-9]{1,18}/[0-9]{1,10}", re.ASCII)
_HOLDS = ("revenue:", "commission:", "dispute:")


class Named(NamedTuple):
    """What the name of an account says; None for what it does not say."""

    kind: str
    source: int = CHAIN
    platform: int | None = None
    learner: int | None = None
    address: str | None = None
    content: int | None = None
    currency: str | None = None


@lru_cache(maxsize=65_536)
def holder(account: int) -> str:
    """An account of Settlement in a name: `network`, `platform/2`, `learner/2/7` or an address."""
    if found := accounts.learner_of(account):
        return f"learner/{found[0]}/{found[1]}"
    platform = accounts.platform_of(account)
    if platform is None:
        return checksum_address(f"0x{account:040x}")
    return f"platform/{platform}" if platform else NETWORK


def available(account: int) -> str:
    """What an account of Settlement may withdraw or spend."""
    return f"available:{holder(account)}"


def available_of_platform(platform: int) -> str:
    """What a platform may withdraw or spend, or the network, which is platform 0."""
    return available(accounts.of_platform(platform))


def available_of_learner(platform: int, learner: int) -> str:
    """What a learner may spend on a platform."""
    return f"available:learner/{platform}/{learner}"


def revenue(content: int, epoch: int) -> str:
    """What orders of an epoch brought a content, but for the commissions."""
    return f"revenue:{content}/{epoch}"


def commission(account: int, window_class: int, epoch: int) -> str:
    """What a seller or a referrer is to get of the orders of an epoch."""
    return f"commission:{holder(account)}/{window_class}/{epoch}"


def dispute(order: str) -> str:
    """What the dispute of an order keeps of its price, and the bond."""
    return f"dispute:{order}"


def at_provider(platform: int, provider: str, currency: str) -> str:
    """What a provider owes a platform: below zero."""
    return f"provider:{platform}/{provider}/{currency}"


def fees(platform: int, provider: str, currency: str) -> str:
    """What a provider has kept of a platform's payments: below zero."""
    return f"fees:{platform}/{provider}/{currency}"


def sold(platform: int, currency: str) -> str:
    """What a platform was paid for orders that were not given back."""
    return f"sold:{platform}/{currency}"


def prepaid(platform: int, currency: str) -> str:
    """What learners paid a platform for money on their accounts, and have not spent."""
    return f"prepaid:{platform}/{currency}"


def surplus(platform: int, currency: str) -> str:
    """What came in for a platform and belongs to no order."""
    return f"surplus:{platform}/{currency}"


def chargebacks(platform: int, currency: str) -> str:
    """What banks took back for which no order was taken back: below zero.

    Above zero it is what they gave back again of orders that were.
    """
    return f"chargebacks:{platform}/{currency}"


def by_hand(platform: int, currency: str) -> str:
    """What a platform's people gave back past its providers."""
    return f"by_hand:{platform}/{currency}"


def order_name(order_id: int | bytes) -> str:
    """An order on chain: platform/lane/number/position, or the hash of a direct one."""
    number = order_id if isinstance(order_id, int) else int.from_bytes(order_id, "big")
    place = OrderPlace.of(number)
    return f"0x{number:064x}" if place is None else "/".join(map(str, place))


def place_of(order: str) -> OrderPlace | None:
    """The place on chain that an order's name tells; None for other names."""
    if _PLACE.fullmatch(order) is None:
        return None
    return OrderPlace(*map(int, order.split("/")))


def is_hold(name: str) -> bool:
    """Whether it keeps money of orders that nobody may withdraw yet."""
    return name.startswith(_HOLDS)


def is_of_chain(name: str) -> bool:
    """Whether the chain alone says what it has."""
    return name.partition(":")[0] in _OF_CHAIN


def is_name(text: str) -> bool:
    """Whether it is the name of an account, of the chain or of books."""
    return text.partition(":")[0] in (*_OF_CHAIN, *_OF_BOOKS)


def currency_of(name: str) -> str | None:
    """The currency of an account of books, which counts its minor units; None for the chain's."""
    return None if is_of_chain(name) else name.rpartition("/")[2]


def named(name: str, host_of: Callable[[int], int]) -> Named:
    """What a name of an account says; the platform of revenue is the content's host."""
    kind, _, rest = name.partition(":")
    if kind == "revenue":
        content = int(rest.partition("/")[0])
        return Named(kind, platform=host_of(content), content=content)
    if kind in ("available", "commission"):
        return _held_by(kind, rest)
    if kind in _OF_BOOKS:
        platform = int(rest.partition("/")[0])
        return Named(kind, platform, platform, currency=currency_of(name))
    return Named(kind)


def _held_by(kind: str, rest: str) -> Named:
    first, *others = rest.split("/")
    if first == NETWORK:
        return Named(kind, platform=accounts.NETWORK)
    if first == "platform":
        return Named(kind, platform=int(others[0]))
    if first == "learner":
        return Named(kind, platform=int(others[0]), learner=int(others[1]))
    return Named(kind, address=first)


def account_of(name: str) -> Account | None:
    """The account of Settlement that an `available:` name is of, None for other kinds."""
    kind, _, rest = name.partition(":")
    if kind != "available":
        return None
    said = _held_by(kind, rest)
    if said.address is not None:
        return accounts.of_address(said.address)
    if said.learner is not None:
        return accounts.of_learner(said.platform or 0, said.learner)
    return accounts.of_platform(said.platform or 0)
