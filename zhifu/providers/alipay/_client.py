"""Asks Alipay, and believes only what Alipay has signed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx

from zhifu.exceptions import InvalidInput
from zhifu.providers.alipay._sdk import RSA, AliPay, AliPayException
from zhifu.providers.alipay._wire import beijing

_LONGEST_ANSWER = 1 << 20
_LONGEST_FILE = 256 << 20

_BLANK = re.compile(r"[ \t\r\n]*")
_PEM_LINE = 64

#: Parts of refusals after which the matter may have been done all the same, or will be next time.
_UNDECIDED = ("SYSTEM_ERROR", "UNKNOW", "RATE_LIMIT")


class NoAnswerError(Exception):
    """Alipay did not answer, or what came is no proof that Alipay said it."""


class Reply(NamedTuple):
    """What Alipay answered: the fields, and its code where it refused."""

    fields: Mapping[str, Any]
    refusal: str | None


class AlipayClient:
    """One merchant application at one gateway; safe to share between threads.

    Keys are PEM, or the bare base64 that Alipay's console shows.
    """

    def __init__(
        self,
        *,
        app_id: str,
        private_key: str,
        alipay_public_key: str,
        notify_url: str,
        base_url: str,
        timeout_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._timeout = timeout_seconds
        self._gateway = _http_url("base_url", base_url)
        self._http = httpx.Client(timeout=timeout_seconds, follow_redirects=False)
        self._sdk = AliPay(
            appid=app_id,
            app_notify_url=_http_url("notify_url", notify_url),
            app_private_key_string=_key("private_key", private_key, private=True),
            alipay_public_key_string=_key("alipay_public_key", alipay_public_key, private=False),
            sign_type="RSA2",
        )

    def ask(self, method: str, content: Mapping[str, object]) -> Reply:
        """Ask for an operation; raises NoAnswerError."""
        url = self.link(method, content)
        text = self._get(url, _LONGEST_ANSWER)
        fields = self._signed(text, method.replace(".", "_") + "_response")
        if fields.get("out_trade_no", content.get("out_trade_no")) != content.get("out_trade_no"):
            raise NoAnswerError("the answer is about another trade")
        return Reply(fields, _refusal(fields))

    def link(
        self, method: str, content: Mapping[str, object], return_url: str | None = None
    ) -> str:
        """The signed address of an operation, to be opened by us or by a learner."""
        body = self._sdk.build_body(
            method, dict(content), timestamp=beijing(self._clock()), return_url=return_url
        )
        return f"{self._gateway}?{self._sdk.sign_data(body)}"

    def signed(self, notice: Mapping[str, str]) -> bool:
        """Whether a notify is signed by Alipay."""
        # The library takes fields out of what it is given.
        fields = dict(notice)
        signature = fields.pop("sign", "")
        try:
            return fields.get("sign_type") == "RSA2" and self._sdk.verify(fields, signature) is True
        except (ValueError, AliPayException):
            return False

    def download(self, url: str) -> bytes:
        """A file that Alipay has prepared; raises NoAnswerError.

        Files carry no signature: where the gateway is asked over TLS, so is the file.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            raise NoAnswerError("the file has no address") from None
        if urlsplit(self._gateway).scheme == "https":
            parts = parts._replace(scheme="https")
        return self._get(urlunsplit(parts), _LONGEST_FILE)

    def _get(self, url: str, longest: int) -> bytes:
        deadline = time.monotonic() + 3 * self._timeout
        taken = bytearray()
        try:
            with self._http.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise NoAnswerError(f"HTTP status {response.status_code}")
                for part in response.iter_bytes():
                    taken += part
                    if len(taken) > longest or time.monotonic() > deadline:
                        raise NoAnswerError("the answer is too long or too slow")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswerError(type(error).__name__) from None
        return bytes(taken)

    def _signed(self, body: bytes, node: str) -> dict[str, Any]:
        try:
            members = _members(body.decode("utf-8"))
            text = members.get(node)
            if text is None or "sign" not in members:
                raise NoAnswerError(_unsigned(members, node))
            # Its own search for the signed part counts braces, those inside texts too.
            if not self._sdk._verify(text, json.loads(members["sign"])):
                raise NoAnswerError("the answer's signature is not Alipay's")
            fields = json.loads(text, parse_float=str, parse_int=str)
        except (ValueError, AttributeError, RecursionError):
            raise NoAnswerError("the answer cannot be read") from None
        if not isinstance(fields, dict):
            raise NoAnswerError("the answer cannot be read")
        return fields


def _refusal(fields: Mapping[str, Any]) -> str | None:
    """The code of a refusal that is final for this request; None if it was done."""
    code, detail = fields.get("code"), str(fields.get("sub_code", ""))
    if code == "10000":
        return None
    if code != "40004" or not detail or any(each in detail.upper() for each in _UNDECIDED):
        raise NoAnswerError(f"{code} {detail}")
    return detail


def _unsigned(members: Mapping[str, str], node: str) -> str:
    """What an answer without a signature claims: Alipay signs no complaint about a request."""
    fields = json.loads(members.get(node) or members.get("error_response") or "{}")
    return f"unsigned: {fields.get('code')} {fields.get('sub_code')}"


def _members(text: str) -> dict[str, str]:
    """The members of a JSON object, each value just as it is written: so it was signed."""
    decode = json.JSONDecoder().raw_decode
    members: dict[str, str] = {}
    at = _past(text, 0, "{")
    while True:
        name, at = decode(text, at)
        start = _past(text, at, ":")
        _, at = decode(text, start)
        members[name] = text[start:at]
        if text[_blank(text, at) :].rstrip() == "}":
            return members
        at = _past(text, at, ",")


def _past(text: str, at: int, mark: str) -> int:
    at = _blank(text, at)
    if not text.startswith(mark, at):
        raise ValueError(mark)
    return _blank(text, at + len(mark))


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _key(field: str, key: str, *, private: bool) -> str:
    text = key.strip() if isinstance(key, str) else ""
    if not text.startswith("-----"):
        bare = "".join(text.split())
        lines = [bare[at : at + _PEM_LINE] for at in range(0, len(bare), _PEM_LINE)]
        text = "\n".join(["-----BEGIN RSA KEY-----", *lines, "-----END RSA KEY-----"])
    try:
        valid = RSA.import_key(text).has_private() is private
    except (ValueError, IndexError, TypeError):
        valid = False
    if not valid:
        which = "private" if private else "public"
        raise InvalidInput(field, f"must be an RSA {which} key, in PEM or bare base64")
    return text


def _http_url(field: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError, TypeError):
        valid = False
    if not valid:
        raise InvalidInput(field, "must be an http or https address", url)
    return url
