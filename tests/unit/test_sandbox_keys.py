"""The sandbox's keys: made once, kept from others, and read by the gateway."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zhifu.config import Settings, make_providers
from zhifu.exceptions import InvalidInput
from zhifu.sandbox.keys import Keys, public_half


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "sandbox"
    Keys.of_folder(folder)
    return folder


def test_keys_are_made_once_and_kept_from_others(folder: Path) -> None:
    """SANDBOX-2"""
    assert Keys.of_folder(folder) == Keys.of_folder(folder) != Keys.generate()
    assert stat.S_IMODE((folder / "sandbox.json").stat().st_mode) == 0o600


def test_the_gateway_reads_what_is_written_for_it(folder: Path) -> None:
    """SANDBOX-2"""
    settings = Keys.of_folder(folder).write_settings(folder, "http://127.0.0.1:1", "http://a/b")
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    providers = make_providers(Settings.load({"ZHIFU_CONFIG": str(settings)}))
    assert set(providers) == {"stripe", "wechatpay", "alipay"}
    assert all(provider.name == name for name, provider in providers.items())


def test_whose_the_accounts_are_is_written_where_it_is_said(folder: Path) -> None:
    """SERVE-3"""
    keys = Keys.of_folder(folder)
    settings = keys.write_settings(folder, "http://127.0.0.1:1", "http://a/b", (1, 3))
    accounts = Settings.load({"ZHIFU_CONFIG": str(settings)}).providers
    assert {name: each.platforms for name, each in accounts.items()} == dict.fromkeys(
        ("stripe", "wechatpay", "alipay"), (1, 3)
    )


def test_the_merchants_certificate_is_of_its_key_and_serial(folder: Path) -> None:
    """SANDBOX-2"""
    keys = Keys.of_folder(folder).wechatpay
    certificate = x509.load_pem_x509_certificate(keys.merchant_certificate.encode())
    assert certificate.serial_number == int(keys.merchant_serial, 16)
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = certificate.public_key().public_bytes(*form).decode()
    assert key == public_half(keys.merchant_key)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"stripe": {"x": "1"}}'])
def test_keys_of_somebody_else_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sandbox.json").write_text(text)
    with pytest.raises(InvalidInput) as raised:
        Keys.of_folder(tmp_path)
    assert raised.value.field == str(tmp_path / "sandbox.json")
