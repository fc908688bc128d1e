-- Payments, orders, batches and refunds. What changes when, the schema's triggers know.

-- deployment --
SELECT chain_id, settlement, block_hash FROM deployment;

-- put_deployment --
INSERT INTO deployment (id, chain_id, settlement, block_hash)
VALUES (1, :chain_id, :settlement, :block_hash)
ON CONFLICT (id) DO UPDATE SET
    chain_id = excluded.chain_id,
    settlement = excluded.settlement,
    block_hash = excluded.block_hash;

-- any_payment --
SELECT 1 FROM payments LIMIT 1;

-- put_payments --
-- Leaves out those whose key, or whose name at the provider, is known already. No two of the rows
-- may have the same.
INSERT INTO payments
    (id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
     idempotency_key, referrer, expires_at, received, fee, state, created_at, changed_at)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), CAST(json_extract(value, '$[1]') AS BIGINT),
    CAST(json_extract(value, '$[2]') AS BIGINT), json_extract(value, '$[3]'),
    CAST(json_extract(value, '$[4]') AS BIGINT), json_extract(value, '$[5]'),
    json_extract(value, '$[6]'), json_extract(value, '$[7]'),
    json_extract(value, '$[8]'), json_extract(value, '$[9]'),
    CAST(json_extract(value, '$[10]') AS BIGINT), CAST(json_extract(value, '$[11]') AS BIGINT),
    CAST(json_extract(value, '$[12]') AS BIGINT), json_extract(value, '$[13]'),
    :now, :now
FROM json_each(:rows)
WHERE NOT EXISTS (
    SELECT 1 FROM payments
    WHERE platform = CAST(json_extract(value, '$[1]') AS BIGINT)
        AND idempotency_key = json_extract(value, '$[8]'))
AND NOT EXISTS (
    SELECT 1 FROM payments
    WHERE provider = json_extract(value, '$[6]')
        AND provider_payment_id = json_extract(value, '$[7]'));

-- payments_by_keys --
SELECT payments.id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
    idempotency_key, referrer, expires_at, received, fee, state, created_at
FROM json_each(:rows) CROSS JOIN payments
WHERE platform = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND idempotency_key = json_extract(value, '$[1]');

-- payment --
SELECT id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
    idempotency_key, referrer, expires_at, received, fee, state, created_at
FROM payments WHERE id = :id;

-- payments_of --
-- In the order of their numbers, past those of others: sorted by platform each page took them all.
SELECT id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
    idempotency_key, referrer, expires_at, received, fee, state, created_at
FROM payments WHERE +platform = :platform AND id > :after ORDER BY id LIMIT :limit;

-- unknown_payments --
SELECT id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
    idempotency_key, referrer, expires_at, received, fee, state, created_at
FROM payments
WHERE state IN ('created', 'awaiting_payment', 'payment_unknown') AND state = 'payment_unknown'
ORDER BY id;

-- payment_by_provider --
SELECT id, platform, learner, purpose, amount, currency, provider, provider_payment_id,
    idempotency_key, referrer, expires_at, received, fee, state, created_at
FROM payments WHERE provider = :provider AND provider_payment_id = :provider_payment_id;

-- due_payments --
SELECT payments.id, platform, learner, purpose, amount, currency, payments.provider,
    provider_payment_id, idempotency_key, referrer, expires_at, received, fee, state, created_at,
    tries
FROM payment_checks JOIN payments ON payments.id = payment_checks.payment_id
WHERE due_at <= :now ORDER BY due_at, payment_id LIMIT :limit;

-- due_payments_of --
SELECT payments.id, platform, learner, purpose, amount, currency, payments.provider,
    provider_payment_id, idempotency_key, referrer, expires_at, received, fee, state, created_at,
    tries
FROM payment_checks JOIN payments ON payments.id = payment_checks.payment_id
WHERE payment_checks.provider = :provider AND due_at <= :now
ORDER BY due_at, payment_id LIMIT :limit;

-- postpone_payment --
UPDATE payment_checks SET due_at = :due_at, tries = tries + 1 WHERE payment_id = :payment_id;

-- put_checkout --
INSERT INTO checkouts (payment_id, method, description, return_url, payer)
VALUES (:payment_id, :method, :description, :return_url, :payer);

