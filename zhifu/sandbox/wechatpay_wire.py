"""WeChat Pay's side of the wire: whose request it is, and the seal under what WeChat says."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from zhifu.exceptions import InvalidInput
from zhifu.sandbox.keys import WeChatPayKeys

ALGORITHM = "WECHATPAY2-SHA256-RSA2048"

_FRESH_SECONDS = 300
_PARTS = re.compile(r'(\w+)="([^"]*)"')
_NEEDED = frozenset({"mchid", "nonce_str", "signature", "timestamp", "serial_no"})


class WeChatRefused(Exception):
    """A refusal by its HTTP status and code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its signature covers it: `url` is path and query, without the host."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class WeChatPayWire:
    """One merchant's end of the line at WeChat Pay, which runs on the true clock."""

    def __init__(self, keys: WeChatPayKeys, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        certificate = x509.load_pem_x509_certificate(keys.merchant_certificate.encode())
        merchant, platform = certificate.public_key(), _private(keys.platform_key)
        if not isinstance(merchant, RSAPublicKey):
            raise InvalidInput("merchant_certificate", "must be of an RSA key")
        self._merchant = merchant
        self._platform = platform

    def require_merchant(self, asked: Asked) -> None:
        """Refuse a request that this merchant did not sign, or not now; raises WeChatRefused."""
        for header in ("accept", "user-agent"):
            if not asked.headers.get(header):
                raise WeChatRefused(400, "PARAM_ERROR", f"Http头{header}缺少或有误")
        scheme, _, credentials = asked.headers.get("authorization", "").partition(" ")
        parts = dict(_PARTS.findall(credentials))
        if scheme != ALGORITHM or not parts.keys() >= _NEEDED:
            raise _unsigned("Http头Authorization值格式错误")
        if parts["mchid"] != self._keys.mchid:
            raise _unsigned("商户号不存在")
        if parts["serial_no"] != self._keys.merchant_serial:
            raise _unsigned("商户证书序列号有误")
        if not self._is_fresh(parts["timestamp"]):
            raise _unsigned("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
        if not self._is_signed(asked, parts):
            raise _unsigned("错误的签名，验签失败")
        if asked.headers.get("wechatpay-serial", self._keys.public_key_id) != (
            self._keys.public_key_id
        ):
            raise WeChatRefused(400, "PARAM_ERROR", "Wechatpay-Serial有误")

    def sealed(self, body: bytes) -> dict[str, str]:
        """The headers that make a body WeChat's own, at this moment."""
        timestamp, nonce = str(int(self._clock())), secrets.token_hex(16)
        message = b"%s\n%s\n%s\n" % (timestamp.encode(), nonce.encode(), body)
        signature = self._platform.sign(message, PKCS1v15(), SHA256())
        return {
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self._keys.public_key_id,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": ALGORITHM,
            "Wechatpay-Timestamp": timestamp,
        }

    def encrypted(self, kind: str, content: Mapping[str, Any]) -> dict[str, str]:
        """A callback's `resource`: content that the merchant alone can read."""
        nonce = secrets.token_hex(6)
        cipher = AESGCM(self._keys.apiv3_key.encode())
        hidden = cipher.encrypt(nonce.encode(), plain(content), kind.encode())
        return {
            "original_type": kind,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(hidden).decode(),
            "associated_data": kind,
            "nonce": nonce,
        }

    def _is_fresh(self, timestamp: str) -> bool:
        found = re.fullmatch(r"[0-9]{1,11}", timestamp, re.ASCII)
        return found is not None and abs(self._clock() - int(timestamp)) <= _FRESH_SECONDS

    def _is_signed(self, asked: Asked, parts: Mapping[str, str]) -> bool:
        lines = (asked.method, asked.url, parts["timestamp"], parts["nonce_str"])
        message = b"".join(f"{each}\n".encode() for each in lines) + asked.body + b"\n"
        try:
            signature = base64.b64decode(parts["signature"], validate=True)
            self._merchant.verify(signature, message, PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True


def plain(content: Mapping[str, Any]) -> bytes:
    """JSON as WeChat writes it: without spaces, and Chinese as it is."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _unsigned(message: str) -> WeChatRefused:
    return WeChatRefused(401, "SIGN_ERROR", message)


def _private(pem: str) -> RSAPrivateKey:
    # The sandbox drew the key itself, and proving it prime takes longer than all the rest.
    key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise InvalidInput("platform_key", "must be an RSA key")
    return key
