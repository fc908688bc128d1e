"""Sees to it that the contracts under test are those of the sources."""

from __future__ import annotations

import shutil
from pathlib import Path

from brownie import project


def recompile_if_stale() -> None:
    """Compile everything again if a source is newer than a build.

    Brownie compiles what changed and what names it; a contract that uses a library through
    `using … global` keeps the library's old code.
    """
    (loaded,) = project.get_loaded_projects()
    root = Path(loaded._path)
    builds = root / "build" / "contracts"
    built = [path.stat().st_mtime for path in builds.glob("*.json")]
    changed = [path.stat().st_mtime for path in (root / "contracts").rglob("*.sol")]
    if not built or max(changed) < min(built):
        return
    loaded.close()
    shutil.rmtree(builds)
    fresh = project.load(root)
    fresh.load_config()
    fresh._add_to_main_namespace()
