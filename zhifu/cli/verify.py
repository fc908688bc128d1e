"""``zhifu verify``: may this learner use this content?"""

from __future__ import annotations

from typing import Annotated

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.content import Which
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

NO = 3
"""The exit status of a licence that does not verify."""


@command(
    app,
    "verify",
    "zhifu verify edx/cs50 --learner 1",
    "zhifu verify edx/cs50 --holder 0x7099...",
    panel=TRADE,
)
def verify(
    session: Session,
    which: Which,
    learner: Annotated[
        int | None, typer.Option("--learner", "-l", help="A learner's number.")
    ] = None,
    holder: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="An address, or the name of a key."),
    ] = None,
) -> Answer:
    """Ask the chain whether a learner, or the holder of an address, may use a content.

    The exit status is 0 for yes and 3 for no. It does not matter which platform sold it.
    """
    if (learner is None) == (holder is None):
        raise InvalidInput("learner", "must be given, or else --holder")
    content = session.directory.content(which)
    name = session.directory.content_name(content)
    if holder is not None:
        who = session.address(holder, "holder")
        yes = may_use(session, content, who)
    else:
        who = f"learner {learner}"
        yes = learner_may_use(session, content, session.directory.learner(int(learner or 0)))
    data = {"content": content, "name": name, "learner": learner, "holder": holder, "may_use": yes}
    said = f"{'Yes' if yes else 'No'}: {who} {'may' if yes else 'may not'} use {name}."
    return answer(data, said, exit_status=0 if yes else NO)


def learner_may_use(session: Session, content: int, learner: int) -> bool:
    """Whether a learner may, by an order of any platform or by what their own key holds."""
    from zhifu.models import NO_ADDRESS

    if may_use(session, content, learner):
        return True
    key = session.network.registry.key_of(learner)
    return key != NO_ADDRESS and may_use(session, content, key)


def may_use(session: Session, content: int, holder: int | str) -> bool:
    """Whether a learner by number, or the holder of an address, may use a content."""
    with session.gateway() as gateway:
        return gateway.may_use(holder, content)
