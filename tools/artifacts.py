"""Compiles the contracts and keeps the artifacts that the package ships.

Every ``contracts/<Name>.sol`` at the top level becomes ``zhifu/abi/<Name>.json`` with the
contract's ABI and bytecode; one that answers for others has their functions, events and errors in
its ABI too. The settings are those of ``brownie-config.yaml``. The metadata hash is
left out of the bytecode, which is therefore the same wherever it is compiled.

    python -m tools.artifacts            write the artifacts
    python -m tools.artifacts --check    fail if a shipped artifact differs from the sources
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tools import solc

CONTRACTS = solc.ROOT / "contracts"
ARTIFACTS = solc.ROOT / "zhifu" / "abi"
SETTINGS = solc.ROOT / "brownie-config.yaml"
RUNTIME_LIMIT = 24_576
"""Bytes of code an account may hold (EIP-170)."""
WORD_BYTES = 32

ANSWERS_FOR = {"Settlement": ("SettlementDesk", "SettlementCourt")}
"""Contracts whose fallback runs others' code, so that all are called at one address."""

OUTPUT = (
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)
"""What an artifact is made of, in the compiler's words."""


_CALLABLE = ("function", "event", "error")


class CompilationFailed(Exception):
    """The compiler refused the sources; carries its messages."""


class SettingsWrong(Exception):
    """``brownie-config.yaml`` does not name the compiler that the project is pinned to."""


@dataclass(frozen=True)
class Artifact:
    """A compiled contract: what a client needs to deploy it, to call it and to recognise it."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    deployed_bytecode: str
    immutable_words: list[int]

    @property
    def path(self) -> Path:
        """The file that ships this artifact."""
        return ARTIFACTS / f"{self.name}.json"

    @property
    def runtime_size(self) -> int:
        """Bytes of code on chain, which ``RUNTIME_LIMIT`` bounds."""
        return (len(self.deployed_bytecode) - len("0x")) // 2

    def to_json(self) -> str:
        """Return the text of the shipped file."""
        content = {
            "contractName": self.name,
            "abi": self.abi,
            "bytecode": self.bytecode,
            "deployedBytecode": self.deployed_bytecode,
            "immutableWords": self.immutable_words,
        }
        return json.dumps(content, indent=1) + "\n"

    def is_shipped(self) -> bool:
        """Tell whether the shipped file is exactly this artifact."""
        return self.path.is_file() and self.path.read_text() == self.to_json()


def compile_artifacts() -> tuple[list[Artifact], list[str]]:
    """Compile every contract that the package ships; return the artifacts and the warnings.

    Raises ``CompilationFailed`` on an error in the sources, ``SettingsWrong`` on another compiler
    version, and ``tools.solc.CompilerMissing`` where there is no compiler.
    """
    sources = sorted(CONTRACTS.glob("*.sol"))
    output = compile_sources(sources)
    compiled = {path.stem: _artifact(output, path) for path in sources}
    artifacts = [_united(artifact, compiled) for artifact in compiled.values()]
    return artifacts, _own_warnings(output)


def compile_sources(sources: Iterable[Path], output: Sequence[str] = OUTPUT) -> dict[str, Any]:
    """Compile some sources with all they import; return the compiler's answer as it gave it.

    `output` names what to give of each contract, in the compiler's words. Raises as
    `compile_artifacts`.
    """
    request = {
        "language": "Solidity",
        "sources": {_shown(path): {"content": path.read_text()} for path in sources},
        "settings": _compiler_settings() | {"outputSelection": {"*": {"*": [*output]}}},
    }
    reply = subprocess.run(
        [solc.resolve(), "--standard-json", "--allow-paths", solc.ROOT, "--base-path", solc.ROOT],
        cwd=solc.ROOT,
        input=json.dumps(request),
        capture_output=True,
        text=True,
    )
    if reply.returncode:
        raise CompilationFailed(reply.stderr)
    answer: dict[str, Any] = json.loads(reply.stdout)
    messages = answer.get("errors", ())
    if any(message["severity"] == "error" for message in messages):
        raise CompilationFailed("\n".join(_text(message) for message in messages))
    return answer


def _own_warnings(output: dict[str, Any]) -> list[str]:
    """Return the warnings about our sources; those about libraries are their authors' affair."""
    located = [
        (message.get("sourceLocation") or {}, message) for message in output.get("errors", ())
    ]
    return [
        _text(message)
        for location, message in located
        if not location.get("file", "").startswith("node_modules/")
    ]


