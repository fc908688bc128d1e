"""The network as SPECIFICATION.md tells it, with balances and holds kept up to date.

Each verb of the contracts is a method of one part, with the caller before the contract's own
arguments. It either does everything or raises `Refused` and changes nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.differential.model.accounts import Accounts
from tests.differential.model.batches import Batches
from tests.differential.model.carts import Carts
from tests.differential.model.classes import Classes
from tests.differential.model.consents import Consents
from tests.differential.model.contents import Contents
from tests.differential.model.custody import Custody
from tests.differential.model.disputes import Disputes
from tests.differential.model.events import Event
from tests.differential.model.holds import Holds
from tests.differential.model.learners import Learners
from tests.differential.model.licences import Licences
from tests.differential.model.links import Links
from tests.differential.model.nonces import Nonces
from tests.differential.model.orders import Orders
from tests.differential.model.platforms import Platforms
from tests.differential.model.refunds import Refunds
from tests.differential.model.releases import Releases
from tests.differential.model.requests import Requests
from tests.differential.model.sales import Sales
from tests.differential.model.selling import Selling
from tests.differential.model.table import Table, Touched
from tests.differential.model.tokens import Tokens

Verb = tuple[str, str]
"""A contract and one of its functions."""


VERBS: dict[Verb, tuple[str, str]] = {
    ("PlatformRegistry", "admit"): ("platforms", "admit"),
    ("PlatformRegistry", "setStatus"): ("platforms", "set_status"),
    ("PlatformRegistry", "setNetworkFee"): ("platforms", "set_network_fee"),
    ("PlatformRegistry", "setHostFee"): ("platforms", "set_host_fee"),
    ("PlatformRegistry", "setTreasury"): ("platforms", "set_treasury"),
    ("PlatformRegistry", "transferPlatform"): ("platforms", "transfer_platform"),
    ("PlatformRegistry", "acceptPlatform"): ("platforms", "accept_platform"),
    ("PlatformRegistry", "transferOwnership"): ("platforms", "transfer_ownership"),
    ("PlatformRegistry", "acceptOwnership"): ("platforms", "accept_ownership"),
    ("PlatformRegistry", "setOperator"): ("operators", "set_operator"),
    ("PlatformRegistry", "acceptOperator"): ("operators", "accept_operator"),
    ("PlatformRegistry", "nominate"): ("roles", "nominate"),
    ("PlatformRegistry", "acceptRole"): ("roles", "accept_role"),
    ("PlatformRegistry", "dismiss"): ("roles", "dismiss"),
    ("PlatformRegistry", "registerLearner"): ("learners", "register_learner"),
    ("PlatformRegistry", "registerLearners"): ("learners", "register_learners"),
    ("PlatformRegistry", "bindLearner"): ("learners", "bind_learner"),
    ("PlatformRegistry", "bindKey"): ("learners", "bind_key"),
    ("ContentLicense", "publish"): ("contents", "publish"),
    ("ContentLicense", "setPrice"): ("contents", "set_price"),
    ("ContentLicense", "setPrices"): ("contents", "set_prices"),
    ("ContentLicense", "setPlan"): ("contents", "set_plan"),
    ("ContentLicense", "setActive"): ("contents", "set_active"),
    ("ContentLicense", "claim"): ("licences", "claim"),
    ("ContentLicense", "claimBatch"): ("licences", "claim_batch"),
    ("ContentLicense", "setApprovalForAll"): ("licences", "set_approval_for_all"),
    ("ContentLicense", "safeTransferFrom"): ("licences", "safe_transfer_from"),
    ("ContentLicense", "safeBatchTransferFrom"): ("licences", "safe_batch_transfer_from"),
    ("Settlement", "addWindow"): ("classes", "add_window"),
    ("Settlement", "pause"): ("selling", "pause"),
    ("Settlement", "unpause"): ("selling", "unpause"),
    ("Settlement", "deposit"): ("accounts", "deposit"),
    ("Settlement", "withdraw"): ("accounts", "withdraw"),
    ("Settlement", "withdrawPlatform"): ("accounts", "withdraw_platform"),
    ("Settlement", "withdrawSigned"): ("accounts", "withdraw_signed"),
    ("Settlement", "withdrawMany"): ("accounts", "withdraw_many"),
    ("Settlement", "topUp"): ("custody", "top_up"),
    ("Settlement", "setTopUpLimit"): ("custody", "set_top_up_limit"),
    ("Settlement", "payOut"): ("custody", "pay_out"),
    ("Settlement", "offerAccount"): ("custody", "offer_account"),
    ("Settlement", "takeOver"): ("custody", "take_over"),
    ("Settlement", "buy"): ("orders", "buy"),
    ("Settlement", "buyFromBalance"): ("orders", "buy_from_balance"),
    ("Settlement", "buyWithAuthorization"): ("orders", "buy_with_authorization"),
    ("Settlement", "buyCart"): ("carts", "buy_cart"),
    ("Settlement", "settle"): ("batches", "settle"),
    ("Settlement", "settleLearners"): ("batches", "settle_learners"),
    ("Settlement", "refund"): ("refunds", "refund"),
    ("Settlement", "refundBatch"): ("refunds", "refund_batch"),
    ("Settlement", "refundPart"): ("refunds", "refund_part"),
    ("Settlement", "refundBatchPart"): ("refunds", "refund_batch_part"),
    ("Settlement", "requestRefund"): ("requests", "request_refund"),
    ("Settlement", "requestBatchRefund"): ("requests", "request_batch_refund"),
    ("Settlement", "refuseRefund"): ("requests", "refuse_refund"),
    ("Settlement", "refuseBatchRefund"): ("requests", "refuse_batch_refund"),
    ("Settlement", "refundUnanswered"): ("requests", "refund_unanswered"),
    ("Settlement", "refundBatchUnanswered"): ("requests", "refund_batch_unanswered"),
    ("Settlement", "openDispute"): ("disputes", "open_dispute"),
    ("Settlement", "openBatchDispute"): ("disputes", "open_batch_dispute"),
    ("Settlement", "resolveDispute"): ("disputes", "resolve_dispute"),
    ("Settlement", "resolveBatchDispute"): ("disputes", "resolve_batch_dispute"),
    ("Settlement", "closeDispute"): ("disputes", "close_dispute"),
    ("Settlement", "closeBatchDispute"): ("disputes", "close_batch_dispute"),
    ("Settlement", "release"): ("releases", "release"),
    ("Settlement", "releaseVersion"): ("releases", "release_version"),
    ("Settlement", "releaseCommissions"): ("releases", "release_commissions"),
    ("SettlementToken", "setMintAllowance"): ("tokens", "set_mint_allowance"),
    ("SettlementToken", "mint"): ("tokens", "mint"),
    ("SettlementToken", "approve"): ("tokens", "approve"),
    ("SettlementToken", "permit"): ("tokens", "permit"),
    ("SettlementToken", "transfer"): ("tokens", "transfer"),
    ("SettlementToken", "cancelAuthorization"): ("tokens", "cancel_authorization"),
}
"""The part and the method of every verb that can succeed."""

CLOSED: dict[Verb, tuple[str, str]] = {
    ("PlatformRegistry", "renounceOwnership"): ("platforms", "renounce_ownership"),
    ("ContentLicense", "burn"): ("links", "only_settlement"),
    ("ContentLicense", "setLock"): ("links", "only_settlement"),
    ("Settlement", "list"): ("links", "only_license"),
    ("Settlement", "setPrices"): ("links", "only_license"),
    ("Settlement", "setPlan"): ("links", "only_license"),
    ("Settlement", "setActive"): ("links", "only_license"),
    ("Settlement", "markClaimed"): ("links", "only_license"),
    ("Settlement", "markBatchClaimed"): ("links", "only_license"),
}
"""Those of verbs that nobody can call."""


class Addresses(NamedTuple):
    """Where the contracts are, and who may set the token's mint allowances."""

    registry: str
    license: str
    settlement: str
    token: str
    minter: str


