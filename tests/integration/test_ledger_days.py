"""LEDGER-6, 7, 13: days are closed once, and their root is anybody's."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.integration.conftest import GENESIS
from tests.integration.fair import Fair
from zhifu import rounds
from zhifu.exceptions import ChainUnreachable, DayOpen, DayRootMismatch, InvalidInput
from zhifu.gateway import Gateway
from zhifu.leases import Leases
from zhifu.ledger_check import WrongBalance
from zhifu.ledger_days import WrongDay
from zhifu.store import Store
from zhifu.worker import workers_of

BEFORE = datetime.fromtimestamp(GENESIS, timezone.utc).date() - timedelta(1)
ACCOUNT = "available:platform/1"


def today_of(fair: Fair) -> date:
    return datetime.fromtimestamp(fair.network.chain.timestamp(), timezone.utc).date()


def pass_midnight(fair: Fair) -> None:
    fair.pass_days(1)
    fair.anvil.mine()


def change(fair: Fair, statement: str) -> None:
    assert fair.databases is not None
    with closing(fair.databases.connect()) as connection:
        connection.execute(statement)


def closed_days(fair: Fair) -> dict[date, bytes]:
    """The root of each closed day, by day."""
    with Store.open(fair.url()) as store, store.reading() as transaction:
        rows = transaction.rows("ledger_days")
    return {date(1970, 1, 1) + timedelta(row[0]): bytes(row[3]) for row in rows}


@pytest.fixture
def sold(fair: Fair, gateway: Gateway) -> Gateway:
    gateway.pay(fair.request())
    gateway.settle(1)
    return gateway


def test_every_gateway_closes_a_day_with_the_same_root(fair: Fair, sold: Gateway) -> None:
    """LEDGER-6"""
    today = today_of(fair)
    with pytest.raises(DayOpen):
        sold.close_day(today)
    pass_midnight(fair)
    closed = sold.close_day(today)
    assert sold.close_day(today) == closed
    block = fair.network.chain.block(closed.block_number)
    assert block.hash == closed.block_hash
    following = fair.network.chain.block(closed.block_number + 1)
    midnight = datetime(today.year, today.month, today.day, tzinfo=timezone.utc) + timedelta(1)
    assert block.timestamp < midnight.timestamp() <= following.timestamp
    with fair.outsider() as other:
        assert other.close_day(today) == closed
    proof = sold.day_proof(today, ACCOUNT)
    assert proof.holds(closed.root)
    assert proof.line.closing == sold.ledger_balance(ACCOUNT, int(midnight.timestamp()) - 1)
    assert [line.account for line in sold.day_lines(today)] == sorted(
        line.account for line in sold.ledger_lines(until=int(midnight.timestamp()))
    )


def test_a_day_waits_until_no_reorganisation_can_reach_it(fair: Fair) -> None:
    """LEDGER-6"""
    today = today_of(fair)
    with fair.gateway(confirmations=5) as gateway:
        pass_midnight(fair)
        with pytest.raises(DayOpen):
            gateway.close_day(today)
        fair.anvil.mine(5)
        assert gateway.close_day(today).day == today


def test_days_close_by_themselves_in_their_order(fair: Fair, sold: Gateway) -> None:
    """LEDGER-13"""
    first = today_of(fair)
    assert sold.close_days() == 0
    fair.pass_days(3)
    fair.anvil.mine()
    by_hand = sold.close_day(first + timedelta(1))
    with rounds.running(rounds.Round(math.inf, is_stopped=iter((False, True)).__next__)):
        assert sold.close_days() == 1, "the round was over"
    roots = closed_days(fair)
    assert [*roots] == [first, by_hand.day]
    assert sold.close_days() == 1
    roots = closed_days(fair)
    assert [*roots] == [first + timedelta(each) for each in range(3)]
    assert roots[by_hand.day] == by_hand.root
    assert sold.close_days() == 0
    with fair.outsider() as other:
        assert [other.close_day(each).root for each in roots] == [*roots.values()]


def test_days_that_could_not_be_closed_are_closed_later(
    fair: Fair, sold: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LEDGER-13: whatever fails at any point, the days are closed with the roots they have."""
    pass_midnight(fair)
    pass_midnight(fair)
    at, left, chain = 0, 0, type(fair.network.chain)

    def failing(read: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise ChainUnreachable("http://127.0.0.1:1", "gone")
            return read(*given)

        return asked

    while True:
        at, left = at + 1, at + 1
        with monkeypatch.context() as patch:
            patch.setattr(chain, "block", failing(chain.block))
            try:
                sold.close_days()
            except ChainUnreachable:
                continue
        break
    assert at > 5
    assert len(closed_days(fair)) == 2
    assert list(sold.check_ledger()) == []


def test_days_are_closed_once_however_many_do(fair: Fair, sold: Gateway) -> None:
    """LEDGER-13"""
    today = today_of(fair)
    pass_midnight(fair)
    with fair.gateway() as other, ThreadPoolExecutor(8) as pool:
        closed = {*pool.map(lambda each: each.close_day(today), [sold, other] * 4)}
    assert {each.day for each in closed} == {today}
    assert len(closed) == 1


def test_no_day_is_closed_while_the_ledger_is_built_anew(
    fair: Fair, sold: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LEDGER-13"""
    today = today_of(fair)
    pass_midnight(fair)
    sold.sync()
    monkeypatch.setattr(sold, "sync", lambda: False)
    change(fair, "UPDATE ledger_cursors SET height = 1 WHERE source = 0")
    with pytest.raises(DayOpen):
        sold.close_day(today)
    assert sold.close_days() == 0
    assert closed_days(fair) == {}


def test_a_service_closes_days(fair: Fair, sold: Gateway) -> None:
    """LEDGER-13"""
    pass_midnight(fair)
    with Store.open(fair.url()) as store:
        workers_of(sold, Leases(store), ())["days"].turn()
    assert len(closed_days(fair)) == 1


def test_a_day_with_nothing_in_it_has_no_root(sold: Gateway) -> None:
    with pytest.raises(InvalidInput, match="must have something in the ledger"):
        sold.close_day(BEFORE)


def test_what_was_changed_behind_the_ledgers_back_is_named(fair: Fair, sold: Gateway) -> None:
    """LEDGER-7"""
    today = today_of(fair)
    pass_midnight(fair)
    root = sold.close_day(today).root
    assert list(sold.check_ledger()) == []
    more = f"""UPDATE ledger_balances SET debits = debits + {{}}
        WHERE account = (SELECT id FROM ledger_accounts WHERE name = '{ACCOUNT}')"""
    change(fair, more.format(1))
    (wrong,) = sold.check_ledger()
    assert isinstance(wrong, WrongBalance)
    assert (wrong.account, wrong.balance) == (ACCOUNT, wrong.transfers - 1)
    change(fair, more.format(-1))
    of = " ON ledger_transfers" if "postgresql" in fair.url() else ""
    change(fair, f"DROP TRIGGER ledger_transfers_fixed{of}")
    change(fair, "UPDATE ledger_transfers SET at = at + 86400 WHERE kind = 'sale'")
    (changed,) = sold.check_ledger()
    assert isinstance(changed, WrongDay)
    assert (changed.day, changed.stored) == (today, root)
    with pytest.raises(DayRootMismatch):
        sold.close_day(today)
