"""From the bytes that a reverted call returns to the contract error's name and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from zhifu.exceptions import ContractReverted

_SOLIDITY: tuple[Mapping[str, Any], ...] = (
    {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "panic_code", "type": "uint256"}]},
)


class Reverts:
    """The custom errors of the ABIs it has learned, by selector, and Solidity's own two."""

    def __init__(self, *abis: Iterable[Mapping[str, Any]]) -> None:
        self._known: dict[bytes, tuple[str, list[str], list[str]]] = {}
        self.learn(_SOLIDITY)
        for abi in abis:
            self.learn(abi)

    def learn(self, abi: Iterable[Mapping[str, Any]]) -> None:
        """Add every error that ``abi`` declares."""
        for entry in abi:
            if entry.get("type") == "error":
                types = [collapse_if_tuple(dict(each)) for each in entry["inputs"]]
                names = [each["name"] or str(at) for at, each in enumerate(entry["inputs"])]
                signature = f"{entry['name']}({','.join(types)})"
                self._known[keccak(text=signature)[:4]] = (entry["name"], names, types)

    def decode(self, data: bytes) -> ContractReverted:
        """The error ``data`` encodes; unnamed when its ABI is unknown or the bytes do not fit."""
        if data[:4] not in self._known:
            return ContractReverted("", {}, data)
        error, names, types = self._known[data[:4]]
        try:
            values = decode(types, data[4:])
        except (DecodingError, OverflowError, UnicodeDecodeError):
            return ContractReverted("", {}, data)
        return ContractReverted(error, dict(zip(names, values, strict=True)), data)
