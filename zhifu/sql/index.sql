-- What the gateway knows of the chain. Every table here can be rebuilt from the chain alone.

-- cursor --
SELECT block_number, block_hash, learners FROM chain_cursor;

-- clear_cursor --
DELETE FROM chain_cursor;

-- put_cursor --
INSERT INTO chain_cursor (id, block_number, block_hash, learners)
VALUES (1, :block_number, :block_hash, :learners)
ON CONFLICT (id) DO UPDATE SET
    block_number = excluded.block_number,
    block_hash = excluded.block_hash,
    learners = excluded.learners;

-- clear_checkpoints --
DELETE FROM chain_checkpoints;

-- put_checkpoint --
INSERT INTO chain_checkpoints (block_number, block_hash, learners)
VALUES (:block_number, :block_hash, :learners);

-- checkpoints --
SELECT block_number, block_hash, learners FROM chain_checkpoints ORDER BY block_number DESC;

-- drop_checkpoint --
DELETE FROM chain_checkpoints WHERE block_number = :block_number;

-- undo_checkpoints --
DELETE FROM chain_checkpoints WHERE block_number > :block_number;

-- clear_terms --
DELETE FROM chain_terms;

-- put_terms --
INSERT INTO chain_terms (block_number, log_index, address, topics, data)
VALUES (:block_number, :log_index, :address, :topics, :data);

-- terms --
SELECT address, topics, data, block_number, log_index
FROM chain_terms ORDER BY block_number, log_index;

-- undo_terms --
DELETE FROM chain_terms WHERE block_number > :block_number;

-- clear_platforms --
DELETE FROM chain_platforms;

-- put_platform --
INSERT INTO chain_platforms
    (number, name, owner, status, treasury, next_treasury, treasury_since,
     network_bps, next_network_bps, network_bps_since, host_bps, next_host_bps, host_bps_since)
VALUES
    (:number, :name, :owner, :status, :treasury, :treasury, 0,
     :network_bps, :network_bps, 0, :host_bps, :host_bps, 0);

-- set_platform_owner --
UPDATE chain_platforms SET owner = :value WHERE number = :number;

-- set_platform_status --
UPDATE chain_platforms SET status = :value WHERE number = :number;

-- set_platform_network_fee --
-- What holds at the time of a change is what was set before, if that was no later than this one was announced.
UPDATE chain_platforms SET
    network_bps = CASE WHEN network_bps_since <= :since - :delay THEN next_network_bps ELSE network_bps END,
    next_network_bps = :value,
    network_bps_since = :since
WHERE number = :number;

-- set_platform_host_fee --
UPDATE chain_platforms SET
    host_bps = CASE WHEN host_bps_since <= :since - :delay THEN next_host_bps ELSE host_bps END,
    next_host_bps = :value,
    host_bps_since = :since
WHERE number = :number;

-- set_platform_treasury --
UPDATE chain_platforms SET
    treasury = CASE WHEN treasury_since <= :since - :delay THEN next_treasury ELSE treasury END,
    next_treasury = :value,
    treasury_since = :since
WHERE number = :number;

-- platforms --
SELECT number, name, owner, status, treasury, next_treasury, treasury_since,
    network_bps, next_network_bps, network_bps_since, host_bps, next_host_bps, host_bps_since
FROM chain_platforms ORDER BY number;

-- clear_windows --
DELETE FROM chain_windows;

-- put_window --
INSERT INTO chain_windows (window_class, seconds) VALUES (:window_class, :seconds)
ON CONFLICT (window_class) DO UPDATE SET seconds = excluded.seconds;

-- windows --
SELECT window_class, seconds FROM chain_windows;

-- clear_contents --
DELETE FROM chain_contents;

-- put_content --
INSERT INTO chain_contents
    (number, host, ref, window_class, duration_seconds, renewable, active)
VALUES (:number, :host, :ref, :window_class, :duration_seconds, :renewable, 1);

-- set_content_active --
UPDATE chain_contents SET active = :active WHERE number = :number;

-- clear_prices --
DELETE FROM chain_prices;

-- drop_prices --
-- A price is set in place of all that was set for its first day and later.
DELETE FROM chain_prices WHERE content = :content AND from_day >= :from_day;

-- put_price --
INSERT INTO chain_prices (content, from_day, price) VALUES (:content, :from_day, :price);

-- clear_plans --
DELETE FROM chain_plans;

-- put_plan --
-- A plan set again in the same epoch replaces the one that had not begun yet.
INSERT INTO chain_plans (content, from_epoch, version, commission_bps, referrer_bps, split)
VALUES (:content, :from_epoch, :version, :commission_bps, :referrer_bps, :split)
ON CONFLICT (content, from_epoch) DO UPDATE SET
    version = excluded.version,
    commission_bps = excluded.commission_bps,
    referrer_bps = excluded.referrer_bps,
    split = excluded.split;

-- contents --
SELECT number, host, ref, window_class, duration_seconds, renewable, active
FROM chain_contents ORDER BY number;

-- content --
SELECT number, host, ref, window_class, duration_seconds, renewable, active
FROM chain_contents WHERE number = :number;

-- plans --
SELECT content, from_epoch, version, commission_bps, referrer_bps
FROM chain_plans ORDER BY content, from_epoch;

-- content_plans --
SELECT content, from_epoch, version, commission_bps, referrer_bps
FROM chain_plans WHERE content = :number ORDER BY from_epoch;

-- prices --
SELECT content, from_day, price FROM chain_prices ORDER BY content, from_day;

