"""``zhifu settle``: paid orders, on chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.payments import BatchRecord
    from zhifu.signing import Signer


@command(app, "settle", "zhifu settle", "zhifu settle udemy --limit 1000", panel=TRADE)
def settle(
    session: Session,
    platforms: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLATFORM]...", help="Names or numbers; all whose keys are here by default."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many orders in each platform's batch.")
    ] = None,
) -> Answer:
    """Settle what was paid in fiat, in batches. Signed by an operator of each selling platform.

    A batch debits the platform's account once for all its orders. Batches that an interruption
    left behind are sent again under their own number first.
    """
    numbers = [session.directory.platform(each) for each in platforms or []]
    batches = settle_waiting(session, numbers or known_sellers(session), limit)
    data = [_data(session, batch) for batch in batches]
    if not data:
        return answer(data, "Nothing waits to be settled.")
    columns = ("Platform", ">Batch", ">Orders", ">Debit", ">Gas", "Transaction")
    names = ("name", "number", "orders", "debit", "gas_used", "transaction")
    return answer(data, table(columns, [[each[name] for name in names] for each in data]))


def settle_waiting(
    session: Session, platforms: list[int], limit: int | None = None
) -> list[BatchRecord]:
    """Settle all that waits for these platforms; the batches, recovered ones included.

    Raises InsufficientBalance when a platform cannot pay; its orders wait.
    """
    operators: dict[int, Signer] = {each: session.operator(each) for each in platforms}
    with session.gateway(operators) as gateway:
        batches = list(gateway.recover())
        waiting = sum(gateway.waiting(each) for each in platforms)
        with session.progress("Settling", waiting) as advance:
            for platform in platforms:
                while batch := gateway.settle(platform, limit=limit):
                    batches.append(batch)
                    advance(batch.orders)
        return batches


def known_sellers(session: Session) -> list[int]:
    """The platforms whose operator's key is chosen, or here on a local chain."""
    from zhifu.keyring import platform_key

    chosen = session.chosen_signer
    if chosen is not None:
        return [session.network.registry.operator_of(chosen.address).platform]
    here = session.keyring.addresses() if session.is_local else {}
    names = session.directory.platforms.items()
    found = [number for number, name in names if platform_key(name) in here]
    if not found:
        raise InvalidInput("key", "must be an operator's, by --key-name, ZHIFU_KEY or a keystore")
    return found


def _data(session: Session, batch: BatchRecord) -> dict[str, Any]:
    return {
        "batch": batch.id,
        "platform": batch.platform,
        "name": session.directory.platform_name(batch.platform),
        "lane": batch.lane,
        "number": batch.number,
        "orders": batch.orders,
        "debit_units": batch.debit,
        "debit": session.amounts.shown(batch.debit),
        "state": batch.state.value,
        "gas_used": batch.gas_used,
        "transaction": batch.transaction_hash,
    }
