"""Pay-outs: a learner's money leaves the learner's account on chain, and goes back as fiat.

The platform's operator moves it to the platform's account first. Once that is final, what was paid
for it goes back at the providers; the platform has on chain what it gives back in fiat.
"""

from __future__ import annotations

from collections.abc import Callable

from zhifu import ids, rounds
from zhifu.actbook import Wanted
from zhifu.acts import Acts
from zhifu.books import Funds
from zhifu.deployment import Network
from zhifu.exceptions import CurrencyMismatch, InvalidInput
from zhifu.money import Money
from zhifu.operations import Kind
from zhifu.payoutbook import Debit, PayOut, PayOutBook
from zhifu.requests import require_told
from zhifu.store import Transaction


class PayOuts:
    """Pays learners out by acts; `funds` tells what an account has on chain."""

    def __init__(
        self,
        network: Network,
        acts: Acts,
        book: PayOutBook,
        funds: Callable[[int, int], Funds],
    ) -> None:
        self._network = network
        self._acts = acts
        self._book = book
        self._funds = funds

    def pay_out(self, platform: int, learner: int, amount: Money, idempotency_key: str) -> PayOut:
        """Pay some of a learner's balance out; see `Gateway.pay_out`."""
        debit = self._debit(platform, learner, amount)
        arguments = {"learner": learner, "amount": amount.amount, "currency": amount.currency}
        wanted = Wanted(platform, Kind.PAY_OUT, idempotency_key, arguments)
        settlement = self._network.settlement
        calldata = settlement.encode("payOut", platform, [learner], [debit.units])
        funds = self._funds(platform, learner)

        def put(transaction: Transaction, number: int) -> None:
            self._book.put(transaction, number, debit, funds)

        act = self._acts.do(wanted, settlement.address, calldata, put)
        return self._book.of(platform, ids.to_text(ids.PAY_OUT, act.number))

    def follow(self, platform: int) -> int:
        """Begin to return what was debited for good; see `Gateway.follow_pay_outs`."""
        return rounds.each(self._book.debited(platform), self._book.begin_return)

    def by_hand(self, platform: int, payout_id: str, detail: str) -> PayOut:
        """A person has returned what no payment could; see `Gateway.paid_out_by_hand`."""
        require_told(detail)
        self._book.by_hand(platform, payout_id, detail)
        return self._book.of(platform, payout_id)

    def _debit(self, platform: int, learner: int, amount: Money) -> Debit:
        deployment = self._network.deployment
        if amount.currency != deployment.currency:
            raise CurrencyMismatch(deployment.currency, amount.currency)
        if amount.amount <= 0:
            raise InvalidInput("amount", "must be positive", amount.amount)
        if type(learner) is not int or not 0 < learner < 2**32:
            raise InvalidInput("learner", "must be an integer from 1 to 2^32 - 1", learner)
        return Debit(platform, learner, amount, amount.to_ledger_units(deployment.ledger_decimals))