-- content_prices --
SELECT content, from_day, price FROM chain_prices WHERE content = :number ORDER BY from_day;

-- clear_batches --
DELETE FROM chain_batches;

-- last_batch --
SELECT coalesce(max(id), 0) FROM chain_batches;

-- batches_after --
SELECT id, words FROM chain_batches WHERE block_number > :block_number;

-- undo_batches --
DELETE FROM chain_batches WHERE block_number > :block_number;

-- put_batch --
INSERT INTO chain_batches
    (id, platform, lane, number, root, leaves, orders, debit, sale_day, from_learners, words,
     transaction_hash, block_number, block_timestamp)
VALUES
    (:id, :platform, :lane, :number, :root, :leaves, :orders, :debit, :sale_day, :from_learners,
     :words, :transaction_hash, :block_number, :block_timestamp);

-- indexed_batch --
SELECT platform, lane, number, sale_day, words, block_timestamp, from_learners
FROM chain_batches WHERE id = :id;

-- indexed_batch_of_lane --
SELECT platform, lane, number, sale_day, words, block_timestamp, from_learners
FROM chain_batches WHERE platform = :platform AND lane = :lane AND number = :number;

-- clear_licenses --
DELETE FROM chain_licenses;

-- put_license --
INSERT INTO chain_licenses (learner, content, batch_id, position)
VALUES (:learner, :content, :batch_id, :position);

-- undo_license --
DELETE FROM chain_licenses
WHERE learner = :learner AND content = :content AND batch_id = :batch_id AND position = :position;

-- licenses --
-- A learner's orders of a content, the latest first.
SELECT batch_id, position FROM chain_licenses
WHERE learner = :learner AND content = :content
ORDER BY batch_id DESC, position DESC;

-- granted --
-- The same with their places on the chain, and when they were settled.
SELECT platform, lane, number, position, batch_id, block_timestamp
FROM chain_licenses JOIN chain_batches ON chain_batches.id = chain_licenses.batch_id
WHERE learner = :learner AND content = :content;

-- batch_words --
SELECT words FROM chain_batches WHERE id = :id;

-- clear_refunds --
DELETE FROM chain_refunds;

-- undo_refunds --
DELETE FROM chain_refunds WHERE block_number > :block_number;

-- put_refund --
INSERT INTO chain_refunds (order_id, transaction_hash, block_number)
VALUES (:order_id, :transaction_hash, :block_number)
ON CONFLICT (order_id) DO NOTHING;

-- chain_refund --
SELECT transaction_hash, block_number FROM chain_refunds WHERE order_id = :order_id;

-- clear_deeds --
DELETE FROM chain_deeds;

-- undo_deeds --
DELETE FROM chain_deeds WHERE block_number > :block_number;

-- put_deed --
INSERT INTO chain_deeds (block_number, log_index, platform, kind, about, amount, transaction_hash)
VALUES (:block_number, :log_index, :platform, :kind, :about, :amount, :transaction_hash);

-- clear_disputes --
DELETE FROM chain_disputes;

-- undo_disputes --
DELETE FROM chain_disputes WHERE block_number > :block_number AND opened_in > :block_number;

-- undo_resolutions --
UPDATE chain_disputes SET state = 'open', block_number = opened_in
WHERE block_number > :block_number;

-- put_dispute --
INSERT INTO chain_disputes
    (platform, lane, number, position, opener, amount, bond, deadline, evidence, state,
     block_number, opened_in)
VALUES
    (:platform, :lane, :number, :position, :opener, :amount, :bond, :deadline, :evidence, 'open',
     :block_number, :block_number)
ON CONFLICT (platform, lane, number, position) DO NOTHING;

-- resolve_dispute --
UPDATE chain_disputes SET state = :state, block_number = :block_number
WHERE platform = :platform AND lane = :lane AND number = :number AND position = :position;

-- clear_direct_orders --
DELETE FROM chain_direct_orders;

-- put_direct_order --
INSERT INTO chain_direct_orders
    (block_number, log_index, id, content, seller, buyer, receiver, referrer, max_price,
     starts_at, deadline, salt)
VALUES
    (:block_number, :log_index, :id, :content, :seller, :buyer, :receiver, :referrer, :max_price,
     :starts_at, :deadline, :salt);

-- undo_direct_orders --
DELETE FROM chain_direct_orders WHERE block_number > :block_number;

-- direct_orders --
SELECT content, seller, buyer, receiver, max_price, deadline, salt, referrer, starts_at
FROM chain_direct_orders WHERE receiver = :receiver AND content = :content;

-- clear_tokens --
DELETE FROM chain_tokens;

-- undo_tokens --
DELETE FROM chain_tokens WHERE block_number > :block_number;

-- put_token --
INSERT INTO chain_tokens (order_id, block_number, content, holder)
VALUES (:order_id, :block_number, :content, :holder);

-- move_token --
INSERT INTO chain_tokens (order_id, block_number, content, holder)
SELECT order_id, :block_number, content, :holder FROM chain_tokens
WHERE order_id = :order_id ORDER BY block_number DESC LIMIT 1;

-- token --
SELECT holder FROM chain_tokens WHERE order_id = :order_id ORDER BY block_number DESC LIMIT 1;

-- tokens --
SELECT order_id FROM chain_tokens
WHERE holder = :holder AND content = :content AND NOT EXISTS (
    SELECT 1 FROM chain_tokens AS later
    WHERE later.order_id = chain_tokens.order_id AND later.block_number > chain_tokens.block_number);
