"""What a contract's refusal of a command means, in zhifu's own errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zhifu.exceptions import (
    AuthorizationUsed,
    ContractReverted,
    InvalidInput,
    InvalidSplitPlan,
    UnknownOrder,
    UnknownPlatform,
    WrongOperator,
    ZhifuError,
)
from zhifu.refusals import explained

Values = Mapping[str, Any]


def refusal(reverted: ContractReverted) -> ZhifuError:
    """The typed error of a known refusal; any other one as it is."""
    meaning = _MEANINGS.get(reverted.error)
    # Who acts for which platform is in every revert that is about it, and answered here.
    return meaning(reverted.arguments) if meaning else explained(reverted, 0, "")


def _not_home(values: Values) -> ZhifuError:
    return WrongOperator(values["home"], values["caller"])


def _wrong_key(values: Values) -> ZhifuError:
    return InvalidInput("key", f"must be the key of {values['expected']}", values["caller"])


def _not_owner(values: Values) -> ZhifuError:
    return InvalidInput("key", "must be the network's admin", values["account"])


def _not_licensee(values: Values) -> ZhifuError:
    return InvalidInput("key", f"must be the licensee's, {values['licensee']}", values["caller"])


def _refunded(values: Values) -> ZhifuError:
    return InvalidInput("order", "must not be refunded already", _order(values["orderId"]))


def _window_closed(_: Values) -> ZhifuError:
    return InvalidInput("order", "must be within its refund window")


def _claimed(values: Values) -> ZhifuError:
    return InvalidInput("licence", f"must not be claimed already, by {values['holder']}")


def _below_terms(values: Values) -> ZhifuError:
    rule = f"must give host and network at least what they ask, here {values['minimum']}"
    return InvalidSplitPlan(rule, (values["bps"],))


def _fee_above_cap(values: Values) -> ZhifuError:
    return InvalidInput("fee", f"must be at most {values['cap']} basis points", values["bps"])


def _price_out_of_range(values: Values) -> ZhifuError:
    rule = f"must be from 1 to {values['maximum']} ledger units"
    return InvalidInput("price", rule, values["price"])


def _operator_taken(values: Values) -> ZhifuError:
    rule = f"must act for one platform only, and does for platform {values['platform']}"
    return InvalidInput("operator", rule, values["operator"])


def _invalid_receiver(values: Values) -> ZhifuError:
    return InvalidInput("to", "must be able to take tokens", values["to"])


def _mint_exceeded(values: Values) -> ZhifuError:
    rule = f"must be within the mint allowance of {values['minter']}, {values['allowance']}"
    return InvalidInput("mint", rule, values["amount"])


def _order(order_id: bytes | int) -> str:
    number = order_id if isinstance(order_id, int) else int.from_bytes(order_id, "big")
    return f"0x{number:064x}"


_MEANINGS: Mapping[str, Callable[[Values], ZhifuError]] = {
    "UnknownPlatform": lambda values: UnknownPlatform(values["platform"]),
    "UnknownOrder": lambda values: UnknownOrder(_order(values["orderId"])),
    "NotOperator": lambda values: WrongOperator("any", values["caller"]),
    "NotOperatorOf": lambda values: WrongOperator(values["platform"], values["caller"]),
    "NotHost": lambda values: WrongOperator(values["host"], values["caller"]),
    "NotHome": _not_home,
    "OperatorTaken": _operator_taken,
    "WrongCaller": _wrong_key,
    "OwnableUnauthorizedAccount": _not_owner,
    "ERC3009UsedAuthorization": lambda v: AuthorizationUsed(v["authorizer"], _order(v["nonce"])),
    "NotLicensee": _not_licensee,
    "AlreadyRefunded": _refunded,
    "AlreadyClaimed": _claimed,
    "RefundWindowClosed": _window_closed,
    "ShareBelowTerms": _below_terms,
    "FeeAboveCap": _fee_above_cap,
    "PriceOutOfRange": _price_out_of_range,
    "InvalidReceiver": _invalid_receiver,
    "MintAllowanceExceeded": _mint_exceeded,
}
