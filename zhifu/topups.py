"""Top-ups: what a learner paid at a provider is put on the learner's account on chain.

The platform's balance pays for it there. What the chain will not take, because that balance or the
platform's limit of the day is used up, waits, and goes back at its provider in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from zhifu import ids, rounds
from zhifu.accounts import of_learner
from zhifu.books import Books, Funds
from zhifu.chargebackbook import ChargebackBook
from zhifu.deeds import Deed, Deeds, top_up_of
from zhifu.deployment import Network
from zhifu.exceptions import (
    ChainUnreachable,
    ContractReverted,
    InputError,
    NotRefundable,
    PaymentUnknown,
    ProviderRefused,
    UnknownProvider,
    UnrecordedDeed,
)
from zhifu.lane import Lane
from zhifu.operations import Kind
from zhifu.payments import TopUp, TopUpState
from zhifu.providers import Provider, RefundStatus
from zhifu.refusals import explained
from zhifu.requests import require_told
from zhifu.topupbook import TopUpBook
from zhifu.treasury import Balance, balance_in

_GOING_BACK = (TopUpState.REFUND_PENDING, TopUpState.REFUNDED)

PART_CHARGED_BACK = "part_charged_back"
"""The problem of a top-up of which the payer's bank has taken a part."""


class LearnerBalance(NamedTuple):
    """What a learner has on a platform, by the chain."""

    platform: int
    balance: Balance


class TopUps:
    """Follows the top-ups of `book`; `lane` raises for a platform without one."""

    def __init__(
        self,
        book: TopUpBook,
        books: Books,
        chargebacks: ChargebackBook,
        network: Network,
        lane: Callable[[int], Lane],
        providers: Mapping[str, Provider],
        deeds: Deeds,
    ) -> None:
        self._deeds = deeds
        self._book = book
        self._books = books
        self._chargebacks = chargebacks
        self._network = network
        self._lane = lane
        self._providers = providers

    def follow(self, platform: int) -> int:
        """Put on chain, or send back, what is due; see `Gateway.follow_top_ups`."""
        lane = self._lane(platform)

        def go_on(top_up: TopUp) -> bool:
            self._book.postpone(top_up.id)
            if top_up.state is TopUpState.REFUND_PENDING:
                return self._give_back(top_up)
            return self._put(lane, top_up)

        due = self._book.due(platform, at_once=not rounds.is_running())
        return rounds.each(due, go_on, ends=(ChainUnreachable,))

    def refund(self, payment_id: str) -> TopUp:
        """Send back what is not on chain yet; see `Gateway.refund_top_up`."""
        waiting = self._book.of(payment_id)
        if waiting.state is TopUpState.WAITING:
            self._deeds.require_new(self._deed(waiting))
            self._book.begin_refund(payment_id)
        top_up = self._book.of(payment_id)
        if top_up.state not in _GOING_BACK:
            raise NotRefundable(payment_id, f"the top-up is {top_up.state.value}")
        if top_up.state is TopUpState.REFUND_PENDING:
            self._give_back(top_up)
        return self._book.of(payment_id)

    def returned(self, payment_id: str, detail: str) -> TopUp:
        """A person has returned the money; see `Gateway.top_up_returned`."""
        require_told(detail)
        top_up = self._book.of(payment_id)
        if top_up.state is TopUpState.REFUNDED and self._is_told(payment_id, detail):
            return top_up
        if not self._book.returned(top_up, detail):
            raise NotRefundable(payment_id, "its provider has not refused to return the money")
        return self._book.of(payment_id)

    def _is_told(self, payment_id: str, detail: str) -> bool:
        return self._book.history(payment_id)[-1].detail == detail

    def refund_late(self, platform: int, patience_seconds: int) -> list[TopUp]:
        """Send back what could not be put on chain for so long; those on their way."""
        refunded: list[TopUp] = []

        def refund(top_up: TopUp) -> bool:
            refunded.append(self.refund(top_up.id))
            return True

        rounds.each(self._book.late(platform, patience_seconds), refund)
        return refunded

    def balance(self, platform: int, learner: int) -> Balance:
        """What a learner can spend on a platform now; see `Gateway.learner_balance`."""
        funds = self.funds(platform, learner)
        reserved = self._books.reserved(platform, learner, funds.block_number)
        return balance_in(self._network.deployment, max(0, funds.units - reserved))

    def balances(self, learner: int, platforms: Iterable[int]) -> list[LearnerBalance]:
        """What platforms hold of a learner's; see `Gateway.learner_balances`."""
        numbers = list(platforms)
        accounts = [(of_learner(number, learner),) for number in numbers]
        found = self._network.settlement.read_many("availableOf", accounts)
        deployment = self._network.deployment
        return [
            LearnerBalance(number, balance_in(deployment, int(units)))
            for number, units in zip(numbers, found, strict=True)
            if units
        ]

    def funds(self, platform: int, learner: int) -> Funds:
        """What a learner's account has on chain, and in which block; raises ChainError."""
        block_number = self._network.chain.block_number()
        account = of_learner(platform, learner)
        (units,) = self._network.settlement.read_many(
            "availableOf", [(account,)], block=block_number
        )
        return Funds(int(units), block_number)

    def page(self, platform: int, before: int, limit: int) -> Sequence[TopUp]:
        """A platform's top-ups whose numbers are below `before`, the newest first."""
        return self._book.page(platform, before, limit)

    def _put(self, lane: Lane, top_up: TopUp) -> bool:
        if not self._chargebacks.left(top_up.id).allows(top_up.amount):
            self._book.delayed(top_up.id, PART_CHARGED_BACK)
            return False
        settlement, deed = self._network.settlement, self._deed(top_up)
        calldata = settlement.encode("topUp", [top_up.learner], [deed.amount])
        number = ids.from_text(ids.PAYMENT, top_up.id) or 0
        try:
            refusal = lane.submit(Kind.TOP_UP, number, settlement.address, calldata).refusal
            if refusal is not None:
                raise refusal
        except ContractReverted as reverted:
            told = explained(reverted, lane.platform, lane.signer.address)
            self._book.delayed(top_up.id, told.code)
            raise told from reverted
        except UnrecordedDeed as known:
            self._book.delayed(top_up.id, known.code)
            raise
        return True

    def _deed(self, top_up: TopUp) -> Deed:
        units = top_up.amount.to_ledger_units(self._network.deployment.ledger_decimals)
        return top_up_of(top_up.platform, top_up.learner, units)

    def _give_back(self, top_up: TopUp) -> bool:
        try:
            if not self._book.ask(top_up):
                return False
        except NotRefundable:
            self._book.delayed(top_up.id, PART_CHARGED_BACK)
            raise
        try:
            status = self._asked(top_up)
        except PaymentUnknown:
            # It will be asked again, under the same refund id.
            return False
        except (ProviderRefused, InputError):
            self._book.delayed(top_up.id, ProviderRefused.code)
            raise
        if status is RefundStatus.DONE:
            self._book.refunded(top_up.id)
        return status is RefundStatus.DONE

    def _asked(self, top_up: TopUp) -> RefundStatus:
        name, payment = self._book.paid_at(top_up.id)
        provider = self._providers.get(name)
        if provider is None:
            raise UnknownProvider(name)
        number = ids.from_text(ids.PAYMENT, top_up.id) or 0
        status = provider.refund(payment, top_up.amount, ids.to_text(ids.TOP_UP, number))
        if status is RefundStatus.FAILED:
            raise ProviderRefused(name, payment, "the refund failed")
        return status
