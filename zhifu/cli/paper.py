"""What the commands that hand out papers have in common: the language, and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhifu.exceptions import InvalidInput
from zhifu.languages import Language

Spoken = Annotated[
    Language, typer.Option("--language", "-L", help="In Chinese (zh) or English (en).")
]

Page = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write a page for browsers and printers too; a PDF is what a browser prints.",
    ),
]


def write_text(path: Path, text: str, option: str) -> None:
    """Write a file, whole or not at all; raises InvalidInput where that is not possible."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        # No newline of a table of values is changed on its way.
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        rule = f"must be a file that can be written: {error.strerror}"
        raise InvalidInput(option, rule, str(path)) from error
