"""What the chain says in double entry: one stretch of it, as transfers.

Works beside the index, in its transaction and after it has taken the stretch in. What a stretch
needs to know of earlier ones it asks the ledger for beforehand, all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zhifu import accounts, chart
from zhifu.batch import ORDERS_PER_WORD, content_of, learners, unpack
from zhifu.collection import without_collection
from zhifu.contract import EventLog
from zhifu.exceptions import LedgerMismatch
from zhifu.facts import Facts, Parts
from zhifu.index import Index, Sale
from zhifu.ledger_memory import Held, Memory, Remains
from zhifu.store import Transaction
from zhifu.transfers import Transfer, post

if TYPE_CHECKING:
    from zhifu.ingest import SettledBatch
    from zhifu.stretch import Stretch

_MATURES_AFTER = 2
_SALE = ("sale", "commission", "referral")


class _Moment(NamedTuple):
    """Where an event stands on the chain, and when it was."""

    height: int
    place: int
    at: int


class _Cause(NamedTuple):
    """What transfers are about: an order on chain, a content, a learner, a seller."""

    order: str | None = None
    content: int | None = None
    learner: int | None = None
    seller: int | None = None


class ChainLedger:
    """Takes one stretch of the chain into the ledger, inside one transaction."""

    def __init__(self, transaction: Transaction, index: Index) -> None:
        self._transaction = transaction
        self._index = index
        self._memory = Memory(transaction)
        self._transfers: list[Transfer] = []
        self._moment = _Moment(0, 0, 0)
        self._leg = 0

    def take(self, stretch: Stretch) -> None:
        """Write what the stretch says; raises LedgerMismatch if it contradicts the ledger."""
        self._recall(stretch)
        with without_collection():
            for event, batch in _in_order(stretch):
                log = event.log
                self._moment = _Moment(
                    log.block_number, log.log_index, stretch.times[log.block_number]
                )
                self._leg = 0
                if batch is None:
                    _HANDLERS[event.name](self, event.arguments)
                else:
                    self._settled(batch)
        post(self._transaction, self._transfers, self._host)
        height = stretch.end.block_number
        self._transaction.run("put_ledger_cursor", source=chart.CHAIN, height=height)

    # What earlier stretches said

    def _recall(self, stretch: Stretch) -> None:
        memory, found = self._memory, stretch.events
        about = [event.arguments for event in found if event.name in _ABOUT_ORDERS]
        memory.load_orders(chart.order_name(each["orderId"]) for each in about)
        released = {event.arguments["content"] for event in found if event.name == "Released"}
        memory.load_revenue(released)
        divided = released | {
            event.arguments["content"] for event in found if event.name == "DisputeResolved"
        }
        memory.load_splits({number: self._host(number) for number in divided})
        earned = (each.arguments for each in found if each.name == "CommissionReleased")
        memory.load_commissions(each["account"] for each in earned)
        memory.load_keys(self._learners(stretch))

    def _learners(self, stretch: Stretch) -> Iterator[tuple[int, int]]:
        """Learners to whose accounts money may come, or who pay from them."""
        for event in stretch.events:
            if event.name == "ToppedUp":
                yield event.arguments["platform"], event.arguments["learner"]
        for remains in self._memory.orders.values():
            account = chart.account_of(remains.payer)
            if account is not None and (found := accounts.learner_of(account)):
                yield found
        for batch in stretch.batches:
            if batch.call.from_learners:
                platform = batch.event.arguments["platform"]
                for leaf in unpack(batch.call.words):
                    yield from ((platform, each) for each in learners(leaf.word) if each)

    # Accounts

    def _deposited(self, event: Mapping[str, Any]) -> None:
        credit = chart.available(event["account"])
        self._move("deposit", chart.TOKENS, credit, event["amount"], _about(event["account"]))

    def _withdrawn(self, event: Mapping[str, Any]) -> None:
        debit = chart.available(event["account"])
        self._move("withdrawal", debit, chart.TOKENS, event["amount"], _about(event["account"]))

    def _topped_up(self, event: Mapping[str, Any]) -> None:
        platform, learner = event["platform"], event["learner"]
        debit = chart.available_of_platform(platform)
        credit = self._destination(chart.available_of_learner(platform, learner))
        cause = _Cause(learner=learner, seller=platform)
        self._move("top_up", debit, credit, event["amount"], cause)

    def _paid_out(self, event: Mapping[str, Any]) -> None:
        platform, learner = event["platform"], event["learner"]
        debit = chart.available_of_learner(platform, learner)
        credit = chart.available_of_platform(platform)
        cause = _Cause(learner=learner, seller=platform)
        self._move("pay_out", debit, credit, event["amount"], cause)

    def _taken_over(self, event: Mapping[str, Any]) -> None:
        platform, learner = accounts.learner_of(event["account"]) or (0, 0)
        self._memory.keys[platform, learner] = event["key"]
        self._transaction.run(
            "put_ledger_key",
            platform=platform,
            learner=learner,
            address=event["key"],
            block_number=self._moment.height,
        )
        debit = chart.available(event["account"])
        credit = chart.available(accounts.of_address(event["key"]))
        cause = _Cause(learner=learner, seller=platform)
        self._move("take_over", debit, credit, event["amount"], cause)

    # Sales

    def _placed(self, event: Mapping[str, Any]) -> None:
        content, seller, buyer, _, referrer, *_rest = event["order"]
        facts = Facts.unpack(event["facts"])
        account = chart.available(accounts.of_address(buyer))
        cause = _Cause(chart.order_name(event["orderId"]), content, None, seller or None)
        holds = self._holds(facts, content, seller, referrer)
        parts = facts.parts_of(facts.price)
        self._capture(parts, holds)
        self._move("payment", chart.TOKENS, account, event["paid"], cause)
        for kind, hold, part in zip(_SALE, holds, parts, strict=True):
            self._move(kind, account, hold, part, cause)

    def _settled(self, batch: SettledBatch) -> None:
        """Every order of a batch; its legs are made of the orders' positions."""
        event, moment = batch.event.arguments, self._moment
        seller = event["platform"]
        prefix = "/".join(str(event[each]) for each in ("platform", "lane", "number"))
        sale = Sale(event["saleDay"], batch.timestamp, batch.call.from_learners)
        platform = chart.available_of_platform(seller)
        known: dict[tuple[int, str | None], list[tuple[int, str, str, int]]] = {}
        add, wanted = self._transfers.append, self._memory.wanted
        for number, leaf in enumerate(unpack(batch.call.words)):
            content = content_of(leaf.word)
            key = (content, leaf.referrer)
            parts = known.get(key)
            if parts is None:
                facts = self._index.quote(content, sale).facts(leaf.referrer, leaf.starts_at)
                parts = known[key] = self._parts(facts, content, seller, leaf.referrer)
            buyers = learners(leaf.word)
            self._captured(parts, sum(map(bool, buyers)))
            for position, learner in enumerate(buyers, number * ORDERS_PER_WORD):
                if not learner:
                    continue
                order, payer = f"{prefix}/{position}", platform
                if batch.call.from_learners:
                    payer = self._destination(chart.available_of_learner(seller, learner))
                for part, kind, hold, amount in parts:
                    moved = Transfer(
                        chart.CHAIN,
                        moment.height,
                        moment.place,
                        position * len(_SALE) + part,
                        moment.at,
                        kind,
                        payer,
                        hold,
                        amount,
                        order,
                        content,
                        learner,
                        seller,
                    )
                    add(moved)
                    if order in wanted:
                        self._memory.note(moved)

    def _parts(
        self, facts: Facts, content: int, seller: int, referrer: str | None
    ) -> list[tuple[int, str, str, int]]:
        """The parts of a price that are anything: number, kind, hold and amount of each."""
        holds = self._holds(facts, content, seller, referrer)
        parts = zip(range(len(_SALE)), _SALE, holds, facts.parts_of(facts.price), strict=True)
        return [each for each in parts if each[-1]]

    def _holds(
        self, facts: Facts, content: int, seller: int, referrer: str | None
    ) -> tuple[str, str, str]:
        """The holds of revenue, of the seller's and of the referrer's commission."""
        of_seller, of_referrer = accounts.of_platform(seller), accounts.of_address(referrer or "0")
        return (
            chart.revenue(content, facts.epoch),
            chart.commission(of_seller, facts.window_class, facts.epoch),
            chart.commission(of_referrer, facts.window_class, facts.epoch),
        )

    # After the sale

    def _refunded(self, event: Mapping[str, Any]) -> None:
        name, remains = self._order(event)
        self._agree("refund", event["amount"], remains.left)
        self._give_back("refund", name, remains, dict(remains.holds), event)

    def _part_refunded(self, event: Mapping[str, Any]) -> None:
        name, remains = self._order(event)
        kept = self._divided(remains, remains.left - event["amount"])
        amounts = {hold: held - kept.get(hold, 0) for hold, held in remains.holds.items()}
        self._agree("part refund", event["amount"], sum(amounts.values()))
        self._give_back("part_refund", name, remains, amounts, event)

    def _dispute_opened(self, event: Mapping[str, Any]) -> None:
        name, remains = self._order(event)
        self._agree("dispute", event["amount"], remains.left)
        escrow = chart.dispute(name)
        for hold, amount in list(remains.holds.items()):
            self._leave("dispute", name, remains, hold, escrow, amount)
        opener = chart.available(event["opener"])
        self._leave("bond", name, remains, opener, escrow, event["bond"])

    def _dispute_resolved(self, event: Mapping[str, Any]) -> None:
        name, remains = self._order(event)
        escrow, left = chart.dispute(name), remains.left
        bond_to = chart.available(event["bondTo"])
        self._leave("bond_return", name, remains, escrow, bond_to, remains.bond)
        if event["refunded"]:
            self._give_back("dispute_refund", name, remains, {escrow: left}, event)
            return
        for kind, account, amount in self._payees(remains, left):
            self._leave(kind, name, remains, escrow, account, amount)

    def _give_back(
        self,
        kind: str,
        name: str,
        remains: Remains,
        amounts: Mapping[str, int],
        event: Mapping[str, Any],
    ) -> None:
        """Give amounts back to the payer's account, and from there as tokens if they came so."""
        payer = self._destination(remains.payer)
        for hold, amount in amounts.items():
            self._leave(kind, name, remains, hold, payer, amount)
        if not event.get("toAccount", True):
            total = sum(amounts.values())
            self._leave("payment_return", name, remains, payer, chart.TOKENS, total)

    def _leave(
        self, kind: str, name: str, remains: Remains, debit: str, credit: str, amount: int
    ) -> None:
        """Move money of an order, or of its dispute."""
        cause = _Cause(name, remains.content, remains.learner, remains.seller)
        self._release_from(debit, amount)
        self._move(kind, debit, credit, amount, cause)

    def _payees(self, remains: Remains, amount: int) -> Iterator[tuple[str, str, int]]:
        """Whom releases would have paid what is left of an order, as revenue or as commission."""
        for hold, part in self._divided(remains, amount).items():
            kind, _, said = hold.partition(":")
            if kind == "revenue":
                epoch = int(said.rpartition("/")[2])
                for account, share in self._memory.split(remains.content, epoch).of(part):
                    yield "dispute_payment", account, share
            else:
                yield "dispute_commission", f"available:{said.rsplit('/', 2)[0]}", part

    def _divided(self, remains: Remains, amount: int) -> dict[str, int]:
        """How an amount of an order's price is divided among the holds that it was put in."""
        holds = [name for name in remains.holds if not name.startswith("dispute:")]
        by_kind = {_part_of(name): name for name in holds}
        sale = Sale(remains.at // 86_400, remains.at)
        quote = self._index.quote(remains.content, sale)
        facts = quote.facts("referrer" if 2 in by_kind else None, 0)
        if remains.seller is None:
            facts = facts._replace(commission_bps=0)
        return {by_kind[i]: p for i, p in enumerate(facts.parts_of(amount)) if i in by_kind}

    # Releases

    def _released(self, event: Mapping[str, Any]) -> None:
        content, version = event["content"], event["planVersion"]
        found = self._index.content(content)
        held = self._memory.revenue[content]
        matured = [
            epoch
            for epoch in self._matured(held, found.window_class if found else 0)
            if self._memory.split(content, epoch).version == version
        ]
        self._agree("release", event["amount"], sum(held[epoch] for epoch in matured))
        if not matured:
            return
        cause = _Cause(content=content)
        payees = list(self._memory.split(content, matured[0]).of(event["amount"]))
        for epoch, account, amount in _drawn(held, matured, payees):
            self._move("release", chart.revenue(content, epoch), account, amount, cause)
        for epoch in matured:
            del held[epoch]

    def _commission_released(self, event: Mapping[str, Any]) -> None:
        account, window_class = event["account"], event["class"]
        held = self._memory.commissions[chart.holder(account), window_class]
        matured = self._matured(held, window_class)
        total = sum(held[epoch] for epoch in matured)
        self._agree("release of a commission", event["amount"], total)
        credit = chart.available(account)
        for epoch in matured:
            hold, amount = chart.commission(account, window_class, epoch), held.pop(epoch)
            self._move("commission_release", hold, credit, amount, _about(account))

    def _matured(self, held: Held, window_class: int) -> list[int]:
        """The epochs whose money can be released."""
        now = self._index.epoch(window_class, self._moment.at)
        return sorted(epoch for epoch in held if now - epoch >= _MATURES_AFTER)

    # What holds have

    def _capture(self, parts: Parts, holds: Sequence[str]) -> None:
        self._captured([(0, "", hold, part) for hold, part in zip(holds, parts, strict=True)], 1)

    def _captured(self, parts: Sequence[tuple[int, str, str, int]], count: int) -> None:
        for _, _, hold, amount in parts:
            held, epoch = self._hold(hold)
            held[epoch] += amount * count

    def _release_from(self, account: str, amount: int) -> None:
        if account.startswith(("revenue:", "commission:")):
            held, epoch = self._hold(account)
            held[epoch] -= amount

    def _hold(self, name: str) -> tuple[Held, int]:
        kind, _, said = name.partition(":")
        owner, _, epoch = said.rpartition("/")
        if kind == "revenue":
            return self._memory.revenue[int(owner)], int(epoch)
        holder, _, window_class = owner.rpartition("/")
        return self._memory.commissions[holder, int(window_class)], int(epoch)

    # What it is made of

    def _order(self, event: Mapping[str, Any]) -> tuple[str, Remains]:
        name = chart.order_name(event["orderId"])
        remains = self._memory.orders.get(name)
        if remains is None:
            raise LedgerMismatch("order of an event", self._moment.height, name, None)
        return name, remains

    def _host(self, content: int) -> int:
        found = self._index.content(content)
        return found.host if found else 0

    def _destination(self, account: str) -> str:
        """Where money for an account goes: a key's own, if that has taken the account over."""
        if not self._memory.keys or not account.startswith("available:learner/"):
            return account
        _, platform, learner = account.split("/")
        key = self._memory.keys.get((int(platform), int(learner)))
        return chart.available(accounts.of_address(key)) if key else account

    def _move(self, kind: str, debit: str, credit: str, amount: int, cause: _Cause) -> None:
        if amount == 0 or debit == credit:
            return
        moment = self._moment
        place = (chart.CHAIN, moment.height, moment.place, self._leg, moment.at)
        transfer = Transfer(*place, kind, debit, credit, amount, *cause)
        self._leg += 1
        self._transfers.append(transfer)
        self._memory.note(transfer)

    def _agree(self, what: str, said: int, known: int) -> None:
        if said != known:
            raise LedgerMismatch(what, self._moment.height, said, known)


def _about(account: int) -> _Cause:
    """The cause of a transfer that is about one account alone."""
    found = accounts.learner_of(account)
    return _Cause(learner=found[1], seller=found[0]) if found else _Cause()


def _part_of(hold: str) -> int:
    """Which part of a price a hold has: 0 revenue, 1 the seller's, 2 the referrer's."""
    if hold.startswith("revenue:"):
        return 0
    return 1 if hold.startswith("commission:platform/") else 2


def _drawn(
    held: Held, epochs: Sequence[int], payees: Sequence[tuple[str, int]]
) -> Iterator[tuple[int, str, int]]:
    """How payees are paid out of the holds of epochs, the oldest first."""
    left = [[epoch, held[epoch]] for epoch in reversed(epochs)]
    for account, amount in payees:
        while amount:
            epoch, there = left[-1]
            taken = min(amount, there)
            yield epoch, account, taken
            amount -= taken
            left[-1][1] -= taken
            if not left[-1][1]:
                left.pop()


def _in_order(stretch: Stretch) -> Iterator[tuple[EventLog, SettledBatch | None]]:
    """The events that move money and the batches, as they stand on the chain."""
    found: list[tuple[EventLog, SettledBatch | None]] = [
        (event, None) for event in stretch.events if event.name in _HANDLERS
    ]
    found += [(batch.event, batch) for batch in stretch.batches]
    return iter(sorted(found, key=lambda each: (each[0].log.block_number, each[0].log.log_index)))


_Handler = Callable[[ChainLedger, Mapping[str, Any]], None]

_AFTER_SALES: Mapping[str, _Handler] = {
    "OrderRefunded": ChainLedger._refunded,
    "BatchOrderRefunded": ChainLedger._refunded,
    "OrderPartRefunded": ChainLedger._part_refunded,
    "DisputeOpened": ChainLedger._dispute_opened,
    "DisputeResolved": ChainLedger._dispute_resolved,
}

_ABOUT_ORDERS = frozenset(_AFTER_SALES)

_HANDLERS: Mapping[str, _Handler] = {
    **_AFTER_SALES,
    "Deposited": ChainLedger._deposited,
    "Withdrawn": ChainLedger._withdrawn,
    "ToppedUp": ChainLedger._topped_up,
    "PaidOut": ChainLedger._paid_out,
    "AccountTakenOver": ChainLedger._taken_over,
    "OrderPlaced": ChainLedger._placed,
    "Released": ChainLedger._released,
    "CommissionReleased": ChainLedger._commission_released,
}

MOVES = frozenset(_HANDLERS)
"""The names of the events that move money, besides `BatchSettled`."""
