"""Unlock Protocol: a lock is a content, a key is a licence. PublicLock 15 behind its factory.

As where it is deployed, the factory stands behind a proxy that can be upgraded, and so does each
lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.peers.artifacts import calldata, published
from benchmarks.peers.learners import learner
from benchmarks.scene import PRICE, Scene
from zhifu.abi import Artifact
from zhifu.batch import BatchItem
from zhifu.blocks import Receipt
from zhifu.chain import TRANSACTION_GAS_LIMIT
from zhifu.deployment import DAY_SECONDS
from zhifu.models import NO_ADDRESS
from zhifu.signing import LocalSigner

_PACKAGE = "@unlock-protocol/contracts/dist/abis"
_CONTRACTS = ("Unlock/UnlockV14", "PublicLock/PublicLockV15")
_PROXY = "@openzeppelin/contracts/build/contracts/TransparentUpgradeableProxy.json"
_PROXY_ADMIN = "0x" + "ad" * 20
_VERSION = 15
_FOREVER = 2**256 - 1
_RENTAL_SECONDS = 30 * DAY_SECONDS
_PURCHASE = "purchase(uint256[],address[],address[],address[],bytes[])"
_INITIALIZE = "initialize(address,uint256,address,uint256,uint256,string)"
#: So many keys are well below what a transaction may cost; more come in several.
_AT_ONCE = 75


def buy(keys: int, before: int, scene: Scene) -> int:
    """Buy that many keys at once for as many people, after others were bought likewise."""
    lock = _sold(scene)
    for nth in range(before):
        _purchase(scene, lock, keys, nth)
    return _purchase(scene, lock, keys, before).gas_used


def grant(first: Sequence[BatchItem], items: Sequence[BatchItem], scene: Scene) -> int:
    """Give keys to those who paid elsewhere, after others; all transactions together."""
    factory = _factory(scene)
    contents = sorted({each.content for each in (*first, *items)})
    locks = {content: _lock(scene, factory, _FOREVER) for content in contents}
    _grant(scene, locks, first)
    return _grant(scene, locks, items)


def withdraw(scene: Scene) -> int:
    """Take a part of what a lock has earned."""
    lock = _sold(scene)
    _purchase(scene, lock, 2, 0)
    data = calldata("withdraw(address,address,uint256)", *_token(scene), scene.buyer.address, PRICE)
    return _send(scene, scene.admin, lock, data).gas_used


def refund(scene: Scene) -> int:
    """Cancel the second of three keys for what was paid."""
    lock = _sold(scene, _RENTAL_SECONDS)
    free_trial = calldata("updateRefundPenalty(uint256,uint256)", _RENTAL_SECONDS, 0)
    _send(scene, scene.admin, lock, free_trial)
    for _ in range(3):
        _purchase_for(scene, lock, [scene.buyer.address])
    return _send(scene, scene.buyer, lock, calldata("cancelAndRefund(uint256)", 2)).gas_used


def renew(scene: Scene) -> int:
    """Buy the next term of a key."""
    lock = _sold(scene, _RENTAL_SECONDS)
    _purchase_for(scene, lock, [scene.buyer.address])
    data = calldata("extend(uint256,uint256,address,bytes)", PRICE, 1, NO_ADDRESS, b"")
    _send(scene, scene.buyer, lock, data)
    return _send(scene, scene.buyer, lock, data).gas_used


def _sold(scene: Scene, seconds: int = _FOREVER) -> str:
    """A lock that may take the buyer's tokens."""
    lock = _lock(scene, _factory(scene), seconds)
    scene.send(scene.buyer, scene.network.token, "approve", lock, 2**256 - 1)
    return lock


def _factory(scene: Scene) -> str:
    behind, template = (_create(scene, name) for name in _CONTRACTS)
    begun = calldata("initialize(address)", scene.admin.address)
    factory = _deployed(scene, published(_PROXY), behind, _PROXY_ADMIN, begun)
    for call in (
        calldata("addLockTemplate(address,uint16)", template, _VERSION),
        calldata("setLockTemplate(address)", template),
    ):
        _send(scene, scene.admin, factory, call)
    return factory


def _create(scene: Scene, name: str) -> str:
    return _deployed(scene, published(f"{_PACKAGE}/{name}.json"))


def _deployed(scene: Scene, artifact: Artifact, *arguments: object) -> str:
    receipt = scene.chain.send(scene.admin, None, artifact.encode_creation(arguments))
    return str(receipt.contract_address)


def _lock(scene: Scene, factory: str, seconds: int) -> str:
    terms = (scene.admin.address, seconds, *_token(scene), PRICE, 2**256 - 1, "course")
    call = calldata(
        "createUpgradeableLockAtVersion(bytes,uint16)", calldata(_INITIALIZE, *terms), _VERSION
    )
    receipt = _send(scene, scene.admin, factory, call)
    keys = calldata("updateLockConfig(uint256,uint256,uint256)", seconds, 2**256 - 1, 1_000_000)
    made = [log.address for log in receipt.logs if log.address != factory]
    _send(scene, scene.admin, made[0], keys)
    return made[0]


def _purchase(scene: Scene, lock: str, keys: int, nth: int) -> Receipt:
    return _purchase_for(scene, lock, [learner(keys * nth + at) for at in range(1, keys + 1)])


def _purchase_for(scene: Scene, lock: str, learners: Sequence[str]) -> Receipt:
    none, keys = [NO_ADDRESS] * len(learners), len(learners)
    data = calldata(_PURCHASE, [PRICE] * keys, learners, none, none, [b""] * keys)
    return _send(scene, scene.buyer, lock, data)


def _grant(scene: Scene, locks: Mapping[int, str], items: Sequence[BatchItem]) -> int:
    learners = defaultdict(list)
    for each in items:
        learners[each.content].append(learner(each.learner))
    gas = 0
    for content, theirs in learners.items():
        for start in range(0, len(theirs), _AT_ONCE):
            some = theirs[start : start + _AT_ONCE]
            ends, owners = [_FOREVER] * len(some), [NO_ADDRESS] * len(some)
            data = calldata("grantKeys(address[],uint256[],address[])", some, ends, owners)
            gas += _send(scene, scene.admin, locks[content], data).gas_used
    return gas


def _token(scene: Scene) -> tuple[str]:
    return (scene.network.token.address,)


def _send(scene: Scene, signer: LocalSigner, to: str, data: bytes) -> Receipt:
    return scene.chain.send(signer, to, data, gas=TRANSACTION_GAS_LIMIT)
