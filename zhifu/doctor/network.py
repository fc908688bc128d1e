"""The chain: does it answer, is it the right one, does it go on, and what does gas cost?"""

from __future__ import annotations

from collections.abc import Iterator

from zhifu.blocks import Block
from zhifu.doctor.case import Case
from zhifu.doctor.finding import Finding, failure, fine, warning
from zhifu.exceptions import ChainUnreachable, InvalidInput, NodeRefused
from zhifu.finality import Finality
from zhifu.rpc import public_url

_SAMPLE_BLOCKS = 20
_STALE_SECONDS = 60
_STALE_INTERVALS = 10
_DEAD_TIMES = 10
_GWEI = 10**9


def check_answer(case: Case) -> Iterator[Finding]:
    """Whether a node answers, and which chain it serves."""
    address = public_url(case.settings.rpc_url)
    try:
        chain = case.chain
    except (ChainUnreachable, NodeRefused, InvalidInput) as error:
        advice = "start the node, or let chain.rpc be the address of one that runs"
        yield failure("chain.reachable", str(error), advice)
        return
    yield fine("chain.reachable", address)
    expected = case.settings.chain.id
    if expected not in (None, chain.chain_id):
        advice = "let chain.rpc be a node of the chain that chain.id names"
        yield failure("chain.id", f"{chain.chain_id}, and chain.id is {expected}", advice)
    else:
        yield fine("chain.id", str(chain.chain_id))


def check_head(case: Case) -> Iterator[Finding]:
    """Whether the chain goes on."""
    chain = case.need_chain()
    head = chain.block()
    age = int(case.clock()) - head.timestamp
    saw = f"block {head.number}, {max(age, 0)} s old"
    if case.is_development:
        yield fine("chain.head", f"{saw}; a development chain mines when it has to")
        return
    interval = _interval(case, head)
    limit = max(_STALE_SECONDS, _STALE_INTERVALS * interval)
    advice = "see that the node has peers and that the chain makes blocks"
    if age > _DEAD_TIMES * limit:
        yield failure("chain.head", saw, advice)
    elif age > limit:
        yield warning("chain.head", saw, advice)
    else:
        yield fine("chain.head", saw)


def _interval(case: Case, head: Block) -> int:
    """How many seconds the latest blocks are apart."""
    blocks = min(_SAMPLE_BLOCKS, head.number)
    if blocks == 0:
        return 0
    return (head.timestamp - case.chain.timestamp(head.number - blocks)) // blocks


def check_syncing(case: Case) -> Iterator[Finding]:
    """Whether the node has caught up with its chain."""
    try:
        found = case.need_chain().rpc.call("eth_syncing")
    except NodeRefused as refused:
        yield warning("chain.syncing", f"the node does not say: {refused.reason}", "ask its owner")
        return
    if not found:
        yield fine("chain.syncing", "caught up")
        return
    advice = "wait until it has caught up: orders of blocks it lacks do not verify"
    yield failure("chain.syncing", f"still catching up{_progress(found)}", advice)


def _progress(found: object) -> str:
    if not isinstance(found, dict) or not {"currentBlock", "highestBlock"} <= found.keys():
        return ""
    current, highest = (int(found[each], 16) for each in ("currentBlock", "highestBlock"))
    return f", at block {current} of {highest}"


def check_finality(case: Case) -> Iterator[Finding]:
    """Whether the chain has the blocks that ``chain.confirmations`` counts by."""
    chain, wanted = case.need_chain(), case.settings.chain.confirmations
    if wanted is None:
        wanted = Finality.usual(chain.chain_id).rule
    if isinstance(wanted, str):
        yield _tagged(case, wanted)
    elif wanted == 0 and not case.is_development:
        advice = "set chain.confirmations to how deep a block is never undone, or to finalized"
        yield warning("chain.confirmations", "0: what is included counts as final", advice)
    else:
        depth = min(wanted, chain.block_number())
        yield fine("chain.confirmations", f"{wanted} blocks ({depth} are there)")


def _tagged(case: Case, tag: str) -> Finding:
    try:
        block = case.chain.block(tag)
    except (InvalidInput, NodeRefused):
        advice = "set chain.confirmations to a number of blocks"
        return failure("chain.confirmations", f"the chain has no {tag} block", advice)
    behind = case.chain.block_number() - block.number
    return fine("chain.confirmations", f"the {tag} block is {behind} behind the latest")


def check_gas_price(case: Case) -> Iterator[Finding]:
    """What gas costs, and whether the cap lets a transaction in."""
    price, cap = gas_price(case), case.settings.chain.max_fee_per_gas_wei
    saw = f"{price / _GWEI:.3f} gwei"
    if cap is not None and cap < price:
        advice = "raise chain.max_fee_per_gas_wei, or wait: stuck transactions are not replaced"
        yield warning("chain.gas_price", f"{saw}, above the cap of {cap / _GWEI:.3f}", advice)
    else:
        yield fine("chain.gas_price", saw)


def gas_price(case: Case) -> int:
    """What a transaction pays per gas now, in wei: nothing where the base fee is nothing."""
    chain = case.need_chain()
    base_fee = chain.block().base_fee
    return base_fee + int(chain.rpc.call("eth_maxPriorityFeePerGas"), 16) if base_fee else 0
