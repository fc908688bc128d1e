-- What a reconciliation reads: the books by provider and day, and the index of the chain beside them.

-- first_payment --
-- When the first payment was recorded.
SELECT min(created_at) FROM payments;

-- next_provider --
-- Whom the books name as providers, one after the other.
SELECT min(provider) FROM payments WHERE provider > :provider;

-- reconciled_payments --
-- What came in by payments that were recorded in a time; those at other providers are passed over.
SELECT created_at, id, platform, purpose, amount, currency, provider_payment_id, received, fee, state
FROM payments
WHERE (created_at, id) > (:created_at, :id) AND created_at < :until
    AND provider || '' = :provider AND received IS NOT NULL
ORDER BY created_at, id LIMIT :limit;

-- reconciled_by_names --
-- Payments by provider and its name for them, whatever has come of them.
SELECT created_at, payments.id, platform, purpose, amount, currency, provider_payment_id, received, fee, state
FROM json_each(:rows) CROSS JOIN payments
WHERE provider = json_extract(value, '$[0]')
    AND provider_payment_id = json_extract(value, '$[1]');

-- reconciled_refunds --
-- What providers returned of orders, by when the books knew. How a person returned it is told where
-- it first became refunded; what the chain did later is told after that.
SELECT refunds.changed_at, refunds.id, payments.platform, refunds.amount, refunds.currency,
    payments.provider_payment_id, refunds.created_at
FROM refunds CROSS JOIN orders CROSS JOIN payments
WHERE orders.id = refunds.order_id AND payments.id = orders.payment_id
    AND (refunds.changed_at, refunds.id) > (:changed_at, :id) AND refunds.changed_at < :until
    AND refunds.state = 'refunded' AND refunds.destination = 'provider'
    AND refunds.returned_by = 'provider' AND payments.provider = :provider
    AND (
        SELECT detail FROM refund_history
        WHERE refund_id = refunds.id AND refund_history.state = 'refunded'
        ORDER BY change LIMIT 1) IS NULL
ORDER BY refunds.changed_at, refunds.id LIMIT :limit;

-- reconciled_paybacks --
SELECT paybacks.changed_at, paybacks.id, payments.platform, paybacks.amount, paybacks.currency,
    payments.provider_payment_id, paybacks.created_at
FROM paybacks CROSS JOIN payments
WHERE payments.id = paybacks.payment_id AND (paybacks.changed_at, paybacks.id) > (:changed_at, :id) AND paybacks.changed_at < :until
    AND paybacks.state = 'paid_back' AND paybacks.detail IS NULL
    AND payments.provider = :provider
ORDER BY paybacks.changed_at, paybacks.id LIMIT :limit;

-- reconciled_top_ups --
-- Top-ups that went back before they were on chain.
SELECT top_ups.changed_at, payments.id, payments.platform, payments.amount, payments.currency,
    payments.provider_payment_id, payments.created_at
FROM top_ups CROSS JOIN payments
WHERE payments.id = top_ups.payment_id AND (top_ups.changed_at, payments.id) > (:changed_at, :id) AND top_ups.changed_at < :until
    AND top_ups.state = 'refunded' AND top_ups.returned IS NULL AND payments.provider = :provider
ORDER BY top_ups.changed_at, payments.id LIMIT :limit;

-- reconciled_chargebacks --
-- What banks took, by when the books knew.
SELECT chargebacks.created_at, chargebacks.id, payments.platform, -chargebacks.amount,
    chargebacks.currency, payments.provider_payment_id, payments.created_at
FROM chargebacks CROSS JOIN payments
WHERE payments.id = chargebacks.payment_id AND (chargebacks.created_at, chargebacks.id) > (:changed_at, :id)
    AND chargebacks.created_at < :until AND payments.provider = :provider
ORDER BY chargebacks.created_at, chargebacks.id LIMIT :limit;

-- reconciled_reversals --
-- What banks gave back again.
SELECT chargebacks.changed_at, chargebacks.id, payments.platform, chargebacks.amount,
    chargebacks.currency, payments.provider_payment_id, payments.created_at