def _text(message: dict[str, Any]) -> str:
    return str(message["formattedMessage"]).strip()


def _compiler_settings() -> dict[str, Any]:
    compiler = yaml.safe_load(SETTINGS.read_text())["compiler"]
    if compiler["solc"]["version"] != solc.VERSION:
        raise SettingsWrong(
            f"{SETTINGS.name} names solc {compiler['solc']['version']}; "
            f"the project is pinned to {solc.VERSION}"
        )
    return {
        "evmVersion": compiler["evm_version"],
        "optimizer": compiler["solc"]["optimizer"],
        "remappings": compiler["solc"]["remappings"],
        "metadata": {"bytecodeHash": "none"},
    }


def _artifact(output: dict[str, Any], source: Path) -> Artifact:
    contract = output["contracts"][_shown(source)].get(source.stem)
    if contract is None:
        raise CompilationFailed(f"{_shown(source)} does not hold a contract named {source.stem}")
    return Artifact(
        name=source.stem,
        abi=contract["abi"],
        bytecode="0x" + contract["evm"]["bytecode"]["object"],
        deployed_bytecode="0x" + contract["evm"]["deployedBytecode"]["object"],
        immutable_words=_words(contract["evm"]["deployedBytecode"]["immutableReferences"]),
    )


def _words(immutable_references: Mapping[str, Any]) -> list[int]:
    """Where in the code the constructor writes immutable values, each of them a word."""
    found = [each for places in immutable_references.values() for each in places]
    if any(each["length"] != WORD_BYTES for each in found):
        raise CompilationFailed("an immutable value is not a word")
    return sorted(each["start"] for each in found)


def _united(artifact: Artifact, compiled: Mapping[str, Artifact]) -> Artifact:
    """The artifact with what it answers for others in its ABI; they are made by others still."""
    abi = [*artifact.abi]
    for name in ANSWERS_FOR.get(artifact.name, ()):
        callable_ = (each for each in compiled[name].abi if each["type"] in _CALLABLE)
        abi += [entry for entry in callable_ if entry not in abi]
    return replace(artifact, abi=abi)


def _report_sizes(artifacts: list[Artifact]) -> list[str]:
    """Print the size of every contract and return the complaints about those too large."""
    for artifact in artifacts:
        print(f"{artifact.name:<20} {artifact.runtime_size:>6,} of {RUNTIME_LIMIT:,} bytes")
    return [
        f"{artifact.name} is {artifact.runtime_size - RUNTIME_LIMIT:,} bytes over the limit"
        for artifact in artifacts
        if artifact.runtime_size > RUNTIME_LIMIT
    ]


def _stale(artifacts: list[Artifact]) -> list[str]:
    """Return a line for each shipped file that is not what the sources compile to."""
    expected = {artifact.path for artifact in artifacts}
    changed = [artifact.path for artifact in artifacts if not artifact.is_shipped()]
    orphans = sorted(set(ARTIFACTS.glob("*.json")) - expected)
    return [
        *(f"{_shown(path)} differs from its source: run `make artifacts`" for path in changed),
        *(f"{_shown(path)} has no source: run `make artifacts`" for path in orphans),
    ]


def _shown(path: Path) -> str:
    return str(path.relative_to(solc.ROOT))


def _write(artifacts: list[Artifact]) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    for path in set(ARTIFACTS.glob("*.json")) - {artifact.path for artifact in artifacts}:
        path.unlink()
    for artifact in artifacts:
        artifact.path.write_text(artifact.to_json())


def main() -> int:
    """Write or check the artifacts; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="compare with the sources, write nothing"
    )
    check = parser.parse_args().check
    try:
        artifacts, complaints = compile_artifacts()
    except (CompilationFailed, SettingsWrong, solc.CompilerMissing) as error:
        print(error, file=sys.stderr)
        return 1
    complaints += _report_sizes(artifacts)
    if check:
        complaints += _stale(artifacts)
    else:
        _write(artifacts)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