-- checkout --
SELECT method, description, return_url, payer, action FROM checkouts
WHERE payment_id = :payment_id;

-- set_checkout_action --
UPDATE checkouts SET action = :action WHERE payment_id = :payment_id;

-- name_payment --
-- What its provider calls a payment that the gateway makes.
UPDATE payments SET provider_payment_id = :provider_payment_id, changed_at = :now
WHERE id = :id AND provider_payment_id IS NULL;

-- resolve_payment --
-- What its provider says of a payment that was not decided yet.
UPDATE payments SET state = :state, received = coalesce(:received, received),
    fee = coalesce(:fee, fee), changed_at = :now
WHERE id = :id AND state <> :state
    AND state IN ('created', 'awaiting_payment', 'payment_unknown');

-- receive_payment --
-- More money than was known of has come in.
UPDATE payments SET received = :received, fee = coalesce(:fee, fee), changed_at = :now
WHERE id = :id AND coalesce(received, 0) < :received
    AND state NOT IN ('created', 'awaiting_payment', 'payment_unknown');

-- put_surplus --
-- What has come in and belongs to no order, unless it goes back already.
INSERT INTO paybacks (id, payment_id, reason, amount, currency, state, created_at, changed_at)
SELECT :id, id,
    coalesce(:reason, CASE
        WHEN state NOT IN ('expired', 'cancelled') THEN 'overpaid'
        WHEN received < amount THEN 'underpaid'
        ELSE 'late'
    END),
    surplus, currency, 'payback_pending', :now, :now
FROM (
    SELECT payments.*, received
        - CASE WHEN state IN ('expired', 'cancelled') THEN 0 ELSE amount END
        + CASE WHEN taken_back > standing THEN taken_back - standing ELSE 0 END
        - coalesce((
            SELECT sum(paybacks.amount) FROM paybacks
            WHERE paybacks.payment_id = payments.id
                AND paybacks.reason <> 'paid_out'), 0) AS surplus
    FROM payments JOIN payment_returns ON payment_returns.payment_id = payments.id
    WHERE payments.id = :payment_id
) AS received_payment
WHERE surplus > 0
    AND state IN ('paid', 'refunded', 'charged_back', 'expired', 'cancelled');

-- forget_checkouts --
UPDATE checkouts SET payer = NULL, return_url = NULL, action = NULL
WHERE payment_id IN (
    SELECT id FROM payments WHERE platform = :platform AND learner = :learner
        AND state NOT IN ('created', 'awaiting_payment', 'payment_unknown'));

-- forget_callbacks --
UPDATE callbacks SET body = NULL
WHERE state <> 'received' AND (provider, provider_payment_id) IN (
    SELECT payments.provider, payments.provider_payment_id FROM payments
    WHERE payments.platform = :platform AND payments.learner = :learner
        AND payments.provider_payment_id IS NOT NULL);

-- set_payment_state --
UPDATE payments SET state = :state, changed_at = :now WHERE id = :id AND state = :before;

-- put_orders --
-- Those of a paid payment wait for a batch then.
INSERT INTO orders (id, payment_id, platform, learner, content, price)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), CAST(json_extract(value, '$[1]') AS BIGINT),
    CAST(json_extract(value, '$[2]') AS BIGINT), CAST(json_extract(value, '$[3]') AS BIGINT),
    CAST(json_extract(value, '$[4]') AS BIGINT), CAST(json_extract(value, '$[5]') AS BIGINT)
FROM json_each(:rows);

-- order --
SELECT id, payment_id, platform, learner, content, price, currency, state, problem,
    batch_id, lane, number, position
FROM order_states WHERE id = :id;

-- orders_of --
SELECT id, payment_id, platform, learner, content, price, currency, state, problem,
    batch_id, lane, number, position
FROM order_states
WHERE id BETWEEN :payment_id + 1 AND :payment_id + 100 AND payment_id = :payment_id
ORDER BY id;

-- orders_left_out --
SELECT id, payment_id, platform, learner, content, price, currency, state, problem,
    batch_id, lane, number, position
FROM order_states WHERE platform = :platform AND problem IS NOT NULL ORDER BY id;

-- orders_left_out_since --
-- Those that have been left out since a time or longer.
SELECT id, payment_id, platform, learner, content, price, currency, state, problem,
    batch_id, lane, number, position
