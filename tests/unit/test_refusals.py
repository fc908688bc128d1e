"""What the contracts refuse is told in zhifu's errors, from the values that a refusal carries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from zhifu.abi import artifact
from zhifu.exceptions import ContractReverted, ZhifuError
from zhifu.refusals import meaning

CONTRACTS = Path(__file__).parents[2] / "contracts"

#: No caller can mend these: a token that misbehaves, or what no call of this package leads to.
UNMENDED = {"HoldOverflow", "HoldUnderflow", "InvalidStatus", "NotSettlement", "TransferMismatch"}


def own_errors() -> dict[str, dict[str, str]]:
    """Every error that the project's contracts declare: the types of its values by name."""
    sources = "".join(each.read_text() for each in CONTRACTS.rglob("*.sol"))
    declared = set(re.findall(r"^\s*error (\w+)\(", sources, re.MULTILINE))
    return {
        entry["name"]: {each["name"]: each["type"] for each in entry["inputs"]}
        for name in ("PlatformRegistry", "ContentLicense", "Settlement", "SettlementToken")
        for entry in artifact(name).abi
        if entry["type"] == "error" and entry["name"] in declared
    }


OWN = own_errors()


def value(kind: str) -> Any:
    if kind.startswith("bytes"):
        return bytes(32)
    return {"address": "0x" + "ab" * 20, "string": "text"}.get(kind, 1)


def told(name: str) -> ZhifuError:
    """What a caller is told when a contract refuses with an error of its own."""
    values = {each: value(kind) for each, kind in OWN[name].items()}
    return meaning(ContractReverted(name, values))


@pytest.mark.parametrize("name", sorted(OWN.keys() - UNMENDED))
def test_a_refusal_is_told_from_the_values_it_carries(name: str) -> None:
    error = told(name)
    assert not isinstance(error, ContractReverted)
    assert error.rule.startswith("must ")
    assert "{" not in str(error)


@pytest.mark.parametrize("name", sorted(UNMENDED))
def test_what_no_caller_can_mend_stays_as_the_contract_said_it(name: str) -> None:
    assert isinstance(told(name), ContractReverted)
