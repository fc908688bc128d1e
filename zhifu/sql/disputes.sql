-- Disputes about a platform's orders, which follow the index of the chain.

-- dispute_news --
-- What the chain has of disputes about orders of the books that the books have not, or otherwise.
-- CROSS JOIN keeps the order: there are few disputes, and orders without number.
SELECT batch_orders.order_id, batches.platform, chain_disputes.opener, chain_disputes.amount,
    chain_disputes.bond, chain_disputes.deadline, chain_disputes.evidence, chain_disputes.state,
    chain_disputes.block_number
FROM chain_disputes
CROSS JOIN batches
CROSS JOIN batch_orders
LEFT JOIN disputes ON disputes.order_id = batch_orders.order_id
WHERE batches.platform = chain_disputes.platform AND batches.lane = chain_disputes.lane
    AND batches.number = chain_disputes.number AND batches.state <> 'refused'
    AND batches.state IN ('settled', 'confirmed')
    AND batch_orders.batch_id = batches.id
    AND batch_orders.position = chain_disputes.position AND batch_orders.released = 0
    AND (disputes.id IS NULL OR disputes.state <> chain_disputes.state
        OR disputes.block_number <> chain_disputes.block_number
        OR disputes.opener <> chain_disputes.opener
        OR disputes.evidence <> chain_disputes.evidence);

-- put_dispute_record --
INSERT INTO disputes
    (id, platform, order_id, opener, amount, bond, deadline, evidence, state, block_number,
     created_at, changed_at)
VALUES
    (:id, :platform, :order_id, :opener, :amount, :bond, :deadline, :evidence, :state,
     :block_number, :now, :now)
ON CONFLICT (order_id) DO UPDATE SET
    opener = excluded.opener,
    amount = excluded.amount,
    bond = excluded.bond,
    deadline = excluded.deadline,
    evidence = excluded.evidence,
    state = excluded.state,
    block_number = excluded.block_number,
    changed_at = excluded.changed_at;

-- gone_disputes --
-- Those that the index of the chain, which has come as far, does not have any more.
SELECT id FROM disputes
WHERE state <> 'unsettled' AND block_number <= (SELECT block_number FROM chain_cursor)
    AND block_number >= (SELECT block_number FROM chain_cursor) - :blocks
    AND NOT EXISTS (
        SELECT 1 FROM batch_orders JOIN batches ON batches.id = batch_orders.batch_id
        JOIN chain_disputes ON chain_disputes.platform = batches.platform
            AND chain_disputes.lane = batches.lane AND chain_disputes.number = batches.number
            AND chain_disputes.position = batch_orders.position
        WHERE batch_orders.order_id = disputes.order_id AND batch_orders.released = 0);

-- unsettle_dispute --
UPDATE disputes SET state = 'unsettled', changed_at = :now WHERE id = :id;

-- dispute_of --
SELECT id, order_id, opener, amount, bond, deadline, evidence, state, created_at, changed_at
FROM disputes WHERE order_id = :order_id AND state <> 'unsettled';

-- dispute_shown --
SELECT id, order_id, opener, amount, bond, deadline, evidence, state, created_at, changed_at
FROM disputes WHERE id = :id AND platform = :platform;

-- disputes_page --
SELECT id, order_id, opener, amount, bond, deadline, evidence, state, created_at, changed_at
FROM disputes WHERE platform = :platform AND id < :before ORDER BY id DESC LIMIT :limit;

-- disputes_lost --
-- Those that ended in a refund on chain, and of whose order what is left has not begun to go back.
SELECT order_id FROM disputes
WHERE platform = :platform AND state = 'refunded'
    AND NOT EXISTS (
        SELECT 1 FROM refunds
        WHERE refunds.order_id = disputes.order_id AND refunds.state <> 'refund_failed'
            AND refunds.is_part = 0)
    AND EXISTS (
        SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
        WHERE orders.id = disputes.order_id AND payments.state = 'paid')
    AND due_at <= :now
ORDER BY due_at, id LIMIT 1000;

-- dispute_tries --
SELECT tries FROM disputes WHERE order_id = :order_id;

-- postpone_dispute --
UPDATE disputes SET due_at = :now + :delay, tries = tries + 1 WHERE order_id = :order_id;

-- is_dispute_lost --
SELECT count(*) FROM disputes WHERE order_id = :order_id AND state = 'refunded';
