"""How often a property is tried. The chain is only read, so examples need no isolation."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Brownie replaces the public name by one that reverts the chain after every example.
from hypothesis.core import given

__all__ = ["examples", "given"]


def examples(count: int) -> settings:
    """Try a property on so many examples."""
    fixtures = HealthCheck.function_scoped_fixture
    return settings(max_examples=count, deadline=None, suppress_health_check=[fixtures])
