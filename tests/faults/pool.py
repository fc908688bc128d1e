"""What a node's pool may do to a transaction: refuse a cheap replacement, or lose it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from eth_utils.crypto import keccak

from tests.faults.rpc_proxy import Answer, Request, refusal, result
from zhifu.signing import fields_of

_SEND = "eth_sendRawTransaction"
_FEES = ("maxFeePerGas", "maxPriorityFeePerGas")


class StrictPool:
    """Takes a replacement only with both fees a tenth higher, as nodes do and Anvil does not."""

    def __init__(self) -> None:
        self._fees: dict[int, list[int]] = {}
        self._hashes: dict[int, str] = {}
        self.refused = 0

    def __call__(self, request: Request, forward: Callable[[Request], Answer]) -> Answer:
        if request["method"] != _SEND:
            return forward(request)
        raw = bytes.fromhex(request["params"][0][2:])
        fields, name = fields_of(raw), keccak(raw).hex()
        nonce, fees = int(fields["nonce"]), [int(fields[fee]) for fee in _FEES]
        before = self._fees.get(nonce, [0, 0])
        cheap = any(10 * new < 11 * old for new, old in zip(fees, before, strict=True))
        if cheap and self._hashes[nonce] != name:
            self.refused += 1
            return refusal("replacement transaction underpriced")
        self._fees[nonce], self._hashes[nonce] = fees, name
        return forward(request)

    def fees(self, nonce: int) -> list[int]:
        """What the last one that it took under a nonce offers, the cap and the tip."""
        return self._fees[nonce]


class LeakyPool:
    """Loses a share of what it takes, and says that it took it."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.dropped = 0

    def __call__(self, request: Request, forward: Callable[[Request], Answer]) -> Answer:
        if request["method"] == _SEND:
            with self._lock:
                if self._random.random() < self._share:
                    self.dropped += 1
                    return result("0x" + keccak(hexstr=request["params"][0]).hex())
        return forward(request)
