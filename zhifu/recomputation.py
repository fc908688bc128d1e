"""Every balance, hold and licence, computed anew from chain data alone.

Fed with the network's events in chain order and the calldata of its batches, and with nothing that
a gateway has written down. It follows SPECIFICATION.md and repeats on purpose, in its own way,
what the contracts and the packing of batches do: two accounts of the same money that agree are
evidence, one that is read twice is not. Amounts are ledger units.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.exceptions import ZhifuError

DAY_SECONDS = 86_400

_PLACES = 7
_STATE_SHIFT = 160
_FROM_ACCOUNT = 2
_REFUNDED = 4
_CLAIMED = 8


@dataclass(eq=False)
class Divergence(ZhifuError):
    """An event says something else than the events before it imply."""

    code = "divergence"
    field = "chain"
    rule = "must agree with what its own events imply"

    what: str
    expected: Any
    actual: Any


class Sold(NamedTuple):
    """One order as the chain has it.

    `licensee` is a learner number, or an address for a direct order; `payer` the account its price
    came from, or that of the buyer whose tokens paid it. `referrer` is 0 for none.
    """

    order_id: int
    seller: int
    content: int
    licensee: int | str
    referrer: int
    price: int
    epoch: int
    payer: Account


@dataclass
class Offer:
    """A content as its events describe it; `prices` by the first day they hold on."""

    host: int
    ref: str
    window_class: int
    plan: tuple[Any, ...]
    prices: dict[int, int]

    @property
    def commission_bps(self) -> int:
        """What seller and referrer get together."""
        return int(self.plan[0] + self.plan[1])

    def price_on(self, day: int) -> int:
        """The price of a day, in days since 1970 (UTC)."""
        return self.prices[max(first for first in self.prices if first <= day)]


class Moment(NamedTuple):
    """When and by what an event came."""

    timestamp: int
    calldata: bytes


Bucket = dict[int, int]
"""Money by the epoch it was captured in."""


@dataclass
class Recomputation:
    """The state of a network, from its events. `apply` takes them one by one, in chain order.

    `direct` has the facts of direct orders with their state, by order id; `spent` the orders of
    batches that were refunded or claimed.
    """

    windows: dict[int, int] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    available: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    revenue: dict[int, Bucket] = field(default_factory=dict)
    commission: dict[tuple[Account, int], Bucket] = field(default_factory=dict)
    orders: dict[int, Sold] = field(default_factory=dict)
    direct: dict[int, int] = field(default_factory=dict)
    spent: set[int] = field(default_factory=set)
    refunded: set[int] = field(default_factory=set)
    claimed: dict[int, str] = field(default_factory=dict)
    roots: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    leaves: dict[tuple[int, int, int], int] = field(default_factory=dict)
    last_batch: Counter[tuple[int, int]] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0

    def apply(self, event: str, arguments: Mapping[str, Any], moment: Moment) -> None:
        """Take one event into account; raises Divergence when it contradicts those before it."""
        handler = getattr(self, f"_on_{_snake_case(event)}", None)
        if handler is not None:
            handler(arguments, moment)

    @property
    def held(self) -> int:
        """All money in holds."""
        buckets = (*self.revenue.values(), *self.commission.values())
        return sum(sum(bucket.values()) for bucket in buckets)

    def licenses(self) -> Iterator[Sold]:
        """The orders whose licence still stands."""
        return (sold for key, sold in self.orders.items() if key not in self.refunded)

    def sold_counts(self) -> Counter[tuple[int, int | str, int]]:
        """How often each (seller, licensee, content) was sold."""
        return Counter((each.seller, each.licensee, each.content) for each in self.orders.values())

    # The network and its contents

    def _on_window_added(self, event: Mapping[str, Any], _: Moment) -> None:
        self.windows[event["class"]] = event["windowSeconds"]

    def _on_content_published(self, event: Mapping[str, Any], _: Moment) -> None:
        self.offers[event["content"]] = Offer(
            event["host"], event["ref"], event["class"], event["plan"], {0: event["price"]}
        )
        self.revenue[event["content"]] = {}

    def _on_price_changed(self, event: Mapping[str, Any], _: Moment) -> None:
        self.offers[event["content"]].prices[event["fromDay"]] = event["price"]

    # Accounts

    def _on_deposited(self, event: Mapping[str, Any], _: Moment) -> None:
        self.available[event["account"]] += event["amount"]
        self.tokens_in += event["amount"]

    def _on_withdrawn(self, event: Mapping[str, Any], _: Moment) -> None:
        self._debit(event["account"], event["amount"])
        self.tokens_out += event["amount"]

    # Orders

    def _on_order_placed(self, event: Mapping[str, Any], moment: Moment) -> None:
        content, seller, buyer, receiver, referrer, *_ = event["order"]
        from_account = bool(event["facts"] >> _STATE_SHIFT & _FROM_ACCOUNT)
        account = accounts.of_address(buyer)
        sold = Sold(
            order_id=int.from_bytes(event["orderId"], "big"),
            seller=seller,
            content=content,
            licensee=receiver,
            referrer=int(referrer, 16),
            price=self.offers[content].price_on(moment.timestamp // DAY_SECONDS),
            epoch=self._epoch(self.offers[content].window_class, moment),
            payer=account,
        )
        _agree("price of a direct order", sold.price, event["facts"] & (1 << 40) - 1)
        if from_account:
            self._debit(account, sold.price)
        else:
            self.tokens_in += event["paid"]
            self.available[account] += event["paid"] - sold.price
        self._capture(sold)
        self.direct[sold.order_id] = event["facts"]

    def _on_batch_settled(self, event: Mapping[str, Any], moment: Moment) -> None:
        key = (event["platform"], event["lane"], event["number"])
        self.last_batch[key[:2]] += 1
        _agree("number of a batch", self.last_batch[key[:2]], key[2])
        batch = _Batch(self, key, event["saleDay"], moment)
        _agree("root of a batch", batch.root(), event["root"])
        _agree("orders of a batch", len(batch.orders), event["orders"])
        debit = sum(sold.price for sold in batch.orders)
        _agree("debit of a batch", debit, event["debit"])
        self._debit(accounts.of_platform(key[0]), debit)
        self.roots[key], self.leaves[key] = event["root"], event["leaves"]
        for sold in batch.orders:
            self._capture(sold)

    # After the sale

    def _on_order_refunded(self, event: Mapping[str, Any], moment: Moment) -> None:
        sold = self._refund(int.from_bytes(event["orderId"], "big"), event["amount"], moment)
        if event["toAccount"]:
            self.available[sold.payer] += sold.price
        else:
            self.tokens_out += sold.price

    def _on_batch_order_refunded(self, event: Mapping[str, Any], moment: Moment) -> None:
        sold = self._refund(event["orderId"], event["amount"], moment)
        self.available[sold.payer] += sold.price

    def _on_order_claimed(self, event: Mapping[str, Any], _: Moment) -> None:
        self._mark(event["orderId"], _CLAIMED)

    def _on_released(self, event: Mapping[str, Any], moment: Moment) -> None:
        offer = self.offers[event["content"]]
        amount = self._mature(self.revenue[event["content"]], offer.window_class, moment)
        _agree("released revenue", amount, event["amount"])
        _, _, host_bps, network_bps, creators = offer.plan
        total = host_bps + network_bps + sum(bps for _, bps in creators)
        payees = [(accounts.of_address(payee), bps) for payee, bps in creators]
        payees.append((accounts.of_platform(offer.host), host_bps))
        payees.append((accounts.of_platform(accounts.NETWORK), network_bps))
        shares = [amount * bps // total for _, bps in payees]
        shares[0] += amount - sum(shares)
        for (payee, _), share in zip(payees, shares, strict=True):
            self.available[payee] += share

    def _on_commission_released(self, event: Mapping[str, Any], moment: Moment) -> None:
        bucket = self.commission[event["account"], event["class"]]
        amount = self._mature(bucket, event["class"], moment)
        _agree("released commission", amount, event["amount"])
        self.available[event["account"]] += amount

    def _on_transfer_single(self, event: Mapping[str, Any], _: Moment) -> None:
        if event["value"]:
            self.claimed[event["id"]] = event["to"]

    def _on_transfer_batch(self, event: Mapping[str, Any], _: Moment) -> None:
        for order_id, value in zip(event["ids"], event["values"], strict=True):
            if value:
                self.claimed[order_id] = event["to"]

    # How money is divided and held

    def _capture(self, sold: Sold) -> None:
        for bucket, amount in self._parts(sold):
            bucket[sold.epoch] = bucket.get(sold.epoch, 0) + amount
        self.orders[sold.order_id] = sold

    def _refund(self, order_id: int, amount: int, moment: Moment) -> Sold:
        sold = self.orders[order_id]
        _agree("refunded amount", sold.price, amount)
        _agree("refunds before this one of an order", False, order_id in self.refunded)
        now = self._epoch(self.offers[sold.content].window_class, moment)
        _agree("refund inside its window", True, now - sold.epoch <= 1)
        for bucket, part in self._parts(sold):
            bucket[sold.epoch] -= part
        self.refunded.add(order_id)
        self._mark(order_id, _REFUNDED)
        return sold

    def _mark(self, order_id: int, state: int) -> None:
        if order_id in self.direct:
            self.direct[order_id] |= state << _STATE_SHIFT
        else:
            self.spent.add(order_id)

    def _parts(self, sold: Sold) -> Iterator[tuple[Bucket, int]]:
        """The holds an order's price went to, and how much to each."""
        offer = self.offers[sold.content]
        commission = sold.price * offer.commission_bps // 10_000
        referred = sold.price * offer.plan[1] // 10_000 if sold.referrer else 0
        yield self.revenue[sold.content], sold.price - commission
        seller = accounts.of_platform(sold.seller)
        yield (
            self.commission.setdefault((seller, offer.window_class), {}),
            commission - referred,
        )
        if referred:
            key = (Account(sold.referrer), offer.window_class)
            yield self.commission.setdefault(key, {}), referred

    def _mature(self, bucket: Bucket, window_class: int, moment: Moment) -> int:
        now = self._epoch(window_class, moment)
        return sum(bucket.pop(epoch) for epoch in list(bucket) if now - epoch >= 2)

    def _debit(self, account: Account, amount: int) -> None:
        if self.available[account] < amount:
            raise Divergence(
                f"debit of {accounts.name_of(account)}", self.available[account], amount
            )
        self.available[account] -= amount

    def _epoch(self, window_class: int, moment: Moment) -> int:
        return moment.timestamp // self.windows[window_class]


