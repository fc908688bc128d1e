"""What accounts have to spend, and who may spend it, from events alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.audit.members import Members
from zhifu.audit.records import DAY_SECONDS, DELAY_SECONDS, Divergence, Event, Moment, agree


@dataclass
class Balances:
    """What is `available` on each account, and the tokens that came in and went out.

    `keys` are those that learners' accounts obey, `offered` those that may take them over, and from
    when; `limits` how much a platform may top up a day, by the second it holds from, and
    `topped_up` how much it did. `debits` counts them.
    """

    members: Members
    available: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    keys: dict[Account, str] = field(default_factory=dict)
    offered: dict[Account, tuple[str, int]] = field(default_factory=dict)
    limits: dict[int, dict[int, int]] = field(default_factory=dict)
    topped_up: Counter[tuple[int, int]] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0
    debits: int = 0

    def destination(self, account: Account) -> Account:
        """Where money for an account goes, and comes from: the key's own, once taken over."""
        key = self.keys.get(account)
        return account if key is None else accounts.of_address(key)

    def debit(self, account: Account, amount: int) -> None:
        """Take from an account; raises Divergence if it has less."""
        if self.available[account] < amount:
            raise Divergence(
                f"debit of {accounts.name_of(account)}", self.available[account], amount
            )
        self.available[account] -= amount
        self.debits += 1

    def on_deposited(self, event: Event, _: Moment) -> None:
        """Tokens came in."""
        account = event["account"]
        agree("account of a deposit", self.destination(account), account)
        self.available[account] += event["amount"]
        self.tokens_in += event["amount"]

    def on_withdrawn(self, event: Event, _: Moment) -> None:
        """Tokens went out."""
        self.debit(event["account"], event["amount"])
        self.tokens_out += event["amount"]

    def on_top_up_limit_changed(self, event: Event, moment: Moment) -> None:
        """A platform may top up more or less a day."""
        limits = self.limits.setdefault(event["platform"], {0: 0})
        rises = event["perDay"] > _holding(limits, moment.timestamp)
        begins = moment.timestamp + (DELAY_SECONDS if rises else 0)
        agree("time of another limit", begins, event["from"])
        for later in [each for each in limits if each > moment.timestamp]:
            del limits[later]
        limits[begins] = event["perDay"]

    def on_topped_up(self, event: Event, moment: Moment) -> None:
        """A platform put money into a learner's balance."""
        self.members.require_open()
        platform, amount = event["platform"], event["amount"]
        day = (platform, moment.timestamp // DAY_SECONDS)
        self.topped_up[day] += amount
        limit = _holding(self.limits.get(platform, {0: 0}), moment.timestamp)
        agree("top-ups within the limit of a day", True, self.topped_up[day] <= limit)
        self.debit(accounts.of_platform(platform), amount)
        learner = accounts.of_learner(platform, event["learner"])
        self.available[self.destination(learner)] += amount

    def on_paid_out(self, event: Event, _: Moment) -> None:
        """A learner's balance went back to its platform."""
        learner = accounts.of_learner(event["platform"], event["learner"])
        self.debit(learner, event["amount"])
        self.available[accounts.of_platform(event["platform"])] += event["amount"]

    def on_account_offered(self, event: Event, moment: Moment) -> None:
        """A key may take a learner's account over."""
        agree("time of an offer", moment.timestamp + DELAY_SECONDS, event["from"])
        self.offered[event["account"]] = (event["key"], event["from"])

    def on_account_taken_over(self, event: Event, moment: Moment) -> None:
        """A key took a learner's account over, with what was in it."""
        account, key = event["account"], event["key"]
        offered, begins = self.offered.pop(account, (None, 0))
        agree("key that took an account over", offered, key)
        agree("account taken over in time", True, begins <= moment.timestamp)
        agree("balance that was taken over", self.available[account], event["amount"])
        self.keys[account] = key
        self.debit(account, event["amount"])
        self.available[accounts.of_address(key)] += event["amount"]


def _holding(terms: Mapping[int, int], time: int) -> int:
    """What holds at a time, of terms by the time they begin."""
    return terms[max(begins for begins in terms if begins <= time)]
