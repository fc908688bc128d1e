from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from zhifu.exceptions import InvalidInput
from zhifu.signing import LocalSigner

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_a_key_is_taken_with_or_without_its_prefix() -> None:
    assert LocalSigner.from_key(KEY).address == ADDRESS
    assert LocalSigner.from_key(KEY[2:]).address == ADDRESS


@pytest.mark.parametrize("key", ["", "0x", "0x12", KEY + "00", "g" * 64, "0x" + "00" * 32])
def test_a_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        LocalSigner.from_key(key)
    assert refused.value.field == "key"
    assert refused.value.value is None
    assert refused.value.__cause__ is None


def test_a_signer_does_not_show_its_key() -> None:
    assert repr(LocalSigner.from_key(KEY)) == f"LocalSigner({ADDRESS})"


def test_a_transaction_is_signed_for_its_sender() -> None:
    signed = LocalSigner.from_key(KEY).sign_transaction(
        {
            "type": 2,
            "chainId": 1,
            "nonce": 7,
            "gas": 21_000,
            "maxFeePerGas": 1,
            "maxPriorityFeePerGas": 0,
            "to": ADDRESS,
            "value": 1,
            "data": b"",
        }
    )
    assert (signed.sender, signed.nonce) == (ADDRESS, 7)
    assert Account.recover_transaction(signed.raw) == ADDRESS


def test_typed_data_is_signed_so_that_the_signer_is_recovered() -> None:
    domain = {"name": "zhifu", "version": "1", "chainId": 1}
    types = {"Order": [{"name": "content", "type": "uint256"}]}
    message = {"content": 5}
    signature = LocalSigner.from_key(KEY).sign_typed_data(domain, types, message)
    assert len(signature) == 65
    encoded = encode_typed_data(domain, types, message)
    assert Account.recover_message(encoded, signature=signature) == ADDRESS


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "operator.json"
    LocalSigner.from_key(KEY).save_keystore(path, "correct horse")
    return path


class TestKeystore:
    def test_opens_with_its_password(self, keystore: Path) -> None:
        assert LocalSigner.from_keystore(keystore, "correct horse").address == ADDRESS

    def test_stays_shut_with_another(self, keystore: Path) -> None:
        with pytest.raises(InvalidInput) as refused:
            LocalSigner.from_keystore(keystore, "wrong horse")
        assert refused.value.field == "password"
        assert "horse" not in str(refused.value)

    def test_is_for_its_owner_only_and_holds_no_plain_key(self, keystore: Path) -> None:
        assert stat.S_IMODE(keystore.stat().st_mode) == 0o600
        assert KEY[2:] not in keystore.read_text()

    def test_is_never_overwritten(self, keystore: Path) -> None:
        before = keystore.read_bytes()
        with pytest.raises(InvalidInput) as refused:
            LocalSigner.create().save_keystore(keystore, "another")
        assert refused.value.field == "keystore"
        assert keystore.read_bytes() == before

    def test_needs_a_password(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput):
            LocalSigner.create().save_keystore(tmp_path / "open.json", "")
        assert not (tmp_path / "open.json").exists()

    @pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"version": 9}), "\x00"])
    def test_must_be_one(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "not-a-keystore.json"
        path.write_text(content)
        with pytest.raises(InvalidInput) as refused:
            LocalSigner.from_keystore(path, "any")
        assert refused.value.field == "keystore"

    def test_must_exist(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput):
            LocalSigner.from_keystore(tmp_path / "none.json", "any")
