"""What used a nonce of a key is found by a node that keeps the state of its latest blocks only."""

from __future__ import annotations

import pytest

from tests.faults.pruned import Pruned
from tests.faults.rpc_proxy import RpcProxy
from tests.integration.fair import Fair
from zhifu.chain import Chain
from zhifu.exceptions import NodeRefused


def test_who_used_a_nonce_is_found_without_an_archive(fair: Fair) -> None:
    """SUB-4: unless that was too long ago."""
    key, pruned = fair.operators[1], Pruned()
    fair.anvil.mine(300)
    nonce = fair.network.chain.nonce(key.address)
    sent = fair.network.token.approve(key, key.address, 1)
    fair.network.token.approve(key, key.address, 2)
    fair.anvil.mine(70)
    with RpcProxy(fair.anvil.rpc_url, pruned) as proxy, Chain(proxy.url) as chain:
        first, last = fair.network.deployment.first_block, chain.block_number()
        assert chain.sent_with(key.address, nonce, first, last) == sent.transaction_hash
        assert pruned.refused == 0
        assert chain.sent_with(key.address, nonce + 2, first, last) is None
        fair.anvil.mine(300)
        with pytest.raises(NodeRefused):
            chain.sent_with(key.address, nonce, first, chain.block_number())


def test_a_nonce_that_was_used_in_the_first_block_of_all_is_found(fair: Fair) -> None:
    """SUB-4."""
    key = fair.operators[1]
    chain, nonce = fair.network.chain, fair.network.chain.nonce(fair.operators[1].address)
    sent = fair.network.token.approve(key, key.address, 1)
    fair.anvil.mine(5)
    last = chain.block_number()
    for first in (0, sent.block_number, sent.block_number - 1):
        assert chain.sent_with(key.address, nonce, first, last) == sent.transaction_hash
