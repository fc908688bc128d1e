"""What the contracts refuse, in zhifu's own errors: the one table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zhifu.accounts import name_of
from zhifu.exceptions import (
    AuthorizationUsed,
    ContractReverted,
    DisputeExpired,
    DuplicateBatch,
    DuplicateOrder,
    DuplicateRequest,
    InactiveContent,
    InactivePlatform,
    InsufficientBalance,
    InvalidInput,
    InvalidSignature,
    InvalidSplitPlan,
    LicenseLocked,
    NoRefundRequest,
    NotInDispute,
    NotRefundable,
    OrderInDispute,
    RequestTooLate,
    SellingPaused,
    TooEarly,
    TopUpAboveLimit,
    UnknownContent,
    UnknownLearner,
    UnknownOrder,
    UnknownPlatform,
    WrongKey,
    WrongOperator,
    ZhifuError,
)

Values = Mapping[str, Any]
"""A revert's own values, or a call's arguments, by name."""


def meaning(reverted: ContractReverted, given: Values | None = None) -> ZhifuError:
    """The typed error of a refusal; one that no caller can mend stays as it is.

    `given` are the call's arguments: not every revert carries the value that it is about.
    """
    known = _MEANINGS.get(reverted.error)
    try:
        return known(reverted.arguments, given or {}) if known else reverted
    except KeyError:
        # A foreign contract may give an error of the same name other values.
        return reverted


def explained(reverted: ContractReverted, platform: int, operator: str) -> ZhifuError:
    """As `meaning`, for something that `operator` did for `platform`."""
    if reverted.error in ("NotOperator", "NotOperatorOf"):
        return WrongOperator(platform, operator)
    return meaning(reverted)


@contextmanager
def typed(given: Callable[[], Values] = dict) -> Iterator[None]:
    """Raise what a refusal means instead of ContractReverted, which becomes its cause."""
    try:
        yield
    except ContractReverted as reverted:
        error = meaning(reverted, given())
        if error is reverted:
            raise
        raise error from reverted


# Who may


def _not_home(values: Values, _: Values) -> ZhifuError:
    return WrongOperator(values["home"], values["caller"])


def _wrong_caller(values: Values, _: Values) -> ZhifuError:
    return WrongKey(f"must be the key of {values['expected']}", values["caller"])


def _not_owner(values: Values, _: Values) -> ZhifuError:
    return WrongKey("must be the network's admin", values["account"])


def _not_licensee(values: Values, _: Values) -> ZhifuError:
    return WrongKey(f"must be the licensee's, {values['licensee']}", values["caller"])


def _operator_taken(values: Values, _: Values) -> ZhifuError:
    rule = f"must act for one platform only, and does for platform {values['platform']}"
    return InvalidInput("operator", rule, values["operator"])


def _not_named(values: Values, _: Values) -> ZhifuError:
    rule = f"must be named by the owner of platform {values['platform']}"
    return WrongKey(rule, values["operator"])


def _too_early(values: Values, _: Values) -> ZhifuError:
    return TooEarly(values["from"] if "from" in values else values["earliest"])


# Orders and signatures


def _bad_signature(values: Values, given: Values) -> ZhifuError:
    return InvalidSignature(values.get("signer") or given.get("buyer"))


def _used_authorization(values: Values, _: Values) -> ZhifuError:
    return AuthorizationUsed(values["authorizer"], _order(values["nonce"]))


def _order_exists(values: Values, given: Values) -> ZhifuError:
    order = _order(values["orderId"])
    # Whoever pays by a signature signed the order's id as its nonce.
    return AuthorizationUsed(given["buyer"], order) if "buyer" in given else DuplicateOrder(order)


def _deadline_passed(values: Values, _: Values) -> ZhifuError:
    rule = f"must not be before the block's time, {values['timestamp']}"
    return InvalidInput("deadline", rule, values["deadline"])


def _price_above_maximum(values: Values, _: Values) -> ZhifuError:
    rule = f"must be at least the price, {values['price']} ledger units"
    return InvalidInput("max_price", rule, values["maximum"])


def _start_out_of_range(values: Values, _: Values) -> ZhifuError:
    latest = values["latest"]
    rule = f"must be at most {latest}" if latest else "must be 0: the licence is not renewable"
    return InvalidInput("starts_at", rule, values["startsAt"])


def _referrer_without_seller(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("referrer", "must not be named without a seller", values["referrer"])


def _buyer_mismatch(values: Values, _: Values) -> ZhifuError:
    rule = f"must be the same in all orders of a cart, {values['expected']}"
    return InvalidInput("buyer", rule, values["buyer"])


def _refunded(values: Values, _: Values) -> ZhifuError:
    return NotRefundable(_order(values["orderId"]), "it was refunded already")


def _claimed(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("licence", f"must not be claimed already, by {values['holder']}")


def _window_closed(_: Values, __: Values) -> ZhifuError:
    return InvalidInput("order", "must be within its refund window")


def _refund_above_left(values: Values, _: Values) -> ZhifuError:
    rule = f"must be less than what is left of the price, {values['left']} ledger units"
    return InvalidInput("amount", rule, values["amount"])


def _paid_out(values: Values, _: Values) -> ZhifuError:
    return NotRefundable(_order(values["orderId"]), "a dispute paid it out for good")


def _not_requestable(values: Values, _: Values) -> ZhifuError:
    return NotRefundable(_order(values["orderId"]), "no learner's account paid it")


def _locked(values: Values, _: Values) -> ZhifuError:
    return LicenseLocked(_order(values["orderId"]), values["unlocksAt"])


# Batches


def _sale_day(values: Values, _: Values) -> ZhifuError:
    rule = f"must be today, {values['today']}, or the day before"
    return InvalidInput("sale_day", rule, values["saleDay"])


def _debit_above_maximum(values: Values, _: Values) -> ZhifuError:
    rule = f"must be at least the sum of the prices, {values['debit']}"
    return InvalidInput("max_debit", rule, values["maximum"])


def _malformed_word(values: Values, _: Values) -> ZhifuError:
    rule = f"must be orders or a heading before them, at index {values['index']}"
    return InvalidInput("words", rule, values["word"])


def _consent_count(values: Values, _: Values) -> ZhifuError:
    rule = f"must be one for each of {values['orders']} orders, or none"
    return InvalidInput("consents", rule, values["consents"])


def _order(order_id: bytes | int) -> str:
    number = order_id if isinstance(order_id, int) else int.from_bytes(order_id, "big")
    return f"0x{number:064x}"


# Contents


def _plan_does_not_add_up(values: Values, _: Values) -> ZhifuError:
    rule = f"must add up to {values['expectedBps']} basis points"
    return InvalidSplitPlan(rule, (values["totalBps"],))


def _below_terms(values: Values, _: Values) -> ZhifuError:
    rule = f"must give host and network at least what they ask, here {values['minimum']}"
    return InvalidSplitPlan(rule, (values["bps"],))


def _creator_count(values: Values, _: Values) -> ZhifuError:
    rule = f"must have from 1 to {values['maximum']} creators"
    return InvalidInput("creators", rule, values["count"])


def _empty_share(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("creators", "must each have a share and an address", values["creator"])


def _ref_length(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("ref", f"must be 1 to {values['maximum']} bytes long", values["length"])


def _ref_taken(values: Values, _: Values) -> ZhifuError:
    rule = f"must be new to its host, and is content {values['content']}"
    return InvalidInput("ref", rule, values["ref"])


def _price_out_of_range(values: Values, _: Values) -> ZhifuError:
    rule = f"must be from 1 to {values['maximum']} ledger units"
    return InvalidInput("price", rule, values["price"])


def _unknown_class(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("window_class", "must be a class of the network", values["class"])


def _duration_out_of_range(values: Values, _: Values) -> ZhifuError:
    rule = f"must be 0, or from {values['minimum']} to {values['maximum']} seconds"
    return InvalidInput("duration_seconds", rule, values["durationSeconds"])


def _royalty_above_cap(values: Values, _: Values) -> ZhifuError:
    rule = f"must be at most {values['cap']} basis points"
    return InvalidInput("royalty_bps", rule, values["bps"])


def _unknown_plan(values: Values, _: Values) -> ZhifuError:
    rule = f"must be one that content {values['content']} has a plan of"
    return InvalidInput("version", rule, values["version"])


def _plans_exhausted(values: Values, _: Values) -> ZhifuError:
    rule = f"must be one of the 65535 that a content can have, as content {values['content']} had"
    return InvalidInput("plan", rule)


def _price_day_out_of_range(values: Values, _: Values) -> ZhifuError:
    rule = f"must be after today and the step before: day {values['earliest']} or later"
    return InvalidInput("from_day", rule, values["fromDay"])


def _price_step_count(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("steps", f"must be from 1 to {values['maximum']}", values["count"])


def _unknown_token(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("licence", "must be claimed and not refunded", _order(values["orderId"]))


# Platforms, learners and money


def _fee_above_cap(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("fee", f"must be at most {values['cap']} basis points", values["bps"])


def _learner_count(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("count", f"must be from 1 to {values['maximum']}", values["count"])


def _zero_address(_: Values, given: Values) -> ZhifuError:
    zero = (name for name, value in given.items() if _is_zero_address(value))
    # The only address in an order that must not be zero is its receiver.
    return InvalidInput(next(zero, "receiver"), "must not be the zero address")


def _is_zero_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x") and not value[2:].strip("0")


def _insufficient(values: Values, _: Values) -> ZhifuError:
    return InsufficientBalance(values["available"], values["required"], name_of(values["account"]))


def _zero_amount(_: Values, __: Values) -> ZhifuError:
    return InvalidInput("amount", "must be above zero", 0)


def _not_whole(values: Values, _: Values) -> ZhifuError:
    rule = f"must be a multiple of {values['unit']} of the token's smallest units"
    return InvalidInput("amount", rule, values["amount"])


def _invalid_account(values: Values, _: Values) -> ZhifuError:
    return InvalidInput(
        "account", "must be one of a platform, the network or an address", values["account"]
    )


def _invalid_receiver(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("to", "must be able to take tokens", values["to"])


def _length_mismatch(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("amounts", f"must be as many as {values['first']}", values["second"])


def _window_out_of_range(values: Values, _: Values) -> ZhifuError:
    rule = "must be from an hour to 366 days, of at most 8 classes"
    return InvalidInput("window_seconds", rule, values["windowSeconds"])


def _mint_exceeded(values: Values, _: Values) -> ZhifuError:
    rule = f"must be within the mint allowance of {values['minter']}, {values['allowance']}"
    return InvalidInput("mint", rule, values["amount"])


_MEANINGS: Mapping[str, Callable[[Values, Values], ZhifuError]] = {
    "NotOperator": lambda values, _: WrongOperator("any", values["caller"]),
    "NotOperatorOf": lambda values, _: WrongOperator(values["platform"], values["caller"]),
    "NotHost": lambda values, _: WrongOperator(values["host"], values["caller"]),
    "NotHome": _not_home,
    "WrongCaller": _wrong_caller,
    "OwnableUnauthorizedAccount": _not_owner,
    "NotLicensee": _not_licensee,
    "OperatorTaken": _operator_taken,
    "NotNamed": _not_named,
    "TooEarly": _too_early,
    "ERC3009InvalidSignature": _bad_signature,
    "ERC3009UsedAuthorization": _used_authorization,
    "InvalidSignature": _bad_signature,
    "NonceUsed": lambda values, _: AuthorizationUsed(values["signer"], str(values["nonce"])),
    "OrderExists": _order_exists,
    "DeadlinePassed": _deadline_passed,
    "PriceAboveMaximum": _price_above_maximum,
    "StartOutOfRange": _start_out_of_range,
    "ReferrerWithoutSeller": _referrer_without_seller,
    "EmptyCart": lambda _, __: InvalidInput("orders", "must be at least one"),
    "BuyerMismatch": _buyer_mismatch,
    "Paused": lambda _, __: SellingPaused(),
    "UnknownOrder": lambda values, _: UnknownOrder(_order(values["orderId"])),
    "AlreadyRefunded": _refunded,
    "AlreadyClaimed": _claimed,
    "RefundWindowClosed": _window_closed,
    "RefundAboveLeft": _refund_above_left,
    "AlreadyPaidOut": _paid_out,
    "NotRequestable": _not_requestable,
    "AlreadyRequested": lambda values, _: DuplicateRequest(_order(values["orderId"])),
    "NotRequested": lambda values, _: NoRefundRequest(_order(values["orderId"])),
    "RequestTooLate": lambda values, _: RequestTooLate(values["answerBy"], values["maturesAt"]),
    "InDispute": lambda values, _: OrderInDispute(_order(values["orderId"])),
    "NotInDispute": lambda values, _: NotInDispute(_order(values["orderId"])),
    "DisputeExpired": lambda values, _: DisputeExpired(values["deadline"]),
    "NotParty": lambda values, _: WrongKey("must be of a party to the order", values["caller"]),
    "LicenseLocked": _locked,
    "InvalidProof": lambda _, __: InvalidInput("proof", "must lead to the batch's root"),
    "EmptyPlace": lambda values, _: InvalidInput("place", "must have a learner", values["place"]),
    "NotTopLevel": lambda values, _: WrongKey("must send the batch itself", values["caller"]),
    "SaleDayOutOfRange": _sale_day,
    "DebitAboveMaximum": _debit_above_maximum,
    "EmptyBatch": lambda _, __: InvalidInput("words", "must have at least one order"),
    "MalformedWord": _malformed_word,
    "ConsentCountMismatch": _consent_count,
    "LengthMismatch": _length_mismatch,
    "TopUpAboveLimit": lambda values, _: TopUpAboveLimit(values["amount"], values["left"]),
    "WindowOutOfRange": _window_out_of_range,
    "EmptyPublication": lambda _, __: InvalidInput("publications", "must be at least one"),
    "BatchNumberMismatch": lambda values, _: DuplicateBatch(values["expected"], values["number"]),
    "UnknownContent": lambda values, _: UnknownContent(values["content"]),
    "ContentInactive": lambda values, _: InactiveContent(values["content"]),
    "PlanDoesNotAddUp": _plan_does_not_add_up,
    "ShareBelowTerms": _below_terms,
    "CreatorCountOutOfRange": _creator_count,
    "EmptyShare": _empty_share,
    "RefLengthOutOfRange": _ref_length,
    "ContentExists": _ref_taken,
    "DurationOutOfRange": _duration_out_of_range,
    "NothingToRenew": lambda _, __: InvalidInput("renewable", "must be false without a duration"),
    "RoyaltyAboveCap": _royalty_above_cap,
    "UnknownPlan": _unknown_plan,
    "PlansExhausted": _plans_exhausted,
    "PriceOutOfRange": _price_out_of_range,
    "PriceDayOutOfRange": _price_day_out_of_range,
    "PriceStepCountOutOfRange": _price_step_count,
    "UnknownToken": _unknown_token,
    "UnknownClass": _unknown_class,
    "UnknownPlatform": lambda values, _: UnknownPlatform(values["platform"]),
    "PlatformNotActive": lambda values, _: InactivePlatform(values["platform"]),
    "FeeAboveCap": _fee_above_cap,
    "UnknownLearner": lambda values, _: UnknownLearner(values["learner"]),
    "LearnerCountOutOfRange": _learner_count,
    "ZeroAddress": _zero_address,
    "InsufficientBalance": _insufficient,
    "ZeroAmount": _zero_amount,
    "NotWholeUnits": _not_whole,
    "InvalidAccount": _invalid_account,
    "InvalidReceiver": _invalid_receiver,
    "MintAllowanceExceeded": _mint_exceeded,
}