class Call(NamedTuple):
    """A call of one contract, with its arguments as the contract takes them."""

    caller: str
    contract: str
    function: str
    arguments: tuple[Any, ...]

    @property
    def verb(self) -> Verb:
        return self.contract, self.function


class Model:
    """All parts of the network, at one time."""

    def __init__(
        self, addresses: Addresses, owner: str, treasury: str, token: str, decimals: int, now: int
    ) -> None:
        self.addresses, self.now = addresses, now
        self.touched: Touched = set()
        self._events: list[Event] = []
        self.classes = Classes(self)
        self.selling = Selling(self)
        self.platforms = Platforms(self, owner, treasury)
        self.operators, self.roles = self.platforms.operators, self.platforms.roles
        self.learners = Learners(self)
        self.contents = Contents(self)
        self.tokens = Tokens(self, token, decimals)
        self.nonces = Nonces(self)
        self.accounts = Accounts(self)
        self.custody = Custody(self)
        self.holds = Holds(self)
        self.sales = Sales(self)
        self.orders = Orders(self)
        self.carts = Carts(self)
        self.consents = Consents(self)
        self.batches = Batches(self)
        self.refunds = Refunds(self)
        self.requests = Requests(self)
        self.disputes = Disputes(self)
        self.licences = Licences(self)
        self.releases = Releases(self)
        self.links = Links(self)

    def perform(self, call: Call) -> list[Event]:
        """Do what a call does and return its events; raises Refused."""
        self.touched.clear()
        self._events = []
        part, method = VERBS.get(call.verb) or CLOSED[call.verb]
        getattr(getattr(self, part), method)(call.caller, *call.arguments)
        return self._events

    def deadlines(self) -> list[int]:
        """Return times at which something begins to hold or can be done no longer."""
        members = self.platforms.members.values()
        announced = [*self.roles.nominees.values(), *self.custody.offers.values()]
        announced += [each.next_owner for each in members] + [self.platforms.next_network_owner]
        changes = [each.since for each in announced] + [each.treasury.since for each in members]
        changes += [each.network_fee.since for each in members]
        changes += [each.host_fee.since for each in members]
        disputes = [each.deadline for each in self.disputes.open.values()]
        return [*changes, *disputes, *self.requests.answer_by.values()]

    def tables(self) -> list[Table[Any, Any]]:
        """Return everything that the contracts can be asked about by key."""
        parts = [vars(part).values() for part in vars(self).values() if hasattr(part, "__dict__")]
        return [each for values in parts for each in values if isinstance(each, Table)]

    def emit(self, contract: str, name: str, *values: Any) -> None:
        """Announce something; indexed values come first."""
        self._events.append(Event(contract, name, values))
