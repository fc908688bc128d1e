"""Whose a provider's account is, and whether there is real money in it: SERVE-3, SERVE-4."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhifu.config import ProviderSettings, Secret, Settings, is_live, owners_of, require_mode
from zhifu.doctor import Verdict
from zhifu.doctor.case import Case
from zhifu.doctor.rails import check_mode, check_owners
from zhifu.exceptions import InvalidConfiguration, InvalidInput

STRIPE = {"KIND": "stripe", "SECRET_KEY": "sk_test_1", "WEBHOOK_SECRET": "whsec_1"}
SANDBOX = {"KIND": "sandbox"}
PLATFORMS = {
    f"ZHIFU_PLATFORMS__{number}__{name}": value
    for number in (1, 2)
    for name, value in (("KEYSTORES", f"{number}.json"), ("PASSWORD", "x"))
}
HERE = "http://127.0.0.1:8099/x"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(account: dict[str, str], *more: dict[str, str]) -> Settings:
    found = {f"ZHIFU_PROVIDERS__CARDS__{name}": value for name, value in account.items()}
    for each in more:
        found |= each
    return Settings.load(found)


def mistakes(account: dict[str, str], *more: dict[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidConfiguration) as raised:
        loaded(account, *more)
    return {each.field: each.rule for each in raised.value.mistakes}


def test_whose_an_account_is_must_be_said_where_there_are_several_platforms() -> None:
    assert "providers.cards.platforms" in mistakes(STRIPE, PLATFORMS)
    settings = loaded({**STRIPE, "PLATFORMS": "2"}, PLATFORMS)
    assert owners_of(settings, (1, 2)) == {"cards": (2,)}


def test_an_account_is_its_one_platform_s_if_nothing_else_is_said() -> None:
    assert owners_of(loaded(STRIPE), (7,)) == {"cards": (7,)}


def test_several_platforms_that_no_setting_names_need_it_as_well() -> None:
    with pytest.raises(InvalidInput) as raised:
        owners_of(loaded(STRIPE), (1, 2))
    assert raised.value.field == "providers.cards.platforms"


def test_all_whose_owners_are_not_said_are_named_at_once() -> None:
    more = {"ZHIFU_PROVIDERS__PLAY__KIND": "sandbox", "ZHIFU_PROVIDERS__TOY__KIND": "sandbox"}
    with pytest.raises(InvalidInput) as raised:
        owners_of(loaded(STRIPE, more), (1, 2))
    assert all(name in str(raised.value) for name in ("cards", "play", "toy"))


def test_the_doctor_tells_that_nobody_is_said_to_own_an_account() -> None:
    unsaid = loaded(STRIPE)
    (found,) = check_owners(Case(unsaid))
    assert (found.check, found.verdict) == ("providers.platforms", Verdict.WARNING)
    assert "cards" in found.saw
    assert not [*check_owners(Case(loaded({**STRIPE, "PLATFORMS": "2"})))]


def test_an_account_belongs_to_platforms_that_are_here() -> None:
    told = mistakes({**STRIPE, "PLATFORMS": "2,3"}, PLATFORMS)
    assert told == {"providers.cards.platforms": "must be among the platforms here: 3 is not"}


ALIPAY = "https://openapi-sandbox.dl.alipaydev.com/gateway.do"
WECHATPAY = "https://api2.mch.weixin.qq.com"


@pytest.mark.parametrize(
    ("kind", "arguments", "live"),
    [
        ("stripe", {"secret_key": "sk_test_1"}, False),
        ("stripe", {"secret_key": "rk_live_1"}, True),
        ("stripe", {"secret_key": "sk_live_1", "base_url": HERE}, True),
        ("stripe", {"secret_key": "sk_test_1", "livemode": True}, True),
        ("stripe", {"secret_key": "sk_live_1", "livemode": False}, True),
        ("wechatpay", {}, True),
        ("wechatpay", {"base_url": WECHATPAY}, True),
        ("wechatpay", {"base_url": HERE}, False),
        ("wechatpay", {"base_url": HERE, "livemode": True}, True),
        ("alipay", {"base_url": HERE, "livemode": True}, True),
        ("alipay", {"base_url": "https://sandbox.example/x", "livemode": False}, False),
        ("alipay", {"base_url": ALIPAY}, False),
        ("alipay", {"base_url": "https://alipaydev.com.example/"}, True),
        ("sandbox", {}, False),
    ],
)
def test_real_money_is_told_by_the_key_or_the_address(
    kind: str, arguments: dict[str, object], live: bool
) -> None:
    if "secret_key" in arguments:
        arguments = {**arguments, "secret_key": Secret(str(arguments["secret_key"]))}
    assert is_live(ProviderSettings(kind, arguments)) is live


def test_test_keys_move_no_real_money_and_live_ones_no_other() -> None:
    real, play = loaded({**STRIPE, "SECRET_KEY": "sk_live_1"}), loaded(SANDBOX)
    require_mode(real, live=True)
    require_mode(play, live=False)
    for settings, live in ((real, False), (play, True)):
        with pytest.raises(InvalidInput) as raised:
            require_mode(settings, live=live)
        assert raised.value.field == "providers.cards"


PLAY = {"ZHIFU_PROVIDERS__PLAY__KIND": "sandbox"}


@pytest.mark.parametrize(
    ("key", "more", "verdict"),
    [
        ("sk_live_1", PLAY, Verdict.FAILURE),
        ("sk_test_1", PLAY, Verdict.OK),
        ("sk_live_1", {}, Verdict.OK),
    ],
)
def test_the_doctor_tells_of_a_mix(key: str, more: dict[str, str], verdict: Verdict) -> None:
    (found,) = check_mode(Case(loaded({**STRIPE, "SECRET_KEY": key}, more)))
    assert (found.check, found.verdict) == ("providers.mode", verdict)


@pytest.mark.parametrize("address", ["http://api.example", "http://10.0.0.1:80", "http://127.1"])
def test_secrets_do_not_leave_this_machine_in_the_clear(address: str) -> None:
    assert "providers.cards.base_url" in mistakes({**STRIPE, "BASE_URL": address})


@pytest.mark.parametrize(
    "address",
    ["https://api.example", "http://127.0.0.1:1", "http://localhost:1/x", "http://[::1]:1"],
)
def test_they_may_be_sent_by_https_or_to_this_machine(address: str) -> None:
    arguments = loaded({**STRIPE, "BASE_URL": address}).providers["cards"].arguments
    assert arguments["base_url"] == address
