"""OpenZeppelin 4.9's PaymentSplitter: each payee takes a share of what has come in, one by one."""

from __future__ import annotations

from benchmarks.peers.artifacts import calldata, published
from benchmarks.peers.learners import learner
from benchmarks.scene import PRICE, Scene

_ARTIFACT = "@openzeppelin/contracts/build/contracts/PaymentSplitter.json"


def release(payees: int, scene: Scene) -> int:
    """Pay every payee what is due, who have tokens and were paid before."""
    accounts = [learner(at) for at in range(1, payees + 1)]
    code = published(_ARTIFACT).encode_creation((accounts, [1] * payees))
    splitter = str(scene.chain.send(scene.admin, None, code).contract_address)
    _release(scene, splitter, accounts)
    return _release(scene, splitter, accounts)


def _release(scene: Scene, splitter: str, accounts: list[str]) -> int:
    token = scene.network.token
    scene.send(scene.admin, token, "mint", splitter, PRICE * len(accounts))
    calls = [calldata("release(address,address)", token.address, each) for each in accounts]
    return sum(scene.chain.send(scene.relayer, splitter, each).gas_used for each in calls)
