"""Direct orders."""

from __future__ import annotations

from typing import Any

from tests.contracts import clock
from tests.contracts.accounts import NETWORK, ZERO
from tests.contracts.orders import Order, sign_authorization
from tests.contracts.walk.cast import BUYER_KEYS
from tests.contracts.walk.sales import Sales


class Buying(Sales):
    """Buys for the buyers."""

    def buy(self) -> None:
        """Buy in one of the three ways."""
        order, settlement = self._some_order(), self.chain.settlement
        caller = self._mostly(order.buyer, self.random.choice(self.people))
        way = self.random.choice(["buy", "buyFromBalance", "buyWithAuthorization"])
        if way == "buyWithAuthorization":
            self._buy_with_authorization(order)
        else:
            from_tokens = way == "buy"
            model = self.ledger.buy if from_tokens else self.ledger.buy_from_balance
            call = settlement.buy if from_tokens else settlement.buyFromBalance
            both = (lambda sender: call(order, sender), lambda: model(caller, order))
            self._act(f"buys {order}", caller, *both)

    def _buy_with_authorization(self, order: Order) -> None:
        signed = self._mostly(order, order._replace(receiver=self.network))
        message: dict[str, Any] = {"to": self.ledger.settlement, "value": order.max_price}
        message |= {"validBefore": order.deadline}
        key = BUYER_KEYS[self.buyers.index(order.buyer)]
        order_id = signed.id(self.ledger.settlement)
        signature = sign_authorization(key, self.chain.token, order_id, **message)
        self._act(
            f"relays {order}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.buyWithAuthorization(order, *signature, sender),
            lambda: self.ledger.buy_with_authorization(order, signed),
        )

    def _some_order(self) -> Order:
        placed = self._some_sale(direct=True)
        if placed and self.random.random() < 0.05:
            return Order(*placed.id)
        content, buyer = self._some_content(), self.random.choice(self.buyers)
        known = self.ledger.contents.get(content)
        price = known.price_on(self.ledger.today) if known else 1
        receiver = self.random.choice([buyer, buyer, self.buyers[0], self._mostly(buyer, ZERO)])
        seller = self.random.choice([NETWORK, *[self._some_platform()] * 4])
        referrer = ZERO if seller == NETWORK else self._some_referrer()
        return Order(
            content,
            seller,
            buyer,
            receiver,
            self._mostly(referrer, self.referrers[0]),
            max(price + self._mostly(self.random.choice([0, 0, 5]), -1), 0),
            self._some_start(content),
            self.ledger.now + self._mostly(clock.DAY, 1),
            self.random.randbytes(32),
        )
