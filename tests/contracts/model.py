"""The network as SPECIFICATION.md tells it: who may do what, and where every unit of money is.

Nothing is summed up in advance: what a hold or an account shows is computed from its orders.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.accounts import NETWORK, ZERO, of_address, of_platform
from tests.contracts.batch import PLACES, Group
from tests.contracts.orders import Order
from tests.contracts.plans import Parts, Plan, Publication, capture, divide

DAY = 86_400
DELAY = 2 * DAY
NOBODY = ""


class Refused(Exception):
    """A call that the specification refuses, with the errors it may be refused with."""

    def __init__(self, errors: set[str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = errors


def refuse(**broken: bool) -> None:
    """Refuse the call if a rule is broken; each rule is named by its error."""
    errors = {error for error, is_broken in broken.items() if is_broken}
    if errors:
        raise Refused(errors)


@dataclass
class Platform:
    """A member: its owner, its treasuries by the time they hold from, and its least shares."""

    owner: str
    treasuries: dict[int, str]
    network_bps: int
    host_bps: int
    active: bool = True

    def treasury(self, now: int) -> str:
        return self.treasuries[max(since for since in self.treasuries if since <= now)]


@dataclass
class Operator:
    """A key that acts for a platform in a lane of its own."""

    platform: int
    lane: int
    active: bool


@dataclass
class Content:
    """A content with its prices by the day they hold from."""

    host: int
    class_: int
    plan: Plan
    prices: dict[int, int]
    active: bool = True

    def price_on(self, day: int) -> int:
        return self.prices[max(first for first in self.prices if first <= day)]


@dataclass(eq=False)
class Sale:
    """An order that was paid: what it was made of, and what became of it."""

    id: Any
    content: int
    seller: int
    referrer: str
    price: int
    parts: Parts
    class_: int
    epoch: int
    payer: int
    from_account: bool
    licensee: Any
    refunded: bool = False
    holder: str = NOBODY


@dataclass(eq=False)
class Held:
    """One order's part in a hold."""

    sale: Sale
    amount: int
    released: bool = False

    @property
    def is_held(self) -> bool:
        return not (self.released or self.sale.refunded)


