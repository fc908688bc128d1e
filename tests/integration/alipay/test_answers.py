"""Only what Alipay signed, about the trade that was asked about, is believed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from zhifu.exceptions import InvalidInput, PaymentUnknown, ProviderRefused
from zhifu.money import Money
from zhifu.providers import Intent, ProviderPayment, ProviderStatus, RefundStatus
from zhifu.providers.alipay import AlipayProvider

NUMBER = "20200327181224259"
PAID = {
    "code": "10000",
    "msg": "Success",
    "out_trade_no": NUMBER,
    "trade_no": "2020032722001452341437284085",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "49.00",
    "send_pay_date": "2020-03-27 18:12:46",
}
UNASKED = {"code": "10000", "msg": "Success"}
AMOUNT = Money(4900, "CNY")

Say = Callable[[str], "tuple[int, str]"]

OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ALIPAYS = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def signed(method: str, fields: object, key: rsa.RSAPrivateKey = ALIPAYS, sep: str = "") -> str:
    """An answer as Alipay writes it."""
    text = fields if isinstance(fields, str) else json.dumps(fields, ensure_ascii=False)
    sign = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    node = f'"{method.replace(".", "_")}_response"'
    return f'{{{sep}{node}:{sep}{text},{sep}"sign":{sep}"{sign}"{sep}}}'


class Gateway:
    """A gateway that says whatever it is told to."""

    def __init__(self) -> None:
        self.say: Say = lambda method: (200, signed(method, PAID if "query" in method else {}))
        self.asked: list[dict[str, str]] = []
        self.headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                outer.asked.append(asked)
                status, body = outer.say(asked.get("method", ""))
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/gateway.do"

    def says(self, fields: object, **others: Any) -> None:
        """Answer every question with the same signed fields; a refund query with nothing."""
        self.say = lambda method: (
            200,
            signed(method, UNASKED if "refund.query" in method else fields, **others),
        )


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    gateway.says(PAID)
    thread = threading.Thread(target=gateway.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield gateway
    gateway.server.shutdown()
    gateway.server.server_close()
    thread.join()


def provider(gateway: Gateway, **others: Any) -> AlipayProvider:
    settings = {
        "app_id": "2021001146601279",
        "seller_id": "2088731909746398",
        "private_key": private_pem(OURS),
        "alipay_public_key": public_pem(ALIPAYS),
        "notify_url": "https://shop.example/notify",
        "base_url": gateway.url,
        "timeout_seconds": 0.5,
    }
    return AlipayProvider(**{**settings, **others})


def test_a_signed_answer_is_believed(gateway: Gateway) -> None:
    assert provider(gateway).query(NUMBER) == ProviderPayment(ProviderStatus.PAID, AMOUNT)


@pytest.mark.parametrize("subject", ["课程 {第一", "}", '"}{', "a\\", "\\u007d"])
def test_a_signature_holds_whatever_is_in_a_text(gateway: Gateway, subject: str) -> None:
    gateway.says({"subject": subject, **PAID})
    assert provider(gateway).query(NUMBER).status is ProviderStatus.PAID


def test_a_signature_holds_however_an_answer_is_spaced(gateway: Gateway) -> None:
    gateway.says(json.dumps(PAID, indent=1), sep="\n ")
    assert provider(gateway).query(NUMBER).status is ProviderStatus.PAID


def test_requests_are_signed_and_timed_in_beijing(gateway: Gateway) -> None:
    provider(gateway, clock=lambda: 1_585_304_366.5).query(NUMBER)
    asked = dict(gateway.asked[0])
    signature = base64.b64decode(asked.pop("sign"))
    text = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
    OURS.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert asked["timestamp"] == "2020-03-27 18:19:26"
    assert json.loads(asked["biz_content"]) == {"out_trade_no": NUMBER}


def altered(method: str) -> str:
    return signed(method, PAID).replace('"49.00"', '"490.00"')


def twice(method: str) -> str:
    node = f'"{method.replace(".", "_")}_response"'
    forged = json.dumps({**PAID, "total_amount": "490.00"})
    return signed(method, PAID)[:-1] + f",{node}:{forged}}}"


UNBELIEVED: dict[str, Say] = {
    "unsigned": lambda method: (200, json.dumps({"alipay_trade_query_response": PAID})),
    "signed by another": lambda method: (200, signed(method, PAID, key=OURS)),
    "altered": lambda method: (200, altered(method)),
    "given twice": lambda method: (200, twice(method)),
    "of another trade": lambda method: (200, signed(method, {**PAID, "out_trade_no": "1"})),
    "of another operation": lambda method: (200, signed("alipay.trade.pay", PAID)),
    "with a signature that is none": lambda method: (
        200,
        '{"alipay_trade_query_response":' + json.dumps(PAID) + ',"sign":"付"}',
    ),
    "with a number for a signature": lambda method: (
        200,
        '{"alipay_trade_query_response":' + json.dumps(PAID) + ',"sign":7}',
    ),
    "with an error": lambda method: (500, signed(method, PAID)),
    "elsewhere": lambda method: (302, signed(method, PAID)),
    "not JSON": lambda method: (200, "<html>busy</html>"),
    "empty": lambda method: (200, ""),
    "a list": lambda method: (200, signed(method, "[]")),
    "too deep": lambda method: (200, '{"a":' * 100_000),
    "too long": lambda method: (200, signed(method, {**PAID, "subject": "长" * 400_000})),
    "out of order": lambda method: (200, signed(method, {"code": "20000", "msg": "Unavailable"})),
    "failing": lambda method: (
        200,
        signed(method, {"code": "40004", "msg": "Failed", "sub_code": "ACQ.SYSTEM_ERROR"}),
    ),
    "limited": lambda method: (
        200,
        signed(method, {"code": "40005", "sub_code": "isv.app-call-limited"}),
    ),
}

INCOMPLETE: dict[str, Say] = {
    "of no trade": lambda method: (
        200,
        signed(method, {k: v for k, v in PAID.items() if k != "out_trade_no"}),
    ),
    "with no status": lambda method: (200, signed(method, {**PAID, "trade_status": "NEW"})),
    "with an amount that is none": lambda method: (
        200,
        signed(method, {**PAID, "total_amount": "4.9e1"}),
    ),
}


@pytest.mark.parametrize("how", INCOMPLETE)
def test_an_answer_that_says_too_little_leaves_a_payment_unknown(
    gateway: Gateway, how: str
) -> None:
    gateway.say = INCOMPLETE[how]
    assert provider(gateway).query(NUMBER) == ProviderPayment(ProviderStatus.UNKNOWN)


@pytest.mark.parametrize("how", UNBELIEVED)
def test_an_answer_that_proves_nothing_leaves_a_payment_unknown(gateway: Gateway, how: str) -> None:
    gateway.say = UNBELIEVED[how]
    alipay = provider(gateway)
    assert alipay.query(NUMBER) == ProviderPayment(ProviderStatus.UNKNOWN)
    with pytest.raises(PaymentUnknown):
        alipay.refund(NUMBER, AMOUNT, "ref_1")
    with pytest.raises(PaymentUnknown):
        alipay.cancel(NUMBER)
    intent = Intent("pay_1", AMOUNT, "课程", int(time.time()) + 900, "precreate")
    with pytest.raises(PaymentUnknown):
        alipay.create(intent)


@pytest.mark.parametrize("trouble", ["ACQ.SYSTEM_ERROR", "aop.unknow-error", "USER_RATE_LIMIT"])
def test_a_failing_gateway_refuses_no_refund(gateway: Gateway, trouble: str) -> None:
    """ALIPAY-4"""
    gateway.says({"code": "40004", "msg": "Business Failed", "sub_code": trouble})
    with pytest.raises(PaymentUnknown):
        provider(gateway).refund(NUMBER, AMOUNT, "ref_1")


def test_an_answer_from_elsewhere_is_not_fetched(gateway: Gateway) -> None:
    gateway.headers = {"Location": f"{gateway.url}?elsewhere=1"}
    gateway.say = lambda method: (302, "")
    assert provider(gateway).query(NUMBER).status is ProviderStatus.UNKNOWN
    assert [each for each in gateway.asked if "elsewhere" in each] == []


def test_silence_leaves_a_payment_unknown(gateway: Gateway) -> None:
    answer = threading.Event()

    def late(method: str) -> tuple[int, str]:
        answer.wait(5)
        return 200, signed(method, PAID)

    gateway.say = late
    assert provider(gateway, timeout_seconds=0.1).query(NUMBER).status is ProviderStatus.UNKNOWN
    answer.set()
    nobody = provider(gateway, base_url="http://127.0.0.1:9/gateway.do")
    assert nobody.query(NUMBER).status is ProviderStatus.UNKNOWN


def test_a_closed_trade_that_was_paid_stays_paid(gateway: Gateway) -> None:
    closed = {**PAID, "trade_status": "TRADE_CLOSED"}
    gateway.says(closed)
    assert provider(gateway).query(NUMBER) == ProviderPayment(ProviderStatus.PAID, AMOUNT)
    gateway.says({k: v for k, v in closed.items() if k != "send_pay_date"})
    assert provider(gateway).query(NUMBER) == ProviderPayment(ProviderStatus.FAILED, AMOUNT)


def refunds(**status: str) -> Say:
    """A gateway that moves no money for a refund, and says this of the refund when asked."""
    about = {**UNASKED, "out_trade_no": NUMBER, "out_request_no": "ref_1", **status}
    done = {**UNASKED, "out_trade_no": NUMBER, "fund_change": "N"}
    return lambda method: (200, signed(method, about if "refund.query" in method else done))


def test_a_refund_that_moved_nothing_is_asked_about(gateway: Gateway) -> None:
    alipay = provider(gateway)
    gateway.say = refunds()
    assert alipay.refund(NUMBER, AMOUNT, "ref_1") is RefundStatus.PENDING
    gateway.say = refunds(refund_status="REFUND_SUCCESS", refund_amount="49.00")
    assert alipay.refund(NUMBER, AMOUNT, "ref_1") is RefundStatus.DONE
    gateway.say = refunds(refund_status="REFUND_SUCCESS", refund_amount="9.00")
    with pytest.raises(ProviderRefused):
        alipay.refund(NUMBER, AMOUNT, "ref_1")
    gateway.say = refunds(
        refund_status="REFUND_SUCCESS", refund_amount="49.00", out_request_no="ref_2"
    )
    with pytest.raises(PaymentUnknown):
        alipay.refund(NUMBER, AMOUNT, "ref_1")


def test_a_refund_that_is_refused_was_perhaps_made_before(gateway: Gateway) -> None:
    """ALIPAY-4"""
    refused = {"code": "40004", "msg": "Failed", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
    made = refunds(refund_status="REFUND_SUCCESS", refund_amount="49.00")
    gateway.say = lambda method: (
        made(method) if "refund.query" in method else (200, signed(method, refused))
    )
    alipay = provider(gateway)
    assert alipay.refund(NUMBER, AMOUNT, "ref_1") is RefundStatus.DONE
    gateway.says(refused)
    with pytest.raises(ProviderRefused) as refusal:
        alipay.refund(NUMBER, AMOUNT, "ref_1")
    assert refusal.value.reason == "ACQ.TRADE_STATUS_ERROR"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("private_key", public_pem(OURS), id="a public key to sign with"),
        ("private_key", "none"),
        pytest.param("alipay_public_key", private_pem(ALIPAYS), id="a private key to verify by"),
        ("alipay_public_key", ""),
        ("notify_url", "ftp://shop.example"),
        ("base_url", "openapi.alipay.com"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(gateway: Gateway, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        provider(gateway, **{field: value})
    assert refusal.value.field == field
    if "PRIVATE" in value:
        assert value not in str(refusal.value)


def test_keys_are_read_as_the_console_shows_them(gateway: Gateway) -> None:
    def bare(pem: str) -> str:
        return "".join(pem.split("\n")[1:-2])

    keys = {
        "private_key": bare(private_pem(OURS)),
        "alipay_public_key": bare(public_pem(ALIPAYS)),
    }
    assert provider(gateway, **keys).query(NUMBER).status is ProviderStatus.PAID


def test_the_library_leaves_logging_alone() -> None:
    kept = (
        "import logging, logging.handlers as h\n"
        "target = logging.Handler(); target.emit = lambda record: print(record.msg)\n"
        "memory = h.MemoryHandler(9, target=target)\n"
        "logging.getLogger().addHandler(memory)\n"
        "import zhifu.providers.alipay\n"
        "logging.getLogger().error('kept')\n"
        "memory.flush()\n"
    )
    ran = subprocess.run([sys.executable, "-c", kept], capture_output=True, text=True, check=True)
    assert ran.stdout == "kept\n"
