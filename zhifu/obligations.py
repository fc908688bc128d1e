"""What platforms owe each other, read from the chain alone: events, and the calldata of batches.

A seller owes the host of a content what its own account, or one it keeps for a learner, paid for
an order, less the commission: that comes back to it. What is given back of the order is owed the
other way. A buyer who pays with money of its own makes no platform owe another anything.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from zhifu import tariffs
from zhifu.accounts import learner_of
from zhifu.batch import ORDERS_PER_WORD
from zhifu.blocks import Log
from zhifu.calldata import SettleCall, read_settle_call
from zhifu.contract import Contract
from zhifu.deployment import Network
from zhifu.models import OrderPlace
from zhifu.netting import Flow, Netting
from zhifu.tariffs import Tariffs

_LOGS_AT_ONCE = 64
_NUMBERS_PER_WORD = ORDERS_PER_WORD + 1

_SALES = ("BatchSettled", "OrderPlaced")
_RETURNS = ("OrderRefunded", "BatchOrderRefunded", "OrderPartRefunded", "DisputeResolved")

EVENTS = frozenset({*tariffs.EVENTS, *_SALES, *_RETURNS, "AccountTakenOver"})
"""The names of the events that say what platforms owe each other."""

Progress = Callable[[int], object]
"""Told how many events were read since it was last called."""


class Event(NamedTuple):
    """An event, its block's number and time (Unix seconds), and the call that settled a batch."""

    name: str
    arguments: Mapping[str, Any]
    block_number: int
    timestamp: int = 0
    call: SettleCall = SettleCall(b"", from_learners=False)


class Movement(NamedTuple):
    """What one event moved: so many orders were settled, or something went back of one."""

    block_number: int
    orders: int
    refunds: int
    flows: Sequence[Flow]

    def into(self, netting: Netting) -> None:
        """Add it to what is netted."""
        netting.orders += self.orders
        netting.refunds += self.refunds
        for flow in self.flows:
            netting.take(flow)


class _Sale(NamedTuple):
    """What all orders of a batch have in common: the day of their prices and the time."""

    day: int
    timestamp: int


class Obligations:
    """Turns events, in chain order, into what platforms owe each other.

    Keeps a few numbers per content and per batch, and something of the orders that are unusual:
    those of which a part went back, and those that a learner's own money paid.
    """

    def __init__(self) -> None:
        self._tariffs = Tariffs()
        self._sales: dict[int, _Sale] = {}
        self._taken_over: dict[int, set[int]] = defaultdict(set)
        self._paid_alone: set[int] = set()
        self._parts: Counter[int] = Counter()

    def take(self, event: Event) -> Movement | None:
        """What an event moved, if anything; raises ValueError if it contradicts those before it."""
        found, name = event.arguments, event.name
        if name == "BatchSettled":
            flows = self._settled(found, event.call, _Sale(found["saleDay"], event.timestamp))
            return Movement(event.block_number, found["orders"], 0, flows)
        if name == "OrderPlaced":
            return Movement(event.block_number, 1, 0, ())
        if name in _RETURNS:
            returned = int(found.get("refunded", True))
            return Movement(event.block_number, 0, returned, list(self._returned(event)))
        if name == "AccountTakenOver":
            self._note_own(found["account"])
        else:
            self._tariffs.take(name, found)
        return None

    def _settled(self, found: Mapping[str, Any], call: SettleCall, sale: _Sale) -> list[Flow]:
        seller, prefix = found["platform"], _prefix(found)
        self._sales[prefix] = sale
        sold = _sold(call.words)
        alone = Counter(self._paid_alone_in(seller, prefix, call))
        owed: Counter[int] = Counter()
        debit = 0
        for content, orders in sold.items():
            tariff = self._tariffs.of(content)
            price, epoch = tariff.price_on(sale.day), self._tariffs.epoch(tariff, sale.timestamp)
            debit += price * orders
            owed[tariff.host] += tariff.revenue_in(epoch, price) * (orders - alone[content])
        if (sold.total(), debit) != (found["orders"], found["debit"]):
            raise ValueError(f"batch {prefix:#x} has other orders than its event says")
        between = ((host, amount) for host, amount in owed.items() if amount and host != seller)
        return [Flow(seller, host, amount) for host, amount in between]

    def _paid_alone_in(self, seller: int, prefix: int, call: SettleCall) -> Iterator[int]:
        """The contents of orders that were paid from accounts that learners took over."""
        own = self._taken_over.get(seller)
        if own is None or not call.from_learners:
            return
        for content, position, learner in _orders(call.words):
            if learner in own:
                self._paid_alone.add(prefix << 32 | position)
                yield content

    def _returned(self, event: Event) -> Iterator[Flow]:
        order_id = _order_id(event.arguments)
        place = OrderPlace.of(order_id)
        if place is None:
            return
        tariff, sale = self._tariffs.of(event.arguments["content"]), self._sales[order_id >> 32]
        epoch = self._tariffs.epoch(tariff, sale.timestamp)
        before = tariff.price_on(sale.day) - self._parts[order_id]
        after = self._left(event, order_id, before)
        amount = tariff.revenue_in(epoch, before) - tariff.revenue_in(epoch, after)
        if amount and tariff.host != place.platform and order_id not in self._paid_alone:
            yield Flow(tariff.host, place.platform, amount)

    def _left(self, event: Event, order_id: int, before: int) -> int:
        """What is left of an order of which `before` was."""
        if event.name == "OrderPartRefunded":
            self._parts[order_id] += event.arguments["amount"]
            return before - int(event.arguments["amount"])
        del self._parts[order_id]
        if event.arguments.get("amount", before) != before:
            raise ValueError(f"order {order_id:#x} gives back another amount than was left")
        return 0 if event.arguments.get("refunded", True) else before

    def _note_own(self, account: int) -> None:
        if found := learner_of(account):
            platform, learner = found
            self._taken_over[platform].add(learner)


