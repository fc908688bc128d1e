"""Direct orders (ORDER, BUY, AUTH)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.differential.model.facts import FROM_ACCOUNT, PAID, REFUNDED, Facts
from tests.differential.model.refusal import Rules
from tests.differential.model.sales import Sale
from tests.differential.model.signing import Domain, Signature, typehash
from tests.differential.model.words import ZERO, hash_words, of_address

if TYPE_CHECKING:
    from tests.differential.model import Model

FIELDS = (
    "Order(uint32 content,uint32 seller,address buyer,address receiver,address referrer,"
    "uint64 maxPrice,uint64 startsAt,uint64 deadline,bytes32 salt)"
)
TYPE = typehash(FIELDS)


class Order(NamedTuple):
    """A direct order, as its buyer states it; the price is in ledger units."""

    content: int
    seller: int
    buyer: str
    receiver: str
    referrer: str
    max_price: int
    starts_at: int
    deadline: int
    salt: bytes

    def struct_hash(self) -> bytes:
        """Return its hash without a domain."""
        return hash_words(TYPE, *self)


class Orders:
    """The verbs that place direct orders."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.domain = Domain("zhifu", model.addresses.settlement)
        self.stated: dict[int, Order] = {}

    def id_of(self, order: Order) -> int:
        """ORDER-1."""
        return int.from_bytes(self.domain.digest_of(order.struct_hash()), "big")

    def require_standing(self, order: Order, rules: Rules) -> Sale | None:
        """Require that an order was placed and not refunded whole."""
        order_id = self.id_of(order)
        sale = self._model.sales.known[order_id]
        if not rules.require(sale is not None, "UnknownOrder", order_id) or sale is None:
            return None
        rules.require(not sale.has(REFUNDED), "AlreadyRefunded", order_id)
        return sale

    def offer(self, order: Order, rules: Rules) -> tuple[int, Facts]:
        """Require what every direct order must keep (ORDER-1 to ORDER-5)."""
        now, contents = self._model.now, self._model.contents
        rules.require(now < order.deadline, "DeadlinePassed", order.deadline, now)
        rules.require(order.receiver != ZERO, "ZeroAddress")
        self._model.selling.require_open(rules)
        if order.seller:
            self._model.platforms.require_active(order.seller, rules)
        else:
            alone = order.referrer == ZERO
            rules.require(alone, "ReferrerWithoutSeller", order.referrer)
        order_id = self.id_of(order)
        rules.require(self._model.sales.known[order_id] is None, "OrderExists", order_id)
        asked = (order.referrer, order.starts_at, order.seller != 0)
        facts = contents.read(order.content, contents.today, *asked, rules)
        low = facts.price <= order.max_price
        rules.require(low, "PriceAboveMaximum", facts.price, order.max_price)
        return order_id, facts

    def place(self, order_id: int, order: Order, facts: Facts, state: int, paid: int) -> None:
        """Record an order; its parts join the holds, and whoever calls moves the money."""
        spender = "" if state & FROM_ACCOUNT else order.buyer
        who = (order.content, order.seller, order.referrer)
        people = (order.buyer, order.receiver, spender)
        sale = Sale(order_id, *who, facts, *people, state=PAID | state, kept=True)
        self._model.sales.known[order_id] = sale
        self.stated[order_id] = order
        self._model.holds.capture(*who, facts, 1)
        values = (order_id, order.content, order, sale.stored(), paid)
        self._model.emit("Settlement", "OrderPlaced", *values)

    # Verbs

    def buy(self, caller: str, order: Any) -> None:
        """BUY-1."""
        order, rules = Order(*order), Rules()
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        order_id, facts = self.offer(order, rules)
        amount = facts.price * self._model.tokens.per_unit
        self._model.tokens.require_pull(order.buyer, amount, rules)
        rules.enforce()
        self.place(order_id, order, facts, 0, facts.price)
        self._model.tokens.pull(order.buyer, amount)

    def buy_from_balance(self, caller: str, order: Any) -> None:
        """BUY-2."""
        order, rules = Order(*order), Rules()
        rules.require(caller == order.buyer, "WrongCaller", caller, order.buyer)
        order_id, facts = self.offer(order, rules)
        self._model.accounts.require(of_address(order.buyer), facts.price, rules)
        rules.enforce()
        self.place(order_id, order, facts, FROM_ACCOUNT, 0)
        self._model.accounts.debit(of_address(order.buyer), facts.price)

    def buy_with_authorization(self, caller: str, order: Any, v: int, r: bytes, s: bytes) -> None:
        """AUTH-1 to AUTH-3."""
        order, rules, tokens = Order(*order), Rules(), self._model.tokens
        order_id, facts = self.offer(order, rules)
        nonce = order_id.to_bytes(32, "big")
        amount = order.max_price * tokens.per_unit
        signed = (order.deadline, nonce, Signature(v, r, s))
        tokens.require_authorization(order.buyer, amount, *signed, rules)
        rules.enforce()
        self.place(order_id, order, facts, 0, order.max_price)
        self._model.accounts.credit(of_address(order.buyer), order.max_price - facts.price)
        tokens.receive(order.buyer, amount, nonce)
