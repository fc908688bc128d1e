"""A key in another process that signs digests and nothing else (KEYS-2)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from coincurve import PrivateKey
from coincurve.ecdsa import der_to_cdata, serialize_compact
from eth_account import Account
from eth_account.messages import encode_typed_data

from zhifu.anvil import dev_key, dev_signer
from zhifu.exceptions import InvalidSignature
from zhifu.remote_signer import RemoteSigner
from zhifu.signing import Signer

ADDRESS = dev_signer(1).address
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

#: Answers a line of hex with a line of hex: the signature in DER, which tells no recovery id.
SERVICE = """
import sys
from coincurve import PrivateKey
key = PrivateKey(bytes.fromhex(sys.argv[1]))
for line in sys.stdin:
    print(key.sign(bytes.fromhex(line), hasher=None).hex(), flush=True)
"""

TRANSACTION = {
    "type": 2,
    "chainId": 1,
    "nonce": 7,
    "gas": 21_000,
    "maxFeePerGas": 10,
    "maxPriorityFeePerGas": 1,
    "to": ADDRESS,
    "value": 1,
    "data": b"\x01\x02",
}
DOMAIN = {"name": "zhifu", "version": "1", "chainId": 1}
TYPES = {"Order": [{"name": "content", "type": "uint256"}]}


def key_service(index: int) -> Iterator[Callable[[bytes], bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE, dev_key(index).removeprefix("0x")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout

    def sign_digest(digest: bytes) -> bytes:
        print(digest.hex(), file=process.stdin, flush=True)
        return bytes.fromhex(process.stdout.readline())  # type: ignore[union-attr]

    yield sign_digest
    process.stdin.close()
    process.wait()


@pytest.fixture(scope="module")
def service() -> Iterator[Callable[[bytes], bytes]]:
    yield from key_service(1)


def der(digest: bytes) -> bytes:
    return PrivateKey.from_hex(dev_key(1).removeprefix("0x")).sign(digest, hasher=None)


def compact(digest: bytes) -> bytes:
    library: Any = serialize_compact
    read: Any = der_to_cdata
    return bytes(library(read(der(digest))))


def high(digest: bytes) -> bytes:
    """The same signature by its other s, which is as good to a key service."""
    found = compact(digest)
    s = ORDER - int.from_bytes(found[32:], "big")
    return found[:32] + s.to_bytes(32, "big")


def with_id(digest: bytes) -> bytes:
    return compact(digest) + b"\x1b"


def test_another_process_signs_as_the_key_itself_would(
    service: Callable[[bytes], bytes],
) -> None:
    remote: Signer = RemoteSigner(ADDRESS, service)
    local = dev_signer(1)
    for nonce in range(8):
        transaction = {**TRANSACTION, "nonce": nonce}
        assert remote.sign_transaction(transaction) == local.sign_transaction(transaction)
        message = {"content": nonce}
        signature = remote.sign_typed_data(DOMAIN, TYPES, message)
        assert signature == local.sign_typed_data(DOMAIN, TYPES, message)


def test_a_transaction_may_create_a_contract() -> None:
    creation = {name: value for name, value in TRANSACTION.items() if name != "to"}
    signed = RemoteSigner(ADDRESS, der).sign_transaction(creation)
    assert signed == dev_signer(1).sign_transaction(creation)


@pytest.mark.parametrize("form", [der, compact, high, with_id])
def test_every_form_of_a_signature_becomes_the_one_that_ethereum_takes(
    form: Callable[[bytes], bytes],
) -> None:
    signer = RemoteSigner(ADDRESS, form)
    for nonce in range(16):
        signed = signer.sign_transaction({**TRANSACTION, "nonce": nonce})
        assert Account.recover_transaction(signed.raw) == ADDRESS
        signature = signer.sign_typed_data(DOMAIN, TYPES, {"content": nonce})
        assert int.from_bytes(signature[32:64], "big") <= ORDER // 2
        assert signature[64] in (27, 28)
        encoded = encode_typed_data(DOMAIN, TYPES, {"content": nonce})
        assert Account.recover_message(encoded, signature=signature) == ADDRESS


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x30", b"\x00" * 64, b"\xff" * 64, b"\x30\x06\x02\x01\x00\x02\x01\x00", b"x" * 71],
)
def test_what_is_no_signature_is_refused(answer: bytes) -> None:
    with pytest.raises(InvalidSignature):
        RemoteSigner(ADDRESS, lambda _: answer).sign_transaction(TRANSACTION)


def test_a_service_that_signs_with_another_key_is_found_out() -> None:
    with pytest.raises(InvalidSignature) as refused:
        RemoteSigner(dev_signer(2).address, der).sign_transaction(TRANSACTION)
    assert refused.value.signer == dev_signer(2).address


def test_a_service_that_fails_says_so_itself() -> None:
    def fail(_: bytes) -> bytes:
        raise TimeoutError("no answer from the key service")

    with pytest.raises(TimeoutError):
        RemoteSigner(ADDRESS, fail).sign_transaction(TRANSACTION)
