"""Orders that were paid, direct and in batches, and what became of them (REFUND, INV-7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.differential.model.facts import (
    CLAIMED,
    DISPUTED,
    FROM_LEARNER,
    PAID,
    PAID_OUT,
    REFUNDED,
    Facts,
)
from tests.differential.model.refusal import Rules
from tests.differential.model.table import Table
from tests.differential.model.trees import Place
from tests.differential.model.words import of_address, of_learner, of_platform

if TYPE_CHECKING:
    from tests.differential.model import Model


@dataclass(frozen=True)
class Sale:
    """An order: who is in it, what it was made of and what became of it.

    A direct order has a buyer and a receiver, one of a batch a place and a learner. `spender` is
    the address whose tokens paid, or nobody if an account did. `kept` if its facts are stored.
    """

    id: int
    content: int
    seller: int
    referrer: str
    facts: Facts
    buyer: str = ""
    receiver: str = ""
    spender: str = ""
    place: Place | None = None
    learner: int = 0
    state: int = 0
    refunded: int = 0
    kept: bool = False

    @property
    def left(self) -> int:
        """What part refunds left of the price."""
        return self.facts.price - self.refunded

    def has(self, bits: int) -> bool:
        """Tell whether the state has a bit set, or any of several."""
        return bool(self.state & bits)

    def stored(self) -> int:
        """Return what `factsOf` tells."""
        return self.facts.packed(self.state, self.refunded) if self.kept else 0

    def present(self) -> int:
        """Return the facts as they are now."""
        return self.facts.packed(self.state, self.refunded)


class Sales:
    """All orders by their ids."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.known: Table[int, Sale | None] = Table("sale", model.touched, None)
        self.spent: Table[tuple[int, int, int, int], int] = Table("spent", model.touched, 0)

    def payer(self, sale: Sale) -> int:
        """Return the account that a refund goes to (REFUND-3, REFUND-4)."""
        if sale.place is None:
            return of_address(sale.buyer)
        if sale.has(FROM_LEARNER):
            return self._model.custody.destination(of_learner(sale.seller, sale.learner))
        return of_platform(sale.seller)

    # What must hold

    def require_refunder(self, caller: str, sale: Sale, rules: Rules) -> None:
        """Require an operator of the seller; of the host, if there is no seller (REFUND-1)."""
        refunder = sale.seller or self.host(sale)
        self._model.platforms.require_operator_of(caller, refunder, rules)

    def require_held(self, sale: Sale, rules: Rules) -> None:
        """Require that an order's money is in its holds and can be taken back (REFUND-1)."""
        rules.require(not sale.has(DISPUTED), "InDispute", sale.id)
        rules.require(not sale.has(PAID_OUT), "AlreadyPaidOut", sale.id)
        self._model.holds.require_open(sale.facts, rules)

    def host(self, sale: Sale) -> int:
        """Return the host of an order's content."""
        content = self._model.contents.known[sale.content]
        return content.host if content else 0

    # What happens

    def take_back(self, sale: Sale, amount: int) -> None:
        """Take a part of an order out of its holds."""
        who = (sale.content, sale.seller, sale.referrer)
        self._model.holds.take_back(*who, sale.facts, sale.left, amount)

    def refund(self, sale: Sale) -> bool:
        """Give back all that is in the holds and end the licence; tell whether to an account."""
        self.take_back(sale, sale.left)
        return self.end(sale)

    def end(self, sale: Sale) -> bool:
        """Give back what is left, in no hold any more, and end the licence (REFUND-5)."""
        if sale.has(CLAIMED):
            self._model.licences.burn(sale.id)
        state = (sale.state | PAID | REFUNDED) & ~DISPUTED
        self._write(replace(sale, state=state))
        return self.give_back(sale, sale.left)

    def keep(self, sale: Sale, bits: int, refunded: int = 0, without: int = 0) -> None:
        """Note something that happened to an order which goes on."""
        state = (sale.state | PAID | bits) & ~without
        self._write(replace(sale, state=state, refunded=sale.refunded + refunded, kept=True))

    def give_back(self, sale: Sale, amount: int) -> bool:
        """Return an amount to where it came from; tell whether that is an account."""
        if sale.spender:
            tokens, settlement = self._model.tokens, self._model.addresses.settlement
            tokens.move(settlement, sale.spender, amount * tokens.per_unit)
            return False
        self._model.accounts.credit(self.payer(sale), amount)
        return True

    def _write(self, sale: Sale) -> None:
        self.known[sale.id] = sale
        if sale.place:
            group, bit = divmod(sale.place.position, 256)
            self.spent[(*sale.place.batch, group)] |= 1 << bit
