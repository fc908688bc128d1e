"""Stripe: cards and whatever else a Stripe account takes, through PaymentIntents."""

from __future__ import annotations

from zhifu.providers.stripe._provider import StripeProvider

__all__ = ["StripeProvider"]
