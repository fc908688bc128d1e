"""A deployed contract as its shipped ABI describes it: calls, transactions and events.

A revert reaches the caller as the one of `zhifu.exceptions` that `zhifu.refusals` has for it, else
as ContractReverted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from eth_abi.exceptions import DecodingError

from zhifu.abi import Artifact, artifact
from zhifu.blocks import BlockId, Log, Receipt
from zhifu.chain import Chain
from zhifu.refusals import typed
from zhifu.signing import Signer


class EventLog(NamedTuple):
    """A decoded event with the log it came in."""

    name: str
    arguments: dict[str, Any]
    log: Log


class Contract:
    """A deployed contract, known by the ABI shipped under its name."""

    NAME: ClassVar[str]

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.address = address
        self.artifact: Artifact = artifact(self.NAME)
        chain.learn_errors(self.artifact.abi)

    def encode(self, function: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        return self.artifact.functions[function].encode(arguments)

    def read(self, function: str, *arguments: Any) -> Any:
        """What a view answers: one value, or a tuple of several."""
        with typed(lambda: self._named(function, arguments)):
            answer = self.chain.call(self.address, self.encode(function, *arguments))
        values = self._decoded(function, answer)
        return values[0] if len(values) == 1 else values

    def read_many(
        self, function: str, arguments: Sequence[Sequence[Any]], *, block: BlockId = "latest"
    ) -> list[Any]:
        """What a view answers to many arguments as of a block, in few round trips."""
        calls = [(self.address, self.encode(function, *each)) for each in arguments]
        with typed():
            answers = [
                self._decoded(function, answer)
                for answer in self.chain.call_many(calls, block=block)
            ]
        return [values[0] if len(values) == 1 else values for values in answers]

    def transact(self, signer: Signer, function: str, *arguments: Any, **known: Any) -> Receipt:
        """Send a transaction and wait for its receipt.

        `known` is what a refusal may be about beside the arguments.
        """
        with typed(lambda: {**self._named(function, arguments), **known}):
            return self.chain.send(signer, self.address, self.encode(function, *arguments))

    def _decoded(self, function: str, answer: bytes) -> Any:
        try:
            return self.artifact.functions[function].decode(answer)
        except DecodingError as error:
            raise self.chain.inconsistent(f"{function} answers {len(answer)} bytes") from error

    def _named(self, function: str, arguments: Sequence[Any]) -> dict[str, Any]:
        """A call's arguments by the names that the contract has for them."""
        entries = (each for each in self.artifact.abi if each["type"] == "function")
        inputs = next(each["inputs"] for each in entries if each["name"] == function)
        return {each["name"]: value for each, value in zip(inputs, arguments, strict=True)}

    def events(
        self, *names: str, from_block: int = 0, to_block: int | None = None
    ) -> Iterator[EventLog]:
        """This contract's events of the given names (of all, if none is given), in order."""
        topics = [[self.artifact.topic(name) for name in names]] if names else []
        for log in self.chain.logs(self.address, topics, from_block, to_block):
            yield self.decode(log)

    def decode(self, log: Log) -> EventLog:
        """One of this contract's own logs, decoded."""
        event = self.artifact.events[log.topics[0]]
        return EventLog(event.name, event.decode(log.topics, log.data), log)

    def emitted(self, receipt: Receipt, name: str) -> list[dict[str, Any]]:
        """The arguments of this contract's events called `name` in a receipt."""
        topic = self.artifact.topic(name)
        own = (log for log in receipt.logs if log.address == self.address)
        return [self.decode(log).arguments for log in own if log.topics[0] == topic]
