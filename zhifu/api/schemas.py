"""What goes over the wire, as JSON: amounts are integers of minor units beside their currency.

Platforms, learners and contents are their numbers on chain; everything else is named by a prefixed
id. Times are Unix seconds. Fields that are not named here are refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zhifu.checkouts import LONGEST_LIFETIME_SECONDS
from zhifu.payments import Destination
from zhifu.requests import LARGEST_CART, LONGEST_TEXT

LARGEST_PAGE = 200
MOST_LEARNERS = 1 << 20

#: JSON readers keep integers exactly only up to this size.
_LARGEST_AMOUNT = 2**53 - 1

Number = Annotated[int, Field(ge=1, le=2**32 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Bytes32 = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
PaymentId = Annotated[str, Field(pattern="^pay_[0-7][0-9a-f]{15}$")]
OrderId = Annotated[str, Field(pattern="^ord_[0-7][0-9a-f]{15}$")]
BatchId = Annotated[str, Field(pattern="^bat_[0-7][0-9a-f]{15}$")]
RefundId = Annotated[str, Field(pattern="^ref_[0-7][0-9a-f]{15}$")]
PaybackId = Annotated[str, Field(pattern="^pbk_[0-7][0-9a-f]{15}$")]
ChargebackId = Annotated[str, Field(pattern="^chb_[0-7][0-9a-f]{15}$")]
WithdrawalId = Annotated[str, Field(pattern="^wdr_[0-7][0-9a-f]{15}$")]
DisputeId = Annotated[str, Field(pattern="^dsp_[0-7][0-9a-f]{15}$")]
ReservationId = Annotated[str, Field(pattern="^rsv_[0-7][0-9a-f]{15}$")]
EventId = Annotated[str, Field(pattern="^evt_[0-9a-f]{24}$")]
Sequence = Annotated[int, Field(ge=1, le=2**40 - 1)]
Time = Annotated[int, Field(ge=0)]


class In(BaseModel):
    """What is sent: nothing is converted, and nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Out(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class MoneyIn(In):
    """An amount of a currency's minor units."""

    amount: Annotated[int, Field(ge=1, le=_LARGEST_AMOUNT)]
    currency: Currency


class MoneyOut(Out):
    """An amount of a currency's minor units; negative is a debt."""

    amount: int
    currency: Currency


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=64)] | None = None


class ProblemOut(Out):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable; for programs.")]
    field: str
    rule: str
    values: dict[str, Any] | None = None
    errors: list[dict[str, str]] | None = None


class OrderIn(In):
    """A payment that its provider confirms, for one content or a cart.

    `amount` is the sum of the contents' prices; `provider_payment_id` the provider's own name for
    the payment, none where the provider is `balance`, the learner's own; `referrer` the address
    that gets the referrer's share.
    """

    learner: Number
    contents: Annotated[list[Number], Field(min_length=1, max_length=LARGEST_CART)]
    amount: MoneyIn
    provider: Text
    provider_payment_id: Text | None = None
    referrer: Address | None = None


class BulkOrderIn(OrderIn):
    """One of many; without a key of its own it has the request's, with its place behind it."""

    idempotency_key: Text | None = None


class PlacedOrderOut(Out):
    """One content of a cart, as it was when it was paid."""

    id: OrderId
    content: Number
    price: MoneyOut
    state: str


class PaymentOut(Out):
    """A payment with its orders."""

    id: PaymentId
    platform: Number
    learner: Number
    amount: MoneyOut
    provider: str
    provider_payment_id: str | None
    referrer: Address | None
    state: str
    created_at: Time
    orders: list[PlacedOrderOut]


class BulkOutcomeOut(Out):
    """What became of one of many; a `payment` or a `problem`."""

    index: int
    status: int
    payment: PaymentOut | None = None
    problem: ProblemOut | None = None


class BulkOut(Out):
    """What became of each, in the order they were sent."""

    data: list[BulkOutcomeOut]


class BatchPlaceOut(Out):
    """Where an order is on chain."""

    id: BatchId
    lane: int
    number: int
    position: int


