"""Why provider's bill, orders, chain and licences differ, and what to do about each."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Verdict(str, Enum):
    """What a thing is that is not simply matched."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    LATE = "late"
    UNDER_WAY = "under_way"


class Route(str, Enum):
    """Which two sides were compared."""

    BILL = "bill and orders"
    CHAIN = "orders and chain"
    LICENSES = "chain and licences"


class Reason(NamedTuple):
    """One kind of difference; `code` never changes its meaning.

    What is late or under way ends by itself, or has: it is explained.
    """

    code: str
    route: Route
    verdict: Verdict
    said: str
    advice: str

    @property
    def is_explained(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.verdict in (Verdict.LATE, Verdict.UNDER_WAY)


_MISSING, _EXTRA, _DIFFERENT = Verdict.MISSING, Verdict.EXTRA, Verdict.DIFFERENT
_LATE, _UNDER_WAY = Verdict.LATE, Verdict.UNDER_WAY

_NOTHING = "nothing: it ends by itself"
_RESTORE = "the books were changed by hand, or the disk is bad: restore them"
_REBUILD = "run zhifu audit --database; make the index anew if it is what differs (docs/books.md)"

# Bill and orders

CALLBACK_MISSING = Reason(
    "callback_missing",
    Route.BILL,
    _MISSING,
    "is paid on the bill, and the books still wait for it: no callback came, and nobody asked",
    "run the gateway, which asks its provider again; see that callbacks arrive (zhifu doctor)",
)
BEING_ASKED = Reason(
    "being_asked",
    Route.BILL,
    _UNDER_WAY,
    "was paid moments ago; the gateway asks its provider soon",
    _NOTHING,
)
CALLED_UNPAID = Reason(
    "called_unpaid",
    Route.BILL,
    _MISSING,
    "is paid on the bill, and the books call it over without money",
    "have its callback sent again at the provider: the gateway then sends the money back",
)
PAYMENT_NOT_IN_BOOKS = Reason(
    "payment_not_in_books",
    Route.BILL,
    _EXTRA,
    "is on the bill and not in the books",
    "if the gateway made it, restore newer books; if your shop did, hand it in (POST /v1/orders)"
    " or refund it at the provider",
)
PAID_TWICE = Reason(
    "paid_twice",
    Route.BILL,
    _DIFFERENT,
    "is on the bill more than once",
    "refund at the provider what was taken too often",
)
AMOUNT = Reason(
    "amount_differs",
    Route.BILL,
    _DIFFERENT,
    "has another amount on the bill",
    "if the provider confirms its bill, " + _RESTORE,
)
CURRENCY = Reason(
    "currency_differs",
    Route.BILL,
    _DIFFERENT,
    "is in another currency on the bill",
    "let the provider settle in the network's currency; if it does, " + _RESTORE,
)
FEE = Reason(
    "fee_differs",
    Route.BILL,
    _DIFFERENT,
    "has another fee on the bill than the provider told before",
    "ask the provider which fee holds; the orders are not concerned",
)
NOT_ON_BILL = Reason(
    "not_on_bill",
    Route.BILL,
    _MISSING,
    "is paid in the books, and its provider knows of no such payment",
    "nobody paid it: do not settle it; restore the books, or name the right account",
)
ON_LATER_BILL = Reason(
    "on_later_bill",
    Route.BILL,
    _LATE,
    "is on none of the bills that were read; its provider says that it is paid",
    "nothing, if it is on a bill of another day: reconcile that one",
)
BILL_TO_COME = Reason(
    "bill_to_come",
    Route.BILL,
    _UNDER_WAY,
    "is in the books; the bill of its day is not made yet",
    "reconcile again once it is",
)
WRONG_ACCOUNT = Reason(
    "wrong_account",
    Route.BILL,
    _DIFFERENT,
    "came through an account that is not its platform's",
    "see providers.NAME.platforms; the account's owner owes the platform the money",
)
NO_ACCOUNT = Reason(
    "no_account",
    Route.BILL,
    _MISSING,
    "has payments in the books, and is no provider of this gateway: its bills cannot be read",
    "configure it again, even if nothing new is paid through it",
)
BOOKED_LATER = Reason(
    "booked_later",
    Route.BILL,
    _LATE,
    "is in the books of another day than the bill's",
    _NOTHING,
)
REFUND_NOT_IN_BOOKS = Reason(
    "refund_not_in_books",
    Route.BILL,
    _EXTRA,
    "went back on the bill, and no refund or payback of the books says so",
    "if somebody refunded in the provider's console, refund the order here and say how it was"
    " returned",
)
REFUND_UNDER_WAY = Reason(
    "refund_under_way",
    Route.BILL,
    _UNDER_WAY,
    "went back on the bill; the gateway learns it when it asks next",
    _NOTHING,
)
REFUND_NOT_ON_BILL = Reason(
    "refund_not_on_bill",
    Route.BILL,
    _MISSING,
    "went back by the books, and the bill does not have it",
    "ask the provider about it: the learner may still be owed the money",
)
RETURNED_TWICE = Reason(
    "returned_twice",
    Route.BILL,
    _EXTRA,
    "went back on the bill, and the books call it failed or returned by hand",
    "ask the provider; ask the learner for what came twice",
)
OTHER_PAYMENT = Reason(
    "refund_of_another_payment",
    Route.BILL,
    _DIFFERENT,
    "went back through another payment, to somebody else",
    "ask that payer's platform to return it, and refund the right one",
)
CHARGEBACK_NOT_IN_BOOKS = Reason(
    "chargeback_not_in_books",
    Route.BILL,
    _EXTRA,
    "was taken or given back by a bank, and the books do not know",
    "have its callback sent again at the provider",
)
CHARGEBACK_NOT_ON_BILL = Reason(
    "chargeback_not_on_bill",
    Route.BILL,
    _MISSING,
    "was taken or given back by a bank by the books, and the bill does not have it",
    "ask the provider; if it has none, " + _RESTORE,
)
SURPLUS_LOST = Reason(
    "surplus_lost",
    Route.BILL,
    _MISSING,
    "brought money that belongs to no order and does not go back",
    _RESTORE,
)
SURPLUS_UNDER_WAY = Reason(
    "surplus_under_way",
    Route.BILL,
    _UNDER_WAY,
    "brought money that belongs to no order; it is to go back",
    "nothing, unless the provider refused: then return it by hand (docs/trouble.md)",
)

# Orders and chain

NO_ORDERS = Reason(
    "orders_missing", Route.CHAIN, _MISSING, "is paid and has no orders in the books", _RESTORE
)
PRICES = Reason(
    "prices_differ",
    Route.CHAIN,
    _DIFFERENT,
    "has orders whose prices do not add up to what was paid",
    _RESTORE,
)
ORDER_LOST = Reason(
    "order_lost",
    Route.CHAIN,
    _MISSING,
    "is paid, and neither waits for a batch nor is in one",
    _RESTORE,
)
ORDER_TWICE = Reason(
    "order_twice", Route.CHAIN, _EXTRA, "is in the books of more than one batch", _RESTORE
)
WAITING = Reason(
    "waiting", Route.CHAIN, _UNDER_WAY, "waits for a batch", "nothing: run zhifu settle, or serve"
)
LEFT_OUT = Reason(
    "left_out",
    Route.CHAIN,
    _UNDER_WAY,
    "is paid, and no batch can carry it",
    "nothing: it is refunded after an hour; or mend the cause",
)
IN_BATCH = Reason(
    "in_batch", Route.CHAIN, _UNDER_WAY, "is in a batch that is not on the chain yet", _NOTHING
)
SETTLED_LATER = Reason(
    "settled_later", Route.CHAIN, _LATE, "is settled on a day after it was paid", _NOTHING
)
BATCH_NOT_ON_CHAIN = Reason(
    "batch_not_on_chain",
    Route.CHAIN,
    _MISSING,
    "is settled by the books, and the chain does not have its batch",
    "run the gateway, which sends it again; " + _REBUILD,
)
ORDER_DIFFERS = Reason(
    "order_differs_on_chain",
    Route.CHAIN,
    _DIFFERENT,
    "is another order on chain",
    "the chain counts; " + _REBUILD,
)
BATCH_NOT_IN_BOOKS = Reason(
    "batch_not_in_books",
    Route.CHAIN,
    _EXTRA,
    "is on chain and not in the books",
    "take it in: zhifu adopt PLATFORM; or restore newer books",
)
ORDER_NOT_IN_BOOKS = Reason(
    "order_not_in_books",
    Route.CHAIN,
    _EXTRA,
    "is on chain, and its batch has no such order in the books",
    _RESTORE,
)
SETTLED_UNPAID = Reason(
    "settled_unpaid",
    Route.CHAIN,
    _EXTRA,
    "is settled on chain, and its payment is not paid",
    "ask the provider about the payment; " + _RESTORE,
)
DEBIT = Reason(
    "debit_differs",
    Route.CHAIN,
    _DIFFERENT,
    "debited another sum than the prices of its orders",
    _REBUILD,
)
REFUND_NOT_ON_CHAIN = Reason(
    "refund_not_on_chain",
    Route.CHAIN,
    _MISSING,
    "is refunded in the books, and paid on chain",
    "run the gateway, which refunds it again; " + _REBUILD,
)
REFUND_PENDING = Reason(
    "refund_pending",
    Route.CHAIN,
    _UNDER_WAY,
    "is being refunded",
    "nothing, unless the provider refused: zhifu refund tells",
)
REFUNDED_ON_CHAIN_ALONE = Reason(
    "refunded_on_chain_alone",
    Route.CHAIN,
    _EXTRA,
    "is refunded on chain, and paid in the books",
    "the payer is owed the money: zhifu refund ORDER",
)
PARTS = Reason(
    "part_refund_differs",
    Route.CHAIN,
    _DIFFERENT,
    "gave back other parts of it on chain than in the books",
    "the chain counts: the payer is owed what it gave back more; " + _REBUILD,
)
TOP_UP_LOST = Reason(
    "top_up_lost", Route.CHAIN, _MISSING, "is a paid top-up that nobody follows", _RESTORE
)
TOP_UP_UNDER_WAY = Reason(
    "top_up_under_way", Route.CHAIN, _UNDER_WAY, "is a top-up on its way", _NOTHING
)

# Chain and licences

LICENSE_MISSING = Reason(
    "license_missing",
    Route.LICENSES,
    _MISSING,
    "is settled on chain and grants no licence",
    _REBUILD,
)
LICENSE_WITHOUT_ORDER = Reason(
    "license_without_order",
    Route.LICENSES,
    _EXTRA,
    "is a licence without an order",
    _REBUILD,
)
