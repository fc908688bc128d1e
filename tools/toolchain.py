"""Ties the compiler, Anvil and Forge into the virtual environment, so that its programs find them.

Afterwards ``.venv/bin/anvil`` and ``.venv/bin/forge`` exist, and every Python of the environment,
whoever starts it, has the environment's programs on its PATH and py-solc-x looking in
``.cache/solc``. ``ZHIFU_ANVIL`` and ``ZHIFU_FORGE`` name other builds than npm's; where npm has
none, those on PATH are taken.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from tools import solc

PROGRAMS = Path(sys.prefix) / "bin"
SHIPPED = solc.ROOT / "node_modules" / "@foundry-rs"
FOUNDRY = ("anvil", "forge")

# One line: Python runs a .pth file line by line, and only the lines that start with `import`.
_START_UP = (
    "import os; os.environ.setdefault('SOLCX_BINARY_PATH', {solc!r}); "
    "os.environ['PATH'] = {programs!r} + os.pathsep + os.environ.get('PATH', os.defpath)\n"
)


def tie() -> None:
    """Set the environment up; raises ``tools.solc.CompilerMissing`` if there is no compiler."""
    solc.resolve()
    for name in FOUNDRY:
        _link(name)
    start_up = Path(sysconfig.get_path("purelib")) / "zhifu-toolchain.pth"
    start_up.write_text(_START_UP.format(solc=str(solc.FOLDER), programs=str(PROGRAMS)))


def _link(name: str) -> None:
    """Put a program of Foundry among the environment's."""
    link = PROGRAMS / name
    link.unlink(missing_ok=True)
    if program := _program(name):
        link.symlink_to(program)
    else:
        print(f"There is no {name} for this machine: {_remedy(name)}", file=sys.stderr)


def _program(name: str) -> Path | None:
    if chosen := os.environ.get(_variable(name)):
        return Path(chosen).resolve()
    shipped = SHIPPED / f"{name}-linux-amd64" / "bin" / name
    if shipped.is_file():
        return shipped
    found = shutil.which(name)
    return Path(found).resolve() if found else None


def _remedy(name: str) -> str:
    return f"put `{name}` on PATH or set {_variable(name)}"


def _variable(name: str) -> str:
    return f"ZHIFU_{name.upper()}"


if __name__ == "__main__":
    tie()
