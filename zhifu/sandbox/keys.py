"""The keys of the simulated providers and of their merchant, generated once into a folder.

`sandbox.json` has all of them, for the server; `zhifu.toml` has the merchant's half as the gateway
reads it. Both are secrets of this machine only, and worth nothing anywhere else.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from zhifu.exceptions import InvalidInput

_KEY_BITS = 2048
_VALID = timedelta(days=3650)

_KEYS_FILE, _SETTINGS_FILE = "sandbox.json", "zhifu.toml"


@dataclass(frozen=True, slots=True)
class StripeKeys:
    """What a Stripe account's dashboard shows: the API key, the webhook's secret, the account."""

    secret_key: str
    webhook_secret: str
    account: str


@dataclass(frozen=True, slots=True)
class WeChatPayKeys:
    """A WeChat Pay merchant; keys and the certificate are PEM.

    The merchant signs requests with `merchant_key`, whose certificate has the serial
    `merchant_serial`. The platform signs answers and callbacks with `platform_key`, whose public
    half is known by `public_key_id`, and encrypts callbacks under `apiv3_key`.
    """

    mchid: str
    appid: str
    apiv3_key: str
    merchant_key: str
    merchant_certificate: str
    merchant_serial: str
    platform_key: str
    public_key_id: str


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    """An Alipay application; keys are PEM. Each side signs with its own and checks the other's."""

    app_id: str
    seller_id: str
    app_key: str
    alipay_key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of a sandbox, the providers' and the merchant's."""

    stripe: StripeKeys
    wechatpay: WeChatPayKeys
    alipay: AlipayKeys

    @classmethod
    def generate(cls) -> Keys:
        """Draw all keys anew; takes about a second."""
        return cls(_stripe(), _wechatpay(), _alipay())

    @classmethod
    def of_folder(cls, folder: Path) -> Keys:
        """The keys that a folder has; generates them there first if it has none.

        Raises InvalidInput if what is there was not written by this.
        """
        file = folder / _KEYS_FILE
        if not file.exists():
            keys = cls.generate()
            _write(file, json.dumps(asdict(keys), indent=2) + "\n")
            return keys
        try:
            kept = json.loads(file.read_bytes())
            stripe, wechatpay = StripeKeys(**kept["stripe"]), WeChatPayKeys(**kept["wechatpay"])
            return cls(stripe, wechatpay, AlipayKeys(**kept["alipay"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(str(file), "must be the keys that the sandbox wrote") from error

    def write_settings(
        self,
        folder: Path,
        sandbox_url: str,
        callbacks_url: str,
        platforms: Sequence[int] = (),
    ) -> Path:
        """Write the providers' part of the gateway's configuration; the file's path.

        `sandbox_url` is where the sandbox is served, `callbacks_url` where the gateway takes
        callbacks: WeChat Pay and Alipay are told to post to it with their name appended. The
        accounts are those of `platforms`, or of the gateway's only one.
        """
        tables: dict[str, dict[str, str]] = {
            "stripe": {
                "kind": "stripe",
                "secret_key": self.stripe.secret_key,
                "webhook_secret": self.stripe.webhook_secret,
                "account": self.stripe.account,
                "base_url": f"{sandbox_url}/stripe",
            },
            "wechatpay": {
                "kind": "wechatpay",
                "mchid": self.wechatpay.mchid,
                "appid": self.wechatpay.appid,
                "private_key": self.wechatpay.merchant_key,
                "certificate_serial": self.wechatpay.merchant_serial,
                "apiv3_key": self.wechatpay.apiv3_key,
                "public_key": public_half(self.wechatpay.platform_key),
                "public_key_id": self.wechatpay.public_key_id,
                "notify_url": f"{callbacks_url}/wechatpay",
                "base_url": f"{sandbox_url}/wechatpay",
            },
            "alipay": {
                "kind": "alipay",
                "app_id": self.alipay.app_id,
                "seller_id": self.alipay.seller_id,
                "private_key": self.alipay.app_key,
                "alipay_public_key": public_half(self.alipay.alipay_key),
                "notify_url": f"{callbacks_url}/alipay",
                "base_url": f"{sandbox_url}/alipay/gateway.do",
            },
        }
        file = folder / _SETTINGS_FILE
        _write(file, "\n".join(_table(name, each, platforms) for name, each in tables.items()))
        return file


def public_half(private_key: str) -> str:
    """The public key of a private one, both PEM."""
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def _stripe() -> StripeKeys:
    return StripeKeys(
        secret_key=f"sk_test_{secrets.token_hex(24)}",
        webhook_secret=f"whsec_{secrets.token_hex(24)}",
        account=f"acct_{secrets.token_hex(8)}",
    )


def _wechatpay() -> WeChatPayKeys:
    key, mchid = _new_key(), _digits("1", 10)
    certificate = _certificate(key, mchid)
    return WeChatPayKeys(
        mchid=mchid,
        appid=f"wx{secrets.token_hex(8)}",
        apiv3_key=secrets.token_hex(16),
        merchant_key=_pem(key),
        merchant_certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        merchant_serial=f"{certificate.serial_number:040X}",
        platform_key=_pem(_new_key()),
        public_key_id=f"PUB_KEY_ID_0{mchid}{_digits('2', 24)}",
    )


def _alipay() -> AlipayKeys:
    return AlipayKeys(
        app_id=_digits("2021", 16),
        seller_id=_digits("2088", 16),
        app_key=_pem(_new_key()),
        alipay_key=_pem(_new_key()),
    )


def _digits(prefix: str, length: int) -> str:
    return prefix + "".join(secrets.choice("0123456789") for _ in range(length - len(prefix)))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _pem(key: rsa.RSAPrivateKey) -> str:
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def _certificate(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """A certificate of the merchant's key, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )


def _table(name: str, values: Mapping[str, str], platforms: Sequence[int]) -> str:
    lines = [f"[providers.{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    if platforms:
        lines.append(f"platforms = {[*platforms]}")
    return "\n".join(lines) + "\n"


def _toml(value: str) -> str:
    """A string of TOML; JSON writes printable ASCII and line ends as TOML reads them."""
    return json.dumps(value)


def _write(file: Path, text: str) -> None:
    """Write a file that nobody else can read."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
