"""A market in memory that says what a chain would, and knows what everybody has.

An independent model of the ledger: its money is kept in counters, and its arithmetic is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from zhifu import accounts
from zhifu.batch import BatchItem, pack
from zhifu.blocks import Log, checksum_address
from zhifu.calldata import SettleCall
from zhifu.contract import EventLog
from zhifu.facts import Facts, OrderState
from zhifu.index import Cursor
from zhifu.ingest import SettledBatch
from zhifu.stretch import Stretch

WINDOW = 1_000
START = 1_000_000
DAY = 86_400
HOSTS = {1: 1, 2: 1, 3: 2}
PRICES = {1: 999, 2: 10_001, 3: 7}
PEOPLE = [checksum_address(f"0x{each:040x}") for each in range(1, 7)]
BUYER, REFERRER, KEY, *CREATORS = PEOPLE
KEYS = [KEY, REFERRER]
#: Seller, referrer, host, network, then the creators, in basis points.
PLANS = {1: (1_300, 500, 1_800, 200, 3), 2: (0, 0, 900, 100, 1), 3: (2_777, 333, 1, 3, 2)}


@dataclass
class Bought:
    """What the market knows of an order."""

    content: int
    seller: int
    payer: str
    epoch: int
    referred: bool
    left: int
    tokens: bool = False
    learner: int | None = None
    disputed_by: str | None = None
    bond: int = 0
    over: bool = False


@dataclass
class State:
    """What everybody has, by the names of the ledger, and every order by its id."""

    time: int = START
    block: int = 10
    held: Counter[str] = field(default_factory=Counter)
    orders: dict[int, Bought] = field(default_factory=dict)
    keys: dict[tuple[int, int], str] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)

    def move(self, debit: str, credit: str, amount: int) -> None:
        self.held[debit] -= amount
        self.held[credit] += amount


def platform(number: int) -> str:
    return f"available:platform/{number}" if number else "available:network"


def learner_account(seller: int, learner: int) -> str:
    return f"available:learner/{seller}/{learner}"


def number_of(name: str) -> int:
    """The account of Settlement that a name is of."""
    said = name.removeprefix("available:")
    if said.startswith("0x"):
        return accounts.of_address(said)
    kind, *numbers = said.split("/")
    if kind == "learner":
        return accounts.of_learner(int(numbers[0]), int(numbers[1]))
    return accounts.of_platform(int(numbers[0]) if numbers else 0)


def divided(content: int, amount: int, commissioned: bool, referred: bool) -> tuple[int, int, int]:
    """Revenue, the seller's part and the referrer's."""
    seller_bps, referrer_bps, *_ = PLANS[content]
    whole = seller_bps + referrer_bps if commissioned else 0
    commission = amount * whole // 10_000
    part = commission * referrer_bps // whole if referred and whole else 0
    return amount - commission, commission - part, part


def payees(content: int, amount: int) -> list[tuple[str, int]]:
    """Whom revenue goes to, and how much to each."""
    _, _, host_bps, network_bps, _ = PLANS[content]
    shares = creators_of(content)
    total = host_bps + network_bps + sum(bps for _, bps in shares)
    found = [(f"available:{who}", amount * bps // total) for who, bps in shares]
    found += [(platform(HOSTS[content]), amount * host_bps // total)]
    found += [(platform(0), amount * network_bps // total)]
    first, part = found[0]
    return [(first, part + amount - sum(each for _, each in found)), *found[1:]]


def creators_of(content: int) -> list[tuple[str, int]]:
    seller_bps, referrer_bps, host_bps, network_bps, count = PLANS[content]
    rest = 10_000 - seller_bps - referrer_bps - host_bps - network_bps
    others = [(each, rest // count) for each in CREATORS[1:count]]
    return [(CREATORS[0], rest - sum(bps for _, bps in others)), *others]


class Market:
    """Draws what happens; `stretch` hands out what was said since it was last called."""

    def __init__(self) -> None:
        self.state = State()
        self.said: list[EventLog] = []
        self.batches: list[SettledBatch] = []
        self.times: dict[int, int] = {}
        self.verbs: list[Callable[[Random], None]] = [
            getattr(self, name) for name in vars(Market) if name.startswith("do_")
        ]

    def step(self, draw: Random) -> None:
        """Something happens, or nothing if it cannot."""
        draw.choice(self.verbs)(draw)

    def open(self) -> None:
        """Platforms and their learners have money."""
        for seller in (1, 2):
            for learner in range(5):
                name = learner_account(seller, learner) if learner else platform(seller)
                self.state.move("tokens", name, 10**6)
                self.say("Deposited", account=number_of(name), amount=10**6, **{"from": BUYER})

    def terms(self) -> list[EventLog]:
        """The events that publish what is sold."""
        self.say("WindowAdded", **{"class": 0, "windowSeconds": WINDOW})
        for content, host in HOSTS.items():
            plan = (*PLANS[content][:4], tuple(creators_of(content)))
            self.say(
                "ContentPublished",
                content=content,
                host=host,
                ref=str(content),
                price=PRICES[content],
                plan=plan,
                terms=(0, False, False, 0),
                **{"class": 0},
            )
        told, self.said = self.said, []
        return told

    def stretch(self) -> Stretch:
        """What was said since the last one; the market goes on in another block."""
        end = Cursor(self.state.block, f"0x{self.state.block:x}")
        found = Stretch(end, self.said, self.batches, dict(self.times))
        self.said, self.batches, self.times = [], [], {}
        self.state.block += 1
        return found

    def copy(self) -> State:
        return deepcopy(self.state)

    def say(self, name: str, **arguments: Any) -> Log:
        log = self._log()
        self.said.append(EventLog(name, arguments, log))
        return log

    def _log(self) -> Log:
        self.times[self.state.block] = self.state.time
        place = len(self.said) + len(self.batches)
        return Log("", (), b"", self.state.block, "", f"0x{self.state.block:x}", 0, place)

    # Time

    def do_wait(self, draw: Random) -> None:
        self.state.time += draw.choice([1, WINDOW // 3, WINDOW, 2 * WINDOW])
        self.state.block += 1

    # Accounts

    def do_deposit(self, draw: Random) -> None:
        name = draw.choice([platform(1), platform(2), *(f"available:{each}" for each in PEOPLE)])
        amount = draw.randint(1, 10**6)
        self.state.move("tokens", name, amount)
        self.say("Deposited", account=number_of(name), amount=amount, **{"from": BUYER})

    def do_withdraw(self, draw: Random) -> None:
        rich = [each for each, has in self.state.held.items() if has > 0 and "available:" in each]
        if rich and "learner" not in (name := draw.choice(rich)):
            amount = draw.randint(1, self.state.held[name])
            self.state.move(name, "tokens", amount)
            self.say("Withdrawn", account=number_of(name), amount=amount, to=BUYER)

    def do_top_up(self, draw: Random) -> None:
        seller, learner = draw.randint(1, 2), draw.randint(1, 4)
        if has := self.state.held[platform(seller)]:
            amount = draw.randint(1, has)
            self.state.move(platform(seller), self._to(learner_account(seller, learner)), amount)
            self.say("ToppedUp", platform=seller, learner=learner, amount=amount)

    def do_pay_out(self, draw: Random) -> None:
        seller, learner = draw.randint(1, 2), draw.randint(1, 4)
        if has := self.state.held[learner_account(seller, learner)]:
            amount = draw.randint(1, has)
            self.state.move(learner_account(seller, learner), platform(seller), amount)
            self.say("PaidOut", platform=seller, learner=learner, amount=amount)

    def do_take_over(self, draw: Random) -> None:
        seller, learner = draw.randint(1, 2), draw.randint(1, 4)
        # An account is taken over again, but not in the same block.
        self.state.block += 1
        name, key = learner_account(seller, learner), draw.choice(KEYS)
        amount = self.state.held[name]
        self.state.move(name, f"available:{key}", amount)
        self.state.keys[seller, learner] = key
        self.say("AccountTakenOver", account=number_of(name), key=key, amount=amount)

    def _to(self, name: str) -> str:
        if not name.startswith("available:learner/"):
            return name
        seller, learner = map(int, name.split("/")[1:])
        key = self.state.keys.get((seller, learner))
        return f"available:{key}" if key else name

    # Sales

    def do_settle(self, draw: Random) -> None:
        seller, from_learners = draw.randint(1, 2), draw.random() < 0.4
        found = [self._item(draw, from_learners) for _ in range(draw.randint(1, 12))]
        items = [each for each in found if self._pays(seller, each, from_learners)]
        if not items:
            return
        self.state.numbers[seller] += 1
        number = self.state.numbers[seller]
        packed = pack(items)
        for item, place in zip(items, packed.places, strict=True):
            order_id = seller << 128 | 1 << 96 | number << 32 | place.position
            payer = platform(seller)
            if from_learners:
                payer = learner_account(seller, item.learner)
            self._keep(order_id, item.content, seller, payer, item.referrer, item.learner)
        event = {
            "platform": seller,
            "lane": 1,
            "number": number,
            "saleDay": self.state.time // DAY,
            "orders": len(items),
        }
        call = SettleCall(packed.words, from_learners)
        log = self._log()
        self.batches.append(
            SettledBatch(EventLog("BatchSettled", event, log), call, self.state.time)
        )

    def _item(self, draw: Random, from_learners: bool) -> BatchItem:
        content, learner = draw.choice(list(PRICES)), draw.randint(1, 4)
        return BatchItem(content, learner, draw.choice([None, REFERRER]))

    def _pays(self, seller: int, item: BatchItem, from_learners: bool) -> bool:
        """Pay for an order, if there is money for it."""
        name, price = platform(seller), PRICES[item.content]
        if from_learners:
            name = self._to(learner_account(seller, item.learner))
        if self.state.held[name] < price:
            return False
        epoch = self.state.time // WINDOW
        holds = self._holds(item.content, seller, epoch)
        parts = divided(item.content, price, True, item.referrer is not None)
        for hold, part in zip(holds, parts, strict=True):
            self.state.move(name, hold, part)
        return True

    def do_buy(self, draw: Random) -> None:
        content, seller = draw.choice(list(PRICES)), draw.choice([0, 1, 2])
        referred = bool(seller) and draw.random() < 0.5
        name, price = f"available:{BUYER}", PRICES[content]
        tokens = draw.random() < 0.6
        paid = price + draw.choice([0, 0, 5]) if tokens else 0
        self.state.move("tokens", name, paid)
        if self.state.held[name] < price:
            self.state.move(name, "tokens", paid)
            return
        epoch = self.state.time // WINDOW
        holds = self._holds(content, seller, epoch)
        for hold, part in zip(holds, divided(content, price, bool(seller), referred), strict=True):
            self.state.move(name, hold, part)
        order_id = 2**200 + len(self.state.orders)
        referrer = REFERRER if referred else None
        self._keep(order_id, content, seller, name, referrer, None)
        self.state.orders[order_id].tokens = tokens
        seller_bps, referrer_bps, *_ = PLANS[content]
        state = OrderState.PAID | (OrderState(0) if tokens else OrderState.FROM_ACCOUNT)
        commission = seller_bps + referrer_bps if seller else 0
        facts = Facts(price, commission, referrer_bps if referred else 0, 1, 0, epoch, state=state)
        order = (content, seller, BUYER, BUYER, referrer or "0x" + "0" * 40, price, 0, 0, b"")
        self.say(
            "OrderPlaced",
            orderId=order_id.to_bytes(32, "big"),
            content=content,
            order=order,
            facts=facts.pack(),
            paid=paid,
        )

    def _keep(
        self,
        order_id: int,
        content: int,
        seller: int,
        payer: str,
        referrer: str | None,
        learner: int | None,
    ) -> None:
        epoch = self.state.time // WINDOW
        bought = Bought(content, seller, payer, epoch, bool(referrer), PRICES[content])
        bought.learner = learner
        self.state.orders[order_id] = bought

    def _holds(self, content: int, seller: int, epoch: int) -> tuple[str, str, str]:
        of_seller = f"commission:platform/{seller}/0/{epoch}"
        return f"revenue:{content}/{epoch}", of_seller, f"commission:{REFERRER}/0/{epoch}"

    # After the sale

    def _one(self, draw: Random, *, disputed: bool = False) -> tuple[int, Bought] | None:
        now = self.state.time // WINDOW
        found = [
            (order_id, each)
            for order_id, each in self.state.orders.items()
            if not each.over
            and (each.disputed_by is not None) == disputed
            and (disputed or now - each.epoch <= 1)
        ]
        alone = [each for each in found if each[1].learner is None]
        kind = draw.choice([found, alone]) or found
        return draw.choice(kind) if kind else None

    def _take(self, bought: Bought, amount: int, to: str) -> None:
        """Out of the holds, so much of an order's price."""
        before = divided(bought.content, bought.left, bool(bought.seller), bought.referred)
        bought.left -= amount
        after = divided(bought.content, bought.left, bool(bought.seller), bought.referred)
        holds = self._holds(bought.content, bought.seller, bought.epoch)
        for hold, had, has in zip(holds, before, after, strict=True):
            self.state.move(hold, to, had - has)

    def _back(self, bought: Bought, draw: Random, amount: int) -> bool:
        """Whether it goes to the payer's account, and not out as tokens."""
        if not bought.tokens or draw.random() < 0.2:
            return True
        self.state.move(bought.payer, "tokens", amount)
        return False

    def do_refund(self, draw: Random) -> None:
        if (found := self._one(draw)) is None:
            return
        order_id, bought = found
        amount, bought.over = bought.left, True
        self._take(bought, amount, self._to(bought.payer))
        if bought.learner is not None:
            told = {"orderId": order_id, "content": bought.content, "amount": amount}
            self.say("BatchOrderRefunded", **told)
            return
        named = {"orderId": order_id.to_bytes(32, "big"), "content": bought.content}
        to_account = self._back(bought, draw, amount)
        self.say("OrderRefunded", **named, amount=amount, toAccount=to_account)

    def do_refund_part(self, draw: Random) -> None:
        found = self._one(draw)
        if found is None or found[1].left < 2:
            return
        order_id, bought = found
        amount = draw.randint(1, bought.left - 1)
        self._take(bought, amount, self._to(bought.payer))
        to_account = self._back(bought, draw, amount)
        told = {"orderId": order_id, "content": bought.content, "amount": amount}
        self.say("OrderPartRefunded", **told, toAccount=to_account)

    def do_dispute(self, draw: Random) -> None:
        found = self._one(draw)
        opener = draw.choice([platform(1), platform(2), f"available:{BUYER}"])
        if found is None or self.state.held[opener] < (bond := -(-found[1].left // 10)):
            return
        order_id, bought = found
        bought.disputed_by, bought.bond = opener, bond
        escrow, amount = self._escrow(order_id), bought.left
        self.state.move(opener, escrow, bond)
        self._take(bought, amount, escrow)
        bought.left = amount
        self.say(
            "DisputeOpened",
            orderId=order_id,
            content=bought.content,
            opener=number_of(opener),
            amount=amount,
            bond=bond,
        )

    def do_resolve(self, draw: Random) -> None:
        if (found := self._one(draw, disputed=True)) is None:
            return
        order_id, bought = found
        escrow, opener = self._escrow(order_id), bought.disputed_by or ""
        refunded, bought.over = draw.random() < 0.5, True
        bond_to = opener if refunded else platform(draw.choice([0, 1, 2]))
        self.state.move(escrow, bond_to, bought.bond)
        to_account = False
        if refunded:
            self.state.move(escrow, self._to(bought.payer), bought.left)
            to_account = self._back(bought, draw, bought.left)
        else:
            parts = divided(bought.content, bought.left, bool(bought.seller), bought.referred)
            earned = [(platform(bought.seller), parts[1]), (f"available:{REFERRER}", parts[2])]
            for who, part in [*payees(bought.content, parts[0]), *earned]:
                self.state.move(escrow, who, part)
        self.say(
            "DisputeResolved",
            orderId=order_id,
            content=bought.content,
            refunded=refunded,
            toAccount=to_account,
            bondTo=number_of(bond_to),
        )

    def _escrow(self, order_id: int) -> str:
        if order_id >> 160:
            return f"dispute:0x{order_id:064x}"
        numbers = (order_id >> 128, order_id >> 96 & 0xFFFFFFFF, order_id >> 32 & 2**64 - 1)
        return f"dispute:{'/'.join(map(str, (*numbers, order_id & 0xFFFFFFFF)))}"

    # Releases

    def _matured(self, prefix: str) -> dict[str, int]:
        now = self.state.time // WINDOW
        return {
            name: amount
            for name, amount in self.state.held.items()
            if name.startswith(prefix) and amount and now - int(name.rpartition("/")[2]) >= 2
        }

    def do_release(self, draw: Random) -> None:
        content = draw.choice(list(PRICES))
        matured = self._matured(f"revenue:{content}/")
        if not matured:
            return
        for name, amount in matured.items():
            self.state.held[name] -= amount
        total = sum(matured.values())
        for who, part in payees(content, total):
            self.state.held[who] += part
        self.say("Released", content=content, planVersion=1, amount=total)

    def do_release_commission(self, draw: Random) -> None:
        who = draw.choice(["platform/1", "platform/2", REFERRER])
        matured = self._matured(f"commission:{who}/")
        if not matured:
            return
        for name, amount in matured.items():
            self.state.move(name, f"available:{who}", amount)
        account, total = number_of(f"available:{who}"), sum(matured.values())
        self.say("CommissionReleased", account=account, amount=total, **{"class": 0})