class OrderOut(Out):
    """One content bought by one learner, as it is now."""

    id: OrderId
    payment: PaymentId
    platform: Number
    learner: Number
    content: Number
    price: MoneyOut
    state: str
    batch: BatchPlaceOut | None
    problem: str | None


class OrdersOut(Out):
    """A page of orders, the newest first."""

    data: list[OrderOut]
    next_cursor: str | None


class ChangeOut(Out):
    """One line of an order's history."""

    state: str
    at: Time
    detail: str | None


class HistoryOut(Out):
    """What happened to an order, in order."""

    data: list[ChangeOut]


class PlatformOut(Out):
    """A member of the network; shares in basis points."""

    number: Number
    name: str
    owner: Address
    treasury: Address
    network_bps: int
    host_bps: int
    status: str


class PlatformsOut(Out):
    """The members of the network."""

    data: list[PlatformOut]


class ContentOut(Out):
    """A content with what it costs today; a licence lasts `duration_seconds`, 0 for ever."""

    number: Number
    host: Number
    ref: str
    price: MoneyOut | None
    price_units: int
    window_class: int
    duration_seconds: int
    renewable: bool
    active: bool


class ContentsOut(Out):
    """A page of contents, the newest first."""

    data: list[ContentOut]
    next_cursor: str | None


class QuotedContentOut(Out):
    """What one content of a cart costs."""

    content: Number
    price: MoneyOut


class QuoteOut(Out):
    """What a cart costs, for payments made before `valid_until`."""

    contents: list[QuotedContentOut]
    amount: MoneyOut
    valid_until: Time


class LearnersIn(In):
    """How many learner numbers to reserve."""

    count: Annotated[int, Field(ge=1, le=MOST_LEARNERS)]


class ReservationOut(Out):
    """Learner numbers that are the platform's to give to learners once they are confirmed.

    `state` is stored, submitted, settled, confirmed or refused; the numbers are known while they
    are on chain.
    """

    id: ReservationId
    count: int
    first: Number | None
    last: Number | None
    state: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class ReservationsOut(Out):
    """A page of reservations, the newest first."""

    data: list[ReservationOut]
    next_cursor: str | None


class BindingIn(In):
    """A salted commitment to the platform's own name for a learner."""

    commitment: Bytes32


class BindingOut(Out):
    """A learner whom the platform knows."""

    learner: Number
    platform: Number
    commitment: Bytes32
    transaction_hash: Bytes32


class ContactIn(In):
    """Where a learner is told: an e-mail address, `+` and digits, or an account's name."""

    address: Text
    language: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"


class ContactOut(Out):
    """A learner's contact on a channel."""

    channel: str
    address: str
    language: str


class ContactsOut(Out):
    """A learner's contacts, one for each channel at most."""

    data: list[ContactOut]


class ForgottenOut(Out):
    """A learner of whom nothing personal is kept any more."""

    learner: Number


class RefundIn(In):
    """Which order to refund: all that is left of it, or an `amount` of it.

    Its money goes, without `to`, the way it was paid.
    """

    order: OrderId
    amount: MoneyIn | None = None
    to: Destination | None = None


class ReturnedIn(In):
    """How the money of a refund was returned by hand."""

    detail: Text


class RefundOut(Out):
    """What goes back of an order; `on_chain` is none, pending, done or failed.

    `part` if its licence goes on.
    """

    id: RefundId
    order: OrderId
    amount: MoneyOut
    part: bool
    to: Destination
    state: str
    on_chain: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class RefundsOut(Out):
    """A page of refunds, the newest first."""

    data: list[RefundOut]
    next_cursor: str | None


class ReturnsQuery(PageQuery):
    """Which page of what goes back; of all payments, or of one."""

    payment: PaymentId | None = None


class PaybackOut(Out):
    """Money that came in and fits no order; `reason` says why, `detail` why it is as it is."""

    id: PaybackId
    payment: PaymentId
    reason: str
    amount: MoneyOut
    state: str
    created_at: Time
    changed_at: Time
    detail: str | None


class PaybacksOut(Out):
    """A page of paybacks, the newest first."""

    data: list[PaybackOut]
    next_cursor: str | None


class ByHandIn(In):
    """How a person returned the money: a transfer's number, for example."""

    detail: Text


