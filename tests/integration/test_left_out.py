"""PAY-11: orders that no batch can carry, for a while or for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.counter import HOUR, PRICE, Counter, name, paid
from zhifu.chain import Chain
from zhifu.checkouts import OpenCheckout
from zhifu.index import Index
from zhifu.indexer import Indexer
from zhifu.lanebook import BatchDraft
from zhifu.payments import OrderState
from zhifu.selection import Selection
from zhifu.store import Store


def put_on_sale(counter: Counter, active: bool) -> None:
    fair = counter.fair
    fair.network.license.set_active(fair.operators[1], 1, active)


def left_out(counter: Counter) -> OpenCheckout:
    """A paid order whose content is off sale."""
    made = paid(counter)
    put_on_sale(counter, False)
    assert counter.gateway.settle(1) is None
    assert len(counter.gateway.left_out(1)) == 1
    return made


def test_what_stays_left_out_goes_back(counter: Counter) -> None:
    made = left_out(counter)
    counter.now += HOUR - 1
    assert counter.gateway.refund_left_out(1, HOUR) == []
    counter.now += 1
    (order,) = counter.gateway.refund_left_out(1, HOUR)
    assert order.state is OrderState.REFUNDED
    assert counter.provider.refunded(name(made)) == PRICE


def test_what_is_back_on_sale_is_settled_and_not_refunded(counter: Counter) -> None:
    """The platform is quiet: nobody else's order makes a batch due."""
    made = left_out(counter)
    put_on_sale(counter, True)
    counter.now += HOUR
    assert counter.gateway.refund_left_out(1, HOUR) == []
    assert counter.gateway.left_out(1) == []
    assert counter.gateway.waiting(1) == 1
    assert counter.gateway.settle(1) is not None
    assert counter.order_state(made) is not OrderState.REFUNDED


def test_an_hour_counts_from_when_it_was_left_out(counter: Counter) -> None:
    """Not from when it was paid: it may have waited for other reasons before."""
    paid(counter)
    counter.now += 2 * HOUR
    put_on_sale(counter, False)
    counter.gateway.settle(1)
    assert counter.gateway.refund_left_out(1, HOUR) == []
    counter.now += HOUR
    assert len(counter.gateway.refund_left_out(1, HOUR)) == 1


def test_an_hour_begins_anew_with_the_next_problem(counter: Counter) -> None:
    left_out(counter)
    counter.now += HOUR - 1
    put_on_sale(counter, True)
    assert counter.gateway.refund_left_out(1, HOUR) == []
    put_on_sale(counter, False)
    counter.gateway.settle(1)
    counter.now += HOUR - 1
    assert counter.gateway.refund_left_out(1, HOUR) == []


class Slow(Chain):
    """A chain client at whose next reading of events something else happens."""

    meanwhile: Callable[[], object] | None = None

    def logs(self, *args: Any, **options: Any) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().logs(*args, **options)


def test_nothing_is_left_out_while_the_index_is_made_anew(counter: Counter) -> None:
    """It knows no content then, though there are some."""
    paid(counter)
    slow, index = Slow(counter.fair.anvil.rpc_url), Index()
    with Store.open(counter.fair.url()) as store:
        indexer = Indexer(store, counter.fair.same_chain(slow), index, lambda: counter.now)
        counter.fair.anvil.mine()
        indexer.sync()
        selection = Selection(store, index, 1, lambda: counter.now)
        chosen: list[BatchDraft | None] = []
        slow.meanwhile = lambda: chosen.append(selection.next(10, indexer.today()))
        counter.fair.anvil.rpc.call("anvil_reorg", 1, [])
        indexer.sync()
        assert chosen == [None]
        assert counter.gateway.left_out(1) == []
        assert selection.next(10, indexer.today()) is not None
