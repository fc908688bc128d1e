-- The ledger: accounts, what moved between them, and what they have.

-- ledger_cursor --
-- Up to which block or event a source was taken in.
SELECT height FROM ledger_cursors WHERE source = :source;

-- put_ledger_cursor --
INSERT INTO ledger_cursors (source, height) VALUES (:source, :height)
ON CONFLICT (source) DO UPDATE SET height = excluded.height;

-- ledger_account_numbers --
SELECT name, ledger_accounts.id FROM json_each(:rows) CROSS JOIN ledger_accounts
WHERE name = json_extract(value, '$[0]');

-- last_ledger_account --
SELECT coalesce(max(id), 0) FROM ledger_accounts;

-- put_ledger_accounts --
INSERT INTO ledger_accounts
    (id, name, source, kind, platform, learner, address, content, currency)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), json_extract(value, '$[1]'),
    CAST(json_extract(value, '$[2]') AS BIGINT), json_extract(value, '$[3]'),
    CAST(json_extract(value, '$[4]') AS BIGINT), CAST(json_extract(value, '$[5]') AS BIGINT),
    json_extract(value, '$[6]'), CAST(json_extract(value, '$[7]') AS BIGINT),
    json_extract(value, '$[8]')
FROM json_each(:rows);

-- put_transfers --
INSERT INTO ledger_transfers
    (source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
     payment, cause)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), CAST(json_extract(value, '$[1]') AS BIGINT),
    CAST(json_extract(value, '$[2]') AS BIGINT), CAST(json_extract(value, '$[3]') AS BIGINT),
    CAST(json_extract(value, '$[4]') AS BIGINT), json_extract(value, '$[5]'),
    CAST(json_extract(value, '$[6]') AS BIGINT), CAST(json_extract(value, '$[7]') AS BIGINT),
    CAST(json_extract(value, '$[8]') AS BIGINT), json_extract(value, '$[9]'),
    CAST(json_extract(value, '$[10]') AS BIGINT), CAST(json_extract(value, '$[11]') AS BIGINT),
    CAST(json_extract(value, '$[12]') AS BIGINT), json_extract(value, '$[13]'),
    json_extract(value, '$[14]')
FROM json_each(:rows);

-- add_to_balances --
INSERT INTO ledger_balances (account, debits, credits)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), CAST(json_extract(value, '$[1]') AS BIGINT),
    CAST(json_extract(value, '$[2]') AS BIGINT)
FROM json_each(:rows) WHERE true
ON CONFLICT (account) DO UPDATE SET
    debits = ledger_balances.debits + excluded.debits,
    credits = ledger_balances.credits + excluded.credits;

-- moved_after --
-- What the chain says that went out of accounts and into them after a block.
SELECT account, sum(debits), sum(credits) FROM (
    SELECT debit AS account, amount AS debits, 0 AS credits FROM ledger_transfers
    WHERE source = 0 AND height > :block_number
    UNION ALL SELECT credit, 0, amount FROM ledger_transfers
    WHERE source = 0 AND height > :block_number) AS moved
GROUP BY account;

-- take_from_balance --
UPDATE ledger_balances SET debits = debits - :debits, credits = credits - :credits
WHERE account = :account;

-- undo_transfers --
DELETE FROM ledger_transfers WHERE source = 0 AND height > :block_number;

-- undo_ledger_keys --
DELETE FROM ledger_keys WHERE block_number > :block_number;

-- drop_unused_balances --
DELETE FROM ledger_balances WHERE debits = 0 AND credits = 0;

-- put_ledger_key --
INSERT INTO ledger_keys (platform, learner, address, block_number)
VALUES (:platform, :learner, :address, :block_number);

-- ledger_keys_of --
-- The last one of each account comes last.
SELECT platform, learner, address FROM json_each(:rows) CROSS JOIN ledger_keys
WHERE platform = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND learner = CAST(json_extract(value, '$[1]') AS BIGINT)
ORDER BY block_number;

-- ledger_orders --
-- All that moved of some orders.
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM json_each(:rows) CROSS JOIN ledger WHERE order_id = json_extract(value, '$[0]')
ORDER BY order_id, at, source, height, place, leg;

-- held_revenue --
-- What the holds of some contents have.
SELECT name, credits - debits FROM json_each(:rows) CROSS JOIN ledger_accounts
CROSS JOIN ledger_balances
WHERE content = CAST(json_extract(value, '$[0]') AS BIGINT) AND kind = 'revenue'
    AND account = ledger_accounts.id AND credits <> debits;

-- held_commissions_of_platforms --
SELECT name, credits - debits FROM json_each(:rows) CROSS JOIN ledger_accounts
CROSS JOIN ledger_balances
WHERE platform = CAST(json_extract(value, '$[0]') AS BIGINT) AND kind = 'commission'
    AND account = ledger_accounts.id AND credits <> debits;

-- held_commissions_of_addresses --
SELECT name, credits - debits FROM json_each(:rows) CROSS JOIN ledger_accounts
CROSS JOIN ledger_balances
WHERE address = json_extract(value, '$[0]') AND kind = 'commission'
    AND account = ledger_accounts.id AND credits <> debits;

