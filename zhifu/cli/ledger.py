"""``zhifu ledger``: what accounts have and had, what moved, and whether it follows."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.cli.when import shown_time
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.gateway import Gateway
    from zhifu.ledger import Line, Of
    from zhifu.transfers import Transfer

_LEDGER = group(app, "ledger", "The double-entry ledger: balances, and what moved.", panel=BOOKS)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FEW = 200
_DAY_SECONDS = 86_400

_ACCOUNT = Annotated[
    str | None,
    typer.Argument(
        metavar="[ACCOUNT]",
        help="platform:NAME, network, an address, a key, or a name of the ledger's own.",
    ),
]
_ORDER = Annotated[
    str | None, typer.Option(metavar="ORDER", help="An order's id, here or on chain.")
]
_CONTENT = Annotated[str | None, typer.Option(metavar="CONTENT", help="HOST/REF, or a number.")]
_LEARNER = Annotated[
    int | None, typer.Option("-l", "--learner", metavar="NUMBER", help="This learner's.")
]
_CREATOR = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A creator or referrer.")]
_PLATFORM = Annotated[
    str | None,
    typer.Option("-p", "--platform", help="Its accounts, its learners' and its contents' holds."),
]
_FROM = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="From this day or moment (UTC) on.")
]
_TO = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Up to and with this day or moment.")
]


@command(
    _LEDGER,
    "balances",
    "zhifu ledger balances",
    "zhifu ledger balances platform:udemy --at 2026-03-31",
    "zhifu ledger balances -p edx --from 2026-03-01 --to 2026-03-31 --json",
)
def balances(
    session: Session,
    account: _ACCOUNT = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="What it was at the end of this day, or then."),
    ] = None,
    learner: _LEARNER = None,
    content: _CONTENT = None,
    creator: _CREATOR = None,
    platform: _PLATFORM = None,
    first: _FROM = None,
    last: _TO = None,
) -> Answer:
    """Tell what accounts have, or had at a time, with what went out of them and into them.

    An account's balance is what came in less what went out: `tokens`, which everything comes from,
    is below zero by what the network owes. All balances together are zero.
    """
    if at is not None and last is not None:
        raise InvalidInput("at", "must be given without --to", at)
    until = _time("at", at, after=True) if at else _time("to", last, after=True)
    with session.gateway() as gateway:
        of = _of(session, gateway, account, None, content, learner, creator, platform)
        lines = list(gateway.ledger_lines(of, since=_time("from", first), until=until))
    data = [_line(session, each) for each in lines]
    columns = ("Account", ">Before", ">Out", ">In", ">Balance")
    names = ("account", "opening", "debits", "credits", "balance")
    if not data:
        return answer(data, "Nothing ever happened to such an account.")
    return answer(data, table(columns, ([each[name] for name in names] for each in data)))


@command(
    _LEDGER,
    "movements",
    "zhifu ledger movements platform:udemy --from 2026-03-01 --to 2026-03-31",
    "zhifu ledger movements --order 1/1/1/0",
    "zhifu ledger movements -l 7 --content edx/cs50 --json",
)
def movements(
    session: Session,
    account: _ACCOUNT = None,
    order: _ORDER = None,
    learner: _LEARNER = None,
    content: _CONTENT = None,
    creator: _CREATOR = None,
    platform: _PLATFORM = None,
    first: _FROM = None,
    last: _TO = None,
    limit: Annotated[
        int, typer.Option(metavar="COUNT", min=1, help="At most so many, the first ones.")
    ] = _FEW,
) -> Answer:
    """Tell what moved from account to account, in the order it happened, and why.

    All that is asked for must hold. Each movement names the block and the log that say so.
    """
    with session.gateway() as gateway:
        of = _of(session, gateway, account, order, content, learner, creator, platform)
        found = gateway.movements(
            of, since=_time("from", first), until=_time("to", last, after=True)
        )
        taken = list(islice(found, limit + 1))
    data = [_movement(session, each) for each in taken[:limit]]
    if not data:
        return answer(data, "Nothing moved.")
    columns = ("When", "Kind", "Out of", "Into", ">Amount", "Order")
    names = ("when", "kind", "debit", "credit", "amount", "order")
    rows = ([each[name] or "" for name in names] for each in data)
    more = ["There are more: --limit, or --from."] if len(taken) > limit else []
    return answer(data, table(columns, rows), *more)


@command(_LEDGER, "check", "zhifu ledger check")
def check(session: Session) -> Answer:
    """Add everything up again: balances from movements, and the roots of closed days.

    The exit status is 1 if anything does not follow.
    """
    from zhifu.ledger_days import WrongBalance

    with session.gateway() as gateway:
        wrong = list(gateway.check_ledger())
    data = [
        {
            "account": each.account,
            "balance": session.amounts.shown(each.balance),
            "movements": session.amounts.shown(each.transfers),
        }
        if isinstance(each, WrongBalance)
        else {
            "day": f"{each.day}",
            "closed_with": f"0x{each.stored.hex()}",
            "found": f"0x{each.found.hex()}",
        }
        for each in wrong
    ]
    if not data:
        return answer(data, "All balances and all closed days follow from what moved.")
    parts = [
        f"{each['account']} has {each['balance']}, and its movements make {each['movements']}."
        if "account" in each
        else f"{each['day']} was closed with {each['closed_with']}, and has {each['found']} now."
        for each in data
    ]
    return answer(data, *parts, exit_status=1)


@command(_LEDGER, "proof", "zhifu ledger proof platform:udemy --day 2026-03-31 --json")
def proof(
    session: Session,
    account: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="As of `zhifu ledger balances`.")
    ],
    day: Annotated[str, typer.Option(metavar="DATE", help="A day (UTC).")],
) -> Answer:
    """Prove what an account had and did on a day, to whoever knows the day's root."""
    with session.gateway() as gateway:
        found = gateway.day_proof(_day("day", day), _account(session, account))
    told = found.to_dict()
    said = f"{account} had {session.amounts.shown(found.line.closing)} after {day}."
    return answer(told, said, f"Root {told['root']}, leaf {found.leaf} of {found.leaves}.")


