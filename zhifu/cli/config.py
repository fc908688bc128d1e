"""``zhifu config``: the settings, and where each is from."""

from __future__ import annotations

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session


@command(app, "config", "zhifu config", "zhifu config --json", panel=SET_UP)
def config(session: Session) -> Answer:
    """Show every setting and where it is from: a variable, the file, or zhifu's default.

    A secret is shown as set, never as what it is. A configuration with mistakes is refused with all
    of them at once.
    """
    found = session.settings.readings
    data = [
        {"setting": each.field, "value": each.shown, "origin": each.origin or "default"}
        for each in found
    ]
    rows = [(each["setting"], each["value"], each["origin"]) for each in data]
    return answer(data, table(("Setting", "Value", "From"), rows))
