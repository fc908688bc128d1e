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
INSERT INTO ledger_accounts (id, name, source, kind, platform, learner, address, content)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), json_extract(value, '$[1]'),
    CAST(json_extract(value, '$[2]') AS BIGINT), json_extract(value, '$[3]'),
    CAST(json_extract(value, '$[4]') AS BIGINT), CAST(json_extract(value, '$[5]') AS BIGINT),
    json_extract(value, '$[6]'), CAST(json_extract(value, '$[7]') AS BIGINT)
FROM json_each(:rows);

-- put_transfers --
INSERT INTO ledger_transfers
    (source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller)
SELECT
    CAST(json_extract(value, '$[0]') AS BIGINT), CAST(json_extract(value, '$[1]') AS BIGINT),
    CAST(json_extract(value, '$[2]') AS BIGINT), CAST(json_extract(value, '$[3]') AS BIGINT),
    CAST(json_extract(value, '$[4]') AS BIGINT), json_extract(value, '$[5]'),
    CAST(json_extract(value, '$[6]') AS BIGINT), CAST(json_extract(value, '$[7]') AS BIGINT),
    CAST(json_extract(value, '$[8]') AS BIGINT), json_extract(value, '$[9]'),
    CAST(json_extract(value, '$[10]') AS BIGINT), CAST(json_extract(value, '$[11]') AS BIGINT),
    CAST(json_extract(value, '$[12]') AS BIGINT)
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
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
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
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
FROM ledger
WHERE (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_out --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
FROM ledger
WHERE debit_account = :account
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_in --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
FROM ledger
WHERE credit_account = :account
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_order --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
FROM ledger
WHERE order_id = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_content --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
FROM ledger
WHERE content = :key
    AND (at, source, height, place, leg) > (:at, :source, :height, :place, :leg) AND at < :until
ORDER BY at, source, height, place, leg LIMIT :limit;

-- movements_of_learner --
SELECT source, height, place, leg, at, kind, debit, credit, amount, order_id, content, learner, seller
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
VALUES (:day, :block_number, :block_hash, :root, :leaves);

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
