"""Turning a function of a session into a command with the options that every command has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from zhifu.cli.answer import Answer
from zhifu.cli.session import Session

Command: TypeAlias = Callable[..., Answer | None]

_PANEL = "Common options"

_JSON = Annotated[
    bool, typer.Option("--json", help="Print one JSON value for programs.", rich_help_panel=_PANEL)
]
_RPC = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        rich_help_panel=_PANEL,
        help="The chain's RPC address (environment: ZHIFU_RPC; default http://127.0.0.1:8945).",
    ),
]
_DEPLOYMENT = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=_PANEL,
        help="The network's deployment file (environment: ZHIFU_CHAIN__DEPLOYMENT; default that of"
        " the chain, below the home).",
    ),
]
_HOME = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        rich_help_panel=_PANEL,
        help="Where deployments, keys and books are (environment: ZHIFU_HOME; default ./.zhifu).",
    ),
]
_KEY_NAME = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=_PANEL,
        help="Sign with this key of `zhifu key list`. Else with ZHIFU_KEY (hex), or ZHIFU_KEYSTORE"
        " (a file) and ZHIFU_PASSWORD. On a local chain every role has a key of its own.",
    ),
]

_SHARED: Mapping[str, tuple[Any, object]] = {
    "as_json": (_JSON, False),
    "rpc": (_RPC, None),
    "deployment": (_DEPLOYMENT, None),
    "home": (_HOME, None),
    "key_name": (_KEY_NAME, None),
}


def group(app: typer.Typer, name: str, about: str, *, panel: str) -> typer.Typer:
    """A noun that has verbs."""
    made = typer.Typer(help=about, no_args_is_help=True)
    app.add_typer(made, name=name, rich_help_panel=panel)
    return made


def command(
    app: typer.Typer, name: str, *examples: str, panel: str | None = None
) -> Callable[[Command], Command]:
    """Make a function a command called ``name``, its docstring the help.

    The function takes the session first and its own arguments by name. What it answers is shown.
    """
    epilog = "\n\n".join(["Example:", *(f"  {each}" for each in examples)])

    def register(function: Command) -> Command:
        app.command(name, epilog=epilog, rich_help_panel=panel)(_with_session(function))
        return function

    return register


def _with_session(function: Command) -> Callable[..., None]:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in _SHARED.items()
    ]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + shared

    def invoke(**values: Any) -> None:
        session = Session.open(**{name: values.pop(name) for name in _SHARED})
        try:
            found = function(session, **values)
        finally:
            session.close()
        if found is not None:
            found.show(as_json=session.as_json)
            raise typer.Exit(found.exit_status)

    invoke.__name__ = function.__name__
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    invoke.__doc__ = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    invoke.__annotations__ = {each.name: each.annotation for each in parameters}
    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return invoke
