"""What a process sees before it works on a deployment (START-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from zhifu.abi import artifact
from zhifu.anvil import Anvil, dev_signer
from zhifu.chain import Chain
from zhifu.deployment import CONTRACTS, Deployment, Network, deploy
from zhifu.exceptions import NotDeployed, WrongChain, WrongContractCode

OURS = [name for name in CONTRACTS if name != "token"]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil() as anvil:
        yield anvil


@pytest.fixture(scope="module")
def chain(anvil: Anvil) -> Iterator[Chain]:
    with Chain(anvil.rpc_url) as chain:
        yield chain


@pytest.fixture(scope="module")
def deployment(chain: Chain) -> Deployment:
    return deploy(chain, dev_signer(0))


@pytest.fixture(autouse=True)
def undone(anvil: Anvil, deployment: Deployment) -> Iterator[None]:
    snapshot = anvil.snapshot()
    yield
    anvil.revert(snapshot)


def set_code(anvil: Anvil, address: str, code: bytes) -> None:
    anvil.rpc.call("anvil_setCode", address, "0x" + code.hex())


def test_what_was_deployed_is_what_is_shipped(chain: Chain, deployment: Deployment) -> None:
    Network(chain, deployment)


@pytest.mark.parametrize("name", OURS)
def test_code_with_one_other_byte_is_refused(
    anvil: Anvil, chain: Chain, deployment: Deployment, name: str
) -> None:
    address = getattr(deployment, name)
    code = bytearray(chain.code(address))
    code[-1] ^= 1
    set_code(anvil, address, bytes(code))
    with pytest.raises(WrongContractCode) as refused:
        Network(chain, deployment)
    assert (refused.value.contract, refused.value.address) == (name, address)


@pytest.mark.parametrize("name", OURS)
def test_code_that_is_longer_or_shorter_is_refused(
    anvil: Anvil, chain: Chain, deployment: Deployment, name: str
) -> None:
    address = getattr(deployment, name)
    code = chain.code(address)
    for other in (code + b"\0", code[:-1]):
        set_code(anvil, address, other)
        with pytest.raises(WrongContractCode):
            Network(chain, deployment)


def test_another_contract_of_ours_in_the_place_of_one_is_refused(
    anvil: Anvil, chain: Chain, deployment: Deployment
) -> None:
    set_code(anvil, deployment.desk, chain.code(deployment.court))
    with pytest.raises(WrongContractCode):
        Network(chain, deployment)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_missing_contract_is_refused(
    anvil: Anvil, chain: Chain, deployment: Deployment, name: str
) -> None:
    set_code(anvil, getattr(deployment, name), b"")
    with pytest.raises(NotDeployed) as refused:
        Network(chain, deployment)
    assert refused.value.missing == name


def test_contracts_of_two_networks_are_refused(chain: Chain, deployment: Deployment) -> None:
    other = deploy(chain, dev_signer(1))
    mixed = replace(other, registry=deployment.registry)
    with pytest.raises(NotDeployed):
        Network(chain, mixed)


def test_another_token_may_have_any_code(
    anvil: Anvil, chain: Chain, deployment: Deployment
) -> None:
    code = bytearray(chain.code(deployment.token))
    code[-1] ^= 1
    set_code(anvil, deployment.token, bytes(code))
    Network(chain, deployment)


def test_another_chain_is_refused(chain: Chain, deployment: Deployment) -> None:
    with pytest.raises(WrongChain):
        Network(chain, replace(deployment, chain_id=1))


def test_a_chain_that_was_started_anew_is_refused(chain: Chain, deployment: Deployment) -> None:
    for other in (
        replace(deployment, block_hash="0x" + "12" * 32),
        replace(deployment, block=deployment.block + 1_000),
    ):
        with pytest.raises(NotDeployed):
            Network(chain, other)


def test_immutable_values_are_where_the_compiler_says(chain: Chain, deployment: Deployment) -> None:
    settlement = artifact("Settlement")
    code = chain.code(deployment.settlement)
    words = {code[at : at + 32] for at in settlement.immutable_words}
    assert int(deployment.token, 16).to_bytes(32, "big") in words
    assert not settlement.is_code(settlement.runtime[:-1])
