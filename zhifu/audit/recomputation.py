"""Every balance, hold and licence, computed anew from chain data alone.

Fed with the network's events in chain order and the calldata of its batches, and with nothing that
a gateway has written down. It follows SPECIFICATION.md; amounts are ledger units. The orders of a
batch are not kept: one that something happens to later is read again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.audit.balances import Balances
from zhifu.audit.batch import Lot, RecomputedBatch
from zhifu.audit.contents import Contents
from zhifu.audit.direct import DirectOrders
from zhifu.audit.members import Members
from zhifu.audit.records import (
    CLAIMED,
    DAY_SECONDS,
    DISPUTED,
    FROM_ACCOUNT,
    PAID,
    PAID_OUT,
    REFUNDED,
    STATE_SHIFT,
    Bucket,
    Divergence,
    Event,
    Heading,
    Moment,
    Settled,
    Sold,
    agree,
)

DISPUTE_SECONDS = 14 * DAY_SECONDS
NEVER = 2**40 - 1

_BATCHES_AT_HAND = 16

Place = tuple[int, int, int]
"""A batch: its platform, its lane and its number."""

Handler = Callable[[Event, Moment], None]
"""What takes one kind of event into account."""

Witness = Callable[[Iterable[Sold]], object]
"""Shown what was sold: a RecomputedBatch, or a direct order alone."""


class OpenDispute(NamedTuple):
    """Money that an order's dispute keeps: what was left of its price, and the opener's bond."""

    opener: Account
    amount: int
    bond: int
    deadline: int


@dataclass
class Recomputation:
    """The state of a network, from its events. `apply` takes them one by one, in chain order.

    `calldata` reads that of a transaction again; `witness` is shown every sale. `now` is the moment
    that `standing` counts licences at (Unix seconds). `members`, `contents` and `balances` are the
    parts of a network that no order is in.

    `direct` are the orders that are in no batch; `states` has their state bits, and those of orders
    of batches to which more happened than nothing or a whole refund. `spent` and `ended` have, for
    each batch, a bit for each order to which anything happened, and that was wholly refunded;
    `refunded` are the direct orders that were. `refunds` says in which transaction and block an
    order was. `answers` is by when a requested refund must be answered, NEVER if it was refused;
    `disputed` the orders that ever were in dispute.

    `captured` is all that was ever put into holds; what of it was `released`, by holds and by
    disputes, and `given_back`, is told apart. `paid` is what splits have credited to creators,
    hosts and the network, `earned` to sellers and referrers.
    """

    calldata: Callable[[str], bytes]
    witness: Witness | None = None
    now: int = 0
    members: Members = field(default_factory=Members)
    contents: Contents = field(default_factory=Contents)
    balances: Balances = field(init=False)
    commission: dict[tuple[Account, int], Bucket] = field(default_factory=dict)
    batches: dict[Place, Settled] = field(default_factory=dict)
    last_batch: Counter[tuple[int, int]] = field(default_factory=Counter)
    direct: DirectOrders = field(default_factory=DirectOrders)
    states: dict[int, int] = field(default_factory=dict)
    part_refunds: Counter[int] = field(default_factory=Counter)
    spent: Counter[Place] = field(default_factory=Counter)
    ended: Counter[Place] = field(default_factory=Counter)
    refunded: set[int] = field(default_factory=set)
    answers: dict[int, int] = field(default_factory=dict)
    disputes: dict[int, OpenDispute] = field(default_factory=dict)
    disputed: set[int] = field(default_factory=set)
    claimed: dict[int, str] = field(default_factory=dict)
    sold: int = 0
    standing: int = 0
    captured: int = 0
    released: int = 0
    given_back: int = 0
    paid: int = 0
    earned: int = 0

    def __post_init__(self) -> None:
        """Keep the batches that were read again last."""
        self.balances = Balances(self.members)
        self._handler = lru_cache(maxsize=None)(self._find_handler)
        self._read_again = lru_cache(maxsize=_BATCHES_AT_HAND)(self._read)

    def apply(self, event: str, arguments: Event, moment: Moment) -> None:
        """Take one event into account; raises Divergence when it contradicts those before it."""
        handler = self._handler(event)
        if handler is not None:
            handler(arguments, moment)

    def _find_handler(self, event: str) -> Handler | None:
        """What takes an event of a name: the part of the network that it is of, or this."""
        name = f"on_{_snake_case(event)}"
        parts = (self.members, self.contents, self.balances)
        found = (getattr(part, name) for part in parts if hasattr(part, name))
        return next(found, None) or getattr(self, f"_{name}", None)

    @property
    def held(self) -> int:
        """All money in holds."""
        buckets = (*self.contents.revenue.values(), *self.commission.values())
        return sum(sum(bucket.values()) for bucket in buckets)

    @property
    def in_dispute(self) -> int:
        """All money that open disputes keep, bonds included."""
        return sum(each.amount + each.bond for each in self.disputes.values())

    @property
    def questioned(self) -> int:
        """What open disputes keep of prices, without their bonds."""
        return sum(each.amount for each in self.disputes.values())

    def facts(self, order_id: int) -> int:
        """What Settlement must have stored about an order; 0 for nothing."""
        state = self.states.get(order_id)
        if state is None:
            return 0
        return self.order(order_id).capture.word(state, self.part_refunds[order_id])

    def order(self, order_id: int) -> Sold:
        """An order that was made; raises Divergence for any other."""
        sold = self.direct.get(order_id) or self._of_batch(order_id)
        if sold is None:
            raise Divergence("order of an event", "made before", order_id)
        return sold

    def is_refunded(self, order_id: int) -> bool:
        """Whether an order was wholly refunded."""
        return order_id in self.refunded or _has(self.ended, order_id)

    @property
    def wholly_refunded(self) -> int:
        """How many orders were refunded as a whole."""
        return len(self.refunded) + sum(bits.bit_count() for bits in self.ended.values())

    def batch(self, place: Place) -> RecomputedBatch:
        """A batch that was settled, read again."""
        return self._read_again(place)

    def _of_batch(self, order_id: int) -> Sold | None:
        place, position = place_of(order_id)
        return self._read_again(place).order(position) if place in self.batches else None

    def _read(self, place: Place) -> RecomputedBatch:
        known = self.batches[place]
        lot = Lot(*place, known.sale_day, known.timestamp)
        calldata = self.calldata(known.transaction_hash)
        return RecomputedBatch(lot, calldata, self.contents.offers, self.contents.windows)

    # Orders

    def _on_order_placed(self, event: Event, moment: Moment) -> None:
        self.members.require_open()
        sold = self._direct(event, moment)
        facts, paid = event["facts"], event["paid"]
        agree("orders before this one of an id", False, sold.order_id in self.direct)
        agree("facts of a direct order", sold.capture.word(sold.state), facts)
        if sold.state & FROM_ACCOUNT:
            agree("tokens paid for an order from a balance", 0, paid)
            self.balances.debit(sold.payer, sold.price)
        else:
            agree("tokens that cover the price", True, paid >= sold.price)
            self.balances.tokens_in += paid
            self.balances.available[sold.payer] += paid - sold.price
        self.states[sold.order_id] = sold.state
        self.direct.put(sold)
        self._capture(sold, 1)
        if self.witness is not None:
            self.witness((sold,))

    def _direct(self, event: Event, moment: Moment) -> Sold:
        content, seller, buyer, receiver, referrer, _, starts_at, *_rest = event["order"]
        offer = self.contents.offer(content)
        offer.require_open()
        heading = Heading(bool(seller), int(referrer, 16), starts_at)
        day, window = moment.timestamp // DAY_SECONDS, self.contents.windows[offer.window_class]
        return Sold(
            order_id=int.from_bytes(event["orderId"], "big"),
            seller=seller,
            content=content,
            licensee=receiver,
            referrer=heading.referrer,
            payer=accounts.of_address(buyer),
            capture=offer.capture(day, moment.timestamp, window, heading),
            state=PAID | (event["facts"] >> STATE_SHIFT & FROM_ACCOUNT),
        )

    def _on_batch_settled(self, event: Event, moment: Moment) -> None:
        self.members.require_open()
        key = (event["platform"], event["lane"], event["number"])
        self.last_batch[key[:2]] += 1
        agree("number of a batch", self.last_batch[key[:2]], key[2])
        today = moment.timestamp // DAY_SECONDS
        agree("sale day of a batch", True, 0 <= today - event["saleDay"] <= 1)
        self.members.require_operator(*key[:2], moment.sender)
        lot = Lot(*key, event["saleDay"], moment.timestamp)
        batch = RecomputedBatch(lot, moment.calldata, self.contents.offers, self.contents.windows)
        agree("root of a batch", batch.root(), event["root"])
        said = (event["leaves"], event["orders"], event["debit"])
        agree(
            "leaves, orders and debit of a batch", (batch.leaves, batch.orders, batch.debit), said
        )
        self.batches[key] = Settled(
            len(self.batches) + 1,
            event["saleDay"],
            moment.timestamp,
            moment.block_number,
            moment.transaction_hash,
            event["root"],
            *said,
        )
        for account, amount in batch.debits().items():
            self.balances.debit(self.balances.destination(account), amount)
        for group in batch.groups:
            self.contents.offer(group.content).require_open()
            self._capture(batch.sold(group, 0, 0), group.orders)
        if self.witness is not None:
            self.witness(batch)

    # After the sale

    def _on_order_refunded(self, event: Event, moment: Moment) -> None:
        order_id = int.from_bytes(event["orderId"], "big")
        self._refund(order_id, event["amount"], event["toAccount"], moment)

    def _on_batch_order_refunded(self, event: Event, moment: Moment) -> None:
        self._refund(event["orderId"], event["amount"], True, moment)

    def _on_order_part_refunded(self, event: Event, moment: Moment) -> None:
        sold = self._sold(event["orderId"])
        agree("part of a price", True, 0 < event["amount"] < self._left(sold))
        self._take_back(sold, event["amount"], moment)
        self.given_back += event["amount"]
        self.part_refunds[sold.order_id] += event["amount"]
        self._keep(sold)
        self._give_back(sold, event["amount"], event["toAccount"])

    def _on_refund_requested(self, event: Event, moment: Moment) -> None:
        sold = self._sold(event["orderId"])
        answer_by = moment.timestamp + self.contents.windows[sold.capture.window_class] // 2
        agree("time to answer a request", answer_by, event["answerBy"])
        agree("requests before this one of an order", None, self.answers.get(sold.order_id))
        self.answers[sold.order_id] = answer_by

    def _on_refund_refused(self, event: Event, moment: Moment) -> None:
        waiting = self.answers.get(event["orderId"], 0)
        agree("request that waits for an answer", True, moment.timestamp < waiting < NEVER)
        self.answers[event["orderId"]] = NEVER

    def _on_order_claimed(self, event: Event, _: Moment) -> None:
        self._keep(self._sold(event["orderId"]), CLAIMED)

    def _on_dispute_opened(self, event: Event, moment: Moment) -> None:
        sold = self._sold(event["orderId"])
        amount = self._left(sold)
        dispute = OpenDispute(
            event["opener"], amount, -(-amount // 10), moment.timestamp + DISPUTE_SECONDS
        )
        said = (event["amount"], event["bond"], event["deadline"])
        agree("amount, bond and deadline of a dispute", dispute[1:], said)
        self.balances.debit(dispute.opener, dispute.bond)
        self._take_back(sold, amount, moment)
        self._keep(sold, DISPUTED)
        self.disputes[sold.order_id] = dispute
        self.disputed.add(sold.order_id)

    def _on_dispute_resolved(self, event: Event, moment: Moment) -> None:
        sold = self._sold(event["orderId"])
        dispute = self.disputes.pop(sold.order_id, None)
        if dispute is None:
            raise Divergence("dispute that ended", "open before", event["orderId"])
        bond_to = dispute.opener if event["refunded"] else self._accused(sold, dispute.opener)
        agree("account of a dispute's bond", bond_to, event["bondTo"])
        self.balances.available[bond_to] += dispute.bond
        self.states[sold.order_id] &= ~DISPUTED
        if event["refunded"]:
            self._end(sold, event["toAccount"])
        else:
            agree("time of a decision", True, moment.timestamp < dispute.deadline)
            self._pay(sold)

    def _accused(self, sold: Sold, opener: Account) -> Account:
        """The first of seller, host and network that there is and that is not the opener."""
        host = self.contents.offers[sold.content].host
        named = [accounts.of_platform(number) for number in (sold.seller or host, host, 0)]
        return next(account for account in named if account != opener)

    def _pay(self, sold: Sold) -> None:
        """What releases would have paid, at once."""
        parts = sold.capture.parts(self._left(sold))
        self._split(sold.content, sold.capture.version, parts.revenue)
        for earner, part in sold.earners(parts):
            self._earn(earner, part)
        self._keep(sold, PAID_OUT)

    def _earn(self, earner: Account, amount: int) -> None:
        self.balances.available[earner] += amount
        self.earned += amount
        self.released += amount

    # Releases

    def _on_released(self, event: Event, moment: Moment) -> None:
        content, version = event["content"], event["planVersion"]
        offer = self.contents.offer(content)
        bucket = offer.revenue.get(version, {})
        amount = self._mature(bucket, offer.window_class, moment)
        agree("released revenue", amount, event["amount"])
        self._split(content, version, amount)

    def _on_commission_released(self, event: Event, moment: Moment) -> None:
        bucket = self.commission.get((event["account"], event["class"]), {})
        amount = self._mature(bucket, event["class"], moment)
        agree("released commission", amount, event["amount"])
        self._earn(event["account"], amount)

    def _split(self, content: int, version: int, amount: int) -> None:
        """Divide revenue by a plan."""
        self.released += amount
        for payee, share in self.contents.offers[content].shares(version, amount):
            self.balances.available[payee] += share
            self.paid += share

    # Claimed licences

    def _on_transfer_single(self, event: Event, _: Moment) -> None:
        if event["value"]:
            self.claimed[event["id"]] = event["to"]

    def _on_transfer_batch(self, event: Event, _: Moment) -> None:
        for order_id, value in zip(event["ids"], event["values"], strict=True):
            if value:
                self.claimed[order_id] = event["to"]

    # How money is divided and held

    def _capture(self, sold: Sold, count: int) -> None:
        """Put the prices of so many orders that are alike into their holds."""
        epoch = sold.capture.epoch
        for bucket, amount in self._holds(sold, sold.price):
            bucket[epoch] = bucket.get(epoch, 0) + count * amount
        self.captured += count * sold.price
        self.sold += count
        self.standing += count * self._stands(sold)

    def _stands(self, sold: Sold) -> bool:
        begins, ends = sold.capture.begins, sold.capture.ends
        return not ends or begins <= self.now < ends

    def _take_back(self, sold: Sold, amount: int, moment: Moment) -> None:
        """Take from each hold what it has beyond what it will have when `amount` less is left."""
        agree("money in its holds", 0, self._state(sold) & (DISPUTED | PAID_OUT))
        now = self.contents.epoch(sold.capture.window_class, moment)
        agree("money taken back inside its window", True, 0 <= now - sold.capture.epoch <= 1)
        left = self._left(sold)
        before, after = self._holds(sold, left), self._holds(sold, left - amount)
        for (bucket, held), (_, kept) in zip(before, after, strict=True):
            bucket[sold.capture.epoch] -= held - kept

    def _holds(self, sold: Sold, amount: int) -> list[tuple[Bucket, int]]:
        """The holds an order's price is in, and how much of `amount` is in each."""
        parts = sold.capture.parts(amount)
        revenue = self.contents.offers[sold.content].revenue[sold.capture.version]
        earned = [
            (self.commission.setdefault((earner, sold.capture.window_class), {}), part)
            for earner, part in sold.earners(parts)
        ]
        return [(revenue, parts.revenue), *earned]

    def _mature(self, bucket: Bucket, window_class: int, moment: Moment) -> int:
        now = self.contents.epoch(window_class, moment)
        return sum(bucket.pop(epoch) for epoch in list(bucket) if now - epoch >= 2)

    # What becomes of an order

    def _refund(self, order_id: int, amount: int, to_account: bool, moment: Moment) -> None:
        sold = self._sold(order_id)
        agree("refunded amount", self._left(sold), amount)
        self._take_back(sold, amount, moment)
        self._end(sold, to_account)

    def _end(self, sold: Sold, to_account: bool) -> None:
        self.standing -= self._stands(sold)
        if sold.in_batch:
            _mark(self.ended, sold.order_id)
            _mark(self.spent, sold.order_id)
        else:
            self.refunded.add(sold.order_id)
        if sold.order_id in self.states:
            self.states[sold.order_id] |= REFUNDED
        left = self._left(sold)
        self.given_back += left
        self._give_back(sold, left, to_account)

    def _give_back(self, sold: Sold, amount: int, to_account: bool) -> None:
        if to_account:
            self.balances.available[self.balances.destination(sold.payer)] += amount
        else:
            agree("refund in tokens of what tokens paid", PAID, sold.state)
            self.balances.tokens_out += amount

    def _keep(self, sold: Sold, bits: int = 0) -> None:
        self.states[sold.order_id] = self._state(sold) | PAID | bits
        if sold.in_batch:
            _mark(self.spent, sold.order_id)

    def _sold(self, order_id: int) -> Sold:
        """An order that was made and not refunded."""
        if self.is_refunded(order_id):
            raise Divergence("order that was wholly refunded before", None, order_id)
        return self.order(order_id)

    def _state(self, sold: Sold) -> int:
        return self.states.get(sold.order_id, sold.state)

    def _left(self, sold: Sold) -> int:
        return sold.price - self.part_refunds[sold.order_id]


def place_of(order_id: int) -> tuple[Place, int]:
    """The batch of an order of one, and the order's position."""
    lane, number = order_id >> 96 & 0xFFFFFFFF, order_id >> 32 & (1 << 64) - 1
    return (order_id >> 128, lane, number), order_id & 0xFFFFFFFF


def _mark(bits: Counter[Place], order_id: int) -> None:
    place, position = place_of(order_id)
    bits[place] |= 1 << position


def _has(bits: Counter[Place], order_id: int) -> bool:
    place, position = place_of(order_id)
    return bool(bits[place] >> position & 1)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
