"""``zhifu release``: dividing what has outlived its refund window."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import MONEY, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.maturity import Matured


@command(
    app,
    "release",
    "zhifu release",
    "zhifu release edx/cs50",
    "zhifu release --fast-forward",
    panel=MONEY,
)
def release(
    session: Session,
    contents: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONTENT", help="Numbers or platform/ref; all by default."),
    ] = None,
    referrer: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Also the commissions of this referrer."),
    ] = None,
    fast_forward: Annotated[
        bool,
        typer.Option(
            "--fast-forward",
            help="On a local chain: first move its clock to when all that is held has matured.",
        ),
    ] = False,
) -> Answer:
    """Divide what has matured among creators, hosts, sellers and the network. Anyone may.

    An order can be refunded for one to two refund windows; then its money matures.
    """
    if fast_forward:
        forward(session)
    numbers = [session.directory.content(each) for each in contents] if contents else None
    ripe, hashes = release_matured(session, numbers, referrer)
    data = {
        "released_units": ripe.total,
        "released": session.amounts.shown(ripe.total),
        "contents": [
            {"content": number, "units": units} for number, units in ripe.contents.items()
        ],
        "commissions": [
            {"account": session.account_name(account), "class": each, "units": units}
            for (account, each), units in ripe.commissions.items()
        ],
        "transactions": hashes,
    }
    return answer(data, *_shown(session, ripe))


def forward(session: Session) -> None:
    """Move a local chain's clock to when everything that is held now has matured."""
    from zhifu.anvil import AnvilNode
    from zhifu.maturity import latest_maturity

    node = AnvilNode(session.settings.rpc_url)
    if not session.is_local or not node.is_anvil():
        raise InvalidInput("fast_forward", "must not be asked for, except on a local chain")
    node.increase_time(latest_maturity(session.network, session.now) - session.now)


def release_matured(
    session: Session, contents: list[int] | None = None, referrers: list[str] | None = None
) -> tuple[Matured, list[str]]:
    """Release what has matured; what it was, and the transactions."""
    from zhifu import accounts
    from zhifu.keyring import ADMIN
    from zhifu.maturity import matured
    from zhifu.maturity import release as release_all

    earners = [accounts.of_address(session.address(each, "referrer")) for each in referrers or []]
    ripe = matured(
        session.network, session.directory, session.now, contents=contents, referrers=earners
    )
    if not ripe.total:
        return ripe, []
    holds = len(ripe.revenue) + len(ripe.commissions)
    with session.progress("Releasing", holds) as advance:
        sender = session.signer(ADMIN)
        return ripe, release_all(session.network, sender, ripe, released=advance)


def _shown(session: Session, ripe: Matured) -> tuple[Any, ...]:
    if not ripe.total:
        from zhifu.maturity import latest_maturity

        when = datetime.fromtimestamp(latest_maturity(session.network, session.now), timezone.utc)
        return (f"Nothing has matured. What is held now matures by {when:%Y-%m-%d}.",)
    names = session.directory
    shown = session.amounts.shown
    rows = [(names.content_name(number), shown(units)) for number, units in ripe.contents.items()]
    rows += [
        (f"commission of {session.account_name(account)}", shown(units))
        for (account, _), units in ripe.commissions.items()
    ]
    return (f"Released {shown(ripe.total)}.", table(("Out of the hold of", ">Amount"), rows))
