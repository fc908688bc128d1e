"""Which rows of the index's tables each event makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from zhifu.accounts import name_of
from zhifu.blocks import Log
from zhifu.contract import EventLog
from zhifu.deeds import Deed, paid_out, part_refunded, topped_up
from zhifu.index import FIRST_PLAN_VERSION
from zhifu.models import DELAY_SECONDS, NO_ADDRESS, OrderPlace, Terms

Arguments = Mapping[str, Any]

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
    "put_terms",
    "put_direct_order",
    "put_token",
    "move_token",
    "put_refund",
    "put_deed",
    "put_dispute",
    "resolve_dispute",
)


class EventRows:
    """The rows that one stretch of the chain makes, for the statements that write them.

    `learners` is the highest learner number so far, `contents` are those whose terms changed;
    `changed_terms` is also set where those of a platform did.
    """

    def __init__(self, learners: int) -> None:
        self.learners = learners
        self.contents: set[int] = set()
        self.changed_terms = False
        self._rows: dict[str, list[Arguments]] = defaultdict(list)
        self._prices: dict[int, dict[int, int]] = defaultdict(dict)
        self._claimed: dict[tuple[bytes, int], int] = {}
        self._holders: dict[tuple[bytes, int], str] = {}

    def take(self, events: Iterable[EventLog]) -> None:
        """Make the rows of events, which come in the chain's order."""
        for event in events:
            if event.name in _HANDLERS:
                _HANDLERS[event.name](self, event)
            if event.name in TERMS:
                self._keep(event.log)
                self.changed_terms = True

    def statements(self) -> Iterator[tuple[str, Sequence[Arguments]]]:
        """The statements to run, in this order, each for its rows."""
        self._rows["put_price"] = list(self._price_rows())
        self._rows["put_token"], self._rows["move_token"] = self._token_rows()
        for query in _ORDER:
            if self._rows[query]:
                yield query, self._rows[query]

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

    def put_token(self, event: EventLog, order_id: bytes, holder: str) -> None:
        """Leave who holds a token, in place of whoever held it before in the same block."""
        self._holders[order_id, event.log.block_number] = holder

    def put_claim(self, event: EventLog, order_id: bytes, holder: str) -> None:
        """Leave a new token."""
        self._claimed[order_id, event.log.block_number] = event.arguments["content"]
        self.put_token(event, order_id, holder)

    def put_plan(self, content: int, from_epoch: int, version: int, plan: Sequence[Any]) -> None:
        """Leave a plan in place of one that was to begin in the same epoch."""
        seller_bps, referrer_bps, *split = plan
        self.put(
            "put_plan",
            content=content,
            from_epoch=from_epoch,
            version=version,
            commission_bps=seller_bps + referrer_bps,
            referrer_bps=referrer_bps,
            split=orjson.dumps(split).decode(),
        )
        self.contents.add(content)

    def _keep(self, log: Log) -> None:
        self.put(
            "put_terms",
            block_number=log.block_number,
            log_index=log.log_index,
            address=log.address,
            topics=b"".join(log.topics),
            data=log.data,
        )

    def _price_rows(self) -> Iterator[Arguments]:
        for content, prices in self._prices.items():
            for day, price in prices.items():
                yield {"content": content, "from_day": day, "price": price}

    def _token_rows(self) -> tuple[list[Arguments], list[Arguments]]:
        """Those of new tokens, and those of tokens that were there before the block."""
        new: list[Arguments] = []
        moved: list[Arguments] = []
        for (order_id, block), holder in self._holders.items():
            row = {"order_id": order_id, "block_number": block, "holder": holder}
            content = self._claimed.get((order_id, block))
            if content is None:
                moved.append(row)
            else:
                new.append({**row, "content": content})
        return new, moved


def _admitted(rows: EventRows, event: EventLog) -> None:
    owner, status, network_bps, host_bps, treasury = event.arguments["terms"]
    rows.put(
        "put_platform",
        number=event.arguments["platform"],
        name=event.arguments["name"],
        owner=owner,
        treasury=treasury,
        network_bps=network_bps,
        host_bps=host_bps,
        status=status,
    )


def _platform_changed(query: str, value: str, rows: EventRows, event: EventLog) -> None:
    rows.put(query, number=event.arguments["platform"], value=event.arguments[value])


