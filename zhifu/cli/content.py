"""``zhifu content``: what is offered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.learner import Platform
from zhifu.cli.root import MEMBERS, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhifu.models import Publication, Share, SplitPlan

content = group(app, "content", "Publish contents, with prices and split plans.", panel=MEMBERS)

Which = Annotated[
    str, typer.Argument(metavar="CONTENT", help="Its number, or platform/ref such as edx/cs50.")
]


@command(
    content,
    "publish",
    "zhifu content publish --platform edx --ref cs50 --price 49.00",
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
    creator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS[:BPS]",
            help="A creator and their share in basis points; the only one without a share gets the"
            " rest. A development key on a local chain.",
        ),
    ] = None,
    seller_bps: Annotated[int, typer.Option(help="The selling platform's share, bps.")] = 1500,
    referrer_bps: Annotated[
        int, typer.Option(help="The referrer's share, the seller's when there is none, bps.")
    ] = 500,
    host_bps: Annotated[
        int | None, typer.Option(help="The hosting platform's share, bps; its least by default.")
    ] = None,
    network_bps: Annotated[
        int | None, typer.Option(help="The network's share, bps; its least by default.")
    ] = None,
) -> Answer:
    """Publish one content, or those of a file. Signed by an operator of the host platform.

    The price is divided by the split plan; all shares make 10000 basis points (bps).
    """
    host = session.directory.platform(platform)
    terms = session.network.registry.platform_of(host)
    shares = (
        seller_bps,
        referrer_bps,
        terms.host_bps if host_bps is None else host_bps,
        terms.network_bps if network_bps is None else network_bps,
    )
    plan = split_plan(session, host, shares, creator or [])
    if (ref is None) == (file is None):
        raise InvalidInput("ref", "must be given, or else --file")
    if file is None:
        return _one(session, host, str(ref), price, window_class, plan)
    numbers, passed_over = publish_file(session, host, file, plan, window_class, limit)
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
    receipt = session.network.license.set_price(_host(session, number), number, units)
    data = {"content": number, "price_units": units, "transaction": receipt.transaction_hash}
    said = f"From tomorrow (UTC), {which} costs {session.amounts.shown(units)}."
    return answer(data, said)


@command(content, "open", "zhifu content open edx/cs50")
def open_content(session: Session, which: Which) -> Answer:
    """Offer a content for sale again. Signed by an operator of its host."""
    return _set_active(session, which, active=True)


@command(content, "close", "zhifu content close edx/cs50")
def close_content(session: Session, which: Which) -> Answer:
    """Sell a content no longer; licences stay. Signed by an operator of its host."""
    return _set_active(session, which, active=False)


def split_plan(
    session: Session, host: int, shares: tuple[int, int, int, int], creators: Sequence[str]
) -> SplitPlan:
    """A plan of the shares of seller, referrer, host and network, and creators as typed."""
    from zhifu.keyring import creator_key
    from zhifu.models import SplitPlan

    if not creators:
        if not session.is_local:
            raise InvalidInput("creator", "must be given, except on a local chain")
        key = creator_key(session.directory.platform_name(host))
        creators = [session.keyring.ensure(key).address]
    rest = 10_000 - sum(shares)
    return SplitPlan(
        *shares, tuple(_share(session, text, rest, len(creators)) for text in creators)
    )


def publish_file(
    session: Session,
    host: int,
    file: Path,
    plan: SplitPlan,
    window_class: int = 0,
    limit: int | None = None,
) -> tuple[dict[str, int], int]:
    """Publish a file's contents that are not yet; their numbers by reference, and how many were."""
    from zhifu.publishing import from_file

    deployment = session.network.deployment
    name = session.directory.platform_name(host)
    found = list(
        from_file(file, name, deployment.currency, deployment.ledger_decimals, plan, window_class)
    )[:limit]
    if not found:
        raise InvalidInput("file", f"must hold contents of {name} that are sold", str(file))
    numbers = _publish(session, host, found)
    return numbers, len(found) - len(numbers)


def _publish(session: Session, host: int, found: Sequence[Publication]) -> dict[str, int]:
    from zhifu.publishing import publish_missing

    operator = session.operator(host)
    with session.progress("Publishing", len(found)) as advance:
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
) -> Answer:
    from zhifu.models import Publication

    if price is None:
        raise InvalidInput("price", "must be given with --ref")
    if window_class not in range(len(session.network.deployment.windows)):
        raise InvalidInput("window_class", "must be a class of the network", window_class)
    publication = Publication(ref, session.amounts.units(price), window_class, plan)
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
    }
    return answer(data, f"{name} is content {number}, at {data['price']}.", _divided(plan))


def _many(session: Session, host: int, numbers: dict[str, int], passed_over: int) -> Answer:
    name = session.directory.platform_name(host)
    contents = [{"content": number, "ref": ref} for ref, number in numbers.items()]
    data = {"platform": host, "published": contents, "passed_over": passed_over}
    said = f"Published {len(contents)} contents of {name}; {passed_over} were already."
    return answer(data, said)


def _divided(plan: SplitPlan) -> Any:
    payees = [
        ("seller", plan.seller_bps),
        ("referrer", plan.referrer_bps),
        ("host", plan.host_bps),
        ("network", plan.network_bps),
        *((f"creator {share.payee}", share.bps) for share in plan.creators),
    ]
    rows = [(payee, f"{bps / 100:.2f} %") for payee, bps in payees]
    return table(("Of each price", ">Share"), rows)


def _share(session: Session, text: str, rest: int, creators: int) -> Share:
    from zhifu.models import Share

    payee, colon, bps = text.rpartition(":")
    if colon and bps.isdigit():
        return Share(session.address(payee), int(bps))
    if creators > 1:
        raise InvalidInput(
            "creator", "must have a share, as ADDRESS:BPS, if there are several", text
        )
    return Share(session.address(text), rest)


def _host(session: Session, number: int) -> Any:
    host, _ = session.network.license.plan_of(number)
    return session.operator(host)


def _set_active(session: Session, which: str, *, active: bool) -> Answer:
    number = session.directory.content(which)
    receipt = session.network.license.set_active(_host(session, number), number, active)
    data = {"content": number, "on_sale": active, "transaction": receipt.transaction_hash}
    return answer(data, f"{which} is {'on sale' if active else 'closed'}.")
