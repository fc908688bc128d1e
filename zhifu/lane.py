"""One operator key's lane: it owns the key's nonces and batch numbers.

Everything that the key does is stored, signed, before it is sent, and brought to its end in order,
one at a time. Whatever is sent twice, the lane's number lets one batch in: the included transaction
decides what was paid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhifu.accounts import of_learner
from zhifu.blocks import Receipt
from zhifu.calldata import read_settle_call
from zhifu.deeds import Deeds
from zhifu.deployment import Network
from zhifu.exceptions import (
    ContractReverted,
    DuplicateBatch,
    TransactionTooLarge,
    UnrecordedBatch,
    ZhifuError,
)
from zhifu.finality import Finality
from zhifu.lanebook import BatchDraft, LaneBook
from zhifu.leases import Leases
from zhifu.operationbook import OperationBook
from zhifu.operations import Ending, Kind, Operation
from zhifu.operators import ensure_accepted
from zhifu.payments import BatchRecord
from zhifu.refusals import explained
from zhifu.selection import Selection
from zhifu.signing import Signer
from zhifu.store import Transaction
from zhifu.submitter import Submitter
from zhifu.turns import Turn

#: A reorganisation does not reach further back than this.
_WATCHED_BATCHES = 1_000


@dataclass(frozen=True, slots=True)
class SubmissionRules:
    """How transactions are brought to their end: when one is final, and when it is replaced."""

    finality: Finality
    replace_after_seconds: int


class Lane:
    """The lane of `signer` for `platform`; threads and processes take turns at it.

    A key that the platform names and that has not accepted yet accepts now. Raises WrongOperator
    for one that may not act for the platform.
    """

    def __init__(
        self,
        network: Network,
        book: LaneBook,
        operations: OperationBook,
        selection: Selection,
        platform: int,
        signer: Signer,
        today: Callable[[], int],
        sync: Callable[[], object],
        rules: SubmissionRules,
        leases: Leases,
        deeds: Deeds,
    ) -> None:
        operator = ensure_accepted(network.registry, platform, signer)
        self.platform = platform
        self.number = operator.lane
        self.signer = signer
        self.turn = Turn(leases, signer.address)
        self._network = network
        self._chain = network.chain
        self._book = book
        self._operations = operations
        self._selection = selection
        self._today = today
        self._sync = sync
        self._recorded_ends: dict[int, int] = {}
        self._submitter = Submitter(
            network.chain,
            operations,
            platform,
            signer,
            self._elsewhere,
            finality=rules.finality,
            replace_after_seconds=rules.replace_after_seconds,
            first_block=network.deployment.first_block,
            leases=leases,
            deeds=deeds,
        )

    def settle(self, limit: int) -> BatchRecord | None:
        """Settle the next batch of up to `limit` orders; None if nothing waits.

        Raises what the chain has against it: InsufficientBalance, say. Its orders wait then. Raises
        UnrecordedBatch if the chain has settled what these books know nothing of.
        """
        with self.turn:
            self.recover()
            operation = self._store_next(limit)
            if operation is None:
                return None
            ending = self._submitter.conclude(operation)
            if ending.refusal is not None:
                raise self._explained(ending.refusal) from ending.refusal
            return self._book.record(ending.operation)

    def look_again(self) -> None:
        """Let orders wait again that batches left out and whose problem is gone."""
        self._selection.revive(self._today())

    def submit(
        self,
        kind: Kind,
        subject: int,
        to: str,
        calldata: bytes,
        put: Callable[[Transaction], None] | None = None,
    ) -> Ending:
        """Do something else on chain with the lane's key, once for each subject.

        What was begun before comes to its end first. `put` adds a subject that is new, in the
        transaction that stores its operation. Raises ContractReverted, and stores nothing,
        if the contract would refuse it now; and as `Gateway.settle` while it is undecided.
        """
        with self.turn:
            self.recover()
            return self._submitter.submit(kind, subject, to, calldata, put)

    def recover(self) -> list[BatchRecord]:
        """Bring everything that is stored to its end, in order; returns what became of batches.

        One that the chain refused is among them as refused: its orders wait again. One that was
        refused before, and is on chain after all, is among them as settled.
        """
        with self.turn:
            self._notice_reorganisation()
            concluded = []
            while pending := self._submitter.open():
                # What became of one may have ended others.
                concluded.append(self._submitter.conclude(pending[0]).operation)
            self._submitter.look_after_others()
            batches = [each for each in concluded if each.kind is Kind.BATCH]
            return [self._book.record(each) for each in batches + self._revive()]

    def _notice_reorganisation(self) -> None:
        """Look at the chain anew unless the last block that anything here stands in is there still.

        Then so are all before it, and what the books say of them holds.
        """
        last = self._operations.last_blocks()
        found = self._chain.blocks([each.number for each in last])
        pairs = zip(last, found, strict=True)
        if any(block is None or block.hash != known.hash for known, block in pairs):
            self._sync()
            self._notice_shorter_chain()

    def _notice_shorter_chain(self) -> None:
        """Submit again what was in blocks that the chain does not reach any more.

        It may never reach them again without.
        """
        ours = [
            each for each in self._operations.settled_ones() if each.operator == self.signer.address
        ]
        ours += self._operations.beyond(self.signer.address)
        if ours:
            head = self._chain.block_number()
            for operation in ours:
                if operation.block_number is not None and operation.block_number > head:
                    self._operations.unsettled(operation)

    def _revive(self) -> list[Operation]:
        """Take back refused batches that a reorganisation has included."""
        found = self._operations.included_after_all(self.signer.address)
        if not found:
            return []
        receipts = self._chain.receipts([included for _, included in found])
        return [
            self._operations.revived(operation, receipt)
            for (operation, _), receipt in zip(found, receipts, strict=True)
            if receipt is not None
        ]

    def require_recorded(self) -> None:
        """See that the books have every batch of the platform that the chain has.

        Raises UnrecordedBatch: the chain knows more of these books' orders than they do.
        """
        self._sync()
        self._recorded(self._network.settlement.next_batch(self.platform, self.number))

    # Batches

    def _recorded(self, number: int) -> bool:
        """Whether the books have every batch of the lane below a number, and of all other lanes.

        Of those by the index: another key may have settled the same orders, with books that these
        are an older copy of. False if what was missing was just mended.
        """
        ends = {**self._book.chain_ends(self.platform), self.number: number}
        for lane, end in ends.items():
            first = max(1, min(self._recorded_ends.get(lane, 1), end) - _WATCHED_BATCHES)
            missing = self._book.first_unrecorded(self.platform, lane, first, end)
            if missing is not None:
                self._sync()
                if self._revive():
                    return False
                raise UnrecordedBatch(self.platform, lane, missing)
        self._recorded_ends = ends
        return True

    def _store_next(self, limit: int) -> Operation | None:
        """Choose, sign and store the next batch; smaller if that many do not fit a transaction."""
        while True:
            if not self._selection.knows(self._today()):
                # Midnight has passed since the chain was looked at.
                self._sync()
            draft = self._selection.next(limit, self._today())
            if draft is None:
                return None
            try:
                operation = self._store(draft)
            except TransactionTooLarge:
                limit = len(draft.positions) // 2
                if limit == 0:
                    raise
            except ContractReverted as reverted:
                # The chain may have moved on since the orders were chosen.
                if not self._leave_out_uncovered(draft) and not self._sync():
                    raise self._explained(reverted) from reverted
            else:
                if operation is not None:
                    return operation

    def _store(self, draft: BatchDraft) -> Operation | None:
        number = self._network.settlement.next_batch(self.platform, self.number)
        if not self._recorded(number):
            return None
        settlement = self._network.settlement
        facts = (number, draft.sale_day, draft.debit, draft.words)
        if draft.from_learners:
            calldata = settlement.encode_settle_learners(*facts, from_learners=True)
        else:
            calldata = settlement.encode_settle(*facts)
        signed = self._submitter.sign(Kind.BATCH, settlement.address, calldata)
        return self._book.store(draft, self.number, number, signed)

    def _leave_out_uncovered(self, draft: BatchDraft) -> bool:
        """Leave out whose learner's account is short; False if that was not the reason."""
        learners = sorted({order.learner for order in draft.orders})
        accounts = [(of_learner(self.platform, learner),) for learner in learners]
        found = self._network.settlement.read_many("availableOf", accounts)
        available = dict(zip(learners, found, strict=True))
        return self._selection.leave_out_uncovered(draft.orders, available)

    def _elsewhere(self, operation: Operation) -> Receipt | ZhifuError | None:
        """The batch's number is on chain: by this very batch, or by another one."""
        if operation.kind is not Kind.BATCH:
            return None
        batch, network = self._book.record(operation), self._network
        numbers = (batch.platform, batch.lane, batch.number)
        if not any(network.settlement.root_of(*numbers)):
            return None
        topics = [network.settlement.artifact.topic("BatchSettled")]
        topics += [number.to_bytes(32, "big") for number in numbers]
        found = list(
            self._chain.logs(network.settlement.address, topics, network.deployment.first_block)
        )
        if len(found) != 1:
            raise self._chain.inconsistent(f"{len(found)} events of batch {batch.number}")
        log = found[0]
        (sent,) = self._chain.transactions([log.transaction_hash])
        receipt = self._chain.receipt(log.transaction_hash)
        if sent and receipt and read_settle_call(sent.input) == self._book.call(operation):
            return receipt
        self._submitter.require_final(operation, log.block_number)
        return DuplicateBatch(batch.number + 1, batch.number)

    def _explained(self, refusal: ZhifuError) -> ZhifuError:
        if isinstance(refusal, ContractReverted):
            return explained(refusal, self.platform, self.signer.address)
        return refusal
