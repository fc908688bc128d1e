"""Typed calls of the verbs that stand in SettlementDesk, at Settlement's address."""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.accounts import Account
from zhifu.blocks import Receipt
from zhifu.contract import Contract
from zhifu.models import AccountKeys, CartPayment, Consent, DirectOrder, Hold, Source
from zhifu.refusals import typed
from zhifu.signing import Signer


class SettlementDesk(Contract):
    """The rarer verbs: carts, learners' batches and balances, pausing."""

    NAME = "SettlementDesk"

    def add_window(self, signer: Signer, window_seconds: int) -> Receipt:
        """Add a refund-window class; its number is in the event `WindowAdded`."""
        return self.transact(signer, "addWindow", window_seconds)

    def pause(self, signer: Signer) -> Receipt:
        """Stop buying, settling and topping up."""
        return self.transact(signer, "pause")

    def unpause(self, signer: Signer) -> Receipt:
        """Let selling go on."""
        return self.transact(signer, "unpause")

    def buy_cart(
        self, signer: Signer, orders: Sequence[DirectOrder], payment: CartPayment
    ) -> Receipt:
        """Place several orders of one buyer with one payment."""
        placed = [order.as_tuple() for order in orders]
        authorized = orders and payment.source is Source.AUTHORIZATION
        known = {"buyer": orders[0].buyer} if authorized else {}
        return self.transact(signer, "buyCart", placed, payment.as_tuple(), **known)

    def settle_learners(
        self,
        signer: Signer,
        number: int,
        sale_day: int,
        max_debit: int,
        words: bytes,
        *,
        from_learners: bool,
        consents: Sequence[Consent] = (),
    ) -> Receipt:
        """Settle a batch paid from learners' accounts, or agreed to by them, or both."""
        with typed():
            calldata = self.encode_settle_learners(
                number,
                sale_day,
                max_debit,
                words,
                from_learners=from_learners,
                consents=consents,
            )
            return self.chain.send(signer, self.address, calldata)

    def encode_settle_learners(
        self,
        number: int,
        sale_day: int,
        max_debit: int,
        words: bytes,
        *,
        from_learners: bool,
        consents: Sequence[Consent] = (),
    ) -> bytes:
        """The calldata of a batch paid from learners' accounts, or agreed to by them, or both."""
        numbers = [int.from_bytes(words[at : at + 32], "big") for at in range(0, len(words), 32)]
        agreed = [tuple(consent) for consent in consents]
        arguments = (number, sale_day, max_debit, from_learners, numbers, agreed)
        return self.encode("settleLearners", *arguments)

    def top_up(self, signer: Signer, learners: Sequence[int], amounts: Sequence[int]) -> Receipt:
        """Move money from the signer's platform to the accounts of its learners."""
        return self.transact(signer, "topUp", list(learners), list(amounts))

    def set_top_up_limit(self, signer: Signer, platform: int, per_day: int) -> Receipt:
        """Set how much a platform may move to learners' accounts on one day (UTC)."""
        return self.transact(signer, "setTopUpLimit", platform, per_day)

    def pay_out(
        self, signer: Signer, platform: int, learners: Sequence[int], amounts: Sequence[int]
    ) -> Receipt:
        """Move money of learners to their platform, which paid it out in fiat."""
        return self.transact(signer, "payOut", platform, list(learners), list(amounts))

    def offer_account(self, signer: Signer, platform: int, learner: int, key: str) -> Receipt:
        """Name the key that may take a learner's account over two days later.

        The zero address is for none.
        """
        return self.transact(signer, "offerAccount", platform, learner, key)

    def take_over(self, signer: Signer, platform: int, learner: int) -> Receipt:
        """Make a learner's account the signer's."""
        return self.transact(signer, "takeOver", platform, learner)

    def top_up_limit_of(self, platform: int) -> tuple[int, int]:
        """How much a platform may move to learners' accounts today, and how much of it is left."""
        per_day, left = self.read("topUpLimitOf", platform)
        return per_day, left

    def paused(self) -> bool:
        """Whether selling is paused."""
        return bool(self.read("paused"))

    def window_of(self, window_class: int) -> int:
        """The refund window of a class, in seconds."""
        return int(self.read("windowOf", window_class))

    def hold_of(self, content: int, version: int = 1) -> Hold:
        """A content's hold under one version of its plan, as stored."""
        return Hold.unpack(self.read("holdOf", content, version))

    def commission_of(self, account: Account, window_class: int) -> Hold:
        """A seller's or referrer's commission hold as stored."""
        return Hold.unpack(self.read("commissionOf", account, window_class))

    def price_on(self, content: int, day: int) -> tuple[int, bool]:
        """A content's price on a day (UTC, since 1970) and whether it is for sale."""
        price, active = self.read("priceOn", content, day)
        return price, active

    def plan_version_of(self, content: int) -> int:
        """The version of a content's plan that money captured now is divided by."""
        return int(self.read("planVersionOf", content))

    def cart_hash_of(self, source: Source, orders: Sequence[DirectOrder]) -> bytes:
        """The hash of a cart paid from `source`."""
        placed = [order.as_tuple() for order in orders]
        return bytes(self.read("cartHashOf", int(source), placed))

    def spent_of(self, platform: int, lane: int, number: int, group: int) -> int:
        """A bit for each order of a batch, 256 of them, to which something happened since."""
        return int(self.read("spentOf", platform, lane, number, group))

    def keys_of(self, account: Account) -> AccountKeys:
        """The key that a learner's account obeys, and the one it is offered to."""
        return AccountKeys(*self.read("keysOf", account))
