"""A platform's operator keys: named by its owner, and its own only once they accept."""

from __future__ import annotations

from zhifu.contracts import PlatformRegistry
from zhifu.exceptions import WrongOperator
from zhifu.models import Operator
from zhifu.signing import Signer


def appoint(registry: PlatformRegistry, owner: Signer, platform: int, key: Signer) -> Operator:
    """Name a key of a platform and accept with it, for whoever holds both.

    Raises WrongKey unless `owner` is the platform's, and InvalidInput if the key is another
    platform's. A key that acts for the platform already goes on as it was.
    """
    registry.set_operator(owner, platform, key.address)
    return ensure_accepted(registry, platform, key)


def ensure_accepted(registry: PlatformRegistry, platform: int, key: Signer) -> Operator:
    """An operator that may act, which accepts first if it is named and has not yet.

    Raises WrongOperator for a key that was stopped, is another platform's, or was never named.
    """
    operator = registry.operator_of(key.address)
    if operator.platform == 0 and registry.is_named(platform, key.address):
        registry.accept_operator(key, platform)
        operator = registry.operator_of(key.address)
    if operator.platform != platform or not operator.active:
        raise WrongOperator(platform, key.address)
    return operator