class _Batch:
    """A batch read from its calldata."""

    def __init__(
        self, state: Recomputation, key: tuple[int, int, int], sale_day: int, moment: Moment
    ) -> None:
        self.orders: list[Sold] = []
        self._leaves: list[bytes] = []
        prefix = key[0] << 128 | key[1] << 96 | key[2] << 32
        account = accounts.of_platform(key[0])
        words = _words(moment.calldata)
        referrer, last = 0, -1
        for start in range(0, len(words), 32):
            word = words[start : start + 32]
            content = int.from_bytes(word[:4], "big")
            if content == 0:
                referrer, last = int.from_bytes(word, "big"), -1
                continue
            if content != last:
                referrer = referrer if last == -1 else 0
                last = content
                offer = state.offers[content]
                price = offer.price_on(sale_day)
                epoch = moment.timestamp // state.windows[offer.window_class]
                tail = _facts(offer, price, epoch, referrer)
            leaf = len(self._leaves)
            self._leaves.append(keccak(word + tail))
            for place in range(_PLACES):
                learner = int.from_bytes(word[4 + 4 * place : 8 + 4 * place], "big")
                if learner:
                    order_id = prefix | (leaf * _PLACES + place)
                    self.orders.append(
                        Sold(order_id, key[0], content, learner, referrer, price, epoch, account)
                    )

    def root(self) -> bytes:
        """The Merkle root the contract must have stored."""
        level = self._leaves
        while len(level) > 1:
            pairs = [
                keccak(left + right) for left, right in zip(level[::2], level[1::2], strict=False)
            ]
            level = pairs + ([level[-1]] if len(level) % 2 else [])
        count = len(self._leaves).to_bytes(32, "big")
        return keccak((2 << 248).to_bytes(32, "big") + level[0] + count)


def _words(calldata: bytes) -> bytes:
    """The batch's words, where the calldata says they are: any offset is valid, and any tail."""
    arguments = calldata[4:]
    start = int.from_bytes(arguments[96:128], "big")
    count = int.from_bytes(arguments[start : start + 32], "big")
    return arguments[start + 32 : start + 32 + 32 * count]


def _facts(offer: Offer, price: int, epoch: int, referrer: int) -> bytes:
    """What follows the word in a leaf: the facts the contract read, and the referrer."""
    referrer_bps = offer.plan[1] if referrer else 0
    values = (price, offer.commission_bps, referrer_bps, 1, offer.window_class, epoch)
    packed = shift = 0
    for value, bits in zip(values, (40, 16, 16, 16, 8, 24), strict=True):
        packed |= value << shift
        shift += bits
    return packed.to_bytes(32, "big") + (1 << 248 | referrer).to_bytes(32, "big")


@lru_cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _agree(what: str, expected: Any, actual: Any) -> None:
    if expected != actual:
        raise Divergence(what, expected, actual)
