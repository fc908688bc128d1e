"""Holding bills, orders, chain and licences against each other."""

from __future__ import annotations

from datetime import date

from zhifu.gateway._following import Following
from zhifu.reconciliation import Reconciliation


class Reconciling(Following):
    """That part of `Gateway`."""

    def reconcile(self, day: date | None = None, *, platform: int | None = None) -> Reconciliation:
        """Hold providers' bills, orders, chain and licences against each other.

        Of a day, as each provider counts its days, or of all that was ever paid; of a platform or
        of all. Follows the chain first, asks the providers for their bills, changes nothing.

        Raises InvalidInput for a day to come, UnknownPlatform, PaymentUnknown where a bill that
        must be there is not answered, ProviderRefused, and ChainError.
        """
        self.sync()
        return self._reconciler.reconcile(self._clock(), day, platform)