def _of(
    session: Session,
    gateway: Gateway,
    account: str | None,
    order: str | None,
    content: str | None,
    learner: int | None,
    creator: str | None,
    platform: str | None,
) -> Of:
    from zhifu.ledger import Of

    return Of(
        account=None if account is None else _account(session, account),
        order=None if order is None else _order(gateway, order),
        learner=learner,
        content=None if content is None else session.directory.content(content),
        creator=None if creator is None else session.address(creator, "creator"),
        platform=None if platform is None else session.directory.platform(platform),
    )


def _account(session: Session, text: str) -> str:
    from zhifu import chart

    return text if chart.is_of_chain(text) else chart.available(session.account(text))


def _order(gateway: Gateway, text: str) -> str:
    """An order's name in the ledger; one of these books stands where its batch has it."""
    if not text.startswith("ord_"):
        return text
    order = gateway.order(text)
    if order.batch is None:
        return text
    place = order.batch
    return f"{order.platform}/{place.lane}/{place.number}/{place.position}"


def _time(option: str, text: str | None, *, after: bool = False) -> int | None:
    """A day or a moment (UTC) in Unix seconds; the first second behind it if `after`."""
    if text is None:
        return None
    if _DATE.fullmatch(text):
        day = _day(option, text)
        begins = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        return int(begins.timestamp()) + int(after) * _DAY_SECONDS
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        rule = "must be a day or a moment such as 2026-03-31 or 2026-03-31T12:00:00"
        raise InvalidInput(option, rule, text) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) + int(after)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(option, "must be a day such as 2026-03-31", text) from None


def _line(session: Session, line: Line) -> dict[str, Any]:
    shown = session.amounts.shown
    return {
        "account": line.account,
        "opening": shown(line.opening),
        "debits": shown(line.debits),
        "credits": shown(line.credits),
        "balance": shown(line.closing),
        "opening_units": line.opening,
        "debits_units": line.debits,
        "credits_units": line.credits,
        "balance_units": line.closing,
    }


def _movement(session: Session, moved: Transfer) -> dict[str, Any]:
    return {
        **moved._asdict(),
        "when": shown_time(moved.at),
        "amount": session.amounts.shown(moved.amount),
        "amount_units": moved.amount,
    }
