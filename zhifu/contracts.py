"""Typed calls of the registry, the licence contract and the token; Settlement's have their own.

A method that takes a `signer` sends a transaction and returns its receipt; the others read. What
may revert, and who may call, is said in `contracts/interfaces`.
"""

from __future__ import annotations

from collections.abc import Sequence

from zhifu.blocks import Receipt
from zhifu.contract import Contract
from zhifu.models import (
    BatchOrder,
    Changes,
    DirectOrder,
    Operator,
    Platform,
    PlatformStatus,
    PriceStep,
    Publication,
    Role,
    SplitPlan,
    Successor,
    Terms,
)
from zhifu.signing import Signer


class PlatformRegistry(Contract):
    """Platforms with their operators, treasuries and fees, and the directory of learners."""

    NAME = "PlatformRegistry"

    def admit(
        self,
        signer: Signer,
        name: str,
        owner: str,
        treasury: str,
        network_bps: int,
        host_bps: int,
    ) -> Receipt:
        """Admit a platform; its number is in the event `PlatformAdmitted`."""
        return self.transact(signer, "admit", name, owner, treasury, network_bps, host_bps)

    def set_status(self, signer: Signer, platform: int, status: PlatformStatus) -> Receipt:
        """Open or suspend a platform."""
        return self.transact(signer, "setStatus", platform, int(status))

    def nominate(self, signer: Signer, role: Role, account: str) -> Receipt:
        """Nominate who may accept a role; the zero address for nobody."""
        return self.transact(signer, "nominate", int(role), account)

    def accept_role(self, signer: Signer, role: Role) -> Receipt:
        """Take a role over, as its nominee."""
        return self.transact(signer, "acceptRole", int(role))

    def dismiss(self, signer: Signer, role: Role) -> Receipt:
        """Take a role from its holder at once."""
        return self.transact(signer, "dismiss", int(role))

    def set_network_fee(self, signer: Signer, platform: int, network_bps: int) -> Receipt:
        """Set the network's least share in a platform's new plans; a rise holds `delay` later."""
        return self.transact(signer, "setNetworkFee", platform, network_bps)

    def set_host_fee(self, signer: Signer, platform: int, host_bps: int) -> Receipt:
        """Set the host's least share in a platform's new plans; a rise holds `delay` later."""
        return self.transact(signer, "setHostFee", platform, host_bps)

    def set_treasury(self, signer: Signer, platform: int, treasury: str) -> Receipt:
        """Set where withdrawals go `delay` from now; naming the present treasury cancels."""
        return self.transact(signer, "setTreasury", platform, treasury)

    def transfer_platform(self, signer: Signer, platform: int, owner: str) -> Receipt:
        """Let an address accept a platform `delay` from now; the zero address for nobody."""
        return self.transact(signer, "transferPlatform", platform, owner)

    def accept_platform(self, signer: Signer, platform: int) -> Receipt:
        """Take a platform over from its owner, who let the signer."""
        return self.transact(signer, "acceptPlatform", platform)

    def set_operator(
        self, signer: Signer, platform: int, operator: str, active: bool = True
    ) -> Receipt:
        """Name a key that may accept to act for a platform; stop one, or let it act again."""
        return self.transact(signer, "setOperator", platform, operator, active)

    def accept_operator(self, signer: Signer, platform: int) -> Receipt:
        """Accept to act for a platform, for good and for no other, as a key that it names."""
        return self.transact(signer, "acceptOperator", platform)

    def register_learner(self, signer: Signer, commitment: bytes) -> Receipt:
        """Register one learner; its number is in the event `LearnersRegistered`."""
        return self.transact(signer, "registerLearner", commitment)

    def register_learners(
        self, signer: Signer, count: int, commitments: bytes = bytes(32)
    ) -> Receipt:
        """Register many learners; the first number is in the event `LearnersRegistered`."""
        return self.transact(signer, "registerLearners", count, commitments)

    def bind_learner(self, signer: Signer, learner: int, commitment: bytes) -> Receipt:
        """State that the signer's platform knows a learner as one of its users."""
        return self.transact(signer, "bindLearner", learner, commitment)

    def bind_key(self, signer: Signer, learner: int, key: str) -> Receipt:
        """Give a learner a key of its own."""
        return self.transact(signer, "bindKey", learner, key)

    def delay(self) -> int:
        """How many seconds before it holds a change is announced that could hurt someone."""
        return int(self.read("DELAY"))

    def arbiter(self) -> str:
        """Who decides disputes, or the zero address."""
        return str(self.read("arbiter"))

    def pauser(self) -> str:
        """Who may pause, or the zero address."""
        return str(self.read("pauser"))

    def pending_role(self, role: Role) -> Successor:
        """Who may accept a role, and from when; the zero address for nobody."""
        return Successor(*self.read("pendingRole", int(role)))

    def platform_of(self, platform: int) -> Platform:
        """A platform's terms as they hold now."""
        owner, status, network_bps, host_bps, treasury = self.read("platformOf", platform)
        return Platform(owner, PlatformStatus(status), network_bps, host_bps, treasury)

    def platform_count(self) -> int:
        """How many platforms were admitted."""
        return int(self.read("platformCount"))

    def changes_of(self, platform: int) -> Changes:
        """What was announced for a platform and does not hold yet."""
        owner, treasury, *fees = self.read("changesOf", platform)
        return Changes(Successor(*owner), Successor(*treasury), *fees)

    def operator_of(self, operator: str) -> Operator:
        """What is known of a key; platform 0 for one that accepted none."""
        return Operator(*self.read("operatorOf", operator))

    def is_named(self, platform: int, operator: str) -> bool:
        """Whether a key may accept to act for a platform."""
        return bool(self.read("isNamed", platform, operator))

    def learner_count(self) -> int:
        """The highest learner number."""
        return int(self.read("learnerCount"))

    def home_of(self, learner: int) -> int:
        """The platform that registered a learner."""
        return int(self.read("homeOf", learner))

    def key_of(self, learner: int) -> str:
        """A learner's own key, or the zero address."""
        return str(self.read("keyOf", learner))


