"""The books: are they reachable, of this schema, writable, durable, and is there room?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from zhifu import sql
from zhifu.config import Settings, is_live
from zhifu.doctor.case import Case
from zhifu.doctor.finding import Finding, failure, fine, warning
from zhifu.exceptions import DatabaseRefused, DatabaseUnreachable, InvalidInput
from zhifu.store import Survey

_GIBIBYTE = 1_073_741_824
_LEAST_BYTES = _GIBIBYTE // 10
_FEW_BYTES = 2 * _GIBIBYTE


def check(case: Case) -> Iterator[Finding]:
    """Everything about the database; nothing in it is changed."""
    try:
        found = case.books
    except (DatabaseRefused, DatabaseUnreachable, InvalidInput) as error:
        advice = "see that the server runs and that database.url and its password are right"
        yield failure("database.reachable", str(error), advice)
        return
    yield _reachable(found)
    yield _schema(found)
    yield from _durability(found)
    yield from _mode(found, case.settings)
    if found.file is not None:
        yield _space(found.file)


def _reachable(found: Survey) -> Finding:
    if found.obstacle is not None:
        return failure(
            "database.writable",
            f"{found.server}: {found.obstacle}",
            "let the user of this process write the database, and nothing else lock it for long",
        )
    if found.file is not None and not found.file.exists():
        return _new_file(found.file)
    return fine("database.writable", found.server)


def _new_file(file: Path) -> Finding:
    folder = next(each for each in file.resolve().parents if each.exists())
    if _can_write(folder):
        return fine("database.writable", f"{file} does not exist yet; it is made at the start")
    advice = f"let the user of this process write {folder}, or change database.url"
    return failure("database.writable", f"{file} does not exist, and cannot be made", advice)


def _can_write(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _schema(found: Survey) -> Finding:
    name = "database.schema"
    if found.revision is None:
        return fine(name, f"none yet; {sql.HEAD} is made at the start")
    if found.revision > sql.HEAD:
        return failure(
            name,
            f"revision {found.revision}, made by a newer zhifu; this one knows {sql.HEAD}",
            "use the zhifu that made it, or a newer one",
        )
    if found.revision < sql.HEAD:
        return warning(
            name,
            f"revision {found.revision}; the next start brings it to {sql.HEAD}",
            "back it up first",
        )
    return fine(name, f"revision {found.revision}")


def _durability(found: Survey) -> Iterator[Finding]:
    if not found.settings:
        return
    saw = ", ".join(f"{name} {value}" for name, value in found.settings.items())
    journal = found.settings.get("journal_mode")
    off = [name for name in ("fsync", "full_page_writes") if found.settings.get(name) == "off"]
    if off:
        advice = f"turn {' and '.join(off)} on: a power cut loses payments otherwise"
        yield warning("database.durability", saw, advice)
    elif journal not in (None, "wal"):
        advice = "keep the file on a local disk; the next start sets journal_mode to wal"
        yield warning("database.durability", saw, advice)
    else:
        yield fine("database.durability", saw + (", synchronous full" if journal else ""))


def _mode(found: Survey, settings: Settings) -> Iterator[Finding]:
    if found.mode is None:
        return
    is_for_money = found.mode == "live"
    others = [name for name, each in settings.providers.items() if is_live(each) != is_for_money]
    if others:
        yield failure(
            "database.mode",
            f"a {found.mode} service has served from it, and {', '.join(others)} is of the other",
            "give a test and a live service a database each",
        )
    else:
        yield fine("database.mode", f"a {found.mode} service's")


def _space(file: Path) -> Finding:
    folder = next(each for each in file.resolve().parents if each.exists())
    free = shutil.disk_usage(folder).free
    saw = f"{free / _GIBIBYTE:.1f} GiB free at {folder}"
    advice = "make room: without it no payment is taken"
    if free < _LEAST_BYTES:
        return failure("database.space", saw, advice)
    if free < _FEW_BYTES:
        return warning("database.space", saw, advice)
    return fine("database.space", saw)
