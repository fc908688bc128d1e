-- What an auditor reads of a gateway's database, and never changes.

-- schema_revision --
SELECT version_num FROM alembic_version;

-- audited_batch --
SELECT id, root, leaves, orders, debit, sale_day, from_learners, words, transaction_hash,
    block_number, block_timestamp
FROM chain_batches WHERE platform = :platform AND lane = :lane AND number = :number;

-- audited_batches --
SELECT platform, lane, number FROM chain_batches
WHERE (platform, lane, number) > (:platform, :lane, :number)
ORDER BY platform, lane, number LIMIT :limit;

-- audited_licenses --
SELECT learner, content, batch_id, position FROM chain_licenses
WHERE (learner, content, batch_id, position) > (:learner, :content, :batch_id, :position)
ORDER BY learner, content, batch_id, position LIMIT :limit;

-- audited_licenses_of --
SELECT learner, content, position FROM chain_licenses WHERE batch_id = :batch_id
ORDER BY position, learner, content;

-- audited_refunds --
SELECT order_id FROM chain_refunds WHERE order_id > :order_id ORDER BY order_id LIMIT :limit;

-- audited_direct_orders --
SELECT block_number, log_index, id, content, seller, buyer, receiver, referrer, max_price,
    starts_at, deadline, salt
FROM chain_direct_orders WHERE (block_number, log_index) > (:block_number, :log_index)
ORDER BY block_number, log_index LIMIT :limit;

-- audited_disputes --
SELECT platform, lane, number, position, opener, amount, bond, deadline, evidence, state, block_number
FROM chain_disputes ORDER BY platform, lane, number, position;

-- audited_tokens --
SELECT order_id, content, holder FROM chain_tokens
WHERE order_id > :order_id AND NOT EXISTS (
    SELECT 1 FROM chain_tokens AS later
    WHERE later.order_id = chain_tokens.order_id AND later.block_number > chain_tokens.block_number)
ORDER BY order_id LIMIT :limit;

-- audited_lanes --
SELECT DISTINCT platform, lane FROM batches;

-- audited_operators --
SELECT DISTINCT operator FROM operations WHERE kind = 'batch';

-- audited_lane_batch --
SELECT id, state, orders, debit, sale_day, from_learners, words, transaction_hash, block_number
FROM batches
WHERE platform = :platform AND lane = :lane AND number = :number AND state <> 'refused';

-- audited_lane_batches --
SELECT id, platform, lane, number, block_number FROM batches
WHERE id > :id AND state IN ('settled', 'confirmed') ORDER BY id LIMIT :limit;

-- audited_orders --
SELECT batch_orders.position, batch_orders.order_id, orders.learner, orders.content, orders.price
FROM batch_orders JOIN orders ON orders.id = batch_orders.order_id
WHERE batch_orders.batch_id = :batch_id AND batch_orders.released = 0
ORDER BY batch_orders.position;

-- audited_order_of --
-- Where an order of the books stands, and whether its batch is settled.
SELECT batches.platform, batches.lane, batches.number, batch_orders.position
FROM batch_orders JOIN batches ON batches.id = batch_orders.batch_id
WHERE batch_orders.order_id = :order_id AND batch_orders.released = 0
    AND batches.state IN ('settled', 'confirmed');

-- audited_order_at --
SELECT batch_orders.order_id FROM batches JOIN batch_orders ON batch_orders.batch_id = batches.id
WHERE batches.platform = :platform AND batches.lane = :lane AND batches.number = :number
    AND batches.state <> 'refused' AND batch_orders.position = :position
    AND batch_orders.released = 0;

-- audited_order_refunds --
-- What the books know to have gone back of orders on chain, whole refunds apart from parts.
SELECT order_id, max(CASE WHEN is_part = 0 THEN 1 ELSE 0 END) AS whole, sum(units) AS units,
    max(block_number) AS block_number
FROM refunds WHERE order_id > :order_id AND on_chain = 'done'
GROUP BY order_id ORDER BY order_id LIMIT :limit;

-- audited_refund_of --
-- Any refund of an order that may be on chain, or come to be.
SELECT max(CASE WHEN is_part = 0 THEN 1 ELSE 0 END) AS whole,
    sum(CASE WHEN on_chain = 'done' THEN units ELSE 0 END) AS units,
    sum(CASE WHEN on_chain = 'pending' THEN 1 ELSE 0 END) AS pending
FROM refunds WHERE order_id = :order_id AND state <> 'refund_failed' AND on_chain <> 'none'
GROUP BY order_id;

-- audited_order_disputes --
SELECT order_id, opener, amount, bond, deadline, evidence, state FROM disputes
WHERE order_id > :order_id AND state <> 'unsettled' ORDER BY order_id LIMIT :limit;

-- audited_plans --
SELECT content, from_epoch, version, commission_bps, referrer_bps, split
FROM chain_plans ORDER BY content, from_epoch;
