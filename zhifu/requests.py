"""What a payment request must be whatever the state of the world, and its one spelling."""

from __future__ import annotations

from dataclasses import replace

from zhifu.batch import HIGHEST_NUMBER
from zhifu.blocks import checksum_address
from zhifu.exceptions import InvalidInput
from zhifu.money import Money
from zhifu.payments import PaymentRequest, Purpose
from zhifu.providers.balance import BALANCE, name_of_payment

LONGEST_TEXT = 255
LARGEST_CART = 100
TEXT_RULE = f"must be text of 1 to {LONGEST_TEXT} printable characters"

_TEXTS = ("provider", "provider_payment_id", "idempotency_key")


def malformed(request: PaymentRequest, *, is_checkout: bool = False) -> InvalidInput | None:
    """What is wrong with a request, or None; a checkout's payment has no name at its provider."""
    if not isinstance(request, PaymentRequest):
        return InvalidInput("request", "must be a PaymentRequest", type(request).__name__)
    for field in ("platform", "learner"):
        if not _is_number(getattr(request, field)):
            return InvalidInput(field, "must be a number from 1 to 4294967295")
    if is_checkout and request.provider_payment_id != "":
        return InvalidInput("provider_payment_id", "must be empty: the gateway makes the payment")
    if request.provider == BALANCE and (wrong := _malformed_spending(request, is_checkout)):
        return wrong
    unnamed = is_checkout or request.provider == BALANCE
    texts = ("provider", "idempotency_key") if unnamed else _TEXTS
    for field in texts:
        if not is_text(getattr(request, field)):
            return InvalidInput(field, TEXT_RULE)
    return _malformed_cart(request) or _malformed_amount(request) or _malformed_referrer(request)


def _malformed_spending(request: PaymentRequest, is_checkout: bool) -> InvalidInput | None:
    """What is wrong with a payment from the learner's balance, beside the rest."""
    if is_checkout or request.purpose is Purpose.TOP_UP:
        return InvalidInput("provider", "must be one that takes money: a balance has it already")
    if request.provider_payment_id != "":
        return InvalidInput("provider_payment_id", "must be empty: a balance is nobody else's")
    return None


def _malformed_cart(request: PaymentRequest) -> InvalidInput | None:
    if request.purpose is not Purpose.TOP_UP:
        return malformed_contents(request.contents)
    if request.contents != ():
        return InvalidInput("contents", "must be empty: a top-up buys nothing", request.contents)
    if request.referrer is not None:
        return InvalidInput("referrer", "must be None for a top-up", request.referrer)
    return None


def malformed_contents(contents: tuple[int, ...]) -> InvalidInput | None:
    """What is wrong with a cart, or None."""
    if not isinstance(contents, tuple) or not 1 <= len(contents) <= LARGEST_CART:
        return InvalidInput("contents", f"must be a tuple of 1 to {LARGEST_CART} contents")
    if not all(_is_number(content) for content in contents):
        return InvalidInput("contents", "must be numbers from 1 to 4294967295")
    if len(set(contents)) != len(contents):
        return InvalidInput("contents", "must name each content once", contents)
    return None


def _malformed_amount(request: PaymentRequest) -> InvalidInput | None:
    if not isinstance(request.amount, Money):
        return InvalidInput("amount", "must be Money", request.amount)
    if not 0 < request.amount.amount < 2**63:
        return InvalidInput("amount", "must be positive", request.amount.amount)
    return None


def _malformed_referrer(request: PaymentRequest) -> InvalidInput | None:
    if request.referrer is None:
        return None
    try:
        address = checksum_address(request.referrer)
    except InvalidInput as error:
        return InvalidInput("referrer", error.rule, request.referrer)
    if int(address, 16) == 0:
        return InvalidInput("referrer", "must not be the zero address")
    return None


def canonical(request: PaymentRequest) -> PaymentRequest:
    """The request as it is recorded: an address in one spelling, a payment with its name."""
    if request.provider == BALANCE:
        name = name_of_payment(request.platform, request.idempotency_key)
        request = replace(request, provider_payment_id=name)
    if request.referrer is None:
        return request
    return replace(request, referrer=checksum_address(request.referrer))


def _is_number(value: object) -> bool:
    return type(value) is int and 0 < value <= HIGHEST_NUMBER


def require_told(detail: object) -> None:
    """Raise InvalidInput for what does not tell how a person returned money."""
    if not is_text(detail) or not str(detail).strip():
        raise InvalidInput("detail", f"{TEXT_RULE}, and say how the money was returned")


def is_text(value: object) -> bool:
    """Whether a value is text of 1 to 255 printable characters."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_TEXT and value.isprintable()
