"""Ties the compiler and Anvil into the virtual environment, so that its programs find them.

Afterwards ``.venv/bin/anvil`` exists, and every Python of the environment, whoever starts it, has
the environment's programs on its PATH and py-solc-x looking in ``.cache/solc``.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

from tools import solc

PROGRAMS = Path(sys.prefix) / "bin"
SHIPPED_ANVIL = solc.ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"

# One line: Python runs a .pth file line by line, and only the lines that start with `import`.
_START_UP = (
    "import os; os.environ.setdefault('SOLCX_BINARY_PATH', {solc!r}); "
    "os.environ['PATH'] = {programs!r} + os.pathsep + os.environ.get('PATH', os.defpath)\n"
)


def tie() -> None:
    """Set the environment up; raises ``tools.solc.CompilerMissing`` if there is no compiler."""
    solc.resolve()
    _link_anvil(PROGRAMS / "anvil")
    start_up = Path(sysconfig.get_path("purelib")) / "zhifu-toolchain.pth"
    start_up.write_text(_START_UP.format(solc=str(solc.FOLDER), programs=str(PROGRAMS)))


def _link_anvil(link: Path) -> None:
    link.unlink(missing_ok=True)
    anvil = SHIPPED_ANVIL if SHIPPED_ANVIL.is_file() else _installed_anvil()
    if anvil:
        link.symlink_to(anvil)
    else:
        print(
            "There is no Anvil for this machine: put `anvil` on PATH or set ZHIFU_ANVIL",
            file=sys.stderr,
        )


def _installed_anvil() -> Path | None:
    found = shutil.which("anvil")
    return Path(found).resolve() if found else None


if __name__ == "__main__":
    tie()
