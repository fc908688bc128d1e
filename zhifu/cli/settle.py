"""``zhifu settle``: paid orders, on chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.entry import complain
from zhifu.cli.fiat import order_data
from zhifu.cli.root import TRADE, app
from zhifu.cli.session import Session
from zhifu.exceptions import InsufficientBalance, InvalidInput

if TYPE_CHECKING:
    from rich.table import Table

    from zhifu.gateway import Gateway
    from zhifu.payments import BatchRecord, OrderRecord
    from zhifu.signing import Signer


@command(app, "settle", "zhifu settle", "zhifu settle udemy --limit 1000", panel=TRADE)
def settle(
    session: Session,
    platforms: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PLATFORM", help="Names or numbers; all whose keys are here by default."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many orders in each platform's batch.")
    ] = None,
) -> Answer:
    """Settle what was paid in fiat, in batches. Signed by an operator of each selling platform.

    A batch debits the platform's account once for all its orders. Batches that an interruption
    left behind are sent again under their own number first. Orders of a platform that cannot pay
    wait, and each such platform is named.
    """
    numbers = [session.directory.platform(each) for each in platforms or []]
    settled = settle_waiting(session, numbers or known_sellers(session), limit)
    found = _answer(session, settled)
    if settled.failures and settled.batches:
        found.show(as_json=session.as_json)
    require_paid(session, settled)
    return found


class Settled(NamedTuple):
    """What became of the orders that waited.

    ``left_out`` are paid orders that no batch can carry, each with its problem; ``failures`` say
    of each platform that cannot pay what it lacks: its orders wait.
    """

    batches: list[BatchRecord]
    left_out: list[OrderRecord]
    failures: list[InsufficientBalance]


def settle_waiting(session: Session, platforms: list[int], limit: int | None = None) -> Settled:
    """Settle all that waits for these platforms, what an interruption left behind first."""
    operators: dict[int, Signer] = {each: session.operator(each) for each in platforms}
    with session.gateway(operators) as gateway:
        batches = list(gateway.recover())
        waiting = sum(gateway.waiting(each) for each in platforms)
        with session.progress("Settling", waiting) as advance:
            failures = [_settle(gateway, each, limit, batches, advance) for each in platforms]
        left_out = [order for each in platforms for order in gateway.left_out(each)]
        return Settled(batches, left_out, [each for each in failures if each is not None])


def require_paid(session: Session, settled: Settled) -> None:
    """Say of every platform that cannot pay what it lacks; raises InsufficientBalance for one."""
    if settled.failures:
        *others, last = settled.failures
        for failure in others:
            complain(failure, as_json=session.as_json)
        raise last


def _settle(
    gateway: Gateway,
    platform: int,
    limit: int | None,
    batches: list[BatchRecord],
    advance: Callable[[int], None],
) -> InsufficientBalance | None:
    """Settle what waits for one platform; why it cannot pay, if it cannot."""
    try:
        while batch := gateway.settle(platform, limit=limit):
            batches.append(batch)
            advance(batch.orders)
    except InsufficientBalance as failure:
        return failure
    return None


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


def batch_table(session: Session, batches: Sequence[BatchRecord]) -> Table:
    """Batches for people."""
    columns = ("Platform", ">Batch", ">Orders", ">Debit", ">Gas", "State", "Transaction")
    names = ("name", "number", "orders", "debit", "gas_used", "state", "transaction")
    data = [_data(session, batch) for batch in batches]
    return table(columns, [[each[name] for name in names] for each in data])


def _answer(session: Session, settled: Settled) -> Answer:
    left_out = [order_data(session, order) for order in settled.left_out]
    data = {
        "batches": [_data(session, batch) for batch in settled.batches],
        "left_out": left_out,
    }
    parts: list[Any] = ["Nothing waits to be settled."]
    if settled.batches:
        parts = [batch_table(session, settled.batches)]
    if left_out:
        rows = [(each["order"], each["name"], each["price"], each["problem"]) for each in left_out]
        parts += ["No batch can carry these; refund them, or mend the cause:"]
        parts += [table(("Order", "Content", ">Price", "Problem"), rows)]
    return answer(data, *parts)


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
