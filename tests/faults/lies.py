"""The lies of a node: one function each, which changes the truth that it is given."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from tests.faults.rpc_proxy import Answer, Lost, Request, Truncated, refusal, result

Forward = Callable[[Request], Answer]
Lie = Callable[[Request, Forward, random.Random], Answer]

_SEND = "eth_sendRawTransaction"
_RECEIPT = "eth_getTransactionReceipt"
_BLOCK = "eth_getBlockByNumber"
_HEAD = "eth_blockNumber"
_NONCE = "eth_getTransactionCount"
_LOGS = "eth_getLogs"


def _changed(answer: Answer, change: Callable[[Any], Any]) -> Answer:
    if not answer.get("result"):
        return answer
    return {**answer, "result": change(deepcopy(answer["result"]))}


def wrong_status(request: Request, forward: Forward, _: random.Random) -> Answer:
    """What succeeded has failed, and the other way round."""
    other = {"0x1": "0x0", "0x0": "0x1"}
    return _changed(forward(request), lambda found: {**found, "status": other[found["status"]]})


def missing_receipt(request: Request, _: Forward, __: random.Random) -> Answer:
    """What is included is not."""
    return result(None)


def receipt_of_another(request: Request, forward: Forward, _: random.Random) -> Answer:
    """The receipt of another transaction."""
    block = forward({**request, "method": _BLOCK, "params": ["0x2", False]})["result"]
    return forward({**request, "params": [block["transactions"][0]]})


def stale_head(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """The chain as it was some blocks ago."""
    head = int(forward({**request, "method": _HEAD, "params": []})["result"], 16)
    behind = hex(max(1, head - draw.randint(1, 5)))
    if request["method"] == _HEAD:
        return result(behind)
    asked, *others = request["params"]
    if asked != "latest":
        return forward(request)
    return forward({**request, "params": [behind, *others]})


def nonce_too_low(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """Fewer transactions than there are."""
    less = draw.randint(1, 3)
    return _changed(forward(request), lambda found: hex(max(0, int(found, 16) - less)))


def nonce_too_high(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """More transactions than there are."""
    more = draw.randint(1, 3)
    return _changed(forward(request), lambda found: hex(int(found, 16) + more))


def duplicated_logs(request: Request, forward: Forward, _: random.Random) -> Answer:
    """Every event twice."""
    return _changed(forward(request), lambda logs: [log for log in logs for _ in range(2)])


def missing_logs(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """Some events never happened."""
    return _changed(forward(request), lambda logs: [log for log in logs if draw.random() < 0.3])


def another_chain(request: Request, _: Forward, __: random.Random) -> Answer:
    """A node of another chain."""
    return result("0x1")


def lost_reply(request: Request, forward: Forward, _: random.Random) -> Answer:
    """The transaction is taken, and nothing is heard of it."""
    forward(request)
    raise Lost


def error_after_accepting(request: Request, forward: Forward, _: random.Random) -> Answer:
    """The transaction is taken, and refused."""
    forward(request)
    return refusal("internal error", -32603)


def already_known(request: Request, forward: Forward, _: random.Random) -> Answer:
    """The transaction is taken, and was known before."""
    forward(request)
    return refusal("already known")


def known_and_dropped(request: Request, _: Forward, __: random.Random) -> Answer:
    """The transaction was known before, and is not."""
    return refusal("already known")


def truncated(request: Request, _: Forward, __: random.Random) -> Answer:
    """An answer that ends half-way."""
    raise Truncated


def gas_too_low(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """Less gas than it takes."""
    share = draw.randint(20, 70)
    return _changed(forward(request), lambda found: hex(int(found, 16) * share // 100))


def gas_too_high(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """More gas than there is."""
    return _changed(forward(request), lambda found: hex(int(found, 16) * draw.randint(5, 500)))


def wrong_block_hash(request: Request, forward: Forward, draw: random.Random) -> Answer:
    """A block by another name."""
    name = "0x" + draw.randbytes(32).hex()
    field = "blockHash" if request["method"] == _RECEIPT else "hash"
    return _changed(forward(request), lambda found: {**found, field: name})


def missing_block(request: Request, _: Forward, __: random.Random) -> Answer:
    """A block that is not there."""
    return result(None)


def old_state(request: Request, forward: Forward, _: random.Random) -> Answer:
    """What a contract answered some blocks ago."""
    head = int(forward({**request, "method": _HEAD, "params": []})["result"], 16)
    message, block = request["params"]
    if block != "latest":
        return forward(request)
    return forward({**request, "params": [message, hex(max(1, head - 2))]})


def another_shape(request: Request, _: Forward, __: random.Random) -> Answer:
    """Something that is no answer to what was asked."""
    return result({"unexpected": ["0xzz"]})


LIES: Mapping[str, tuple[Lie, tuple[str, ...]]] = {
    "wrong status": (wrong_status, (_RECEIPT,)),
    "missing receipt": (missing_receipt, (_RECEIPT,)),
    "receipt of another": (receipt_of_another, (_RECEIPT,)),
    "stale head": (stale_head, (_HEAD, _BLOCK)),
    "head going back": (stale_head, (_HEAD,)),
    "nonce too low": (nonce_too_low, (_NONCE,)),
    "nonce too high": (nonce_too_high, (_NONCE,)),
    "duplicated logs": (duplicated_logs, (_LOGS,)),
    "missing logs": (missing_logs, (_LOGS,)),
    "another chain": (another_chain, ("eth_chainId",)),
    "lost reply": (lost_reply, (_SEND,)),
    "error after accepting": (error_after_accepting, (_SEND,)),
    "already known": (already_known, (_SEND,)),
    "known and dropped": (known_and_dropped, (_SEND,)),
    "truncated": (truncated, (_SEND, _RECEIPT, _LOGS, _HEAD, _NONCE, "eth_call")),
    "gas too low": (gas_too_low, ("eth_estimateGas",)),
    "gas too high": (gas_too_high, ("eth_estimateGas",)),
    "wrong block hash": (wrong_block_hash, (_BLOCK, _RECEIPT)),
    "missing block": (missing_block, (_BLOCK,)),
    "old state": (old_state, ("eth_call",)),
    "another shape": (another_shape, (_RECEIPT, _LOGS, _HEAD, _NONCE, _BLOCK, "eth_call")),
}
"""Every lie by its name, with the requests that it is told to."""


class Liar:
    """Tells one lie to a share of the requests that it is for, `most` times at most."""

    def __init__(self, lie: str, share: float, most: int, draw: random.Random) -> None:
        self._lie, self._methods = LIES[lie]
        self._share = share
        self._left = most
        self._draw = draw
        self.told = 0

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if request["method"] not in self._methods or self.told == self._left:
            return forward(request)
        if self._draw.random() >= self._share:
            return forward(request)
        self.told += 1
        return self._lie(request, forward, self._draw)
