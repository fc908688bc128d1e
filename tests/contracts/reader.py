"""Many views of the chain in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from brownie import web3
from eth_abi.abi import decode, encode


class View(NamedTuple):
    """A view to call, and what it must answer; it may depend on the answer itself."""

    label: Any
    target: str
    data: str
    expected: Callable[[int], int]


def answers(reader: Any, views: Sequence[View]) -> list[int]:
    """Return what the views answer: one word each."""
    calls = [(view.target, bytes.fromhex(view.data[2:])) for view in views]
    selector = bytes.fromhex(reader.signatures["read"][2:])
    data = selector + encode(["(address,bytes)[]"], [calls])
    (words,) = decode(["bytes[]"], web3.eth.call({"to": reader.address, "data": data}))
    return [int.from_bytes(word, "big") for word in words]


def differences(reader: Any, views: Sequence[View]) -> list[str]:
    """Tell where the chain differs from what is expected."""
    found = zip(views, answers(reader, views), strict=True)
    compared = [(view.label, got, view.expected(got)) for view, got in found]
    wrong = [each for each in compared if each[1] != each[2]]
    return [f"{label}: {got} on chain, {due} expected" for label, got, due in wrong]
