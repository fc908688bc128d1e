"""LEDGER-6, 7: days are closed once, and their root is anybody's."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime, timedelta, timezone

import pytest

from tests.integration.conftest import GENESIS
from tests.integration.fair import Fair
from zhifu.exceptions import DayOpen, DayRootMismatch, InvalidInput
from zhifu.gateway import Gateway
from zhifu.ledger_check import WrongBalance
from zhifu.ledger_days import WrongDay

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