class ContentLicense(Contract):
    """Content with hosts, prices and split plans, and licences."""

    NAME = "ContentLicense"

    def publish(self, signer: Signer, publications: Sequence[Publication]) -> Receipt:
        """Publish contents; their numbers are in the events `ContentPublished`."""
        return self.transact(signer, "publish", [each.as_tuple() for each in publications])

    def set_price(self, signer: Signer, content: int, price: int) -> Receipt:
        """Set a content's price from tomorrow (UTC)."""
        return self.transact(signer, "setPrice", content, price)

    def set_prices(self, signer: Signer, content: int, steps: Sequence[PriceStep]) -> Receipt:
        """Set a content's price on later days, in place of all that was set for them."""
        return self.transact(signer, "setPrices", content, [tuple(each) for each in steps])

    def set_plan(self, signer: Signer, content: int, plan: SplitPlan) -> Receipt:
        """Divide money captured from the next epoch on by another plan.

        Its version is in the event `PlanChanged`.
        """
        return self.transact(signer, "setPlan", content, plan.as_tuple())

    def set_active(self, signer: Signer, content: int, active: bool) -> Receipt:
        """Open a content for sale, or close it."""
        return self.transact(signer, "setActive", content, active)

    def claim(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Turn a direct order's licence into a token of the signer."""
        return self.transact(signer, "claim", order.as_tuple())

    def claim_batch(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Turn a batch order's licence into a token of the signer, the learner's own key."""
        return self.transact(signer, "claimBatch", order.as_tuple())

    def verify(self, order: DirectOrder, holder: str) -> bool:
        """Whether `holder` may use the content of a direct order."""
        return bool(self.read("verify", order.as_tuple(), holder))

    def verify_batch(self, order: BatchOrder, learner: int) -> bool:
        """Whether `learner` may use the content of a batch order."""
        return bool(self.read("verifyBatch", order.as_tuple(), learner))

    def verify_token(self, order_id: int, content: int, holder: str) -> bool:
        """Whether `holder` may use `content` by the claimed licence it holds."""
        return bool(self.read("verifyToken", order_id, content, holder))

    def content_of(self, host: int, ref: str) -> int:
        """The number of a host's content, or 0."""
        return int(self.read("contentOf", host, ref))

    def content_count(self) -> int:
        """How many contents were published."""
        return int(self.read("contentCount"))

    def plan_of(self, content: int, version: int = 1) -> tuple[int, SplitPlan]:
        """A content's host and split plan."""
        host, plan = self.read("planOf", content, version)
        return host, SplitPlan.from_tuple(plan)

    def plan_count(self, content: int) -> int:
        """The highest version of a content's plan so far."""
        return int(self.read("planCount", content))

    def referrer_bps_of(self, content: int, version: int = 1) -> int:
        """What a named referrer gets of a content's price, in basis points."""
        return int(self.read("referrerBpsOf", content, version))

    def host_of(self, content: int) -> int:
        """The host of a content."""
        return int(self.read("hostOf", content))

    def terms_of(self, content: int) -> Terms:
        """What a licence of a content is."""
        return Terms(*self.read("termsOf", content))

    def holder_of(self, order_id: int) -> str:
        """Who holds a claimed licence, or the zero address."""
        return str(self.read("holderOf", order_id))

    def locked(self, order_id: int) -> bool:
        """Whether a claimed licence cannot move now."""
        return bool(self.read("locked", order_id))

    def user_of(self, order_id: int) -> str:
        """Who may use a claimed licence now, or the zero address."""
        return str(self.read("userOf", order_id))

    def expires_at(self, order_id: int) -> int:
        """When a claimed licence ends, in Unix seconds; 0 for never."""
        return int(self.read("expiresAt", order_id))

    def is_renewable(self, order_id: int) -> bool:
        """Whether a claimed licence's content can be bought again for the time after it."""
        return bool(self.read("isRenewable", order_id))

    def royalty_info(self, order_id: int, sale_price: int) -> tuple[str, int]:
        """Who gets the royalty of a resale, and how much, in the unit of `sale_price`."""
        receiver, amount = self.read("royaltyInfo", order_id, sale_price)
        return receiver, amount


class SettlementToken(Contract):
    """The settlement token: ERC-20 with EIP-2612 and EIP-3009; mintable on test networks only."""

    NAME = "SettlementToken"

    def set_mint_allowance(self, signer: Signer, minter: str, allowance: int) -> Receipt:
        """Set how many tokens a minter may still create."""
        return self.transact(signer, "setMintAllowance", minter, allowance)

    def mint(self, signer: Signer, to: str, amount: int) -> Receipt:
        """Create tokens out of the signer's mint allowance."""
        return self.transact(signer, "mint", to, amount)

    def approve(self, signer: Signer, spender: str, amount: int) -> Receipt:
        """Let `spender` take up to `amount` of the signer's tokens."""
        return self.transact(signer, "approve", spender, amount)

    def balance_of(self, owner: str) -> int:
        """The tokens of an address, in the token's smallest unit."""
        return int(self.read("balanceOf", owner))

    def allowance(self, owner: str, spender: str) -> int:
        """How many tokens of `owner` a spender may still take."""
        return int(self.read("allowance", owner, spender))

    def decimals(self) -> int:
        """How many decimals one token has."""
        return int(self.read("decimals"))

    def symbol(self) -> str:
        """The token's symbol."""
        return str(self.read("symbol"))

    def nonces(self, owner: str) -> int:
        """The nonce of an owner's next EIP-2612 permit."""
        return int(self.read("nonces", owner))

    def name(self) -> str:
        """The token's name, which is also its EIP-712 domain name."""
        return str(self.read("name"))
