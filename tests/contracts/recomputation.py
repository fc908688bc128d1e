"""Balances, holds and licences from events and batch calldata alone (INV-8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from brownie import web3
from eth_utils.abi import event_abi_to_log_topic

from tests.contracts.accounts import ZERO, of_address, of_learner, of_platform
from tests.contracts.batch import FROM_LEARNER, PLACES, Facts, Leaf, Tree, learner_at
from tests.contracts.plans import Plan, Share, Terms, capture, divide

DAY = 86_400


@dataclass(eq=False)
class Paid:
    """An order that was paid, as the chain tells it."""

    content: int
    seller: int
    referrer: str
    facts: Facts
    payer: int
    owner: Any
    refunded: bool = False
    given_back: int = 0
    holder: str = ZERO
    dispute: Any = None

    @property
    def left(self) -> int:
        return self.facts.price - self.given_back

    def parts(self) -> dict[Any, int]:
        """Return what is left of the order in each hold, and epoch, that it put a part in."""
        facts = self.facts
        parts = capture(self.left, facts.commission_bps, facts.referrer_bps)
        accounts = (of_platform(self.seller), of_address(self.referrer))
        holds = [(self.content, facts.plan_version), *((a, facts.class_) for a in accounts)]
        return {(hold, facts.epoch): part for hold, part in zip(holds, parts, strict=True)}


@dataclass
class Content:
    """A content, as the chain tells it: plans by version, versions by epoch, prices by day."""

    host: int
    class_: int
    terms: Terms
    plans: dict[int, Plan]
    prices: dict[int, int]
    versions: dict[int, int]

    def price_on(self, day: int) -> int:
        return self.prices[max(each for each in self.prices if each <= day)]

    def version_in(self, epoch: int) -> int:
        return self.versions[max(each for each in self.versions if each <= epoch)]


class Recomputation:
    """Reads every log once, in order, and keeps nothing but what the logs and calldata say."""

    def __init__(self, registry: Any, licences: Any, settlement: Any) -> None:
        self.windows: list[int] = []
        self.contents: dict[int, Content] = {}
        self.available: Counter[int] = Counter()
        self.captured: Counter[Any] = Counter()
        self.refunded: Counter[Any] = Counter()
        self.released: Counter[Any] = Counter()
        self.disputed: Counter[Any] = Counter()
        self.paid_out: Counter[Any] = Counter()
        self.account_keys: dict[int, str] = {}
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
        gone = self.refunded + self.released + self.disputed + self.paid_out
        return self.captured - gone

    def bonds(self) -> int:
        """Return what openers of disputes have at stake."""
        return sum(order.dispute["bond"] for order in self.orders.values() if order.dispute)

    def verifies(self, order: Paid, claimant: Any) -> bool:
        """Tell whether a licence is an address's or a learner's."""
        owner = self.keys.get(order.owner) if isinstance(order.owner, int) else order.owner
        facts = order.facts
        current = not facts.expires_at or facts.starts_at <= self.time < facts.expires_at
        if order.refunded or not current:
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

    def _on_WindowAdded(self, args: Any, _: Any) -> None:
        self.windows.append(args["windowSeconds"])

    def _on_LearnerKeyBound(self, args: Any, _: Any) -> None:
        self.keys[args["learner"]] = args["key"]

    def _on_ContentPublished(self, args: Any, _: Any) -> None:
        terms = Terms(*args["terms"].values())
        first = (_plan(args["plan"]), args["price"])
        content = Content(args["host"], args["class"], terms, {1: first[0]}, {0: first[1]}, {0: 1})
        self.contents[args["content"]] = content

    def _on_PlanChanged(self, args: Any, _: Any) -> None:
        content = self.contents[args["content"]]
        content.plans[args["version"]] = _plan(args["plan"])
        content.versions[args["fromEpoch"]] = args["version"]

    def _on_PriceChanged(self, args: Any, _: Any) -> None:
        content, first = self.contents[args["content"]], args["fromDay"]
        before = {day: price for day, price in content.prices.items() if day < first}
        content.prices = before | {first: args["price"]}

    def _on_Deposited(self, args: Any, _: Any) -> None:
        self.available[args["account"]] += args["amount"]

    def _on_Withdrawn(self, args: Any, _: Any) -> None:
        self.available[args["account"]] -= args["amount"]

    def _on_OrderPlaced(self, args: Any, _: Any) -> None:
        order, buyer = args["order"], of_address(args["order"]["buyer"])
        facts = self._facts(order["content"], self.time // DAY, order["referrer"])
        if order["seller"] == 0:
            facts = facts._replace(commission_bps=0)
        facts = self._dated(facts, order["content"], order["startsAt"])
        assert facts.packed() == args["facts"] & ~(0xFF << 160), "the event's facts"
        self.available[buyer] += args["paid"] - facts.price
        parties = (order["content"], order["seller"], order["referrer"])
        order_id = int.from_bytes(args["orderId"], "big")
        self.orders[order_id] = self._capture(Paid(*parties, facts, buyer, order["receiver"]))

    def _on_BatchSettled(self, args: Any, transaction: Any) -> None:
        self.batches.append(args)
        _, call = self._settlement.decode_function_input(
            web3.eth.get_transaction(transaction)["input"]
        )
        lane = args["platform"] << 128 | args["lane"] << 96 | args["number"] << 32
        state = FROM_LEARNER * call.get("fromLearners", False)
        leaves = self._leaves(call["words"], call["saleDay"], state)
        for index, (leaf, facts) in enumerate(leaves):
            self._sell(leaf, facts, lane | PLACES * index, args["platform"], call.get("consents"))
        assert Tree([leaf.hash() for leaf, _ in leaves]).root == bytes(args["root"])

    def _leaves(self, words: list[int], day: int, state: int) -> list[tuple[Leaf, Facts]]:
        """Tell words from headings, and add what the contract read."""
        leaves, heading = [], 0
        for word, after in zip(words, [*words[1:], 0], strict=True):
            if word >> 224 == 0:
                heading = word
                continue
            referrer = f"0x{heading & (2**160 - 1):040x}"
            facts = self._facts(word >> 224, day, referrer)
            facts = self._dated(facts, word >> 224, heading >> 160)._replace(state=state)
            leaves.append((Leaf(word, facts.packed(), referrer), facts))
            heading = heading if after >> 224 == word >> 224 else 0
        return leaves

    def _facts(self, number: int, day: int, referrer: str) -> Facts:
        content = self.contents[number]
        epoch = self.time // self.windows[content.class_]
        version = content.version_in(epoch)
        plan = content.plans[version]
        bps = plan.referrer_bps if referrer != ZERO else 0
        terms = (content.price_on(day), plan.commission_bps, bps)
        return Facts(*terms, content.class_, epoch, version)

    def _dated(self, facts: Facts, number: int, starts_at: int) -> Facts:
        duration, start = self.contents[number].terms.duration_seconds, max(starts_at, self.time)
        return facts._replace(starts_at=start, expires_at=start + duration) if duration else facts

    def _sell(self, leaf: Leaf, facts: Facts, first: int, platform: int, consents: Any) -> None:
        for place in range(PLACES):
            if learner := learner_at(leaf.word, place):
                account = of_learner(platform, learner)
                payer = account if facts.state else of_platform(platform)
                paid = Paid(leaf.word >> 224, platform, leaf.referrer, facts, payer, learner)
                self.orders[first + place] = self._capture(paid)
                self.available[self._destination(payer) if consents else payer] -= facts.price

    def _destination(self, account: int) -> int:
        key = self.account_keys.get(account)
        return of_address(key) if key else account

    # Learner balances

    def _on_ToppedUp(self, args: Any, _: Any) -> None:
        account = of_learner(args["platform"], args["learner"])
        self.available[of_platform(args["platform"])] -= args["amount"]
        self.available[self._destination(account)] += args["amount"]

    def _on_PaidOut(self, args: Any, _: Any) -> None:
        self.available[of_learner(args["platform"], args["learner"])] -= args["amount"]
        self.available[of_platform(args["platform"])] += args["amount"]

    def _on_AccountTakenOver(self, args: Any, _: Any) -> None:
        self.account_keys[args["account"]] = args["key"]
        self.available[args["account"]] -= args["amount"]
        self.available[of_address(args["key"])] += args["amount"]

    # After the sale

    def _on_OrderRefunded(self, args: Any, _: Any) -> None:
        order = self._take_back(int.from_bytes(args["orderId"], "big"), args["amount"])
        self.available[order.payer] += args["amount"] * args["toAccount"]

    def _on_BatchOrderRefunded(self, args: Any, _: Any) -> None:
        order = self._take_back(args["orderId"], args["amount"])
        self.available[self._destination(order.payer)] += args["amount"]

    def _on_OrderPartRefunded(self, args: Any, _: Any) -> None:
        order, before = self.orders[args["orderId"]], self.orders[args["orderId"]].parts()
        order.given_back += args["amount"]
        self.refunded += Counter(before) - Counter(order.parts())
        self.available[self._destination(order.payer)] += args["amount"] * args["toAccount"]

    def _on_DisputeOpened(self, args: Any, _: Any) -> None:
        order = self.orders[args["orderId"]]
        assert args["amount"] == order.left
        order.dispute = args
        self.available[args["opener"]] -= args["bond"]
        self.disputed += Counter(order.parts())

    def _on_DisputeResolved(self, args: Any, _: Any) -> None:
        order, bond = self.orders[args["orderId"]], self.orders[args["orderId"]].dispute["bond"]
        order.dispute = None
        self.disputed -= Counter(order.parts())
        self.available[args["bondTo"]] += bond
        if args["refunded"]:
            order.refunded = True
            self.refunded += Counter(order.parts())
            self.available[self._destination(order.payer)] += order.left * args["toAccount"]
        else:
            self.paid_out += Counter(order.parts())
            self._pay(order)

    def _pay(self, order: Paid) -> None:
        content, facts = self.contents[order.content], order.facts
        parts = capture(order.left, facts.commission_bps, facts.referrer_bps)
        due = divide(content.plans[facts.plan_version], content.host, parts.revenue)
        due.append((of_platform(order.seller), parts.seller))
        for account, amount in [*due, (of_address(order.referrer), parts.referrer)]:
            self.available[account] += amount

    def _on_TransferSingle(self, args: Any, _: Any) -> None:
        self.orders[args["id"]].holder = args["to"]

    def _on_Released(self, args: Any, _: Any) -> None:
        content, version = self.contents[args["content"]], args["planVersion"]
        assert self._mature((args["content"], version), content.class_) == args["amount"]
        for account, amount in divide(content.plans[version], content.host, args["amount"]):
            self.available[account] += amount

    def _on_CommissionReleased(self, args: Any, _: Any) -> None:
        hold = (args["account"], args["class"])
        assert self._mature(hold, args["class"]) == args["amount"]
        self.available[args["account"]] += args["amount"]

    # Holds

    def _capture(self, order: Paid) -> Paid:
        self.captured += Counter(order.parts())
        return order

    def _take_back(self, order_id: int, amount: int) -> Paid:
        order = self.orders[order_id]
        assert amount == order.left
        order.refunded = True
        self.refunded += Counter(order.parts())
        return order

    def _mature(self, hold: Any, class_: int) -> int:
        last = self.time // self.windows[class_] - 2
        ripe = {at: n for at, n in self.held().items() if at[0] == hold and at[1] <= last}
        self.released += Counter(ripe)
        return sum(ripe.values())


def _plan(told: Any) -> Plan:
    creators = tuple(Share(each["payee"], each["bps"]) for each in told["creators"])
    shares = [told[name] for name in ("sellerBps", "referrerBps", "hostBps", "networkBps")]
    return Plan(shares[0], shares[1], shares[2], shares[3], creators)
