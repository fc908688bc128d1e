"""``zhifu sandbox``: the providers' interfaces on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhifu.cli.answer import Answer, answer
from zhifu.cli.command import command
from zhifu.cli.root import SET_UP, app
from zhifu.cli.session import Session
from zhifu.cli.signals import wait_for_a_signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from zhifu.sandbox.faults import Faults
    from zhifu.sandbox.serving import Serving

#: The libraries the sandbox needs, and the extras that bring them.
_LIBRARIES = {
    "fastapi": "server",
    "uvicorn": "server",
    "stripe": "stripe",
    "wechatpayv3": "wechatpay",
    "alipay": "alipay",
}

_FAULTS = "What goes wrong, from 0 (never) to 1 (always)"


def _rate(about: str) -> Any:
    return typer.Option(help=about, min=0.0, max=1.0, rich_help_panel=_FAULTS)


@command(
    app,
    "sandbox",
    "zhifu sandbox",
    "zhifu sandbox -p udemy",
    "zhifu sandbox --seed 7 --duplicate 0.1 --drop 0.05",
    panel=SET_UP,
)
def sandbox(
    session: Session,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8946,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where keys and settings are kept (default: sandbox in ZHIFU_HOME).",
        ),
    ] = None,
    callbacks: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the gateway takes callbacks, without the provider's name at the end"
            " (default: where `zhifu serve` takes them).",
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            "--platform",
            "-p",
            metavar="PLATFORM",
            help="Whose accounts these are, by name or number; needed where the gateway acts for"
            " several platforms.",
        ),
    ] = None,
    fee_bps: Annotated[
        int, typer.Option(min=0, max=10_000, help="What providers keep, in basis points.")
    ] = 0,
    seed: Annotated[
        int, typer.Option(help="The same seed and the same requests: the same faults.")
    ] = 0,
    duplicate: Annotated[float, _rate("A callback comes twice.")] = 0.0,
    delay: Annotated[float, _rate("A callback comes half a minute late.")] = 0.0,
    reorder: Annotated[float, _rate("A callback comes after later ones.")] = 0.0,
    drop: Annotated[float, _rate("A callback never comes.")] = 0.0,
    tamper: Annotated[float, _rate("A callback comes altered, then as it was.")] = 0.0,
    time_out: Annotated[float, _rate("A request is carried out and never answered.")] = 0.0,
    silence: Annotated[float, _rate("A request is neither carried out nor answered.")] = 0.0,
    charge_back: Annotated[float, _rate("A payment is charged back.")] = 0.0,
) -> Answer | None:
    """Serve Stripe's, WeChat Pay's and Alipay's interfaces locally, with no money behind them.

    Keys are generated once, and the providers' settings for the gateway are written beside them. A
    learner pays by a POST to /sandbox/PROVIDER/payments/ID/pay; Ctrl-C stops it, and what was paid
    is forgotten.
    """
    from zhifu.sandbox.faults import Fault, Faults, Rates

    rates = Rates(
        {
            Fault.DUPLICATE: duplicate,
            Fault.DELAY: delay,
            Fault.REORDER: reorder,
            Fault.DROP: drop,
            Fault.TAMPER: tamper,
            Fault.TIME_OUT: time_out,
            Fault.SILENCE: silence,
            Fault.CHARGE_BACK: charge_back,
        }
    )
    folder = keys or session.settings.home / "sandbox"
    http = session.settings.http
    taken_at = (callbacks or f"http://{http.host}:{http.port}/v1/callbacks").rstrip("/")
    _require_libraries()
    owners = [session.directory.platform(each) for each in platform or ()]
    _serve(session, folder, taken_at, port, Faults(seed, rates), fee_bps, owners)
    return None


def _require_libraries() -> None:
    from zhifu.exceptions import MissingExtra

    for library, extra in _LIBRARIES.items():
        if find_spec(library) is None:
            rule = f"must be installed for the sandbox: pip install 'zhifu[{extra}]'"
            raise MissingExtra(rule, extra)


def _serve(
    session: Session,
    folder: Path,
    callbacks_url: str,
    port: int,
    faults: Faults,
    fee_bps: int,
    owners: Sequence[int],
) -> None:
    from zhifu.sandbox.assembly import assemble
    from zhifu.sandbox.keys import Keys

    found = Keys.of_folder(folder)
    made = assemble(found, callbacks_url, faults=faults, fee_bps=fee_bps)
    with _serving(made.app, port) as served:
        settings = found.write_settings(folder, served.url, callbacks_url, owners)
        made.deliveries.start()
        _told(served.url, settings, callbacks_url).show(as_json=session.as_json)
        wait_for_a_signal()
        made.deliveries.close()


def _serving(application: ASGIApp, port: int) -> Serving:
    from zhifu.exceptions import InvalidInput
    from zhifu.sandbox.serving import Serving

    try:
        return Serving(application, port)
    except OSError as error:
        raise InvalidInput("port", "must be free", port) from error


def _told(url: str, settings: Path, callbacks_url: str) -> Answer:
    return answer(
        {"url": url, "settings": str(settings), "callbacks": callbacks_url},
        f"Stripe, WeChat Pay and Alipay are served at {url}.",
        f"Next:  ZHIFU_CONFIG={settings} zhifu doctor  (in another terminal)",
        f"Pay:   curl -X POST {url}/sandbox/PROVIDER/payments/ID/pay",
        f"Callbacks go to {callbacks_url}/PROVIDER.",
    )