-- plan_splits --
-- How revenue of contents is divided, by the epoch from which on.
SELECT content, from_epoch, version, split FROM json_each(:rows) CROSS JOIN chain_plans
WHERE content = CAST(json_extract(value, '$[0]') AS BIGINT)
ORDER BY content, from_epoch;

-- ledger_accounts_after --
-- Accounts with all that went out of them and into them, page by page.
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE name > :name ORDER BY name LIMIT :limit;

-- ledger_accounts_of_platform --
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE platform = :platform AND name > :name ORDER BY name LIMIT :limit;

-- ledger_accounts_of_learner --
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE learner = :learner AND name > :name ORDER BY name LIMIT :limit;

-- ledger_accounts_of_creator --
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE address = :creator AND name > :name ORDER BY name LIMIT :limit;

-- ledger_accounts_of_content --
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE content = :content AND name > :name ORDER BY name LIMIT :limit;

-- ledger_accounts_of_account --
SELECT ledger_accounts.id, name, coalesce(debits, 0), coalesce(credits, 0)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE name = :account AND name > :name LIMIT :limit;

-- movements --
-- Transfers in the order of their time, from behind one to before `until`.
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_out --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE debit_account = :account
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_in --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE credit_account = :account
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_order --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE order_id = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_payment --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE payment = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_content --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE content = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_learner --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger
WHERE learner = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- moved_of --
-- What went out of accounts and into them from `since` to before `until`.
SELECT asked.account, CAST(coalesce((
        SELECT sum(amount) FROM ledger_transfers
        WHERE debit = asked.account AND at >= :since AND at < :until), 0) AS BIGINT),
    CAST(coalesce((
        SELECT sum(amount) FROM ledger_transfers
        WHERE credit = asked.account AND at >= :since AND at < :until), 0) AS BIGINT)
FROM (SELECT CAST(json_extract(value, '$[0]') AS BIGINT) AS account FROM json_each(:rows)) AS asked;

-- put_ledger_day --
INSERT INTO ledger_days (day, block_number, block_hash, root, leaves)
VALUES (:day, :block_number, :block_hash, :root, :leaves)
ON CONFLICT (day) DO NOTHING;

-- ledger_day --
SELECT day, block_number, block_hash, root, leaves FROM ledger_days WHERE day = :day;

-- ledger_days --
SELECT day, block_number, block_hash, root, leaves FROM ledger_days ORDER BY day;

-- first_transfer --
SELECT min(at) FROM ledger_transfers WHERE source = 0;

-- summed_balances --
-- What transfers make of every account, beside what its balance says.
SELECT name, coalesce(debits, 0), coalesce(credits, 0),
    CAST(coalesce((SELECT sum(amount) FROM ledger_transfers WHERE debit = ledger_accounts.id), 0) AS BIGINT),
    CAST(coalesce((SELECT sum(amount) FROM ledger_transfers WHERE credit = ledger_accounts.id), 0) AS BIGINT)
FROM ledger_accounts LEFT JOIN ledger_balances ON account = ledger_accounts.id
WHERE name > :name ORDER BY name LIMIT :limit;

-- provider_fees --
-- What providers took in of a platform's payments that were recorded in a time, and kept of it.
SELECT provider, currency, count(*), CAST(sum(coalesce(received, amount)) AS BIGINT),
    CAST(sum(coalesce(fee, 0)) AS BIGINT)
FROM payments
WHERE created_at >= :since AND created_at < :until AND platform = :platform
    AND state IN ('paid', 'charged_back', 'refunded') AND provider <> 'balance'
GROUP BY provider, currency ORDER BY provider, currency;

-- next_book --
-- Platforms whose books tell anything, one after the other.
SELECT min(platform) FROM events WHERE platform > :platform;

-- book_events --
SELECT number, history, subject, change, state, at FROM events
WHERE platform = :platform AND number > :after ORDER BY number LIMIT :limit;

-- entry_payments --
-- What changes of payments brought: what came in, and what of that the provider kept.
SELECT payments.id, told.change, told.state, before.state,
    told.received - coalesce(before.received, 0), told.fee - coalesce(before.fee, 0),
    provider, purpose, amount, currency, learner
FROM json_each(:rows) CROSS JOIN payment_history AS told
JOIN payments ON payments.id = told.payment_id
LEFT JOIN payment_history AS before
    ON before.payment_id = told.payment_id AND before.change = told.change - 1
WHERE told.payment_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND told.change = CAST(json_extract(value, '$[1]') AS BIGINT);

-- entry_orders --
SELECT payment_id, orders.id, content, price FROM json_each(:rows) CROSS JOIN orders
WHERE orders.id BETWEEN CAST(json_extract(value, '$[0]') AS BIGINT) + 1
        AND CAST(json_extract(value, '$[0]') AS BIGINT) + 100
    AND payment_id = CAST(json_extract(value, '$[0]') AS BIGINT)
ORDER BY orders.id;

