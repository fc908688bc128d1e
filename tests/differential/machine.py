"""The EVM in this process, and the compiled contracts as it takes and gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyrevm

from tests.differential.abi import packer_of, signature
from tests.differential.model.signing import CHAIN_ID
from tests.differential.model.words import ZERO, word

SPECIFICATION = "PRAGUE"
GAS_LIMIT = 16_777_216
CODE_LIMIT: int | None = None
"""The most bytes of code a contract may have; the chain's own limit if None."""

_OUTPUT = re.compile(r"^Revert .* output: 0x([0-9a-f]*)")


class Reverted(Exception):
    """A call that the contract refused; carries what it said."""

    def __init__(self, output: bytes) -> None:
        super().__init__(output.hex())
        self.output = output


class Log(NamedTuple):
    """One event as the machine has it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


class Function(NamedTuple):
    """How a function's calldata and answer are packed."""

    selector: bytes
    inputs: Callable[[Sequence[Any]], bytes]
    outputs: Callable[[Sequence[Any]], bytes]


class Event(NamedTuple):
    """How an event is packed; its first `indexed` values are topics."""

    topic: bytes
    indexed: int
    plain: Callable[[Sequence[Any]], bytes]


class Artifact:
    """A compiled contract: its interface, and the code that creates it."""

    def __init__(self, path: Path) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))
        self.abi: list[Any] = found["abi"]
        self.bytecode = bytes.fromhex(found["bytecode"].removeprefix("0x"))
        self.functions = {each["name"]: _function(each) for each in self.of_type("function")}
        self.events = {each["name"]: _event(each) for each in self.of_type("event")}

    def creation(self, *arguments: Any) -> bytes:
        """Return the creation code with constructor arguments."""
        (constructor,) = self.of_type("constructor")
        return self.bytecode + packer_of(constructor["inputs"])(arguments)

    def of_type(self, kind: str) -> list[Any]:
        """Return the functions, events, errors or constructor of the interface."""
        return [each for each in self.abi if each["type"] == kind]


def _function(abi: Any) -> Function:
    inputs, outputs = abi["inputs"], abi["outputs"]
    return Function(signature(abi["name"], inputs)[:4], packer_of(inputs), packer_of(outputs))


def _event(abi: Any) -> Event:
    plain = [each for each in abi["inputs"] if not each["indexed"]]
    indexed = len(abi["inputs"]) - len(plain)
    return Event(signature(abi["name"], abi["inputs"]), indexed, packer_of(plain))


class Contract(NamedTuple):
    """A contract at its address."""

    artifact: Artifact
    address: str

    def calldata(self, function: str, arguments: Sequence[Any]) -> bytes:
        """Return the calldata of a call."""
        known = self.artifact.functions[function]
        return known.selector + known.inputs(arguments)

    def returned(self, function: str, values: Sequence[Any]) -> bytes:
        """Return what a function returns when it returns these values."""
        return self.artifact.functions[function].outputs(values)

    def log(self, event: str, values: Sequence[Any]) -> Log:
        """Return an event as the machine would have it; indexed values come first."""
        known = self.artifact.events[event]
        topics = (known.topic, *map(word, values[: known.indexed]))
        return Log(self.address, topics, known.plain(values[known.indexed :]))


class Errors:
    """The typed errors of all contracts; one name may be declared with several types."""

    def __init__(self, artifacts: Iterable[Artifact]) -> None:
        self._known: dict[str, dict[bytes, Callable[[Sequence[Any]], bytes]]] = {}
        for artifact in artifacts:
            for each in artifact.of_type("error"):
                selector = signature(each["name"], each["inputs"])[:4]
                self._known.setdefault(each["name"], {})[selector] = packer_of(each["inputs"])

    def matches(self, output: bytes, name: str, values: Any) -> bool:
        """Tell whether an output is this error; `...` as values matches any."""
        packer = self._known[name].get(output[:4])
        return packer is not None and (values is ... or output[4:] == packer(values))

    def describe(self, output: bytes) -> str:
        """Return an output as text."""
        names = [name for name, known in self._known.items() if output[:4] in known]
        return f"{names[0] if names else 'no typed error'} {output.hex()}"


class Machine:
    """A chain of one block after the other, without gas prices."""

    def __init__(self, now: int) -> None:
        config = pyrevm.CfgEnv(CHAIN_ID, CODE_LIMIT)
        environment = pyrevm.Env(config, pyrevm.BlockEnv(timestamp=now), pyrevm.TxEnv())
        self._evm = pyrevm.EVM(environment, spec_id=SPECIFICATION)

    def travel_to(self, now: int) -> None:
        """Set the time of the next calls."""
        self._evm.set_block_env(pyrevm.BlockEnv(timestamp=now))

    def deploy(self, deployer: str, code: bytes) -> str:
        """Create a contract and return its address."""
        return str(self._evm.deploy(deployer, code)).lower()

    def call(self, caller: str, to: str, data: bytes) -> list[Log]:
        """Do a transaction and return its events; raises Reverted."""
        self._evm.reset_transient_storage()
        self._run(caller, to, data, False)
        result = self._evm.result
        assert result is not None
        return [Log(log.address.lower(), tuple(log.data[0]), log.data[1]) for log in result.logs]

    def view(self, to: str, data: bytes) -> bytes:
        """Ask a contract; raises Reverted."""
        return self._run(ZERO, to, data, True)

    def _run(self, caller: str, to: str, data: bytes, is_static: bool) -> bytes:
        try:
            return self._evm.message_call(
                caller, to, calldata=data, gas=GAS_LIMIT, is_static=is_static
            )
        except RuntimeError as error:
            found = _OUTPUT.match(str(error))
            if found is None:
                raise
            raise Reverted(bytes.fromhex(found[1])) from error
