"""Payment providers, each behind one small interface.

A provider moves the fiat money; zhifu never does. Its callbacks are hints: whoever gets one
verifies it, answers it and then asks the provider again. What a provider never answered is unknown,
which is neither paid nor failed. Everything that creates or moves money is asked for under an id of
ours, and the same id again is the same payment or refund.

Amounts are Money in ISO 4217 minor units; a provider that counts otherwise converts at this seam.
Times are Unix seconds. Objects are safe to share between threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timezone, tzinfo
from enum import Enum
from typing import NamedTuple, Protocol

from zhifu.money import Money


class ProviderStatus(str, Enum):
    """What a provider says of a payment.

    FAILED is final: nobody can pay it any more, or the provider never heard of it. A payment that
    was paid stays PAID, whatever was refunded or charged back of it since.
    """

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ProviderPayment(NamedTuple):
    """A payment as its provider knows it; None is what the provider does not say.

    `amount` is what the learner paid, or is to pay while it is PENDING; `fee` what the provider
    keeps of it; `charged_back` what was taken back from the merchant so far, nothing counted that
    came back to it when a chargeback was won: zero once all of it came back.
    """

    status: ProviderStatus
    amount: Money | None = None
    fee: Money | None = None
    charged_back: Money | None = None


class Intent(NamedTuple):
    """A payment to be created.

    `payment_id` is ours: the same again is the same payment. `method` is the provider's way to pay,
    such as "native", "jsapi", "page", "precreate" or "card". `payer` is the provider's own name for
    the learner where its method needs one. `return_url` is where a learner is sent who paid on the
    provider's page.
    """

    payment_id: str
    amount: Money
    description: str
    expires_at: int
    method: str
    payer: str | None = None
    return_url: str | None = None


class Checkout(NamedTuple):
    """A payment that waits for its learner.

    `action` is what the learner's client needs to go on, by the provider's own field names:
    a client secret, a code to scan, a page to open, or the signed fields of a client's call.
    """

    provider_payment_id: str
    action: Mapping[str, str]


class HintKind(str, Enum):
    """What a callback is about; OTHER is genuine but nothing we act on: answered and forgotten."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    OTHER = "other"


class Hint(NamedTuple):
    """What a verified callback is about. It is no proof: the provider is asked again.

    `event_id` is the same in every delivery of one event. `provider_payment_id` is empty for OTHER.
    """

    event_id: str
    kind: HintKind
    provider_payment_id: str


class Callback(NamedTuple):
    """A callback as it arrived: header names in lower case, the raw body, and when (Unix seconds).

    `received_at` is by this machine's clock; freshness is judged against it.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: int


class Answer(NamedTuple):
    """What a provider wants to hear in reply to a callback."""

    status: int
    content_type: str
    body: bytes


class RefundStatus(str, Enum):
    """How far a refund is: DONE and FAILED are final, PENDING is asked about again."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"


class LineKind(str, Enum):
    """What a line of a provider's bill is."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    FEE = "fee"
    OTHER = "other"


class BillLine(NamedTuple):
    """A line of the bill that a provider makes of a day.

    `amount` is what the line adds to the merchant's balance before fees: negative for a refund or a
    chargeback. `fee` is what the provider keeps for the line, negative where it gives a fee back,
    None where it does not say. `reference` is our payment or refund id where the line carries one,
    else the provider's own id of the line. `provider_payment_id` is empty where a line is about no
    payment. `at` is when it happened (Unix seconds).
    """

    kind: LineKind
    provider_payment_id: str
    reference: str
    amount: Money
    fee: Money | None
    at: int


class Provider(Protocol):
    """Who moves the fiat money.

    Every method may raise InvalidInput for what no provider could accept. Silence, a lost
    connection, an overloaded or failing provider raise PaymentUnknown (`query` answers UNKNOWN
    instead): nothing is known then, and the same call again is harmless.
    """

    @property
    def name(self) -> str:
        """What payment requests call it."""

    def create(self, intent: Intent) -> Checkout:
        """Create a payment that its learner can pay; the same `payment_id` is the same payment.

        Raises ProviderRefused, and PaymentUnknown when no answer came.
        """

    def query(self, provider_payment_id: str) -> ProviderPayment:
        """Ask what became of a payment.

        An answer that does not come is UNKNOWN, which is neither paid nor failed; a payment the
        provider never heard of is FAILED.
        """

    def cancel(self, provider_payment_id: str) -> None:
        """See to it that nobody can pay a payment any more; harmless to repeat.

        Raises ProviderRefused if it is paid, and PaymentUnknown when no answer came.
        """

    def refund(self, provider_payment_id: str, amount: Money, refund_id: str) -> RefundStatus:
        """Send money of a payment back, and tell how far that is.

        The same `refund_id` again is the same refund, and asks how far it is. Raises
        ProviderRefused, and PaymentUnknown when no answer came.
        """

    def verify(self, callback: Callback) -> Hint:
        """What a callback is about, once it is known to be this provider's, to us, and fresh.

        Asks nobody. Raises InvalidCallback.
        """

    def answer(self, accepted: bool) -> Answer:
        """What to reply to a callback: that it was taken, or that it must be sent again."""

    def transactions(self, day: date) -> Iterator[BillLine]:
        """The lines of a day's bill, in the provider's own days (`zone_of`).

        Raises PaymentUnknown when no answer came, also in the middle: a bill that was cut short is
        no bill.
        """


def answers_at_once(provider: Provider) -> bool:
    """Whether a provider says, by an attribute of this name, that `query` waits for nobody.

    It is then asked wherever that is wanted, without a thread of its own.
    """
    return getattr(provider, "answers_at_once", False) is True


def zone_of(provider: Provider) -> tzinfo:
    """Where the days of a provider's bills begin and end: its `zone`, or UTC if it has none."""
    zone = getattr(provider, "zone", timezone.utc)
    return zone if isinstance(zone, tzinfo) else timezone.utc
