"""A walk through what learners, banks and the chain do to balances, and a count of its own.

The count knows top-ups, purchases and refunds by what was done, and asks neither books nor chain.
"""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, field
from enum import Enum

import pytest

from tests.integration.counter import Counter
from tests.integration.fair import DEPOSIT, PRICES
from tests.integration.purse import CENT, on_account, request
from zhifu.exceptions import InsufficientBalance, NotRefundable
from zhifu.money import Money
from zhifu.payments import OrderState, TopUpState
from zhifu.providers import HintKind

CONFIRMATIONS = 4
LEARNERS = (1, 2, 3)


class Stage(Enum):
    """Where a load is, by the count."""

    WAITS = (TopUpState.WAITING, TopUpState.CHARGED_BACK)
    ON_ACCOUNT = (TopUpState.SETTLED, TopUpState.CONFIRMED, TopUpState.CHARGED_BACK)
    GOES_BACK = (TopUpState.REFUND_PENDING, TopUpState.CHARGED_BACK)
    RETURNED = (TopUpState.REFUNDED,)


@dataclass
class Load:
    """A top-up; `taken` is what the payer's bank has of it, in cents."""

    id: str
    name: str
    learner: int
    cents: int
    stage: Stage = Stage.WAITS
    taken: int = 0
    by_hand: bool = False


@dataclass
class Bought:
    """An order; what paid for it, and how far it has come."""

    id: str
    learner: int
    content: int
    from_balance: bool
    is_settled: bool = False
    is_refunded: bool = False
    is_credited: bool = False

    @property
    def cents(self) -> int:
        return PRICES[self.content]