def read(network: Network, last: int, progress: Progress = lambda _: None) -> Iterator[Movement]:
    """What moved from the network's first block to `last`, in chain order, a little at a time.

    Raises InconsistentNode for calldata that is not what its batch's event says.
    """
    obligations = Obligations()
    contracts: tuple[Contract, ...] = (network.license, network.settlement)
    known = {each.address: each for each in contracts}
    topics = [
        topic
        for contract in contracts
        for topic, event in contract.artifact.events.items()
        if event.name in EVENTS
    ]
    chain, first = network.chain, network.deployment.first_block
    logs = chain.logs(list(known), [topics], first, last)
    while chunk := list(islice(logs, _LOGS_AT_ONCE)):
        calls = _calls(network, chunk)
        for log in chunk:
            name, arguments, _ = known[log.address].decode(log)
            told = calls.get(log.transaction_hash, ())
            try:
                movement = obligations.take(Event(name, arguments, log.block_number, *told))
            except (KeyError, ValueError) as error:
                raise chain.inconsistent(f"{name} that cannot be: {error}") from error
            if movement is not None:
                yield movement
        progress(len(chunk))


def _calls(network: Network, logs: Sequence[Log]) -> dict[str, tuple[int, SettleCall]]:
    """By transaction: the times of the blocks of batches, and the calls that settled them."""
    settled = network.settlement.artifact.topic("BatchSettled")
    batches = [log for log in logs if log.topics[0] == settled]
    chain = network.chain
    sent = chain.transactions([log.transaction_hash for log in batches])
    times = chain.timestamps([log.block_number for log in batches])
    return {
        log.transaction_hash: (time, read_settle_call(call.input if call else b""))
        for log, call, time in zip(batches, sent, times, strict=True)
    }


def _prefix(found: Mapping[str, Any]) -> int:
    """The ids of a batch's orders without their positions."""
    return int(found["platform"] << 96 | found["lane"] << 64 | found["number"])


def _order_id(found: Mapping[str, Any]) -> int:
    named = found["orderId"]
    return int.from_bytes(named, "big") if isinstance(named, bytes) else int(named)


def _sold(words: bytes) -> Counter[int]:
    """How many orders a batch has of each content."""
    numbers = _numbers(words)
    sold: Counter[int] = Counter()
    for start in range(0, len(numbers), _NUMBERS_PER_WORD):
        if content := numbers[start]:
            empty = numbers[start + 1 : start + _NUMBERS_PER_WORD].count(0)
            sold[content] += ORDERS_PER_WORD - empty
    return sold


def _orders(words: bytes) -> Iterator[tuple[int, int, int]]:
    """The content, the position and the learner of each order of a batch."""
    numbers = _numbers(words)
    position = 0
    for start in range(0, len(numbers), _NUMBERS_PER_WORD):
        if content := numbers[start]:
            for place in range(ORDERS_PER_WORD):
                if learner := numbers[start + 1 + place]:
                    yield content, position + place, learner
            position += ORDERS_PER_WORD


def _numbers(words: bytes) -> array[int]:
    numbers = array("I", words)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
