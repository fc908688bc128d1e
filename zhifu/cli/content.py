"""``zhifu content``: what is offered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.learner import Platform
from zhifu.cli.plan import (
    REFERRER_BPS,
    SELLER_BPS,
    Creators,
    HostBps,
    NetworkBps,
    ReferrerBps,
    SellerBps,
    divided,
    split_plan,
)
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.cli.terms import Bound, Duration, Renewable, RoyaltyBps, terms_of, told
from zhifu.cli.turn import turn_of
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhifu.models import PriceStep, Publication, SplitPlan, Terms

content = group(
    app, "content", "Publish contents, with prices, terms and split plans.", panel=MEMBERS
)

_FIRST_DAY = date(1970, 1, 1)

Which = Annotated[
    str, typer.Argument(metavar="CONTENT", help="Its number, or platform/ref such as edx/cs50.")
]


@command(
    content,
    "publish",
    "zhifu content publish --platform edx --ref cs50 --price 49.00",
    "zhifu content publish --platform edx --ref weekly --price 9.00 --duration 30d --renewable",
    "zhifu content publish --platform edx --file catalogue.csv --limit 100",
)
def publish(
    session: Session,
    platform: Platform,
    ref: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The platform's own name for the content.")
    ] = None,
    price: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="In the network's currency, as 49.00.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Publish many: a catalogue (.csv, .csv.gz), or a JSON array of {ref, price}."
            " What is published already is passed over.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Take only so many contents of the file.")
    ] = None,
    window_class: Annotated[
        int, typer.Option(help="The refund-window class: 0 is 14 days, 1 is 30, 2 is 7.")
    ] = 0,
    creator: Creators = None,
    seller_bps: SellerBps = SELLER_BPS,
    referrer_bps: ReferrerBps = REFERRER_BPS,
    host_bps: HostBps = None,
    network_bps: NetworkBps = None,
    duration: Duration = None,
    renewable: Renewable = False,
    bound: Bound = False,
    royalty_bps: RoyaltyBps = 0,
) -> Answer:
    """Publish one content, or those of a file. Signed by an operator of the host platform.

    The price is divided by the split plan; all shares make 10000 basis points (bps). What a licence
    is (how long it lasts, and so on) stays as it is published.
    """
    host = session.directory.platform(platform)
    shares = (seller_bps, referrer_bps, host_bps, network_bps)
    plan = split_plan(session, host, creator or [], *shares)
    terms = terms_of(duration, renewable, bound, royalty_bps)
    if (ref is None) == (file is None):
        raise InvalidInput("ref", "must be given, or else --file")
    if file is None:
        return _one(session, host, str(ref), price, window_class, plan, terms)
    numbers, passed_over = publish_file(session, host, file, plan, window_class, limit, terms)
    return _many(session, host, numbers, passed_over)


@command(content, "list", "zhifu content list --platform edx --limit 20")
def list_contents(
    session: Session,
    platform: Annotated[
        str | None,
        typer.Option("--platform", "-p", metavar="PLATFORM", help="Only those it hosts."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> Answer:
    """Show contents with today's prices."""
    from zhifu.deployment import DAY_SECONDS

    directory = session.directory
    host = directory.platform(platform) if platform else None
    found = [each for each in directory.contents.values() if host in (None, each.host)]
    today = session.now // DAY_SECONDS
    asked = [(each.number, today) for each in found[:limit]]
    data = [
        {
            "content": each.number,
            "name": directory.content_name(each.number),
            "price_units": price,
            "price": session.amounts.shown(price),
            "on_sale": active,
            "terms": asdict(each.terms),
        }
        for each, (price, active) in zip(
            found, session.network.settlement.read_many("priceOn", asked), strict=False
        )
    ]
    rows = [
        (each["content"], each["name"], each["price"], "yes" if each["on_sale"] else "no")
        for each in data
    ]
    shown = [table((">Number", "Content", ">Price", "On sale"), rows)]
    more = f"{len(found) - limit} more: --limit" if len(found) > limit else ""
    return answer(data, *shown, *filter(None, [more]))


@command(content, "price", "zhifu content price edx/cs50 59.00")
def price(
    session: Session,
    which: Which,
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="In the network's currency, as 59.00.")
    ],
) -> Answer:
    """Set a content's price from tomorrow (UTC). Signed by an operator of its host."""
    number = session.directory.content(which)
    units = session.amounts.units(amount)
    with turn_of(session, _host(session, number)) as operator:
        receipt = session.network.license.set_price(operator, number, units)
    data = {"content": number, "price_units": units, "transaction": receipt.transaction_hash}
    said = f"From tomorrow (UTC), {which} costs {session.amounts.shown(units)}."
    return answer(data, said)


@command(content, "prices", "zhifu content prices edx/cs50 2026-11-27=39.00 2026-12-01=49.00")
def prices(
    session: Session,
    which: Which,
    steps: Annotated[
        list[str],
        typer.Argument(
            metavar="DAY=AMOUNT...",
            help="Prices, and the days (UTC) that they hold from, ascending.",
        ),
    ],
) -> Answer:
    """Set a content's price on later days, in place of all that was set for them.

    Signed by an operator of its host. Until the first of these days, today's price goes on.
    """
    number = session.directory.content(which)
    found = [_step(session, text) for text in steps]
    with turn_of(session, _host(session, number)) as operator:
        receipt = session.network.license.set_prices(operator, number, found)
    days = [(str(_FIRST_DAY + timedelta(step.from_day)), step.price) for step in found]
    data = {
        "content": number,
        "prices": [{"from_day": day, "price_units": units} for day, units in days],
        "transaction": receipt.transaction_hash,
    }
    rows = [(day, session.amounts.shown(units)) for day, units in days]
    return answer(data, table((f"{which} from", ">Price"), rows))


