"""Writing a report to a file, for which the extra `report` must be installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from zhifu.exceptions import InvalidInput, MissingExtra
from zhifu.languages import Language
from zhifu.report.reading import Report

_LIBRARY = "matplotlib"


def require_libraries() -> None:
    """Raise MissingExtra unless a page can be written."""
    if find_spec(_LIBRARY) is None:
        raise MissingExtra("must be installed for reports: pip install 'zhifu[report]'", "report")


def write(found: Report, language: Language, out: Path) -> None:
    """Write the page, whole or not at all.

    Raises InvalidInput where it cannot be written, and MissingExtra.
    """
    require_libraries()
    from zhifu.report.page import page

    text = page(found, language)
    draft = out.with_name(f"{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        rule = f"must be a file that can be written ({error.strerror})"
        raise InvalidInput("out", rule, str(out)) from error
