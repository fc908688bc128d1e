"""A node that says of many blocks what a real one said of a few.

What came after the furnishing of the market comes again and again: with other block numbers and
hashes, other transactions, other order ids and other numbers of batches. So a long chain is read
through real JSON-RPC over HTTP in the bytes a node sends, without the hours it takes to make one.

    python -m benchmarks.replayed_node RECORDING COPIES      prints where it listens
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from benchmarks.indexing_life import Recording, key_of
from zhifu.abi import artifact
from zhifu.models import OrderPlace

#: The method by which the blocks after the furnishing come.
GROW = "replay_grow"

_NUMBERS_A_COPY = 10_000
_SETTLED = "BatchSettled"


class ReplayedNode:
    """Answers requests; `logs` are ready as bytes, block by block."""

    def __init__(self, recording: Recording, copies: int) -> None:
        self._recording = recording
        self._furnished = recording.furnished
        self._life = len(recording.blocks) - 1 - recording.furnished
        self._last = self._furnished + copies * self._life
        self.head = self._furnished
        self._sent = {each["hash"][10:]: each for each in recording.transactions}
        self._settled = _topic("Settlement", _SETTLED)
        self._about_orders = {
            "0x" + topic.hex()
            for contract in ("Settlement", "ContentLicense")
            for topic, event in artifact(contract).events.items()
            if event.indexed and event.indexed[0][0] == "orderId"
        }
        self._of_tokens = _topic("ContentLicense", "TransferSingle")
        self._logs: list[list[tuple[str, bytes]]] = [[] for _ in range(self._last + 1)]
        for log in recording.logs:
            self._spread(log, copies)
        self._chosen: tuple[set[str], list[bytes]] = (set(), [])

    def answer(self, method: str, parameters: list[Any]) -> bytes:
        """The result of a call, as JSON; the chain has its life once it is asked to grow."""
        if method == GROW:
            self.head = self._last
            return b"null"
        if method == "eth_getLogs":
            return self._logs_of(parameters[0])
        if method == "eth_getBlockByNumber":
            named = {"latest": self.head, "pending": self.head + 1}
            asked = parameters[0]
            return orjson.dumps(self._block(named.get(asked) or int(asked, 16)))
        if method == "eth_getTransactionByHash":
            return orjson.dumps(self._transaction(parameters[0]))
        if method == "eth_chainId":
            return orjson.dumps(hex(self._recording.chain_id))
        return orjson.dumps(self._recording.calls[key_of(method, parameters)])

    def _spread(self, log: dict[str, Any], copies: int) -> None:
        number = int(log["blockNumber"], 16)
        if number <= self._furnished:
            self._put(number, log)
            return
        for copy in range(copies):
            at = number + copy * self._life
            self._put(at, self._copied(log, copy, at))

    def _put(self, number: int, log: dict[str, Any]) -> None:
        self._logs[number].append((log["topics"][0], orjson.dumps(log)))

    def _copied(self, log: dict[str, Any], copy: int, number: int) -> dict[str, Any]:
        topics, data = list(log["topics"]), log["data"]
        if topics[0] in self._about_orders:
            topics[1] = _order(topics[1], copy)
        elif topics[0] == self._of_tokens:
            data = _order(data[:66], copy) + data[66:]
        elif topics[0] == self._settled:
            topics[3] = _word(int(topics[3], 16) + copy * _NUMBERS_A_COPY)
        return {
            **log,
            "topics": topics,
            "data": data,
            "blockNumber": hex(number),
            "blockHash": _word(number),
            "transactionHash": f"0x{copy:08x}{log['transactionHash'][10:]}",
        }

    def _logs_of(self, asked: dict[str, Any]) -> bytes:
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        topics = set(asked["topics"][0]) if asked.get("topics") else set()
        if not self._chosen[1] or self._chosen[0] != topics:
            self._chosen = (topics, [_joined(each, topics) for each in self._logs])
        return b"[" + b",".join(filter(None, self._chosen[1][first : last + 1])) + b"]"

    def _block(self, number: int) -> dict[str, Any]:
        if number <= self._furnished:
            return self._recording.blocks[number]
        at = self._furnished + 1 + (number - self._furnished - 1) % self._life
        found = self._recording.blocks[at]
        return {**found, "number": hex(number), "hash": _word(number)}

    def _transaction(self, asked: str) -> dict[str, Any]:
        return {**self._sent[asked[10:]], "hash": asked}


def _joined(logs: list[tuple[str, bytes]], topics: set[str]) -> bytes:
    return b",".join([log for topic, log in logs if not topics or topic in topics])


def _topic(contract: str, event: str) -> str:
    return "0x" + artifact(contract).topic(event).hex()


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _order(word: str, copy: int) -> str:
    """The id of an order like this one in another copy."""
    place = OrderPlace.of(int(word, 16))
    if place is None:
        return f"0x{int(word[2:10], 16) ^ copy:08x}{word[10:]}"
    return _word(int(word, 16) + (copy * _NUMBERS_A_COPY << 32))


def _handler(node: ReplayedNode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            many = asked if isinstance(asked, list) else [asked]
            said = [
                b'{"jsonrpc":"2.0","id":%d,"result":%b}'
                % (each["id"], node.answer(each["method"], each["params"]))
                for each in many
            ]
            body = b"[" + b",".join(said) + b"]" if isinstance(asked, list) else said[0]
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is told of single requests."""

    return Handler


def main() -> None:
    """Serve until the end."""
    node = ReplayedNode(Recording.read(Path(sys.argv[1])), int(sys.argv[2]))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(node)) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
