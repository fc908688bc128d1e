"""Asks WeChat Pay, and believes only what WeChat has sealed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType
from wechatpayv3.utils import aes_decrypt, build_authorization

from zhifu.exceptions import InvalidInput
from zhifu.providers.wechatpay._seal import BrokenSealError, Seal

_LONGEST_ANSWER = 1 << 20
_LONGEST_FILE = 256 << 20
_KEY_CHARACTERS = 32

#: Refusals after which the matter may have been done all the same, or will be next time.
_UNDECIDED = re.compile(r"SYSTEM_?ERROR|BANK_?ERROR|FREQUENCY|RATE_?LIMIT|TOO_MANY|PROCESSING")


class NoAnswerError(Exception):
    """WeChat did not answer, or what came is no proof that WeChat said it."""


class Reply(NamedTuple):
    """What WeChat answered: the fields, and its code where it refused."""

    fields: Mapping[str, Any]
    refusal: str | None


class _Sent(NamedTuple):
    """An answer as it came: header names in lower case, nothing verified."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class WeChatPayClient:
    """One merchant and one app of it; safe to share between threads.

    The SDK writes and signs the requests. Its own transport would not verify a refusal, follows
    redirects and connects anew for every request, so requests are sent from here.
    """

    def __init__(
        self,
        *,
        mchid: str,
        appid: str,
        private_key: str,
        certificate_serial: str,
        apiv3_key: str,
        public_key: str,
        public_key_id: str,
        notify_url: str,
        base_url: str,
        timeout_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._seal = Seal(public_key, public_key_id)
        self._clock = clock
        self._timeout = timeout_seconds
        self._public_key_id = public_key_id
        self._apiv3_key = _apiv3_key(apiv3_key)
        self._base = _http_url("base_url", base_url).rstrip("/")
        self._http = httpx.Client(timeout=timeout_seconds, follow_redirects=False)
        self.sdk = _sdk(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=mchid,
            private_key=private_key,
            cert_serial_no=certificate_serial,
            appid=appid,
            apiv3_key=apiv3_key,
            notify_url=_http_url("notify_url", notify_url),
            public_key=public_key,
            public_key_id=public_key_id,
        )
        self._signature = (mchid, certificate_serial, self.sdk._core._private_key)
        self.sdk._core.request = self._request

    def ask(self, request: Callable[[Any], tuple[int, str]]) -> Reply:
        """Make a request of the SDK; raises NoAnswerError.

        A refusal is an answer too, and believed only under WeChat's seal.
        """
        status, text = request(self.sdk)
        fields = _fields(text) if text else {}
        if httpx.codes.is_success(status):
            return Reply(fields, None)
        code = fields.get("code")
        if not httpx.codes.is_client_error(status) or not isinstance(code, str) or not code:
            raise NoAnswerError(f"HTTP status {status}")
        if status == httpx.codes.TOO_MANY_REQUESTS or _UNDECIDED.search(code):
            raise NoAnswerError(code)
        return Reply(fields, code)

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """The text of a callback that WeChat sealed; raises BrokenSealError."""
        return self._seal.open(headers, body, now)

    def decrypted(self, resource: Mapping[str, Any]) -> str | None:
        """What is encrypted in a callback for this merchant; None if nothing is."""
        nonce, ciphertext = resource.get("nonce"), resource.get("ciphertext")
        associated_data = resource.get("associated_data") or ""
        try:
            text = aes_decrypt(nonce, ciphertext, associated_data, self._apiv3_key)
        except (ValueError, TypeError, AttributeError):
            return None
        return text if isinstance(text, str) else None

    def download(self, url: object) -> bytes:
        """A file that a sealed answer names, from the host that requests go to.

        Files carry no seal: whoever asks for one knows its digest. Raises NoAnswerError.
        """
        found = self._sent("GET", self._path(str(url)), "", _LONGEST_FILE)
        if found.status != httpx.codes.OK:
            raise NoAnswerError(f"HTTP status {found.status}")
        return found.body

    def _path(self, url: str) -> str:
        """Path and query of an address; WeChat may name another of its hosts."""
        if url.startswith(f"{self._base}/"):
            return url.removeprefix(self._base)
        try:
            parts = urlsplit(url)
        except ValueError:
            raise NoAnswerError("the file has no address") from None
        return f"{parts.path or '/'}?{parts.query}"

    def _request(
        self, path: str, method: RequestType = RequestType.GET, data: object = None
    ) -> tuple[int, str]:
        """What the SDK calls to have a request sent: the status and the text of the answer."""
        body = json.dumps(data) if data else ""
        found = self._sent(method.value, path, body, _LONGEST_ANSWER)
        try:
            return found.status, self._seal.open(found.headers, found.body, self._clock())
        except BrokenSealError as reason:
            raise NoAnswerError(f"{reason} ({_outline(found)})") from None

    def _sent(self, method: str, path: str, body: str, longest: int) -> _Sent:
        mchid, serial, private_key = self._signature
        headers = {
            "Accept": "application/json",
            "Authorization": build_authorization(path, method, mchid, serial, private_key, body),
            "Content-Type": "application/json",
            "User-Agent": "zhifu",
            "Wechatpay-Serial": self._public_key_id,
        }
        deadline = time.monotonic() + 3 * self._timeout
        taken = bytearray()
        try:
            with self._http.stream(
                method, self._base + path, content=body.encode(), headers=headers
            ) as response:
                for part in response.iter_bytes():
                    taken += part
                    if len(taken) > longest or time.monotonic() > deadline:
                        raise NoAnswerError("the answer is too long or too slow")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswerError(type(error).__name__) from None
        named = {name.lower(): value for name, value in response.headers.items()}
        return _Sent(response.status_code, named, bytes(taken))


def _outline(found: _Sent) -> str:
    """What is logged of an answer that is not believed: complaints whole, else no one's data."""
    said = f", {found.body[:300]!r}" if httpx.codes.is_error(found.status) else ""
    return f"HTTP status {found.status}{said}"


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise NoAnswerError("the answer is no JSON") from None
    if not isinstance(fields, dict):
        raise NoAnswerError("the answer is no JSON object")
    return fields


def _sdk(**settings: Any) -> Any:
    """The SDK of a merchant whose public key was found good before."""
    try:
        sdk = WeChatPay(**settings)
    except Exception:  # the library raises nothing narrower
        sdk = None
    if not hasattr(sdk, "_core") or not hasattr(sdk._core._private_key, "private_numbers"):
        raise InvalidInput("private_key", "must be an RSA private key in PEM")
    return sdk


def _apiv3_key(text: str) -> str:
    if not isinstance(text, str) or len(text.encode()) != _KEY_CHARACTERS:
        raise InvalidInput("apiv3_key", f"must have {_KEY_CHARACTERS} characters")
    return text


def _http_url(field: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        kept = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
    except (ValueError, AttributeError):
        kept = False
    if not kept:
        raise InvalidInput(field, "must be an http or https address without a query", url)
    return url
