"""A seeded walk through every verb, on chain and in the model at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from brownie import accounts
from brownie.exceptions import VirtualMachineError

from tests.contracts import clock
from tests.contracts.accounts import NETWORK, ZERO, of_address, of_learner, of_platform
from tests.contracts.batch import FROM_LEARNER, Batch, BatchOrder, Group, Leaf, words_of
from tests.contracts.consents import Consent, sign_consent
from tests.contracts.model import LEARNERS_PER_DAY, NOBODY, Ledger, Refused, Sale
from tests.contracts.network import appoint
from tests.contracts.orders import Order, sign_authorization
from tests.contracts.plans import Plan, Publication, Share, Terms
from tests.contracts.views import Contracts, Views

WINDOWS = (clock.DAY, 3 * clock.DAY)
PRICES = (1, 7, 9_999, 10_001, 49_990_003, 49_990_003, 199_000_000, 2**40 - 1)
BUYER_KEYS = ["0x" + f"{0xB0B + i:064x}" for i in range(3)]
LEARNER_KEYS = ["0x" + f"{0x1EA + i:064x}" for i in range(3)]
TERMS = [
    Terms(),
    Terms(),
    Terms(bound=True),
    Terms(clock.HOUR),
    Terms(2 * clock.DAY, renewable=True),
]
ARBITER, PAUSER = 0, 1


class Walk:
    """Draws steps from a seed, takes each on chain and in the model, and compares everything."""

    def __init__(self, seed: int, contracts: Contracts) -> None:
        self.seed, self.random, self.chain = seed, Random(seed), contracts
        self.told: list[str] = []
        self.refusals: list[str] = []
        self.sent: list[Any] = []
        self.debits = 0
        self.proofs: dict[Any, BatchOrder] = {}
        every = [account.address for account in accounts]
        self.network, self.treasury = every[0], every[1]
        self.owners, self.operators = every[2:5], every[5:9]
        self.creators, self.referrers = every[9:12], every[12:14]
        self.arbiter, self.pauser = every[14], every[15]
        self.learner_keys = [accounts.add(key).address for key in LEARNER_KEYS]
        self.buyers = [accounts.add(key).address for key in BUYER_KEYS]
        self.people = [self.network, self.treasury, *self.owners, *self.operators, *self.buyers]
        self.people += [*self.creators, *self.referrers, *self.learner_keys]
        self.people += [self.arbiter, self.pauser]
        settlement = contracts.settlement.address
        self.ledger = Ledger(settlement, self.network, self.treasury, list(WINDOWS), clock.now())
        accounts_seen = [*map(of_address, self.people), *map(of_platform, range(4))]
        self.views = Views(contracts, self.ledger, self.people, accounts_seen, self.proofs)

    # Steps

    def run(self, steps: int) -> None:
        """Found a network and take so many steps, comparing after each.

        A walk that was unlucky with its draws goes on until nothing is `missing`, or gives up.
        """
        try:
            self._found()
            for taken in range(10 * steps):
                if taken >= steps and not self.missing(steps):
                    break
                self._step()
                self._compare()
        except BaseException:
            print(f"seed {self.seed}, after {len(self.told)} steps:", *self.told[-12:], sep="\n  ")
            raise

    def missing(self, steps: int) -> list[str]:
        """What a walk of so many steps must have come by, and this one has not."""
        sales = self.ledger.sales.values()
        holds = self.ledger.holds.values()
        done = {transaction.fn_name for transaction in self.sent}
        seen = {
            "sales": len(sales) > steps // 5,
            "refusals": len(self.refusals) > steps // 10,
            **{verb: verb in done for verb in ("settle", "refund", "refundBatch")},
            "a part refund": any(sale.given_back for sale in sales),
            "a claim": any(sale.holder for sale in sales),
            "a release": any(held.released for entries in holds for held in entries),
            "a dispute that paid": any(sale.paid_out for sale in sales),
            "a request": any(sale.answer_by for sale in sales),
            "a learner that paid": any(sale.facts.state & FROM_LEARNER for sale in sales),
            "an account taken over": bool(self.ledger.account_keys),
            "a consent": bool(self.ledger.nonces),
            "a plan that changed": any(len(c.plans) > 1 for c in self.ledger.contents.values()),
        }
        return [name for name, found in seen.items() if not found]

    def _step(self) -> None:
        if self.ledger.paused:
            self.set_paused(False)
        verbs = [self.buy, self.settle, self.refund, self.refund_batch, self.claim] * 3
        verbs += [self.settle_learners, self.dispute, self.end_dispute, self.refund_part] * 3
        verbs += [self.dispute, self.end_dispute] * 2
        verbs += [self.top_up, self.pay_out, self.offer_account, self.take_over] * 2
        verbs += [self.request_refund, self.answer_request, self.set_plan, self.set_prices] * 2
        verbs += [self.set_paused, self.release_version, self.set_top_up_limit]
        verbs += [self.buy, self.settle, self.release, self.release_commission, self.deposit] * 2
        verbs += [self.withdraw, self.withdraw_platform, self.transfer, self.set_price] * 2
        verbs += [self.set_active, self.publish, self.register, self.bind_key, self.send]
        verbs += [self.set_status, self.set_operator, self.accept_operator, self.set_treasury]
        self.random.choice(verbs)()

    def _compare(self) -> None:
        found = self.views.differences()
        assert not found, f"seed {self.seed}, {self.told[-1]}:\n" + "\n".join(found)

    def _act(
        self,
        told: str,
        caller: str,
        on_chain: Callable[[Any], Any],
        in_model: Callable[[], Any],
        *,
        signers: Iterable[str] = (),
        after: int | None = None,
    ) -> Any:
        """Do the same on chain and in the model, at the same time; both do it or both refuse.

        Beside the caller's, the accounts of `signers` may fall.
        """
        self.ledger.now += after or self._some_time()
        clock.set_next(self.ledger.now)
        self.told.append(f"{self.ledger.now} {caller[:8]} {told}")
        before = self.ledger.available.copy()
        try:
            result = in_model()
        except Refused as refusal:
            self._expect_refusal(refusal.errors, caller, on_chain)
            return None
        self.sent.append(on_chain({"from": caller}))
        self._require_authority({caller, *signers}, before)
        return result

    def _some_time(self) -> int:
        if self.random.random() < 0.01:
            return 15 * clock.DAY
        return self.random.choice([1, 60, clock.HOUR, clock.HOUR, 9 * clock.HOUR])

    def _expect_refusal(self, errors: set[str], caller: str, on_chain: Any) -> None:
        self.told[-1] += f", refused: {', '.join(sorted(errors))}"
        try:
            on_chain({"from": caller})
            refusal = "none"
        except VirtualMachineError as error:
            refusal = (error.revert_msg or "").split(":")[0]
        assert refusal in errors, f"{self.told[-1]}; on chain {refusal}"
        self.refusals.append(refusal)

    def _require_authority(self, authors: set[str], before: Any) -> None:
        """INV-4."""
        mine = {of_address(author) for author in authors}
        platforms = [number for author in authors for number in self._platforms_of(author)]
        mine |= set(map(of_platform, platforms))
        debited = {each for each in before if self.ledger.available[each] < before[each]}
        taken = {each for each in debited - mine if not self._has_custody(platforms, each)}
        assert not taken, f"{self.told[-1]}; debited {taken}"
        self.debits += len(debited)

    def _has_custody(self, platforms: list[int], account: int) -> bool:
        """A learner's account that it takes over is its own, so its key may empty it too."""
        return account >> 248 == 2 and (
            account >> 32 & 0xFFFFFFFF in platforms or account in self.ledger.account_keys
        )

    def _platforms_of(self, caller: str) -> list[int]:
        owned = [n for n, platform in self.ledger.platforms.items() if platform.owner == caller]
        owned += [NETWORK] * (caller == self.network)
        operated = [n for n in self.ledger.platforms if self.ledger.is_operator_of(caller, n)]
        return owned + operated

    # Draws

    def _mostly(self, usual: Any, other: Any) -> Any:
        """Draw the usual value, or another one now and then."""
        return other if self.random.random() < 0.04 else usual

    def _some_content(self) -> int:
        return int(self._mostly(self.random.randint(1, len(self.ledger.contents)), 99))

    def _some_platform(self) -> int:
        return int(self._mostly(self.random.randint(1, 3), 9))

    def _operator_of(self, platform: int) -> str:
        known = self.ledger.operators.items()
        keys = [key for key, each in known if each.platform == platform] or self.operators
        keys = self._mostly([key for key in keys if self.ledger.is_acting(key)], keys) or keys
        return str(self._mostly(self.random.choice(keys), self.random.choice(self.people)))

    def _keys(self) -> list[str]:
        """Operators of the beginning, and others that platforms may name."""
        return [*self.operators, *self.operators, *self.creators]

    def _some_learners(self, count: int) -> list[int]:
        highest = len(self.ledger.homes)
        learners = [self.random.randint(1, highest) for _ in range(count)]
        learners[-1] = self._mostly(learners[-1], highest + 1) if count > 3 else learners[-1]
        return [0 if i % 7 and self.random.random() < 0.1 else n for i, n in enumerate(learners)]

    def _amount_of(self, account: int) -> int:
        available = self.ledger.available[account]
        part = self.random.randint(1, max(available, 1))
        return int(self._mostly(part, self.random.choice([0, available, available + 1])))

    def _some_referrer(self) -> str:
        return str(self.random.choice([ZERO, *self.referrers]))

    def _some_sale(self, *, direct: bool) -> Sale | None:
        sales = [s for s in self.ledger.sales.values() if isinstance(s.id, Order) == direct]
        standing = [sale for sale in sales[-40:] if not sale.refunded]
        return self.random.choice(self._mostly(standing, sales) or sales) if sales else None

    # The network

    def _found(self) -> None:
        registry, network = self.chain.registry, {"from": self.network}
        for window in WINDOWS:
            self.chain.settlement.addWindow(window, network)
        for owner, fees in zip(self.owners, [(0, 0), (100, 1_000), (300, 0)], strict=True):
            registry.admit("a platform", owner, self.treasury, *fees, network)
            platform = self.ledger.admit(owner, self.treasury, *fees)
            for operator in self.operators[platform - 1 :: 3]:
                appoint(registry, platform, owner, operator)
                self.ledger.set_operator(owner, platform, operator, True)
                self.ledger.accept_operator(operator, platform)
        self._fill_roles()
        self.ledger.now = clock.now()
        for platform in (1, 2, 3):
            self.set_top_up_limit(platform, 2**40)
        for operator in self.operators[:3]:
            self.register(operator)
            self.publish(operator)
            self.publish(operator)
        for buyer in self.buyers:
            self._endow(buyer)
        for platform in (1, 2, 3):
            self.deposit(of_platform(platform))

    def _fill_roles(self) -> None:
        registry = self.chain.registry
        for role, holder in ((ARBITER, self.arbiter), (PAUSER, self.pauser)):
            registry.nominate(role, holder, {"from": self.network})
        clock.travel(registry.DELAY())
        for role, holder in ((ARBITER, self.arbiter), (PAUSER, self.pauser)):
            registry.acceptRole(role, {"from": holder})
        self.ledger.arbiter, self.ledger.pauser = self.arbiter, self.pauser

    def set_paused(self, paused: bool = True) -> None:
        """Pause selling for a step, or let it go on."""
        settlement = self.chain.settlement
        usual = self.random.choice([self.network, self.pauser]) if paused else self.network
        caller = self._mostly(usual, self.owners[0])
        call = settlement.pause if paused else settlement.unpause
        self._act(
            f"sets paused: {paused}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.set_paused(caller, paused),
        )

    def _endow(self, address: str) -> None:
        amount = self.random.choice([10**12, 10**13])
        self.chain.token.mint(address, amount, {"from": self.network})
        self.chain.token.approve(self.chain.settlement, 2**200, {"from": address})
        self.ledger.give(address, amount)
        self.ledger.now = clock.now()

    def set_status(self) -> None:
        """Suspend a platform, more often open it again."""
        platform, active = self._some_platform(), self.random.random() < 0.9
        caller = self._mostly(self.network, self.owners[0])
        self._act(
            f"sets status of {platform}: {active}",
            caller,
            lambda sender: self.chain.registry.setStatus(platform, 1 if active else 2, sender),
            lambda: self.ledger.set_active_platform(caller, platform, active),
        )

    def set_operator(self) -> None:
        """Stop a key, more often let it act."""
        platform, key = self.random.randint(1, 3), self.random.choice(self._keys())
        owner = self._mostly(self.owners[platform - 1], self.network)
        active = self.random.random() < 0.9
        self._act(
            f"sets operator {key[:8]} of {platform}: {active}",
            owner,
            lambda sender: self.chain.registry.setOperator(platform, key, active, sender),
            lambda: self.ledger.set_operator(owner, platform, key, active),
        )

    def accept_operator(self) -> None:
        """Accept to act for a platform, which mostly names the key."""
        named = [each for each in self.ledger.named if each[1] not in self.ledger.operators]
        other = (self._some_platform(), self.random.choice(self.people))
        platform, key = self._mostly(self.random.choice(sorted(named)), other) if named else other
        self._act(
            f"accepts platform {platform}",
            key,
            lambda sender: self.chain.registry.acceptOperator(platform, sender),
            lambda: self.ledger.accept_operator(key, platform),
        )

    def set_treasury(self) -> None:
        """Set a platform's treasury, for two days later."""
        platform, treasury = self.random.randint(1, 3), self.random.choice(self.people)
        owner = self._mostly(self.owners[platform - 1], self.network)
        chosen = self._mostly(treasury, ZERO)
        self._act(
            f"sets treasury of {platform}: {chosen[:8]}",
            owner,
            lambda sender: self.chain.registry.setTreasury(platform, chosen, sender),
            lambda: self.ledger.set_treasury(owner, platform, chosen),
        )

    def register(self, operator: str | None = None) -> None:
        """Register some learners."""
        caller, usual = operator or self.random.choice(self.people), self.random.randint(1, 9)
        wrong = self.random.choice([0, LEARNERS_PER_DAY + 1])
        count = usual if operator else self._mostly(usual, wrong)
        self._act(
            f"registers {count} learners",
            caller,
            lambda sender: self.chain.registry.registerLearners(count, bytes(32), sender),
            lambda: self.ledger.register_learners(caller, count),
        )

    def bind_key(self) -> None:
        """Give a learner a key."""
        learner = self._mostly(self.random.randint(1, len(self.ledger.homes)), 10**6)
        home = self.ledger.homes[min(learner, len(self.ledger.homes)) - 1]
        caller = self.ledger.keys.get(learner) or self._operator_of(home)
        key = self.random.choice(self.learner_keys)
        self._act(
            f"binds {learner} to {key[:8]}",
            caller,
            lambda sender: self.chain.registry.bindKey(learner, key, sender),
            lambda: self.ledger.bind_key(caller, learner, key),
        )

    # Content

    def publish(self, operator: str | None = None) -> None:
        """Publish a content with a drawn plan."""
        caller = operator or self._operator_of(self.random.randint(1, 3))
        ref = f"content {len(self.told)}"
        class_ = self._mostly(self.random.randint(0, 1), 5)
        terms = self.random.choice(TERMS)
        offered = Publication(ref, self.random.choice(PRICES), class_, self._some_plan(), terms)
        self._act(
            f"publishes {offered}",
            caller,
            lambda sender: self.chain.licences.publish([offered], sender),
            lambda: self.ledger.publish(caller, offered),
        )

    def _some_plan(self) -> Plan:
        seller, referrer = self.random.randint(0, 3_000), self.random.randint(0, 1_000)
        host, network = self.random.randint(1_000, 3_000), self.random.randint(300, 1_000)
        rest = 10_000 - seller - referrer - host - network
        cut = self.random.randint(1, rest - 1)
        creators = (Share(self.creators[0], cut), Share(self.creators[1], rest - cut))
        return Plan(seller, referrer, host, self._mostly(network, network + 1), creators)

    def set_price(self) -> None:
        """Set a price."""
        content, price = self._some_content(), self._mostly(self.random.choice(PRICES), 0)
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets price of {content}: {price}",
            caller,
            lambda sender: self.chain.licences.setPrice(content, price, sender),
            lambda: self.ledger.set_prices(caller, content, [(self.ledger.today + 1, price)]),
        )

    def set_prices(self) -> None:
        """Set prices of several days."""
        content, first = self._some_content(), self._mostly(1, 0)
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        days = [first + i * self.random.randint(1, 2) for i in range(self.random.randint(1, 3))]
        steps = [(self.ledger.today + day, self.random.choice(PRICES)) for day in days]
        self._act(
            f"sets prices of {content}: {steps}",
            caller,
            lambda sender: self.chain.licences.setPrices(content, steps, sender),
            lambda: self.ledger.set_prices(caller, content, steps),
            after=1,
        )

    def set_plan(self) -> None:
        """Give a content another plan."""
        content, plan = self._some_content(), self._some_plan()
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets plan of {content}: {plan}",
            caller,
            lambda sender: self.chain.licences.setPlan(content, plan, sender),
            lambda: self.ledger.set_plan(caller, content, plan),
        )

    def set_active(self) -> None:
        """Close a content, more often open it."""
        content, active = self._some_content(), self.random.random() < 0.9
        known = self.ledger.contents.get(content)
        caller = self._operator_of(known.host if known else 1)
        self._act(
            f"sets {content} active: {active}",
            caller,
            lambda sender: self.chain.licences.setActive(content, active, sender),
            lambda: self.ledger.set_active(caller, content, active),
        )

    # Money in and out

    def deposit(self, account: int | None = None) -> None:
        """Deposit for someone."""
        payer = self.random.choice(self.buyers)
        chosen = account or self.random.choice(
            [of_address(self.random.choice(self.buyers)), of_platform(self.random.randint(0, 3))]
        )
        self._endow(payer)
        amount = self._mostly(self.random.randint(1, 2 * 10**12), 0)
        taken_over = sorted(self.ledger.account_keys)
        chosen = self.random.choice([chosen, *taken_over]) if account is None else chosen
        self._deposit(payer, chosen, amount)

    def _deposit(self, payer: str, account: int, amount: int) -> None:
        self._act(
            f"deposits {amount} for {account:#x}",
            payer,
            lambda sender: self.chain.settlement.deposit(account, amount, sender),
            lambda: self.ledger.deposit(payer, account, amount),
        )

    def send(self) -> None:
        """Send tokens to Settlement without a deposit, or to someone."""
        payer, amount = self.random.choice(self.buyers), self.random.randint(1, 10**6)
        to = self.random.choice([self.chain.settlement.address, *self.buyers])
        self._act(
            f"sends {amount} to {to[:8]}",
            payer,
            lambda sender: self.chain.token.transfer(to, amount, sender),
            lambda: self.ledger.send(payer, to, amount),
        )

    def withdraw(self) -> None:
        """Withdraw from an own account."""
        people = [*self.buyers, *self.creators, *self.referrers]
        rich = [each for each in people if self.ledger.available[of_address(each)]]
        caller = self.random.choice(self._mostly(rich, people) or people)
        amount, to = self._amount_of(of_address(caller)), self._mostly(caller, ZERO)
        self._act(
            f"withdraws {amount}",
            caller,
            lambda sender: self.chain.settlement.withdraw(amount, to, sender),
            lambda: self.ledger.withdraw(caller, amount, to),
        )

    def withdraw_platform(self) -> None:
        """Withdraw a platform's or the network's money."""
        platform = self.random.choice([NETWORK, self._some_platform()])
        caller = (
            self._operator_of(platform) if platform else self._mostly(self.network, self.owners[0])
        )
        amount = min(self._amount_of(of_platform(platform)), 10**9)
        self._act(
            f"withdraws {amount} of platform {platform}",
            caller,
            lambda sender: self.chain.settlement.withdrawPlatform(platform, amount, sender),
            lambda: self.ledger.withdraw_platform(caller, platform, amount),
        )

    # Orders

    def buy(self) -> None:
        """Buy in one of the three ways."""
        order, settlement = self._some_order(), self.chain.settlement
        caller = self._mostly(order.buyer, self.random.choice(self.people))
        way = self.random.choice(["buy", "buyFromBalance", "buyWithAuthorization"])
        if way == "buyWithAuthorization":
            self._buy_with_authorization(order)
        else:
            from_tokens = way == "buy"
            model = self.ledger.buy if from_tokens else self.ledger.buy_from_balance
            call = settlement.buy if from_tokens else settlement.buyFromBalance
            both = (lambda sender: call(order, sender), lambda: model(caller, order))
            self._act(f"buys {order}", caller, *both)

    def _buy_with_authorization(self, order: Order) -> None:
        signed = self._mostly(order, order._replace(receiver=self.network))
        message: dict[str, Any] = {"to": self.ledger.settlement, "value": order.max_price}
        message |= {"validBefore": order.deadline}
        key = BUYER_KEYS[self.buyers.index(order.buyer)]
        order_id = signed.id(self.ledger.settlement)
        signature = sign_authorization(key, self.chain.token, order_id, **message)
        self._act(
            f"relays {order}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.buyWithAuthorization(order, *signature, sender),
            lambda: self.ledger.buy_with_authorization(order, signed),
        )

    def _some_order(self) -> Order:
        placed = self._some_sale(direct=True)
        if placed and self.random.random() < 0.05:
            return Order(*placed.id)
        content, buyer = self._some_content(), self.random.choice(self.buyers)
        known = self.ledger.contents.get(content)
        price = known.price_on(self.ledger.today) if known else 1
        receiver = self.random.choice([buyer, buyer, self.buyers[0], self._mostly(buyer, ZERO)])
        seller = self.random.choice([NETWORK, *[self._some_platform()] * 4])
        referrer = ZERO if seller == NETWORK else self._some_referrer()
        return Order(
            content,
            seller,
            buyer,
            receiver,
            self._mostly(referrer, self.referrers[0]),
            max(price + self._mostly(self.random.choice([0, 0, 5]), -1), 0),
            self._some_start(content),
            self.ledger.now + self._mostly(clock.DAY, 1),
            self.random.randbytes(32),
        )

    def _some_start(self, content: int) -> int:
        """A start in some hours, of a content that can be renewed; now and then of another one."""
        known = self.ledger.contents.get(content)
        later = self.ledger.now + self.random.randint(-2, 50) * clock.HOUR
        usual = self.random.choice([0, later]) if known and known.terms.renewable else 0
        return int(self._mostly(usual, later))

    def settle(self) -> None:
        """Settle a batch of some groups."""
        operator = self._operator_of(self.random.randint(1, 3))
        known = self.ledger.operators.get(operator)
        lane = (known.platform, known.lane) if known else (0, 0)
        number = self._mostly(self.ledger.lanes[lane] + 1, self.random.randint(0, 3))
        day = self.ledger.today - self.random.choice([0, 0, 1, self._mostly(0, 2)])
        maximum = self._mostly(2**60, 10**7)
        groups = self._some_groups()
        sales = self._act(
            f"settles {number} of day {day}: {groups}",
            operator,
            lambda s: self.chain.settlement.settle(number, day, maximum, words_of(groups), s),
            lambda: self.ledger.settle(operator, number, day, maximum, groups),
        )
        if sales:
            leaves = self._leaves(groups, sales)
            self._keep_proofs(Batch(*lane, number, tuple(leaves)), sales)

    def settle_learners(self) -> None:
        """Settle a batch from the accounts of learners, with their consents or without."""
        operator = self._operator_of(self.random.randint(1, 3))
        known = self.ledger.operators.get(operator)
        lane = (known.platform, known.lane) if known else (0, 0)
        number, day = self.ledger.lanes[lane] + 1, self.ledger.today
        consented = self.random.random() < 0.5
        learners = self._keyed(lane[0]) if consented else self._solvent(lane[0])
        if not learners:
            return
        row = self.random.sample(learners, min(len(learners), self.random.randint(1, 3)))
        content = self._some_content()
        groups = [Group(content, row, self._some_referrer(), self._some_start(content))]
        self._endow_learners(lane[0], groups)
        consents, signed = self._sign(groups, lane[0]) if consented else ([], None)
        arguments = (number, day, 2**60, True, words_of(groups), consents)
        model = self.ledger.settle_learners
        sales = self._act(
            f"settles {number} of learners: {groups}, signed {signed}",
            operator,
            lambda sender: self.chain.settlement.settleLearners(*arguments, sender),
            lambda: model(operator, number, day, groups, signed),
            signers=[key for key, _ in signed or ()],
            after=1,
        )
        if sales:
            leaves = self._leaves(groups, sales)
            self._keep_proofs(Batch(*lane, number, tuple(leaves)), sales)

    def _keyed(self, platform: int) -> list[int]:
        """Learners of whom a consent of their own key, or their account's, can be had."""
        numbers = range(1, len(self.ledger.homes) + 1)
        return [n for n in numbers if self._key_of(platform, n) in self.learner_keys]

    def _solvent(self, platform: int) -> list[int]:
        numbers = range(1, len(self.ledger.homes) + 1)
        return [n for n in numbers if self.ledger.available[of_learner(platform, n)]]

    def _key_of(self, platform: int, learner: int) -> str | None:
        account = of_learner(platform, learner)
        return self.ledger.account_keys.get(account) or self.ledger.keys.get(learner)

    def _endow_learners(self, platform: int, groups: Sequence[Group]) -> None:
        """Let learners mostly have what the orders cost."""
        if self.random.random() < 0.2:
            return
        prices = [c.price_on(self.ledger.today) for c in self.ledger.contents.values()]
        for group in groups:
            for learner in group.learners:
                account, price = of_learner(platform, learner), max(prices)
                if self.ledger.available[self.ledger.destination(account)] < price:
                    self._endow(self.buyers[0])
                    self._deposit(self.buyers[0], account, price)

    def _sign(self, groups: Sequence[Group], platform: int) -> tuple[list[Any], list[Any]]:
        consents, signed = [], []
        for group in groups:
            for learner in group.learners:
                key = self._mostly(self._key_of(platform, learner), self.learner_keys[0])
                nonce = self._mostly(self.random.getrandbits(64), 7)
                terms = (group.content, platform, learner, group.referrer, group.starts_at)
                agrees = self._mostly(True, False)
                consent = Consent(*terms, agrees, 2**60, self.ledger.now + clock.DAY, nonce)
                secret = LEARNER_KEYS[self.learner_keys.index(key)]
                consents.append(sign_consent(secret, self.ledger.settlement, consent))
                signed.append((key if agrees else NOBODY, nonce))
        return consents, signed

    def _some_groups(self) -> list[Group]:
        contents: list[int] = []
        for _ in range(self.random.randint(1, 3)):
            content = self._some_content()
            contents += [content] * (not contents or contents[-1] != content)
        return [
            Group(
                content,
                self._some_learners(self.random.randint(1, 9)),
                self._some_referrer(),
                self._some_start(content),
            )
            for content in contents
        ]

    def _leaves(self, groups: list[Group], sales: list[Sale]) -> list[Leaf]:
        leaves, facts = [], iter(sales)
        for group in groups:
            sold = [next(facts) for learner in group.learners if learner]
            packed = sold[0].facts.packed()
            leaves += [Leaf(word, packed, group.referrer) for word in group.words()]
        return leaves

    def _keep_proofs(self, batch: Batch, sales: list[Sale]) -> None:
        root = self.chain.settlement.rootOf(batch.platform, batch.lane, batch.number)
        assert bytes(root) == batch.root
        self.proofs |= dict(zip([sale.id for sale in sales], batch.orders(), strict=True))

    # After the sale

    def refund(self) -> None:
        """Refund a direct order."""
        sale = self._refundable(direct=True)
        order = self._mostly(sale and sale.id, self._some_order())
        if order and order.content in self.ledger.contents:
            refunder = order.seller or self.ledger.contents[order.content].host
            self._refund(order, refunder, lambda s: self.chain.settlement.refund(order, s))

    def refund_batch(self) -> None:
        """Refund an order of a batch."""
        sale = self._refundable(direct=False)
        if sale:
            proof, call = self.proofs[sale.id], self.chain.settlement.refundBatch
            self._refund(sale.id, sale.seller, lambda sender: call(proof, sender))

    def _refund(self, order_id: Any, refunder: int, on_chain: Any) -> None:
        caller, model = self._operator_of(refunder), self.ledger.refund
        both = (on_chain, lambda: model(caller, order_id, refunder))
        self._act(f"refunds {order_id}", caller, *both)

    def _of_sale(self, sale: Sale, direct: str, batch: str) -> Callable[..., Any]:
        """Return a verb of Settlement for this kind of order, which it is given already."""
        verb = getattr(self.chain.settlement, direct if sale.is_direct else batch)
        shown: Any = sale.id if sale.is_direct else self.proofs[sale.id]
        return lambda *arguments: verb(shown, *arguments)

    def _any_sale(self) -> Sale | None:
        sales = list(self.ledger.sales.values())
        return self.random.choice(self._mostly(self._fresh(), sales) or sales) if sales else None

    def _refundable(self, *, direct: bool) -> Sale | None:
        """Draw an order of one kind that can mostly still be refunded."""
        fresh = [sale for sale in self._fresh() if sale.is_direct == direct]
        usual = self._mostly(self.random.choice(fresh or [None]), None)
        return usual or self._some_sale(direct=direct)

    def _fresh(self) -> list[Sale]:
        """Orders whose money is held and has not matured."""
        sales = self.ledger.sales.values()
        return [s for s in sales if s.is_held and self.ledger.now < self.ledger.matures_at(s)]

    def refund_part(self) -> None:
        """Give a part of a price back."""
        sale = self._any_sale()
        if not sale:
            return
        host = self.ledger.contents[sale.content].host
        caller = self._operator_of(self._mostly(host, self.ledger.refunder_of(sale)))
        part = self.random.randint(1, max(sale.left - 1, 1))
        amount = self._mostly(part, self.random.choice([0, sale.left]))
        call = self._of_sale(sale, "refundPart", "refundBatchPart")
        self._act(
            f"gives back {amount} of {sale.id}",
            caller,
            lambda sender: call(amount, sender),
            lambda: self.ledger.refund_part(caller, sale, amount),
        )

    def request_refund(self) -> None:
        """Ask for a refund."""
        sale = self._requestable()
        if not sale:
            return
        caller = self._mostly(self._requester(sale), None) or self.random.choice(self.people)
        call = self._of_sale(sale, "requestRefund", "requestBatchRefund")
        self._act(
            f"requests {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.request_refund(caller, sale),
        )

    def _requestable(self) -> Sale | None:
        """Draw an order whose refund can mostly still be requested."""
        sales = [sale for sale in self.ledger.sales.values() if self._may_request(sale)]
        return self._mostly(self.random.choice(sales or [None]), None) or self._any_sale()

    def _may_request(self, sale: Sale) -> bool:
        half = self.ledger.windows[sale.facts.class_] // 2
        in_time = self.ledger.now + half < self.ledger.matures_at(sale)
        return sale.is_held and not sale.answer_by and in_time and bool(self._requester(sale))

    def _requester(self, sale: Sale) -> str | None:
        return sale.id.buyer if sale.is_direct else self.ledger.account_keys.get(sale.payer)

    def answer_request(self) -> None:
        """Refuse a requested refund, or take it when nobody answered."""
        asked = [s for s in self.ledger.sales.values() if s.answer_by and s.is_held]
        sale = self.random.choice(asked[-8:]) if asked else self._any_sale()
        if sale and self.random.random() < 0.3:
            self._refuse(sale)
        elif sale:
            self._take_refund(sale)

    def _refuse(self, sale: Sale) -> None:
        refunder = self.ledger.refunder_of(sale)
        caller = self._operator_of(refunder)
        call = self._of_sale(sale, "refuseRefund", "refuseBatchRefund")
        self._act(
            f"refuses {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.refuse_refund(caller, sale, refunder),
        )

    def _take_refund(self, sale: Sale) -> None:
        caller = self._mostly(self._requester(sale), None) or self.random.choice(self.people)
        call = self._of_sale(sale, "refundUnanswered", "refundBatchUnanswered")
        self._act(
            f"takes the refund of {sale.id}",
            caller,
            lambda sender: call(sender),
            lambda: self.ledger.refund_unanswered(caller, sale),
        )

    def dispute(self) -> None:
        """Open a dispute."""
        sale = self._any_sale()
        if not sale:
            return
        caller = self._mostly(self._party(sale), self.random.choice(self.people))
        call = self._of_sale(sale, "openDispute", "openBatchDispute")
        self._act(
            f"disputes {sale.id}",
            caller,
            lambda sender: call(bytes(32), sender),
            lambda: self.ledger.open_dispute(caller, sale),
        )

    def _party(self, sale: Sale) -> str:
        host = self._operator_of(self.ledger.contents[sale.content].host)
        if sale.is_direct:
            return str(self.random.choice([host, host, sale.id.buyer, sale.id.receiver]))
        keys = [self.ledger.keys.get(sale.licensee), self.ledger.account_keys.get(sale.payer)]
        seller = self._operator_of(sale.seller)
        return str(self.random.choice([host, seller, *filter(None, keys)]))

    def end_dispute(self) -> None:
        """Decide a dispute, or refund one that nobody decided."""
        disputed = [sale for sale in self.ledger.sales.values() if sale.dispute]
        sale = self.random.choice(disputed) if disputed else self._any_sale()
        if sale and self.random.random() < 0.5:
            self._resolve(sale)
        elif sale:
            self._close(sale)

    def _resolve(self, sale: Sale) -> None:
        to_refund = self.random.random() < 0.3
        caller = self._mostly(self.arbiter, self.random.choice(self.people))
        call = self._of_sale(sale, "resolveDispute", "resolveBatchDispute")
        self._act(
            f"decides {sale.id}: {to_refund}",
            caller,
            lambda sender: call(to_refund, bytes(32), sender),
            lambda: self.ledger.resolve_dispute(caller, sale, to_refund),
        )

    def _close(self, sale: Sale) -> None:
        call = self._of_sale(sale, "closeDispute", "closeBatchDispute")
        late = sale.dispute and self.random.random() < 0.2
        self._act(
            f"closes {sale.id}",
            self.random.choice(self.people),
            lambda sender: call(sender),
            lambda: self.ledger.close_dispute(sale),
            after=14 * clock.DAY if late else None,
        )

    # Learner balances

    def top_up(self) -> None:
        """Move a platform's money to learners."""
        operator = self._operator_of(self.random.randint(1, 3))
        platform = self.ledger.acting(operator)[0]
        available = self.ledger.available[of_platform(platform)]
        learners = [n for n in self._some_learners(self.random.randint(1, 3)) if n]
        share = self._mostly(available // 10, available + 1)
        bills = [(n, self._mostly(self.random.randint(1, share + 1), 0)) for n in learners]
        columns = ([n for n, _ in bills], [amount for _, amount in bills])
        self._act(
            f"tops up {bills}",
            operator,
            lambda sender: self.chain.settlement.topUp(*columns, sender),
            lambda: self.ledger.top_up(operator, bills),
        )

    def set_top_up_limit(self, platform: int | None = None, per_day: int | None = None) -> None:
        """Set how much a platform may top up a day."""
        number, limit = platform or self.random.randint(1, 3), per_day
        if limit is None:
            limit = self.random.choice([0, 10**6, 2**40, 2**41, 2**64 - 1])
        owner = self.owners[number - 1]
        caller = owner if platform else self._mostly(owner, self._operator_of(number))
        self._act(
            f"limits top-ups of {number} to {limit}",
            caller,
            lambda sender: self.chain.settlement.setTopUpLimit(number, limit, sender),
            lambda: self.ledger.set_top_up_limit(caller, number, limit),
        )

    def pay_out(self) -> None:
        """Move a learner's money back to its platform."""
        platform = self.random.randint(1, 3)
        learners = self._solvent(platform) or [1]
        learner, caller = self.random.choice(learners), self._operator_of(platform)
        amount = self._amount_of(of_learner(platform, learner))
        self._act(
            f"pays {amount} out to {learner}",
            caller,
            lambda sender: self.chain.settlement.payOut(platform, [learner], [amount], sender),
            lambda: self.ledger.pay_out(caller, platform, learner, amount),
        )

    def offer_account(self) -> None:
        """Offer a learner's account to a key."""
        platform = self.random.randint(1, 3)
        learner = self.random.choice(self._solvent(platform) or [1])
        owner = self.ledger.account_keys.get(of_learner(platform, learner))
        caller = owner or self._operator_of(platform)
        key = self._mostly(self.random.choice(self.learner_keys), ZERO)
        self._act(
            f"offers {learner} on {platform} to {key[:8]}",
            caller,
            lambda sender: self.chain.settlement.offerAccount(platform, learner, key, sender),
            lambda: self.ledger.offer_account(caller, platform, learner, key),
        )

    def take_over(self) -> None:
        """Take a learner's account over."""
        offers = [(account, key) for account, (key, _) in self.ledger.offers.items() if key != ZERO]
        account, key = self.random.choice(offers) if offers else (of_learner(1, 1), self.network)
        caller = self._mostly(key, self.random.choice(self.people))
        where = (account >> 32 & 0xFFFFFFFF, account & 0xFFFFFFFF)
        self._act(
            f"takes over {where}",
            caller,
            lambda sender: self.chain.settlement.takeOver(*where, sender),
            lambda: self.ledger.take_over(caller, *where),
        )

    def claim(self) -> None:
        """Claim a licence, of a direct or a batch order."""
        direct = self.random.random() < 0.5
        sale = self._some_sale(direct=direct)
        if not sale:
            return
        owner = sale.licensee if direct else self.ledger.keys.get(sale.licensee, self.network)
        caller = self._mostly(owner, self.random.choice(self.people))
        claim = self.chain.licences.claim if direct else self.chain.licences.claimBatch
        shown: Any = sale.id if direct else self.proofs[sale.id]
        self._act(
            f"claims {sale.id}",
            caller,
            lambda sender: claim(shown, sender),
            lambda: self.ledger.claim(caller, sale.id, sale.licensee),
        )

    def transfer(self) -> None:
        """Move a claimed token."""
        claimed = [sale for sale in self.ledger.sales.values() if sale.holder != NOBODY]
        if not claimed:
            return
        sale, to = self.random.choice(claimed), self.random.choice(self.learner_keys)
        caller = self._mostly(sale.holder, self.random.choice(self.buyers))
        arguments = (caller, to, self.views.token_id(sale), 1, b"")
        self._act(
            f"moves {sale.id} to {to[:8]}",
            caller,
            lambda sender: self.chain.licences.safeTransferFrom(*arguments, sender),
            lambda: self.ledger.transfer(caller, sale, to),
        )

    def release(self) -> None:
        """Release some contents."""
        contents = [self._some_content() for _ in range(self.random.randint(1, 4))]
        self._act(
            f"releases {contents}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.release(contents, sender),
            lambda: self.ledger.release(contents),
        )

    def release_commission(self) -> None:
        """Release a commission."""
        platform, referrer = self.random.randint(1, 3), self.random.choice(self.referrers)
        account = self.random.choice([of_platform(platform), of_address(referrer)])
        class_ = self._mostly(self.random.randint(0, 1), 2)
        call = self.chain.settlement.releaseCommissions
        self._act(
            f"releases commission {account:#x} in {class_}",
            self.random.choice(self.people),
            lambda sender: call([account, of_address(referrer)], class_, sender),
            lambda: self.ledger.release_commissions([account, of_address(referrer)], class_),
        )

    def release_version(self) -> None:
        """Release what an older plan of a content holds."""
        content = self._some_content()
        version = self.random.randint(0, 3)
        self._act(
            f"releases {content} under plan {version}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.releaseVersion(content, version, sender),
            lambda: self.ledger.release_version(content, version),
        )
