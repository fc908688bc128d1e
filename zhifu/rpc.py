"""JSON-RPC over HTTP: one keep-alive connection pool, batches, and typed errors.

Everything that talks to a node goes through here, so that a node's silence, refusal or revert is
translated once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import orjson
from httpx import create_ssl_context
from urllib3 import PoolManager, ProxyManager, Timeout, make_headers
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from zhifu.exceptions import ChainUnreachable, ContractReverted, InvalidInput, NodeRefused

#: A method name and its parameters.
Call = tuple[str, Sequence[Any]]

#: Requests per HTTP body; nodes cap both the count and the size of a batch.
BATCH_SIZE = 200

#: Connections that are kept; more are made where more threads ask at once.
_MOST_CONNECTIONS = 64

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
        _require_http(url)
        self.url = url
        self._reverted = reverted or (lambda data: ContractReverted("", {}, data))
        self._ids = itertools.count(1)
        self._address = _without_user(url)
        self._pool = _pool(url, timeout_seconds)

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
        self._pool.clear()

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
            sent = orjson.dumps(body, default=_plain)
            response = self._pool.urlopen(
                "POST", self._address, body=sent, retries=False, redirect=False
            )
            answer = orjson.loads(response.data)
        except HTTPError as error:
            reason = f"{type(error).__name__}: {error.__cause__ or error}"
            raise self._unreachable(reason) from error
        except orjson.JSONDecodeError as error:
            raise self._unreachable(f"HTTP {response.status} without JSON") from error
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


def _require_http(url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        parse_url(url)
    except ValueError:
        valid = False
    if not valid:
        raise InvalidInput("rpc", "must be an http or https address")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _pool(url: str, timeout_seconds: float) -> PoolManager:
    """Connections to a node, through the environment's proxy if there is one for it."""
    parts = urlsplit(url)
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    credentials = make_headers(basic_auth=user) if parts.username else {}
    options: dict[str, Any] = {
        "headers": {"content-type": "application/json", "accept-encoding": "gzip", **credentials},
        "maxsize": _MOST_CONNECTIONS,
        "timeout": Timeout(timeout_seconds),
    }
    if parts.scheme == "https":
        # Reading every certificate takes long, and plain http has no use for them.
        options["ssl_context"] = create_ssl_context()
    proxy = _proxy(parts.scheme, parts.hostname or "")
    return ProxyManager(proxy, **options) if proxy else PoolManager(**options)


def _proxy(scheme: str, host: str) -> str | None:
    # It cannot reach this machine's own loopback address.
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _revert_data(data: Any) -> bytes:
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""
