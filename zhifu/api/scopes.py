"""What an API key may do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from zhifu.exceptions import InvalidInput


class Scope(str, Enum):
    """One permission of an API key; to write does not include to read."""

    BALANCES_READ = "balances:read"
    CONTENTS_READ = "contents:read"
    DISPUTES_READ = "disputes:read"
    DISPUTES_WRITE = "disputes:write"
    EVENTS_READ = "events:read"
    LEARNERS_READ = "learners:read"
    LEARNERS_WRITE = "learners:write"
    LICENCES_READ = "licences:read"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PAY_OUTS_READ = "payouts:read"
    PAY_OUTS_WRITE = "payouts:write"
    PLATFORMS_READ = "platforms:read"
    REFUNDS_READ = "refunds:read"
    REFUNDS_WRITE = "refunds:write"
    TOP_UPS_READ = "top-ups:read"
    TOP_UPS_WRITE = "top-ups:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    WITHDRAWALS_READ = "withdrawals:read"
    WITHDRAWALS_WRITE = "withdrawals:write"


ALL = frozenset(Scope)


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names, "all" for every one; raises InvalidInput for any other."""
    known = {scope.value: frozenset({scope}) for scope in Scope} | {"all": ALL}
    found: set[Scope] = set()
    for name in names:
        if name not in known:
            raise InvalidInput("scope", f"must be some of {', '.join(sorted(known))}", name)
        found |= known[name]
    if not found:
        raise InvalidInput("scope", "must be given")
    return frozenset(found)
