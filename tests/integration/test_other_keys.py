"""SUB-13: what another key of a platform has signed is done once all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.faults.dropped import Hasty
from tests.integration.fair import Fair
from tests.integration.test_acts import FIVE, withdrawn
from zhifu.anvil import dev_signer
from zhifu.exceptions import TransactionPending
from zhifu.gateway import Gateway
from zhifu.operators import appoint
from zhifu.payments import OrderState

NEW_KEY = dev_signer(9)
#: Longer than a key may leave what it began before others look after it.
LONG = 61


class Keys:
    """A gateway of platform 1 with the old key and one with the new key, on the same books."""

    def __init__(self, fair: Fair) -> None:
        self.now = 1_750_000_000
        self._fair = fair
        self._chain = Hasty(fair.anvil.rpc_url)
        appoint(fair.network.registry, fair.operators[1], 1, NEW_KEY)

    @contextmanager
    def old(self) -> Iterator[Gateway]:
        with self._with(self._fair) as gateway:
            yield gateway

    @contextmanager
    def new(self) -> Iterator[Gateway]:
        with self._with(replace(self._fair, operators={1: NEW_KEY})) as gateway:
            yield gateway

    def _with(self, fair: Fair) -> Gateway:
        network = fair.same_chain(self._chain)
        return fair.gateway(
            1, network=network, clock=lambda: self.now, replace_after_seconds=LONG - 1
        )

    def leave(self) -> str:
        """The old key sends a withdrawal that nobody includes; the hash of its transaction."""
        self._fair.anvil.set_automine(False)
        with self.old() as gateway, pytest.raises(TransactionPending):
            gateway.withdraw(1, FIVE, "key")
        ((name,),) = self._fair.rows("SELECT transaction_hash FROM operations")
        return str(name)

    def end(self) -> None:
        self._fair.anvil.set_automine(True)
        self._chain.close()


@pytest.fixture
def keys(fair: Fair) -> Iterator[Keys]:
    found = Keys(fair)
    yield found
    found.end()


def test_what_another_key_has_sent_waits_for_its_transaction(fair: Fair, keys: Keys) -> None:
    keys.leave()
    with keys.new() as gateway:
        with pytest.raises(TransactionPending):
            gateway.withdraw(1, FIVE, "key")
        fair.anvil.mine()
        assert gateway.withdraw(1, FIVE, "key").state == "settled"
    fair.anvil.mine()
    assert withdrawn(fair) == 1


def test_what_a_replaced_key_has_left_is_looked_after(fair: Fair, keys: Keys) -> None:
    """The node has lost it: it is sent again as it was signed."""
    fair.anvil.rpc.call("anvil_dropTransaction", keys.leave())
    keys.now += LONG
    fair.anvil.set_automine(True)
    with keys.new() as gateway:
        for _ in range(2):
            gateway.recover()
        assert gateway.withdrawals(1)[0].state in ("settled", "confirmed")
    assert withdrawn(fair) == 1


def test_it_is_done_with_the_new_key_once_the_old_one_never_can(fair: Fair, keys: Keys) -> None:
    fair.anvil.rpc.call("anvil_dropTransaction", keys.leave())
    fair.anvil.set_automine(True)
    fair.network.chain.send(fair.operators[1], fair.operators[1].address, b"")
    with keys.new() as gateway:
        assert gateway.withdraw(1, FIVE, "key").state == "settled"
    assert withdrawn(fair) == 1
    assert fair.rows("SELECT state FROM operations ORDER BY id") == [("refused",), ("settled",)]


def test_orders_of_a_batch_that_another_key_left_are_settled(fair: Fair, keys: Keys) -> None:
    fair.anvil.set_automine(False)
    with keys.old() as gateway:
        (order,) = gateway.pay(fair.request()).orders
        with pytest.raises(TransactionPending):
            gateway.settle(1)
    fair.anvil.set_automine(True)
    fair.anvil.mine()
    keys.now += LONG
    with keys.new() as gateway:
        gateway.recover()
        assert gateway.order(order.id).state in (OrderState.SETTLED, OrderState.CONFIRMED)
        assert gateway.settle(1) is None
        assert gateway.may_use(1, 1)
