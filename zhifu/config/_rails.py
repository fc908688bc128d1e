"""The kinds of payment providers, and what an account of each must be told."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from zhifu.config._kinds import Kind, flag, http_url, integer, path, safe_url, text
from zhifu.config._secret import Secret, secret

_APIV3_KEY_CHARACTERS = 32
_PEM = r"-----BEGIN (RSA )?{what} KEY-----\s[\sA-Za-z0-9+/=]+-----END (RSA )?{what} KEY-----\s*"
_DER_SEQUENCE = b"\x30"


class Argument(NamedTuple):
    """An argument of a provider's class; one that is not needed has the class's own default."""

    kind: Kind[Any]
    is_needed: bool = True
    is_passed: bool = True


class Rail(NamedTuple):
    """Where a kind's class is, the library it needs with the extra that brings it, its arguments.

    Arguments are named as the class names them. `home` is what answers unless `base_url` is given,
    `currency` the only one that it takes.
    """

    module: str
    name: str
    arguments: Mapping[str, Argument]
    library: str | None = None
    extra: str | None = None
    home: str | None = None
    currency: str | None = None


def _needed(kind: Kind[Any]) -> Argument:
    return Argument(kind)


def _optional(kind: Kind[Any]) -> Argument:
    return Argument(kind, is_needed=False)


def _begins(*prefixes: str) -> Kind[Secret]:
    def check(found: str) -> None:
        if not found.startswith(prefixes) or not found.isprintable():
            raise ValueError

    return secret(f"must begin with {' or '.join(prefixes)}", check)


def _key(what: str) -> Kind[Secret]:
    """A key in PEM, or as the providers' consoles show one: the base64 of it alone."""

    def check(found: str) -> None:
        if re.fullmatch(_PEM.format(what=what), found):
            return
        if not base64.b64decode("".join(found.split()), validate=True).startswith(_DER_SEQUENCE):
            raise ValueError

    return secret(f"must be an RSA {what.lower()} key in PEM or base64", check)


def _apiv3_key() -> Kind[Secret]:
    def check(found: str) -> None:
        if len(found) != _APIV3_KEY_CHARACTERS or not found.isascii():
            raise ValueError

    return secret(f"must have {_APIV3_KEY_CHARACTERS} characters", check)


def _digits(least: int, most: int) -> Kind[str]:
    return text(f"[0-9]{{{least},{most}}}", f"must have {least} to {most} digits")


#: Which kind of account it is, where neither a key nor the provider's own address tells.
_MODE = {"livemode": Argument(flag(), is_needed=False, is_passed=False)}
_TIMEOUT = {"timeout_seconds": _optional(integer(1, 120))}

RAILS: Mapping[str, Rail] = {
    "stripe": Rail(
        "zhifu.providers.stripe",
        "StripeProvider",
        {
            "secret_key": _needed(_begins("sk_", "rk_")),
            "webhook_secret": _needed(_begins("whsec_")),
            "account": _optional(text("acct_[A-Za-z0-9]+", "must begin with acct_")),
            "livemode": _optional(flag()),
            "base_url": _optional(safe_url()),
            **_TIMEOUT,
        },
        "stripe",
        "stripe",
        "https://api.stripe.com",
    ),
    "wechatpay": Rail(
        "zhifu.providers.wechatpay",
        "WeChatPayProvider",
        {
            "mchid": _needed(_digits(8, 12)),
            "appid": _needed(text("wx[0-9a-zA-Z]{8,32}", "must begin with wx")),
            "private_key": _needed(_key("PRIVATE")),
            "certificate_serial": _needed(text("[0-9A-Fa-f]{8,64}", "must be hexadecimal")),
            "apiv3_key": _needed(_apiv3_key()),
            "public_key": _needed(_key("PUBLIC")),
            "public_key_id": _needed(text("PUB_KEY_ID_.+", "must begin with PUB_KEY_ID_")),
            "notify_url": _needed(http_url()),
            "base_url": _optional(safe_url()),
            **_MODE,
            **_TIMEOUT,
        },
        "wechatpayv3",
        "wechatpay",
        "https://api.mch.weixin.qq.com",
        "CNY",
    ),
    "alipay": Rail(
        "zhifu.providers.alipay",
        "AlipayProvider",
        {
            "app_id": _needed(_digits(8, 32)),
            "seller_id": _needed(_digits(8, 32)),
            "private_key": _needed(_key("PRIVATE")),
            "alipay_public_key": _needed(_key("PUBLIC")),
            "notify_url": _needed(http_url()),
            "base_url": _optional(safe_url()),
            **_MODE,
            **_TIMEOUT,
        },
        "alipay",
        "alipay",
        "https://openapi.alipay.com/gateway.do",
        "CNY",
    ),
    "sandbox": Rail("zhifu.providers.sandbox", "SandboxProvider", {"ledger": _optional(path())}),
}
