"""``zhifu balance``: what everyone has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import MONEY, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.accounts import Account


@command(
    app,
    "balance",
    "zhifu balance",
    "zhifu balance platform:edx creator:edx learner:1@udemy",
    panel=MONEY,
)
def balance(
    session: Session,
    accounts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ACCOUNT",
            help="network, platform:NAME, learner:NUMBER@PLATFORM, an address, or the name of a"
            " key; all but learners by default.",
        ),
    ] = None,
) -> Answer:
    """Show what accounts can spend or withdraw, what they earn after the refund window, and tokens.

    On hold: commissions of a platform as the seller. A content's own revenue is divided, and shown
    here, when it is released.
    """
    data = read(session, accounts)
    rows = [(each["account"], each["available"], each["on_hold"], each["tokens"]) for each in data]
    columns = ("Account", ">Available", ">Commission on hold", ">Tokens outside")
    return answer(data, table(columns, rows))


def read(session: Session, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The balances of accounts by name, or of all that are known here."""
    chosen = names or _known(session)
    return [_balance(session, name, session.account(name)) for name in chosen]


def _known(session: Session) -> list[str]:
    platforms = [f"platform:{name}" for name in session.directory.platforms.values()]
    own = [name for name in session.keyring.addresses() if not name.startswith("platform:")]
    return ["network", *platforms, *own]


def _balance(session: Session, name: str, account: Account) -> dict[str, Any]:
    from zhifu.models import Hold

    settlement = session.network.settlement
    available = settlement.available_of(account)
    classes = range(len(session.network.deployment.windows))
    holds = settlement.read_many("commissionOf", [(account, each) for each in classes])
    held = sum(Hold.unpack(packed).total for packed in holds)
    outside = _outside(session, account)
    tokens = 0 if outside is None else session.network.token.balance_of(outside)
    shown = session.amounts.shown
    return {
        "account": name,
        "available_units": available,
        "available": shown(available),
        "on_hold_units": held,
        "on_hold": shown(held),
        "token_units": tokens,
        "tokens": shown(tokens // session.amounts.tokens(1)),
    }


def _outside(session: Session, account: Account) -> str | None:
    """The address an account is withdrawn to; None for a learner's, which is paid out in fiat."""
    from zhifu import accounts

    if accounts.learner_of(account) is not None:
        return None
    platform = accounts.platform_of(account)
    if platform is None:
        return accounts.name_of(account)
    return session.network.registry.platform_of(platform).treasury
