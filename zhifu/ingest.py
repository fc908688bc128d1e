"""Events and batch calldata, written into the index's tables."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, NamedTuple

from zhifu.accounts import name_of
from zhifu.batch import ORDERS_PER_WORD, content_of, tree, unpack
from zhifu.calldata import SettleCall
from zhifu.contract import EventLog
from zhifu.exceptions import RootMismatch
from zhifu.index import FIRST_PLAN_VERSION, Index, Sale
from zhifu.models import DELAY_SECONDS, NO_ADDRESS, DirectOrder, OrderPlace, Terms
from zhifu.store import Transaction

Arguments = Mapping[str, Any]

_NUMBERS_PER_WORD = ORDERS_PER_WORD + 1

# Rows are written query by query, in this order: what others refer to comes first.
_ORDER = (
    "put_window",
    "put_platform",
    "set_platform_status",
    "set_platform_owner",
    "set_platform_network_fee",
    "set_platform_host_fee",
    "set_platform_treasury",
    "put_content",
    "put_plan",
    "drop_prices",
    "put_price",
    "set_content_active",
    "put_direct_order",
    "put_token",
    "move_token",
    "put_refund",
    "put_dispute",
    "resolve_dispute",
)


_TABLES = (
    "licenses",
    "batches",
    "prices",
    "plans",
    "contents",
    "platforms",
    "windows",
    "refunds",
    "disputes",
    "direct_orders",
    "tokens",
    "cursor",
)


def forget(transaction: Transaction) -> None:
    """Empty the whole index."""
    for table in _TABLES:
        transaction.run(f"clear_{table}")


class SettledBatch(NamedTuple):
    """A batch that the chain settled: its event, its call, its block's time."""

    event: EventLog
    call: SettleCall
    timestamp: int


class Ingest:
    """Takes one stretch of the chain into the index, inside one transaction."""

    def __init__(self, transaction: Transaction, index: Index) -> None:
        self.learners = index.learners
        self.contents: set[int] = set()
        self._transaction = transaction
        self._index = index
        self._rows: dict[str, list[Arguments]] = defaultdict(list)
        self._prices: dict[int, dict[int, int]] = defaultdict(dict)

    def take(self, events: Iterable[EventLog], batches: Iterable[SettledBatch]) -> int:
        """Write what the events and batches of the stretch say; the highest learner number.

        Raises RootMismatch for a batch whose calldata does not lead to its root.
        """
        for event in events:
            _HANDLERS[event.name](self, event)
        self._rows["put_price"] = [
            {"content": content, "from_day": day, "price": price}
            for content, prices in self._prices.items()
            for day, price in prices.items()
        ]
        for query in _ORDER:
            self._transaction.run_many(query, self._rows[query])
        self._index.load_members(self._transaction)
        self._index.load_contents(self._transaction, self.contents)
        last = self._transaction.value("last_batch")
        for number, batch in enumerate(batches, last + 1):
            self._take_batch(number, batch)
        return self.learners

    def put(self, query: str, **row: Any) -> None:
        """Leave a row for a statement that runs once the whole stretch is read."""
        self._rows[query].append(row)

    def put_price(self, content: int, from_day: int, price: int) -> None:
        """Leave a price in place of all that was set for its first day and later."""
        prices = self._prices[content]
        for day in [day for day in prices if day >= from_day]:
            del prices[day]
        prices[from_day] = price
        self.contents.add(content)

    def put_plan(self, content: int, from_epoch: int, version: int, plan: Sequence[Any]) -> None:
        """Leave a plan in place of one that was to begin in the same epoch."""
        seller_bps, referrer_bps = plan[:2]
        self.put(
            "put_plan",
            content=content,
            from_epoch=from_epoch,
            version=version,
            commission_bps=seller_bps + referrer_bps,
            referrer_bps=referrer_bps,
        )
        self.contents.add(content)

    def _take_batch(self, number: int, batch: SettledBatch) -> None:
        event = batch.event.arguments
        _require_root(batch, self._index)
        self._transaction.run(
            "put_batch",
            id=number,
            platform=event["platform"],
            lane=event["lane"],
            number=event["number"],
            root=event["root"],
            leaves=event["leaves"],
            orders=event["orders"],
            debit=event["debit"],
            sale_day=event["saleDay"],
            from_learners=int(batch.call.from_learners),
            words=batch.call.words,
            transaction_hash=batch.event.log.transaction_hash,
            block_number=batch.event.log.block_number,
            block_timestamp=batch.timestamp,
        )
        self._transaction.run_many("put_license", _licenses(number, batch.call.words))


def _require_root(batch: SettledBatch, index: Index) -> None:
    event = batch.event.arguments
    words = batch.call.words
    contents = {content_of(leaf.word) for leaf in unpack(words)}
    sale = Sale(event["saleDay"], batch.timestamp, batch.call.from_learners)
    quotes = {content: index.quote(content, sale) for content in contents}
    if not words or tree(words, quotes).root != event["root"]:
        raise RootMismatch(event["platform"], event["lane"], event["number"])


def _licenses(batch: int, words: bytes) -> Iterator[Arguments]:
    numbers = array("I", words)
    if sys.byteorder == "little":
        numbers.byteswap()
    position = 0
    for start in range(0, len(numbers), _NUMBERS_PER_WORD):
        content = numbers[start]
        if content == 0:
            continue
        for place in range(ORDERS_PER_WORD):
            learner = numbers[start + 1 + place]
            if learner:
                yield {
                    "learner": learner,
                    "content": content,
                    "batch_id": batch,
                    "position": position + place,
                }
        position += ORDERS_PER_WORD


