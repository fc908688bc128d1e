"""``zhifu netting``: who owes whom between platforms, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zhifu.cli.answer import Answer, answer, table
from zhifu.cli.command import command
from zhifu.cli.root import BOOKS, app
from zhifu.cli.session import Session
from zhifu.cli.typed import typed_as
from zhifu.cutoffs import USUAL_BLOCKS, Cutoffs
from zhifu.exceptions import InvalidInput

if TYPE_CHECKING:
    from zhifu.clearing import Clearing
    from zhifu.finality import Finality
    from zhifu.netting import Flow, Netting

_Table: TypeAlias = tuple[Sequence[str], list[tuple[object, ...]]]
"""Headings and rows."""


@command(
    app,
    "netting",
    "zhifu netting",
    "zhifu netting --window 12 --blocks 7200",
    "zhifu netting --from 1 --to 30 --default edx --json",
    panel=BOOKS,
)
def netting(
    session: Session,
    window: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Only this window, from 1.")
    ] = None,
    first: Annotated[
        int | None,
        typer.Option("--from", metavar="NUMBER", help="The first window; 1 if left out."),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--to", metavar="NUMBER", help="The last window; the one going on by default."
        ),
    ] = None,
    blocks: Annotated[
        int,
        typer.Option(
            metavar="COUNT", help="Blocks in a window; all who compare must take as many."
        ),
    ] = USUAL_BLOCKS,
    default: Annotated[
        str | None,
        typer.Option(metavar="PLATFORM", help="Only what this platform's default would do."),
    ] = None,
) -> Answer:
    """Net what platforms owe each other for what they sold of each other's contents.

    Everything is computed from the chain alone, so everybody gets the same. A window has a number
    of blocks and closes with its last one; it is final once no reorganisation can reach it.
    """
    from zhifu.clearing import clear

    chosen = _chosen(window, first, last)
    failing = None if default is None else session.directory.platform(default)
    cutoffs = Cutoffs(session.network.deployment.first_block, blocks)
    with typed_as("window") if window is not None else nullcontext(), session.stages() as told:
        read = _counted(told)
        found = clear(session.network, cutoffs, _finality(session), *chosen, progress=read)
    data = _data(session, found, failing)
    return answer(data, *_shown(data))


def _counted(told: Callable[[str, int, int], None]) -> Callable[[int], None]:
    done = 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        told("events", done, 0)

    return read


def _chosen(window: int | None, first: int | None, last: int | None) -> tuple[int, int | None]:
    if window is None:
        return (1 if first is None else first), last
    if first is not None or last is not None:
        raise InvalidInput("window", "must be given without --from and --to", window)
    return window, window


def _finality(session: Session) -> Finality:
    from zhifu.finality import Finality

    rule = session.settings.chain.confirmations
    return Finality.usual(session.chain.chain_id) if rule is None else Finality(rule)


def _data(session: Session, found: Clearing, failing: int | None) -> dict[str, Any]:
    cutoffs, together = found.cutoffs, found.together
    return {
        "blocks": cutoffs.blocks,
        "head": {"number": found.head.number, "hash": found.head.hash},
        "final_block": found.final_block,
        "from": found.first,
        "to": found.last,
        "first_block": cutoffs.first_block(found.first),
        "last_block": cutoffs.last_block(found.last),
        "state": found.closing(found.last).value,
        "windows": [
            {
                "window": each.number,
                "first_block": cutoffs.first_block(each.number),
                "last_block": cutoffs.last_block(each.number),
                "state": each.closing.value,
                **_netted(session, each.netting),
            }
            for each in found.windows
        ],
        "together": _netted(session, together),
        "defaults": [
            default
            for each in together.positions
            if failing in (None, each.platform)
            for default in _exposures(session, together, each.platform)
        ],
    }


def _netted(session: Session, netting: Netting) -> dict[str, Any]:
    totals = ("gross", "needed", "net", "saved")
    own = ("pays", "gets", "net", "needs_alone", "needs_running", "needs_at_close")
    return {
        "orders": netting.orders,
        "refunds": netting.refunds,
        **_amounts(session, netting, *totals),
        "saved_bps": netting.saved_bps,
        "positions": [
            {"platform": _name(session, each.platform), **_amounts(session, each, *own)}
            for each in netting.positions
        ],
        "flows": _flows(session, netting.flows),
        "bilateral": _flows(session, netting.bilateral),
    }


def _flows(session: Session, flows: Iterable[Flow]) -> list[dict[str, Any]]:
    return [
        {
            "from": _name(session, each.payer),
            "to": _name(session, each.payee),
            **_amounts(session, each, "amount"),
        }
        for each in flows
    ]


def _exposures(session: Session, netting: Netting, failing: int) -> list[dict[str, Any]]:
    return [
        {
            "defaults": _name(session, failing),
            "platform": _name(session, each.platform),
            **_amounts(session, each, "net", "loses", "owes"),
        }
        for each in netting.without(failing)
    ]


def _amounts(session: Session, of: object, *names: str) -> dict[str, Any]:
    """Amounts of something, each in ledger units and as people write it."""
    found = {name: getattr(of, name) for name in names}
    return {
        key: value
        for name, units in found.items()
        for key, value in ((f"{name}_units", units), (name, session.amounts.shown(units)))
    }


def _name(session: Session, platform: int) -> str:
    return session.directory.platform_name(platform)


def _shown(data: dict[str, Any]) -> list[Any]:
    together = data["together"]
    if not together["positions"]:
        return [_heading(data), "No platform owed another anything."]
    return [
        _heading(data),
        table(*_windows(data["windows"])),
        table(*_positions(together["positions"])),
        table(*_pairs(together)),
        table(*_defaults(data["defaults"])),
        _saving(together),
    ]


def _heading(data: dict[str, Any]) -> str:
    first, last = data["from"], data["to"]
    which = f"Window {first}" if first == last else f"Windows {first} to {last}"
    return (
        f"{which} of {data['blocks']:,} blocks: blocks {data['first_block']:,} to"
        f" {data['last_block']:,}, as of block {data['head']['number']:,}."
        f" Window {last} is {data['state']}."
    )


def _windows(windows: list[dict[str, Any]]) -> _Table:
    columns = ("Window", "State", ">Orders", ">Refunds", ">Gross", ">Needed, netted", ">Net")
    names = ("window", "state", "orders", "refunds", "gross", "needed", "net")
    return columns, _rows(windows, names)


def _positions(positions: list[dict[str, Any]]) -> _Table:
    columns = ("Platform", ">Pays", ">Gets", ">Position", ">Needs as it comes", ">Needs at close")
    names = ("platform", "pays", "gets", "net", "needs_running", "needs_at_close")
    return columns, _rows(positions, names)


def _pairs(together: dict[str, Any]) -> _Table:
    left = {(each["from"], each["to"]): each["amount"] for each in together["bilateral"]}
    rows: list[tuple[object, ...]] = [
        (*pair, each["amount"], left.get(pair, "–"))
        for each in together["flows"]
        for pair in [(each["from"], each["to"])]
    ]
    return ("From", "To", ">Gross", ">Less what comes back"), rows


def _defaults(defaults: list[dict[str, Any]]) -> _Table:
    columns = ("Should it default", "Platform", ">Position then", ">Loses", ">Still owes it")
    return columns, _rows(defaults, ("defaults", "platform", "net", "loses", "owes"))


def _rows(entries: list[dict[str, Any]], names: Sequence[str]) -> list[tuple[object, ...]]:
    return [tuple(each[name] for name in names) for each in entries]


def _saving(together: dict[str, Any]) -> str:
    whole, part = divmod(together["saved_bps"], 100)
    return (
        f"Paid order by order {together['gross']} are needed; netted as it comes"
        f" {together['needed']}, {whole}.{part:02d} % less. At the close {together['net']}"
        " change hands."
    )
