"""Who may use what (VERIFY, CLAIM)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.differential.model.batches import BatchOrder
from tests.differential.model.facts import CLAIMED, DISPUTED, REFUNDED
from tests.differential.model.orders import Order
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale
from tests.differential.model.table import Table
from tests.differential.model.words import ZERO

if TYPE_CHECKING:
    from tests.differential.model import Model

LICENSE = "ContentLicense"
NEVER = 2**64 - 1


@dataclass(frozen=True)
class Token:
    """A claimed licence; `told_locked` if its last event said so."""

    holder: str
    content: int
    unlocks_at: int
    bound: bool
    told_locked: bool


UNCLAIMED = Token(ZERO, 0, 0, False, False)


class Licences:
    """Claimed licences by order id, and what verifies."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.tokens: Table[int, Token] = Table("token", model.touched, UNCLAIMED)
        self.approvals: Table[tuple[str, str], bool] = Table("approval", model.touched, False)

    # What verifies

    def grants(self, sale: Sale | None) -> bool:
        """Tell whether an order lets somebody use its content now (INV-5)."""
        if sale is None or sale.has(REFUNDED):
            return False
        return sale.facts.is_current(self._model.now)

    def verifies(self, order: Order, holder: str) -> bool:
        """VERIFY-1."""
        sale = self._model.sales.known[self._model.orders.id_of(order)]
        if sale is None or not self.grants(sale):
            return False
        return holder == (self.tokens[sale.id].holder if sale.has(CLAIMED) else order.receiver)

    def verifies_batch(self, order: BatchOrder, learner: int) -> bool:
        """VERIFY-2."""
        if learner == 0 or order.learner != learner or not self._model.batches.proves(order):
            return False
        sale = self._model.sales.known[order.at.id]
        if sale is None or not self.grants(sale):
            return False
        return not sale.has(CLAIMED) or self._is_with(learner, sale.id)

    def verifies_token(self, number: int, content: int, holder: str) -> bool:
        """VERIFY-3."""
        token = self.tokens[number]
        held = token.holder == holder != ZERO and token.content == content
        return held and self.grants(self._model.sales.known[number])

    def is_locked(self, token: Token) -> bool:
        """Tell whether a claimed licence cannot move now (CLAIM-2)."""
        return self._model.now < token.unlocks_at

    def _is_with(self, learner: int, number: int) -> bool:
        return self.tokens[number].holder == self._model.learners.keys[learner]

    # Verbs

    def claim(self, caller: str, order: Any) -> None:
        """CLAIM-1."""
        order, rules = Order(*order), Rules()
        rules.require(caller == order.receiver, "NotLicensee", caller, order.receiver)
        sale = self._model.orders.require_standing(order, rules)
        self._claim(caller, sale, rules)

    def claim_batch(self, caller: str, order: Any) -> None:
        """CLAIM-1."""
        order, rules = BatchOrder(*order), Rules()
        key = self._model.learners.keys[order.learner]
        rules.require(caller == key, "NotLicensee", caller, key)
        sale = self._model.batches.require_standing(order, rules)
        self._claim(caller, sale, rules)

    def set_approval_for_all(self, caller: str, operator: str, approved: bool) -> None:
        """Let somebody move all of an owner's tokens (ERC-1155)."""
        rules = Rules()
        rules.require(operator != ZERO, "ERC1155InvalidOperator", operator)
        rules.enforce()
        self.approvals[caller, operator] = approved
        self._emit("ApprovalForAll", caller, operator, approved)

    def safe_transfer_from(
        self, caller: str, owner: str, to: str, number: int, value: int, data: bytes
    ) -> None:
        """CLAIM-2, LOCK-1."""
        self.safe_batch_transfer_from(caller, owner, to, [number], [value], data)

    def safe_batch_transfer_from(
        self,
        caller: str,
        owner: str,
        to: str,
        numbers: list[int],
        values: list[int],
        data: bytes,
    ) -> None:
        """CLAIM-2, LOCK-1."""
        rules, may = Rules(), caller == owner or self.approvals[owner, caller]
        rules.require(may, "ERC1155MissingApprovalForAll", caller, owner)
        rules.require(to != ZERO, "ERC1155InvalidReceiver", to)
        same = len(numbers) == len(values)
        rules.require(same, "ERC1155InvalidArrayLength", len(numbers), len(values))
        self._require_movable(owner, to, list(zip(numbers, values, strict=False)), rules)
        rules.enforce()
        for number, value in zip(numbers, values, strict=True):
            if value:
                self._move(number, to)
        if len(numbers) == 1:
            self._emit("TransferSingle", caller, owner, to, numbers[0], values[0])
        else:
            self._emit("TransferBatch", caller, owner, to, numbers, values)

    def _require_movable(
        self, owner: str, to: str, moves: list[tuple[int, int]], rules: Rules
    ) -> None:
        """Require that tokens are an owner's and not locked, one after the other."""
        moved: set[int] = set()
        for number, value in moves:
            token = self.tokens[number]
            free = value == 0 or number in moved or not self.is_locked(token)
            rules.require(free, "LicenseLocked", number, token.unlocks_at)
            has = int(token.holder == owner and (number not in moved or to == owner))
            rules.require(value <= has, "ERC1155InsufficientBalance", owner, has, value, number)
            moved |= {number} if value else set()

    def _move(self, number: int, to: str) -> None:
        token = self.tokens[number]
        self.tokens[number] = replace(token, holder=to, unlocks_at=0)
        self._tell(number, token, False)

    # What orders do to tokens

    def burn(self, number: int) -> None:
        """End a claimed licence at its refund (REFUND-5)."""
        holder, settlement = self.tokens[number].holder, self._model.addresses.settlement
        self.tokens[number] = UNCLAIMED
        self._emit("TransferSingle", settlement, holder, ZERO, number, 1)

    def lock(self, number: int) -> None:
        """Keep a claimed licence from moving while it is disputed (DISPUTE-2)."""
        self._set_lock(number, NEVER)

    def unlock(self, number: int) -> None:
        """Let a claimed licence move, unless it is bound."""
        self._set_lock(number, 0)

    def _set_lock(self, number: int, unlocks_at: int) -> None:
        token = self.tokens[number]
        if not token.bound:
            self.tokens[number] = replace(token, unlocks_at=unlocks_at)
            self._tell(number, token, unlocks_at != 0)

    def _claim(self, holder: str, sale: Sale | None, rules: Rules) -> None:
        if sale:
            known = self.tokens[sale.id].holder
            rules.require(known == ZERO, "AlreadyClaimed", sale.id, known)
        rules.enforce()
        if sale:
            self._model.sales.keep(sale, CLAIMED)
            self._model.emit("Settlement", "OrderClaimed", sale.id)
            self._make(holder, sale)

    def _make(self, holder: str, sale: Sale) -> None:
        content = self._model.contents.known[sale.content]
        assert content is not None
        unlocks_at = self._model.requests.matures_at(sale)
        if content.terms.bound or sale.has(DISPUTED):
            unlocks_at = NEVER
        locked = self._model.now < unlocks_at
        where = (sale.content, unlocks_at)
        self.tokens[sale.id] = Token(holder, *where, content.terms.bound, locked)
        self._emit("LicenseClaimed", sale.id, sale.content, holder, unlocks_at)
        self._emit("Locked" if locked else "Unlocked", sale.id)
        self._emit("TransferSingle", holder, ZERO, holder, sale.id, 1)

    def _tell(self, number: int, before: Token, locked: bool) -> None:
        """Announce a lock that is not what was announced before."""
        if before.told_locked != locked:
            self.tokens[number] = replace(self.tokens[number], told_locked=locked)
            self._emit("Locked" if locked else "Unlocked", number)

    def _emit(self, name: str, *values: object) -> None:
        self._model.emit(LICENSE, name, *values)
