"""What a contract's refusal means in zhifu's own errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zhifu.accounts import name_of
from zhifu.exceptions import (
    AuthorizationUsed,
    ContractReverted,
    DuplicateBatch,
    InactiveContent,
    InsufficientBalance,
    InvalidInput,
    UnknownContent,
    UnknownLearner,
    UnknownOrder,
    UnknownPlatform,
    WrongOperator,
    ZhifuError,
)


def refusal(reverted: ContractReverted) -> ZhifuError:
    """The typed error of a known refusal; any other one as it is."""
    meaning = _MEANINGS.get(reverted.error)
    return meaning(reverted.arguments) if meaning else reverted


def _wrong_key(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("key", f"must be the key of {values['expected']}", values["caller"])


def _wrong_licensee(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("key", f"must be the licensee's, {values['licensee']}", values["caller"])


def _too_little(values: Mapping[str, Any]) -> ZhifuError:
    return InsufficientBalance(
        values["available"], values["required"], name_of(int(values["account"]))
    )


def _refunded(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("order", "must not be refunded already", _order(values["orderId"]))


def _window_closed(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("order", "must be within its refund window", values["orderEpoch"])


def _claimed(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("licence", f"must not be claimed already by {values['holder']}")


def _exists(values: Mapping[str, Any]) -> ZhifuError:
    return InvalidInput("ref", f"must be new: it is content {values['content']}", values["ref"])


def _below_terms(values: Mapping[str, Any]) -> ZhifuError:
    rule = f"must give host and network at least their terms, {values['minimum']} basis points"
    return InvalidInput("split_plan", rule, values["bps"])


def _order(order_id: bytes | int) -> str:
    number = order_id if isinstance(order_id, int) else int.from_bytes(order_id, "big")
    return f"0x{number:064x}"


_MEANINGS: Mapping[str, Callable[[Mapping[str, Any]], ZhifuError]] = {
    "UnknownPlatform": lambda values: UnknownPlatform(values["platform"]),
    "UnknownLearner": lambda values: UnknownLearner(values["learner"]),
    "UnknownContent": lambda values: UnknownContent(values["content"]),
    "UnknownOrder": lambda values: UnknownOrder(_order(values["orderId"])),
    "NotOperator": lambda values: WrongOperator("any", values["caller"]),
    "NotOperatorOf": lambda values: WrongOperator(values["platform"], values["caller"]),
    "NotHost": lambda values: WrongOperator(values["host"], values["caller"]),
    "NotHome": lambda values: WrongOperator(values["home"], values["caller"]),
    "ContentInactive": lambda values: InactiveContent(values["content"]),
    "InsufficientBalance": _too_little,
    "BatchNumberMismatch": lambda v: DuplicateBatch(v["expected"], v["number"]),
    "ERC3009UsedAuthorization": lambda v: AuthorizationUsed(v["authorizer"], _order(v["nonce"])),
    "WrongCaller": _wrong_key,
    "OwnableUnauthorizedAccount": lambda v: InvalidInput(
        "key", "must be the owner's", v["account"]
    ),
    "NotLicensee": _wrong_licensee,
    "AlreadyRefunded": _refunded,
    "AlreadyClaimed": _claimed,
    "RefundWindowClosed": _window_closed,
    "ContentExists": _exists,
    "ShareBelowTerms": _below_terms,
}
