"""Parts of a price that go back on chain: only an operator of the content's host gives them.

A part is less than what is left of its order on chain, whose licence goes on. The contract takes
the same part twice, so that it is sent by one operation alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from zhifu.deeds import Deeds, deed_of
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput, NoOperator, NotRefundable
from zhifu.index import Index
from zhifu.lane import Lane
from zhifu.models import BatchOrder
from zhifu.money import Money
from zhifu.operations import Ending, Kind
from zhifu.payments import OrderRecord
from zhifu.refundbook import Left, RefundRecord
from zhifu.requests import TEXT_RULE, is_text

_NOT_SETTLED = "it is not settled: until then only all of it goes back"


class PartRefunds:
    """Gives parts back by the keys of the hosts whose `lanes` are here."""

    def __init__(
        self, network: Network, index: Index, lanes: Mapping[int, Lane], deeds: Deeds
    ) -> None:
        self._deeds = deeds
        self._network = network
        self._index = index
        self._lanes = lanes

    def units(self, amount: Money) -> int:
        """An amount in ledger units; raises InexactAmount."""
        return amount.to_ledger_units(self._network.deployment.ledger_decimals)

    def host(self, order: OrderRecord) -> Lane:
        """The lane of the host of an order's content; raises NoOperator."""
        content = self._index.content(order.content)
        number = 0 if content is None else content.host
        lane = self._lanes.get(number)
        if lane is None:
            raise NoOperator(number)
        return lane

    def require_possible(self, order: OrderRecord, proven: BatchOrder, amount: Money) -> None:
        """Ask the chain whether it would give a part back now; raises ContractReverted if not.

        Raises UnrecordedDeed if it has given one just alike that the books know nothing of: its
        money may be at the learner's already.
        """
        host, calldata = self.host(order), self._calldata(proven, amount)
        self._network.chain.call(
            self._network.settlement.address, calldata, sender=host.signer.address
        )
        deed = deed_of(host.platform, calldata)
        if deed is not None:
            self._deeds.require_new(deed)

    def send(self, order: OrderRecord, proven: BatchOrder, refund: RefundRecord) -> Ending:
        """Give a part back, once; raises as `Lane.submit`."""
        calldata = self._calldata(proven, refund.amount)
        address = self._network.settlement.address
        return self.host(order).submit(Kind.REFUND_PART, refund.number, address, calldata)

    def _calldata(self, proven: BatchOrder, amount: Money) -> bytes:
        return self._network.settlement.encode(
            "refundBatchPart", proven.as_tuple(), self.units(amount)
        )


def require_part(order: OrderRecord, amount: Money, idempotency_key: str) -> None:
    """Raise InvalidInput or CurrencyMismatch unless these can be a part of an order and its key."""
    if not is_text(idempotency_key):
        raise InvalidInput("idempotency_key", TEXT_RULE)
    if not Money.zero(order.price.currency) < amount:
        raise InvalidInput("amount", "must be more than nothing", str(amount))


def require_within(order: OrderRecord, amount: Money, left: Left) -> None:
    """Raise InvalidInput for more than is left, NotRefundable for a part of what is not settled."""
    if amount > left.amount:
        rule = f"must be at most what is left of the order, {left.amount}"
        raise InvalidInput("amount", rule, str(amount))
    if amount < left.amount and order.batch is None:
        raise NotRefundable(order.id, _NOT_SETTLED)
