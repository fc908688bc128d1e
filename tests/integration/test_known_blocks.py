"""SUB-10: what was reorganised away is noticed by all that is known of the last block."""

from __future__ import annotations

import time

from tests.integration.fair import Fair
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.payments import BatchState
from zhifu.store import Store


def test_an_index_that_another_process_keeps_hides_no_reorganisation(fair: Fair) -> None:
    """Its last block is as high as that in which a batch was, and is another one."""
    with fair.gateway(1, batch_age_ms=0, confirmations=5) as gateway:
        gateway.pay(fair.request())
        assert gateway.settle_due(1) is not None
        fair.anvil.rpc.call("anvil_reorg", 1, [])
        with Store.open(fair.url()) as store:
            Indexer(store, fair.network, Index(), lambda: int(time.time())).sync()
        gateway.pay(fair.request(learner=2))
        gateway.freshness.note()
        assert gateway.settle_due(1) is not None
        gateway.sync()
        assert [batch.number for batch in gateway.batches(1)] == [1, 2]
        assert [batch.state for batch in gateway.batches(1)] == [BatchState.SETTLED] * 2
        assert all(gateway.may_use(learner, 1) for learner in (1, 2))
