"""Sending back at its provider what came in and belongs to no order."""

from __future__ import annotations

from collections.abc import Mapping

from zhifu import rounds
from zhifu.exceptions import InputError, PaymentUnknown, ProviderRefused, UnknownProvider
from zhifu.paybackbook import Payback, PaybackBook
from zhifu.providers import Provider, RefundStatus
from zhifu.silence import is_left_alone


class Paybacks:
    """Makes the paybacks of `book` at `providers`."""

    def __init__(self, book: PaybackBook, providers: Mapping[str, Provider]) -> None:
        self._book = book
        self._providers = providers

    def make(self) -> int:
        """Ask for every payback that is to be made; how many are finished.

        One that is not finished is left alone for a while by what goes round by itself.
        One that its provider refuses is marked as failed, for a person to look into.
        """
        return rounds.each(self._book.open(due=rounds.is_running()), self._make)

    def _make(self, payback: Payback) -> bool:
        provider = self._providers.get(payback.provider)
        self._book.postpone(payback, is_tried=not is_left_alone(provider))
        if provider is None:
            raise UnknownProvider(payback.provider)
        try:
            status = provider.refund(payback.provider_payment_id, payback.amount, payback.id)
        except PaymentUnknown:
            # It will be asked again, under the same id.
            return False
        except (ProviderRefused, InputError) as refused:
            self._book.failed(payback, str(refused))
            return True
        if status is RefundStatus.DONE:
            self._book.paid_back(payback)
        elif status is RefundStatus.FAILED:
            self._book.failed(payback, "the provider's refund failed")
        return status is not RefundStatus.PENDING
