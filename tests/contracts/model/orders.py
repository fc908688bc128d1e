"""Direct orders."""

from __future__ import annotations

from tests.contracts.accounts import NETWORK, ZERO, of_address
from tests.contracts.batch import Group
from tests.contracts.model.accounts import Accounts
from tests.contracts.model.refusal import refuse
from tests.contracts.model.sale import FROM_ACCOUNT, PAID, Sale
from tests.contracts.model.selling import Selling
from tests.contracts.orders import Order


class Orders(Selling, Accounts):
    """Sells to a buyer, who pays in one of three ways."""

    def buy(self, caller: str, order: Order) -> Sale:
        """BUY-1."""
        price, wrong = self._offer(order)
        poor = price > self.tokens[order.buyer]
        refuse(**wrong, WrongCaller=caller != order.buyer, ERC20InsufficientBalance=poor)
        self._move(order.buyer, self.settlement, price)
        return self._place(order, price, from_account=False)

    def buy_from_balance(self, caller: str, order: Order) -> Sale:
        """BUY-2."""
        price, wrong = self._offer(order)
        poor = price > self.available[of_address(order.buyer)]
        refuse(**wrong, WrongCaller=caller != order.buyer, InsufficientBalance=poor)
        self.available[of_address(order.buyer)] -= price
        return self._place(order, price, from_account=True)

    def buy_with_authorization(self, order: Order, signed: Order) -> Sale:
        """AUTH-1, AUTH-2; `signed` is the order that the buyer's signature is for."""
        price, wrong = self._offer(order)
        poor = order.max_price > self.tokens[order.buyer]
        refuse(**wrong, ERC3009InvalidSignature=order != signed, ERC20InsufficientBalance=poor)
        self._move(order.buyer, self.settlement, order.max_price)
        self.available[of_address(order.buyer)] += order.max_price - price
        return self._place(order, price, from_account=False)

    def _offer(self, order: Order) -> tuple[int, dict[str, bool]]:
        content, seller = self.contents.get(order.content), self.platforms.get(order.seller)
        price = content.price_on(self.today) if content else 0
        return price, {
            "DeadlinePassed": self.now >= order.deadline,
            "ZeroAddress": order.receiver == ZERO,
            "UnknownPlatform": seller is None and order.seller != NETWORK,
            "PlatformNotActive": seller is not None and not seller.active,
            "ReferrerWithoutSeller": order.seller == NETWORK and order.referrer != ZERO,
            "OrderExists": order in self.sales,
            "UnknownContent": content is None,
            "ContentInactive": content is not None and not content.active,
            "PriceAboveMaximum": price > order.max_price,
            "StartOutOfRange": not self._may_start(content, order.starts_at),
            "Paused": self.paused,
        }

    def _place(self, order: Order, price: int, *, from_account: bool) -> Sale:
        heading = Group(order.content, (), order.referrer, order.starts_at)
        facts = self.facts(heading, price, commissioned=order.seller != NETWORK)
        facts = facts._replace(state=PAID | FROM_ACCOUNT * from_account)
        parties = (order.seller, facts, of_address(order.buyer), from_account, order.receiver)
        return self._capture(order, heading, *parties)