class ChargebackOut(Out):
    """What a payer's bank took back; `stage` says whether orders could be taken back then."""

    id: ChargebackId
    payment: PaymentId
    stage: str
    amount: MoneyOut
    state: str
    created_at: Time
    changed_at: Time
    detail: str | None


class ChargebacksOut(Out):
    """A page of chargebacks, the newest first."""

    data: list[ChargebackOut]
    next_cursor: str | None


class DisputeIn(In):
    """Which order is in dispute, and the hash of the evidence."""

    order: OrderId
    evidence: Bytes32


class DisputeOut(Out):
    """A dispute; `state` is open, refunded, paid (for good), or unsettled: reorganised away.

    What was left of the order, and the bond, are in ledger units; from `deadline` on, anyone may
    refund.
    """

    id: DisputeId
    order: OrderId
    opener: str
    amount_units: int
    bond_units: int
    deadline: Time
    evidence: Bytes32
    state: str
    created_at: Time
    changed_at: Time


class DisputesOut(Out):
    """A page of disputes, the newest first."""

    data: list[DisputeOut]
    next_cursor: str | None


class PermissionOut(Out):
    """Whether a learner, or the holder of an address, may use a content now."""

    content: Number
    learner: Number | None
    holder: Address | None
    may_use: bool


class ProofOut(Out):
    """An order of a batch with its proof, as the contracts take it."""

    order_id: Bytes32
    platform: Number
    lane: int
    number: int
    leaves: int
    leaf: int
    place: int
    learner: Number
    content: Number
    word: Bytes32
    facts: Bytes32
    referrer: Address | None
    proof: list[Bytes32]


class BalanceOut(Out):
    """What an account has: whole minor units, and all of it in ledger units."""

    available: MoneyOut
    available_units: int
    unit_decimals: int


class WithdrawalIn(In):
    """How much of the platform's balance goes to its treasury."""

    amount: MoneyIn


class WithdrawalOut(Out):
    """A withdrawal; `state` is stored, submitted, settled, confirmed or refused.

    The treasury it went to is known while it is on chain.
    """

    id: WithdrawalId
    amount: MoneyOut
    treasury: Address | None
    state: str
    transaction_hash: Bytes32 | None
    created_at: Time
    detail: str | None


class WithdrawalsOut(Out):
    """A page of withdrawals, the newest first."""

    data: list[WithdrawalOut]
    next_cursor: str | None


class CheckoutIn(In):
    """A payment to be made at a provider, for one content or a cart.

    `method` is the provider's way to pay, such as native, jsapi, page, precreate or card; `payer`
    the provider's name for the learner where the method needs one.
    """

    learner: Number
    contents: Annotated[list[Number], Field(min_length=1, max_length=LARGEST_CART)]
    amount: MoneyIn
    provider: Text
    method: Text
    description: Text
    return_url: Text | None = None
    payer: Text | None = None
    referrer: Address | None = None
    expires_in_seconds: Annotated[int, Field(ge=60, le=LONGEST_LIFETIME_SECONDS)] | None = None


class CheckoutOut(Out):
    """A payment that waits for its learner until `expires_at`."""

    payment: PaymentOut
    action: dict[str, str]
    expires_at: Time | None


class TopUpIn(In):
    """Money for a learner's account on your platform.

    Either `provider_payment_id` names a payment that there is, or the gateway makes one: then there
    are `method` and `description`, and what else a checkout has.
    """

    learner: Number
    amount: MoneyIn
    provider: Text
    provider_payment_id: Text | None = None
    method: Text | None = None
    description: Text | None = None
    return_url: Text | None = None
    payer: Text | None = None
    expires_in_seconds: Annotated[int, Field(ge=60, le=LONGEST_LIFETIME_SECONDS)] | None = None

    @model_validator(mode="after")
    def _one(self) -> TopUpIn:
        of_checkout = (self.return_url, self.payer, self.expires_in_seconds)
        named = [self.method is not None, self.description is not None]
        if self.provider_payment_id is None and not all(named):
            raise ValueError("must have a provider_payment_id, or a method and a description")
        if self.provider_payment_id is not None and any([*named, *of_checkout]):
            raise ValueError("must have no terms of a checkout beside a provider_payment_id")
        return self


