"""The learner's own balance as a provider: what is spent from it, no provider is asked about.

The chain holds the money. A payment from it is paid once the books have seen that the account
covers it, and what is refunded comes back to that account on chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

from zhifu.exceptions import InvalidCallback, ProviderRefused
from zhifu.money import Money
from zhifu.providers import (
    Answer,
    BillLine,
    Callback,
    Checkout,
    Hint,
    Intent,
    ProviderPayment,
    ProviderStatus,
    RefundStatus,
)

BALANCE = "balance"
"""What payment requests call it; no other provider may have the name."""

_REFUSAL = "a balance is spent at once, without a checkout"


def name_of_payment(platform: int, idempotency_key: str) -> str:
    """What a payment from a balance is called: by its platform and key, so it is made once."""
    digest = hashlib.sha256(f"{platform}/{idempotency_key}".encode()).hexdigest()
    return f"bal_{digest[:32]}"


class BalanceProvider:
    """Payments from learners' balances, in the shape of a `Provider`."""

    name = BALANCE

    def create(self, intent: Intent) -> Checkout:
        """Nothing is to be paid; raises ProviderRefused."""
        raise ProviderRefused(BALANCE, intent.payment_id, _REFUSAL)

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """What is in the books is paid: it was covered when it was recorded."""
        return ProviderPayment(ProviderStatus.PAID)

    def cancel(self, provider_payment_id: str) -> None:
        """What is paid is not cancelled; raises ProviderRefused."""
        raise ProviderRefused(BALANCE, provider_payment_id, _REFUSAL)

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Done at once: on chain it came back to the account that paid, or had never left it."""
        return RefundStatus.DONE

    def verify(self, callback: Callback) -> Hint:
        """Nobody calls; raises InvalidCallback."""
        raise InvalidCallback(BALANCE, "a balance makes no callbacks")

    def answer(self, accepted: bool) -> Answer:
        """What whoever calls all the same hears."""
        return Answer(404, "text/plain", b"")

    def transactions(self, day: date) -> Iterator[BillLine]:
        """No bill: no fiat moves."""
        return iter(())
