"""The command that all others hang from, and the panels its help sorts them into."""

from __future__ import annotations

from typing import Annotated

import typer

SET_UP = "Set up a network"
MEMBERS = "Platforms, learners, contents, keys"
TRADE = "Sell and use"
MONEY = "Money"
BOOKS = "Books that anyone can check"
STORY = "The whole story"

_ABOUT = """Pay once for knowledge, use it on every platform of the network.

A first walk, on a chain of your own:

\b
  zhifu up --detach                        start a local chain
  zhifu deploy                             put the contracts on it
  zhifu platform add udemy                 admit two platforms
  zhifu platform add edx
  zhifu learner add -p udemy               learner 1 is udemy's
  zhifu content publish -p edx --ref cs50 --price 49.00
  zhifu deposit platform:udemy 1000.00 --mint
  zhifu purchase edx/cs50 -l 1 -p udemy    learner 1 pays udemy
  zhifu settle                             on chain, in a batch
  zhifu verify edx/cs50 -l 1               may learner 1 use it?
  zhifu release --fast-forward             after the refund window
  zhifu withdraw platform:edx              edx is paid

Every command has --help with an example, and --json for programs.
"""

app = typer.Typer(
    help=_ABOUT,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=lambda on: _version(on))
    ] = False,
) -> None:
    """Only the help, which the application itself carries."""


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(version("zhifu"))
        raise typer.Exit