class TopUpOut(Out):
    """Money for a learner's account; `problem` is what keeps it from the chain, or from going back.

    `state` is its payment's until that is paid; then waiting, stored, submitted, settled or
    confirmed, refund_pending or refunded. The block is known while it is on chain.
    """

    id: PaymentId
    platform: Number
    learner: Number
    amount: MoneyOut
    state: str
    problem: str | None
    transaction_hash: Bytes32 | None
    block_number: int | None
    created_at: Time


class NewTopUpOut(Out):
    """A top-up as it began; `action` is what is needed to pay it until `expires_at`."""

    top_up: TopUpOut
    action: dict[str, str]
    expires_at: Time | None


class TopUpsOut(Out):
    """A page of top-ups, the newest first."""

    data: list[TopUpOut]
    next_cursor: str | None


class LearnerBalanceOut(BalanceOut):
    """What a learner has on one platform, by the chain."""

    platform: Number


class LearnerBalancesOut(Out):
    """A learner's balances: what can be spent on your platform now, and where there is any.

    What was bought and is not on chain yet is off what can be spent, and not off the others.
    """

    learner: Number
    spendable: BalanceOut
    data: list[LearnerBalanceOut]


class EventOut(Out):
    """Something that happened; `data` is what it happened to, as webhooks tell it."""

    id: str
    type: str
    version: str
    sequence: int
    created_at: Time
    test: bool
    platform: Number
    data: dict[str, Any]


class EventsOut(Out):
    """Events in order; `next_after` leads on, and is null if there are none yet."""

    data: list[EventOut]
    next_after: int | None


class NothingIn(In):
    """An empty object."""


class EndpointIn(In):
    """Where events are sent, and which: types such as `order.settled`, `order.*` or `*`."""

    url: Annotated[str, Field(min_length=1, max_length=2_048)]
    types: Annotated[list[Text], Field(min_length=1, max_length=100)] = ["*"]


class EndpointOut(Out):
    """A webhook endpoint; `reason` says why it is disabled."""

    id: str
    url: str
    types: list[str]
    state: str
    reason: str | None
    created_at: Time


class EndpointChangeIn(In):
    """What is to be different about an endpoint; what is not given stays as it is."""

    url: Annotated[str, Field(min_length=1, max_length=2_048)] | None = None
    types: Annotated[list[Text], Field(min_length=1, max_length=100)] | None = None
    enabled: bool | None = None


class NewEndpointOut(EndpointOut):
    """A new webhook endpoint; its secret is shown once, and null when the answer is replayed."""

    secret: str | None


class EndpointsOut(Out):
    """A platform's webhook endpoints."""

    data: list[EndpointOut]


class SecretOut(Out):
    """A new secret, shown once, and null when the answer is replayed."""

    secret: str | None


class AttemptOut(Out):
    """One attempt of a delivery: the receiver's status, or the error that kept it from one."""

    attempt: int
    status: int | None
    error: str | None
    milliseconds: int
    at: Time


class DeliveryOut(Out):
    """How an event comes to an endpoint.

    `state` is due, delivered or failed; `due_at` when it is tried next, or was settled.
    """

    event: EventId
    type: str
    state: str
    due_at: Time
    attempts: list[AttemptOut]


class DeliveriesOut(Out):
    """A page of deliveries, the newest events first."""

    data: list[DeliveryOut]
    next_cursor: str | None


class ResendIn(In):
    """One event, or a range of sequence numbers, of 1,000 at most."""

    event: EventId | None = None
    first: Sequence | None = None
    last: Sequence | None = None

    @model_validator(mode="after")
    def _one(self) -> ResendIn:
        is_range = self.first is not None and self.last is not None
        is_part = self.first is not None or self.last is not None
        if (self.event is None) != is_range or is_part != is_range:
            raise ValueError("must be an event, or the first and the last of a range")
        return self


class ResentOut(Out):
    """How many of an endpoint's sequence numbers are sent again.

    A range was done up to `last`: what is behind it in a large one is asked for by another request.
    """

    resent: int
    last: Sequence | None = None


class HealthOut(Out):
    """Whether the service, and each thing it needs, answers."""

    status: str
    checks: dict[str, str]
