"""What a refund returns is put on its learner's balance instead of going back at the provider.

The platform's balance pays for it, within its limit of the day, as for a top-up. It is done once
the operation that does it is final: no reorganisation takes back what was told as refunded.
"""

from __future__ import annotations

from zhifu.deployment import Network
from zhifu.exceptions import ContractReverted, UnrecordedDeed
from zhifu.lane import Lane
from zhifu.operationbook import OperationBook
from zhifu.operations import Kind, OperationState
from zhifu.payments import OrderRecord
from zhifu.refundbook import RefundBook, RefundRecord
from zhifu.refusals import explained
from zhifu.store import Transaction


class Credits:
    """Puts the refunds of `book` on learners' balances."""

    def __init__(self, network: Network, operations: OperationBook, book: RefundBook) -> None:
        self._network = network
        self._operations = operations
        self._book = book

    def is_begun(self, refund: RefundRecord) -> bool:
        """Whether an operation puts a refund on a balance, or did; not one that was refused."""
        return self._operations.of(Kind.CREDIT, refund.number) is not None

    def put(self, lane: Lane, order: OrderRecord, refund: RefundRecord) -> None:
        """Have a refund's money put on its learner's balance, once, and wait until it is included.

        Raises NotRefundable if too little of the payment is left when the key's turn has come; what
        the chain has against it, which the books then tell as the refund's problem; and as
        `Gateway.settle` while it is undecided.
        """
        settlement, decimals = self._network.settlement, self._network.deployment.ledger_decimals
        units = refund.amount.to_ledger_units(decimals)
        calldata = settlement.encode("topUp", [order.learner], [units])

        def put(transaction: Transaction) -> None:
            self._book.put_on_balance(transaction, refund, order.payment_id)

        try:
            ending = lane.submit(Kind.CREDIT, refund.number, settlement.address, calldata, put)
            if ending.refusal is not None:
                raise ending.refusal
        except ContractReverted as reverted:
            told = explained(reverted, lane.platform, lane.signer.address)
            self._book.delayed(refund, told.code)
            raise told from reverted
        except UnrecordedDeed as known:
            self._book.delayed(refund, known.code)
            raise

    def is_final(self, refund: RefundRecord) -> bool:
        """Whether a refund's money is on its learner's balance for good."""
        operation = self._operations.of(Kind.CREDIT, refund.number)
        return operation is not None and operation.state is OperationState.CONFIRMED
