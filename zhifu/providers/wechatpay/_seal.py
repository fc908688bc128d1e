"""WeChat's seal: the signature that makes an answer or a callback WeChat's own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wechatpayv3.utils import load_public_key, rsa_verify

from zhifu.exceptions import InvalidInput

ALGORITHM = "WECHATPAY2-SHA256-RSA2048"

#: How far a seal's time may be from ours, either way.
FRESH_SECONDS = 300

_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)


class BrokenSealError(Exception):
    """What came is not WeChat's, or is not new."""


class Seal:
    """One public key of WeChat Pay, known by its id; any other id is refused unasked.

    `public_key` is PEM, or its bare base64. Raises InvalidInput when it is no RSA key.
    """

    def __init__(self, public_key: str, public_key_id: str) -> None:
        try:
            self._key = load_public_key(public_key)
        except Exception:  # the library raises nothing narrower
            self._key = None
        if not hasattr(self._key, "public_numbers") or not hasattr(self._key, "key_size"):
            raise InvalidInput("public_key", "must be an RSA public key in PEM")
        self._id = public_key_id

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """The text that WeChat sealed, at most five minutes ago; raises BrokenSealError.

        `headers` are by their names in lower case; `now` is Unix seconds.
        """
        signature, timestamp, nonce, serial = (
            headers.get(f"wechatpay-{part}", "")
            for part in ("signature", "timestamp", "nonce", "serial")
        )
        _require(bool(signature and timestamp and nonce and serial), "it is not signed")
        _require(serial == self._id, "its serial is not that of the trusted key")
        algorithm = headers.get("wechatpay-signature-type", ALGORITHM)
        _require(algorithm == ALGORITHM, "its signature is of another type")
        _require(_TIMESTAMP.fullmatch(timestamp) is not None, "its timestamp is none")
        _require(now - int(timestamp) <= FRESH_SECONDS, "it is stale")
        _require(int(timestamp) - now <= FRESH_SECONDS, "it is from the future")
        text = _text(body)
        genuine = rsa_verify(timestamp, nonce, text, signature, self._key)
        _require(genuine is True, "its signature is not WeChat's")
        return text


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenSealError("it is not UTF-8") from None


def _require(kept: bool, otherwise: str) -> None:
    if not kept:
        raise BrokenSealError(otherwise)
