"""A WeChat Pay that says whatever it is told to say."""

from __future__ import annotations

import base64
import json
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from zhifu.money import Money
from zhifu.providers.wechatpay import WeChatPayProvider

NUMBER = "pay_0000000000000001"
AMOUNT = Money(4900, "CNY")
PAID = {
    "amount": {"currency": "CNY", "payer_currency": "CNY", "payer_total": 4900, "total": 4900},
    "appid": "wxd678efh567hg6787",
    "mchid": "1900000109",
    "out_trade_no": NUMBER,
    "trade_state": "SUCCESS",
    "transaction_id": "4200000000202603270123456789",
}
UNHEARD = {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}

KEY_ID = "PUB_KEY_ID_0119000001092026032700"


class Said(NamedTuple):
    """What a server answers."""

    status: int
    headers: dict[str, str]
    body: bytes


@cache
def key(whose: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(whose: str) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key(whose).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@cache
def private_pem(whose: str) -> str:
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key(whose).private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def sealed(
    status: int,
    content: object,
    *,
    whose: str = "wechat",
    serial: str = KEY_ID,
    age: float = 0,
    **headers: str,
) -> Said:
    """An answer as WeChat seals it."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    timestamp, nonce = str(int(time.time() - age)), "c5ac7061fccab6bf3e254dcf98995b8c"
    message = b"%s\n%s\n%s\n" % (timestamp.encode(), nonce.encode(), body)
    signature = key(whose).sign(message, padding.PKCS1v15(), hashes.SHA256())
    seal = {
        "Wechatpay-Serial": serial,
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, {**seal, "Content-Type": "application/json", **given}, body)


def unsealed(status: int, content: object) -> Said:
    return Said(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


class WeChat:
    """A server that says what it is told to, to whatever part of a path it is told for."""

    def __init__(self) -> None:
        self.answers: dict[str, Said] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.command, self.path, headers, body))
                said = outer.answer(f"{self.command} {self.path}")
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            do_POST = do_GET  # noqa: N815 - the library names its handlers so

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def says(self, said: Said, to: str = "") -> None:
        self.answers[to] = said

    def answer(self, request: str) -> Said:
        """The answer to the longest part that a request has."""
        return self.answers[max((part for part in self.answers if part in request), key=len)]


def settings(wechat: WeChat) -> dict[str, Any]:
    return {
        "mchid": PAID["mchid"],
        "appid": PAID["appid"],
        "private_key": private_pem("merchant"),
        "certificate_serial": "444F4864EA9B34415MERCHANT",
        "apiv3_key": "k" * 32,
        "public_key": public_pem("wechat"),
        "public_key_id": KEY_ID,
        "notify_url": "https://shop.example/callbacks/wechatpay",
        "base_url": wechat.url,
        "timeout_seconds": 2.0,
    }


def provider(wechat: WeChat, **others: Any) -> WeChatPayProvider:
    return WeChatPayProvider(**{**settings(wechat), **others})
