"""A network's figures from its events and receipts alone, one by one: what a report must say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhifu.accounts import platform_of
from zhifu.deployment import DAY_SECONDS, Network
from zhifu.gateway import Gateway
from zhifu.store import Store

_PRICE = (1 << 40) - 1

_COUNTED = {
    *("BatchSettled", "OrderPlaced", "OrderRefunded", "BatchOrderRefunded", "OrderPartRefunded"),
    *("DisputeOpened", "DisputeResolved", "Released", "CommissionReleased", "Withdrawn"),
}


@dataclass
class Figures:
    """Amounts are ledger units; `days` count from 1970."""

    orders: int = 0
    sold: int = 0
    refunds: int = 0
    refunded: int = 0
    released: int = 0
    withdrawn: int = 0
    disputed: int = 0
    sold_on: Counter[int] = field(default_factory=Counter)
    refunded_on: Counter[int] = field(default_factory=Counter)
    sold_by: Counter[int] = field(default_factory=Counter)
    orders_by: Counter[int] = field(default_factory=Counter)
    withdrawn_by: Counter[int] = field(default_factory=Counter)
    gas: Counter[str] = field(default_factory=Counter)
    direct: Counter[int] = field(default_factory=Counter)
    times: int = 0
    spent: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return self.sold - self.refunded - self.released - self.disputed


def figures_of(network: Network) -> Figures:
    """Add up all events of a network's settlement."""
    found = Figures()
    disputes: dict[int, int] = {}
    chain, settlement = network.chain, network.settlement
    for log in chain.logs(settlement.address, (), network.deployment.first_block):
        event = settlement.decode(log)
        told: Any = event.arguments
        day = chain.block(log.block_number).timestamp // DAY_SECONDS
        receipt = chain.receipt(log.transaction_hash)
        assert receipt is not None
        if event.name in _COUNTED:
            found.times += told.get("orders", 1)
            found.spent[log.transaction_hash] = receipt.gas_used
        if event.name == "BatchSettled":
            _sell(found, told["platform"], told["orders"], told["debit"], day)
            found.gas["orders"] += receipt.gas_used
        elif event.name == "OrderPlaced":
            price = told["facts"] & _PRICE
            _sell(found, told["order"][1], 1, price, day)
            found.direct[told["content"]] += price
        elif event.name in {"OrderRefunded", "BatchOrderRefunded", "OrderPartRefunded"}:
            _give_back(found, told["amount"], day)
        elif event.name == "DisputeOpened":
            disputes[told["orderId"]] = told["amount"]
            found.disputed += told["amount"]
        elif event.name == "DisputeResolved":
            amount = disputes.pop(told["orderId"])
            found.disputed -= amount
            if told["refunded"]:
                _give_back(found, amount, day)
            else:
                found.released += amount
        elif event.name in {"Released", "CommissionReleased"}:
            found.released += told["amount"]
        elif event.name == "Withdrawn":
            found.withdrawn += told["amount"]
            found.withdrawn_by[platform_of(told["account"]) or 0] += told["amount"]
    return found


def sold_of_contents(network: Network, folder: Path) -> Counter[int]:
    """The prices of all orders by content, those of batches from a gateway's index of the chain."""
    url = f"sqlite:///{folder / 'index.sqlite3'}"
    with Gateway.open(url, network, {}, {}) as gateway:
        gateway.sync()
    found = Counter(figures_of(network).direct)
    with Store.read_only(url) as store, store.reading() as transaction:
        prices = transaction.rows("prices")
        for batch in transaction.rows("audited_batches", platform=0, lane=0, number=0, limit=9_999):
            platform, lane, number = batch
            row = transaction.row("audited_batch", platform=platform, lane=lane, number=number)
            assert row is not None
            batch_id, sale_day = row[0], row[5]
            for _, content, _ in transaction.rows("audited_licenses_of", batch_id=batch_id):
                _, price = max(
                    (since, price)
                    for number, since, price in prices
                    if number == content and since <= sale_day
                )
                found[content] += price
    return found


def _sell(found: Figures, seller: int, orders: int, amount: int, day: int) -> None:
    found.orders += orders
    found.sold += amount
    found.sold_on[day] += amount
    found.sold_by[seller] += amount
    found.orders_by[seller] += orders


def _give_back(found: Figures, amount: int, day: int) -> None:
    found.refunds += 1
    found.refunded += amount
    found.refunded_on[day] += amount
