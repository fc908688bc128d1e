"""Orders by name: ``ord_…`` of the gateway, ``0x…`` of the chain."""

from __future__ import annotations

from typing import Annotated

import typer

from zhifu.exceptions import UnknownOrder

OrderName = Annotated[
    str,
    typer.Argument(
        metavar="ORDER", help="ord_... as `zhifu purchase` shows it, or 0x... of a direct order."
    ),
]


def direct_id(text: str) -> bytes | None:
    """The id of a direct order, None for the name of a gateway's; raises UnknownOrder."""
    if not text.startswith("0x"):
        return None
    try:
        order_id = bytes.fromhex(text[2:])
    except ValueError:
        order_id = b""
    if len(order_id) != 32:
        raise UnknownOrder(text)
    return order_id
