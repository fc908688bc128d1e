"""thirdweb's DropERC1155: a content is a token id, a licence one of its tokens, by a claim.

It keeps no money: what is paid goes to the seller at once, and there are no refunds.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.artifacts import calldata, compiled
from benchmarks.peers.learners import learner
from benchmarks.scene import PRICE, Scene
from zhifu.batch import BatchItem
from zhifu.blocks import Receipt
from zhifu.chain import TRANSACTION_GAS_LIMIT
from zhifu.models import NO_ADDRESS
from zhifu.signing import LocalSigner

_DROP = "@thirdweb-dev/contracts/prebuilts/drop/DropERC1155.sol"
_PROOF = "(bytes32[],uint256,uint256,address)"
_CLAIM = f"claim(address,uint256,uint256,address,uint256,{_PROOF},bytes)"
_CONDITION = "(uint256,uint256,uint256,uint256,bytes32,uint256,address,string)"
_SET_CONDITIONS = f"setClaimConditions(uint256,{_CONDITION}[],bool)"
_INITIALIZE = (
    "initialize(address,string,string,string,address[],address,address,uint128,uint128,address)"
)
_NO_LIST: tuple[object, ...] = ([], 0, 0, NO_ADDRESS)
_ANY = 2**256 - 1
#: So many claims are well below what a transaction may cost; more come in several.
_AT_ONCE = 100


def buy(people: int, before: int, scene: Scene) -> int:
    """Claim for that many people at once, after others claimed likewise."""
    drop = _sold(scene, [1])
    for nth in range(before):
        _claim(scene, drop, scene.buyer, _numbered(people, nth), PRICE)
    return _claim(scene, drop, scene.buyer, _numbered(people, before), PRICE)


def grant(first: Sequence[BatchItem], items: Sequence[BatchItem], scene: Scene) -> int:
    """Claim for those who paid elsewhere, for nothing, after others; all transactions together."""
    contents = sorted({each.content for each in (*first, *items)})
    drop = _sold(scene, contents, price=0)
    _claim(scene, drop, scene.admin, first, 0)
    return _claim(scene, drop, scene.admin, items, 0)


def _numbered(people: int, nth: int) -> list[BatchItem]:
    return [BatchItem(1, people * nth + at) for at in range(1, people + 1)]


def _sold(scene: Scene, contents: Sequence[int], price: int = PRICE) -> str:
    """A drop of contents that may take the buyer's tokens."""
    template = _create(scene, compiled(_DROP).encode_creation(()))
    drop = _create(scene, _clone_of(template))
    admin, token = scene.admin.address, scene.network.token.address
    named = ("courses", "C", "")
    begun = calldata(_INITIALIZE, admin, *named, [], admin, admin, 0, 0, admin)
    _send(scene, scene.admin, drop, begun)
    # Token ids begin at 0, contents at 1.
    _send(
        scene, scene.admin, drop, calldata("lazyMint(uint256,string,bytes)", 1_000, "ipfs://", b"")
    )
    for content in contents:
        condition = (0, _ANY, 0, _ANY, bytes(32), price, token, "")
        _send(scene, scene.admin, drop, calldata(_SET_CONDITIONS, content, [condition], True))
    scene.send(scene.buyer, scene.network.token, "approve", drop, _ANY)
    return drop


def _claim(
    scene: Scene, drop: str, payer: LocalSigner, items: Sequence[BatchItem], price: int
) -> int:
    gas = 0
    for start in range(0, len(items), _AT_ONCE):
        claims = [_claimed(scene, each, price) for each in items[start : start + _AT_ONCE]]
        data = claims[0] if len(claims) == 1 else calldata("multicall(bytes[])", claims)
        gas += _send(scene, payer, drop, data).gas_used
    return gas


def _claimed(scene: Scene, item: BatchItem, price: int) -> bytes:
    token = scene.network.token.address
    return calldata(_CLAIM, learner(item.learner), item.content, 1, token, price, _NO_LIST, b"")


def _clone_of(template: str) -> bytes:
    """A minimal proxy (ERC-1167), as thirdweb's factory makes."""
    code = "363d3d373d3d3d363d73" + template.removeprefix("0x") + "5af43d82803e903d91602b57fd5bf3"
    return bytes.fromhex("3d602d80600a3d3981f3" + code)


def _create(scene: Scene, code: bytes) -> str:
    return str(scene.chain.send(scene.admin, None, code).contract_address)


def _send(scene: Scene, signer: LocalSigner, to: str, data: bytes) -> Receipt:
    return scene.chain.send(signer, to, data, gas=TRANSACTION_GAS_LIMIT)