@command(content, "plan", "zhifu content plan edx/cs50 --seller-bps 1000 --referrer-bps 0")
def change_plan(
    session: Session,
    which: Which,
    creator: Creators = None,
    seller_bps: SellerBps = SELLER_BPS,
    referrer_bps: ReferrerBps = REFERRER_BPS,
    host_bps: HostBps = None,
    network_bps: NetworkBps = None,
) -> Answer:
    """Divide a content's price by another split plan, from its next epoch on.

    Signed by an operator of its host. Orders made before keep the plan they were made under.
    """
    number = session.directory.content(which)
    host = session.network.license.host_of(number)
    shares = (seller_bps, referrer_bps, host_bps, network_bps)
    plan = split_plan(session, host, creator or [], *shares)
    license_ = session.network.license
    with turn_of(session, session.operator(host)) as operator:
        receipt = license_.set_plan(operator, number, plan)
    (event,) = license_.emitted(receipt, "PlanChanged")
    window = session.network.settlement.window_of(session.directory.published(number).window_class)
    since = event["fromEpoch"] * window
    data = {
        "content": number,
        "version": event["version"],
        "since": since,
        "transaction": receipt.transaction_hash,
    }
    when = datetime.fromtimestamp(since, timezone.utc)
    said = f"From {when:%Y-%m-%d %H:%M} UTC, {which} is divided by plan {event['version']}."
    return answer(data, said, divided(plan))


@command(content, "open", "zhifu content open edx/cs50")
def open_content(session: Session, which: Which) -> Answer:
    """Offer a content for sale again. Signed by an operator of its host."""
    return _set_active(session, which, active=True)


@command(content, "close", "zhifu content close edx/cs50")
def close_content(session: Session, which: Which) -> Answer:
    """Sell a content no longer; licences stay. Signed by an operator of its host."""
    return _set_active(session, which, active=False)


def publish_file(
    session: Session,
    host: int,
    file: Path,
    plan: SplitPlan,
    window_class: int = 0,
    limit: int | None = None,
    terms: Terms | None = None,
) -> tuple[dict[str, int], int]:
    """Publish a file's contents that are not yet; their numbers by reference, and how many were."""
    from zhifu.models import PERPETUAL
    from zhifu.publishing import from_file

    deployment = session.network.deployment
    name = session.directory.platform_name(host)
    unit = (deployment.currency, deployment.ledger_decimals)
    found = list(from_file(file, name, *unit, plan, window_class, terms or PERPETUAL))[:limit]
    if not found:
        raise InvalidInput("file", f"must hold contents of {name} that are sold", str(file))
    numbers = _publish(session, host, found)
    return numbers, len(found) - len(numbers)


def _publish(session: Session, host: int, found: Sequence[Publication]) -> dict[str, int]:
    from zhifu.publishing import publish_missing

    turn, progress = turn_of(session, session.operator(host)), session.progress
    with turn as operator, progress("Publishing", len(found)) as advance:
        numbers = publish_missing(session.network, operator, host, found, published=advance)
    session.refresh()
    return numbers


def _one(
    session: Session,
    host: int,
    ref: str,
    price: str | None,
    window_class: int,
    plan: SplitPlan,
    terms: Terms,
) -> Answer:
    from zhifu.models import Publication

    if price is None:
        raise InvalidInput("price", "must be given with --ref")
    if window_class not in range(len(session.network.deployment.windows)):
        raise InvalidInput("window_class", "must be a class of the network", window_class)
    publication = Publication(ref, session.amounts.units(price, "price"), window_class, plan, terms)
    known = session.network.license.content_of(host, ref)
    if known:
        raise InvalidInput("ref", f"must be new: it is content {known}", ref)
    number = _publish(session, host, [publication])[ref]
    name = session.directory.content_name(number)
    data = {
        "content": number,
        "name": name,
        "price_units": publication.price,
        "price": session.amounts.shown(publication.price),
        "terms": asdict(terms),
    }
    said = f"{name} is content {number}, at {data['price']}. {told(terms)}"
    return answer(data, said, divided(plan))


def _many(session: Session, host: int, numbers: dict[str, int], passed_over: int) -> Answer:
    name = session.directory.platform_name(host)
    contents = [{"content": number, "ref": ref} for ref, number in numbers.items()]
    data = {"platform": host, "published": contents, "passed_over": passed_over}
    said = f"Published {len(contents)} contents of {name}; {passed_over} were already."
    return answer(data, said)


def _step(session: Session, text: str) -> PriceStep:
    from zhifu.models import PriceStep

    written, equals, amount = text.partition("=")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = date.min
    # From Python 3.11 on, fromisoformat also takes week dates and dates without hyphens.
    if not equals or day < _FIRST_DAY or day.isoformat() != written:
        raise InvalidInput("prices", "must be DAY=AMOUNT, as 2026-11-27=39.00", text)
    return PriceStep((day - _FIRST_DAY).days, session.amounts.units(amount, "prices"))


def _host(session: Session, number: int) -> Any:
    return session.operator(session.network.license.host_of(number))


def _set_active(session: Session, which: str, *, active: bool) -> Answer:
    number = session.directory.content(which)
    with turn_of(session, _host(session, number)) as operator:
        receipt = session.network.license.set_active(operator, number, active)
    data = {"content": number, "on_sale": active, "transaction": receipt.transaction_hash}
    return answer(data, f"{which} is {'on sale' if active else 'closed'}.")
