"""Acts: what a platform asks its operator key to do on chain, each once under a key of its own.

An act is stored with its signed transaction, or not at all: what the contract refuses leaves
nothing behind. From then on the lane brings it to its end, whoever waits for that.
"""

from __future__ import annotations

from collections.abc import Callable

from zhifu.actbook import Act, ActBook, KeyTaken, Wanted
from zhifu.exceptions import ContractReverted, InvalidInput
from zhifu.lane import Lane
from zhifu.refusals import explained
from zhifu.requests import TEXT_RULE, is_text
from zhifu.store import Transaction


class Acts:
    """Does acts by the lanes of their platforms; `lane` raises for a platform without one."""

    def __init__(self, book: ActBook, lane: Callable[[int], Lane]) -> None:
        self._book = book
        self._lane = lane

    def do(
        self,
        wanted: Wanted,
        to: str,
        calldata: bytes,
        also: Callable[[Transaction, int], None] | None = None,
    ) -> Act:
        """Do what is wanted by a call of a contract, and wait until that is included.

        `also` is told the act's number in the transaction that stores it, and in each that stores
        anew what the chain refused: it adds what the act is about, or raises what is against it.
        The same again goes on with it, or does anew what the chain refused. Raises InvalidInput for
        the key, IdempotencyConflict if it was used for something else, what the contract has
        against it, and as `Gateway.settle` while it is undecided: `recover` goes on with it then.
        """
        lane, known = self._lane(wanted.platform), self.known(wanted)
        while known is None or not known.is_included:
            with lane.turn:
                self._submit(lane, wanted, to, calldata, also)
            known = self._book.known(wanted)
        return known

    def known(self, wanted: Wanted) -> Act | None:
        """What was asked for before under the key, or None; raises what `do` raises of a key."""
        if not is_text(wanted.idempotency_key):
            raise InvalidInput("idempotency_key", TEXT_RULE)
        return self._book.known(wanted)

    def _submit(
        self,
        lane: Lane,
        wanted: Wanted,
        to: str,
        calldata: bytes,
        also: Callable[[Transaction, int], None] | None,
    ) -> None:
        known = self._book.known(wanted)
        number = known.number if known else self._book.number()

        def put(transaction: Transaction) -> None:
            if known is None:
                self._book.put(transaction, number, wanted)
            if also is not None:
                also(transaction, number)

        try:
            refusal = lane.submit(wanted.kind, number, to, calldata, put).refusal
            if refusal is not None:
                raise refusal
        except KeyTaken:
            return
        except ContractReverted as reverted:
            raise explained(reverted, wanted.platform, lane.signer.address) from reverted