FROM chargebacks CROSS JOIN payments
WHERE payments.id = chargebacks.payment_id AND (chargebacks.changed_at, chargebacks.id) > (:changed_at, :id)
    AND chargebacks.changed_at < :until AND chargebacks.state = 'reversed'
    AND payments.provider = :provider
ORDER BY chargebacks.changed_at, chargebacks.id LIMIT :limit;

-- refunds_named --
SELECT refunds.id, refunds.state, refunds.amount, refunds.currency,
    CASE WHEN refunds.destination = 'balance' OR refunds.returned_by = 'chargeback'
        THEN 'otherwise' ELSE (
            SELECT detail FROM refund_history
            WHERE refund_id = refunds.id AND refund_history.state = 'refunded'
            ORDER BY change LIMIT 1)
    END,
    refunds.changed_at, payments.provider, payments.provider_payment_id, payments.platform
FROM json_each(:rows) CROSS JOIN refunds
JOIN orders ON orders.id = refunds.order_id JOIN payments ON payments.id = orders.payment_id
WHERE refunds.id = CAST(json_extract(value, '$[0]') AS BIGINT);

-- paybacks_named --
SELECT paybacks.id, paybacks.state, paybacks.amount, paybacks.currency, paybacks.detail,
    paybacks.changed_at, payments.provider, payments.provider_payment_id, payments.platform
FROM json_each(:rows) CROSS JOIN paybacks JOIN payments ON payments.id = paybacks.payment_id
WHERE paybacks.id = CAST(json_extract(value, '$[0]') AS BIGINT);

-- top_ups_named --
SELECT payments.id, top_ups.state, payments.amount, payments.currency, top_ups.returned,
    top_ups.changed_at, payments.provider, payments.provider_payment_id, payments.platform
FROM json_each(:rows) CROSS JOIN top_ups JOIN payments ON payments.id = top_ups.payment_id
WHERE top_ups.payment_id = CAST(json_extract(value, '$[0]') AS BIGINT);

-- chargebacks_named --
-- What the books know that banks took, and gave back again, of payments.
SELECT payments.provider_payment_id, payments.id, payments.platform, min(chargebacks.created_at),
    CAST(coalesce(sum(chargebacks.amount), 0) AS BIGINT),
    CAST(coalesce(sum(CASE WHEN chargebacks.state = 'reversed' THEN chargebacks.amount END), 0)
        AS BIGINT)
FROM json_each(:rows) CROSS JOIN payments
JOIN chargebacks ON chargebacks.payment_id = payments.id
WHERE provider = json_extract(value, '$[0]')
    AND provider_payment_id = json_extract(value, '$[1]')
GROUP BY payments.provider_payment_id, payments.id, payments.platform;

-- surplus_returns --
-- What goes back of payments because it belongs to no order, and how much of it is not back yet.
SELECT payment_id, CAST(sum(amount) AS BIGINT),
    CAST(sum(CASE WHEN paybacks.state = 'paid_back' THEN 0 ELSE amount END) AS BIGINT)
FROM json_each(:rows) CROSS JOIN paybacks
WHERE payment_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND reason IN ('underpaid', 'overpaid', 'late', 'duplicate')
GROUP BY payment_id;

-- top_ups_of --
SELECT top_ups.payment_id, top_ups.state FROM json_each(:rows) CROSS JOIN top_ups
WHERE top_ups.payment_id = CAST(json_extract(value, '$[0]') AS BIGINT);

-- reconciled_orders --
-- The orders of payments, where they wait or in which batch they are, and what goes back of them.
SELECT orders.id, orders.payment_id, orders.learner, orders.content, orders.price,
    CASE WHEN waiting.order_id IS NULL THEN 0 ELSE 1 END, waiting.problem,
    batches.platform, batches.lane, batches.number, batch_orders.position,
    batches.state, batches.block_number,
    refunds.state, refunds.on_chain, refunds.block_number,
    CASE WHEN disputes.state = 'refunded' THEN 1 ELSE 0 END, payments.state,
    CAST(coalesce((
        SELECT sum(parts.units) FROM refunds AS parts
        WHERE parts.order_id = orders.id AND parts.is_part = 1 AND parts.on_chain = 'done'), 0)
        AS BIGINT),
    CAST(coalesce((
        SELECT count(*) FROM refunds AS parts
        WHERE parts.order_id = orders.id AND parts.is_part = 1 AND parts.on_chain = 'pending'), 0)
        AS BIGINT)