FROM order_states WHERE platform = :platform AND id IN (
    SELECT order_id FROM waiting
    WHERE waiting.platform = :platform AND waiting.problem IS NOT NULL
        AND waiting.problem_at <= :since)
ORDER BY id;

-- wait_for_payment --
-- The orders of a payment that turned out to be paid, or paid after all, which go nowhere yet.
INSERT INTO waiting (platform, order_id)
SELECT platform, id FROM orders
WHERE id BETWEEN :payment_id + 1 AND :payment_id + 100 AND payment_id = :payment_id
    AND NOT EXISTS (
        SELECT 1 FROM batch_orders WHERE order_id = orders.id AND released = 0)
    AND NOT EXISTS (
        SELECT 1 FROM refunds
        WHERE order_id = orders.id AND state <> 'refund_failed' AND is_part = 0);

-- stop_waiting_of_payment --
DELETE FROM waiting
WHERE platform = (SELECT platform FROM payments WHERE payments.id = :payment_id)
    AND order_id IN (
        SELECT id FROM orders
        WHERE id BETWEEN :payment_id + 1 AND :payment_id + 100 AND payment_id = :payment_id);

-- count_waiting --
SELECT count(*) FROM waiting WHERE platform = :platform AND problem IS NULL;

-- waiting --
SELECT orders.id, orders.learner, orders.content, orders.price, payments.referrer,
    CASE payments.provider WHEN 'balance' THEN 1 ELSE 0 END
FROM waiting
JOIN orders ON orders.id = waiting.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE waiting.platform = :platform AND waiting.problem IS NULL
ORDER BY waiting.order_id LIMIT :limit;

-- waiting_problems --
SELECT DISTINCT orders.content, orders.price
FROM waiting JOIN orders ON orders.id = waiting.order_id
WHERE waiting.platform = :platform AND waiting.problem IS NOT NULL
    AND waiting.problem <> 'balance_gone' AND orders.learner <= :learners;

-- clear_problem --
UPDATE waiting SET problem = NULL, problem_at = NULL
WHERE platform = :platform AND problem IS NOT NULL AND problem <> 'balance_gone'
    AND EXISTS (
        SELECT 1 FROM orders
        WHERE orders.id = waiting.order_id
            AND content = :content AND price = :price AND learner <= :learners);

-- set_problem --
UPDATE waiting SET problem = :problem, problem_at = :now
WHERE platform = :platform AND order_id = :order_id AND problem IS NULL;

-- stop_waiting --
DELETE FROM waiting WHERE platform = :platform AND order_id = :order_id;

-- put_batch_record --
INSERT INTO batches
    (id, platform, lane, number, orders, debit, from_learners, sale_day, words, state,
     transaction_hash, created_at, changed_at)
VALUES
    (:id, :platform, :lane, :number, :orders, :debit, :from_learners, :sale_day, :words, 'batched',
     :transaction_hash, :now, :now)
ON CONFLICT (platform, lane, number) WHERE state <> 'refused' DO NOTHING;

-- put_batch_order --
-- Adds nothing if the order does not wait any more.
INSERT INTO batch_orders (batch_id, position, order_id)
SELECT :batch_id, :position, order_id FROM waiting
WHERE platform = :platform AND order_id = :order_id;

-- stop_waiting_for --
DELETE FROM waiting WHERE platform = :platform
    AND order_id IN (SELECT order_id FROM batch_orders WHERE batch_id = :batch_id);

-- reserved --
-- What a learner bought or is paid out from a balance, and the chain had not taken from it in a block.
SELECT coalesce(sum(orders.price), 0) + (
    SELECT coalesce(sum(payouts.units), 0) FROM payouts JOIN acts ON acts.id = payouts.act_id
    WHERE payouts.platform = :platform AND payouts.learner = :learner AND acts.state <> 'refused'
        AND coalesce(acts.block_number, :block + 1) > :block)
FROM payments JOIN orders ON orders.payment_id = payments.id
    AND orders.id BETWEEN payments.id + 1 AND payments.id + 100
LEFT JOIN waiting ON waiting.platform = orders.platform AND waiting.order_id = orders.id
LEFT JOIN batch_orders ON batch_orders.order_id = orders.id AND batch_orders.released = 0
LEFT JOIN batches ON batches.id = batch_orders.batch_id
WHERE payments.provider = 'balance' AND payments.platform = :platform
    AND payments.learner = :learner
    AND (waiting.order_id IS NOT NULL
        OR batches.id IS NOT NULL AND coalesce(batches.block_number, :block + 1) > :block);

