"""Split plans as typed on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import table
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhifu.models import Share, SplitPlan

Creators = Annotated[
    list[str] | None,
    typer.Option(
        "--creator",
        metavar="ADDRESS[:BPS]",
        help="A creator and their share in basis points; the only one without a share gets the"
        " rest. A development key on a local chain.",
    ),
]
SellerBps = Annotated[int, typer.Option(help="The selling platform's share, bps.")]
ReferrerBps = Annotated[
    int, typer.Option(help="The referrer's share, the seller's when there is none, bps.")
]
HostBps = Annotated[
    int | None, typer.Option(help="The hosting platform's share, bps; its least by default.")
]
NetworkBps = Annotated[
    int | None, typer.Option(help="The network's share, bps; its least by default.")
]

SELLER_BPS, REFERRER_BPS = 1_500, 500
"""The shares of seller and referrer unless told otherwise."""


def split_plan(
    session: Session,
    host: int,
    creators: Sequence[str],
    seller_bps: int = SELLER_BPS,
    referrer_bps: int = REFERRER_BPS,
    host_bps: int | None = None,
    network_bps: int | None = None,
) -> SplitPlan:
    """A plan of these shares and of creators as typed; host and network get their least by default.

    Raises InvalidSplitPlan, and InvalidInput for creators that cannot be understood.
    """
    from zhifu.models import SplitPlan

    least = session.network.registry.platform_of(host)
    host_bps = least.host_bps if host_bps is None else host_bps
    network_bps = least.network_bps if network_bps is None else network_bps
    shares = (seller_bps, referrer_bps, host_bps, network_bps)
    named = creators or [_development_creator(session, host)]
    rest = 10_000 - sum(shares)
    return SplitPlan(*shares, tuple(_share(session, text, rest, len(named)) for text in named))


def divided(plan: SplitPlan) -> Any:
    """A table of who gets how much of a price."""
    payees = [
        ("seller", plan.seller_bps),
        ("referrer", plan.referrer_bps),
        ("host", plan.host_bps),
        ("network", plan.network_bps),
        *((f"creator {share.payee}", share.bps) for share in plan.creators),
    ]
    rows = [(payee, f"{bps / 100:.2f} %") for payee, bps in payees]
    return table(("Of each price", ">Share"), rows)


def _development_creator(session: Session, host: int) -> str:
    from zhifu.keyring import creator_key

    if not session.is_local:
        raise InvalidInput("creator", "must be given, except on a local chain")
    key = creator_key(session.directory.platform_name(host))
    return session.keyring.ensure(key).address


def _share(session: Session, text: str, rest: int, creators: int) -> Share:
    from zhifu.models import Share

    payee, colon, bps = text.rpartition(":")
    if colon and bps.isdigit():
        return Share(session.address(payee, "creator"), int(bps))
    if creators > 1:
        raise InvalidInput(
            "creator", "must have a share, as ADDRESS:BPS, if there are several", text
        )
    return Share(session.address(text, "creator"), rest)
