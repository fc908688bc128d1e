"""Typed calls of the four contracts.

A method that takes a `signer` sends a transaction and returns its receipt; the others read. What
may revert, and who may call, is said in `contracts/interfaces`; a revert reaches the caller as
the one of `zhifu.exceptions` that `zhifu.refusals` has for it, else as ContractReverted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from zhifu.abi import Artifact, artifact
from zhifu.accounts import Account
from zhifu.batch import Facts
from zhifu.blocks import BlockId, Log, Receipt
from zhifu.chain import Chain
from zhifu.exceptions import InvalidInput
from zhifu.models import (
    BatchOrder,
    Changes,
    DirectOrder,
    Hold,
    Operator,
    Platform,
    PlatformStatus,
    Publication,
    Role,
    SplitPlan,
    Successor,
)
from zhifu.refusals import typed
from zhifu.signing import Signer

_SIGNATURE_BYTES = 65


class EventLog(NamedTuple):
    """A decoded event with the log it came in."""

    name: str
    arguments: dict[str, Any]
    log: Log


class Contract:
    """A deployed contract, known by the ABI shipped under its name."""

    NAME: ClassVar[str]

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.address = address
        self.artifact: Artifact = artifact(self.NAME)
        chain.learn_errors(self.artifact.abi)

    def encode(self, function: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        return self.artifact.functions[function].encode(arguments)

    def read(self, function: str, *arguments: Any) -> Any:
        """What a view answers: one value, or a tuple of several."""
        with typed(lambda: self._named(function, arguments)):
            answer = self.chain.call(self.address, self.encode(function, *arguments))
        values = self.artifact.functions[function].decode(answer)
        return values[0] if len(values) == 1 else values

    def read_many(
        self, function: str, arguments: Sequence[Sequence[Any]], *, block: BlockId = "latest"
    ) -> list[Any]:
        """What a view answers to many arguments as of a block, in few round trips."""
        calls = [(self.address, self.encode(function, *each)) for each in arguments]
        decode = self.artifact.functions[function].decode
        with typed():
            answers = [decode(answer) for answer in self.chain.call_many(calls, block=block)]
        return [values[0] if len(values) == 1 else values for values in answers]

    def transact(self, signer: Signer, function: str, *arguments: Any, **known: Any) -> Receipt:
        """Send a transaction and wait for its receipt.

        `known` is what a refusal may be about beside the arguments.
        """
        with typed(lambda: {**self._named(function, arguments), **known}):
            return self.chain.send(signer, self.address, self.encode(function, *arguments))

    def _named(self, function: str, arguments: Sequence[Any]) -> dict[str, Any]:
        """A call's arguments by the names that the contract has for them."""
        entries = (each for each in self.artifact.abi if each["type"] == "function")
        inputs = next(each["inputs"] for each in entries if each["name"] == function)
        return {each["name"]: value for each, value in zip(inputs, arguments, strict=True)}

    def events(
        self, *names: str, from_block: int = 0, to_block: int | None = None
    ) -> Iterator[EventLog]:
        """This contract's events of the given names (of all, if none is given), in order."""
        topics = [[self.artifact.topic(name) for name in names]] if names else []
        for log in self.chain.logs(self.address, topics, from_block, to_block):
            yield self.decode(log)

    def decode(self, log: Log) -> EventLog:
        """One of this contract's own logs, decoded."""
        event = self.artifact.events[log.topics[0]]
        return EventLog(event.name, event.decode(log.topics, log.data), log)

    def emitted(self, receipt: Receipt, name: str) -> list[dict[str, Any]]:
        """The arguments of this contract's events called `name` in a receipt."""
        topic = self.artifact.topic(name)
        own = (log for log in receipt.logs if log.address == self.address)
        return [self.decode(log).arguments for log in own if log.topics[0] == topic]


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

    def holder_of(self, order_id: int) -> str:
        """Who holds a claimed licence, or the zero address."""
        return str(self.read("holderOf", order_id))


