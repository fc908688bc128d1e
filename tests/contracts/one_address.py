"""Settlement answers for the desk and the court at its own address (LINK-2)."""

from __future__ import annotations

import json
from typing import Any


def answer_for(container: Any, *others: Any) -> None:
    """Let the deployments of a contract be called by what other contracts have, too.

    Brownie knows the functions of a contract from its own sources alone; what it falls back to
    is not among them.
    """
    abi = {_signature(entry): entry for entry in container.abi}
    for other in others:
        rest = (entry for entry in other.abi if entry["type"] in ("function", "event", "error"))
        abi = {_signature(entry): entry for entry in rest} | abi
        container.selectors.update(other.selectors)
        container.signatures.update(other.signatures)
        container.topics.update(other.topics)
    container._build["abi"] = list(abi.values())


def _signature(entry: Any) -> str:
    kinds = [entry["type"], entry.get("name"), entry.get("inputs")]
    return json.dumps(kinds, sort_keys=True)
