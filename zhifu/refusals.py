"""What the contracts refuse, in zhifu's own errors: the one table of it, by subject."""

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

_Meaning = Callable[[Values, Values], ZhifuError]
"""From a revert's values and the arguments of the call to the error that it means."""


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


def _input(field: str, rule: str, value: str | None = None) -> _Meaning:
    """An input breaks a rule, where `{name}` stands for a value of the revert.

    `value` is the name of the value that breaks it, if the revert has that.
    """

    def error(values: Values, _: Values) -> ZhifuError:
        return InvalidInput(field, rule.format_map(values), values[value] if value else None)

    return error


def _key(rule: str, key: str) -> _Meaning:
    """A key, the value of that name, is not the one that may."""
    return lambda values, _: WrongKey(rule.format_map(values), values[key])


def _plan(rule: str, bps: str) -> _Meaning:
    """A share of a split plan, the value of that name, breaks a rule."""
    return lambda values, _: InvalidSplitPlan(rule.format_map(values), (values[bps],))


def _not_refundable(reason: str) -> _Meaning:
    return lambda values, _: NotRefundable(_order(values["orderId"]), reason)


def _order(order_id: bytes | int) -> str:
    number = order_id if isinstance(order_id, int) else int.from_bytes(order_id, "big")
    return f"0x{number:064x}"


def _too_early(values: Values, _: Values) -> ZhifuError:
    return TooEarly(values["from"] if "from" in values else values["earliest"])


def _bad_signature(values: Values, given: Values) -> ZhifuError:
    return InvalidSignature(values.get("signer") or given.get("buyer"))


def _order_exists(values: Values, given: Values) -> ZhifuError:
    order = _order(values["orderId"])
    # Whoever pays by a signature signed the order's id as its nonce.
    return AuthorizationUsed(given["buyer"], order) if "buyer" in given else DuplicateOrder(order)


def _start_out_of_range(values: Values, _: Values) -> ZhifuError:
    latest = values["latest"]
    rule = f"must be at most {latest}" if latest else "must be 0: the licence is not renewable"
    return InvalidInput("starts_at", rule, values["startsAt"])


def _unknown_token(values: Values, _: Values) -> ZhifuError:
    return InvalidInput("licence", "must be claimed and not refunded", _order(values["orderId"]))


def _insufficient(values: Values, _: Values) -> ZhifuError:
    return InsufficientBalance(values["available"], values["required"], name_of(values["account"]))


def _zero_address(_: Values, given: Values) -> ZhifuError:
    zero = (name for name, value in given.items() if _is_zero_address(value))
    # The only address in an order that must not be zero is its receiver.
    return InvalidInput(next(zero, "receiver"), "must not be the zero address")


def _is_zero_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x") and not value[2:].strip("0")


_WHO_MAY: Mapping[str, _Meaning] = {
    "NotOperator": lambda values, _: WrongOperator("any", values["caller"]),
    "NotOperatorOf": lambda values, _: WrongOperator(values["platform"], values["caller"]),
    "NotHost": lambda values, _: WrongOperator(values["host"], values["caller"]),
    "NotHome": lambda values, _: WrongOperator(values["home"], values["caller"]),
    "WrongCaller": _key("must be the key of {expected}", "caller"),
    "OwnableUnauthorizedAccount": _key("must be the network's admin", "account"),
    "NotLicensee": _key("must be the licensee's, {licensee}", "caller"),
    "NotParty": _key("must be of a party to the order", "caller"),
    "NotTopLevel": _key("must send the batch itself", "caller"),
    "NotNamed": _key("must be named by the owner of platform {platform}", "operator"),
    "OperatorTaken": _input(
        "operator",
        "must act for one platform only, and does for platform {platform}",
        "operator",
    ),
    "TooEarly": _too_early,
}

_ORDERS: Mapping[str, _Meaning] = {
    "ERC3009InvalidSignature": _bad_signature,
    "InvalidSignature": _bad_signature,
    "ERC3009UsedAuthorization": lambda values, _: AuthorizationUsed(
        values["authorizer"], _order(values["nonce"])
    ),
    "NonceUsed": lambda values, _: AuthorizationUsed(values["signer"], str(values["nonce"])),
    "OrderExists": _order_exists,
    "DeadlinePassed": _input(
        "deadline", "must not be before the block's time, {timestamp}", "deadline"
    ),
    "PriceAboveMaximum": _input(
        "max_price", "must be at least the price, {price} ledger units", "maximum"
    ),
    "StartOutOfRange": _start_out_of_range,
    "ReferrerWithoutSeller": _input("referrer", "must not be named without a seller", "referrer"),
    "EmptyCart": _input("orders", "must be at least one"),
    "BuyerMismatch": _input(
        "buyer", "must be the same in all orders of a cart, {expected}", "buyer"
    ),
    "Paused": lambda _, __: SellingPaused(),
}

