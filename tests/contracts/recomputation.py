"""Balances, holds and licences from events and batch calldata alone (INV-8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from brownie import web3
from eth_utils.abi import event_abi_to_log_topic

from tests.contracts.accounts import ZERO, of_address, of_platform
from tests.contracts.batch import PLACES, Facts, Leaf, Tree, learner_at
from tests.contracts.plans import Plan, Share, capture, divide


@dataclass(eq=False)
class Paid:
    """An order that was paid, as the chain tells it."""

    price: int
    payer: int
    parts: dict[Any, int]
    epoch: int
    owner: Any
    refunded: bool = False
    holder: str = ZERO


class Recomputation:
    """Reads every log once, in order, and keeps nothing but what the logs and calldata say."""

    def __init__(self, registry: Any, licences: Any, settlement: Any) -> None:
        self.windows: list[int] = []
        self.contents: dict[int, Any] = {}
        self.prices: dict[int, dict[int, int]] = {}
        self.available: Counter[int] = Counter()
        self.captured: Counter[Any] = Counter()
        self.refunded: Counter[Any] = Counter()
        self.released: Counter[Any] = Counter()
        self.orders: dict[int, Paid] = {}
        self.keys: dict[int, str] = {}
        self.batches: list[Any] = []
        self.time = 0
        self._events: dict[bytes, Any] = {}
        self._settlement = web3.eth.contract(abi=settlement.abi)
        for contract in (registry, licences, settlement):
            self._learn(contract.abi)
        self._read([contract.address for contract in (registry, licences, settlement)])

    def held(self) -> Counter[Any]:
        """Return what each hold still has of each epoch."""
        return self.captured - self.refunded - self.released

    def verifies(self, order: Paid, claimant: Any) -> bool:
        """Tell whether a licence is an address's or a learner's."""
        owner = self.keys.get(order.owner) if isinstance(order.owner, int) else order.owner
        if order.refunded:
            return False
        if isinstance(order.owner, int):
            return bool(claimant == order.owner and order.holder in (ZERO, owner))
        return bool(claimant == (owner if order.holder == ZERO else order.holder))

    def _learn(self, abi: Any) -> None:
        events = web3.eth.contract(abi=abi).events
        for each in (each for each in abi if each["type"] == "event"):
            self._events[event_abi_to_log_topic(each)] = events[each["name"]]()

    def _read(self, addresses: list[str]) -> None:
        times: dict[int, int] = {}
        for log in web3.eth.get_logs({"fromBlock": 0, "address": addresses}):
            block = log["blockNumber"]
            if block not in times:
                times[block] = web3.eth.get_block(block)["timestamp"]
            self.time = times[block]
            event = self._events[bytes(log["topics"][0])].process_log(log)
            if handle := getattr(self, f"_on_{event['event']}", None):
                handle(event["args"], log["transactionHash"])

    # What each event does

    def _on_WindowAdded(self, args: Any, _: Any) -> None:  # noqa: N802
        self.windows.append(args["windowSeconds"])

    def _on_LearnerKeyBound(self, args: Any, _: Any) -> None:  # noqa: N802
        self.keys[args["learner"]] = args["key"]

    def _on_ContentPublished(self, args: Any, _: Any) -> None:  # noqa: N802
        told = args["plan"]
        creators = tuple(Share(each["payee"], each["bps"]) for each in told["creators"])
        shares = [told[name] for name in ("sellerBps", "referrerBps", "hostBps", "networkBps")]
        plan = Plan(shares[0], shares[1], shares[2], shares[3], creators)
        self.contents[args["content"]] = (args["host"], args["class"], plan)
        self.prices[args["content"]] = {0: args["price"]}

    def _on_PriceChanged(self, args: Any, _: Any) -> None:  # noqa: N802
        self.prices[args["content"]][args["fromDay"]] = args["price"]

    def _on_Deposited(self, args: Any, _: Any) -> None:  # noqa: N802
        self.available[args["account"]] += args["amount"]

    def _on_Withdrawn(self, args: Any, _: Any) -> None:  # noqa: N802
        self.available[args["account"]] -= args["amount"]

    def _on_OrderPlaced(self, args: Any, _: Any) -> None:  # noqa: N802
        order, price = args["order"], args["facts"] & (2**40 - 1)
        buyer = of_address(order["buyer"])
        terms = (order["content"], order["seller"], order["referrer"], price)
        self.available[buyer] += args["paid"] - price
        order_id = int.from_bytes(args["orderId"], "big")
        self.orders[order_id] = self._capture(*terms, buyer, order["receiver"])

    def _on_BatchSettled(self, args: Any, transaction: Any) -> None:  # noqa: N802
        self.batches.append(args)
        _, call = self._settlement.decode_function_input(
            web3.eth.get_transaction(transaction)["input"]
        )
        lane = args["platform"] << 128 | args["lane"] << 96 | args["number"] << 32
        leaves = self._leaves(call["words"], call["saleDay"])
        for index, leaf in enumerate(leaves):
            self._sell(leaf, lane | PLACES * index, args["platform"])
        assert Tree([leaf.hash() for leaf in leaves]).root == bytes(args["root"])

    def _leaves(self, words: list[int], day: int) -> list[Leaf]:
        """Tell words from referrers, and add what the contract read."""
        leaves, referrer = [], ZERO
        for word, after in zip(words, [*words[1:], 0], strict=True):
            if word >> 224 == 0:
                referrer = f"0x{word:040x}"
                continue
            leaves.append(Leaf(word, self._facts(word >> 224, day, referrer), referrer))
            referrer = referrer if after >> 224 == word >> 224 else ZERO
        return leaves

    def _facts(self, content: int, day: int, referrer: str) -> int:
        _, class_, plan = self.contents[content]
        first = max(each for each in self.prices[content] if each <= day)
        bps = plan.referrer_bps if referrer != ZERO else 0
        terms = (self.prices[content][first], plan.commission_bps, bps)
        return Facts(*terms, class_, self.time // self.windows[class_]).packed()

    def _sell(self, leaf: Leaf, first: int, platform: int) -> None:
        price, payer = leaf.facts & (2**40 - 1), of_platform(platform)
        terms = (leaf.word >> 224, platform, leaf.referrer, price, payer)
        for place in range(PLACES):
            if learner := learner_at(leaf.word, place):
                self.orders[first + place] = self._capture(*terms, learner)
                self.available[payer] -= price

    def _on_OrderRefunded(self, args: Any, _: Any) -> None:  # noqa: N802
        order = self._take_back(int.from_bytes(args["orderId"], "big"))
        self.available[order.payer] += order.price * args["toAccount"]

    def _on_BatchOrderRefunded(self, args: Any, _: Any) -> None:  # noqa: N802
        order = self._take_back(args["orderId"])
        self.available[order.payer] += order.price

    def _on_TransferSingle(self, args: Any, _: Any) -> None:  # noqa: N802
        self.orders[args["id"]].holder = args["to"]

    def _on_Released(self, args: Any, _: Any) -> None:  # noqa: N802
        host, class_, plan = self.contents[args["content"]]
        assert self._mature(args["content"], class_) == args["amount"]
        for account, amount in divide(plan, host, args["amount"]):
            self.available[account] += amount

    def _on_CommissionReleased(self, args: Any, _: Any) -> None:  # noqa: N802
        hold = (args["account"], args["class"])
        assert self._mature(hold, args["class"]) == args["amount"]
        self.available[args["account"]] += args["amount"]

    # Holds

    def _capture(
        self, content: int, seller: int, referrer: str, price: int, payer: int, owner: Any
    ) -> Paid:
        _, class_, plan = self.contents[content]
        parts = capture(price, plan.commission_bps, plan.referrer_bps if referrer != ZERO else 0)
        holds = (content, (of_platform(seller), class_), (of_address(referrer), class_))
        epoch = self.time // self.windows[class_]
        order = Paid(price, payer, dict(zip(holds, parts, strict=True)), epoch, owner)
        self.captured += Counter({(hold, epoch): part for hold, part in order.parts.items()})
        return order

    def _take_back(self, order_id: int) -> Paid:
        order = self.orders[order_id]
        order.refunded = True
        parts = {(hold, order.epoch): part for hold, part in order.parts.items()}
        self.refunded += Counter(parts)
        return order

    def _mature(self, hold: Any, class_: int) -> int:
        last = self.time // self.windows[class_] - 2
        ripe = {at: n for at, n in self.held().items() if at[0] == hold and at[1] <= last}
        self.released += Counter(ripe)
        return sum(ripe.values())
