"""A network in which every function of every contract has something to do, for those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from brownie.exceptions import VirtualMachineError

from tests.contracts.accounts import NETWORK, ZERO, of_address
from tests.contracts.batch import FROM_LEARNER, Batch, BatchOrder, Group, words_of
from tests.contracts.carts import Payment
from tests.contracts.clock import DAY, HOUR, SHORT_WINDOW, today, travel
from tests.contracts.network import Content, Platform, leaves_of
from tests.contracts.orders import Order, as_number, sign_authorization
from tests.contracts.plans import Publication
from tests.contracts.withdrawals import Withdrawal

ARBITER, PAUSER = 0, 1
EVIDENCE = COMMITMENT = bytes(32)
Arguments = Callable[[Any], tuple[Any, ...]]


class Stage:
    """Orders in every state, accounts with money, successors of whom it is time to accept."""

    def __init__(
        self,
        contracts: dict[str, Any],
        people: dict[str, Any],
        seller: Platform,
        host: Platform,
        content: Content,
        learners: range,
        buyer_key: str,
    ) -> None:
        self.contracts, self.people, self.buyer_key = contracts, people, buyer_key
        self.seller, self.host, self.content = seller, host, content
        self.learner, self.plain = learners[0], learners[1]
        self.batches = 0
        self._fund()
        self._sell_and_dispute()
        self._sell_and_request()
        self.arguments = self._registry() | self._licences() | self._settlement()

    def refusal(self, contract: str, function: str, role: str) -> str | None:
        """Return what a role is told that calls a function, or nothing if it may."""
        caller = self.people[role]
        call = getattr(self.contracts[contract], function).call
        try:
            call(*self.arguments[contract, function](caller), {"from": caller})
        except VirtualMachineError as error:
            return (error.revert_msg or "").split(":")[0]
        return None

    def _do(self, role: str, contract: str, function: str, *arguments: Any) -> Any:
        method = getattr(self.contracts[contract], function)
        return method(*arguments, {"from": self.people[role]})

    # What happened before

    def _fund(self) -> None:
        """Give everyone, and both platforms, money outside and inside."""
        token, settlement = self.contracts["token"], self.contracts["settlement"]
        for person in self.people.values():
            self._do("network owner", "token", "mint", person, 10**13)
            token.approve(settlement, 10**13, {"from": person})
            settlement.deposit(of_address(person), 10**11, {"from": person})
        for platform in (self.seller, self.host):
            self._do("network owner", "settlement", "deposit", platform.account, 10**12)
        for owner, platform in (("owner", self.seller), ("host owner", self.host)):
            self._do(owner, "settlement", "setTopUpLimit", platform.number, 10**12)
        key = self.people["learner"]
        self._do("operator", "registry", "bindKey", self.learner, key)

    def _sell_and_dispute(self) -> None:
        """Leave disputes that nobody decided, and a claimed licence that can move."""
        self.claimed, self.expired = self._bought(1), self._bought(2)
        (self.expired_batch,) = self._settled([self.learner])
        self._do("buyer", "licences", "claim", self.claimed)
        self._do("buyer", "settlement", "openDispute", self.expired, EVIDENCE)
        self._do("learner", "settlement", "openBatchDispute", self.expired_batch, EVIDENCE)
        travel(14 * DAY)

    def _sell_and_request(self) -> None:
        """Leave orders that nothing happened to, that are in dispute, and that await a refund."""
        self.late, self.asked, self.plain_order, self.disputed = map(self._bought, range(3, 7))
        prepaid = self._settled([self.learner] * 3, FROM_LEARNER)
        self.late_batch, self.asked_batch, self.prepaid = prepaid
        self.plain_batch, self.disputed_batch = self._settled([self.learner] * 2)
        self._take_over()
        self._request(self.late, self.late_batch)
        travel(SHORT_WINDOW // 2)
        self._do("buyer", "settlement", "openDispute", self.disputed, EVIDENCE)
        self._do("learner", "settlement", "openBatchDispute", self.disputed_batch, EVIDENCE)
        self._name_successors()
        self._request(self.asked, self.asked_batch)

    def _request(self, order: Order, batch_order: BatchOrder) -> None:
        self._do("buyer", "settlement", "requestRefund", order)
        self._do("learner", "settlement", "requestBatchRefund", batch_order)

    def _take_over(self) -> None:
        where = (self.seller.number, self.learner)
        self._do("operator", "settlement", "offerAccount", *where, self.people["learner"])
        travel(2 * DAY)
        self._do("learner", "settlement", "takeOver", *where)
        self._do("operator", "settlement", "topUp", [self.plain], [10**6])

    def _name_successors(self) -> None:
        nominee, seller = self.people["nominee"], self.seller.number
        self._do("operator", "settlement", "offerAccount", seller, self.plain, nominee)
        self._do("owner", "registry", "setOperator", seller, nominee, True)
        self._do("owner", "registry", "transferPlatform", seller, nominee)
        self._do("network owner", "registry", "nominate", PAUSER, nominee)
        self._do("network owner", "registry", "transferOwnership", nominee)
        travel(self.contracts["registry"].DELAY())

    def _order(self, salt: int) -> Order:
        buyer = self.people["buyer"].address
        parties = (self.content.number, self.seller.number, buyer, buyer, ZERO)
        return Order(*parties, self.content.price, 0, 2**40, bytes([salt]) * 32)

    def _bought(self, salt: int) -> Order:
        order = self._order(salt)
        self._do("buyer", "settlement", "buy", order)
        return order

    def _settled(self, learners: list[int], state: int = 0) -> list[BatchOrder]:
        """Settle from the platform's account, or from the learners' which it tops up first."""
        group = [Group(self.content.number, learners)]
        self.batches += 1
        arguments: tuple[Any, ...] = (self.batches, today(), 10**12)
        if state:
            prices = [self.content.price] * len(learners)
            self._do("operator", "settlement", "topUp", learners, prices)
            arguments += (True, words_of(group), [])
            placed = self._do("operator", "settlement", "settleLearners", *arguments)
        else:
            placed = self._do("operator", "settlement", "settle", *arguments, words_of(group))
        leaves = tuple(leaves_of(group, [self.content], placed.timestamp, state))
        return Batch(self.seller.number, 1, self.batches, leaves).orders()

    # What everyone tries

    def _registry(self) -> dict[tuple[str, str], Arguments]:
        nominee, seller = self.people["nominee"], self.seller.number
        arguments: dict[str, Arguments] = {
            "acceptOperator": lambda _: (seller,),
            "acceptOwnership": lambda _: (),
            "acceptPlatform": lambda _: (seller,),
            "acceptRole": lambda _: (PAUSER,),
            "admit": lambda caller: ("another", caller, caller, 0, 0),
            "bindKey": lambda caller: (self.plain, caller),
            "bindLearner": lambda _: (self.plain, COMMITMENT),
            "dismiss": lambda _: (ARBITER,),
            "nominate": lambda caller: (ARBITER, caller),
            "registerLearner": lambda _: (COMMITMENT,),
            "registerLearners": lambda _: (5, COMMITMENT),
            "renounceOwnership": lambda _: (),
            "setHostFee": lambda _: (seller, 0),
            "setNetworkFee": lambda _: (seller, 0),
            "setOperator": lambda caller: (seller, caller, True),
            "setStatus": lambda _: (seller, 2),
            "setTreasury": lambda caller: (seller, caller),
            "transferOwnership": lambda caller: (caller,),
            "transferPlatform": lambda _: (seller, nominee),
        }
        return {("registry", name): each for name, each in arguments.items()}

    def _licences(self) -> dict[tuple[str, str], Arguments]:
        number, buyer, plan = self.content.number, self.people["buyer"], self.content.plan
        token = as_number(self.claimed.id(self.contracts["settlement"].address))
        arguments: dict[str, Arguments] = {
            "burn": lambda _: (token,),
            "claim": lambda _: (self.plain_order,),
            "claimBatch": lambda _: (self.plain_batch,),
            "publish": lambda _: ([Publication("new", 5, 0, plan)],),
            "safeBatchTransferFrom": lambda caller: (buyer, caller, [token], [1], b""),
            "safeTransferFrom": lambda caller: (buyer, caller, token, 1, b""),
            "setActive": lambda _: (number, False),
            "setApprovalForAll": lambda _: (self.people["creator"], True),
            "setLock": lambda _: (token, 0),
            "setPlan": lambda _: (number, plan),
            "setPrice": lambda _: (number, 5),
            "setPrices": lambda _: (number, [(today() + 1, 5)]),
        }
        return {("licences", name): each for name, each in arguments.items()}

    def _settlement(self) -> dict[tuple[str, str], Arguments]:
        arguments = self._network() | self._buying() | self._platform() | self._after_the_sale()
        return {("settlement", name): each for name, each in arguments.items()}

    def _network(self) -> dict[str, Arguments]:
        number, plan = self.content.number, self.content.plan
        return {
            "addWindow": lambda _: (HOUR,),
            "list": lambda _: (number + 1, [(5, 0, 0, False)]),
            "markBatchClaimed": lambda _: (self.plain_batch,),
            "markClaimed": lambda _: (self.plain_order,),
            "pause": lambda _: (),
            "setActive": lambda _: (number, False),
            "setPlan": lambda _: (number, 2, plan.commission_bps),
            "setPrices": lambda _: (number, [(today() + 1, 5)]),
            "unpause": lambda _: (),
        }

    def _buying(self) -> dict[str, Arguments]:
        order, settlement = self._order(100), self.contracts["settlement"].address
        message = {"to": settlement, "value": order.max_price, "validBefore": order.deadline}
        key, token = self.buyer_key, self.contracts["token"]
        signature = sign_authorization(key, token, order.id(settlement), **message)
        buyer = self.people["buyer"].address
        signed = Withdrawal(buyer, buyer, 5, 2**40, 1).signed(key, settlement)
        return {
            "buy": lambda _: (order,),
            "buyCart": lambda _: ([order], Payment()),
            "buyFromBalance": lambda _: (order,),
            "buyWithAuthorization": lambda _: (order, *signature),
            "deposit": lambda caller: (of_address(caller), 5),
            "withdraw": lambda caller: (5, caller),
            "withdrawMany": lambda _: ([signed],),
            "withdrawSigned": lambda _: (signed,),
        }

    def _platform(self) -> dict[str, Arguments]:
        seller, words = self.seller.number, words_of([Group(self.content.number, [self.plain])])
        return {
            "offerAccount": lambda caller: (seller, self.plain, caller),
            "payOut": lambda _: (seller, [self.plain], [5]),
            "settle": lambda caller: (self._next_batch(caller), today(), 10**12, words),
            "setTopUpLimit": lambda _: (seller, 10**12),
            "settleLearners": lambda caller: (
                *(self._next_batch(caller), today()),
                *(10**12, False, words, []),
            ),
            "takeOver": lambda _: (seller, self.plain),
            "topUp": lambda _: ([self.plain], [5]),
            "withdrawPlatform": lambda _: (seller, 5),
        }

    def _next_batch(self, caller: Any) -> int:
        platform, lane, _ = self.contracts["registry"].operatorOf(caller)
        number = self.contracts["settlement"].nextBatch(platform, lane)
        return int(number) if platform != NETWORK else 1

    def _after_the_sale(self) -> dict[str, Arguments]:
        number, seller = self.content.number, self.seller.account
        return {
            "closeBatchDispute": lambda _: (self.expired_batch,),
            "closeDispute": lambda _: (self.expired,),
            "openBatchDispute": lambda _: (self.plain_batch, EVIDENCE),
            "openDispute": lambda _: (self.plain_order, EVIDENCE),
            "refund": lambda _: (self.plain_order,),
            "refundBatch": lambda _: (self.plain_batch,),
            "refundBatchPart": lambda _: (self.plain_batch, 5),
            "refundBatchUnanswered": lambda _: (self.late_batch,),
            "refundPart": lambda _: (self.plain_order, 5),
            "refundUnanswered": lambda _: (self.late,),
            "refuseBatchRefund": lambda _: (self.asked_batch,),
            "refuseRefund": lambda _: (self.asked,),
            "release": lambda _: ([number],),
            "releaseCommissions": lambda _: ([seller], 0),
            "releaseVersion": lambda _: (number, 1),
            "requestBatchRefund": lambda _: (self.prepaid,),
            "requestRefund": lambda _: (self.plain_order,),
            "resolveBatchDispute": lambda _: (self.disputed_batch, False, EVIDENCE),
            "resolveDispute": lambda _: (self.disputed, True, EVIDENCE),
        }