_AFTER_THE_SALE: Mapping[str, _Meaning] = {
    "UnknownOrder": lambda values, _: UnknownOrder(_order(values["orderId"])),
    "AlreadyRefunded": _not_refundable("it was refunded already"),
    "AlreadyPaidOut": _not_refundable("a dispute paid it out for good"),
    "NotRequestable": _not_refundable("no learner's account paid it"),
    "RefundWindowClosed": _input("order", "must be within its refund window"),
    "RefundAboveLeft": _input(
        "amount", "must be less than what is left of the price, {left} ledger units", "amount"
    ),
    "AlreadyRequested": lambda values, _: DuplicateRequest(_order(values["orderId"])),
    "NotRequested": lambda values, _: NoRefundRequest(_order(values["orderId"])),
    "RequestTooLate": lambda values, _: RequestTooLate(values["answerBy"], values["maturesAt"]),
    "InDispute": lambda values, _: OrderInDispute(_order(values["orderId"])),
    "NotInDispute": lambda values, _: NotInDispute(_order(values["orderId"])),
    "DisputeExpired": lambda values, _: DisputeExpired(values["deadline"]),
    "AlreadyClaimed": _input("licence", "must not be claimed already, by {holder}"),
    "UnknownToken": _unknown_token,
    "LicenseLocked": lambda values, _: LicenseLocked(
        _order(values["orderId"]), values["unlocksAt"]
    ),
}

_BATCHES: Mapping[str, _Meaning] = {
    "BatchNumberMismatch": lambda values, _: DuplicateBatch(values["expected"], values["number"]),
    "SaleDayOutOfRange": _input("sale_day", "must be today, {today}, or the day before", "saleDay"),
    "DebitAboveMaximum": _input(
        "max_debit", "must be at least the sum of the prices, {debit}", "maximum"
    ),
    "EmptyBatch": _input("words", "must have at least one order"),
    "MalformedWord": _input(
        "words", "must be orders or a heading before them, at index {index}", "word"
    ),
    "ConsentCountMismatch": _input(
        "consents", "must be one for each of {orders} orders, or none", "consents"
    ),
    "InvalidProof": _input("proof", "must lead to the batch's root"),
    "EmptyPlace": _input("place", "must have a learner", "place"),
}

_CONTENTS: Mapping[str, _Meaning] = {
    "UnknownContent": lambda values, _: UnknownContent(values["content"]),
    "ContentInactive": lambda values, _: InactiveContent(values["content"]),
    "EmptyPublication": _input("publications", "must be at least one"),
    "RefLengthOutOfRange": _input("ref", "must be 1 to {maximum} bytes long", "length"),
    "ContentExists": _input("ref", "must be new to its host, and is content {content}", "ref"),
    "PlanDoesNotAddUp": _plan("must add up to {expectedBps} basis points", "totalBps"),
    "ShareBelowTerms": _plan(
        "must give host and network at least what they ask, here {minimum}", "bps"
    ),
    "CreatorCountOutOfRange": _input("creators", "must have from 1 to {maximum} creators", "count"),
    "EmptyShare": _input("creators", "must each have a share and an address", "creator"),
    "UnknownPlan": _input("version", "must be one that content {content} has a plan of", "version"),
    "PlansExhausted": _input(
        "plan", "must be one of the 65535 that a content can have, as content {content} had"
    ),
    "UnknownClass": _input("window_class", "must be a class of the network", "class"),
    "DurationOutOfRange": _input(
        "duration_seconds",
        "must be 0, or from {minimum} to {maximum} seconds",
        "durationSeconds",
    ),
    "NothingToRenew": _input("renewable", "must be false without a duration"),
    "RoyaltyAboveCap": _input("royalty_bps", "must be at most {cap} basis points", "bps"),
    "PriceOutOfRange": _input("price", "must be from 1 to {maximum} ledger units", "price"),
    "PriceDayOutOfRange": _input(
        "from_day", "must be after today and the step before: day {earliest} or later", "fromDay"
    ),
    "PriceStepCountOutOfRange": _input("steps", "must be from 1 to {maximum}", "count"),
}

_MEMBERS: Mapping[str, _Meaning] = {
    "UnknownPlatform": lambda values, _: UnknownPlatform(values["platform"]),
    "PlatformNotActive": lambda values, _: InactivePlatform(values["platform"]),
    "FeeAboveCap": _input("fee", "must be at most {cap} basis points", "bps"),
    "UnknownLearner": lambda values, _: UnknownLearner(values["learner"]),
    "LearnerCountOutOfRange": _input("count", "must be from 1 to {maximum}", "count"),
    "ZeroAddress": _zero_address,
    "WindowOutOfRange": _input(
        "window_seconds", "must be from an hour to 366 days, of at most 8 classes", "windowSeconds"
    ),
}

_MONEY: Mapping[str, _Meaning] = {
    "InsufficientBalance": _insufficient,
    "ZeroAmount": lambda _, __: InvalidInput("amount", "must be above zero", 0),
    "NotWholeUnits": _input(
        "amount", "must be a multiple of {unit} of the token's smallest units", "amount"
    ),
    "InvalidAccount": _input(
        "account", "must be one of a platform, the network or an address", "account"
    ),
    "InvalidReceiver": _input("to", "must be able to take tokens", "to"),
    "LengthMismatch": _input("amounts", "must be as many as {first}", "second"),
    "TopUpAboveLimit": lambda values, _: TopUpAboveLimit(values["amount"], values["left"]),
    "MintAllowanceExceeded": _input(
        "mint", "must be within the mint allowance of {minter}, {allowance}", "amount"
    ),
}

_MEANINGS: Mapping[str, _Meaning] = {
    **_WHO_MAY,
    **_ORDERS,
    **_AFTER_THE_SALE,
    **_BATCHES,
    **_CONTENTS,
    **_MEMBERS,
    **_MONEY,
}