@dataclass
class Ledger:
    """The whole network. Amounts are in ledger units, of a token with six decimals."""

    settlement: str
    network_owner: str
    network_treasury: str
    windows: list[int]
    now: int = 0
    platforms: dict[int, Platform] = field(default_factory=dict)
    named: set[tuple[int, str]] = field(default_factory=set)
    operators: dict[str, Operator] = field(default_factory=dict)
    homes: list[int] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    contents: dict[int, Content] = field(default_factory=dict)
    lanes: Counter[tuple[int, int]] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    available: Counter[int] = field(default_factory=Counter)
    holds: defaultdict[Any, list[Held]] = field(default_factory=lambda: defaultdict(list))
    sales: dict[Any, Sale] = field(default_factory=dict)
    sent_in: int = 0

    # Time

    @property
    def today(self) -> int:
        return self.now // DAY

    def epoch(self, class_: int) -> int:
        return self.now // self.windows[class_]

    # The network and its platforms

    def admit(self, owner: str, treasury: str, network_bps: int, host_bps: int) -> int:
        """ADMIT-1, ADMIT-3."""
        number = len(self.platforms) + 1
        self.platforms[number] = Platform(owner, {0: treasury}, network_bps, host_bps)
        return number

    def set_active_platform(self, caller: str, platform: int, active: bool) -> None:
        """ADMIT-4."""
        refuse(
            OwnableUnauthorizedAccount=caller != self.network_owner,
            UnknownPlatform=platform not in self.platforms,
        )
        self.platforms[platform].active = active

    def set_treasury(self, caller: str, platform: int, treasury: str) -> None:
        """ADMIT-5, TREASURY-1."""
        member = self.platforms[platform]
        refuse(WrongCaller=caller != member.owner, ZeroAddress=treasury == ZERO)
        present = member.treasury(self.now)
        member.treasuries = {0: present, self.now + DELAY: treasury}

    def set_operator(self, caller: str, platform: int, key: str, active: bool) -> None:
        """OPER-1 to OPER-3."""
        known = self.operators.get(key)
        refuse(
            WrongCaller=caller != self.platforms[platform].owner,
            OperatorTaken=known is not None and known.platform != platform,
        )
        if known:
            known.active = active
        else:
            (self.named.add if active else self.named.discard)((platform, key))

    def accept_operator(self, caller: str, platform: int) -> None:
        """OPER-2, OPER-3."""
        refuse(
            OperatorTaken=caller in self.operators,
            NotNamed=(platform, caller) not in self.named,
        )
        lanes = [each.lane for each in self.operators.values() if each.platform == platform]
        self.operators[caller] = Operator(platform, len(lanes) + 1, True)

    def acting(self, key: str) -> tuple[int, dict[str, bool]]:
        """Return the platform that a key acts for, and what is wrong with that (OPER-4, ALL-3)."""
        operator = self.operators.get(key, Operator(NETWORK, 0, False))
        suspended = operator.active and not self.platforms[operator.platform].active
        return operator.platform, {
            "NotOperator": not operator.active,
            "PlatformNotActive": suspended,
        }

    def is_acting(self, key: str) -> bool:
        return not any(self.acting(key)[1].values())

    def is_operator_of(self, key: str, platform: int) -> bool:
        operator = self.operators.get(key)
        return operator is not None and operator.active and operator.platform == platform

    # Learners

    def register_learners(self, caller: str, count: int) -> int:
        """REG-1, REG-3."""
        platform, wrong = self.acting(caller)
        refuse(**wrong)
        self.homes += [platform] * count
        return len(self.homes) - count + 1

    def bind_key(self, caller: str, learner: int, key: str) -> None:
        """BIND-2."""
        platform, wrong = self.acting(caller)
        current = self.keys.get(learner)
        known = 0 < learner <= len(self.homes)
        if current:
            refuse(WrongCaller=caller != current)
        else:
            away = known and self.homes[learner - 1] != platform
            refuse(**wrong, UnknownLearner=not known, NotHome=away)
        self.keys[learner] = key

    # Content

    def publish(self, caller: str, publication: Publication) -> int:
        """PUB-1 to PUB-8."""
        host, wrong = self.acting(caller)
        terms = self.platforms.get(host)
        plan = publication.plan
        shares = plan.commission_bps + plan.host_bps + plan.network_bps
        low = terms is not None and (
            plan.network_bps < terms.network_bps or plan.host_bps < terms.host_bps
        )
        refuse(
            **wrong,
            PriceOutOfRange=not 0 < publication.price < 2**40,
            UnknownClass=publication.class_ >= len(self.windows),
            PlanDoesNotAddUp=shares + sum(creator.bps for creator in plan.creators) != 10_000,
            ShareBelowTerms=low,
        )
        number = len(self.contents) + 1
        self.contents[number] = Content(host, publication.class_, plan, {0: publication.price})
        return number

    def set_price(self, caller: str, content: int, price: int) -> None:
        """PRICE-1, PRICE-2."""
        self._require_host(caller, content, PriceOutOfRange=not 0 < price < 2**40)
        self.contents[content].prices[self.today + 1] = price

    def set_active(self, caller: str, content: int, active: bool) -> None:
        """ACTIVE-1."""
        self._require_host(caller, content)
        self.contents[content].active = active

    def _require_host(self, caller: str, content: int, **broken: bool) -> None:
        platform, wrong = self.acting(caller)
        known = self.contents.get(content)
        away = known is not None and known.host != platform
        refuse(**wrong, **broken, UnknownContent=known is None, NotHost=away)

    # Money in and out

    def give(self, address: str, amount: int) -> None:
        """Create tokens."""
        self.tokens[address] += amount

    def send(self, caller: str, to: str, amount: int) -> None:
        """Move tokens from one address to another, or to Settlement without a deposit."""
        refuse(ERC20InsufficientBalance=amount > self.tokens[caller])
        self.sent_in += amount * (to == self.settlement)
        self._move(caller, to, amount)

    def _move(self, payer: str, to: str, amount: int) -> None:
        self.tokens[payer] -= amount
        self.tokens[to] += amount

    def deposit(self, caller: str, account: int, amount: int) -> None:
        """DEP-1 to DEP-3."""
        refuse(ZeroAmount=amount == 0, ERC20InsufficientBalance=amount > self.tokens[caller])
        self._move(caller, self.settlement, amount)
        self.available[account] += amount

    def withdraw(self, caller: str, amount: int, to: str) -> None:
        """WITHDRAW-1, WITHDRAW-3."""
        self._withdraw(of_address(caller), amount, to)

    def withdraw_platform(self, caller: str, platform: int, amount: int) -> None:
        """WITHDRAW-2, WITHDRAW-3."""
        owner, treasury = self.network_owner, self.network_treasury
        if platform != NETWORK:
            refuse(UnknownPlatform=platform not in self.platforms)
            member = self.platforms[platform]
            owner, treasury = member.owner, member.treasury(self.now)
        refuse(NotOperatorOf=caller != owner and not self.is_operator_of(caller, platform))
        self._withdraw(of_platform(platform), amount, treasury)

    def _withdraw(self, account: int, amount: int, to: str) -> None:
        refuse(
            ZeroAmount=amount == 0,
            InvalidReceiver=to in (ZERO, self.settlement),
            InsufficientBalance=amount > self.available[account],
        )
        self.available[account] -= amount
        self._move(self.settlement, to, amount)

    # Direct orders

    def buy(self, caller: str, order: Order) -> Sale:
        """BUY-1."""
        price, wrong = self._offer(order)
        poor = price > self.tokens[order.buyer]
        refuse(**wrong, WrongCaller=caller != order.buyer, ERC20InsufficientBalance=poor)
        self._move(order.buyer, self.settlement, price)
        return self._place(order, price, from_account=False)

    def buy_from_balance(self, caller: str, order: Order) -> Sale:
        """BUY-2."""
        price, wrong = self._offer(order)
        poor = price > self.available[of_address(order.buyer)]
        refuse(**wrong, WrongCaller=caller != order.buyer, InsufficientBalance=poor)
        self.available[of_address(order.buyer)] -= price
        return self._place(order, price, from_account=True)

    def buy_with_authorization(self, order: Order, signed: Order) -> Sale:
        """AUTH-1, AUTH-2; `signed` is the order that the buyer's signature is for."""
        price, wrong = self._offer(order)
        poor = order.max_price > self.tokens[order.buyer]
        refuse(**wrong, ERC3009InvalidSignature=order != signed, ERC20InsufficientBalance=poor)
        self._move(order.buyer, self.settlement, order.max_price)
        self.available[of_address(order.buyer)] += order.max_price - price
        return self._place(order, price, from_account=False)

    def _offer(self, order: Order) -> tuple[int, dict[str, bool]]:
        content, seller = self.contents.get(order.content), self.platforms.get(order.seller)
        price = content.price_on(self.today) if content else 0
        return price, {
            "DeadlinePassed": self.now >= order.deadline,
            "ZeroAddress": order.receiver == ZERO,
            "UnknownPlatform": seller is None,
            "PlatformNotActive": seller is not None and not seller.active,
            "OrderExists": order in self.sales,
            "UnknownContent": content is None,
            "ContentInactive": content is not None and not content.active,
            "PriceAboveMaximum": price > order.max_price,
        }

    def _place(self, order: Order, price: int, *, from_account: bool) -> Sale:
        buyer = of_address(order.buyer)
        terms = (order.content, order.seller, order.referrer, price)
        return self._capture(order, *terms, buyer, from_account, order.receiver)

    # Batches

    def settle(
        self, caller: str, number: int, day: int, max_debit: int, groups: Sequence[Group]
    ) -> list[Sale]:
        """BATCH-1 to BATCH-8."""
        platform, wrong = self.acting(caller)
        lane = self.operators[caller].lane if caller in self.operators else 0
        orders = [(group, learner) for group in groups for learner in group.learners if learner]
        contents = [self.contents.get(group.content) for group, _ in orders]
        prices = [content.price_on(day) if content else 0 for content in contents]
        account = of_platform(platform)
        refuse(
            **wrong,
            BatchNumberMismatch=number != self.lanes[platform, lane] + 1,
            SaleDayOutOfRange=not self.today - 1 <= day <= self.today,
            EmptyBatch=not orders,
            UnknownContent=None in contents,
            ContentInactive=any(content and not content.active for content in contents),
            UnknownLearner=any(learner > len(self.homes) for _, learner in orders),
            DebitAboveMaximum=sum(prices) > max_debit,
            InsufficientBalance=sum(prices) > self.available[account],
        )
        self.lanes[platform, lane] = number
        self.available[account] -= sum(prices)
        ids = [(platform, lane, number, position) for position in positions(groups)]
        return [
            self._capture(
                order_id, group.content, platform, group.referrer, price, account, True, learner
            )
            for order_id, (group, learner), price in zip(ids, orders, prices, strict=True)
        ]

    def _capture(
        self,
        order_id: Any,
        content: int,
        seller: int,
        referrer: str,
        price: int,
        payer: int,
        from_account: bool,
        licensee: Any,
    ) -> Sale:
        """Put the parts of an order into the holds (SPLIT-1, ORDER-4)."""
        plan, class_ = self.contents[content].plan, self.contents[content].class_
        referrer_bps = plan.referrer_bps if referrer != ZERO else 0
        parts = capture(price, plan.commission_bps, referrer_bps)
        payment = (payer, from_account, licensee)
        epoch = self.epoch(class_)
        sale = Sale(order_id, content, seller, referrer, price, parts, class_, epoch, *payment)
        self.sales[order_id] = sale
        self.holds[content].append(Held(sale, parts.revenue))
        self.holds[of_platform(seller), class_].append(Held(sale, parts.seller))
        if referrer != ZERO:
            self.holds[of_address(referrer), class_].append(Held(sale, parts.referrer))
        return sale

    # After the sale

    def refund(self, caller: str, order_id: Any, seller: int) -> None:
        """REFUND-1 to REFUND-5."""
        sale = self.sales.get(order_id)
        refuse(
            NotOperatorOf=not self.is_operator_of(caller, seller),
            UnknownOrder=sale is None,
            AlreadyRefunded=sale is not None and sale.refunded,
            RefundWindowClosed=sale is not None and self.epoch(sale.class_) > sale.epoch + 1,
        )
        assert sale is not None
        sale.refunded, sale.holder = True, NOBODY
        if sale.from_account:
            self.available[sale.payer] += sale.price
        else:
            self._move(self.settlement, order_id.buyer, sale.price)

    def claim(self, caller: str, order_id: Any, licensee: Any) -> None:
        """CLAIM-1; `licensee` is the receiver, or the learner whose key must call."""
        sale = self.sales.get(order_id)
        owner = self.keys.get(licensee) if isinstance(licensee, int) else licensee
        refuse(
            NotLicensee=caller != owner,
            UnknownOrder=sale is None,
            AlreadyRefunded=sale is not None and sale.refunded,
            AlreadyClaimed=sale is not None and sale.holder != NOBODY,
        )
        assert sale is not None
        sale.holder = caller

    def transfer(self, caller: str, sale: Sale, to: str) -> None:
        """CLAIM-2."""
        locked = self.now < (sale.epoch + 2) * self.windows[sale.class_]
        refuse(ERC1155InsufficientBalance=sale.holder != caller, LicenseLocked=locked)
        sale.holder = to

    def release(self, contents: Iterable[int]) -> None:
        """RELEASE-1, SPLIT-3."""
        numbers = list(contents)
        refuse(UnknownContent=any(number not in self.contents for number in numbers))
        for number in numbers:
            content = self.contents[number]
            amount = self._mature(number, content.class_)
            for account, part in divide(content.plan, content.host, amount):
                self.available[account] += part

    def release_commission(self, account: int, class_: int) -> None:
        """RELEASE-2."""
        refuse(UnknownClass=class_ >= len(self.windows))
        self.available[account] += self._mature((account, class_), class_)

    def _mature(self, hold: Any, class_: int) -> int:
        last = self.epoch(class_) - 2
        ripe = [held for held in self.holds[hold] if held.is_held and held.sale.epoch <= last]
        for held in ripe:
            held.released = True
        return sum(held.amount for held in ripe)

    # What can be seen

    def bucket(self, hold: Any, first: int, last: int) -> int:
        """Return what a hold has of the epochs from `first` to `last`."""
        entries = self.holds.get(hold, [])
        return sum(h.amount for h in entries if h.is_held and first <= h.sale.epoch <= last)

    def held(self) -> int:
        """Return what all holds have."""
        return sum(h.amount for entries in self.holds.values() for h in entries if h.is_held)

    def verifies(self, sale: Sale, claimant: Any) -> bool:
        """VERIFY-1, VERIFY-2: tell whether an order's licence is an address's or a learner's."""
        if sale.refunded:
            return False
        if isinstance(sale.licensee, int):
            mine = sale.holder in (NOBODY, self.keys.get(sale.licensee))
            return bool(mine and claimant == sale.licensee)
        return bool(claimant == (sale.holder or sale.licensee))


def positions(groups: Sequence[Group]) -> list[int]:
    """Return the positions of a batch's orders (TREE-2)."""
    found, leaf = [], 0
    for group in groups:
        found += [PLACES * leaf + i for i, learner in enumerate(group.learners) if learner]
        leaf += len(group.words())
    return found
