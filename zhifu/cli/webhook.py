"""``zhifu webhook``: where platforms are told what happens, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command, group
from zhifu.cli.outgoing import Platform, outgoing
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.cli.when import shown_time

if TYPE_CHECKING:
    from zhifu.notify.endpoints import Endpoint
    from zhifu.notify.feed import Delivery, Feed

webhook = group(app, "webhook", "Tell platforms what happens, by signed webhooks.", panel=TRADE)

_DAY_SECONDS = 86_400

Which = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", "-t", metavar="TYPE", help="An event type, or order.*; all if none."),
]


@command(
    webhook,
    "add",
    "zhifu webhook add https://hooks.udemy.example/zhifu -p udemy",
    "zhifu webhook add https://hooks.udemy.example/zhifu -p udemy -t order.paid -t refund.*",
)
def add(
    session: Session,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to, by https.")],
    platform: Platform,
    types: Types = None,
    test: Annotated[bool, typer.Option(help="For the events of `zhifu trigger` only.")] = False,
) -> Answer:
    """Tell a platform's server what happens from now on, and show the secret that signs it.

    The secret is not shown again. On a local chain the URL may lead to this machine, by http.
    """
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        endpoint, secret = found.endpoints.add(number, url, types or ("*",), test=test)
    said = f"{endpoint.id} gets {' '.join(endpoint.types)}. Its secret, shown this once: {secret}"
    return answer({**_data(endpoint), "secret": secret}, said)


@command(webhook, "list", "zhifu webhook list -p udemy")
def list_endpoints(session: Session, platform: Platform) -> Answer:
    """Show a platform's endpoints."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        endpoints = found.endpoints.of(number)
    rows = [
        (each.id, each.url, " ".join(each.types), _state(each), "test" if each.test else "live")
        for each in endpoints
    ]
    data = [_data(each) for each in endpoints]
    return answer(data, table(("Endpoint", "URL", "Events", "State", "For"), rows))


@command(webhook, "change", "zhifu webhook change end_0c5d9a8f2b4e6d71 -p udemy -t order.*")
def change(
    session: Session,
    endpoint: Which,
    platform: Platform,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Send it there instead.")] = None,
    types: Types = None,
) -> Answer:
    """Send an endpoint's events elsewhere, or other ones."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        changed = found.endpoints.change(number, endpoint, url=url, types=types)
    return answer(_data(changed), f"{changed.id} gets {' '.join(changed.types)} at {changed.url}")


@command(webhook, "enable", "zhifu webhook enable end_0c5d9a8f2b4e6d71 -p udemy")
def enable(session: Session, endpoint: Which, platform: Platform) -> Answer:
    """Let an endpoint go on where it was disabled: what happened since is sent now."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        changed = found.endpoints.enable(number, endpoint)
    return answer(_data(changed), f"{changed.id} is {_state(changed)}.")


@command(webhook, "disable", "zhifu webhook disable end_0c5d9a8f2b4e6d71 -p udemy")
def disable(session: Session, endpoint: Which, platform: Platform) -> Answer:
    """Send an endpoint nothing until it is enabled again; nothing is lost meanwhile."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        changed = found.endpoints.disable(number, endpoint)
    return answer(_data(changed), f"{changed.id} is {_state(changed)}.")


@command(webhook, "remove", "zhifu webhook remove end_0c5d9a8f2b4e6d71 -p udemy")
def remove(session: Session, endpoint: Which, platform: Platform) -> Answer:
    """Take an endpoint away, with its secrets and its delivery log."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        found.endpoints.remove(number, endpoint)
    return answer({"endpoint": endpoint, "removed": True}, f"{endpoint} is removed.")


@command(
    webhook,
    "rotate",
    "zhifu webhook rotate end_0c5d9a8f2b4e6d71 -p udemy",
    "zhifu webhook rotate end_0c5d9a8f2b4e6d71 -p udemy --keep-hours 0",
)
def rotate(
    session: Session,
    endpoint: Which,
    platform: Platform,
    keep_hours: Annotated[
        int, typer.Option(min=0, help="How long the old secrets sign beside it.")
    ] = 24,
) -> Answer:
    """Give an endpoint a new secret, and show it this once."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        secret = found.endpoints.rotate(number, endpoint, keep_seconds=keep_hours * 3_600)
    return answer({"endpoint": endpoint, "secret": secret}, f"The new secret: {secret}")


@command(webhook, "log", "zhifu webhook log end_0c5d9a8f2b4e6d71 -p udemy")
def log(
    session: Session,
    endpoint: Which,
    platform: Platform,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many deliveries.")] = 20,
) -> Answer:
    """Show the latest deliveries to an endpoint and what became of each attempt."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        deliveries = found.feed.deliveries(number, endpoint, limit=limit)
    rows = [
        (each.event_id, each.type, each.state, len(each.attempts), _last(each))
        for each in deliveries
    ]
    data = [_delivery_data(each) for each in deliveries]
    return answer(data, table(("Event", "Type", "State", ">Attempts", "Last attempt"), rows))


