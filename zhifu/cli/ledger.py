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
    from zhifu.ledger import Line, Of
    from zhifu.ledger_check import Wrong
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
_PAYMENT = Annotated[
    str | None,
    typer.Option(metavar="PAYMENT", help="A payment's id, or PROVIDER/what its provider calls it."),
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

    An account's balance is what came in less what went out: `tokens`, which everything on chain
    comes from, is below zero by what the network owes, and `provider:` by what a provider owes. All
    balances together are zero, on chain and in the books of each platform.
    """
    if at is not None and last is not None:
        raise InvalidInput("at", "must be given without --to", at)
    until = _time("at", at, after=True) if at else _time("to", last, after=True)
    with session.gateway() as gateway:
        gateway.follow_books()
        of = _of(session, account, None, None, content, learner, creator, platform)
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
    "zhifu ledger movements --payment stripe/pi_3Qx7",
    "zhifu ledger movements -l 7 --content edx/cs50 --json",
)
def movements(
    session: Session,
    account: _ACCOUNT = None,
    order: _ORDER = None,
    payment: _PAYMENT = None,
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

    All that is asked for must hold. Each movement names the block and the log that say so, or the
    payment and what became of it. An order and a payment stand for what the chain did with them.
    """
    with session.gateway() as gateway:
        gateway.follow_books()
        of = _of(session, account, order, payment, content, learner, creator, platform)
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
    """Add everything up again, and make the books' entries anew from what happened.

    Balances follow from movements, entries of the books from the events of payments, the two sides
    of settled orders from each other, and the roots of closed days from what moved on them. The
    exit status is 1 if anything does not follow.
    """
    with session.gateway() as gateway:
        wrong = list(gateway.check_ledger())
    if not wrong:
        return answer([], "All balances, entries, settled orders and closed days follow.")
    data, said = zip(*(_told(session, each) for each in wrong), strict=True)
    return answer(list(data), *said, exit_status=1)


def _told(session: Session, wrong: Wrong) -> tuple[dict[str, Any], str]:
    """What does not follow as data, and in a sentence."""
    from zhifu.ledger_check import UntiedOrder, WrongBalance, WrongEntry

    if isinstance(wrong, WrongBalance):
        name = wrong.account
        balance, moved = (_shown(session, each, name) for each in (wrong.balance, wrong.transfers))
        data: dict[str, Any] = {"account": name, "balance": balance, "movements": moved}
        return data, f"{name} has {balance}, and its movements make {moved}."
    if isinstance(wrong, WrongEntry):
        stored, found = (
            None if each is None else _movement(session, each)
            for each in (wrong.stored, wrong.found)
        )
        data = {"platform": wrong.platform, "event": wrong.event, "stored": stored, "found": found}
        has, makes = (_short(each) for each in (stored, found))
        return data, f"Event {wrong.event} of platform {wrong.platform} has {has}, not {makes}."
    if isinstance(wrong, UntiedOrder):
        books, chain = (session.amounts.shown(each) for each in (wrong.in_books, wrong.on_chain))
        data = {"order": wrong.order, "place": wrong.place, "in_books": books, "on_chain": chain}
        said = f"{wrong.order} has {books} in the books and {chain} on chain, as {wrong.place}."
        return data, said
    closed, now = f"0x{wrong.stored.hex()}", f"0x{wrong.found.hex()}"
    data = {"day": f"{wrong.day}", "closed_with": closed, "found": now}
    return data, f"{wrong.day} was closed with {closed}, and has {now} now."


def _short(moved: dict[str, Any] | None) -> str:
    if moved is None:
        return "nothing"
    return "{amount} ({kind}) from {debit} to {credit}".format_map(moved)


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
    account: str | None,
    order: str | None,
    payment: str | None,
    content: str | None,
    learner: int | None,
    creator: str | None,
    platform: str | None,
) -> Of:
    from zhifu.ledger import Of

    return Of(
        account=None if account is None else _account(session, account),
        order=order,
        payment=payment,
        learner=learner,
        content=None if content is None else session.directory.content(content),
        creator=None if creator is None else session.address(creator, "creator"),
        platform=None if platform is None else session.directory.platform(platform),
    )


def _account(session: Session, text: str) -> str:
    from zhifu import chart

    return text if chart.is_name(text) else chart.available(session.account(text))


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
    from zhifu import chart

    amounts = {
        "opening": line.opening,
        "debits": line.debits,
        "credits": line.credits,
        "balance": line.closing,
    }
    return {
        "account": line.account,
        "currency": chart.currency_of(line.account),
        **{name: _shown(session, each, line.account) for name, each in amounts.items()},
        **{f"{name}_units": each for name, each in amounts.items()},
    }


def _movement(session: Session, moved: Transfer) -> dict[str, Any]:
    from zhifu import chart

    return {
        **moved._asdict(),
        "when": shown_time(moved.at),
        "currency": chart.currency_of(moved.debit),
        "amount": _shown(session, moved.amount, moved.debit),
        "amount_units": moved.amount,
    }


def _shown(session: Session, amount: int, account: str) -> str:
    """An amount of an account, in its currency."""
    from zhifu import chart
    from zhifu.money import Money

    currency = chart.currency_of(account)
    return session.amounts.shown(amount) if currency is None else str(Money(amount, currency))
