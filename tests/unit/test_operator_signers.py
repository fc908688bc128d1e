"""The keys that a configuration names: what opens them, and where a plain one may sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhifu.anvil import dev_signer
from zhifu.config import Settings, operator_signers, require_plain_key_allowed
from zhifu.exceptions import InvalidInput

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "operator.json"
    dev_signer(1).save_keystore(path, PASSWORD)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def configured(**variables: str) -> Settings:
    return Settings.load(
        {f"ZHIFU_PLATFORMS__{name.upper()}": value for name, value in variables.items()}
    )


def test_a_platform_signs_with_its_key_files(keystore: Path) -> None:
    found = operator_signers(configured(**{"3__keystores": str(keystore), "3__password": PASSWORD}))
    assert {number: [each.address for each in signers] for number, signers in found.items()} == {
        3: [dev_signer(1).address]
    }


def test_a_password_may_be_asked_for(keystore: Path) -> None:
    asked: list[str] = []

    def ask(sentence: str) -> str:
        asked.append(sentence)
        return PASSWORD

    settings = configured(**{"3__keystores": str(keystore), "3__prompt": "true"})
    assert operator_signers(settings, ask=ask)[3][0].address == dev_signer(1).address
    assert asked == [f"Password of {keystore} (platform 3): "]


def test_nobody_is_asked_where_there_is_no_terminal(keystore: Path) -> None:
    with pytest.raises(InvalidInput, match="where there is no terminal"):
        operator_signers(configured(**{"3__keystores": str(keystore), "3__prompt": "true"}))


def test_a_wrong_password_is_refused_without_showing_it(keystore: Path) -> None:
    settings = configured(**{"3__keystores": str(keystore), "3__password": "wrong horse"})
    with pytest.raises(InvalidInput) as refused:
        operator_signers(settings)
    assert "horse" not in str(refused.value)


def test_two_platforms_do_not_share_a_key(keystore: Path) -> None:
    copy = Path("copy.json")
    copy.write_bytes(keystore.read_bytes())
    settings = configured(
        **{
            "3__keystores": str(keystore),
            "3__password": PASSWORD,
            "4__keystores": str(copy),
            "4__password": PASSWORD,
        }
    )
    with pytest.raises(InvalidInput, match="must not use one key twice"):
        operator_signers(settings)


@pytest.mark.parametrize("chain_id", [31_337, 1_337])
def test_a_plain_key_signs_on_a_development_chain(chain_id: int) -> None:
    require_plain_key_allowed(Settings.load({"ZHIFU_KEY": "0x1"}), chain_id)


@pytest.mark.parametrize("chain_id", [1, 5, 10, 137, 11_155_111, 31_338])
def test_a_plain_key_signs_elsewhere_only_if_that_is_said(chain_id: int) -> None:
    """KEYS-1"""
    settings = Settings.load({"ZHIFU_KEY": "s3cret"})
    with pytest.raises(InvalidInput) as refused:
        require_plain_key_allowed(settings, chain_id)
    assert (refused.value.field, refused.value.value) == ("ZHIFU_KEY", chain_id)
    assert "s3cret" not in str(refused.value)
    said = Settings.load({"ZHIFU_KEY": "s3cret", "ZHIFU_CHAIN__PLAIN_KEYS": "true"})
    require_plain_key_allowed(said, chain_id)
