"""The network as SPECIFICATION.md tells it: who may do what, and where every unit of money is.

Nothing is summed up in advance: what a hold or an account shows is computed from its orders.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.accounts import NETWORK, ZERO, of_address, of_learner, of_platform
from tests.contracts.batch import FROM_LEARNER, PLACES, Facts, Group
from tests.contracts.orders import Order
from tests.contracts.plans import Parts, Plan, Publication, Terms, capture, divide

DAY = 86_400
DELAY = 2 * DAY
DISPUTE = 14 * DAY
PRICE_STEPS = 4
LEARNERS_PER_DAY = 2**20
NOBODY = ""
NEVER = 2**40 - 1
PAID, FROM_ACCOUNT, REFUNDED, CLAIMED, DISPUTED, PAID_OUT = 1, 2, 4, 8, 16, 64


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
    """A content with its prices by the day, and its plans by the epoch, that they hold from."""

    host: int
    class_: int
    terms: Terms
    plans: dict[int, Plan]
    prices: dict[int, int]
    versions: dict[int, int] = field(default_factory=lambda: {0: 1})
    active: bool = True

    def price_on(self, day: int) -> int:
        return self.prices[max(first for first in self.prices if first <= day)]

    def version_in(self, epoch: int) -> int:
        return self.versions[max(first for first in self.versions if first <= epoch)]

    def latest_versions(self) -> list[int]:
        """Return the plan set last, in force or not yet, and the one that it follows."""
        return [self.versions[first] for first in sorted(self.versions)[-2:]]


@dataclass(frozen=True)
class Dispute:
    """A dispute that is not over: whose account gave the bond."""

    opener: int
    bond: int
    deadline: int


@dataclass(eq=False)
class Sale:
    """An order that was paid: what it was made of, and what became of it."""

    id: Any
    content: int
    seller: int
    referrer: str
    facts: Facts
    payer: int
    from_account: bool
    licensee: Any
    refunded: bool = False
    paid_out: bool = False
    given_back: int = 0
    answer_by: int = 0
    dispute: Dispute | None = None
    claimed: bool = False
    holder: str = NOBODY
    unlocks_at: int = 0
    touched: bool = False

    @property
    def left(self) -> int:
        return self.facts.price - self.given_back

    @property
    def is_held(self) -> bool:
        return not (self.refunded or self.paid_out or self.dispute)

    @property
    def is_direct(self) -> bool:
        return isinstance(self.id, Order)

    def parts(self) -> Parts:
        """Divide what is left (SPLIT-1)."""
        return capture(self.left, self.facts.commission_bps, self.facts.referrer_bps)

    def present_facts(self) -> Facts:
        """Return what is known of the order now."""
        state = self.facts.state | PAID | REFUNDED * self.refunded | CLAIMED * self.claimed
        state |= DISPUTED * bool(self.dispute) | PAID_OUT * self.paid_out
        return self.facts._replace(state=state, refunded=self.given_back)

    def stored_facts(self) -> int:
        """Return what the chain keeps; of a batch order, what happened beside a whole refund."""
        known = self.is_direct or self.touched
        return self.present_facts().packed() if known else 0


@dataclass(eq=False)
class Held:
    """One order's part in a hold; the parts are revenue, seller's and referrer's."""

    sale: Sale
    part: int
    released: int = 0

    @property
    def amount(self) -> int:
        return self.sale.parts()[self.part] if self.is_held else 0

    @property
    def is_held(self) -> bool:
        return self.sale.is_held and not self.released


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
    paused: bool = False
    arbiter: str = ZERO
    pauser: str = ZERO
    account_keys: dict[int, str] = field(default_factory=dict)
    offers: dict[int, tuple[str, int]] = field(default_factory=dict)
    limits: dict[int, dict[int, int]] = field(default_factory=dict)
    topped_up: Counter[tuple[int, int]] = field(default_factory=Counter)
    registered: Counter[tuple[int, int]] = field(default_factory=Counter)
    nonces: set[tuple[str, int]] = field(default_factory=set)

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
        """REG-1 to REG-3."""
        platform, wrong = self.acting(caller)
        left = LEARNERS_PER_DAY - self.registered[platform, self.today]
        refuse(**wrong, LearnerCountOutOfRange=not 0 < count <= left)
        self.registered[platform, self.today] += count
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
        plan = publication.plan
        refuse(
            **wrong,
            PriceOutOfRange=not 0 < publication.price < 2**40,
            UnknownClass=publication.class_ >= len(self.windows),
            **self._wrong_plan(host, plan),
        )
        number = len(self.contents) + 1
        self.contents[number] = Content(
            host, publication.class_, publication.terms, {1: plan}, {0: publication.price}
        )
        return number

    def set_prices(self, caller: str, content: int, steps: Sequence[tuple[int, int]]) -> None:
        """PRICE-1 to PRICE-3; a step is a day and its price."""
        days = [self.today, *(day for day, _ in steps)]
        known = self.contents.get(content)
        kept = {known.price_on(day) for day in (self.today - 1, self.today)} if known else {0}
        self._require_host(
            caller,
            content,
            PriceOutOfRange=any(not 0 < price < 2**40 for _, price in steps),
            PriceDayOutOfRange=days != sorted(set(days)),
            PriceStepCountOutOfRange=not 0 < len(steps) <= PRICE_STEPS - len(kept),
        )
        prices = self.contents[content].prices
        past = {day: price for day, price in prices.items() if day <= self.today}
        self.contents[content].prices = past | dict(steps)

    def set_plan(self, caller: str, content: int, plan: Plan) -> None:
        """PLAN-1 to PLAN-3."""
        self._require_host(caller, content, **self._wrong_plan(self.acting(caller)[0], plan))
        known = self.contents[content]
        version = len(known.plans) + 1
        known.plans[version] = plan
        known.versions[self.epoch(known.class_) + 1] = version

    def _wrong_plan(self, host: int, plan: Plan) -> dict[str, bool]:
        terms = self.platforms.get(host)
        shares = plan.commission_bps + plan.host_bps + plan.network_bps
        low = terms is not None and (
            plan.network_bps < terms.network_bps or plan.host_bps < terms.host_bps
        )
        return {
            "PlanDoesNotAddUp": shares + sum(creator.bps for creator in plan.creators) != 10_000,
            "ShareBelowTerms": low,
        }

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
        self.available[self.destination(account)] += amount

    def destination(self, account: int) -> int:
        """Return where money for an account goes (TOPUP-3)."""
        key = self.account_keys.get(account)
        return of_address(key) if key else account

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
            "UnknownPlatform": seller is None and order.seller != NETWORK,
            "PlatformNotActive": seller is not None and not seller.active,
            "ReferrerWithoutSeller": order.seller == NETWORK and order.referrer != ZERO,
            "OrderExists": order in self.sales,
            "UnknownContent": content is None,
            "ContentInactive": content is not None and not content.active,
            "PriceAboveMaximum": price > order.max_price,
            "StartOutOfRange": not self._may_start(content, order.starts_at),
            "Paused": self.paused,
        }

    def _may_start(self, content: Content | None, starts_at: int) -> bool:
        """ORDER-5."""
        if content is None or starts_at == 0:
            return True
        latest = self.now + content.terms.duration_seconds
        return content.terms.renewable and starts_at <= latest

    def _place(self, order: Order, price: int, *, from_account: bool) -> Sale:
        heading = Group(order.content, (), order.referrer, order.starts_at)
        facts = self.facts(heading, price, commissioned=order.seller != NETWORK)
        facts = facts._replace(state=PAID | FROM_ACCOUNT * from_account)
        parties = (order.seller, facts, of_address(order.buyer), from_account, order.receiver)
        return self._capture(order, heading, *parties)

    def facts(self, group: Group, price: int, *, commissioned: bool = True) -> Facts:
        """Return what an order of now commits to (ORDER-5, SPLIT-1, SPLIT-5)."""
        content = self.contents[group.content]
        epoch, terms = self.epoch(content.class_), content.terms
        version = content.version_in(epoch)
        plan = content.plans[version]
        commission = plan.commission_bps * commissioned
        referrer = plan.referrer_bps if group.referrer != ZERO else 0
        facts = Facts(price, commission, referrer, content.class_, epoch, version)
        if not terms.duration_seconds:
            return facts
        start = max(group.starts_at, self.now)
        return facts._replace(starts_at=start, expires_at=start + terms.duration_seconds)

    # Batches

    def settle(
        self, caller: str, number: int, day: int, max_debit: int, groups: Sequence[Group]
    ) -> list[Sale]:
        """BATCH-1 to BATCH-8."""
        platform, lane, prices, wrong = self._open(caller, number, day, groups)
        account = of_platform(platform)
        poor = sum(prices) > self.available[account]
        above = sum(prices) > max_debit
        refuse(**wrong, DebitAboveMaximum=above, InsufficientBalance=poor)
        self.available[account] -= sum(prices)
        return self._close((platform, lane, number), groups, prices, [account] * len(prices), 0)

    def settle_learners(
        self,
        caller: str,
        number: int,
        day: int,
        groups: Sequence[Group],
        signed: Sequence[tuple[str, int]] | None,
    ) -> list[Sale]:
        """BATCH-10, CONSENT-1, CONSENT-2; `signed` has the key and nonce of each consent."""
        platform, lane, prices, wrong = self._open(caller, number, day, groups)
        learners = [learner for group in groups for learner in group.learners if learner]
        accounts = [of_learner(platform, learner) for learner in learners]
        owners = zip(accounts, learners, strict=True)
        keys = [self.account_keys.get(account) or self.keys.get(n) for account, n in owners]
        if signed is not None:
            accounts = [self.destination(account) for account in accounts]
            wrong["InvalidSignature"] = [key for key, _ in signed] != keys
            wrong["NonceUsed"] = len(set(signed) - self.nonces) < len(signed)
        bills: Counter[int] = Counter()
        for account, price in zip(accounts, prices, strict=True):
            bills[account] += price
        poor = any(bill > self.available[account] for account, bill in bills.items())
        refuse(**wrong, InsufficientBalance=poor)
        self.nonces |= set(signed or ())
        self.available -= bills
        payers = [of_learner(platform, learner) for learner in learners]
        return self._close((platform, lane, number), groups, prices, payers, FROM_LEARNER)

    def _open(
        self, caller: str, number: int, day: int, groups: Sequence[Group]
    ) -> tuple[int, int, list[int], dict[str, bool]]:
        platform, wrong = self.acting(caller)
        lane = self.operators[caller].lane if caller in self.operators else 0
        orders = [(group, learner) for group in groups for learner in group.learners if learner]
        contents = [self.contents.get(group.content) for group, _ in orders]
        starts = [
            self._may_start(self.contents.get(group.content), group.starts_at) for group in groups
        ]
        prices = [content.price_on(day) if content else 0 for content in contents]
        wrong |= {
            "BatchNumberMismatch": number != self.lanes[platform, lane] + 1,
            "SaleDayOutOfRange": not self.today - 1 <= day <= self.today,
            "EmptyBatch": not orders,
            "UnknownContent": None in contents,
            "ContentInactive": any(content and not content.active for content in contents),
            "UnknownLearner": any(learner > len(self.homes) for _, learner in orders),
            "StartOutOfRange": not all(starts),
            "Paused": self.paused,
        }
        return platform, lane, prices, wrong

    def _close(
        self,
        batch: tuple[int, int, int],
        groups: Sequence[Group],
        prices: Sequence[int],
        payers: Sequence[int],
        state: int,
    ) -> list[Sale]:
        platform, lane, number = batch
        self.lanes[platform, lane] = number
        orders = [(group, learner) for group in groups for learner in group.learners if learner]
        sales = []
        placed = zip(orders, positions(groups), prices, payers, strict=True)
        for (group, learner), position, price, payer in placed:
            facts = self.facts(group, price)._replace(state=state)
            parties = (platform, facts, payer, True, learner)
            sales.append(self._capture((*batch, position), group, *parties))
        return sales

    def _capture(
        self,
        order_id: Any,
        group: Group,
        seller: int,
        facts: Facts,
        payer: int,
        from_account: bool,
        licensee: Any,
    ) -> Sale:
        """Put the parts of an order into the holds (SPLIT-1, SPLIT-5, ORDER-4)."""
        payment = (facts, payer, from_account, licensee)
        sale = Sale(order_id, group.content, seller, group.referrer, *payment)
        self.sales[order_id] = sale
        self.holds[group.content, facts.plan_version].append(Held(sale, 0))
        if seller != NETWORK:
            self.holds[of_platform(seller), facts.class_].append(Held(sale, 1))
        if group.referrer != ZERO:
            self.holds[of_address(group.referrer), facts.class_].append(Held(sale, 2))
        return sale

    # Learner balances

    def top_up(self, caller: str, bills: Sequence[tuple[int, int]]) -> None:
        """TOPUP-1, TOPUP-4."""
        platform, wrong = self.acting(caller)
        total = sum(amount for _, amount in bills)
        refuse(
            TopUpAboveLimit=total > self.top_up_left(platform),
            **wrong,
            Paused=self.paused,
            UnknownLearner=any(not 0 < learner <= len(self.homes) for learner, _ in bills),
            ZeroAmount=any(amount == 0 for _, amount in bills),
            InsufficientBalance=total > self.available[of_platform(platform)],
        )
        self.topped_up[platform, self.today] += total
        self.available[of_platform(platform)] -= total
        for learner, amount in bills:
            self.available[self.destination(of_learner(platform, learner))] += amount

    def set_top_up_limit(self, caller: str, platform: int, per_day: int) -> None:
        """TOPUP-4."""
        refuse(WrongCaller=caller != self.platforms[platform].owner)
        present = self.top_up_limit(platform)
        since = self.now + DELAY * (per_day > present)
        self.limits[platform] = {0: present, since: per_day}

    def top_up_limit(self, platform: int) -> int:
        """Return how much a platform may top up a day."""
        limits = self.limits.get(platform, {0: 0})
        return limits[max(since for since in limits if since <= self.now)]

    def top_up_left(self, platform: int) -> int:
        """Return how much a platform may still top up today."""
        return max(self.top_up_limit(platform) - self.topped_up[platform, self.today], 0)

    def pay_out(self, caller: str, platform: int, learner: int, amount: int) -> None:
        """TOPUP-2."""
        account = of_learner(platform, learner)
        refuse(
            NotOperatorOf=not self.is_operator_of(caller, platform),
            ZeroAmount=amount == 0,
            InsufficientBalance=amount > self.available[account],
        )
        self.available[account] -= amount
        self.available[of_platform(platform)] += amount

    def offer_account(self, caller: str, platform: int, learner: int, key: str) -> None:
        """TOPUP-3."""
        account = of_learner(platform, learner)
        current = self.account_keys.get(account)
        operator = self.is_operator_of(caller, platform)
        refuse(
            WrongCaller=current is not None and caller != current,
            NotOperatorOf=current is None and not operator,
        )
        self.offers[account] = (key, self.now + DELAY)

    def take_over(self, caller: str, platform: int, learner: int) -> None:
        """TOPUP-3."""
        account = of_learner(platform, learner)
        key, since = self.offers.get(account, (ZERO, 0))
        refuse(WrongCaller=key != caller, TooEarly=self.now < since)
        del self.offers[account]
        self.account_keys[account] = caller
        self.available[of_address(caller)] += self.available.pop(account, 0)

    # After the sale

    def refund(self, caller: str, order_id: Any, refunder: int) -> None:
        """REFUND-1 to REFUND-5; `refunder` is the platform whose operators may."""
        sale = self.sales.get(order_id)
        refuse(**self._wrong_refund(caller, sale, refunder))
        assert sale is not None
        self._end(sale)

    def refund_part(self, caller: str, sale: Sale, amount: int) -> None:
        """REFUND-6: the host gives it back, whoever sold."""
        wrong = self._wrong_refund(caller, sale, self.contents[sale.content].host)
        refuse(**wrong, ZeroAmount=amount == 0, RefundAboveLeft=amount >= sale.left)
        sale.given_back += amount
        sale.touched = True
        self._give_back(sale, amount)

    def _wrong_refund(self, caller: str, sale: Sale | None, refunder: int) -> dict[str, bool]:
        operator = self.is_operator_of(caller, refunder)
        return {"NotOperatorOf": not operator, "UnknownOrder": sale is None, **self._gone(sale)}

    def _gone(self, sale: Sale | None) -> dict[str, bool]:
        """Tell why an order's money is not in its holds any more, if it is not (REFUND-1)."""
        if sale is None:
            return {}
        return {
            "AlreadyRefunded": sale.refunded,
            "InDispute": sale.dispute is not None,
            "AlreadyPaidOut": sale.paid_out,
            "RefundWindowClosed": self.epoch(sale.facts.class_) > sale.facts.epoch + 1,
        }

    def refunder_of(self, sale: Sale) -> int:
        """Return the platform whose operators refund an order."""
        return sale.seller or self.contents[sale.content].host

    def _end(self, sale: Sale) -> None:
        """Give back what is left; the licence ends (REFUND-3 to REFUND-5)."""
        self._give_back(sale, sale.left)
        sale.refunded, sale.holder, sale.dispute = True, NOBODY, None

    def _give_back(self, sale: Sale, amount: int) -> None:
        if sale.from_account:
            self.available[self.destination(sale.payer)] += amount
        else:
            self._move(self.settlement, sale.id.buyer, amount)

    def request_refund(self, caller: str, sale: Sale) -> None:
        """REQUEST-1."""
        answer_by = self.now + self.windows[sale.facts.class_] // 2
        gone = self._gone(sale)
        del gone["RefundWindowClosed"]
        refuse(
            **self._wrong_requester(caller, sale),
            **gone,
            AlreadyRequested=sale.answer_by != 0,
            RequestTooLate=answer_by >= self.matures_at(sale),
        )
        sale.answer_by = answer_by

    def refuse_refund(self, caller: str, sale: Sale, refunder: int) -> None:
        """REQUEST-2."""
        refuse(
            NotOperatorOf=not self.is_operator_of(caller, refunder),
            AlreadyRefunded=sale.refunded,
            NotRequested=sale.answer_by in (0, NEVER),
            DeadlinePassed=0 < sale.answer_by <= self.now,
        )
        sale.answer_by = NEVER

    def refund_unanswered(self, caller: str, sale: Sale) -> None:
        """REQUEST-2."""
        refuse(
            **self._wrong_requester(caller, sale),
            **self._gone(sale),
            NotRequested=sale.answer_by in (0, NEVER),
            TooEarly=self.now < sale.answer_by,
        )
        self._end(sale)

    def _wrong_requester(self, caller: str, sale: Sale) -> dict[str, bool]:
        if sale.is_direct:
            return {"WrongCaller": caller != sale.id.buyer}
        if not sale.facts.state & FROM_LEARNER:
            return {"NotRequestable": True}
        return {"WrongCaller": caller != self.account_keys.get(sale.payer)}

    def open_dispute(self, caller: str, sale: Sale) -> None:
        """DISPUTE-1, DISPUTE-2."""
        opener = self._opener(caller, sale)
        bond = (sale.left + 9) // 10
        poor = opener is not None and bond > self.available[opener]
        refuse(NotParty=opener is None, InsufficientBalance=poor, **self._gone(sale))
        assert opener is not None
        self.available[opener] -= bond
        sale.dispute = Dispute(opener, bond, self.now + DISPUTE)
        sale.touched, sale.unlocks_at = True, NEVER

    def _opener(self, caller: str, sale: Sale) -> int | None:
        """Return whose account gives the bond, or nothing if the caller is no party."""
        if sale.is_direct:
            parties: set[str | None] = {sale.id.buyer, sale.id.receiver}
            platforms = {self.contents[sale.content].host}
        else:
            account = of_learner(sale.seller, sale.licensee)
            parties = {self.keys.get(sale.licensee), self.account_keys.get(account)}
            platforms = {self.contents[sale.content].host, sale.seller}
        if caller in parties:
            return of_address(caller)
        known = self.operators.get(caller)
        acting = known is not None and known.active and known.platform in platforms
        return of_platform(known.platform) if known and acting else None

    def resolve_dispute(self, caller: str, sale: Sale, to_refund: bool) -> None:
        """DISPUTE-3."""
        refuse(
            WrongCaller=caller != self.arbiter,
            AlreadyRefunded=sale.refunded,
            NotInDispute=sale.dispute is None,
            DisputeExpired=sale.dispute is not None and self.now >= sale.dispute.deadline,
        )
        assert sale.dispute is not None
        if to_refund:
            self._undo(sale)
        else:
            self._pay(sale, sale.dispute)

    def close_dispute(self, sale: Sale) -> None:
        """DISPUTE-4."""
        refuse(
            AlreadyRefunded=sale.refunded,
            NotInDispute=sale.dispute is None,
            TooEarly=sale.dispute is not None and self.now < sale.dispute.deadline,
        )
        self._undo(sale)

    def _undo(self, sale: Sale) -> None:
        assert sale.dispute is not None
        self.available[sale.dispute.opener] += sale.dispute.bond
        self._end(sale)

    def _pay(self, sale: Sale, dispute: Dispute) -> None:
        revenue, seller, referrer = sale.parts()
        self._divide(sale.content, sale.facts.plan_version, revenue)
        self.available[of_platform(sale.seller)] += seller
        self.available[of_address(sale.referrer)] += referrer
        self.available[self._accused(sale, dispute.opener)] += dispute.bond
        sale.paid_out, sale.dispute, sale.unlocks_at = True, None, 0

    def _accused(self, sale: Sale, opener: int) -> int:
        """Return the seller, the host or the network, the first that did not open the dispute."""
        platforms = [sale.seller] * bool(sale.seller) + [self.contents[sale.content].host, NETWORK]
        return next(each for each in map(of_platform, platforms) if each != opener)

    def claim(self, caller: str, order_id: Any, licensee: Any) -> None:
        """CLAIM-1; `licensee` is the receiver, or the learner whose key must call."""
        sale = self.sales.get(order_id)
        owner = self.keys.get(licensee) if isinstance(licensee, int) else licensee
        refuse(
            NotLicensee=caller != owner,
            UnknownOrder=sale is None,
            AlreadyRefunded=sale is not None and sale.refunded,
            AlreadyClaimed=sale is not None and sale.claimed,
        )
        assert sale is not None
        sale.holder, sale.claimed, sale.touched = caller, True, True
        sale.unlocks_at = NEVER if sale.dispute else self.matures_at(sale)

    def matures_at(self, sale: Sale) -> int:
        """Return when an order's money matures (SPLIT-2)."""
        return (sale.facts.epoch + 2) * self.windows[sale.facts.class_]

    def transfer(self, caller: str, sale: Sale, to: str) -> None:
        """CLAIM-2, TERMS-4."""
        locked = self.now < sale.unlocks_at or self.contents[sale.content].terms.bound
        refuse(ERC1155InsufficientBalance=sale.holder != caller, LicenseLocked=locked)
        sale.holder = to

    def release(self, contents: Iterable[int]) -> None:
        """RELEASE-1, SPLIT-3."""
        numbers = list(contents)
        refuse(UnknownContent=any(number not in self.contents for number in numbers))
        for number in numbers:
            for version in self.contents[number].latest_versions():
                self.release_version(number, version)

    def release_version(self, number: int, version: int) -> None:
        """RELEASE-3."""
        refuse(UnknownContent=number not in self.contents)
        if version in self.contents[number].plans:
            amount = self._mature((number, version), self.contents[number].class_)
            self._divide(number, version, amount)

    def _divide(self, number: int, version: int, amount: int) -> None:
        content = self.contents[number]
        for account, part in divide(content.plans[version], content.host, amount):
            self.available[account] += part

    def release_commissions(self, accounts: Iterable[int], class_: int) -> None:
        """RELEASE-2."""
        refuse(UnknownClass=class_ >= len(self.windows))
        for account in accounts:
            self.available[account] += self._mature((account, class_), class_)

    def _mature(self, hold: Any, class_: int) -> int:
        last = self.epoch(class_) - 2
        ripe = [held for held in self.holds[hold] if held.is_held and held.sale.facts.epoch <= last]
        amount = sum(held.amount for held in ripe)
        for held in ripe:
            held.released = held.amount
        return amount

    # Pausing

    def set_paused(self, caller: str, paused: bool) -> None:
        """PAUSE-1."""
        may = caller == self.network_owner or (paused and caller == self.pauser)
        refuse(WrongCaller=not may)
        self.paused = paused

    # What can be seen

    def bucket(self, hold: Any, first: int, last: int) -> int:
        """Return what a hold has of the epochs from `first` to `last`."""
        entries = self.holds.get(hold, [])
        return sum(h.amount for h in entries if h.is_held and first <= h.sale.facts.epoch <= last)

    def held(self) -> int:
        """Return what all holds have."""
        return sum(held.amount for entries in self.holds.values() for held in entries)

    def disputed(self) -> int:
        """Return what is in dispute, with the bonds."""
        sales = (sale for sale in self.sales.values() if sale.dispute)
        return sum(sale.left + sale.dispute.bond for sale in sales if sale.dispute)

    def grants(self, sale: Sale) -> bool:
        """INV-5: tell whether an order grants a licence now, to whoever it is."""
        facts = sale.facts
        current = not facts.expires_at or facts.starts_at <= self.now < facts.expires_at
        return current and not sale.refunded

    def verifies(self, sale: Sale, claimant: Any) -> bool:
        """VERIFY-1, VERIFY-2: tell whether an order's licence is an address's or a learner's."""
        if not self.grants(sale):
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
