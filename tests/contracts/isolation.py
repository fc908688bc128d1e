"""Takes the chain back to where a test began."""

from __future__ import annotations

from collections.abc import Iterator

from brownie import chain, history

from tests.contracts.clock import request


def isolated() -> Iterator[None]:
    """Undo whatever happens while this is suspended.

    Brownie's own way back also forgets the contracts that a test deployed, and costs a hundred
    times as much: it is taken only then. What Brownie remembers of transactions has to go in any
    case, or one that is sent again would be taken for the old one.
    """
    snapshot = request("evm_snapshot")
    chain.snapshot()
    history.clear()
    yield
    if any(transaction.contract_address for transaction in history):
        chain.revert()
    else:
        request("evm_revert", snapshot)
    history.clear()
