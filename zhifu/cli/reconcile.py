"""``zhifu reconcile``: do the providers' bills, the orders, the chain and the licences agree?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput
from zhifu.money import Money

if TYPE_CHECKING:
    from zhifu.gateway import Gateway
    from zhifu.ledger_days import ClosedDay
    from zhifu.providers import Provider
    from zhifu.reasons import Reason
    from zhifu.reconciliation import Item, Reconciliation, Sums

#: What is shown of the sums, each with its sign.
_TERMS = (
    ("Taken", "taken", 1),
    ("given back", "given_back", -1),
    ("taken back by banks", "taken_back", -1),
    ("On the bill", "on_bill", 1),
    ("In the books", "in_books", 1),
    ("differs, named below", "bill_differs", 1),
    ("fees beside it", "fees", -1),
    ("Orders paid", "orders", 1),
    ("refunded after they were settled", "refunded", -1),
    ("refunded before", "void", -1),
    ("still under way", "under_way", -1),
    ("Debited on chain", "on_chain", 1),
    ("differs, named below", "chain_differs", 1),
    ("Top-ups", "top_ups", 1),
    ("Of no order, goes back", "surplus", 1),
    ("Left over", "unexplained", 1),
)


@command(
    app,
    "reconcile",
    "zhifu reconcile",
    "zhifu reconcile --day 2026-03-31",
    "zhifu reconcile --day 2026-03-31 --platform udemy --json",
    "zhifu reconcile --day 2026-03-31 --close",
    panel=BOOKS,
)
def reconcile(
    session: Session,
    day: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only this day, as each provider counts its days."),
    ] = None,
    platform: Annotated[str | None, typer.Option("-p", "--platform", help="Only this one.")] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Close the day in the ledger, and tell its root.")
    ] = False,
) -> Answer:
    """Hold providers' bills, orders, chain and licences against each other.

    Names whatever is missing, extra, late or different, by how much, and what to do. Sums of each
    provider lead from what was taken to what was debited on chain, with nothing left over. The
    exit status is 1 if anything is neither matched nor explained.

    With --close a day (UTC) on which everything is gets its root over the ledger, for the network
    to publish and for creators to check their statements against.
    """
    chosen, asked = None if platform is None else session.directory.platform(platform), _day(day)
    with _gateway(session) as gateway:
        if close and asked is None:
            raise InvalidInput("close", "must be given with --day", close)
        found = gateway.reconcile(asked, platform=chosen)
        closed = gateway.close_day(asked) if close and asked and found.is_fine else None
    data = {**found.to_dict(), "closed": _closed_data(closed) if closed else None}
    shown = [*_shown(found), *_closed_shown(closed, asked=close)]
    return answer(data, *shown, exit_status=0 if found.is_fine else 1)


def _closed_data(closed: ClosedDay) -> dict[str, Any]:
    return {
        "day": closed.day.isoformat(),
        "root": "0x" + closed.root.hex(),
        "accounts": closed.leaves,
        "block": {"number": closed.block_number, "hash": closed.block_hash},
    }


def _closed_shown(closed: ClosedDay | None, *, asked: bool) -> list[str]:
    if closed is None:
        return ["The day is not closed: look into the above first."] if asked else []
    root = f"Closed {closed.day} up to block {closed.block_number:,}: root 0x{closed.root.hex()}"
    return [f"{root} over {closed.leaves:,} accounts of the ledger."]


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("day", "must be a date such as 2026-03-31", text) from None


def _gateway(session: Session) -> Gateway:
    """A gateway that signs nothing, with every account that may have bills."""
    from zhifu.config import make_providers
    from zhifu.gateway import Gateway

    settings = session.settings
    providers: dict[str, Provider] = dict(make_providers(settings))
    if session.sandbox_file.exists():
        providers.setdefault(session.sandbox.name, session.sandbox)
    accounts = {name: each.platforms for name, each in settings.providers.items() if each.platforms}
    return Gateway.open(
        settings.database_url,
        session.network,
        {},
        providers,
        accounts=accounts,
        confirmations=settings.chain.confirmations,
        clock=lambda: session.now,
    )


def _shown(found: Reconciliation) -> list[Any]:
    days = f"{found.first}" if found.first == found.last else f"{found.first} to {found.last}"
    shown: list[Any] = [f"{days}, as of block {found.block:,}."]
    shown += [table(("Compared", ">Matched"), _matched(found))]
    sums = found.together()
    if sums:
        shown.append(table(("", *(f">{name} {each}" for name, each in sums)), _rows(sums)))
    if explained := _explained(found):
        shown.append(table((">Count", "Explained", "What to do"), explained))
    if found.unexplained:
        columns = ("Day", "Verdict", "What is wrong", ">By", "What to do")
        shown.append(table(columns, (_item(each) for each in found.unexplained)))
        hidden = _hidden(found)
        return [*shown, *([f"And {hidden:,} more like these."] if hidden else [])]
    return [
        *shown,
        "Everything is matched or explained." if found.is_fine else "It does not add up.",
    ]


def _matched(found: Reconciliation) -> Iterable[tuple[str, str]]:
    from zhifu.reasons import Route

    return ((each.value, f"{found.matched.get(each, 0):,}") for each in Route)


def _rows(sums: dict[tuple[str, str], Sums]) -> list[list[str]]:
    rows = []
    for said, name, sign in _TERMS:
        amounts = [(sign * getattr(each, name), currency) for (_, currency), each in sums.items()]
        if name in ("on_bill", "in_books", "on_chain", "unexplained") or any(a for a, _ in amounts):
            rows.append([said, *(_plain(amount, currency) for amount, currency in amounts)])
    return rows


def _explained(found: Reconciliation) -> list[tuple[str, str, str]]:
    reasons = {each.reason.code: each.reason for each in found.items if each.reason.is_explained}
    return [
        (f"{found.counts[code]:,}", each.said, each.advice)
        for code, each in _sorted(reasons.values())
    ]


def _sorted(reasons: Iterable[Reason]) -> Sequence[tuple[str, Reason]]:
    return sorted((each.code, each) for each in reasons)


def _item(item: Item) -> tuple[object, ...]:
    amount = str(item.amount) if item.amount else ""
    return (item.day, item.reason.verdict.value, item.said, amount, item.reason.advice)


def _hidden(found: Reconciliation) -> int:
    codes = {each.reason.code for each in found.unexplained}
    return sum(found.counts[code] for code in codes) - len(found.unexplained)


def _plain(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).to_decimal():,f}"