def _term_changed(query: str, value: str, rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    # A fall or a cancellation holds at once; that it is taken for older then changes nothing.
    rows.put(
        query,
        number=found["platform"],
        value=found[value],
        since=found["from"],
        delay=DELAY_SECONDS,
    )


def _registered(rows: EventRows, event: EventLog) -> None:
    last = event.arguments["first"] + event.arguments["count"] - 1
    rows.learners = max(rows.learners, last)


def _window_added(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    rows.put("put_window", window_class=found["class"], seconds=found["windowSeconds"])


def _published(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    terms = Terms(*found["terms"])
    rows.put(
        "put_content",
        number=found["content"],
        host=found["host"],
        ref=found["ref"],
        window_class=found["class"],
        duration_seconds=terms.duration_seconds,
        renewable=int(terms.renewable),
    )
    rows.put_plan(found["content"], 0, FIRST_PLAN_VERSION, found["plan"])
    rows.put_price(found["content"], 0, found["price"])


def _plan_changed(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    rows.put_plan(found["content"], found["fromEpoch"], found["version"], found["plan"])


def _price_changed(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    rows.put_price(found["content"], found["fromDay"], found["price"])
    rows.put("drop_prices", content=found["content"], from_day=found["fromDay"])


def _active_changed(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    rows.put("set_content_active", number=found["content"], active=int(found["active"]))
    rows.contents.add(found["content"])


def _placed(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    # Nothing comes as often: it is not made a `DirectOrder` on its way.
    content, seller, buyer, receiver, referrer, max_price, starts_at, deadline, salt = found[
        "order"
    ]
    rows.put(
        "put_direct_order",
        block_number=event.log.block_number,
        log_index=event.log.log_index,
        id=found["orderId"],
        content=content,
        seller=seller,
        buyer=buyer,
        receiver=receiver,
        referrer=referrer,
        max_price=str(max_price),
        starts_at=str(starts_at),
        deadline=str(deadline),
        salt=salt,
    )


def _claimed(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    rows.put_claim(event, found["orderId"].to_bytes(32, "big"), found["holder"])


def _moved(rows: EventRows, event: EventLog) -> None:
    found = event.arguments
    # A token is made by its claim, which says more.
    if found["from"] == NO_ADDRESS:
        return
    for token, value in _transfers(found):
        # Anybody may transfer nothing of anything, which moves no token.
        if value:
            rows.put_token(event, token.to_bytes(32, "big"), found["to"])


def _transfers(found: Arguments) -> Iterable[tuple[int, int]]:
    if "ids" in found:
        return zip(found["ids"], found["values"], strict=True)
    return ((found["id"], found["value"]),)


def _refunded(rows: EventRows, event: EventLog) -> None:
    rows.put(
        "put_refund",
        order_id=event.arguments["orderId"].to_bytes(32, "big"),
        transaction_hash=event.log.transaction_hash,
        block_number=event.log.block_number,
    )


def _done(read: Callable[[Arguments], Deed | None], rows: EventRows, event: EventLog) -> None:
    deed = read(event.arguments)
    if deed is not None:
        rows.put(
            "put_deed",
            **deed._asdict(),
            block_number=event.log.block_number,
            log_index=event.log.log_index,
            transaction_hash=event.log.transaction_hash,
        )


def _dispute_opened(rows: EventRows, event: EventLog) -> None:
    place, found = OrderPlace.of(event.arguments["orderId"]), event.arguments
    if place is None:
        return
    rows.put(
        "put_dispute",
        **place._asdict(),
        opener=name_of(found["opener"]),
        amount=found["amount"],
        bond=found["bond"],
        deadline=found["deadline"],
        evidence=found["evidence"],
        block_number=event.log.block_number,
    )


def _dispute_resolved(rows: EventRows, event: EventLog) -> None:
    place, refunded = OrderPlace.of(event.arguments["orderId"]), event.arguments["refunded"]
    if refunded:
        _refunded(rows, event)
    if place is not None:
        rows.put(
            "resolve_dispute",
            **place._asdict(),
            state="refunded" if refunded else "paid",
            block_number=event.log.block_number,
        )


_Handler = Callable[[EventRows, EventLog], None]

_TERMS: Mapping[str, _Handler] = {
    "PlatformAdmitted": _admitted,
    "PlatformStatusChanged": partial(_platform_changed, "set_platform_status", "status"),
    "PlatformTransferred": partial(_platform_changed, "set_platform_owner", "owner"),
    "NetworkFeeChanged": partial(_term_changed, "set_platform_network_fee", "networkBps"),
    "HostFeeChanged": partial(_term_changed, "set_platform_host_fee", "hostBps"),
    "TreasuryChanged": partial(_term_changed, "set_platform_treasury", "treasury"),
    "WindowAdded": _window_added,
    "ContentPublished": _published,
    "PlanChanged": _plan_changed,
    "PriceChanged": _price_changed,
    "ContentActiveChanged": _active_changed,
}

_HANDLERS: Mapping[str, _Handler] = {
    **_TERMS,
    "LearnersRegistered": _registered,
    "OrderPlaced": _placed,
    "LicenseClaimed": _claimed,
    "TransferSingle": _moved,
    "TransferBatch": _moved,
    "BatchOrderRefunded": _refunded,
    "ToppedUp": partial(_done, topped_up),
    "PaidOut": partial(_done, paid_out),
    "OrderPartRefunded": partial(_done, part_refunded),
    "DisputeOpened": _dispute_opened,
    "DisputeResolved": _dispute_resolved,
}

TERMS = frozenset(_TERMS)
"""The names of the events that change platforms, windows and contents, whose logs are kept."""

EVENTS = frozenset(_HANDLERS)
"""The names of the events that `EventRows.take` knows, besides `BatchSettled`."""
