"""Who may use what (VERIFY, CLAIM)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.differential.model.batches import BatchOrder
from tests.differential.model.orders import REFUNDED, Order
from tests.differential.model.plans import Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.trees import content_of
from tests.differential.model.words import ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

LICENSE = "ContentLicense"


@dataclass(frozen=True)
class Token:
    """A claimed licence."""

    holder: str
    unlocks_at: int
    content: int


UNCLAIMED = Token(ZERO, 0, 0)


class Licences:
    """Claimed licences by order id, and what verifies."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.tokens: Table[int, Token] = Table("token", model.touched, UNCLAIMED)

    # What verifies

    def verifies(self, order: Order, holder: str) -> bool:
        """VERIFY-1."""
        order_id = self._model.orders.id_of(order)
        placed = self._model.orders.placed[order_id]
        if placed is None or placed.is_(REFUNDED):
            return False
        claimed = self.tokens[int.from_bytes(order_id, "big")].holder
        return holder == (order.receiver if claimed == ZERO else claimed)

    def verifies_batch(self, order: BatchOrder, learner: int) -> bool:
        """VERIFY-2."""
        batches = self._model.batches
        batch = batches.settled[order.platform, order.lane, order.number]
        if batch is None or not batch.proves(order) or learner == 0 or order.learner != learner:
            return False
        if order.id in batches.refunded:
            return False
        holder = self.tokens[order.id].holder
        return holder in (ZERO, self._model.learners.keys[learner])

    # Verbs

    def claim(self, caller: str, order: Any) -> None:
        """CLAIM-1."""
        order, rules = Order(*order), Rules()
        order_id = self._model.orders.id_of(order)
        number = int.from_bytes(order_id, "big")
        rules.require(caller == order.receiver, "NotLicensee", caller, order.receiver)
        placed = self._model.orders.require_standing(order_id, rules)
        self._require_unclaimed(number, rules)
        rules.enforce()
        if placed:
            self._model.orders.mark_claimed(order_id)
            self._claim(caller, number, order.content, placed.facts)

    def claim_batch(self, caller: str, order: Any) -> None:
        """CLAIM-1."""
        order, rules, batches = BatchOrder(*order), Rules(), self._model.batches
        key = self._model.learners.keys[order.learner]
        rules.require(caller == key, "NotLicensee", caller, key)
        facts = batches.require_proven(order, rules)
        rules.require(order.id not in batches.refunded, "AlreadyRefunded", order.id)
        self._require_unclaimed(order.id, rules)
        rules.enforce()
        if facts:
            batches.spend(order)
            self._claim(caller, order.id, content_of(order.word), facts)

    def safe_transfer_from(
        self, caller: str, owner: str, to: str, number: int, value: int, data: bytes
    ) -> None:
        """CLAIM-2."""
        rules, token, now = Rules(), self.tokens[number], self._model.now
        rules.require(caller == owner, "ERC1155MissingApprovalForAll", caller, owner)
        rules.require(to != ZERO, "ERC1155InvalidReceiver", to)
        rules.require(now >= token.unlocks_at, "LicenseLocked", number, token.unlocks_at)
        has = int(token.holder == owner)
        rules.require(value <= has, "ERC1155InsufficientBalance", owner, has, value, number)
        rules.enforce()
        if value:
            self.tokens[number] = replace(token, holder=to)
        self._emit("TransferSingle", caller, owner, to, number, value)

    def burn(self, number: int) -> None:
        """End a claimed licence at its refund (REFUND-5)."""
        token = self.tokens[number]
        self.tokens[number] = replace(token, holder=ZERO)
        settlement = self._model.addresses.settlement
        self._emit("TransferSingle", settlement, token.holder, ZERO, number, 1)

    def _require_unclaimed(self, number: int, rules: Rules) -> None:
        holder = self.tokens[number].holder
        rules.require(holder == ZERO, "AlreadyClaimed", number, holder)

    def _claim(self, holder: str, number: int, content: int, facts: Facts) -> None:
        unlocks_at = (facts.epoch + 2) * self._model.classes.windows[facts.class_]
        self.tokens[number] = Token(holder, unlocks_at, content)
        self._model.emit("Settlement", "OrderClaimed", number)
        self._emit("LicenseClaimed", number, content, holder, unlocks_at)
        self._emit("TransferSingle", holder, ZERO, holder, number, 1)

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(LICENSE, name, *values)
