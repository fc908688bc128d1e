"""What somebody may do to a gateway's books behind all rules, and what the audit says of it."""

from __future__ import annotations

#: What somebody does to a table, and what the audit says of it.
INDEX_FAULTS = {
    "a learner of the cursor": (
        "UPDATE chain_cursor SET learners = 99",
        "chain_cursor: learners is 99 in the books and 10 on chain",
    ),
    "a cursor that is gone": (
        "DELETE FROM chain_cursor",
        "chain_cursor is on chain and not in the books",
    ),
    "a block of the cursor that is none": (
        "UPDATE chain_cursor SET block_number = 1000000",
        "chain_cursor: block_number is 1000000 in the books and",
    ),
    "another block of the cursor": (
        "UPDATE chain_cursor SET block_hash = '0x00'",
        "chain_cursor: block_hash is 0x00",
    ),
    "a checkpoint": (
        "UPDATE chain_checkpoints SET block_hash = '0x00'",
        "chain_checkpoints",
    ),
    "a checkpoint of no block": (
        "INSERT INTO chain_checkpoints VALUES (1000000, '0x00', 1)",
        "chain_checkpoints 1000000 is in the books and not on chain",
    ),
    "a log of terms": (
        "UPDATE chain_terms SET address = '0x00' WHERE log_index = 0",
        "address is 0x00",
    ),
    "a log of terms that is gone": (
        "DELETE FROM chain_terms WHERE block_number = (SELECT max(block_number) FROM chain_terms)",
        "is on chain and not in the books",
    ),
    "a platform's name": (
        "UPDATE chain_platforms SET name = 'other' WHERE number = 2",
        "chain_platforms [2]: name is other in the books and platform 2 on chain",
    ),
    "a platform's fee": (
        "UPDATE chain_platforms SET next_network_bps = 1 WHERE number = 3",
        "chain_platforms [3]: next_network_bps is 1 in the books and 150 on chain",
    ),
    "a platform that is gone": (
        "DELETE FROM chain_platforms WHERE number = 3",
        "chain_platforms [3] is on chain and not in the books",
    ),
    "a platform that never was": (
        (
            "INSERT INTO chain_platforms SELECT 4, name, owner, status, treasury, next_treasury,"
            " treasury_since, network_bps, next_network_bps, network_bps_since, host_bps,"
            " next_host_bps, host_bps_since FROM chain_platforms WHERE number = 1"
        ),
        "chain_platforms [4] is in the books and not on chain",
    ),
    "a window": ("UPDATE chain_windows SET seconds = 1", "chain_windows [0]: seconds is 1"),
    "a content's host": (
        "UPDATE chain_contents SET host = 2 WHERE number = 1",
        "chain_contents [1]: host is 2 in the books and 1 on chain",
    ),
    "a content's end": (
        "UPDATE chain_contents SET active = 1 WHERE number = 6",
        "chain_contents [6]: active is 1 in the books and 0 on chain",
    ),
    "a plan": (
        "UPDATE chain_plans SET commission_bps = 1 WHERE content = 6 AND version = 2",
        "commission_bps is 1 in the books and 1900 on chain",
    ),
    "a plan that is gone": (
        "DELETE FROM chain_plans WHERE content = 6 AND version = 2",
        "is on chain and not in the books",
    ),
    "a price": (
        "UPDATE chain_prices SET price = 3 WHERE content = 6 AND from_day > 0",
        "price is 3 in the books and 500000000 on chain",
    ),
    "a price of another day": (
        "UPDATE chain_prices SET from_day = from_day + 1 WHERE content = 6 AND from_day > 0",
        "is in the books and not on chain",
    ),
    "a batch's root": (
        "UPDATE chain_batches SET root = words WHERE platform = 2",
        "chain_batches (2, 1, 1): root is",
    ),
    "a batch's debit": (
        "UPDATE chain_batches SET debit = debit + 1 WHERE platform = 2",
        "chain_batches (2, 1, 1): debit is",
    ),
    "a batch's words": (
        "UPDATE chain_batches SET words = root WHERE platform = 2",
        "chain_batches (2, 1, 1): words is",
    ),
    "a batch's time": (
        "UPDATE chain_batches SET block_timestamp = 5 WHERE platform = 2",
        "chain_batches (2, 1, 1): block_timestamp is 5",
    ),
    "a batch in another place": (
        "UPDATE chain_batches SET number = 7 WHERE platform = 2",
        "chain_batches (2, 1, 7) is in the books and not on chain",
    ),
    "a batch that is gone": (
        "DELETE FROM chain_batches WHERE platform = 2",
        "chain_batches (2, 1, 1) is on chain and not in the books",
    ),
    "a licence's learner": (
        "UPDATE chain_licenses SET learner = 8 WHERE batch_id = 3",
        "chain_licenses of batch (1, 1, 2), position 0, learner 9, content 2: learner is 8",
    ),
    "a licence's place": (
        "UPDATE chain_licenses SET position = 3 WHERE batch_id = 3",
        "chain_licenses of batch (1, 1, 2), position 0, learner 9, content 2: position is 3",
    ),
    "a licence of another batch": (
        "UPDATE chain_licenses SET batch_id = 2 WHERE batch_id = 3",
        "chain_licenses of batch (1, 1, 2), position 0, learner 9, content 2 is on chain and not",
    ),
    "a licence that is doubled": (
        (
            "INSERT INTO chain_licenses SELECT learner, content, batch_id, 6 FROM chain_licenses"
            " WHERE batch_id = 3"
        ),
        "chain_licenses of batch (1, 1, 2), position 6, learner 9, content 2 is in the books and",
    ),
    "a licence that is gone": (
        "DELETE FROM chain_licenses WHERE batch_id = 3",
        "chain_licenses of batch (1, 1, 2), position 0, learner 9, content 2 is on chain and not",
    ),
    "a licence of no batch": (
        "INSERT INTO chain_licenses VALUES (1, 1, 77, 0)",
        "chain_licenses of batch 77, position 0, learner 1, content 1 is in the books",
    ),
    "a refund's block": (
        "UPDATE chain_refunds SET block_number = 1",
        "block_number is 1 in the books",
    ),
    "the block of what a dispute gave back": (
        (
            "UPDATE chain_refunds SET block_number = 1"
            " WHERE block_number = (SELECT max(block_number) FROM chain_refunds)"
        ),
        "block_number is 1 in the books",
    ),
    "a refund that is gone": ("DELETE FROM chain_refunds", "is on chain and not in the books"),
    "a refund that never was": (
        (
            "INSERT INTO chain_refunds SELECT root, transaction_hash, block_number"
            " FROM chain_batches WHERE platform = 2"
        ),
        "is in the books and not on chain",
    ),
    "a dispute's amount": (
        "UPDATE chain_disputes SET amount = 4 WHERE state = 'open'",
        "amount is 4 in the books",
    ),
    "a dispute that is gone": (
        "DELETE FROM chain_disputes WHERE state = 'open'",
        "is on chain and not in the books",
    ),
    "a dispute's end": (
        "UPDATE chain_disputes SET state = 'paid' WHERE state = 'open'",
        "state is paid in the books and open on chain",
    ),
    "a direct order's receiver": (
        "UPDATE chain_direct_orders SET receiver = '0x00'",
        "receiver is 0x00 in the books",
    ),
    "a direct order that is gone": (
        "DELETE FROM chain_direct_orders",
        "is on chain and not in the books",
    ),
    "a direct order that never was": (
        ("UPDATE chain_direct_orders SET id = (SELECT root FROM chain_batches WHERE platform = 2)"),
        "id is 0x",
    ),
    "a direct order that is doubled": (
        (
            "INSERT INTO chain_direct_orders SELECT block_number, log_index + 1000, id, content,"
            " seller, buyer, receiver, referrer, max_price, starts_at, deadline, salt"
            " FROM chain_direct_orders"
        ),
        "is in the books and not on chain",
    ),
    "a direct order behind all": (
        (
            "INSERT INTO chain_direct_orders SELECT block_number + 10000, log_index, id, content,"
            " seller, buyer, receiver, referrer, max_price, starts_at, deadline, salt"
            " FROM chain_direct_orders"
        ),
        "is in the books and not on chain",
    ),
    "a token's holder": (
        "UPDATE chain_tokens SET holder = '0x00'",
        "holder is 0x00 in the books",
    ),
    "a token that is gone": ("DELETE FROM chain_tokens", "is on chain and not in the books"),
}

