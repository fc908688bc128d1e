"""``zhifu trigger``: an event that did not happen, for trying out a receiver."""

from __future__ import annotations

from typing import Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.outgoing import Platform, outgoing
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session


@command(app, "trigger", "zhifu trigger order.paid -p udemy", panel=TRADE)
def trigger(
    session: Session,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Its type, such as order.paid.")],
    platform: Platform,
) -> Answer:
    """Make a test event, of the shape of a real one but about nobody, marked as a test.

    It goes to the platform's test endpoints and to `zhifu listen`, the same way as real events do.
    """
    from zhifu.ids import Ids

    number = session.directory.platform(platform)
    (subject,) = Ids().take()
    with outgoing(session) as found:
        event_id = found.feed.trigger(number, event, subject)
    return answer({"event": event_id, "type": event}, f"{event_id} is on its way.")
