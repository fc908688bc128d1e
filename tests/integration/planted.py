"""Faults to be planted in a street: in the providers' accounts, in the books, on chain.

Each has the name of the command that must find it, and what it must say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from tests.integration.street import CARDS, HOUR, WALLET, Street
from tests.integration.tampering import tamper
from zhifu import accounts
from zhifu.money import Money
from zhifu.providers import BillLine, LineKind

RECONCILE, AUDIT = "zhifu reconcile", "zhifu audit"
AUDIT_BOOKS, LEDGER_CHECK = "zhifu audit --database", "zhifu ledger check"


class Fault(NamedTuple):
    """What finds it, what is done, and what the finder says."""

    command: str
    plant: Callable[[Street], object]
    says: str


def usd(cents: int) -> Money:
    return Money(cents, "USD")


# In the providers' accounts


def unheard(street: Street) -> None:
    """A payment whose callback never came, and that nobody asked about for two hours."""
    with street.open() as gateway:
        made = street.checkout(gateway, street.asks(CARDS, 7, (5,)))
    street.accounts[CARDS].confirm(made.provider_payment_id or "")
    street.now += 2 * HOUR


def unheard_chargeback(street: Street) -> None:
    street.accounts[CARDS].charge_back(street.named("later"))


def stranger(street: Street) -> None:
    street.accounts[WALLET].pay(usd(4_200))


def console_refund(street: Street) -> None:
    """Somebody refunded in the provider's console."""
    street.accounts[CARDS].refund(street.named("later"), usd(60), "console-1")


def returned_twice(street: Street) -> None:
    """What went to the learner's balance went back at the provider too."""
    with street.open() as gateway:
        refund = gateway.refund_of(street.order("book 2"))
    street.accounts[CARDS].refund(street.named("book 2"), refund.amount, refund.id)


def late_payer(street: Street) -> None:
    """A payment that the books gave up, and that its provider took all the same."""
    with street.open() as gateway:
        made = street.checkout(gateway, street.asks(CARDS, 7, (5,)))
    street.change(
        "UPDATE payments SET state = 'expired' WHERE provider_payment_id ="
        f" '{made.provider_payment_id}'"
    )
    street.accounts[CARDS].confirm(made.provider_payment_id or "")


#: What becomes of a line of a bill.
Alteration = Callable[[Street, BillLine], list[BillLine]]


def bill(account: str, change: Alteration) -> Callable[[Street], None]:
    """An account whose bills are altered line by line."""

    def plant(street: Street) -> None:
        def altered(_: date, lines: list[BillLine]) -> list[BillLine]:
            return [each for line in lines for each in change(street, line)]

        street.accounts[account].change = altered

    return plant


def of(
    name: str, change: Callable[[BillLine], list[BillLine]], kind: LineKind = LineKind.PAYMENT
) -> Alteration:
    """Alters the lines of a kind of one payment."""

    def apply(street: Street, line: BillLine) -> list[BillLine]:
        is_it = (line.provider_payment_id, line.kind) == (street.named(name), kind)
        return change(line) if is_it else [line]

    return apply


def other_payer(street: Street, line: BillLine) -> list[BillLine]:
    """A refund of book 3 that went to who paid book 2."""
    if not _is_refund_of_book_3(street, line):
        return [line]
    return [line._replace(provider_payment_id=street.named("book 2"))]


def wrong_platform(street: Street) -> None:
    """A refund of platform 1's that went back from the account of platform 2."""
    gone: list[BillLine] = []

    def without(_: date, lines: list[BillLine]) -> list[BillLine]:
        kept = [each for each in lines if not _is_refund_of_book_3(street, each)]
        gone.extend(each for each in lines if _is_refund_of_book_3(street, each))
        return kept

    def with_it(day: date, lines: list[BillLine]) -> list[BillLine]:
        if day != street.day(2):
            return lines
        other = street.named("film 7")
        return [*lines, *(each._replace(provider_payment_id=other) for each in gone)]

    street.accounts[CARDS].change, street.accounts[WALLET].change = without, with_it


def _is_refund_of_book_3(street: Street, line: BillLine) -> bool:
    return (line.provider_payment_id, line.kind) == (street.named("book 3"), LineKind.REFUND)


# In the books