@dataclass
class PurseWalk:
    """Every method but `check` is a step; choices are numbers that any list takes."""

    counter: Counter
    floor: int
    loads: list[Load] = field(default_factory=list)
    bought: list[Bought] = field(default_factory=list)

    # What learners do

    def top_up(self, learner: int, cents: int) -> None:
        amount, gateway = Money(cents, "USD"), self.counter.gateway
        name = self.counter.provider.pay(amount)
        asked = request(self.counter, learner=learner, amount=amount, provider_payment_id=name)
        made = gateway.pay(asked)
        assert gateway.pay(asked).id == made.id
        self.loads.append(Load(made.id, name, learner, cents))

    def spend(self, learner: int, content: int) -> None:
        asked = self.counter.fair.request(
            1, learner, (content,), provider="balance", provider_payment_id=""
        )
        if PRICES[content] > self._spendable(learner):
            with pytest.raises(InsufficientBalance):
                self.counter.gateway.pay(asked)
            return
        (order,) = self.counter.gateway.pay(asked).orders
        self.bought.append(Bought(order.id, learner, content, from_balance=True))

    def buy(self, learner: int, content: int) -> None:
        asked = self.counter.fair.request(1, learner, (content,))
        (order,) = self.counter.gateway.pay(asked).orders
        self.bought.append(Bought(order.id, learner, content, from_balance=False))

    def refund(self, choice: int, to_balance: bool) -> None:
        standing = [each for each in self.bought if not each.is_refunded]
        if standing:
            order = standing[choice % len(standing)]
            to = "balance" if to_balance else None
            self.counter.gateway.refund(order.id, to=to)
            order.is_refunded, order.is_credited = True, to_balance and not order.from_balance
            self.rest()

    def refund_top_up(self, choice: int) -> None:
        if not self.loads:
            return
        load = self.loads[choice % len(self.loads)]
        pending = load.stage in (Stage.WAITS, Stage.GOES_BACK)
        if load.stage is Stage.ON_ACCOUNT or (pending and load.taken):
            with pytest.raises(NotRefundable):
                self.counter.gateway.refund_top_up(load.id)
        else:
            self.counter.gateway.refund_top_up(load.id)
        if pending and load.taken < load.cents:
            load.stage = Stage.GOES_BACK if load.taken else Stage.RETURNED

    def return_by_hand(self, choice: int) -> None:
        partly = [
            each
            for each in self.loads
            if each.stage is Stage.GOES_BACK and 0 < each.taken < each.cents
        ]
        if partly:
            load = partly[choice % len(partly)]
            self.counter.gateway.top_up_returned(load.id, "by transfer")
            load.stage, load.by_hand = Stage.RETURNED, True

    # What banks do

    def charge_back(self, choice: int, percent: int) -> None:
        loads = [each for each in self.loads if each.stage is not Stage.RETURNED and not each.taken]
        if loads:
            load = loads[choice % len(loads)]
            load.taken = max(1, load.cents * percent // 100)
            self.counter.provider.charge_back(load.name, Money(load.taken, "USD"))
            self._hear(load)

    def give_back(self, choice: int) -> None:
        loads = [each for each in self.loads if each.taken and not each.by_hand]
        if loads:
            load = loads[choice % len(loads)]
            load.taken = 0
            self.counter.provider.return_chargeback(load.name)
            self._hear(load)

    # What the gateway and the chain do

    def follow(self) -> None:
        self.counter.gateway.follow_top_ups(1)
        for load in self.loads:
            if load.taken == 0 and load.stage is Stage.WAITS:
                load.stage = Stage.ON_ACCOUNT
            elif load.taken == 0 and load.stage is Stage.GOES_BACK:
                load.stage = Stage.RETURNED

    def settle(self) -> None:
        while self.counter.gateway.settle(1) is not None:
            pass
        for order in self.bought:
            order.is_settled |= not order.is_refunded

    def reorganise(self, depth: int) -> None:
        """Take back blocks that are not final; what was in them goes out again."""
        gateway, fair = self.counter.gateway, self.counter.fair
        depth = min(depth, fair.network.chain.block_number() - self.floor)
        if depth > 0:
            fair.anvil.rpc.call("anvil_reorg", depth, [])
            gateway.sync()
            gateway.recover(1)

    def rest(self) -> None:
        """Let everything become final, and what waits for that be done."""
        gateway = self.counter.gateway
        for _ in range(3):
            self.counter.fair.anvil.mine(CONFIRMATIONS + 1)
            gateway.sync()
            gateway.recover(1)
            gateway.follow_chargebacks()

    # What must be

    def check(self) -> None:
        self._check_books()
        self._check_chain()
        self._check_provider()
        self._check_licences()

    def _check_books(self) -> None:
        gateway = self.counter.gateway
        for load in self.loads:
            assert gateway.top_up(load.id).state in load.stage.value
        for order in self.bought:
            assert (gateway.order(order.id).state is OrderState.REFUNDED) == order.is_refunded
        for learner in LEARNERS:
            found = gateway.learner_balance(1, learner).available
            assert found.amount == max(0, self._spendable(learner))

    def _check_chain(self) -> None:
        fair, own = self.counter.fair, -sum(self._loaded(learner) for learner in LEARNERS)
        for learner in LEARNERS:
            assert on_account(fair, learner) == self._held(learner)
        for order in self.bought:
            if not order.from_balance:
                stands = order.is_settled and not order.is_refunded
                own -= order.cents * (stands + order.is_credited)
        assert fair.available(1) == DEPOSIT + own * CENT

    def _check_provider(self) -> None:
        for load in self.loads:
            sent_back = load.stage is Stage.RETURNED and not load.by_hand
            told = self.counter.provider.refunded(load.name).amount
            assert told == (load.cents if sent_back else 0)

    def _check_licences(self) -> None:
        owned = Tally(
            (each.learner, each.content)
            for each in self.bought
            if each.is_settled and not each.is_refunded
        )
        for learner in LEARNERS:
            for content in PRICES:
                may_use = self.counter.gateway.may_use(learner, content)
                assert may_use == (owned[learner, content] > 0)

    def _loaded(self, learner: int) -> int:
        return sum(
            each.cents
            for each in self.loads
            if each.learner == learner and each.stage is Stage.ON_ACCOUNT
        )

    def _held(self, learner: int) -> int:
        """What the chain has of a learner's."""
        held = self._loaded(learner)
        for order in (each for each in self.bought if each.learner == learner):
            if order.from_balance and order.is_settled and not order.is_refunded:
                held -= order.cents
            held += order.cents * order.is_credited
        return held

    def _spendable(self, learner: int) -> int:
        waiting = sum(
            each.cents
            for each in self.bought
            if each.learner == learner
            and each.from_balance
            and not (each.is_settled or each.is_refunded)
        )
        return self._held(learner) - waiting

    def _hear(self, load: Load) -> None:
        self.counter.now += 1
        callback = self.counter.provider.callback(load.name, HintKind.CHARGEBACK)
        self.counter.gateway.take_callback("sandbox", callback)
        assert self.counter.gateway.process_callbacks() == 1
