"""What the tests of Stripe have in common."""

from __future__ import annotations

from tests.integration.stripe.scene import scene, staged, switch, url

__all__ = ["scene", "staged", "switch", "url"]