-- batch_record --
SELECT id, platform, lane, number, orders, debit, sale_day, state, transaction_hash, gas_used,
    block_number
FROM batches WHERE id = :id;

-- batch_call --
SELECT words, from_learners FROM batches WHERE id = :id;

-- batches_of --
SELECT id, platform, lane, number, orders, debit, sale_day, state, transaction_hash, gas_used,
    block_number
FROM batches WHERE platform = :platform ORDER BY id;

-- release_orders --
UPDATE batch_orders SET released = 1 WHERE batch_id = :batch_id;

-- wait_again --
-- All that is still paid and not on its way back.
INSERT INTO waiting (platform, order_id)
SELECT batches.platform, batch_orders.order_id
FROM batch_orders
JOIN batches ON batches.id = batch_orders.batch_id
JOIN orders ON orders.id = batch_orders.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE batches.id = :batch_id AND payments.state = 'paid' AND NOT EXISTS (
    SELECT 1 FROM refunds
    WHERE refunds.order_id = batch_orders.order_id AND refunds.state <> 'refund_failed'
        AND refunds.is_part = 0);

-- recorded_numbers --
-- The numbers of a lane, from one to before another, that batches of the books have.
SELECT number FROM batches
WHERE platform = :platform AND lane = :lane AND state <> 'refused'
    AND number >= :first AND number < :end
ORDER BY number;

-- chain_lane_below --
-- The highest lane of a platform below another, with the last number that the chain has of it.
SELECT lane, number FROM chain_batches
WHERE platform = :platform AND lane < :below
ORDER BY lane DESC, number DESC LIMIT 1;

-- unrecorded_batches --
-- What the chain settled for a platform and the books have no batch of.
SELECT lane, number, orders, debit, sale_day, from_learners, words, transaction_hash
FROM chain_batches
WHERE platform = :platform AND NOT EXISTS (
    SELECT 1 FROM batches
    WHERE batches.platform = chain_batches.platform AND batches.lane = chain_batches.lane
        AND batches.number = chain_batches.number AND batches.state <> 'refused')
ORDER BY id;

-- all_waiting --
SELECT orders.id, orders.learner, orders.content, orders.price, payments.referrer,
    CASE payments.provider WHEN 'balance' THEN 1 ELSE 0 END
FROM waiting
JOIN orders ON orders.id = waiting.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE waiting.platform = :platform ORDER BY waiting.order_id;

-- take_orders_again --
UPDATE batch_orders SET released = 0
WHERE batch_id = :batch_id AND NOT EXISTS (
    SELECT 1 FROM batch_orders AS other
    WHERE other.order_id = batch_orders.order_id AND other.released = 0);

-- refund_with_chain --
UPDATE refunds SET on_chain = 'pending', changed_at = :now, detail = 'its batch was settled after all'
WHERE on_chain = 'none'
    AND order_id IN (SELECT order_id FROM batch_orders WHERE batch_id = :batch_id AND released = 0);

-- refund_without_chain --
-- What was never settled after all has only to go back at its provider, but for a part of an order
-- that is settled anew.
UPDATE refunds SET
    on_chain = CASE WHEN is_part = 1 AND NOT EXISTS (
        SELECT 1 FROM refunds AS rest
        WHERE rest.order_id = refunds.order_id AND rest.is_part = 0
            AND rest.state <> 'refund_failed')
        THEN 'pending' ELSE 'none' END, transaction_hash = NULL, block_number = NULL,
    chain_order = NULL, changed_at = :now, detail = 'its batch was refused'
WHERE on_chain IN ('pending', 'done') AND state <> 'refund_failed'
    AND order_id IN (SELECT order_id FROM batch_orders WHERE batch_id = :batch_id);

-- put_refund_record --
INSERT INTO refunds
    (id, order_id, is_part, amount, currency, units, idempotency_key, destination, returned_by,
     on_chain, state, created_at, changed_at)
SELECT :id, :order_id, :is_part, :amount, :currency, :units, :idempotency_key, :destination,
    :returned_by, :on_chain, 'refund_pending', :now, :now
