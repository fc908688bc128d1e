"""A network that is not a local chain: everybody brings a key, and transactions cost gas."""

from collections.abc import Iterator

import pytest

from tests.acceptance.zhifu_process import Zhifu, ZhifuHere
from zhifu.anvil import Anvil, dev_key, dev_signer

ADMIN, OWNER, CREATOR = ({"ZHIFU_KEY": dev_key(index)} for index in range(3))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil(chain_id=4242, base_fee_wei=10**9) as chain:
        allowed = {"ZHIFU_CHAIN__PLAIN_KEYS": "true"}
        yield ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url, allowed)


@pytest.fixture(scope="module")
def zhifu(bare: Zhifu) -> Zhifu:
    bare("deploy", **ADMIN)
    bare("platform", "add", "udemy", "--owner", dev_signer(1).address, **ADMIN)
    return bare


def test_nothing_is_signed_without_a_key(bare: Zhifu) -> None:
    said = "key: must be given by --key-name, ZHIFU_KEY, or ZHIFU_KEYSTORE and ZHIFU_PASSWORD"
    assert bare.refused("deploy").startswith(said)


def test_a_plain_key_signs_nothing_unless_that_is_allowed(zhifu: Zhifu) -> None:
    said = zhifu.refused("learner", "add", "-p", "udemy", ZHIFU_CHAIN__PLAIN_KEYS="", **OWNER)
    assert said.startswith("ZHIFU_KEY: must be on a development chain")


def test_development_keys_are_for_local_chains(zhifu: Zhifu) -> None:
    assert zhifu.json("key", "list") == []
    assert zhifu.refused("platform", "add", "edx", **ADMIN).startswith("owner: must be given")
    assert zhifu.refused("release", "--fast-forward").startswith("fast_forward: must not")
    assert zhifu.refused("key", "new", "alice").startswith("ZHIFU_PASSWORD: must be set")


def test_each_role_signs_with_its_own_key(zhifu: Zhifu) -> None:
    owner, creator = dev_signer(1).address, dev_signer(2).address
    price = ("--ref", "a", "--price", "10.00", "--creator", creator)
    assert zhifu.refused("content", "publish", "-p", "udemy", *price, **OWNER).startswith(
        "operator: must be an operator of the platform"
    )
    zhifu("platform", "operator", "udemy", owner, **OWNER)
    zhifu("content", "publish", "-p", "udemy", *price, **OWNER)
    zhifu("learner", "add", "-p", "udemy", **OWNER)
    zhifu("purchase", "udemy/a", "-l", "1", "-p", "udemy", **OWNER)
    assert zhifu.refused("settle", **OWNER).startswith("balance: must cover the amount")
    words = ("deposit", "platform:udemy", "10.00", "--mint")
    assert zhifu.refused(*words, **OWNER).startswith("mint: must be within the mint allowance")
    zhifu(*words, **ADMIN)
    assert zhifu.json("settle", **OWNER)["batches"][0]["orders"] == 1
    assert zhifu.json("verify", "udemy/a", "-l", "1")["may_use"]
    assert zhifu.refused("withdraw", "platform:udemy", "1.00", **OWNER).startswith("balance: must")
    assert zhifu.refused("withdraw", creator, "1.00", **OWNER).startswith("balance: must cover")
