"""Direct orders (ORDER, BUY, AUTH, REFUND)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.plans import Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.signing import Domain, Signature, typehash
from tests.differential.model.table import Table
from tests.differential.model.words import ZERO, of_address

if TYPE_CHECKING:
    from tests.differential.model import Model

TYPE = typehash(
    "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,"
    "uint64 maxPrice,uint64 deadline,bytes32 salt)"
)
PAID, FROM_ACCOUNT, REFUNDED, CLAIMED = 1, 2, 4, 8
STATE_SHIFT = 160


class Order(NamedTuple):
    """A direct order, as its buyer states it; the price is in ledger units."""

    content: int
    seller: int
    buyer: str
    receiver: str
    referrer: str
    max_price: int
    deadline: int
    salt: bytes


@dataclass(frozen=True)
class Placed:
    """An order that was paid, and what became of it."""

    order: Order
    facts: Facts
    state: int

    def is_(self, state: int) -> bool:
        """Tell whether a bit of the state is set."""
        return bool(self.state & state)

    def packed(self) -> int:
        """As a word."""
        return self.facts.packed() | self.state << STATE_SHIFT


class Orders:
    """The direct orders by their ids."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.domain = Domain("zhifu", model.addresses.settlement)
        self.placed: Table[bytes, Placed | None] = Table("order", model.touched, None)

    def id_of(self, order: Order) -> bytes:
        """ORDER-1."""
        return self.domain.digest(TYPE, *order)

    def require_standing(self, order_id: bytes, rules: Rules) -> Placed | None:
        """Require that an order was placed and not refunded."""
        placed = self.placed[order_id]
        if not rules.require(placed is not None, "UnknownOrder", order_id) or placed is None:
            return None
        rules.require(not placed.is_(REFUNDED), "AlreadyRefunded", order_id)
        return placed

    # Verbs

    def buy(self, caller: str, order: Any) -> None:
        """BUY-1."""
        order, rules = Order(*order), Rules()
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        order_id, facts = self._offer(order, rules)
        amount = facts.price * self._model.tokens.per_unit
        self._model.tokens.require_pull(order.buyer, amount, rules)
        rules.enforce()
        self._place(order_id, order, facts, PAID, facts.price)
        self._model.tokens.pull(order.buyer, amount)

    def buy_from_balance(self, caller: str, order: Any) -> None:
        """BUY-2."""
        order, rules = Order(*order), Rules()
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        order_id, facts = self._offer(order, rules)
        self._model.accounts.require(of_address(order.buyer), facts.price, rules)
        rules.enforce()
        self._place(order_id, order, facts, PAID | FROM_ACCOUNT, 0)
        self._model.accounts.debit(of_address(order.buyer), facts.price)

    def buy_with_authorization(self, caller: str, order: Any, v: int, r: bytes, s: bytes) -> None:
        """AUTH-1 to AUTH-3."""
        order, rules, tokens = Order(*order), Rules(), self._model.tokens
        order_id, facts = self._offer(order, rules)
        amount = order.max_price * tokens.per_unit
        signed = (order.deadline, order_id, Signature(v, r, s))
        tokens.require_authorization(order.buyer, amount, *signed, rules)
        rules.enforce()
        self._place(order_id, order, facts, PAID, order.max_price)
        self._model.accounts.credit(of_address(order.buyer), order.max_price - facts.price)
        tokens.receive(order.buyer, amount, order_id)

    def refund(self, caller: str, order: Any) -> None:
        """REFUND-1 to REFUND-3, REFUND-5."""
        order, rules, platforms = Order(*order), Rules(), self._model.platforms
        order_id = self.id_of(order)
        platforms.require_operator_of(caller, order.seller, rules)
        placed = self.require_standing(order_id, rules)
        if placed:
            self._model.holds.require_open(placed.facts, rules)
        rules.enforce()
        if placed:
            self._refund(order_id, placed)

    def mark_claimed(self, order_id: bytes) -> None:
        """Note that an order's licence became a token."""
        placed = self.placed[order_id]
        if placed:
            self.placed[order_id] = replace(placed, state=placed.state | CLAIMED)

    def _refund(self, order_id: bytes, placed: Placed) -> None:
        order, price = placed.order, placed.facts.price
        self.placed[order_id] = replace(placed, state=placed.state | REFUNDED)
        if placed.is_(CLAIMED):
            self._model.licences.burn(int.from_bytes(order_id, "big"))
        self._model.holds.take_back(order.content, order.seller, order.referrer, placed.facts)
        to_account = placed.is_(FROM_ACCOUNT)
        if to_account:
            self._model.accounts.credit(of_address(order.buyer), price)
        else:
            tokens = self._model.tokens
            tokens.move(self._model.addresses.settlement, order.buyer, price * tokens.per_unit)
        values = (order_id, order.content, price, to_account)
        self._model.emit("Settlement", "OrderRefunded", *values)

    def _offer(self, order: Order, rules: Rules) -> tuple[bytes, Facts]:
        """Require what every direct order must keep (ORDER-1 to ORDER-3)."""
        now, contents = self._model.now, self._model.contents
        rules.require(now < order.deadline, "DeadlinePassed", order.deadline, now)
        rules.require(order.receiver != ZERO, "ZeroAddress")
        self._model.platforms.require_active(order.seller, rules)
        order_id = self.id_of(order)
        rules.require(self.placed[order_id] is None, "OrderExists", order_id)
        content = contents.require_on_sale(order.content, rules)
        if content is None:
            return order_id, Facts(0, 0, 0, 0, 0, 0)
        facts = contents.read(content, contents.today, order.referrer)
        low = facts.price <= order.max_price
        rules.require(low, "PriceAboveMaximum", facts.price, order.max_price)
        return order_id, facts

    def _place(self, order_id: bytes, order: Order, facts: Facts, state: int, paid: int) -> None:
        placed = Placed(order, facts, state)
        self.placed[order_id] = placed
        self._model.holds.capture(order.content, order.seller, order.referrer, facts)
        values = (order_id, order.content, order, placed.packed(), paid)
        self._model.emit("Settlement", "OrderPlaced", *values)
