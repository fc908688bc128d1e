"""What a gateway's books say of the money that providers moved in a period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from zhifu.audit.books import require_ours
from zhifu.audit.records import DAY_SECONDS
from zhifu.deployment import Network
from zhifu.report.period import Period
from zhifu.store import Store

#: Beyond every time that a database holds.
_ALWAYS = 1 << 62


@dataclass(slots=True)
class Provider:
    """One provider in one currency: what it confirmed, kept as fees and gave back.

    `charged_back` is what payers' banks took back. Amounts are in minor units.
    """

    payments: int = 0
    received: int = 0
    fees: int = 0
    refunds: int = 0
    refunded: int = 0
    chargebacks: int = 0
    charged_back: int = 0


@dataclass(frozen=True, slots=True)
class Fiat:
    """Providers by name and currency, and the paid orders that wait for a batch (ledger units)."""

    providers: dict[tuple[str, str], Provider]
    waiting_orders: int
    waiting_units: int


def read_fiat(network: Network, url: str, period: Period) -> Fiat:
    """Read the gateway's database at `url`, as of one moment, and change nothing.

    Raises InvalidInput for one of another zhifu or none, ForeignDatabase for books of another
    deployment, DatabaseRefused and DatabaseUnreachable.
    """
    providers: dict[tuple[str, str], Provider] = defaultdict(Provider)
    times = {
        "first": 0 if period.first is None else period.first * DAY_SECONDS,
        "until": _ALWAYS if period.last is None else (period.last + 1) * DAY_SECONDS,
    }
    with Store.read_only(url) as store, store.reading() as transaction:
        require_ours(transaction, network)
        for name, currency, *found in transaction.rows("report_payments", **times):
            each = providers[name, currency]
            each.payments, each.received, each.fees = map(int, found)
        for name, currency, *found in transaction.rows("report_refunds", **times):
            each = providers[name, currency]
            each.refunds, each.refunded = map(int, found)
        for name, currency, *found in transaction.rows("report_chargebacks", **times):
            each = providers[name, currency]
            each.chargebacks, each.charged_back = map(int, found)
        orders, units = transaction.row("report_waiting") or (0, 0)
    return Fiat(dict(sorted(providers.items())), int(orders), int(units))
