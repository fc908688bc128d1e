from __future__ import annotations

import dataclasses
import json
import pickle
import re
from collections.abc import Iterator

import pytest

from zhifu import exceptions
from zhifu.exceptions import (
    AmountMismatch,
    CatalogueError,
    ContractReverted,
    InsufficientBalance,
    InvalidInput,
    UnknownPlatform,
    ZhifuError,
)
from zhifu.money import Money


def concrete(base: type[ZhifuError] = ZhifuError) -> Iterator[type[ZhifuError]]:
    for each in base.__subclasses__():
        if each.__module__ == exceptions.__name__:
            if "code" in vars(each):
                yield each
            yield from concrete(each)


CONCRETE = sorted(set(concrete()), key=lambda each: each.__name__)

EXAMPLES = [
    InvalidInput("amount", "must be positive", -1),
    UnknownPlatform(7),
    AmountMismatch(Money(4900, "USD"), Money(4800, "USD")),
    InsufficientBalance(available=10, required=20),
    CatalogueError("demand.csv", 3, "orders", "must be at least 1", "0"),
    ContractReverted("PriceChanged", {"expected": 2**200, "data": b"\x01"}, b"\xaa\xbb"),
]


@pytest.mark.parametrize("error", CONCRETE)
def test_every_error_has_a_stable_code_of_its_own(error: type[ZhifuError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert [each for each in CONCRETE if each.code == error.code] == [error]


@pytest.mark.parametrize("error", CONCRETE)
def test_every_error_names_its_field_and_rule(error: type[ZhifuError]) -> None:
    assert dataclasses.is_dataclass(error)
    carried = {field.name for field in dataclasses.fields(error)}
    assert "rule" in carried or error.rule.startswith("must ")
    assert carried & {"field", "column"} or error.field


@pytest.mark.parametrize("error", CONCRETE)
def test_every_error_belongs_to_one_category(error: type[ZhifuError]) -> None:
    category = error.__mro__[1]
    assert category.__name__.endswith("Error")
    assert category.__mro__[1] is ZhifuError


def descendants(base: type[ZhifuError]) -> Iterator[type[ZhifuError]]:
    yield base
    for each in base.__subclasses__():
        yield from descendants(each)


def test_every_error_has_one_public_name() -> None:
    defined = [
        each for each in descendants(ZhifuError) if each.__module__.startswith(exceptions.__name__)
    ]
    assert sorted(each.__name__ for each in defined) == sorted(exceptions.__all__)
    assert {each.__module__ for each in defined} == {exceptions.__name__}
    assert all(getattr(exceptions, each.__name__) is each for each in defined)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_the_message_is_one_line_with_field_rule_and_values(error: ZhifuError) -> None:
    message = str(error)
    assert message.startswith(f"{error.field}: {error.rule}")
    assert "\n" not in message


def test_the_message_cuts_long_values_and_keeps_them_as_attributes() -> None:
    error = InvalidInput("title", "must be short", "long\nline " * 100)
    assert len(str(error)) < 200
    assert "\n" not in str(error)
    assert error.value == "long\nline " * 100


def test_values_are_typed_attributes() -> None:
    error = InsufficientBalance(available=10, required=20, account="0xabc")
    assert (error.available, error.required, error.account) == (10, 20, "0xabc")
    assert str(error) == (
        "balance: must cover the amount (available 10, required 20, account 0xabc)"
    )


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_an_error_becomes_json(error: ZhifuError) -> None:
    read = json.loads(json.dumps(error.to_dict()))
    assert read["code"] == error.code
    assert read["field"] == error.field
    assert read["rule"] == error.rule
    assert read["message"] == str(error)


def test_json_keeps_values_exact() -> None:
    reverted = ContractReverted("PriceChanged", {"expected": 2**200, "salt": b"\x01"}).to_dict()
    assert reverted["values"]["arguments"] == {"expected": str(2**200), "salt": "0x01"}
    mismatch = AmountMismatch(Money(4900, "USD"), Money(4800, "USD")).to_dict()
    assert mismatch["values"]["expected"] == {"amount": 4900, "currency": "USD"}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_an_error_survives_a_trip_between_processes(error: ZhifuError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert arrived.to_dict() == error.to_dict()


def test_a_revert_shows_the_contract_error_as_solidity_writes_it() -> None:
    assert "PriceChanged(expected=1, actual=2)" in str(
        ContractReverted("PriceChanged", {"expected": 1, "actual": 2})
    )
    assert "unknown error 0xaabb" in str(ContractReverted("", {}, b"\xaa\xbb"))
    assert "no reason given" in str(ContractReverted("", {}))
