"""What the peers have published on npm, installed from a lock file of its own.

Their packages are no part of zhifu's set-up: they are put below `.cache/peers` when they are first
measured.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from tools import solc
from zhifu.abi import Artifact

_HERE = Path(__file__).parent
_FOLDER = solc.ROOT / ".cache" / "peers"
_MODULES = _FOLDER / "node_modules"
_FILES = ("package.json", "package-lock.json")

#: Those that thirdweb deploys with; more would not fit into a contract.
_OPTIMIZER_RUNS = 20


def published(path: str) -> Artifact:
    """A contract whose ABI and bytecode its authors ship, at a path below node_modules."""
    found = json.loads((_installed() / path).read_text(encoding="utf-8"))
    bytecode = bytes.fromhex(found["bytecode"].removeprefix("0x"))
    return Artifact(found["contractName"], found["abi"], bytecode)


@cache
def compiled(path: str) -> Artifact:
    """A contract whose sources its authors ship, compiled as zhifu's own are, for cancun."""
    name = Path(path).stem
    found = _compiled(path)["contracts"][path][name]
    return Artifact(name, found["abi"], bytes.fromhex(found["evm"]["bytecode"]["object"]))


def calldata(signature: str, *arguments: object) -> bytes:
    """The call of a function that is told from those of its name by its signature."""
    types = _split(signature[signature.index("(") + 1 : -1])
    return bytes(function_signature_to_4byte_selector(signature)) + encode(types, arguments)


def _split(types: str) -> Sequence[str]:
    """The types of a parameter list, at its commas outside of brackets."""
    found, depth = [""], 0
    for letter in types:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each for each in found if each]


@cache
def _installed() -> Path:
    wanted = {name: (_HERE / name).read_bytes() for name in _FILES}
    if any(_read(_MODULES / name) != content for name, content in wanted.items()):
        _FOLDER.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copy(_HERE / name, _FOLDER / name)
        _npm("ci", "--ignore-scripts", "--loglevel=error", "--no-audit", "--no-fund")
        # Only a complete installation is known by the files that it was made from.
        for name, content in wanted.items():
            (_MODULES / name).write_bytes(content)
    return _MODULES


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _npm(*arguments: str) -> None:
    environment = {"NODE_OPTIONS": "--use-system-ca", **os.environ}
    environment.setdefault("npm_config_cache", str(solc.ROOT / ".cache" / "npm"))
    command = [str(solc.ROOT / ".venv" / "bin" / "npm"), *arguments]
    subprocess.run(command, cwd=_FOLDER, env=environment, check=True, stdout=subprocess.DEVNULL)


def _compiled(path: str) -> dict[str, Any]:
    modules = _installed()
    request = {
        "language": "Solidity",
        "sources": {path: {"content": (modules / path).read_text(encoding="utf-8")}},
        "settings": {
            "optimizer": {"enabled": True, "runs": _OPTIMIZER_RUNS},
            "evmVersion": "cancun",
            "outputSelection": {"*": {Path(path).stem: ["abi", "evm.bytecode.object"]}},
        },
    }
    reply = subprocess.run(
        [solc.resolve(), "--standard-json", "--base-path", modules, "--allow-paths", modules],
        cwd=modules,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(reply.stdout)
    return answer
