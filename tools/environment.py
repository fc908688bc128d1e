"""Python environments of their own below ``.cache``, for tools that do not go with the project's.

Each has what a lock file names, and is made anew when that changes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHONS = ("python3.12", "python3.11", "python3.13")
"""What such tools run on, the version they are known best with first."""


class NoPython(Exception):
    """This machine has no Python that the tools run on; carries what to install."""


@dataclass(frozen=True)
class Environment:
    """An environment in `folder` with what the lock file `requirements` names."""

    folder: Path
    requirements: Path

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    def install(self) -> bool:
        """Make it if it is not there or its requirements changed; whether it was made.

        Raises ``NoPython`` where that cannot be, ``CalledProcessError`` if pip fails.
        """
        digest = hashlib.sha256(self.requirements.read_bytes()).hexdigest()
        marker = self.folder / "installed"
        if marker.is_file() and marker.read_text() == digest:
            return False
        subprocess.run([_python(), "-m", "venv", "--clear", self.folder], check=True)
        pip = (self.programs / "python", "-m", "pip", "install", "-qq", "--require-hashes")
        subprocess.run([*pip, "-r", self.requirements], check=True)
        marker.write_text(digest)
        return True


def _python() -> str:
    """Return a Python that answers; one that pyenv only pretends to have does not."""
    for name in PYTHONS:
        for candidate in _candidates(name):
            asked = subprocess.run([candidate, "-c", "import ensurepip"], capture_output=True)
            if asked.returncode == 0:
                return str(candidate)
    raise NoPython(f"one of {', '.join(PYTHONS)} is needed, and none of them is here")


def _candidates(name: str) -> Iterator[Path]:
    if found := shutil.which(name):
        yield Path(found)
    version = name.removeprefix("python")
    yield from sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/{name}"))
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield Path(sys.executable)
