"""Several direct orders with one payment (CART)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from eth_hash.auto import keccak

from tests.differential.model.facts import FROM_ACCOUNT, Facts
from tests.differential.model.orders import FIELDS, Order
from tests.differential.model.refusal import Refused, Rules
from tests.differential.model.signing import Signature, is_signed, typehash
from tests.differential.model.words import of_address

if TYPE_CHECKING:
    from tests.differential.model import Model

TYPE = typehash("Cart(uint8 source,Order[] orders)" + FIELDS)
TOKENS, BALANCE, AUTHORIZATION = range(3)
Quoted = list[tuple[int, Order, Facts]]


class Permit(NamedTuple):
    """An EIP-2612 permit for Settlement; none with a deadline of 0."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


class Payment(NamedTuple):
    """How a cart is paid."""

    source: int
    signature: bytes
    permit: Permit


class Carts:
    """The verb that places carts."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def hash_of(self, source: int, orders: list[Order]) -> bytes:
        """CART-2."""
        hashes = bytes(keccak(b"".join(order.struct_hash() for order in orders)))
        return self._model.orders.domain.digest(TYPE, source, hashes)

    def buy_cart(self, caller: str, orders: list[Any], payment: Any) -> None:
        """CART-1 to CART-4."""
        orders = [Order(*order) for order in orders]
        payment, rules = Payment(*payment), Rules()
        rules.require(bool(orders), "EmptyCart")
        rules.enforce()
        self._require_buyer(caller, orders, payment, rules)
        quoted = self._quote(orders, rules)
        rules.enforce()
        self._require_funds(quoted, payment, rules)
        rules.enforce()
        self._place(quoted, payment.source)
        self._show_permit(orders[0].buyer, Permit(*payment.permit))
        self._collect(quoted, payment.source)

    def _require_buyer(
        self, caller: str, orders: list[Order], payment: Payment, rules: Rules
    ) -> None:
        buyer = orders[0].buyer
        for order in orders:
            rules.require(order.buyer == buyer, "BuyerMismatch", order.buyer, buyer)
        if payment.source != AUTHORIZATION and caller != buyer:
            digest = self.hash_of(payment.source, orders)
            signed = is_signed(buyer, digest, payment.signature)
            rules.require(signed, "InvalidSignature", buyer)

    def _quote(self, orders: list[Order], rules: Rules) -> Quoted:
        quoted: Quoted = []
        for order in orders:
            order_id, facts = self._model.orders.offer(order, rules)
            new = all(order_id != each for each, _, _ in quoted)
            rules.require(new, "OrderExists", order_id)
            quoted.append((order_id, order, facts))
        return quoted

    def _require_funds(self, quoted: Quoted, payment: Payment, rules: Rules) -> None:
        buyer, tokens = quoted[0][1].buyer, self._model.tokens
        total = _total(quoted)
        if payment.source == TOKENS:
            allowed = self._permitted(buyer, Permit(*payment.permit))
            tokens.require_pull(buyer, total * tokens.per_unit, rules, allowed)
        elif payment.source == BALANCE:
            self._model.accounts.require(of_address(buyer), total, rules)
        else:
            self._require_authorization(quoted, payment.signature, rules)

    def _require_authorization(self, quoted: Quoted, signature: bytes, rules: Rules) -> None:
        """CART-3: the nonce of the authorization is the cart's hash."""
        orders, tokens = [order for _, order, _ in quoted], self._model.tokens
        buyer, deadline = orders[0].buyer, orders[0].deadline
        if not rules.require(len(signature) == 65, "InvalidSignature", buyer):
            return
        by = Signature(signature[64], signature[:32], signature[32:64])
        nonce, amount = self.hash_of(AUTHORIZATION, orders), _maximum(quoted) * tokens.per_unit
        tokens.require_authorization(buyer, amount, deadline, nonce, by, rules)

    def _permitted(self, buyer: str, permit: Permit) -> int | None:
        """Return what a permit allows; nothing, if the token would refuse it (CART-4)."""
        rules = Rules()
        self._model.tokens.require_permit(buyer, *permit, rules)
        return None if permit.deadline == 0 or rules.broken else permit.value

    def _show_permit(self, buyer: str, permit: Permit) -> None:
        if permit.deadline:
            try:
                settlement = self._model.addresses.settlement
                self._model.tokens.permit(buyer, buyer, settlement, *permit)
            except Refused:
                return

    def _place(self, quoted: Quoted, source: int) -> None:
        for order_id, order, facts in quoted:
            paid = {TOKENS: facts.price, BALANCE: 0, AUTHORIZATION: order.max_price}[source]
            state = FROM_ACCOUNT if source == BALANCE else 0
            self._model.orders.place(order_id, order, facts, state, paid)

    def _collect(self, quoted: Quoted, source: int) -> None:
        orders, tokens = [order for _, order, _ in quoted], self._model.tokens
        buyer, total = orders[0].buyer, _total(quoted)
        if source == TOKENS:
            tokens.pull(buyer, total * tokens.per_unit)
        elif source == BALANCE:
            self._model.accounts.debit(of_address(buyer), total)
        else:
            self._model.accounts.credit(of_address(buyer), _maximum(quoted) - total)
            nonce = self.hash_of(AUTHORIZATION, orders)
            tokens.receive(buyer, _maximum(quoted) * tokens.per_unit, nonce)


def _total(quoted: Quoted) -> int:
    return sum(facts.price for _, _, facts in quoted)


def _maximum(quoted: Quoted) -> int:
    return sum(order.max_price for _, order, _ in quoted)