_FIRST = "(SELECT min(id) FROM batches WHERE platform = 1 AND number = 1)"
_OTHER = "(SELECT min(id) FROM batches WHERE platform = 2)"
_WORDS = "(SELECT words FROM batches WHERE platform = 2)"
_AT = f"(SELECT order_id FROM batch_orders WHERE batch_id = {_FIRST} AND position = 0)"

ORDER_FAULTS = {
    "an order's price": (
        f"UPDATE orders SET price = 7 WHERE id = {_AT}",
        "price is 7 in the books and",
    ),
    "an order's content": (
        f"UPDATE orders SET content = 4 WHERE id = {_AT}",
        "content is 4 in the books and 1 on chain",
    ),
    "an order's learner": (
        f"UPDATE orders SET learner = 10 WHERE id = {_AT}",
        "learner is 10 in the books and 1 on chain",
    ),
    "an order that is gone": (
        f"DELETE FROM batch_orders WHERE batch_id = {_FIRST} AND position = 0",
        "order at position 0 of batch (1, 1, 1) is on chain and not in the books",
    ),
    "an order in another place": (
        f"UPDATE batch_orders SET position = 6 WHERE batch_id = {_FIRST} AND position = 0",
        "at position 6 of batch (1, 1, 1) is in the books and not on chain",
    ),
    "an order that the chain did not sell": (
        f"INSERT INTO batch_orders SELECT {_FIRST}, 33, order_id, 0 FROM waiting",
        "at position 33 of batch (1, 1, 1) is in the books and not on chain",
    ),
    "a batch's debit": (
        f"UPDATE batches SET debit = debit + 1 WHERE id = {_FIRST}",
        "batch (1, 1, 1): debit is",
    ),
    "a batch's words": (
        f"UPDATE batches SET words = {_WORDS} WHERE id = {_FIRST}",
        "batch (1, 1, 1): words is",
    ),
    "a batch's transaction": (
        (
            "UPDATE batches SET transaction_hash ="
            f" (SELECT transaction_hash FROM batches WHERE platform = 2) WHERE id = {_FIRST}"
        ),
        "batch (1, 1, 1): transaction_hash is",
    ),
    "a batch that is gone": (
        f"DELETE FROM batches WHERE id = {_FIRST}",
        "batch (1, 1, 1) is on chain and not in the books",
    ),
    "a batch that never was": (
        f"UPDATE batches SET number = 9 WHERE id = {_FIRST}",
        "batch (1, 1, 9) is in the books and not on chain",
    ),
    "a batch that was refused": (
        (
            "UPDATE batches SET state = 'refused', block_number = NULL, gas_used = NULL"
            f" WHERE id = {_FIRST}"
        ),
        "batch (1, 1, 1) is on chain and not in the books",
    ),
    "a refund that the chain has not": (
        "UPDATE refunds SET order_id = order_id + 500 WHERE is_part = 0",
        "state is refunded on chain in the books and not settled on chain",
    ),
    "a refund of another order": (
        (
            "UPDATE refunds SET order_id ="
            f" (SELECT order_id FROM batch_orders WHERE batch_id = {_OTHER} AND position = 0)"
            " WHERE id = (SELECT min(id) FROM refunds WHERE is_part = 0)"
        ),
        "state is refunded in the books and paid on chain",
    ),
    "a refund that is gone": (
        "DELETE FROM refunds WHERE id = (SELECT min(id) FROM refunds WHERE is_part = 0)",
        "state is paid in the books and refunded on chain",
    ),
    "a part refund's amount": (
        "UPDATE refunds SET units = units + 1 WHERE is_part = 1",
        "given back is 10000001 in the books and 10000000 on chain",
    ),
    "a part refund that is gone": (
        "DELETE FROM refunds WHERE is_part = 1",
        "given back is 0 in the books and 10000000 on chain",
    ),
    "a dispute's opener": (
        "UPDATE disputes SET opener = 'platform 3' WHERE state = 'open'",
        "opener is platform 3 in the books and platform 2 on chain",
    ),
    "a dispute's end": (
        "UPDATE disputes SET state = 'paid' WHERE state = 'open'",
        "state is paid in the books and open on chain",
    ),
    "a dispute that is gone": (
        "DELETE FROM disputes WHERE state = 'open'",
        "is on chain and not in the books",
    ),
    "a dispute that never was": (
        (
            "UPDATE disputes SET order_id ="
            f" (SELECT order_id FROM batch_orders WHERE batch_id = {_OTHER} AND position = 0)"
            " WHERE state = 'open'"
        ),
        "is in the books and not on chain",
    ),
}
