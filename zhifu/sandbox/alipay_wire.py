"""How Alipay signs: requests, answers and notifies, each in its own way, all by RSA2."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def private_key(pem: str) -> RSAPrivateKey:
    """A private key as the sandbox keeps it; raises TypeError for any other kind."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("must be an RSA key")
    return key


def sign(text: str, key: RSAPrivateKey) -> str:
    """RSA2: PKCS #1 v1.5 over SHA-256, in base64."""
    return b64encode(key.sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()


def is_signed(request: Mapping[str, str], key: RSAPublicKey) -> bool:
    """Whether a request carries its merchant's signature over all its other fields."""
    text = _joined({name: value for name, value in request.items() if name != "sign"})
    try:
        signature = b64decode(request.get("sign", ""), validate=True)
        key.verify(signature, text.encode(), PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def answer(method: str, fields: Mapping[str, object], key: RSAPrivateKey) -> bytes:
    """An answer, signed over its inner object just as it is written."""
    # Alipay writes slashes as PHP does.
    inner = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    return f'{{"{_node(method)}":{inner},"sign":"{sign(inner, key)}"}}'.encode()


def complaint(method: str, code: str, message: str, detail: str) -> bytes:
    """An answer about a request that could not be read or believed: Alipay does not sign it."""
    fields = {"code": code, "msg": message, "sub_code": detail, "sub_msg": detail}
    return json.dumps({_node(method): fields}, ensure_ascii=False).encode()


def notice(fields: Mapping[str, str], key: RSAPrivateKey) -> bytes:
    """A notify: a form, signed over all its fields but the two about the signature."""
    signature = {"sign": sign(_joined(fields), key), "sign_type": "RSA2"}
    return urlencode({**signature, **fields}).encode()


def _joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def _node(method: str) -> str:
    return f"{method.replace('.', '_')}_response" if method else "error_response"