def books(*statements: str) -> Callable[[Street], None]:
    """Statements in which {book 1} is the number of the payment sold under that name."""

    def plant(street: Street) -> None:
        numbers = {name: str(street.number(name)) for name in street.sold}
        for each in statements:
            for name, number in numbers.items():
                each = each.replace(f"{{{name}}}", number)
            street.change(each)

    return plant


def waiting_lost(street: Street) -> None:
    with street.open() as gateway:
        street.buy(gateway, "waits", CARDS, 7, 5)
    street.change("DELETE FROM waiting")


_BATCH = "(SELECT batch_id FROM batch_orders WHERE order_id = {book 3} + 1)"
_PLACE = "(SELECT platform, lane, number FROM batches WHERE id = " + _BATCH + ")"
_ON_CHAIN = f"WHERE (platform, lane, number) IN {_PLACE}"
_CHAIN_ID = f"(SELECT id FROM chain_batches {_ON_CHAIN})"
_OTHER_WORDS = "(SELECT words FROM chain_batches WHERE platform = 2 AND number = 1)"


def closed_otherwise(street: Street) -> None:
    """A day that was closed, and whose root somebody exchanged."""
    with street.open() as gateway:
        gateway.close_day(street.day(1))
    street.change("UPDATE ledger_days SET root = (SELECT root FROM chain_batches WHERE id = 1)")


def moved_after_the_close(street: Street) -> None:
    """A day that was closed, and a movement of it that was made larger with both its balances."""
    with street.open() as gateway:
        gateway.close_day(street.day(1))
    street.change(*with_balances("UPDATE ledger_transfers SET amount = amount + 1", _A_SALE, "1"))


_FIRST_SALE = "SELECT min(height) FROM ledger_transfers WHERE kind = 'sale'"
_A_SALE = (
    f"WHERE kind = 'sale' AND height = ({_FIRST_SALE}) AND leg = 0 AND place ="
    f" (SELECT min(place) FROM ledger_transfers WHERE kind = 'sale' AND height = ({_FIRST_SALE}))"
)


_A_REFUND = (
    "WHERE source = 1 AND kind = 'refunded' AND height ="
    " (SELECT min(height) FROM ledger_transfers WHERE source = 1 AND kind = 'refunded')"
)


def posted(*statements: str) -> Callable[[Street], None]:
    """Changes of the ledger once it has what the books say."""

    def plant(street: Street) -> None:
        with street.open() as gateway:
            gateway.follow_books()
        street.change(*statements)

    return plant


def with_balances(change: str, where: str, more: str) -> tuple[str, ...]:
    """A change of a transfer that its accounts' balances follow: `more` is what it adds."""
    changes = []
    for side in ("debit", "credit"):
        whose = f"SELECT {side} FROM ledger_transfers {where}"
        changed = f"SET {side}s = {side}s + {more} WHERE account = ({whose})"
        changes.append(f"UPDATE ledger_balances {changed}")
    return (*changes, f"{change} {where}")


# On chain


def changed_balance(street: Street) -> None:
    settlement, account = street.fair.network.settlement, accounts.of_platform(3)
    available = settlement.available_of(account)
    tamper(settlement.chain, settlement.address, (account,), available, available + 5)


def changed_hold(street: Street) -> None:
    settlement = street.fair.network.settlement
    packed = settlement.read("holdOf", 3, 1)
    tamper(settlement.chain, settlement.address, (3,), packed, packed + (1 << 112))


def changed_commission(street: Street) -> None:
    settlement, account = street.fair.network.settlement, accounts.of_platform(1)
    packed = settlement.read("commissionOf", account, 0)
    tamper(settlement.chain, settlement.address, (account,), packed, packed + (1 << 112))


def changed_root(street: Street) -> None:
    settlement = street.fair.network.settlement
    root = int.from_bytes(settlement.root_of(1, 1, 1), "big")
    tamper(settlement.chain, settlement.address, (1 << 96 | 1 << 64 | 1,), root, root ^ 1)


def missing_tokens(street: Street) -> None:
    network = street.fair.network
    holder = int(network.settlement.address, 16)
    tokens = network.token.balance_of(network.settlement.address)
    tamper(network.chain, network.token.address, (holder,), tokens, tokens - 1)


