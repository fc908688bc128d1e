"""What the contracts refuse, in the words of whoever asked the gateway."""

from __future__ import annotations

from zhifu.accounts import name_of
from zhifu.exceptions import (
    ContractReverted,
    DuplicateBatch,
    InactiveContent,
    InactivePlatform,
    InsufficientBalance,
    UnknownContent,
    UnknownLearner,
    WrongOperator,
    ZhifuError,
)


def explained(reverted: ContractReverted, platform: int, operator: str) -> ZhifuError:
    """The typed error for a revert of something `operator` did for `platform`.

    A revert that no caller of the gateway can mend stays as it is.
    """
    values = reverted.arguments
    match reverted.error:
        case "InsufficientBalance" if "account" in values:
            account = name_of(values["account"])
            return InsufficientBalance(values["available"], values["required"], account)
        case "BatchNumberMismatch":
            return DuplicateBatch(values["expected"], values["number"])
        case "NotOperator" | "NotOperatorOf":
            return WrongOperator(platform, operator)
        case "PlatformNotActive":
            return InactivePlatform(values["platform"])
        case "ContentInactive":
            return InactiveContent(values["content"])
        case "UnknownContent":
            return UnknownContent(values["content"])
        case "UnknownLearner":
            return UnknownLearner(values["learner"])
        case _:
            return reverted
