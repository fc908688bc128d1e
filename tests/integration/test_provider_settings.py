"""Providers as they are configured: made from the file that the sandbox writes, and examined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhifu.anvil import free_port
from zhifu.config import Settings, is_live, make_providers
from zhifu.doctor import Finding, Verdict, examine
from zhifu.exceptions import InvalidConfiguration
from zhifu.sandbox.assembly import assemble
from zhifu.sandbox.keys import Keys
from zhifu.sandbox.serving import Serving

NAMES = ("stripe", "wechatpay", "alipay")


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.generate()


@pytest.fixture(scope="module")
def sandbox(keys: Keys) -> Iterator[Serving]:
    made = assemble(keys, "http://127.0.0.1:9/v1/callbacks", hang_seconds=0)
    with Serving(made.app) as served:
        yield served


@pytest.fixture
def file(keys: Keys, sandbox: Serving, tmp_path: Path) -> Path:
    return keys.write_settings(tmp_path, sandbox.url, "http://127.0.0.1:9/v1/callbacks")


def load(file: Path) -> Settings:
    nowhere = f"http://127.0.0.1:{free_port()}"
    home = str(file.parent)
    return Settings.load({"ZHIFU_CONFIG": str(file), "ZHIFU_RPC": nowhere, "ZHIFU_HOME": home})


def examined(file: Path) -> dict[str, Finding]:
    found = {each.check: each for each in examine(load(file))}
    return {name: each for name, each in found.items() if name.startswith(("provider.", "clock."))}


def test_the_file_of_the_sandbox_makes_all_providers(file: Path) -> None:
    providers = make_providers(load(file))
    assert {name: made.name for name, made in providers.items()} == {each: each for each in NAMES}


def test_credentials_that_are_accepted_are_fine(file: Path) -> None:
    found = examined(file)
    assert {name: found[f"provider.{name}"].verdict for name in NAMES} == dict.fromkeys(
        NAMES, Verdict.OK
    )
    assert {found[f"clock.{name}"].verdict for name in NAMES} == {Verdict.OK}


def test_credentials_of_another_account_are_not(
    keys: Keys, sandbox: Serving, tmp_path: Path
) -> None:
    file = Keys.generate().write_settings(tmp_path, sandbox.url, "http://127.0.0.1:9")
    found = examined(file)
    assert {name: found[f"provider.{name}"].verdict for name in NAMES} == dict.fromkeys(
        NAMES, Verdict.FAILURE
    )
    settings = file.read_text()
    for secret in re.findall(r'"(sk_test_\w+|whsec_\w+)"', settings):
        assert secret not in repr(found)


def test_a_provider_that_does_not_answer_keeps_no_other_from_being_asked(file: Path) -> None:
    text = file.read_text()
    base = re.search(r'base_url = "(http://127\.0\.0\.1:\d+)/wechatpay"', text)
    assert base
    nowhere = f"http://127.0.0.1:{free_port()}"
    file.write_text(text.replace(f"{base.group(1)}/wechatpay", f"{nowhere}/wechatpay"))
    found = examined(file)
    assert found["provider.wechatpay"].verdict is Verdict.FAILURE
    assert found["clock.wechatpay"].verdict is Verdict.SKIPPED
    assert found["provider.alipay"].verdict is Verdict.OK


def test_behind_a_proxy_it_is_said_which_kind_of_account_it_is(file: Path) -> None:
    """SERVE-3"""
    text = file.read_text()
    file.write_text(re.sub(r"(\nbase_url = .*/(wechatpay|alipay).*)", r"\1\nlivemode = true", text))
    settings = load(file)
    assert {name: is_live(each) for name, each in settings.providers.items()} == {
        "stripe": False,
        "wechatpay": True,
        "alipay": True,
    }
    assert set(make_providers(settings)) == set(NAMES)


def test_at_its_own_address_an_account_is_what_it_is(file: Path) -> None:
    """SERVE-3"""
    text = file.read_text()
    file.write_text(re.sub(r"\nbase_url = .*/(wechatpay|alipay).*", r"\nlivemode = false", text))
    with pytest.raises(InvalidConfiguration) as refused:
        load(file)
    assert {each.field for each in refused.value.mistakes} == {
        "providers.wechatpay.livemode",
        "providers.alipay.livemode",
    }


def test_keys_that_are_none_are_refused_before_anything_is_made(file: Path) -> None:
    text = re.sub(r"-----BEGIN PRIVATE KEY[^\"]*", "s3cret", file.read_text())
    file.write_text(re.sub(r'apiv3_key = "\w+"', 'apiv3_key = "short"', text))
    with pytest.raises(InvalidConfiguration) as refused:
        load(file)
    assert {each.field for each in refused.value.mistakes} == {
        "providers.wechatpay.private_key",
        "providers.wechatpay.apiv3_key",
        "providers.alipay.private_key",
    }
    assert "s3cret" not in str(refused.value)


def test_a_key_may_be_the_base64_that_a_console_shows(file: Path) -> None:
    text = re.sub(r"-----(BEGIN|END) (PRIVATE|PUBLIC) KEY-----|\\n", "", file.read_text())
    file.write_text(text)
    assert make_providers(load(file)).keys() == set(NAMES)
