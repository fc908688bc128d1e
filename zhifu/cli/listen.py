"""``zhifu listen``: events as they happen, forwarded to a server under development."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from zhifu.cli.command import command
from zhifu.cli.outgoing import Outgoing, Platform, outgoing
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.notify.destination import Rules
    from zhifu.notify.sender import Outcome

_POLL_SECONDS = 0.5


@command(
    app,
    "listen",
    "zhifu listen -p udemy",
    "zhifu listen -p udemy --forward-to http://127.0.0.1:3000/hooks -t order.*",
    panel=TRADE,
)
def listen(
    session: Session,
    platform: Platform,
    forward_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Post each event there, signed.")
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", "-t", metavar="TYPE", help="An event type, or order.*."),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(metavar="SECRET", help="Sign with it (default: a new one).")
    ] = None,
    after: Annotated[
        int | None, typer.Option(min=0, help="From this sequence number on (default: from now).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many events.")] = None,
) -> None:
    """Follow a platform's events, and print each with what its receiver answered.

    Reads the gateway's database and changes nothing: endpoints get their events all the same, and
    what a server here refuses is not tried again. Test events are shown too.
    """
    from zhifu.notify.events import chosen, patterns

    number = session.directory.platform(platform)
    wanted = chosen(patterns(types or ("*",)))
    with outgoing(session) as found, suppress(KeyboardInterrupt):
        forward = _Forward(forward_to, secret) if forward_to else None
        if forward is not None and not session.as_json:
            print(f"Signing with {forward.secret}", flush=True)
        start = found.feed.last(number) if after is None else after
        for at, event in enumerate(_events(found, number, start, wanted), start=1):
            _show(event, forward.send(event) if forward else None, as_json=session.as_json)
            if at == limit:
                return


class _Forward:
    """Posts events to the URL of a developer, wherever that leads."""

    def __init__(self, url: str, secret: str | None) -> None:
        from zhifu.exceptions import InvalidInput
        from zhifu.notify.destination import destination
        from zhifu.notify.signature import headers, new_secret

        self._url = url
        self._rules = _anywhere(url)
        destination(url, self._rules)
        self.secret = secret or new_secret()
        try:
            headers("", "", 0, (self.secret,))
        except Exception:
            raise InvalidInput("secret", "must be whsec_ and base64") from None

    def send(self, event: dict[str, Any]) -> Outcome:
        """Send one, and wait for the answer."""
        import asyncio

        return asyncio.run(self._send(event))

    async def _send(self, event: dict[str, Any]) -> Outcome:
        import orjson

        from zhifu.notify.sender import Sender
        from zhifu.notify.signature import headers

        body = orjson.dumps(event).decode()
        signed = headers(event["id"], body, int(time.time()), (self.secret,))
        async with Sender(self._rules) as sender:
            return await sender.post(self._url, signed, body.encode())


def _anywhere(url: str) -> Rules:
    from zhifu.exceptions import InvalidInput
    from zhifu.notify.destination import Rules

    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise InvalidInput("forward_to", "must be a URL such as http://127.0.0.1:3000/hooks", url)
    return Rules(development_hosts=frozenset({host}))


def _events(
    found: Outgoing, platform: int, after: int, wanted: frozenset[str]
) -> Iterator[dict[str, Any]]:
    while True:
        page = found.feed.told(platform, after=after)
        yield from (event for event in page if event["type"] in wanted)
        if page:
            after = page[-1]["sequence"]
        else:
            time.sleep(_POLL_SECONDS)


def _show(event: dict[str, Any], outcome: Outcome | None, *, as_json: bool) -> None:
    if as_json:
        line = {"event": event, "answer": outcome._asdict() if outcome else None}
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return
    about = event["data"].get(event["type"].partition(".")[0], "")
    mark = " (test)" if event["test"] else ""
    said = f"  {outcome.status or outcome.error} in {outcome.milliseconds} ms" if outcome else ""
    print(f"{event['id']}  {event['type']}{mark}  {about}{said}", flush=True)
