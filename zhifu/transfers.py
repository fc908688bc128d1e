"""Transfers: what the ledger is made of. Each takes an amount from one account to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from zhifu import chart
from zhifu.store import Transaction

BEFORE_ALL = -1
"""The block after which everything is."""

_AT_ONCE = 10_000


class Transfer(NamedTuple):
    """An amount from the account `debit` to the account `credit`, and its cause.

    `source` is 0 for the chain, which counts in ledger units, else the platform whose books tell,
    in minor units of the accounts' currency. `height` and `place` are the block and number of a
    log, or the number of an event and 0; `leg` tells those of one event apart. `at` is in Unix
    seconds. `order` is its name on chain, or in the books. Books name the `payment` too, and by
    its id what was the `cause`: the payment, a refund, payback, top-up, chargeback or pay-out.
    """

    source: int
    height: int
    place: int
    leg: int
    at: int
    kind: str
    debit: str
    credit: str
    amount: int
    order: str | None = None
    content: int | None = None
    learner: int | None = None
    seller: int | None = None
    payment: str | None = None
    cause: str | None = None


def post(
    transaction: Transaction, transfers: Sequence[Transfer], host_of: Callable[[int], int]
) -> None:
    """Write transfers, the accounts that are new in them, and what the balances become.

    `host_of` tells a content's host.
    """
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    for each in transfers:
        debits[each.debit] += each.amount
        credits_[each.credit] += each.amount
    names = dict.fromkeys((*debits, *credits_))
    numbers = _numbers(transaction, list(names), host_of)
    for at in range(0, len(transfers), _AT_ONCE):
        rows = [
            (*each[:6], numbers[each[6]], numbers[each[7]], *each[8:])
            for each in transfers[at : at + _AT_ONCE]
        ]
        transaction.run_for("put_transfers", rows)
    changes = [(numbers[name], debits[name], credits_[name]) for name in names]
    transaction.run_for("add_to_balances", changes)


def take_back(transaction: Transaction, block_number: int) -> None:
    """Take back what the chain said after a block; after BEFORE_ALL, all of it."""
    transaction.run("put_ledger_cursor", source=chart.CHAIN, height=block_number)
    moved = transaction.rows("moved_after", block_number=block_number)
    rows = [dict(zip(("account", "debits", "credits"), row, strict=True)) for row in moved]
    transaction.run_many("take_from_balance", rows)
    transaction.run("undo_transfers", block_number=block_number)
    transaction.run("undo_ledger_keys", block_number=block_number)
    transaction.run("drop_unused_balances")


def _numbers(
    transaction: Transaction, names: Sequence[str], host_of: Callable[[int], int]
) -> dict[str, int]:
    """The numbers of accounts by their names; those that are new get one."""
    numbers: dict[str, int] = {}
    for at in range(0, len(names), _AT_ONCE):
        asked = [[name] for name in names[at : at + _AT_ONCE]]
        numbers.update(transaction.rows_for("ledger_account_numbers", asked))
    new = [name for name in names if name not in numbers]
    first = int(transaction.value("last_ledger_account")) + 1
    numbers.update(zip(new, range(first, first + len(new)), strict=True))
    rows = [_account(numbers[name], name, chart.named(name, host_of)) for name in new]
    for at in range(0, len(rows), _AT_ONCE):
        transaction.run_for("put_ledger_accounts", rows[at : at + _AT_ONCE])
    return numbers


def _account(number: int, name: str, said: chart.Named) -> Sequence[object]:
    return (number, name, said.source, said.kind, *said[2:])