WHERE NOT EXISTS (
    SELECT 1 FROM refunds
    WHERE order_id = :order_id AND state <> 'refund_failed' AND is_part = 0)
AND NOT EXISTS (
    SELECT 1 FROM refunds WHERE order_id = :order_id AND idempotency_key = :idempotency_key);

-- parts_without_chain --
-- What is not settled, and goes back whole, never will be: its parts need nothing on chain either.
UPDATE refunds SET on_chain = 'none', changed_at = :now, detail = 'the rest was never settled'
WHERE order_id = :order_id AND is_part = 1 AND on_chain = 'pending';

-- left_of_order --
-- In ledger units what of an order's price has not gone back and does not, and in minor units what has
-- or does.
SELECT orders.price - CAST(coalesce(sum(refunds.units), 0) AS BIGINT),
    CAST(coalesce(sum(refunds.amount), 0) AS BIGINT)
FROM orders
LEFT JOIN refunds ON refunds.order_id = orders.id AND refunds.state <> 'refund_failed'
WHERE orders.id = :order_id GROUP BY orders.id, orders.price;

-- refund --
SELECT id, order_id, is_part, amount, currency, destination, returned_by, on_chain, state, asked,
    refused, problem, detail
FROM refunds WHERE id = :id;

-- whole_refund --
SELECT id, order_id, is_part, amount, currency, destination, returned_by, on_chain, state, asked,
    refused, problem, detail
FROM refunds WHERE order_id = :order_id AND is_part = 0 AND state <> 'refund_failed';

-- refund_under --
SELECT id, order_id, is_part, amount, currency, destination, returned_by, on_chain, state, asked,
    refused, problem, detail
FROM refunds WHERE order_id = :order_id AND idempotency_key = :idempotency_key;

-- pending_refunds_of --
-- How many refunds of a payment's orders are not finished.
SELECT count(*) FROM refunds
WHERE order_id BETWEEN :payment_id + 1 AND :payment_id + 100 AND state = 'refund_pending'
    AND order_id IN (SELECT id FROM orders WHERE payment_id = :payment_id);

-- open_refunds --
-- In the order of the index of them, which is the only thing read.
SELECT id, order_id FROM refunds
WHERE (state = 'refund_pending' OR on_chain = 'pending') AND due_at >= 0 ORDER BY due_at, id;

-- due_refunds --
-- A platform's to go on with, first those that need nothing on chain any more; what its provider
-- refuses waits for somebody to ask again.
SELECT id FROM refunds
WHERE (state = 'refund_pending' OR on_chain = 'pending')
    AND (refused = 0 OR on_chain = 'pending') AND due_at <= :now
    AND EXISTS (
        SELECT 1 FROM orders WHERE orders.id = refunds.order_id AND orders.platform = :platform)
ORDER BY on_chain = 'pending' OR destination = 'balance', due_at, id LIMIT :limit;

-- postpone_refund --
UPDATE refunds SET due_at = :now + :delay, tries = tries + :tried
WHERE id = :id;

-- refund_tries --
SELECT tries FROM refunds WHERE id = :id;

-- refund_lost --
UPDATE refunds SET returned_by = 'chargeback'
WHERE id = :id AND state = 'refund_pending' AND returned_by = 'provider';

-- ask_for_refund --
-- Until its provider has answered, nobody else returns the money.
UPDATE refunds SET asked = 1, refused = 0, changed_at = :now,
    detail = CASE refused WHEN 1 THEN 'asked again' ELSE detail END
WHERE id = :id AND state = 'refund_pending';

-- put_refund_on_balance --
-- Whatever kept it from there before.
UPDATE refunds SET refused = 0, detail = 'asked again', changed_at = :now
WHERE id = :id AND state = 'refund_pending' AND refused = 1;

-- refund_refused --
UPDATE refunds SET asked = 0, refused = 1, detail = :detail, changed_at = :now
WHERE id = :id AND state = 'refund_pending' AND on_chain IN ('none', 'done');

-- delay_refund --
-- The chain does not put it on the learner's balance now.
UPDATE refunds SET problem = :problem, detail = :problem, changed_at = :now
WHERE id = :id AND state = 'refund_pending' AND coalesce(problem, '') <> :problem;

