"""``zhifu replay``: the main job on any catalogue and demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer, facts, table
from zhifu.cli.command import command
from zhifu.cli.root import STORY, app
from zhifu.cli.session import Session

if TYPE_CHECKING:
    from zhifu.replay import Options


@command(
    app,
    "replay",
    "zhifu replay",
    "zhifu replay --catalogue catalogue.csv --demand demand.csv.gz --orders 20000 --json",
    panel=STORY,
)
def replay(
    session: Session,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Contents (.csv or .csv.gz); the shipped ones if left out."
        ),
    ] = None,
    demand: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Orders by day (.csv, .csv.gz); the shipped if left out."
        ),
    ] = None,
    orders: Annotated[int, typer.Option(help="How many orders of paid contents to take.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Draws the learners and sellers.")] = 1,
    batch_size: Annotated[int, typer.Option(help="Orders in a full batch.")] = 1_000,
) -> Answer:
    """Settle a real demand through the gateway and prove the result from the chain alone.

    It uses a chain of its own unless --rpc is given. The exit status is 0 only if no order was
    lost or duplicated and every unit of money is where it belongs.
    """
    from zhifu.replay import run

    with session.stages() as progress:
        result = run(
            _options(session, catalogue, demand, orders, seed, batch_size), progress=progress
        )
    data = result.to_dict()
    return answer(data, *_shown(data), exit_status=0 if result.succeeded else 1)


def _options(
    session: Session,
    catalogue: Path | None,
    demand: Path | None,
    orders: int,
    seed: int,
    batch_size: int,
) -> Options:
    from zhifu.catalogue import shipped_catalogue, shipped_demand
    from zhifu.keyring import ADMIN
    from zhifu.replay import Options

    files = (catalogue or shipped_catalogue(), demand or shipped_demand())
    if session.rpc is None:
        return Options(*files, orders, seed, batch_size)
    return Options(*files, orders, seed, batch_size, session.rpc, session.signer(ADMIN))


def _shown(data: dict[str, Any]) -> tuple[Any, ...]:
    plain = {name: value for name, value in data.items() if not isinstance(value, (dict, tuple))}
    lines = {name: f"{value:,}" if type(value) is int else value for name, value in plain.items()}
    positions = [(name, f"{units:,}") for name, units in data["net_positions"].items()]
    findings = [str(each) for each in data["findings"]]
    return facts(lines), table(("Platform", ">Net position, ledger units"), positions), *findings