-- entry_refunds --
SELECT refunds.id, refund_history.change, orders.payment_id, orders.learner, payments.provider,
    refunds.currency, refunds.amount, refunds.lost, refund_history.detail,
    refunds.order_id, orders.content, refunds.destination, refunds.returned_by
FROM json_each(:rows) CROSS JOIN refund_history
JOIN refunds ON refunds.id = refund_history.refund_id
JOIN orders ON orders.id = refunds.order_id JOIN payments ON payments.id = orders.payment_id
WHERE refund_history.refund_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND refund_history.change = CAST(json_extract(value, '$[1]') AS BIGINT);

-- entry_paybacks --
SELECT paybacks.id, payback_history.change, payments.id, payments.learner, payments.provider,
    paybacks.currency, paybacks.amount, paybacks.reason, payback_history.detail
FROM json_each(:rows) CROSS JOIN payback_history
JOIN paybacks ON paybacks.id = payback_history.payback_id
JOIN payments ON payments.id = paybacks.payment_id
WHERE payback_history.payback_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND payback_history.change = CAST(json_extract(value, '$[1]') AS BIGINT);

-- entry_chargebacks --
SELECT chargebacks.id, chargeback_history.change, payments.id, payments.learner,
    payments.provider, chargebacks.currency, chargebacks.amount
FROM json_each(:rows) CROSS JOIN chargeback_history
JOIN chargebacks ON chargebacks.id = chargeback_history.chargeback_id
JOIN payments ON payments.id = chargebacks.payment_id
WHERE chargeback_history.chargeback_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND chargeback_history.change = CAST(json_extract(value, '$[1]') AS BIGINT);

-- entry_top_ups --
SELECT payments.id, top_up_history.change, payments.id, payments.learner, payments.provider,
    payments.currency, payments.amount, top_ups.lost, top_up_history.detail
FROM json_each(:rows) CROSS JOIN top_up_history
JOIN top_ups ON top_ups.payment_id = top_up_history.payment_id
JOIN payments ON payments.id = top_ups.payment_id
WHERE top_up_history.payment_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND top_up_history.change = CAST(json_extract(value, '$[1]') AS BIGINT);

-- entry_pay_outs --
-- What a person returned is told once, alone or with the pay-out's end.
SELECT payouts.act_id, told.change, payouts.learner, payouts.currency, payouts.by_hand
FROM json_each(:rows) CROSS JOIN payout_history AS told
JOIN payouts ON payouts.act_id = told.payout_id
WHERE told.payout_id = CAST(json_extract(value, '$[0]') AS BIGINT)
    AND told.change = CAST(json_extract(value, '$[1]') AS BIGINT)
    AND payouts.by_hand > 0 AND NOT EXISTS (
        SELECT 1 FROM payout_history AS before
        WHERE before.payout_id = told.payout_id AND before.change < told.change
            AND before.state = 'returned_by_hand');

-- entries --
-- What the ledger has of the events of a platform, from behind one up to another.
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller,
    payment, cause
FROM ledger WHERE source = :source AND height > :after AND height <= :last
ORDER BY source, height, place, leg;

-- order_place --
-- Where an order of the books is on chain.
SELECT batches.platform, batches.lane, batches.number, batch_orders.position
FROM batch_orders JOIN batches ON batches.id = batch_orders.batch_id
WHERE batch_orders.order_id = :order_id AND batch_orders.released = 0;

-- order_at --
-- The order of the books that is in a place on chain.
SELECT batch_orders.order_id
FROM batches JOIN batch_orders ON batch_orders.batch_id = batches.id
WHERE batches.platform = :platform AND batches.lane = :lane AND batches.number = :number
    AND batches.state <> 'refused'
    AND batch_orders.position = :position AND batch_orders.released = 0;

-- tied_orders --
-- Orders that the books call confirmed, of which nothing goes back just now.
SELECT orders.id, orders.platform, batches.lane, batches.number, batch_orders.position
FROM orders CROSS JOIN batch_orders CROSS JOIN batches
WHERE orders.id > :id AND batch_orders.order_id = orders.id AND batch_orders.released = 0
    AND batches.id = batch_orders.batch_id AND batches.state = 'confirmed'
    AND NOT EXISTS (
        SELECT 1 FROM refunds
        WHERE refunds.order_id = orders.id AND refunds.state <> 'refund_failed'
            AND (refunds.state = 'refund_pending' OR refunds.on_chain IN ('pending', 'failed')))
    AND NOT EXISTS (
        SELECT 1 FROM disputes
        WHERE disputes.order_id = orders.id AND disputes.state = 'refunded' AND NOT EXISTS (
            SELECT 1 FROM refunds WHERE refunds.order_id = orders.id AND is_part = 0
                AND refunds.state = 'refunded'))
ORDER BY orders.id LIMIT :limit;

-- moved_of_orders --
-- What moved of orders, by kind.
SELECT order_id, kind, CAST(sum(amount) AS BIGINT)
FROM json_each(:rows) CROSS JOIN ledger_transfers
WHERE order_id = json_extract(value, '$[0]')
GROUP BY order_id, kind;
