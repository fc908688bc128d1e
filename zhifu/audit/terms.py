"""A gateway's tables of platforms, windows and contents, held against the chain itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from zhifu.audit.members import Platform
from zhifu.audit.recomputation import Recomputation
from zhifu.audit.records import Offer
from zhifu.deployment import Network
from zhifu.differences import INDEX, REBUILD, WHOLE_ROW, Difference, rows
from zhifu.store import Row, Transaction

_PLATFORM = (
    *("name", "owner", "status", "treasury", "next_treasury", "treasury_since"),
    *("network_bps", "next_network_bps", "network_bps_since"),
    *("host_bps", "next_host_bps", "host_bps_since"),
)
_CONTENT = ("host", "ref", "window_class", "duration_seconds", "renewable", "active")
_PLAN = ("version", "commission_bps", "referrer_bps", "split")
_LOG = ("address", "topics", "data")

#: The events that make these tables, whose logs the index keeps.
_EVENTS = {
    *("PlatformAdmitted", "PlatformStatusChanged", "PlatformTransferred", "NetworkFeeChanged"),
    *("HostFeeChanged", "TreasuryChanged", "WindowAdded", "ContentPublished", "PlanChanged"),
    *("PriceChanged", "ContentActiveChanged"),
}


class AuditedTerms:
    """Compares as of a block, which the state has come to."""

    def __init__(self, transaction: Transaction, state: Recomputation, network: Network) -> None:
        self._transaction = transaction
        self._state = state
        self._network = network
        self.compared = 0

    def differences(self, block: int) -> Iterator[Difference]:
        """What differs, table by table."""
        contents = self._state.contents
        offers = sorted(contents.offers.items())
        platforms = map(_platform, sorted(self._state.members.platforms.items()))
        yield from self._table("platforms", _PLATFORM, 1, platforms)
        yield from self._table("windows", ("seconds",), 1, sorted(contents.windows.items()))
        yield from self._table("contents", _CONTENT, 1, map(_content, offers))
        yield from self._table("plans", _PLAN, 2, _plans(offers), query="audited_plans")
        yield from self._table("prices", ("price",), 2, _prices(offers))
        yield from self._logs(block)
        yield from self._checkpoints()

    def _table(
        self,
        table: str,
        names: Sequence[str],
        keys: int,
        chain: Iterable[Sequence[Any]],
        query: str | None = None,
    ) -> Iterator[Difference]:
        books = keyed(sorted(self._transaction.rows(query or table)), keys)
        yield from rows(
            INDEX, f"chain_{table}", names, books, self._counted(keyed(chain, keys)), REBUILD
        )

    def _counted(self, found: Iterable[Any]) -> Iterator[Any]:
        for each in found:
            self.compared += 1
            yield each

    def _logs(self, block: int) -> Iterator[Difference]:
        """The logs that the index would make these tables of anew."""
        network = self._network
        contracts = (network.registry, network.license, network.settlement)
        topics = [
            topic
            for each in contracts
            for topic, event in each.artifact.events.items()
            if event.name in _EVENTS
        ]
        first = network.deployment.first_block
        logs = network.chain.logs([each.address for each in contracts], [topics], first, block)
        chain = (
            ((log.block_number, log.log_index), (log.address, b"".join(log.topics), log.data))
            for log in logs
        )
        books = (
            ((number, index), (address, bytes(joined), bytes(data)))
            for address, joined, data, number, index in self._transaction.rows("terms")
        )
        yield from rows(INDEX, "chain_terms", _LOG, books, self._counted(chain), REBUILD)

    def _checkpoints(self) -> Iterator[Difference]:
        """Blocks that the index could go back to."""
        kept = self._transaction.rows("checkpoints")
        blocks = self._network.chain.blocks(number for number, *_ in kept)
        for (number, named, _), block in zip(kept, blocks, strict=True):
            self.compared += 1
            row = f"chain_checkpoints {number}"
            if block is None:
                yield Difference(INDEX, row, WHOLE_ROW, named, None, REBUILD)
            elif block.hash != named:
                yield Difference(INDEX, row, "block_hash", named, block.hash, REBUILD)


def keyed(found: Iterable[Sequence[Any]], keys: int) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Rows by the first of their columns."""
    return ((tuple(row[:keys]), tuple(row[keys:])) for row in found)


def _platform(item: tuple[int, Platform]) -> Row:
    number, each = item
    terms = (*each.treasury, *each.network_bps, *each.host_bps)
    return (number, each.name, each.owner, each.status, *terms)


def _content(item: tuple[int, Offer]) -> Row:
    number, offer = item
    flags = (int(offer.renewable), int(offer.active))
    return (number, offer.host, offer.ref, offer.window_class, offer.duration, *flags)


def _plans(offers: Iterable[tuple[int, Offer]]) -> Iterator[Row]:
    for number, offer in offers:
        for epoch, version in sorted(offer.schedule.items()):
            seller_bps, referrer_bps, *split = offer.plans[version]
            told = orjson.dumps(split).decode()
            yield number, epoch, version, seller_bps + referrer_bps, referrer_bps, told


def _prices(offers: Iterable[tuple[int, Offer]]) -> Iterator[Row]:
    for number, offer in offers:
        for day, price in sorted(offer.prices.items()):
            yield number, day, price
