"""A node that keeps the state of its latest blocks only, as most do."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.rpc_proxy import Answer, Request


class Pruned:
    """Refuses to count transactions as of a block before the last `kept` ones."""

    def __init__(self, kept: int = 128) -> None:
        self._kept = kept
        self.refused = 0

    def __call__(self, request: Request, forward: Callable[[Request], Answer]) -> Answer:
        if request["method"] != "eth_getTransactionCount":
            return forward(request)
        block = request["params"][1]
        head = int(forward({**request, "method": "eth_blockNumber", "params": []})["result"], 16)
        if not block.startswith("0x") or int(block, 16) > head - self._kept:
            return forward(request)
        self.refused += 1
        return {"jsonrpc": "2.0", "error": {"code": -32000, "message": "missing trie node"}}
