"""The points on a payment's way at which a process is made to die.

Each is a place (`tests.faults.fuse`) in a story (`tests.faults.sales`): what had happened outside
of the process is there, and what it knew is gone.
"""

from __future__ import annotations

from typing import NamedTuple


class Point(NamedTuple):
    """A place that a story comes to, up to so many `times` before it is what it says."""

    name: str
    story: str
    place: str
    times: int = 1


#: From a payment's arrival to the confirmation of what it paid for.
TO_CONFIRMATION = (
    Point("checkout recorded", "by_callback", "after put_payments"),
    Point("made at the provider, unanswered", "by_callback", "after create"),
    Point("made at the provider, recorded", "by_callback", "after name_payment"),
    Point("callback stored, unanswered", "by_callback", "after put_callback"),
    Point("job begun", "by_callback", "after take_lease", 8),
    Point("provider asked for a callback", "by_callback", "after query"),
    Point("paid by callback", "by_callback", "after resolve_payment"),
    Point("callback processed", "by_callback", "after set_callback_state"),
    Point("paid by schedule", "by_schedule", "after resolve_payment"),
    Point("shop's payment recorded", "by_name", "after put_payments"),
    Point("payment unknown", "unknown", "after resolve_payment"),
    Point("surplus recorded", "overpaid", "after resolve_payment"),
    Point("surplus sent back", "overpaid", "after refund"),
    Point("too little sent back", "underpaid", "after refund"),
    Point("cancelled at the provider", "unpaid", "after cancel"),
    Point("expired", "unpaid", "after resolve_payment"),
    Point("batch signed, not stored", "by_name", "before put_batch_record"),
    Point("batch stored, submitted", "by_callback", "after put_batch_record"),
    Point("batch sent, unanswered", "by_schedule", "after eth_sendRawTransaction"),
    Point("receipt read", "by_callback", "after eth_getTransactionReceipt"),
    Point("batch settled", "by_name", "after settled_operation"),
    Point("top-up recorded", "loaded", "after put_payments"),
    Point("top-up paid", "loaded", "after resolve_payment"),
    Point("top-up stored signed", "loaded", "after put_operation"),
    Point("top-up sent, unanswered", "loaded_by_name", "after eth_sendRawTransaction"),
    Point("balance spent", "spent", "after put_payments", 2),
    Point("batch from balances sent, unanswered", "spent", "after eth_sendRawTransaction", 2),
)

#: What may come of it later: refunds, pay-outs, chargebacks.
AFTERWARDS = (
    Point("withdrawal signed, not stored", "withdrawn", "before put_act"),
    Point("withdrawal stored signed", "withdrawn", "after put_act"),
    Point("withdrawal sent, unanswered", "withdrawn", "after eth_sendRawTransaction"),
    Point("refund begun", "refunded", "after put_refund_record"),
    Point("refund stored signed", "refunded", "after put_operation"),
    Point("refund submitted", "refunded", "after submitted_operation"),
    Point("refund sent, unanswered", "refunded", "after eth_sendRawTransaction", 2),
    Point("refund included", "refunded", "before refund_on_chain"),
    Point("refund on chain recorded", "refunded", "after refund_on_chain"),
    Point("refund made at the provider", "refunded", "after refund"),
    Point("part begun", "part_refunded", "after put_refund_record"),
    Point("part stored signed", "part_refunded", "after put_operation"),
    Point("part sent, unanswered", "part_refunded", "after eth_sendRawTransaction", 2),
    Point("part included", "part_refunded", "before refund_on_chain"),
    Point("part made at the provider", "part_refunded", "after refund"),
    Point("rest begun after a part", "rest_refunded", "after put_refund_record", 2),
    Point("rest made at the provider", "rest_refunded", "after refund", 2),
    Point("early refund made at the provider", "refunded_early", "after refund"),
    Point("refund to balance begun", "credited", "after put_refund_record"),
    Point("refund to balance on chain, not credited", "credited", "after refund_on_chain"),
    Point("credit stored signed", "credited_early", "after put_refund_on_balance"),
    Point("credit sent, unanswered", "credited_early", "after eth_sendRawTransaction"),
    Point("credit settled", "credited_early", "after settled_operation"),
    Point("credit final, refund not closed", "credited", "before refunded"),
    Point("pay-out signed, not stored", "paid_out", "before put_act"),
    Point("pay-out stored signed", "paid_out", "after put_act"),
    Point("pay-out sent, unanswered", "paid_out", "after eth_sendRawTransaction", 2),
    Point("pay-out final, not returned", "paid_out", "before put_payout_payback"),
    Point("pay-out being returned", "paid_out", "after put_payout_payback"),
    Point("pay-out made at the provider", "paid_out", "after refund"),
    Point("top-up refund begun", "sent_back", "after begin_top_up_refund"),
    Point("top-up sent back at the provider", "sent_back", "after refund"),
    Point("chargeback recorded", "charged_back", "after put_chargeback"),
    Point("charged back order on chain again", "charged_back", "after eth_sendRawTransaction", 3),
)

POINTS = (*TO_CONFIRMATION, *AFTERWARDS)
