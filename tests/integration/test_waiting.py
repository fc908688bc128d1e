"""How long a gateway waits for a transaction that the chain does not include."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import pytest

from tests.integration.fair import Fair
from zhifu import rounds
from zhifu.blocks import Receipt
from zhifu.chain import Chain
from zhifu.exceptions import TransactionPending
from zhifu.payments import BatchState


class Patient(Chain):
    """Notes how long it was to wait for a receipt, and does not."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seconds: list[float] = []

    def wait_for_receipt(self, transaction_hash: str, *, timeout_seconds: float = 60.0) -> Receipt:
        self.seconds.append(timeout_seconds)
        return super().wait_for_receipt(transaction_hash, timeout_seconds=0.1)


@pytest.mark.parametrize(("round_seconds", "waited"), [(None, 60.0), (7.0, 7.0), (0.0, 1.0)])
def test_what_comes_round_again_waits_no_longer_than_its_round(
    fair: Fair, round_seconds: float | None, waited: float
) -> None:
    """SUB-12: a worker's, that is; whoever asks waits for a minute."""
    chain = Patient(fair.anvil.rpc_url)
    with chain, fair.gateway(1, network=fair.same_chain(chain)) as gateway:
        gateway.pay(fair.request())
        fair.anvil.set_automine(False)
        working: AbstractContextManager[None] = nullcontext()
        if round_seconds is not None:
            working = rounds.running(rounds.Round(round_seconds, clock=lambda: 0.0))
        with working, pytest.raises(TransactionPending):
            gateway.settle(1)
        assert set(chain.seconds) == {waited}
        fair.anvil.set_automine(True)
        fair.anvil.mine()
        assert [batch.state for batch in gateway.recover()] == [BatchState.SETTLED]