FAULTS: Mapping[str, Fault] = {
    # The provider's bill
    "a callback that never came": Fault(RECONCILE, unheard, "callback_missing"),
    "a payment that the books do not have": Fault(RECONCILE, stranger, "payment_not_in_books"),
    "a payment after the books gave it up": Fault(RECONCILE, late_payer, "called_unpaid"),
    "a payment that the provider took twice": Fault(
        RECONCILE, bill(CARDS, of("book 1", lambda line: [line, line])), "paid_twice"
    ),
    "another amount on the bill": Fault(
        RECONCILE,
        bill(CARDS, of("book 1", lambda line: [line._replace(amount=usd(24_900))])),
        "amount_differs",
    ),
    "another currency on the bill": Fault(
        RECONCILE,
        bill(WALLET, of("film 6", lambda line: [line._replace(amount=Money(22_499, "EUR"))])),
        "currency_differs",
    ),
    "another fee on the bill": Fault(
        RECONCILE,
        bill(CARDS, of("book 1", lambda line: [line._replace(fee=usd(150))])),
        "fee_differs",
    ),
    "a payment that is on no bill": Fault(
        RECONCILE, bill(CARDS, of("book 1", lambda line: [])), "on_later_bill"
    ),
    "a refund at the provider without ours": Fault(
        RECONCILE, console_refund, "refund_not_in_books"
    ),
    "a refund to a balance that the provider made too": Fault(
        RECONCILE, returned_twice, "returned_twice"
    ),
    "a refund that the bill does not have": Fault(
        RECONCILE,
        bill(CARDS, of("book 3", lambda line: [], LineKind.REFUND)),
        "refund_not_on_bill",
    ),
    "a refund of another amount": Fault(
        RECONCILE,
        bill(
            CARDS,
            of("book 3", lambda line: [line._replace(amount=usd(-4_800))], LineKind.REFUND),
        ),
        "amount_differs",
    ),
    "a refund to another payer": Fault(
        RECONCILE, bill(CARDS, other_payer), "refund_of_another_payment"
    ),
    "a refund on the wrong platform": Fault(RECONCILE, wrong_platform, "refund_of_another_payment"),
    "a chargeback that the books do not know": Fault(
        RECONCILE, unheard_chargeback, "chargeback_not_in_books"
    ),
    "a chargeback that the bill does not have": Fault(
        RECONCILE,
        bill(CARDS, of("book 4", lambda line: [], LineKind.CHARGEBACK)),
        "chargeback_not_on_bill",
    ),
    # Payments in the books
    "a payment that its provider never heard of": Fault(
        RECONCILE,
        books("UPDATE payments SET provider_payment_id = 'sbx_none' WHERE id = {book 1}"),
        "not_on_bill",
    ),
    "a payment's amount": Fault(
        RECONCILE,
        books("UPDATE payments SET received = received + 1 WHERE id = {book 1}"),
        "amount_differs",
    ),
    "a payment's currency": Fault(
        RECONCILE,
        books("UPDATE payments SET currency = 'EUR' WHERE id = {book 1}"),
        "currency_differs",
    ),
    "a payment's fee": Fault(
        RECONCILE, books("UPDATE payments SET fee = 1 WHERE id = {book 1}"), "fee_differs"
    ),
    "a payment of another platform": Fault(
        RECONCILE, books("UPDATE payments SET platform = 2 WHERE id = {book 1}"), "wrong_account"
    ),
    "a payment at a provider that is none": Fault(
        RECONCILE, books("UPDATE payments SET provider = 'gone' WHERE id = {book 1}"), "no_account"
    ),
    "a refund that somebody deleted": Fault(
        RECONCILE,
        books("DELETE FROM refunds WHERE order_id = {book 3} + 1"),
        "refunded_on_chain_alone",
    ),
    "a refund that went back and is called failed": Fault(
        RECONCILE,
        books("UPDATE paybacks SET state = 'payback_failed' WHERE payment_id = {overpaid}"),
        "returned_twice",
    ),
    "what was paid too much, and does not go back": Fault(
        RECONCILE, books("DELETE FROM paybacks WHERE payment_id = {overpaid}"), "surplus_lost"
    ),
    "a chargeback that somebody deleted": Fault(
        RECONCILE,
        books("DELETE FROM chargebacks WHERE payment_id = {book 4}"),
        "chargeback_not_in_books",
    ),
    "a top-up that nobody follows": Fault(
        RECONCILE, books("DELETE FROM top_ups WHERE payment_id = {top-up}"), "top_up_lost"
    ),
    # Orders in the books
    "a payment whose orders are gone": Fault(
        RECONCILE, books("DELETE FROM orders WHERE payment_id = {book 1}"), "orders_missing"
    ),
    "an order that is entered twice": Fault(
        RECONCILE,
        books(
            "INSERT INTO orders SELECT id + 50, payment_id, platform, learner, content, price"
            " FROM orders WHERE id = {book 1} + 1"
        ),
        "prices_differ",
    ),
    "an order in two batches": Fault(
        RECONCILE,
        books(
            "DROP INDEX batch_orders_once",
            "INSERT INTO batch_orders SELECT id, 77, {book 3} + 2, 0 FROM batches"
            " WHERE platform = 1 AND number = 2",
        ),
        "order_twice",
    ),
    "an order's price": Fault(
        RECONCILE,
        books("UPDATE orders SET price = price + 10000 WHERE id = {book 3} + 2"),
        "order_differs_on_chain",
    ),
    "an order's learner": Fault(
        RECONCILE,
        books("UPDATE orders SET learner = 9 WHERE id = {book 3} + 2"),
        "order_differs_on_chain",
    ),
    "an order that waits no more": Fault(RECONCILE, waiting_lost, "order_lost"),
    "an order that its batch lost": Fault(
        RECONCILE,
        books("DELETE FROM batch_orders WHERE order_id = {book 3} + 2"),
        "order_not_in_books",
    ),
    "an order that is settled and not paid": Fault(
        RECONCILE,
        books("UPDATE payments SET state = 'cancelled' WHERE id = {book 3}"),
        "settled_unpaid",
    ),
    "a batch that is not on chain": Fault(
        RECONCILE,
        books(f"UPDATE batches SET number = 99 WHERE id = {_BATCH}"),
        "batch_not_on_chain",
    ),
    "a batch that is not in the books": Fault(
        RECONCILE, books(f"DELETE FROM batches WHERE id = {_BATCH}"), "batch_not_in_books"
    ),
    "a refund that the chain has not": Fault(
        RECONCILE,
        books("UPDATE refunds SET order_id = {book 5} + 1 WHERE order_id = {book 3} + 1"),
        "refund_not_on_chain",
    ),
    "a part that went back, and another in the books": Fault(
        RECONCILE,
        books("UPDATE refunds SET units = units + 10000 WHERE is_part = 1"),
        "part_refund_differs",
    ),
    "a part that went back and is not in the books": Fault(
        RECONCILE, books("DELETE FROM refunds WHERE is_part = 1"), "part_refund_differs"
    ),
    # The index of the chain
    "an event that is not indexed": Fault(
        AUDIT_BOOKS,
        books(f"DELETE FROM chain_batches {_ON_CHAIN}"),
        "chain_batches (1, 1, 1) is on chain and not in the books",
    ),
    "a refund's event that is not indexed": Fault(
        AUDIT_BOOKS, books("DELETE FROM chain_refunds"), "is on chain and not in the books"
    ),
    "a batch's words in the index": Fault(
        RECONCILE,
        books(f"UPDATE chain_batches SET words = {_OTHER_WORDS} {_ON_CHAIN}"),
        "debit_differs",
    ),
    "a batch's words, against the chain": Fault(
        AUDIT_BOOKS,
        books(f"UPDATE chain_batches SET words = {_OTHER_WORDS} {_ON_CHAIN}"),
        "chain_batches (1, 1, 1): words is",
    ),
    "a batch's debit in the index": Fault(
        RECONCILE,
        books(f"UPDATE chain_batches SET debit = debit + 10000 {_ON_CHAIN}"),
        "debit_differs",
    ),
    "a price in the index": Fault(
        RECONCILE,
        books("UPDATE chain_prices SET price = price + 10000 WHERE content = 3"),
        "order_differs_on_chain",
    ),
    "a licence without an order": Fault(
        RECONCILE,
        books(f"INSERT INTO chain_licenses VALUES (9, 2, {_CHAIN_ID}, 3)"),
        "license_without_order",
    ),
    "a licence of a batch that is none": Fault(
        RECONCILE,
        books("INSERT INTO chain_licenses VALUES (9, 2, 77, 0)"),
        "license_without_order",
    ),
    "an order without a licence": Fault(
        RECONCILE,
        books(f"DELETE FROM chain_licenses WHERE batch_id = {_CHAIN_ID} AND learner = 3"),
        "license_missing",
    ),
    "a platform's fee in the index, against the chain": Fault(
        AUDIT_BOOKS,
        books("UPDATE chain_platforms SET next_network_bps = 1 WHERE number = 3"),
        "chain_platforms [3]: next_network_bps is 1 in the books and 100 on chain",
    ),
    "a batch's debit in the books, against the chain": Fault(
        AUDIT_BOOKS,
        books(f"UPDATE batches SET debit = debit + 1 WHERE id = {_BATCH}"),
        "batch (1, 1, 1): debit is",
    ),
    # The ledger
    "a row of the ledger that is gone": Fault(
        LEDGER_CHECK, books(f"DELETE FROM ledger_transfers {_A_SALE}"), "available:platform/1"
    ),
    "a row of the ledger with another amount": Fault(
        LEDGER_CHECK,
        books(f"UPDATE ledger_transfers SET amount = amount + 7 {_A_SALE}"),
        "available:platform/1",
    ),
    "a row of the ledger that is entered twice": Fault(
        LEDGER_CHECK,
        books(
            "INSERT INTO ledger_transfers SELECT source, height, place, leg + 90, at, kind, debit,"
            " credit, amount, order_id, content, learner, seller, payment, cause FROM"
            " ledger_transfers " + _A_SALE
        ),
        "available:platform/1",
    ),
    "a balance of the ledger": Fault(
        LEDGER_CHECK,
        books(
            "UPDATE ledger_balances SET credits = credits + 5 WHERE account ="
            " (SELECT id FROM ledger_accounts WHERE name = 'available:platform/2')"
        ),
        "available:platform/2",
    ),
    "an entry of the books that is gone": Fault(
        LEDGER_CHECK, posted(f"DELETE FROM ledger_transfers {_A_REFUND}"), "event 1/"
    ),
    "an entry of the books with another amount, and its balances with it": Fault(
        LEDGER_CHECK,
        posted(*with_balances("UPDATE ledger_transfers SET amount = amount + 7", _A_REFUND, "7")),
        "event 1/",
    ),
    "an entry of the books that is gone from its balances too": Fault(
        LEDGER_CHECK,
        posted(*with_balances("DELETE FROM ledger_transfers", _A_REFUND, "-4900")),
        "event 1/",
    ),
    "an entry of the books for another payment": Fault(
        LEDGER_CHECK,
        posted(f"UPDATE ledger_transfers SET payment = 'pay_0000000000000001' {_A_REFUND}"),
        "event 1/",
    ),
    "an entry of the books that no event makes": Fault(
        LEDGER_CHECK,
        posted(
            "INSERT INTO ledger_transfers SELECT source, height, place, leg + 9, at, kind, credit,"
            " debit, amount, order_id, content, learner, seller, payment, cause"
            f" FROM ledger_transfers {_A_REFUND}"
        ),
        "event 1/",
    ),
    "a settled order of which the books have kept more": Fault(
        LEDGER_CHECK,
        posted(*with_balances("DELETE FROM ledger_transfers", _A_REFUND, "-4900")),
        "ord_",
    ),
    "a settled order that cost another price on chain": Fault(
        LEDGER_CHECK,
        books(*with_balances("UPDATE ledger_transfers SET amount = amount + 1", _A_SALE, "1")),
        "ord_",
    ),
    "a day's root that does not match": Fault(LEDGER_CHECK, closed_otherwise, "day 1"),
    "what moved on a day after it was closed": Fault(LEDGER_CHECK, moved_after_the_close, "day 1"),
    # What the chain stores
    "a balance on chain": Fault(AUDIT, changed_balance, "platform 3"),
    "a hold on chain": Fault(AUDIT, changed_hold, "holdOf"),
    "a commission on chain": Fault(AUDIT, changed_commission, "commissionOf"),
    "a batch's root on chain": Fault(AUDIT, changed_root, "root of batch"),
    "tokens that are gone": Fault(AUDIT, missing_tokens, "1 short"),
}