@command(
    webhook,
    "resend",
    "zhifu webhook resend end_0c5d9a8f2b4e6d71 -p udemy --event evt_00000000070000012ab34cd5",
    "zhifu webhook resend end_0c5d9a8f2b4e6d71 -p udemy --first 7 --last 12",
)
def resend(
    session: Session,
    endpoint: Which,
    platform: Platform,
    event: Annotated[str | None, typer.Option(metavar="ID", help="This event.")] = None,
    first: Annotated[int, typer.Option(min=1, help="From this sequence number on.")] = 1,
    last: Annotated[int, typer.Option(min=1, help="To this one, at most 999 later.")] = 1,
) -> Answer:
    """Send an endpoint an event, or what it wants of a range, again, under the ids they have."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        if event is not None:
            found.feed.resend(number, endpoint, event)
            return answer({"event": event}, f"{event} goes out again.")
        changes = _resend_all(found.feed, number, endpoint, first, last)
    return answer({"changes": changes}, f"What happened at {changes} numbers goes out again.")


def _resend_all(feed: Feed, platform: int, endpoint: str, first: int, last: int) -> int:
    """A range, in as many parts as it takes."""
    changes, done = feed.resend_range(platform, endpoint, first, last)
    while done < last:
        more, done = feed.resend_range(platform, endpoint, done + 1, last)
        changes += more
    return changes


@command(
    webhook,
    "prune",
    "zhifu webhook prune end_0c5d9a8f2b4e6d71 -p udemy",
    "zhifu webhook prune end_0c5d9a8f2b4e6d71 -p udemy --days 7",
)
def prune(
    session: Session,
    endpoint: Which,
    platform: Platform,
    days: Annotated[int, typer.Option(min=0, help="Keep those of the last days.")] = 30,
) -> Answer:
    """Forget old deliveries that arrived or were given up; their events stay."""
    number = session.directory.platform(platform)
    with outgoing(session) as found:
        before = found.clock() - days * _DAY_SECONDS
        pruned = found.feed.prune(number, endpoint, before)
    return answer({"pruned": pruned}, f"{pruned} deliveries are forgotten.")


@command(webhook, "deliver", "zhifu webhook deliver", "zhifu webhook deliver --once")
def deliver(
    session: Session,
    once: Annotated[bool, typer.Option("--once", help="Only what is due now.")] = False,
) -> Answer | None:
    """Deliver to the endpoints of all platforms until interrupted, beside or without `serve`.

    Any number of these may run at once: they share the work.
    """
    from functools import partial

    from zhifu.notify.courier import Courier
    from zhifu.notify.sender import Sender

    timeout = session.settings.notifications.webhook_timeout_milliseconds / 1_000
    counts = {"delivered": 0, "refused": 0}
    with outgoing(session) as found:

        def told(_: object, outcome: Any) -> None:
            counts["delivered" if outcome.delivered else "refused"] += 1

        open_sender = partial(Sender, found.rules, timeout=timeout)
        courier = Courier(found.outbox, open_sender, told=told)
        if once:
            courier.run_until_idle()
        else:
            courier.run()
    return answer(counts, f"{counts['delivered']} delivered, {counts['refused']} refused.")


def _data(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "endpoint": endpoint.id,
        "platform": endpoint.platform,
        "url": endpoint.url,
        "types": list(endpoint.types),
        "test": endpoint.test,
        "state": endpoint.state.value,
        "reason": endpoint.reason,
        "failing_since": endpoint.failing_since,
    }


def _delivery_data(delivery: Delivery) -> dict[str, Any]:
    return {
        "event": delivery.event_id,
        "type": delivery.type,
        "state": delivery.state,
        "due_at": delivery.due_at,
        "attempts": [each._asdict() for each in delivery.attempts],
    }


def _state(endpoint: Endpoint) -> str:
    return (
        f"{endpoint.state.value} ({endpoint.reason})" if endpoint.reason else endpoint.state.value
    )


def _last(delivery: Delivery) -> str:
    if not delivery.attempts:
        return "none yet"
    last = delivery.attempts[-1]
    outcome = last.error if last.status is None else str(last.status)
    return f"{shown_time(last.at)}: {outcome} in {last.milliseconds} ms"