-- standing_refund --
SELECT 1 FROM refunds
LEFT JOIN chain_refunds ON chain_refunds.order_id = refunds.chain_order
LEFT JOIN operations ON operations.kind = 'refund_part' AND operations.subject = refunds.id
    AND operations.state IN ('settled', 'confirmed')
WHERE refunds.id = :id AND (
    refunds.on_chain = 'none'
    OR refunds.on_chain = 'done' AND (
        chain_refunds.block_number <= :final_block
        OR operations.block_number <= :final_block));

-- refund_on_chain --
UPDATE refunds SET on_chain = 'done', chain_order = :chain_order, block_number = :block_number,
    transaction_hash = :transaction_hash, changed_at = :now, detail = 'refunded on chain'
WHERE id = :id AND on_chain = 'pending';

-- reorganised_refunds --
-- Those that the index, or for a part its operation, does not have on chain any more.
SELECT id FROM refunds
WHERE on_chain = 'done'
    AND block_number <= (SELECT block_number FROM chain_cursor)
    AND block_number >= (SELECT block_number FROM chain_cursor) - :blocks
    AND NOT EXISTS (SELECT 1 FROM chain_refunds WHERE order_id = refunds.chain_order)
    AND NOT EXISTS (
        SELECT 1 FROM operations
        WHERE kind = 'refund_part' AND subject = refunds.id
            AND operations.state IN ('settled', 'confirmed'));

-- refund_off_chain --
UPDATE refunds SET on_chain = 'pending', transaction_hash = NULL, block_number = NULL,
    changed_at = :now, detail = 'its block was reorganised away'
WHERE id = :id AND on_chain = 'done';

-- refund_failed --
-- What has gone back at its provider already stays refunded. A part that the chain may give back with
-- the rest of its order does not fail.
UPDATE refunds SET on_chain = 'failed', changed_at = :now, detail = :detail,
    state = CASE state WHEN 'refund_pending' THEN 'refund_failed' ELSE state END
WHERE id = :id AND on_chain = 'pending' AND (is_part = 0 OR NOT EXISTS (
    SELECT 1 FROM refunds AS rest
    WHERE rest.order_id = refunds.order_id AND rest.is_part = 0
        AND rest.state <> 'refund_failed'));

-- refunded --
UPDATE refunds SET state = 'refunded', changed_at = :now, detail = :detail
WHERE id = :id AND state = 'refund_pending';

-- refunded_by_hand --
-- What its provider refused, or the chain has not put on the learner's balance, and neither can do
-- now.
UPDATE refunds SET state = 'refunded', lost = :lost, changed_at = :now, detail = :detail
WHERE id = :id AND state = 'refund_pending' AND on_chain IN ('none', 'done')
    AND asked = 0 AND (refused = 1 OR problem IS NOT NULL) AND NOT EXISTS (
        SELECT 1 FROM operations
        WHERE kind = 'credit' AND subject = refunds.id AND operations.state <> 'refused');

-- unrefunded_orders --
-- Those of a payment that did not go back whole, or of which something is still to go back.
SELECT count(*) FROM orders
WHERE orders.id BETWEEN :payment_id + 1 AND :payment_id + 100 AND orders.payment_id = :payment_id
    AND (NOT EXISTS (
            SELECT 1 FROM refunds
            WHERE order_id = orders.id AND state = 'refunded' AND is_part = 0)
        OR EXISTS (
            SELECT 1 FROM refunds WHERE order_id = orders.id AND state = 'refund_pending'));

-- order_history --
-- That its payment has gone back whole, or more has come in by it, says nothing more about an order.
SELECT state, at, detail FROM (
    SELECT 1 AS stage, payment_id AS subject, change, state, at, NULL AS detail
    FROM payment_history
    WHERE payment_id = (SELECT payment_id FROM orders WHERE id = :order_id)
        AND state NOT IN ('refunded', 'received')
    UNION ALL
    SELECT 2, batch_id, change, state, at, detail FROM batch_history
    WHERE batch_id IN (SELECT batch_id FROM batch_orders WHERE order_id = :order_id)
    UNION ALL
    SELECT 3, refund_id, change,
        CASE is_part WHEN 1 THEN 'part_' ELSE '' END || refund_history.state, at,
        refund_history.detail
    FROM refund_history JOIN refunds ON refunds.id = refund_history.refund_id
    WHERE refunds.order_id = :order_id
) AS changes
ORDER BY stage, subject, change;
