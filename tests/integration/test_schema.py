"""LIFE-1 to LIFE-9: the database itself keeps the rules of the books, whoever writes to it.

Each illegal change is tried on both databases, which refuse it by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.databases import DIALECTS, Databases, place
from tests.stocked import Stock
from zhifu import sql
from zhifu.exceptions import DatabaseRefused
from zhifu.store import Store

CHECK, UNIQUE, REFERENCE = "check constraint", "unique constraint", "foreign key constraint"
KEPT, HISTORY = "are kept", "history is only added to"
PAYMENT, BATCH, REFUND = (
    f"a {each} cannot change like this" for each in ("payment", "batch", "refund")
)
FACT = "is a fact"


@pytest.fixture(scope="module", params=DIALECTS)
def stocked(request: pytest.FixtureRequest) -> Iterator[tuple[Stock, Databases]]:
    """Books for all tests here, of each kind in turn: none of them changes anything."""
    with place(request.param) as databases, Store.open(databases.url()) as store:
        filled = Stock(store)
        filled.fill()
        yield filled, databases


def one(table: str, condition: str, change: str) -> str:
    """Change one row of a table that a condition is true of."""
    found = f"SELECT min(id) FROM {table} WHERE {condition}"
    return f"UPDATE {table} SET {change} WHERE id = ({found})"


def payment(before: str, change: str) -> str:
    return one("payments", f"state = '{before}'", change)


NEW_PAYMENT = (
    "INSERT INTO payments (id, platform, learner, amount, currency, provider,"
    " provider_payment_id, idempotency_key, state, expires_at, received, created_at, changed_at)"
    " VALUES ({id}, 1, 1, 200, 'USD', 'sandbox', '{name}', '{key}', '{state}', {expires_at},"
    " {received}, 0, 0)"
)


def new_payment(**changes: Any) -> str:
    given = {"id": 1, "name": "n", "key": "k", "state": "paid", "expires_at": "NULL"}
    return NEW_PAYMENT.format(**{**given, "received": 200, **changes})


def new_refund(
    order: str,
    on_chain: str,
    returned_by: str = "provider",
    cents: int = 100,
    *,
    is_part: bool = False,
    units: int = 1_000_000,
) -> str:
    return (
        "INSERT INTO refunds (id, order_id, is_part, idempotency_key, amount, currency, units,"
        f" returned_by, on_chain, state, created_at, changed_at) SELECT 1, ({order}), {is_part:d},"
        f" 'part', {cents}, 'USD', {units}, '{returned_by}', '{on_chain}', 'refund_pending', 0, 0"
    )


def new_payback(state: str, cents: int, currency: str = "USD") -> str:
    return (
        "INSERT INTO paybacks (id, payment_id, reason, amount, currency, state, created_at,"
        f" changed_at) SELECT 1, min(id), 'late', {cents}, '{currency}', 'payback_pending', 0, 0"
        f" FROM payments WHERE state = '{state}'"
    )


WAITING = "SELECT min(order_id) FROM waiting"
SETTLED = (
    "SELECT max(order_id) FROM batch_orders WHERE batch_id ="
    " (SELECT id FROM batches WHERE state = 'settled')"
)
SUBMITTED = SETTLED.replace("settled", "submitted")
REFUNDED = "SELECT min(order_id) FROM refunds WHERE on_chain = 'done'"
ADDS_UP = "what goes back of an order adds up to its price"
UNPAID = (
    "SELECT min(orders.id) FROM orders JOIN payments ON payments.id = orders.payment_id"
    " WHERE payments.state = 'awaiting_payment'"
)
SPENT = UNPAID.replace("payments.state = 'awaiting_payment'", "provider = 'balance'")

FORBIDDEN = {
    "a payment's history is not rewritten": ("UPDATE payment_history SET state = 'x'", HISTORY),
    "a payment's history is not erased": ("DELETE FROM payment_history", HISTORY),
    "a batch's history is not rewritten": ("UPDATE batch_history SET at = 0", HISTORY),
    "a batch's history is not erased": ("DELETE FROM batch_history", HISTORY),
    "a refund's history is not rewritten": ("UPDATE refund_history SET detail = ''", HISTORY),
    "a refund's history is not erased": ("DELETE FROM refund_history", HISTORY),
    "a payback's history is not rewritten": ("UPDATE payback_history SET at = 0", HISTORY),
    "a payback's history is not erased": ("DELETE FROM payback_history", HISTORY),
    "a chargeback's history is not rewritten": ("UPDATE chargeback_history SET at = 0", HISTORY),
    "a chargeback's history is not erased": ("DELETE FROM chargeback_history", HISTORY),
    "a payment is not erased": ("DELETE FROM payments", KEPT),
    "a payment is not changed": ("UPDATE payments SET amount = amount + 1", FACT),
    "a payment stays of its purpose": ("UPDATE payments SET purpose = 'order'", FACT),
    "a payment's expiry is not moved": ("UPDATE payments SET expires_at = 1", FACT),
    "a provider's name is not taken away": (
        payment("paid", "provider_payment_id = NULL"),
        "what a provider calls a payment is a fact",
    ),
    "a provider's name is not changed": (
        payment("awaiting_payment", "provider_payment_id = 'other'"),
        "what a provider calls a payment is a fact",
    ),
    "a payment has a state that exists": (payment("paid", "state = 'fine'"), PAYMENT),
    "a payment that is awaited has a name": (
        payment("created", "state = 'awaiting_payment'"),
        CHECK,
    ),
    "a payment that is paid was received": (
        payment("awaiting_payment", "state = 'paid'"),
        CHECK,
    ),
    "a payment that is paid was received whole": (
        payment("awaiting_payment", "state = 'paid', received = amount - 1"),
        CHECK,
    ),
    "what was received does not shrink": (
        payment("paid", "received = received - 1"),
        "what was received is a fact",
    ),
    "a fee is no more than what was received": (payment("paid", "fee = received + 1"), CHECK),
    "nothing is received before it is known": (payment("awaiting_payment", "received = 1"), CHECK),
    "a payment starts undecided or paid": (
        new_payment(state="refunded"),
        "a payment cannot start like this",
    ),
    "a payment that the gateway makes starts as created": (
        new_payment(expires_at=9),
        "a payment cannot start like this",
    ),
    "a payment without an expiry is not created here": (
        new_payment(state="created", received="NULL"),
        "a payment cannot start like this",
    ),
    "a key is used once": (new_payment(key="key-1"), UNIQUE),
    "a provider's payment is used once": (new_payment(name="pi_1"), UNIQUE),
    "a payment is charged back by a chargeback": (
        payment("paid", "state = 'charged_back'"),
        "a payment is charged back while the bank has all that is left of it",
    ),
    "a payment stays charged back with its chargeback": (
        payment("charged_back", "state = 'paid'"),
        "a payment is charged back while the bank has all that is left of it",
    ),
    "a payment is refunded with its orders": (
        one("payments", "state = 'paid' AND received = 250", "state = 'refunded'"),
        "a payment is refunded with the last of its orders",
    ),
    "a payment is asked about until it is decided": (
        "DELETE FROM payment_checks",
        "a payment is asked about until it is decided",
    ),
    "what a provider was told stays": (
        "UPDATE checkouts SET payer = 'another'",
        "what a provider was told is a fact",
    ),
    "what a provider was told is not erased": (
        "DELETE FROM checkouts",
        "what a provider was told is a fact",
    ),
    "a checkout is of a payment made here": (
        (
            "INSERT INTO checkouts SELECT min(id), 'native', 'x', NULL, NULL, NULL FROM payments"
            " WHERE state = 'paid' AND expires_at IS NULL"
        ),
        "only what the gateway makes at a provider is a checkout",
    ),
    "an order is not changed": ("UPDATE orders SET learner = 2", FACT),
    "an order is not erased": ("DELETE FROM orders", KEPT),
    "an order needs a payment": (
        "INSERT INTO orders VALUES (2, 1, 1, 1, 1, 1)",
        "for the same platform and learner",
    ),
    "an order is its learner's": (
        "INSERT INTO orders SELECT id + 50, id, 1, 2, 9, 1 FROM payments WHERE state = 'paid'",
        "for the same platform and learner",
    ),
    "a top-up has no orders": (
        "INSERT INTO orders SELECT id + 1, id, 1, 1, 1, 1 FROM payments WHERE purpose = 'top_up'",
        "for the same platform and learner",
    ),
    "an order is numbered after its payment": (
        "INSERT INTO orders SELECT min(id) + 101, min(id), 1, 1, 9, 1 FROM payments",
        CHECK,
    ),
    "a cart has each content once": (
        "INSERT INTO orders SELECT min(id) + 50, min(payment_id), 1, 1, 1, 1 FROM orders",
        "a cart has each content once",
    ),
    "a batched order does not wait again": (
        "INSERT INTO waiting SELECT 1, order_id, NULL, NULL FROM batch_orders",
        "only a paid order can wait for a batch",
    ),
    "an order that is not paid does not wait": (
        f"INSERT INTO waiting SELECT 1, ({UNPAID}), NULL, NULL",
        "only a paid order can wait for a batch",
    ),
    "an order waits for its own platform": (
        "INSERT INTO waiting SELECT 2, id, NULL, NULL FROM orders",
        "only a paid order can wait for a batch",
    ),
    "a batch is not changed": ("UPDATE batches SET debit = debit + 1", FACT),
    "a batch is not erased": ("DELETE FROM batches", KEPT),
    "a settled batch is not refused": (
        (
            "UPDATE batches SET state = 'refused', block_number = NULL, gas_used = NULL"
            " WHERE state = 'settled'"
        ),
        BATCH,
    ),
    "a settled batch knows its block": (
        "UPDATE batches SET block_number = NULL WHERE state = 'settled'",
        CHECK,
    ),
    "a batch starts as batched": (
        (
            "INSERT INTO batches SELECT 1, platform, lane, 9, orders, debit, 0, sale_day,"
            " words, state, transaction_hash, gas_used, block_number, 0, 0, NULL FROM batches"
            " WHERE state = 'settled'"
        ),
        "a batch starts as batched",
    ),
    "a lane's number is used once": (
        (
            "INSERT INTO batches SELECT 1, platform, lane, number, orders, debit, 0,"
            " sale_day, words, 'batched', transaction_hash, NULL, NULL, 0, 0, NULL"
            " FROM batches WHERE number = 1"
        ),
        UNIQUE,
    ),
    "an order is batched once": (
        "INSERT INTO batch_orders SELECT batch_id, position + 100, order_id, 0 FROM batch_orders",
        "only a waiting order goes into a batch",
    ),
    "what a batch carries stays": ("DELETE FROM batch_orders", FACT),
    "a settled batch keeps its orders": (
        "UPDATE batch_orders SET released = 1",
        "only a refused batch lets its orders go",
    ),
    "an operation is not changed": ("UPDATE operations SET subject = 7", FACT),
    "an operation is not erased": ("DELETE FROM operations", KEPT),
    "what is included was not refused": (
        (
            "UPDATE operations SET state = 'refused', block_number = NULL, block_hash = NULL,"
            " gas_used = NULL WHERE state = 'settled'"
        ),
        "an operation cannot change like this",
    ),
    "what is stored is not confirmed before it is included": (
        (
            "UPDATE operations SET state = 'confirmed', block_number = 1, block_hash = '0x',"
            " gas_used = 1 WHERE state = 'stored'"
        ),
        "an operation cannot change like this",
    ),
    "an operation starts as stored": (
        (
            "INSERT INTO operations SELECT 1, platform, operator, kind, 7, state, nonce,"
            " transaction_hash, gas_used, block_number, block_hash, 0, 0, NULL, NULL, NULL"
            " FROM operations"
        ),
        "an operation starts as stored",
    ),
    "the same is done once": (
        (
            "INSERT INTO operations SELECT 1, platform, operator, kind, subject, 'stored', nonce,"
            " transaction_hash, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL FROM operations"
        ),
        UNIQUE,
    ),
    "only nonces before its own are filled for an operation": (
        "UPDATE operations SET filled_from = nonce",
        CHECK,
    ),
    "what is not included brought nothing about": (
        "UPDATE operations SET result = '{}' WHERE state = 'stored'",
        CHECK,
    ),
    "what was asked for is not changed": ("UPDATE acts SET arguments = '{}'", FACT),
    "an act is not erased": ("DELETE FROM acts", KEPT),
    "an act starts as stored": (
        (
            "INSERT INTO acts SELECT 1, platform, kind, 'new', arguments, state, transaction_hash,"
            " block_number, result, 0, 0, NULL FROM acts WHERE state = 'settled'"
        ),
        "an act starts as stored",
    ),
    "a key is for one act": (
        (
            "INSERT INTO acts SELECT 1, platform, kind, idempotency_key, arguments, 'stored', NULL,"
            " NULL, NULL, 0, 0, NULL FROM acts WHERE state = 'settled'"
        ),
        UNIQUE,
    ),
    "a settled act is not refused": (
        "UPDATE acts SET state = 'refused', block_number = NULL WHERE state = 'settled'",
        "an act cannot change like this",
    ),
    "an act's history is not rewritten": ("UPDATE act_history SET at = 0", HISTORY),
    "an act's history is not erased": ("DELETE FROM act_history", HISTORY),
    "what is in dispute is not changed": ("UPDATE disputes SET order_id = 1", FACT),
    "a dispute is not erased": ("DELETE FROM disputes", KEPT),
    "a dispute is about an order of a batch": (
        (
            "INSERT INTO disputes SELECT 1, platform, id, 'platform 1', 1, 1, 1, "
            "(SELECT evidence FROM disputes), 'open', 1, 0, 0, 0, 0 "
            f"FROM orders WHERE id = ({WAITING})"
        ),
        "own order of a batch is in dispute",
    ),
    "an order is in one dispute": (
        (
            "INSERT INTO disputes SELECT 1, platform, order_id, opener, amount, bond, deadline,"
            " evidence, state, block_number, 0, 0, 0, 0 FROM disputes"
        ),
        UNIQUE,
    ),
    "a dispute's history is not rewritten": ("UPDATE dispute_history SET at = 0", HISTORY),
    "a dispute's history is not erased": ("DELETE FROM dispute_history", HISTORY),
    "a top-up is not erased": ("DELETE FROM top_ups", KEPT),
    "a top-up stays its platform's": ("UPDATE top_ups SET platform = 2", FACT),
    "a top-up does not come back from a refund": (
        "UPDATE top_ups SET state = 'refunded'",
        "a top-up cannot change like this",
    ),
    "only a paid top-up begins": (
        (
            "INSERT INTO top_ups (payment_id, platform, state, changed_at)"
            " SELECT min(id), 1, 'waiting', 0 FROM payments WHERE purpose = 'order'"
        ),
        "a top-up starts as a paid payment",
    ),
    "a top-up that was not returned is not refunded": (
        "UPDATE payments SET state = 'refunded' WHERE purpose = 'top_up' AND state = 'paid'",
        "a top-up is refunded once it has gone back",
    ),
    "only a top-up that waits is put on chain": (
        (
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            " transaction_hash, created_at, changed_at) SELECT 1, 1, operator, 'top_up', 7,"
            " 'stored', 99, transaction_hash, 0, 0 FROM operations WHERE kind = 'withdrawal'"
        ),
        "only a paid top-up that waits is put on chain",
    ),
    "a top-up that was charged back does not go back": (
        (
            "UPDATE top_ups SET state = 'refund_pending'"
            " WHERE payment_id IN (SELECT id FROM payments WHERE state = 'charged_back')"
        ),
        "only what is paid goes back",
    ),
    "a top-up's history is not rewritten": ("UPDATE top_up_history SET at = 0", HISTORY),
    "a top-up's history is not erased": ("DELETE FROM top_up_history", HISTORY),
    "a signed transaction is not changed": ("UPDATE submissions SET nonce = 9", FACT),
    "a signed transaction is not erased": ("DELETE FROM submissions", KEPT),
    "a refund's refusal is not taken back": (
        "UPDATE refunds SET refused = 1 WHERE state = 'refunded'",
        "a refund cannot change like this",
    ),
    "an order is refunded once": (new_refund(REFUNDED, "pending", cents=1, units=1), ADDS_UP),
    "no part of an order is refunded after all of it": (
        new_refund(REFUNDED, "pending", cents=1, units=1, is_part=True),
        ADDS_UP,
    ),
    "a part is less than the order": (new_refund(SETTLED, "pending", is_part=True), ADDS_UP),
    "what is left of an order is refunded, not less": (
        new_refund(SETTLED, "pending", cents=99, units=990_000),
        ADDS_UP,
    ),
    "an order that is not settled is refunded whole": (
        new_refund(WAITING, "none", cents=1, units=10_000, is_part=True),
        "this order cannot be refunded like this",
    ),
    "a waiting order is not refunded": (
        new_refund(WAITING, "none"),
        "this order cannot be refunded like this",
    ),
    "an order that is not paid is not refunded": (
        new_refund(UNPAID, "none"),
        "this order cannot be refunded like this",
    ),
    "a settled order is refunded on chain": (
        new_refund(SETTLED, "none"),
        "this order cannot be refunded like this",
    ),
    "an order in flight is not refunded": (
        new_refund(SUBMITTED, "pending"),
        "this order cannot be refunded like this",
    ),
    "only what was charged back is returned by that": (
        new_refund(SETTLED, "pending", "chargeback"),
        "this order cannot be refunded like this",
    ),
    "no more goes back than was paid": (
        new_refund(SETTLED, "pending", cents=101),
        "no more goes back than was paid",
    ),
    "what was paid from a balance does not go back elsewhere": (
        new_refund(SPENT, "none"),
        "what was paid from a balance goes back to it",
    ),
    "a refund to a balance is not believed before it is there": (
        "UPDATE refunds SET state = 'refunded', detail = NULL WHERE destination = 'balance'",
        "a refund to a balance is done once it is there",
    ),
    "only a refund to a balance is put on it": (
        (
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            " transaction_hash, created_at, changed_at) SELECT 1, 1, operator, 'credit', 7,"
            " 'stored', 99, transaction_hash, 0, 0 FROM operations WHERE kind = 'withdrawal'"
        ),
        "only a refund to a balance is put on it",
    ),
    "no more is put on a balance than a bank has left": (
        (
            "INSERT INTO operations (id, platform, operator, kind, subject, state, nonce,"
            " transaction_hash, created_at, changed_at) SELECT 1, 1, operator, 'credit',"
            " refunds.id, 'stored', 99, operations.transaction_hash, 0, 0 FROM operations, refunds"
            " WHERE operations.kind = 'withdrawal' AND destination = 'balance'"
        ),
        "no more goes to a balance than is left of a payment",
    ),
    "no provider is asked for more than a bank has left": (
        "UPDATE refunds SET asked = 1 WHERE destination = 'balance'",
        "no provider is asked for more than is left of a payment",
    ),
    "a provider is not asked for a top-up that stays": (
        "UPDATE top_ups SET asked = 1",
        "no provider is asked for more than is left of a payment",
    ),
    "a pay-out is an act's": (
        (
            "INSERT INTO payouts SELECT id, 1, 1, 1, 'USD', 1, 0, 'debiting', 0, NULL"
            " FROM acts WHERE kind = 'withdrawal'"
        ),
        "a pay-out starts as an act of its platform",
    ),
    "what is paid out does not change": ("UPDATE payouts SET amount = 2", FACT),
    "a pay-out is not taken back": (
        "UPDATE payouts SET state = 'debiting'",
        "a pay-out cannot change like this",
    ),
    "what is returned by hand does not change": (
        "UPDATE payouts SET by_hand = 1",
        "a pay-out cannot change like this",
    ),
    "what a person has to return is not paid out before": (
        "UPDATE payouts SET state = 'paid_out'",
        CHECK,
    ),
    "a pay-out is not erased": ("DELETE FROM payouts", KEPT),
    "a pay-out's history is not rewritten": ("UPDATE payout_history SET at = 0", HISTORY),
    "a pay-out's history is not erased": ("DELETE FROM payout_history", HISTORY),
    "no more is paid out through a payment than it brought": (
        (
            "INSERT INTO paybacks (id, payment_id, reason, payout_id, amount, currency, state,"
            " created_at, changed_at) SELECT 1, payment_id, 'paid_out', act_id, 1, 'USD',"
            " 'payback_pending', 0, 0 FROM payouts, top_ups WHERE top_ups.state = 'waiting'"
        ),
        "no more is paid out through a payment than it brought",
    ),
    "a refund is not taken back": (
        "UPDATE refunds SET state = 'refund_pending' WHERE state = 'refunded'",
        REFUND,
    ),
    "a refund that was paid back has not failed": (
        "UPDATE refunds SET state = 'refund_failed'",
        REFUND,
    ),
    "a settled order's refund is on chain": (
        "UPDATE refunds SET on_chain = 'none', block_number = NULL WHERE on_chain = 'done'",
        REFUND,
    ),
    "a refund's amount is not changed": ("UPDATE refunds SET amount = amount + 1", FACT),
    "a refund stays the provider's": ("UPDATE refunds SET returned_by = 'chargeback'", FACT),
    "a refund is not erased": ("DELETE FROM refunds", KEPT),
    "no more is paid back than came in too much": (
        new_payback("paid", 51),
        "no more is paid back than was received",
    ),
    "no more is paid back than came in late": (
        new_payback("expired", 1),
        "no more is paid back than was received",
    ),
    "nothing is paid back of what is not decided": (
        new_payback("awaiting_payment", 1),
        "only money that belongs to no order is paid back",
    ),
    "a payback is in its payment's currency": (
        new_payback("cancelled", 1, "CNY"),
        "only money that belongs to no order is paid back",
    ),
    "a payback's amount is not changed": ("UPDATE paybacks SET amount = amount + 1", FACT),
    "a payback is not taken back": (
        "UPDATE paybacks SET state = 'payback_pending'",
        "a payback cannot change like this",
    ),
    "a payback is not erased": ("DELETE FROM paybacks", KEPT),
    "no more is charged back than was received": (
        (
            "INSERT INTO chargebacks SELECT 1, payment_id, 'more', 1, currency, stage, 'open', 0,"
            " 0, 0, 0, NULL FROM chargebacks WHERE state = 'open'"
        ),
        "no more is charged back than was received",
    ),
    "a chargeback is known once": (
        (
            "INSERT INTO chargebacks SELECT 1, payment_id, reference, amount, currency, stage,"
            " 'open', 0, 0, 0, 0, NULL FROM chargebacks WHERE state = 'reversed'"
        ),
        UNIQUE,
    ),
    "a chargeback's amount is not changed": ("UPDATE chargebacks SET amount = 1", FACT),
    "a reversed chargeback stays so": (
        "UPDATE chargebacks SET state = 'open'",
        "a chargeback cannot change like this",
    ),
    "a chargeback is not erased": ("DELETE FROM chargebacks", KEPT),
    "a callback counts once": (
        (
            "INSERT INTO callbacks SELECT 1, provider, event_id, kind, provider_payment_id, body,"
            " 'received', 0, 0, 0, 0, NULL FROM callbacks WHERE state = 'processed'"
        ),
        UNIQUE,
    ),
    "a callback is dealt with once": (
        "UPDATE callbacks SET state = 'received'",
        "a callback is dealt with once",
    ),
    "a callback starts as received": (
        (
            "INSERT INTO callbacks SELECT 1, provider, 'new', kind, provider_payment_id, body,"
            " 'processed', 0, 0, 0, 0, NULL FROM callbacks"
        ),
        "a callback starts as received",
    ),
    "a callback is not rewritten": ("UPDATE callbacks SET body = kind", FACT),
    "a callback is not erased": ("DELETE FROM callbacks", KEPT),
    "a lease has one holder": (
        "INSERT INTO leases SELECT name, 'there', until FROM leases",
        UNIQUE,
    ),
}
BYTES = {"UPDATE callbacks SET body = kind": "UPDATE callbacks SET body = '\\x00'::bytea"}

UNDECIDED = ("created", "awaiting_payment", "payment_unknown")
DECIDED = ("paid", "expired", "cancelled", "charged_back", "refunded")
LEGAL = {
    *((one, other) for one in UNDECIDED for other in (*UNDECIDED[1:], *DECIDED[:3])),
    ("paid", "refunded"),
    ("paid", "charged_back"),
    ("charged_back", "paid"),
}


def contents(databases: Databases) -> dict[str, list[Any]]:
    """Every row of the books."""
    names = re.findall(r"CREATE TABLE (\w+)", sql.read("migrations/versions/0002_up.sql"))
    connection = databases.connect()
    found = {
        name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for name in names
    }
    connection.close()
    return found


def refusal(stock: Stock, *statements: str) -> str | None:
    """By which rule the database refuses the last of some statements; nothing of them is kept."""
    try:
        with stock.store.writing() as transaction:
            for statement in statements:
                transaction._cursor.execute(statement)
            raise _Undone
    except DatabaseRefused as refused:
        return refused.reason
    except _Undone:
        return None


class _Undone(Exception):
    """Nothing of the transaction is wanted."""


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_the_database_refuses_what_must_not_be(stocked: tuple[Stock, Databases], rule: str) -> None:
    stock, databases = stocked
    statement, reason = FORBIDDEN[rule]
    if stock.store.dialect == "postgresql":
        statement = BYTES.get(statement, statement)
    before = contents(databases)
    refused = refusal(stock, statement)
    assert refused is not None
    assert re.search(reason, refused, re.IGNORECASE)
    assert contents(databases) == before


def test_every_rule_of_the_schema_is_tried_here() -> None:
    schema = sql.read("migrations/versions/0002_up.sql")
    rules = set(re.findall(r"RAISE\(ABORT, '((?:[^']|'')*)'\)", schema))
    tried = [reason for _, reason in FORBIDDEN.values()]
    assert {rule for rule in rules if not any(re.search(each, rule) for each in tried)} == set()


def test_a_payment_that_is_charged_back_waits_for_no_batch(
    stocked: tuple[Stock, Databases],
) -> None:
    stock, _ = stocked
    paid = f"(SELECT payment_id FROM orders WHERE id = ({WAITING}))"
    refused = refusal(
        stock,
        "INSERT INTO chargebacks SELECT 1, id, 'dp', received, currency, 'before_maturity', 'open',"
        f" 0, 0, 0, 0, NULL FROM payments WHERE id = {paid}",
        f"UPDATE payments SET state = 'charged_back' WHERE id = {paid}",
    )
    assert refused == "only a paid order can wait for a batch"


def test_an_order_that_is_paid_when_it_is_recorded_waits_from_then_on(
    stocked: tuple[Stock, Databases],
) -> None:
    """LIFE-5"""
    stock, _ = stocked
    order, waits = (
        "INSERT INTO orders VALUES (8, 7, 1, 1, 1, 1)",
        "INSERT INTO waiting VALUES (1, 8, NULL, NULL)",
    )
    twice = refusal(stock, new_payment(id=7), order, waits)
    assert twice is not None
    assert re.search(UNIQUE, twice, re.IGNORECASE)
    unpaid = new_payment(id=7, state="payment_unknown", received="NULL")
    assert refusal(stock, unpaid, order, waits) == "only a paid order can wait for a batch"


@pytest.mark.parametrize("before", UNDECIDED + DECIDED)
def test_a_payment_changes_only_as_the_life_cycle_says(
    stocked: tuple[Stock, Databases], before: str
) -> None:
    """LIFE-1: of all changes from a state, the database takes these and no other."""
    stock, _ = stocked
    others = [after for after in UNDECIDED + DECIDED if after != before]
    taken = {after for after in others if refusal(stock, change(before, after)) != PAYMENT}
    assert taken == {after for one, after in LEGAL if one == before and after != before}


def change(before: str, after: str) -> str:
    """Change a payment's state, and what else is not known before it."""
    paid = after in ("paid", "refunded", "charged_back")
    received = "coalesce(received, amount)" if paid else "received"
    return payment(
        before,
        f"state = '{after}', received = {received},"
        " provider_payment_id = coalesce(provider_payment_id, 'new')",
    )


def test_every_change_of_the_books_is_in_the_history(
    stocked: tuple[Stock, Databases],
) -> None:
    _, databases = stocked
    connection = databases.connect()
    for table in ("payments", "batches", "refunds", "paybacks", "chargebacks", "acts", "disputes"):
        name = {"batches": "batch"}.get(table, table[:-1])
        latest = f"""
            SELECT state FROM {name}_history WHERE {name}_id = {table}.id
            ORDER BY change DESC LIMIT 1
        """
        query = f"SELECT count(*), count(CASE WHEN state = ({latest}) THEN 1 END) FROM {table}"
        every, same = connection.execute(query).fetchone()
        assert every == same > 0, table
    connection.close()
