"""Brings the operations of a platform to their end: sends, waits, looks up, replaces, sends again.

A transaction is stored, signed, before it is sent, and a reply that is lost says nothing: what
became of an operation is what the chain says of its transactions. What the contract would take
twice (`Kind.once`) is signed under another nonce only once its own is used up, for good, by a
transaction that is known and not its own.

Another key of the platform may have signed what is to be done: one that was replaced, or that of
another gateway with the same books. Its transaction is sent again as it is and looked up by its own
nonce; until it can be included no more, nobody does the same with the key that is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from zhifu import rounds
from zhifu.blocks import Receipt
from zhifu.chain import TRANSACTION_GAS_LIMIT, Chain
from zhifu.deeds import Deeds
from zhifu.exceptions import (
    ChainUnreachable,
    ContractReverted,
    FeeCapReached,
    LaneBusy,
    NodeRefused,
    NonceTaken,
    TransactionFailed,
    TransactionPending,
    ZhifuError,
)
from zhifu.finality import Finality
from zhifu.leases import Leases
from zhifu.operationbook import OperationBook
from zhifu.operations import Ending, Kind, Operation, OperationState, Submission
from zhifu.refusals import explained
from zhifu.signing import SignedTransaction, Signer, fields_of
from zhifu.store import Transaction
from zhifu.turns import Turn

#: What has been done for an operation by a transaction that is not one of its own: a receipt, or
#: why it can never be done; None if nothing has.
Elsewhere = Callable[[Operation], Receipt | ZhifuError | None]

_ATTEMPTS = 5
_LEAST_WAIT_SECONDS = 1.0

#: The most nonces in a row that are filled: more cannot have been lost, but can be lied about.
_MOST_FILLED = 64

#: How a node says that a transaction's nonce or fees do not fit, in the words of several.
_OUTDATED = ("nonce", "fee", "underpriced", "gas price")


class _Sent(NamedTuple):
    """What a node said of a transaction; `outdated` if its nonce or fees fit no longer."""

    receipt: Receipt | None = None
    outdated: bool = False


class Submitter:
    """Signs with one key, for one platform; whoever uses it has the key's turn.

    A transaction that waits for `replace_after_seconds` is replaced by one with higher fees.
    `first_block` is one before which the key did nothing here.
    """

    def __init__(
        self,
        chain: Chain,
        book: OperationBook,
        platform: int,
        signer: Signer,
        elsewhere: Elsewhere,
        *,
        finality: Finality,
        replace_after_seconds: int,
        first_block: int,
        leases: Leases,
        deeds: Deeds,
    ) -> None:
        self._deeds = deeds
        self._chain = chain
        self._book = book
        self._platform = platform
        self._signer = signer
        self._elsewhere = elsewhere
        self._finality = finality
        self._patience_seconds = replace_after_seconds
        self._first_block = first_block
        self._leases = leases

    def submit(
        self,
        kind: Kind,
        subject: int,
        to: str,
        calldata: bytes,
        put: Callable[[Transaction], None] | None = None,
    ) -> Ending:
        """Do something on chain for a subject, once; goes on with what was begun for it.

        `put` adds the subject in the transaction that stores its operation, unless that is stored.
        What was done and is not on chain any more is done again. Raises ContractReverted, and
        stores nothing, if the contract would refuse it now; and as `conclude`.
        """
        operation = self._book.of(kind, subject)
        if operation is not None and not self._is_ours(operation):
            ending = self._look_after(operation)
            if ending.operation.state is not OperationState.REFUSED:
                return ending
            operation = None
        if operation is None:
            signed = self.sign(kind, to, calldata)
            operation = self._book.store(self._platform, kind, subject, signed, put)
        return self.conclude(operation)

    def sign(self, kind: Kind, to: str, calldata: bytes) -> SignedTransaction:
        """Sign what is to be stored.

        Raises ContractReverted, TransactionTooLarge, FeeCapReached and NodeRefused. Of what the
        contract would take twice nothing is signed while the key has anything else in flight:
        TransactionPending then; UnrecordedDeed if the chain has it, unknown to the books, and what
        signed it there if that is being adopted.
        """
        if kind.once:
            return self._chain.sign(self._signer, to, calldata)
        pending, used = self._nonces()
        if pending != used:
            raise TransactionPending(f"nonce {used}", 0)
        done = self._deeds.find(self._platform, calldata)
        return done or self._chain.sign(self._signer, to, calldata, nonce=used)

    def open(self) -> list[Operation]:
        """What is stored or submitted and not seen included, in order."""
        return self._book.open(self._signer.address)

    def look_after_others(self) -> None:
        """See what became of what the platform's other keys have left open for a while.

        Raises ChainUnreachable and InconsistentNode.
        """
        for operation in self._book.left(
            self._platform, self._signer.address, self._patience_seconds
        ):
            with suppress(TransactionPending, LaneBusy):
                self._look_after(operation)

    def conclude(self, operation: Operation) -> Ending:
        """Send an operation until the chain has decided on it.

        Waits for it no longer than a round lasts (`zhifu.rounds`), if it is one's part. Raises
        ChainUnreachable, InconsistentNode, TransactionPending, FeeCapReached or NodeRefused while
        it has not, and LaneBusy while another key's gateway is at it; it stays stored, and the next
        call goes on with it.
        """
        if not self._is_ours(operation):
            return self._look_after(operation)
        for _ in range(_ATTEMPTS):
            if operation.state in (OperationState.SETTLED, OperationState.CONFIRMED):
                if self._is_included(operation):
                    return Ending(operation, None)
                operation = self._book.unsettled(operation)
            if operation.state is OperationState.STORED:
                operation = self._begin(operation)
            sent = self._hand_over(operation)
            ending = self._ending(operation, sent.receipt)
            if ending is not None:
                return ending
            if sent.outdated:
                operation = self._sign_again(operation)
        raise TransactionPending(operation.transaction_hash, 0)

    def _is_included(self, operation: Operation) -> bool:
        return any(receipt for receipt in self._receipts(self._book.submissions(operation)))

    # Another key's

    def _is_ours(self, operation: Operation) -> bool:
        return operation.operator == self._signer.address

    def _look_after(self, operation: Operation) -> Ending:
        """What became of an operation that another key has signed; raises as `conclude`."""
        with Turn(self._leases, operation.operator, patience_seconds=0):
            operation = self._book.again(operation)
            if operation.state in (OperationState.SETTLED, OperationState.CONFIRMED):
                if self._is_included(operation):
                    return Ending(operation, None)
                operation = self._book.unsettled(operation)
            if operation.state is OperationState.REFUSED:
                raise TransactionPending(operation.transaction_hash, 0)
            if operation.state is OperationState.STORED:
                operation = self._book.submitted(operation)
            return self._ending(operation, None) or self._out_of_reach(operation)

    def _out_of_reach(self, operation: Operation) -> Ending:
        """Send again what cannot be signed here; refused once its nonce is another's for good."""
        submissions = self._book.submissions(operation)
        last = max(submissions, key=lambda each: each.nonce)
        if self._chain.nonce(operation.operator, "latest") > last.nonce:
            self._require_used_elsewhere(operation, last)
            return self._refused(operation, NonceTaken(operation.operator, last.nonce))
        for each in submissions:
            # A node that has it, or waits for a nonce before it, says no.
            with suppress(NodeRefused):
                self._chain.send_raw(each.raw)
        raise TransactionPending(last.hash, self._book.age(last))

    # Sending

    def _begin(self, operation: Operation) -> Operation:
        """Take an operation up that was never sent, so that its nonce may still be any."""
        latest = self._latest(operation)
        moved_on = self._chain.nonce(self._signer.address) != latest.nonce
        # What was adopted is on chain already.
        if moved_on and not self._is_included(operation):
            operation = self._renew(operation, latest)
        return self._book.submitted(operation)

    def _hand_over(self, operation: Operation) -> _Sent:
        """Send the latest signed transaction, and wait until it is included."""
        latest = self._latest(operation)
        try:
            self._chain.send_raw(latest.raw)
            return _Sent(receipt=self._wait(latest))
        except ChainUnreachable:
            # The reply is lost, the transaction may not be: whoever called looks it up.
            return _Sent()
        except NodeRefused as refused:
            if not any(word in refused.reason.lower() for word in _OUTDATED):
                raise
            return _Sent(outdated=True)
        except TransactionPending:
            return _Sent(outdated=self._is_stuck(latest))

    def _wait(self, sent: Submission) -> Receipt:
        """Wait until a transaction is included; what comes round again waits a round at most."""
        left = rounds.left_seconds()
        if left is None:
            return self._chain.wait_for_receipt(sent.hash)
        # A node that was handed a transaction may need a moment until it counts it.
        seconds = max(left, _LEAST_WAIT_SECONDS)
        return self._chain.wait_for_receipt(sent.hash, timeout_seconds=seconds)

    def _latest(self, operation: Operation) -> Submission:
        """What was signed last, or is included, if it is one of our own."""
        submissions = self._book.submissions(operation)
        named = (each for each in submissions if each.hash == operation.transaction_hash)
        return next(named, submissions[-1])

    def _is_stuck(self, latest: Submission) -> bool:
        """Whether a transaction that was sent must be signed again; raises if it just waits."""
        pending = self._chain.nonce(self._signer.address)
        if pending < latest.nonce:
            # In the node's queue behind a nonce that is missing it would wait for ever.
            return True
        if pending > latest.nonce and self._book.age(latest) < self._patience_seconds:
            raise TransactionPending(latest.hash, 0)
        if pending > latest.nonce:
            return True
        # What a node took and has no more it may never include as it is: with too little gas, say.
        return self._chain.transactions([latest.hash]) == [None]

    def _sign_again(self, operation: Operation) -> Operation:
        """Sign an operation once more, with a nonce and fees that fit now."""
        latest = self._latest(operation)
        pending, used = self._nonces()
        if used > latest.nonce:
            if not operation.kind.once:
                self._require_used_elsewhere(operation, latest)
            return self._renew(operation, latest)
        if pending > latest.nonce:
            return self._replace(operation, latest)
        if operation.kind.once:
            return self._renew(operation, latest)
        if pending < latest.nonce:
            return self._fill(operation, pending, latest)
        return self._estimate_again(operation, latest)

    def _nonces(self) -> tuple[int, int]:
        """The key's next nonce with what is in the node's pool, and without."""
        address = self._signer.address
        return self._chain.nonce(address), self._chain.nonce(address, "latest")

    def _renew(self, operation: Operation, latest: Submission) -> Operation:
        """Sign the same call with the next nonce."""
        fields = fields_of(latest.raw)
        to, calldata = "0x" + bytes(fields["to"]).hex(), bytes(fields["data"])
        try:
            signed = self.sign(operation.kind, to, calldata)
        except ContractReverted:
            # Included all the same it fails, and that is what ends it for good.
            gas_limit = min(TRANSACTION_GAS_LIMIT, self._chain.block().gas_limit)
            signed = self._chain.sign(self._signer, to, calldata, gas=gas_limit)
        return self._book.sign_again(operation, signed)

    def _estimate_again(self, operation: Operation, latest: Submission) -> Operation:
        """Sign the same call with the same nonce, and gas and fees that fit now."""
        fields = fields_of(latest.raw)
        to, calldata = "0x" + bytes(fields["to"]).hex(), bytes(fields["data"])
        try:
            signed = self._chain.sign(self._signer, to, calldata, nonce=latest.nonce)
        except ContractReverted:
            return self._replace(operation, latest)
        return self._book.sign_again(operation, signed)

    def _replace(self, operation: Operation, latest: Submission) -> Operation:
        """Sign the same transaction with higher fees."""
        signed = self._chain.sign_replacement(self._signer, latest.raw)
        if signed is not None:
            operation = self._book.sign_again(operation, signed)
            self._fill_again(operation, signed.raw)
            return operation
        if self._chain.max_fee_wei is not None:
            raise FeeCapReached(self._chain.max_fee_wei, latest.hash)
        raise TransactionPending(latest.hash, self._book.age(latest))

    def _fill(self, operation: Operation, first: int, latest: Submission) -> Operation:
        """Use up the nonces before one that must not be changed."""
        if latest.nonce - first > _MOST_FILLED:
            raise TransactionPending(operation.transaction_hash, 0)
        self._book.fill(operation, first)
        for nonce in range(first, latest.nonce):
            self._chain.fill(self._signer, nonce, latest.raw)
        return operation

    def _fill_again(self, operation: Operation, raw: bytes) -> None:
        """Have what fills nonces before a transaction offer no less than that does now."""
        first = self._book.filled_from(operation)
        if first is None:
            return
        used = self._chain.nonce(self._signer.address, "latest")
        for nonce in range(max(first, used), operation.nonce):
            # What offers as much already the node has, and says so.
            with suppress(NodeRefused):
                self._chain.fill(self._signer, nonce, raw)

    def _require_used_elsewhere(self, operation: Operation, latest: Submission) -> None:
        """Raise unless the nonce is used up, for good, by a transaction that is not our own."""
        last = self._finality.last_block(self._chain, self._chain.block_number())
        address, first = operation.operator, min(self._first_block, max(last, 0))
        if last < 0 or self._chain.nonce(address, last) <= latest.nonce:
            raise TransactionPending(latest.hash, 0)
        used_by = self._chain.sent_with(address, latest.nonce, first, last)
        if any(each.hash == used_by for each in self._book.submissions(operation)):
            raise self._chain.inconsistent(f"no receipt of {used_by}, which is included")

    # Looking up

    def _ending(self, operation: Operation, receipt: Receipt | None) -> Ending | None:
        """What the chain decided on an operation, or None while it has not.

        `receipt` is what it said of its latest transaction, if anything.
        """
        if receipt is not None and self._consistent(receipt).succeeded:
            return Ending(self._book.settled(operation, receipt), None)
        submissions = self._book.submissions(operation)
        receipts = self._receipts(submissions)
        for found in receipts:
            if found is not None and found.succeeded:
                return Ending(self._book.settled(operation, found), None)
        elsewhere = self._elsewhere(operation)
        if isinstance(elsewhere, Receipt):
            return Ending(self._book.settled(operation, elsewhere), None)
        if elsewhere is not None:
            return self._refused(operation, elsewhere)
        failed = [found for found in receipts if found is not None]
        if not failed or self._any_alive(operation.operator, submissions, receipts):
            return None
        self.require_final(operation, max(found.block_number for found in failed))
        reason = self._reason(operation.operator, submissions[-1], failed[-1])
        return self._refused(operation, reason)

    def _receipts(self, submissions: Sequence[Submission]) -> list[Receipt | None]:
        receipts = self._chain.receipts([each.hash for each in submissions])
        return [each and self._consistent(each) for each in receipts]

    def _consistent(self, receipt: Receipt) -> Receipt:
        """A receipt that can be true: what these contracts take, they always tell by events."""
        if receipt.succeeded != bool(receipt.logs):
            reason = f"{receipt.transaction_hash} has status {receipt.succeeded:d}"
            raise self._chain.inconsistent(f"{reason} and {len(receipt.logs)} logs")
        return receipt

    def require_final(self, operation: Operation, block_number: int) -> None:
        """Raise TransactionPending while a block may still be reorganised away.

        Without it a signed transaction could be included in another one, and succeed.
        """
        last = self._finality.last_block(self._chain, self._chain.block_number())
        if block_number > last:
            raise TransactionPending(operation.transaction_hash, 0)

    def _any_alive(
        self, operator: str, submissions: Sequence[Submission], receipts: Sequence[Receipt | None]
    ) -> bool:
        """Whether a signed transaction without a receipt could still be included."""
        nonce = self._chain.nonce(operator, "latest")
        pairs = zip(submissions, receipts, strict=True)
        return any(receipt is None and sent.nonce >= nonce for sent, receipt in pairs)

    def _refused(self, operation: Operation, refusal: ZhifuError) -> Ending:
        told = refusal
        if isinstance(refusal, ContractReverted):
            told = explained(refusal, self._platform, operation.operator)
        return Ending(self._book.refused(operation, str(told)), refusal)

    def _reason(self, operator: str, latest: Submission, receipt: Receipt) -> ZhifuError:
        """Why an included transaction failed, found by running it on the state before its block."""
        fields = fields_of(latest.raw)
        to, calldata = "0x" + bytes(fields["to"]).hex(), bytes(fields["data"])
        failed = TransactionFailed(receipt.transaction_hash, receipt.block_number, receipt.gas_used)
        try:
            self._chain.call(to, calldata, sender=operator, block=receipt.block_number - 1)
        except ContractReverted as reverted:
            return reverted
        except NodeRefused:
            return failed
        return failed
