"""Gives Anvil the moment between counting a transaction and telling of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from brownie import web3
from web3.exceptions import TransactionNotFound

TRIES = 100
PAUSE_SECONDS = 0.01


def wait_for_transactions() -> None:
    """Let look-ups of a transaction wait for it.

    Anvil raises the sender's nonce a little before the transaction can be found; Brownie takes one
    that it does not find then for dropped.
    """
    for name in ("get_transaction", "get_transaction_receipt"):
        setattr(web3.eth, name, _patient(getattr(web3.eth, name)))


def _patient(look_up: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def patient(transaction: Any, tries: int = TRIES) -> Any:
        try:
            return look_up(transaction)
        except TransactionNotFound:
            if tries == 0:
                raise
        time.sleep(PAUSE_SECONDS)
        return patient(transaction, tries - 1)

    return patient