FROM json_each(:rows) CROSS JOIN orders
JOIN payments ON payments.id = orders.payment_id
LEFT JOIN waiting ON waiting.platform = orders.platform AND waiting.order_id = orders.id
LEFT JOIN batch_orders ON batch_orders.order_id = orders.id AND batch_orders.released = 0
LEFT JOIN batches ON batches.id = batch_orders.batch_id
LEFT JOIN refunds ON refunds.order_id = orders.id AND refunds.state <> 'refund_failed'
    AND refunds.is_part = 0
LEFT JOIN disputes ON disputes.order_id = orders.id
WHERE orders.id BETWEEN CAST(json_extract(value, '$[0]') AS BIGINT) + 1
        AND CAST(json_extract(value, '$[0]') AS BIGINT) + 100
    AND orders.payment_id = CAST(json_extract(value, '$[0]') AS BIGINT)
ORDER BY orders.id;

-- reconciled_chain_batches --
-- Batches of the index by their lanes and numbers.
SELECT platform, lane, number, sale_day, words, block_timestamp
FROM json_each(:rows) CROSS JOIN chain_batches
WHERE platform = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND lane = CAST(json_extract(value, '$[1]') AS BIGINT)
    AND number = CAST(json_extract(value, '$[2]') AS BIGINT);

-- refunds_between --
SELECT order_id FROM chain_refunds WHERE order_id BETWEEN :first AND :last;

-- parts_on_chain --
-- What the ledger has of part refunds of orders, by the names that it knows them by.
SELECT order_id, CAST(sum(amount) AS BIGINT)
FROM json_each(:rows) CROSS JOIN ledger_transfers
WHERE order_id = json_extract(value, '$[0]') AND kind = 'part_refund'
GROUP BY order_id;

-- reconciled_batches --
-- Batches of the index in the order of the chain, of a time.
SELECT id, platform, lane, number, orders, debit, sale_day, words, block_timestamp
FROM chain_batches
WHERE id > :id AND block_timestamp >= :since AND block_timestamp < :until
ORDER BY id LIMIT :limit;

-- reconciled_book_batch --
-- What the books have in a batch: how many orders for how much, and how many that nobody paid.
SELECT batches.state, count(batch_orders.order_id), CAST(coalesce(sum(orders.price), 0) AS BIGINT),
    CAST(coalesce(sum(CASE
        WHEN payments.state IN ('paid', 'refunded', 'charged_back') THEN 0 ELSE 1
    END), 0) AS BIGINT)
FROM batches
JOIN batch_orders ON batch_orders.batch_id = batches.id AND batch_orders.released = 0
JOIN orders ON orders.id = batch_orders.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE batches.platform = :platform AND batches.lane = :lane AND batches.number = :number
    AND batches.state <> 'refused'
GROUP BY batches.id, batches.state;

-- reconciled_batch_positions --
SELECT batch_orders.position, batch_orders.order_id, payments.state
FROM batches
JOIN batch_orders ON batch_orders.batch_id = batches.id AND batch_orders.released = 0
JOIN orders ON orders.id = batch_orders.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE batches.platform = :platform AND batches.lane = :lane AND batches.number = :number
    AND batches.state <> 'refused'
ORDER BY batch_orders.position;

-- reconciled_licenses --
-- The licences of a stretch of batches; reads past the others.
SELECT learner, content, batch_id, position FROM chain_licenses
WHERE (learner, content, batch_id, position) > (:learner, :content, :batch_id, :position)
    AND batch_id BETWEEN :first AND :last
ORDER BY learner, content, batch_id, position LIMIT :limit;
