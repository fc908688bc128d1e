"""What an operation brought about that nobody knew before, read from the events of its receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from zhifu.blocks import Receipt
from zhifu.contract import Contract
from zhifu.deployment import Network
from zhifu.operations import Kind

Outcome = Callable[[Kind, Receipt], str | None]
"""From a kind of operation and its receipt to what it brought about, as JSON."""


def nothing(_: Kind, __: Receipt) -> str | None:
    """That is known for operations whose kinds tell nothing new."""
    return None


class Outcomes:
    """Reads receipts of the contracts of a network."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, kind: Kind, receipt: Receipt) -> str | None:
        """What an operation brought about, or None; raises InconsistentNode without its event."""
        found = self._found(kind, receipt)
        return json.dumps(found) if found else None

    def _found(self, kind: Kind, receipt: Receipt) -> Mapping[str, Any] | None:
        match kind:
            case Kind.WITHDRAWAL:
                event = self._event(self._network.settlement, receipt, "Withdrawn")
                return {"treasury": event["to"]}
            case Kind.RESERVATION:
                event = self._event(self._network.registry, receipt, "LearnersRegistered")
                return {"first": event["first"], "last": event["first"] + event["count"] - 1}
            case _:
                return None

    def _event(self, contract: Contract, receipt: Receipt, name: str) -> Mapping[str, Any]:
        events = contract.emitted(receipt, name)
        if len(events) != 1:
            reason = f"{len(events)} events {name} in {receipt.transaction_hash}"
            raise self._network.chain.inconsistent(reason)
        return events[0]
