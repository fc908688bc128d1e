"""One operator key's lane: it owns the key's batch numbers and brings each batch to its end.

A transaction is stored, signed, before it is sent, and one batch is in flight at a time. Whatever
is sent twice, the lane's number lets one in: the included transaction decides what was paid.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from zhifu.blocks import Receipt
from zhifu.calldata import SettleCall, read_settle_call
from zhifu.chain import TRANSACTION_GAS_LIMIT
from zhifu.deployment import Network
from zhifu.exceptions import (
    ChainUnreachable,
    ContractReverted,
    DuplicateBatch,
    NodeRefused,
    TransactionFailed,
    TransactionPending,
    TransactionTooLarge,
    UnrecordedBatch,
    ZhifuError,
)
from zhifu.lanebook import BatchDraft, LaneBook, Submission
from zhifu.operators import ensure_accepted
from zhifu.payments import BatchRecord
from zhifu.refusals import explained
from zhifu.selection import Selection
from zhifu.signing import SignedTransaction, Signer

_ATTEMPTS = 5

#: How old a transaction that a node holds must be before its fees are raised.
_PATIENCE_SECONDS = 120

#: A reorganisation does not reach further back than this.
_WATCHED_BATCHES = 1_000

#: How a node says that a transaction's nonce or fees do not fit, in the words of several.
_OUTDATED = ("nonce", "fee", "underpriced", "gas price")


class Ending(NamedTuple):
    """What became of a batch; `refusal` says why, if the chain refused it."""

    batch: BatchRecord
    refusal: ZhifuError | None


class Lane:
    """The lane of `signer` for `platform`; safe to share between threads, which take turns.

    A key that the platform names and that has not accepted yet accepts now. Raises WrongOperator
    for one that may not act for the platform.
    """

    def __init__(
        self,
        network: Network,
        book: LaneBook,
        selection: Selection,
        platform: int,
        signer: Signer,
        today: Callable[[], int],
        sync: Callable[[], object],
        confirmations: int,
    ) -> None:
        operator = ensure_accepted(network.registry, platform, signer)
        self.platform = platform
        self.number = operator.lane
        self.signer = signer
        self.lock = threading.RLock()
        self._network = network
        self._chain = network.chain
        self._book = book
        self._selection = selection
        self._today = today
        self._sync = sync
        self._confirmations = confirmations
        self._recorded_end = 1

    def settle(self, limit: int) -> BatchRecord | None:
        """Settle the next batch of up to `limit` orders; None if nothing waits.

        Raises what the chain has against it: InsufficientBalance, say. Its orders wait then. Raises
        UnrecordedBatch if the chain has settled what these books know nothing of.
        """
        with self.lock:
            self.recover()
            batch = self._store_next(limit)
            if batch is None:
                return None
            ending = self._conclude(batch)
            if ending.refusal is not None:
                raise ending.refusal
            return ending.batch

    def recover(self) -> list[BatchRecord]:
        """Bring every stored batch of the lane to its end, in order; returns what became of them.

        One that the chain refused is among them as refused: its orders wait again. One that was
        refused before, and is on chain after all, is among them as settled.
        """
        with self.lock:
            self._notice_shorter_chain()
            unsettled = self._book.unsettled(self.platform, self.number)
            concluded = [self._conclude(batch).batch for batch in unsettled]
            return concluded + self._revive()

    def _notice_shorter_chain(self) -> None:
        """Submit batches again whose numbers the chain would take once more.

        The index judges a block only once it has come as far, which it may never without them.
        """
        settled = self._book.settled_numbers(self.platform, self.number)
        if settled:
            number = self._network.settlement.next_batch(self.platform, self.number)
            for batch_id in (each for each, used in settled.items() if used >= number):
                self._book.unsettled_again(batch_id)

    def _revive(self) -> list[BatchRecord]:
        """Take back refused batches that a reorganisation has included."""
        found = self._book.included_after_all(self.platform, self.number)
        if not found:
            return []
        receipts = self._chain.receipts([included for _, included in found])
        return [
            self._book.revived(batch_id, receipt)
            for (batch_id, _), receipt in zip(found, receipts, strict=True)
            if receipt is not None
        ]

    def require_recorded(self) -> None:
        """See that the books have every batch of the lane that the chain has.

        Raises UnrecordedBatch: the chain knows more of these books' orders than they do.
        """
        with self.lock:
            self._recorded(self._network.settlement.next_batch(self.platform, self.number))

    # Storing

    def _recorded(self, number: int) -> bool:
        """Whether the books have every batch below a number; False if that was just mended."""
        first = max(1, min(self._recorded_end, number) - _WATCHED_BATCHES)
        missing = self._book.first_unrecorded(self.platform, self.number, first, number)
        if missing is not None:
            self._sync()
            if self._revive():
                return False
            raise UnrecordedBatch(self.platform, self.number, missing)
        self._recorded_end = number
        return True

    def _store_next(self, limit: int) -> BatchRecord | None:
        """Choose, sign and store the next batch; smaller if that many do not fit a transaction."""
        while True:
            draft = self._selection.next(limit, self._today())
            if draft is None:
                return None
            try:
                batch = self._store(draft)
            except TransactionTooLarge:
                limit = len(draft.positions) // 2
                if limit == 0:
                    raise
            except ContractReverted as reverted:
                # The chain may have moved on since the orders were chosen.
                if not self._sync():
                    raise self._explained(reverted) from reverted
            else:
                if batch is not None:
                    return batch

    def _store(self, draft: BatchDraft) -> BatchRecord | None:
        number = self._network.settlement.next_batch(self.platform, self.number)
        if number > self._book.indexed_number(self.platform, self.number) + 1 and self._sync():
            # A batch the index did not know of may carry some of these orders.
            self._revive()
            return None
        if not self._recorded(number):
            return None
        signed = self._sign(self._calldata(number, draft.sale_day, draft.debit, draft.words))
        return self._book.store(draft, self.number, number, signed)

    def _calldata(self, number: int, sale_day: int, debit: int, words: bytes) -> bytes:
        return self._network.settlement.encode_settle(number, sale_day, debit, words)

    def _sign(self, calldata: bytes, gas: int | None = None) -> SignedTransaction:
        address = self._network.settlement.address
        return self._chain.sign(self.signer, address, calldata, gas=gas)

    def _sign_again(self, batch: BatchRecord) -> BatchRecord:
        """Sign a batch once more, under the same number, with a nonce and fees that fit now."""
        words = self._book.words(batch)
        calldata = self._calldata(batch.number, batch.sale_day, batch.debit, words)
        try:
            signed = self._sign(calldata)
        except ContractReverted:
            # Included all the same it fails, and that is what sets its orders free for good.
            gas_limit = min(TRANSACTION_GAS_LIMIT, self._chain.block().gas_limit)
            signed = self._sign(calldata, gas_limit)
        return self._book.sign_again(batch, signed)

    # Sending

    def _conclude(self, batch: BatchRecord) -> Ending:
        """Send a stored batch until the chain has decided on it.

        Raises ChainUnreachable, TransactionPending or NodeRefused while it has not; the batch
        stays stored, and `recover` goes on with it.
        """
        for _ in range(_ATTEMPTS):
            outdated = self._hand_over(batch)
            ending = self._ending(batch)
            if ending is not None:
                return ending
            if outdated:
                batch = self._sign_again(batch)
        raise TransactionPending(batch.transaction_hash, 0)

    def _hand_over(self, batch: BatchRecord) -> bool:
        """Send the latest signed transaction and wait; whether its nonce or fees no longer fit."""
        submissions = self._book.submissions(batch)
        if not submissions:
            # It was adopted from the chain, which has lost it since.
            return True
        latest = submissions[-1]
        try:
            self._chain.send_raw(latest.raw)
            self._book.submitted(batch)
            self._chain.wait_for_receipt(latest.hash)
        except ChainUnreachable:
            # The reply is lost, the transaction may not be: whoever called looks it up.
            return False
        except NodeRefused as refused:
            if not any(word in refused.reason.lower() for word in _OUTDATED):
                raise
            return True
        except TransactionPending:
            # In the node's queue behind a nonce that is missing it would wait for ever.
            if self._chain.nonce(self.signer.address) <= latest.nonce:
                return True
            if not self._raise_fees(batch, latest):
                raise
        return False

    def _raise_fees(self, batch: BatchRecord, latest: Submission) -> bool:
        """Sign a transaction that has waited long again, to replace it; whether it could be."""
        if self._book.age(latest) < _PATIENCE_SECONDS:
            return False
        signed = self._chain.sign_replacement(self.signer, latest.raw)
        if signed is not None:
            self._book.sign_again(batch, signed)
        return signed is not None

    # Looking up

    def _ending(self, batch: BatchRecord) -> Ending | None:
        """What the chain decided on a batch, or None while it has not."""
        submissions = self._book.submissions(batch)
        receipts = self._chain.receipts([each.hash for each in submissions])
        for receipt in receipts:
            if receipt is not None and receipt.succeeded:
                return Ending(self._book.settled(batch, receipt), None)
        if any(self._network.settlement.root_of(batch.platform, batch.lane, batch.number)):
            return self._number_used(batch)
        failed = [receipt for receipt in receipts if receipt is not None]
        if not failed or self._any_alive(submissions, receipts):
            return None
        self._require_depth(batch, max(receipt.block_number for receipt in failed))
        return self._refused(batch, self._reason(batch, failed[-1]))

    def _require_depth(self, batch: BatchRecord, block_number: int) -> None:
        """Raise TransactionPending while a block may still be reorganised away.

        Without it a signed transaction could be included in another one, and succeed.
        """
        if self._confirmations > 0:
            depth = self._chain.block_number() - block_number
            if depth < self._confirmations:
                raise TransactionPending(batch.transaction_hash, 0)

    def _number_used(self, batch: BatchRecord) -> Ending:
        """The batch's number is on chain: by this very batch, or by another one."""
        network = self._network
        numbers = (batch.platform, batch.lane, batch.number)
        topics = [network.settlement.artifact.topic("BatchSettled")]
        topics += [number.to_bytes(32, "big") for number in numbers]
        (log,) = self._chain.logs(
            network.settlement.address, topics, network.deployment.first_block
        )
        (sent,) = self._chain.transactions([log.transaction_hash])
        receipt = self._chain.receipt(log.transaction_hash)
        ours = SettleCall(self._book.words(batch), from_learners=False)
        if sent and receipt and read_settle_call(sent.input) == ours:
            return Ending(self._book.settled(batch, receipt), None)
        self._require_depth(batch, log.block_number)
        return self._refused(batch, DuplicateBatch(batch.number + 1, batch.number))

    def _any_alive(
        self, submissions: Sequence[Submission], receipts: Sequence[Receipt | None]
    ) -> bool:
        """Whether a signed transaction without a receipt could still be included."""
        nonce = self._chain.nonce(self.signer.address, "latest")
        pairs = zip(submissions, receipts, strict=True)
        return any(receipt is None and sent.nonce >= nonce for sent, receipt in pairs)

    def _refused(self, batch: BatchRecord, refusal: ZhifuError) -> Ending:
        return Ending(self._book.refused(batch, str(refusal)), refusal)

    def _reason(self, batch: BatchRecord, receipt: Receipt) -> ZhifuError:
        """Why an included transaction failed, found by running it on the state before its block."""
        words = self._book.words(batch)
        calldata = self._calldata(batch.number, batch.sale_day, batch.debit, words)
        failed = TransactionFailed(receipt.transaction_hash, receipt.block_number, receipt.gas_used)
        try:
            self._chain.call(
                self._network.settlement.address,
                calldata,
                sender=self.signer.address,
                block=receipt.block_number - 1,
            )
        except ContractReverted as reverted:
            return self._explained(reverted)
        except NodeRefused:
            return failed
        return failed

    def _explained(self, reverted: ContractReverted) -> ZhifuError:
        return explained(reverted, self.platform, self.signer.address)
