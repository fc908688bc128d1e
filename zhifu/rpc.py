"""JSON-RPC over HTTP: one keep-alive connection pool, batches, and typed errors.

Everything that talks to a node goes through here, so that a node's silence, refusal or revert is
translated once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from zhifu.exceptions import ChainUnreachable, ContractReverted, InvalidInput, NodeRefused

#: A method name and its parameters.
Call = tuple[str, Sequence[Any]]

#: Requests per HTTP body; nodes cap both the count and the size of a batch.
BATCH_SIZE = 200

_REVERTED = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class JsonRpc:
    """A node's JSON-RPC interface at ``url``; safe to share between threads.

    ``reverted`` turns the data of a reverted call into the ContractReverted to raise. Raises
    InvalidInput when ``url`` is not an http(s) address; nothing is sent until the first call.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 30.0,
        reverted: Callable[[bytes], ContractReverted] | None = None,
    ) -> None:
        host = _host(url)
        self.url = url
        self._reverted = reverted or (lambda data: ContractReverted("", {}, data))
        self._ids = itertools.count(1)
        # A proxy from the environment cannot reach this machine's own loopback address.
        self._client = httpx.Client(
            timeout=timeout_seconds,
            trust_env=host not in _LOOPBACK,
            # Reading every certificate takes long, and plain http has no use for them.
            verify=urlsplit(url).scheme == "https",
            headers={"content-type": "application/json"},
        )

    def call(self, method: str, *params: Any) -> Any:
        """The ``result`` of one request.

        Raises ChainUnreachable, ContractReverted, or NodeRefused for any other error the node
        gives.
        """
        return self._result(method, self._post(self._request(method, params)))

    def batch(self, calls: Iterable[Call]) -> list[Any]:
        """The results of many requests, in their order; the first error is raised.

        Requests travel 200 to a body. They are not atomic: those before a failing one did happen.
        """
        pending = list(calls)
        results: list[Any] = []
        for start in range(0, len(pending), BATCH_SIZE):
            results += self._batch(pending[start : start + BATCH_SIZE])
        return results

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _batch(self, calls: Sequence[Call]) -> list[Any]:
        requests = [self._request(method, params) for method, params in calls]
        answers = self._post(requests)
        if not isinstance(answers, list):
            # A node that refuses the batch as a whole answers with one error object.
            return [self._result("batch", answers)]
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [self._result(each["method"], by_id.get(each["id"])) for each in requests]

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: object) -> Any:
        try:
            response = self._client.post(self.url, content=orjson.dumps(body, default=_plain))
            answer = orjson.loads(response.content)
        except httpx.HTTPError as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error
        except orjson.JSONDecodeError as error:
            raise self._unreachable(f"HTTP {response.status_code} without JSON") from error
        return answer

    def _result(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict):
            raise self._unreachable(f"no JSON-RPC answer to {method}")
        if "error" in answer:
            raise self._error(method, answer["error"])
        if "result" not in answer:
            raise self._unreachable(f"no JSON-RPC answer to {method}")
        return answer["result"]

    def _error(self, method: str, error: Any) -> ContractReverted | NodeRefused:
        detail = error if isinstance(error, dict) else {"message": str(error)}
        code, message = int(detail.get("code", 0)), str(detail.get("message", ""))
        if code == _REVERTED or "revert" in message.lower():
            return self._reverted(_revert_data(detail.get("data")))
        return NodeRefused(method, code, message)

    def _unreachable(self, reason: str) -> ChainUnreachable:
        return ChainUnreachable(public_url(self.url), reason)


def public_url(url: str) -> str:
    """``url`` for messages and logs: without user, path and query, any of which may be a secret."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"


def _plain(value: object) -> object:
    """web3.py's byte strings and frozen mappings, as JSON has them."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not JSON: {value!r}")


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidInput("rpc", "must be an http or https address")
    return parts.hostname or ""


def _revert_data(data: Any) -> bytes:
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""