def _admitted(ingest: Ingest, event: EventLog) -> None:
    owner, status, network_bps, host_bps, treasury = event.arguments["terms"]
    ingest.put(
        "put_platform",
        number=event.arguments["platform"],
        name=event.arguments["name"],
        owner=owner,
        treasury=treasury,
        network_bps=network_bps,
        host_bps=host_bps,
        status=status,
    )


def _platform_changed(query: str, value: str, ingest: Ingest, event: EventLog) -> None:
    ingest.put(query, number=event.arguments["platform"], value=event.arguments[value])


def _term_changed(query: str, value: str, ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    # A fall or a cancellation holds at once; that it is taken for older then changes nothing.
    ingest.put(
        query,
        number=found["platform"],
        value=found[value],
        since=found["from"],
        delay=DELAY_SECONDS,
    )


def _registered(ingest: Ingest, event: EventLog) -> None:
    last = event.arguments["first"] + event.arguments["count"] - 1
    ingest.learners = max(ingest.learners, last)


def _window_added(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    ingest.put("put_window", window_class=found["class"], seconds=found["windowSeconds"])


def _published(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    terms = Terms(*found["terms"])
    ingest.put(
        "put_content",
        number=found["content"],
        host=found["host"],
        ref=found["ref"],
        window_class=found["class"],
        duration_seconds=terms.duration_seconds,
        renewable=int(terms.renewable),
    )
    ingest.put_plan(found["content"], 0, FIRST_PLAN_VERSION, found["plan"])
    ingest.put_price(found["content"], 0, found["price"])


def _plan_changed(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    ingest.put_plan(found["content"], found["fromEpoch"], found["version"], found["plan"])


def _price_changed(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    ingest.put_price(found["content"], found["fromDay"], found["price"])
    ingest.put("drop_prices", content=found["content"], from_day=found["fromDay"])


def _active_changed(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    ingest.put("set_content_active", number=found["content"], active=int(found["active"]))
    ingest.contents.add(found["content"])


def _placed(ingest: Ingest, event: EventLog) -> None:
    order = DirectOrder.from_tuple(event.arguments["order"])
    row = asdict(order)
    for name in ("max_price", "deadline", "starts_at"):
        row[name] = str(row[name])
    ingest.put("put_direct_order", id=event.arguments["orderId"], **row)


def _claimed(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    order_id = found["orderId"].to_bytes(32, "big")
    ingest.put("put_token", order_id=order_id, content=found["content"], holder=found["holder"])


def _moved(ingest: Ingest, event: EventLog) -> None:
    found = event.arguments
    # A token is made by its claim, which says more.
    if found["from"] == NO_ADDRESS:
        return
    for token, value in _transfers(found):
        # Anybody may transfer nothing of anything, which moves no token.
        if value:
            ingest.put("move_token", order_id=token.to_bytes(32, "big"), holder=found["to"])


def _transfers(found: Arguments) -> Iterable[tuple[int, int]]:
    if "ids" in found:
        return zip(found["ids"], found["values"], strict=True)
    return ((found["id"], found["value"]),)


def _refunded(ingest: Ingest, event: EventLog) -> None:
    ingest.put(
        "put_refund",
        order_id=event.arguments["orderId"].to_bytes(32, "big"),
        transaction_hash=event.log.transaction_hash,
        block_number=event.log.block_number,
    )


def _dispute_opened(ingest: Ingest, event: EventLog) -> None:
    place, found = OrderPlace.of(event.arguments["orderId"]), event.arguments
    if place is None:
        return
    ingest.put(
        "put_dispute",
        **place._asdict(),
        opener=name_of(found["opener"]),
        amount=found["amount"],
        bond=found["bond"],
        deadline=found["deadline"],
        evidence=found["evidence"],
        block_number=event.log.block_number,
    )


def _dispute_resolved(ingest: Ingest, event: EventLog) -> None:
    place, refunded = OrderPlace.of(event.arguments["orderId"]), event.arguments["refunded"]
    if refunded:
        _refunded(ingest, event)
    if place is not None:
        ingest.put(
            "resolve_dispute",
            **place._asdict(),
            state="refunded" if refunded else "paid",
            block_number=event.log.block_number,
        )


_HANDLERS: Mapping[str, Callable[[Ingest, EventLog], None]] = {
    "PlatformAdmitted": _admitted,
    "PlatformStatusChanged": partial(_platform_changed, "set_platform_status", "status"),
    "PlatformTransferred": partial(_platform_changed, "set_platform_owner", "owner"),
    "NetworkFeeChanged": partial(_term_changed, "set_platform_network_fee", "networkBps"),
    "HostFeeChanged": partial(_term_changed, "set_platform_host_fee", "hostBps"),
    "TreasuryChanged": partial(_term_changed, "set_platform_treasury", "treasury"),
    "LearnersRegistered": _registered,
    "WindowAdded": _window_added,
    "ContentPublished": _published,
    "PlanChanged": _plan_changed,
    "PriceChanged": _price_changed,
    "ContentActiveChanged": _active_changed,
    "OrderPlaced": _placed,
    "LicenseClaimed": _claimed,
    "TransferSingle": _moved,
    "TransferBatch": _moved,
    "BatchOrderRefunded": _refunded,
    "DisputeOpened": _dispute_opened,
    "DisputeResolved": _dispute_resolved,
}

EVENTS = frozenset(_HANDLERS)
"""The names of the events that `Ingest.take` knows, besides `BatchSettled`."""