class Settlement(Contract):
    """The money: accounts, orders, holds, refunds, releases and withdrawals."""

    NAME = "Settlement"

    def add_window(self, signer: Signer, window_seconds: int) -> Receipt:
        """Add a refund-window class; its number is in the event `WindowAdded`."""
        return self.transact(signer, "addWindow", window_seconds)

    def deposit(self, signer: Signer, account: Account, token_amount: int) -> Receipt:
        """Pay tokens (in the token's own units) of the signer into an account."""
        return self.transact(signer, "deposit", account, token_amount)

    def withdraw(self, signer: Signer, amount: int, to: str) -> Receipt:
        """Send ledger units of the signer's account to an address."""
        return self.transact(signer, "withdraw", amount, to)

    def withdraw_platform(self, signer: Signer, platform: int, amount: int) -> Receipt:
        """Send ledger units of a platform's account to its treasury."""
        return self.transact(signer, "withdrawPlatform", platform, amount)

    def buy(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Place a direct order paid by the signer's token allowance."""
        return self.transact(signer, "buy", order.as_tuple())

    def buy_from_balance(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Place a direct order paid from the signer's account."""
        return self.transact(signer, "buyFromBalance", order.as_tuple())

    def buy_with_authorization(
        self, signer: Signer, order: DirectOrder, signature: bytes
    ) -> Receipt:
        """Place a direct order paid by its buyer's EIP-3009 signature; anyone may send it.

        Raises InvalidInput unless the signature has 65 bytes, InvalidSignature if it is not the
        buyer's over this order on this chain, and AuthorizationUsed if it has paid already.
        """
        if len(signature) != _SIGNATURE_BYTES:
            raise InvalidInput("signature", f"must have {_SIGNATURE_BYTES} bytes", len(signature))
        r, s, v = signature[:32], signature[32:64], signature[64]
        values = (order.as_tuple(), v, r, s)
        return self.transact(signer, "buyWithAuthorization", *values, buyer=order.buyer)

    def encode_settle(self, number: int, sale_day: int, max_debit: int, words: bytes) -> bytes:
        """The calldata of a batch; packed by hand, since the words are ready as they are."""
        head = (number, sale_day, max_debit, 128, len(words) // 32)
        selector = self.artifact.functions["settle"].selector
        return selector + b"".join(value.to_bytes(32, "big") for value in head) + words

    def refund(self, signer: Signer, order: DirectOrder) -> Receipt:
        """Refund a direct order within its window."""
        return self.transact(signer, "refund", order.as_tuple())

    def refund_batch(self, signer: Signer, order: BatchOrder) -> Receipt:
        """Refund an order of a batch within its window.

        A refusal is a ContractReverted: the gateway, which knows the order by its own id, says
        what it means for it.
        """
        return self.chain.send(signer, self.address, self.encode("refundBatch", order.as_tuple()))

    def release(self, signer: Signer, contents: Sequence[int]) -> Receipt:
        """Divide the matured revenue of contents by their plans."""
        return self.transact(signer, "release", list(contents))

    def release_commission(self, signer: Signer, account: Account, window_class: int) -> Receipt:
        """Credit the matured commission of a seller or referrer."""
        return self.transact(signer, "releaseCommission", account, window_class)

    def available_of(self, account: Account) -> int:
        """What an account can spend or withdraw, in ledger units."""
        return int(self.read("availableOf", account))

    def hold_of(self, content: int) -> Hold:
        """A content's hold as stored."""
        return Hold.unpack(self.read("holdOf", content))

    def commission_of(self, account: Account, window_class: int) -> Hold:
        """A seller's or referrer's commission hold as stored."""
        return Hold.unpack(self.read("commissionOf", account, window_class))

    def price_on(self, content: int, day: int) -> tuple[int, bool]:
        """A content's price on a day (UTC, since 1970) and whether it is for sale."""
        price, active = self.read("priceOn", content, day)
        return price, active

    def next_batch(self, platform: int, lane: int) -> int:
        """The number of the next batch of a lane."""
        return int(self.read("nextBatch", platform, lane))

    def root_of(self, platform: int, lane: int, number: int) -> bytes:
        """A settled batch's root, or 32 zero bytes."""
        return bytes(self.read("rootOf", platform, lane, number))

    def order_id_of(self, order: DirectOrder) -> bytes:
        """The id of a direct order."""
        return bytes(self.read("orderIdOf", order.as_tuple()))

    def facts_of(self, order_id: bytes) -> Facts:
        """What was read when a direct order was placed; all zero for an unknown one."""
        return Facts.unpack(self.read("factsOf", order_id))

    def inspect_batch(self, order: BatchOrder) -> tuple[bool, bool]:
        """Whether an order is in its batch, and whether it was refunded or claimed."""
        proven, spent = self.read("inspectBatch", order.as_tuple())
        return proven, spent

    def window_of(self, window_class: int) -> int:
        """The refund window of a class, in seconds."""
        return int(self.read("windowOf", window_class))

    def tokens_per_unit(self) -> int:
        """How many of the token's smallest units make one ledger unit."""
        return int(self.read("TOKENS_PER_UNIT"))


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

    def name(self) -> str:
        """The token's name, which is also its EIP-712 domain name."""
        return str(self.read("name"))
