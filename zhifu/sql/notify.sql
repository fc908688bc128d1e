-- Events, webhook endpoints, deliveries, contacts and notices.

-- event --
SELECT number, history, subject, change, state, at FROM events
WHERE platform = :platform AND number = :number;

-- events_after --
-- With how many orders each is about, at most.
SELECT number, history, subject, change, state, at,
    CASE history
        WHEN 'batch' THEN (SELECT orders FROM batches WHERE batches.id = events.subject)
        WHEN 'payment' THEN 100
        ELSE 1
    END
FROM events WHERE platform = :platform AND number > :after ORDER BY number LIMIT :limit;

-- last_event --
SELECT coalesce(max(number), 0) FROM events WHERE platform = :platform;

-- put_test_event --
INSERT INTO events (platform, number, history, subject, change, state, at)
SELECT :platform, 1 + coalesce(max(number), 0), 'test', :subject, 1, :state, :now
FROM events WHERE platform = :platform;

-- event_payment --
SELECT id, purpose, learner, amount, currency, received, provider, provider_payment_id
FROM payments WHERE id = :id;

-- event_payment_orders --
SELECT id FROM orders
WHERE id BETWEEN :payment_id + 1 AND :payment_id + 100 AND payment_id = :payment_id ORDER BY id;

-- event_order --
SELECT orders.id, orders.payment_id, orders.learner, orders.content, orders.price, payments.currency
FROM orders JOIN payments ON payments.id = orders.payment_id WHERE orders.id = :id;

-- event_batch --
SELECT id, lane, number, orders, debit, sale_day, transaction_hash, block_number
FROM batches WHERE id = :id;

-- event_batch_order --
SELECT order_id FROM batch_orders WHERE batch_id = :batch_id AND position = :position;

-- event_batch_positions --
SELECT position FROM batch_orders WHERE batch_id = :batch_id ORDER BY position;

-- event_refund --
SELECT id, order_id, amount, currency, is_part, destination, returned_by FROM refunds WHERE id = :id;

-- event_payout --
SELECT act_id, learner, amount, currency, by_hand, acts.transaction_hash, acts.block_number
FROM payouts JOIN acts ON acts.id = payouts.act_id WHERE act_id = :id;

-- event_payback --
SELECT id, payment_id, reason, amount, currency FROM paybacks WHERE id = :id;

-- event_chargeback --
SELECT id, payment_id, stage, amount, currency FROM chargebacks WHERE id = :id;

-- event_dispute --
SELECT disputes.id, order_id, opener, disputes.amount, bond, deadline, price
FROM disputes JOIN orders ON orders.id = disputes.order_id WHERE disputes.id = :id;

-- event_act --
SELECT id, arguments, transaction_hash, block_number, result FROM acts WHERE id = :id;

-- event_top_up --
SELECT payments.id, learner, amount, currency,
    CASE top_up_history.state WHEN 'refunded' THEN NULL ELSE top_up_history.detail END,
    transaction_hash, block_number
FROM payments
JOIN top_ups ON top_ups.payment_id = payments.id
JOIN top_up_history ON top_up_history.payment_id = payments.id
WHERE payments.id = :id AND change = :change;

-- put_endpoint --
-- It gets what happens from now on.
INSERT INTO webhook_endpoints
    (id, platform, url, types, test, state, cursor, change, created_at, changed_at)
SELECT :id, :platform, :url, :types, :test, 'enabled', coalesce(max(number), 0), 1, :now, :now
FROM events WHERE platform = :platform;

-- endpoint --
SELECT id, platform, url, types, test, state, reason, failing_since, created_at
FROM webhook_endpoints WHERE id = :id AND platform = :platform;

-- endpoints_of --
SELECT id, platform, url, types, test, state, reason, failing_since, created_at
FROM webhook_endpoints WHERE platform = :platform ORDER BY id;

-- count_endpoints --
SELECT count(*) FROM webhook_endpoints WHERE platform = :platform;

-- enabled_endpoints --
SELECT id, platform, url, types, test, cursor, failing_since
FROM webhook_endpoints WHERE state = 'enabled' AND id > :after ORDER BY id LIMIT :limit;

-- endpoint_cursor --
SELECT cursor FROM webhook_endpoints WHERE id = :id;

-- endpoint_types --
SELECT types FROM webhook_endpoints WHERE id = :id;

-- change_endpoint --
-- What failed at another address says nothing of this one.
UPDATE webhook_endpoints SET
    failing_since = CASE WHEN url = :url THEN failing_since END,
    url = :url, types = :types, changed_at = :now
WHERE id = :id AND platform = :platform;

-- enable_endpoint --
UPDATE webhook_endpoints
SET state = 'enabled', reason = NULL, failing_since = NULL, change = change + 1, changed_at = :now
WHERE id = :id AND platform = :platform AND state = 'disabled';

-- disable_endpoint --
UPDATE webhook_endpoints
SET state = 'disabled', reason = :reason, change = change + 1, changed_at = :now
WHERE id = :id AND platform = :platform AND state = 'enabled';

-- forget_attempts --
DELETE FROM delivery_attempts WHERE endpoint_id = :id;

-- forget_deliveries --
DELETE FROM deliveries WHERE endpoint_id = :id;

-- forget_secrets --
DELETE FROM webhook_secrets WHERE endpoint_id = :id;

-- remove_endpoint --
DELETE FROM webhook_endpoints WHERE id = :id;

-- put_secret --
INSERT INTO webhook_secrets (endpoint_id, number, sealed)
SELECT :endpoint_id, 1 + coalesce(max(number), 0), :sealed
FROM webhook_secrets WHERE endpoint_id = :endpoint_id;

-- expire_secrets --
UPDATE webhook_secrets SET expires_at = :expires_at
WHERE endpoint_id = :endpoint_id AND (expires_at IS NULL OR expires_at > :expires_at);

-- drop_old_secrets --
-- Those that have expired, and all but the newest: every one signs each webhook.
DELETE FROM webhook_secrets
WHERE endpoint_id = :endpoint_id AND (expires_at <= :now OR number < (
    SELECT max(newest.number) FROM webhook_secrets AS newest
    WHERE newest.endpoint_id = :endpoint_id));

-- secrets --
SELECT sealed FROM webhook_secrets
WHERE endpoint_id = :endpoint_id AND (expires_at IS NULL OR expires_at > :now)
ORDER BY number DESC;

-- deliver_item --
INSERT INTO deliveries (endpoint_id, number, item, state, due_at)
VALUES (:endpoint_id, :number, :item, 'due', :now)
ON CONFLICT (endpoint_id, number, item)
DO UPDATE SET state = 'due', due_at = excluded.due_at, failures = 0;

-- deliver_payment_orders --
INSERT INTO deliveries (endpoint_id, number, item, state, due_at)
SELECT :endpoint_id, :number, id - payment_id, 'due', :now FROM orders
WHERE id BETWEEN :subject + 1 AND :subject + 100 AND payment_id = :subject
ON CONFLICT (endpoint_id, number, item)
DO UPDATE SET state = 'due', due_at = excluded.due_at, failures = 0;

-- deliver_batch_orders --
INSERT INTO deliveries (endpoint_id, number, item, state, due_at)
SELECT :endpoint_id, :number, position + 1, 'due', :now FROM batch_orders
WHERE batch_id = :subject
ON CONFLICT (endpoint_id, number, item)
DO UPDATE SET state = 'due', due_at = excluded.due_at, failures = 0;

-- move_cursor --
UPDATE webhook_endpoints SET cursor = :cursor WHERE id = :id;

-- claim_deliveries --
-- Nobody else takes them before `until`; whoever took them and died leaves them due again then.
UPDATE deliveries SET attempts = attempts + 1, due_at = :until
WHERE endpoint_id = :endpoint_id AND state = 'due' AND (number, item) IN (
    SELECT number, item FROM deliveries
    WHERE endpoint_id = :endpoint_id AND state = 'due' AND due_at <= :now
    ORDER BY due_at, number, item LIMIT :limit)
RETURNING number, item, attempts, failures;

-- delivered --
UPDATE deliveries SET state = 'delivered', due_at = :now
WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item AND state = 'due';

-- not_delivered --
-- Unless it was taken again meanwhile.
UPDATE deliveries SET state = :state, due_at = :due_at, failures = failures + 1
WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item AND state = 'due'
    AND attempts = :attempt;

-- put_attempt --
INSERT INTO delivery_attempts
    (endpoint_id, number, item, attempt, status, error, milliseconds, at)
SELECT endpoint_id, number, item, :attempt, CAST(:status AS BIGINT), :error, :milliseconds, :at
FROM deliveries
WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item
ON CONFLICT (endpoint_id, number, item, attempt) DO NOTHING;

-- endpoint_accepts --
UPDATE webhook_endpoints SET failing_since = NULL
WHERE id = :id AND url = :url AND failing_since IS NOT NULL;

-- endpoint_fails --
UPDATE webhook_endpoints SET failing_since = :now
WHERE id = :id AND url = :url AND failing_since IS NULL;

-- give_up_endpoint --
UPDATE webhook_endpoints
SET state = 'disabled', reason = :reason, change = change + 1, changed_at = :now
WHERE id = :id AND url = :url AND state = 'enabled' AND failing_since <= :failing_since;

-- next_due --
SELECT min(deliveries.due_at) FROM deliveries
JOIN webhook_endpoints ON webhook_endpoints.id = deliveries.endpoint_id
WHERE deliveries.state = 'due' AND webhook_endpoints.state = 'enabled';

-- deliveries_of --
SELECT number, item, state, attempts, due_at FROM deliveries
WHERE endpoint_id = :endpoint_id
    AND (number < :number OR number = :number AND item < :item)
ORDER BY number DESC, item DESC LIMIT :limit;

-- attempts_of --
SELECT attempt, status, error, milliseconds, at FROM delivery_attempts
WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item ORDER BY attempt;

-- prune_attempts --
-- The log of what was settled before a time.
DELETE FROM delivery_attempts WHERE endpoint_id = :endpoint_id AND (number, item) IN (
    SELECT number, item FROM deliveries
    WHERE endpoint_id = :endpoint_id AND state <> 'due' AND due_at < :before);

-- prune_deliveries --
DELETE FROM deliveries
WHERE endpoint_id = :endpoint_id AND state <> 'due' AND due_at < :before;

-- put_notice_channel --
INSERT INTO notice_channels (platform, channel, sender, sealed, cursor)
SELECT :platform, :channel, :sender, :sealed, coalesce(max(number), 0)
FROM events WHERE platform = :platform
ON CONFLICT (platform, channel)
DO UPDATE SET sender = excluded.sender, sealed = excluded.sealed;

-- remove_notice_channel --
DELETE FROM notice_channels WHERE platform = :platform AND channel = :channel;

-- notice_channels --
SELECT platform, channel, cursor FROM notice_channels ORDER BY platform, channel;

-- notice_channel --
SELECT sender, sealed FROM notice_channels WHERE platform = :platform AND channel = :channel;

-- move_notice_cursor --
UPDATE notice_channels SET cursor = :cursor WHERE platform = :platform AND channel = :channel;

-- put_contact --
INSERT INTO contacts (platform, learner, channel, sealed, language)
VALUES (:platform, :learner, :channel, :sealed, :language)
ON CONFLICT (platform, learner, channel)
DO UPDATE SET sealed = excluded.sealed, language = excluded.language;

-- contact --
SELECT sealed, language FROM contacts
WHERE platform = :platform AND learner = :learner AND channel = :channel;

-- contacts_of --
SELECT channel, sealed, language FROM contacts
WHERE platform = :platform AND learner = :learner ORDER BY channel;

-- remove_contact --
DELETE FROM contacts WHERE platform = :platform AND learner = :learner AND channel = :channel;

-- forget_contacts --
DELETE FROM contacts WHERE platform = :platform AND learner = :learner;

-- drop_notices --
UPDATE notices SET state = 'dropped', sealed = NULL, reason = :reason
WHERE platform = :platform AND learner = :learner AND state = 'due';

-- notify_of_payments --
INSERT INTO notices (platform, number, item, kind, channel, learner, language, state, due_at)
SELECT events.platform, events.number, 0,
    CASE payments.purpose WHEN 'top_up' THEN 'top_up' ELSE 'receipt' END,
    contacts.channel, contacts.learner, contacts.language, 'due', :now
FROM events
JOIN payments ON payments.id = events.subject
JOIN contacts ON contacts.platform = events.platform AND contacts.learner = payments.learner
    AND contacts.channel = :channel
WHERE events.platform = :platform AND events.number > :after AND events.number <= :last
    AND events.history = 'payment' AND events.state = 'paid'
ON CONFLICT (platform, number, item, kind, channel) DO NOTHING;

-- notify_of_refunds --
INSERT INTO notices (platform, number, item, kind, channel, learner, language, state, due_at)
SELECT events.platform, events.number, 0, 'refund',
    contacts.channel, contacts.learner, contacts.language, 'due', :now
FROM events
JOIN refunds ON refunds.id = events.subject
JOIN orders ON orders.id = refunds.order_id
JOIN contacts ON contacts.platform = events.platform AND contacts.learner = orders.learner
    AND contacts.channel = :channel
WHERE events.platform = :platform AND events.number > :after AND events.number <= :last
    AND events.history = 'refund' AND events.state IN ('refunded', 'part_refunded')
ON CONFLICT (platform, number, item, kind, channel) DO NOTHING;

-- notify_of_disputes --
INSERT INTO notices (platform, number, item, kind, channel, learner, language, state, due_at)
SELECT events.platform, events.number, 0, 'dispute',
    contacts.channel, contacts.learner, contacts.language, 'due', :now
FROM events
JOIN disputes ON disputes.id = events.subject
JOIN orders ON orders.id = disputes.order_id
JOIN contacts ON contacts.platform = events.platform AND contacts.learner = orders.learner
    AND contacts.channel = :channel
WHERE events.platform = :platform AND events.number > :after AND events.number <= :last
    AND events.history = 'dispute' AND events.state = 'open'
ON CONFLICT (platform, number, item, kind, channel) DO NOTHING;

-- put_notice --
INSERT INTO notices
    (platform, number, item, kind, channel, learner, language, sealed, state, due_at)
VALUES (:platform, :number, :item, :kind, :channel, :learner, :language, :sealed, 'due', :now)
ON CONFLICT (platform, number, item, kind, channel)
DO UPDATE SET state = 'due', sealed = excluded.sealed, language = excluded.language, attempts = 0,
    due_at = excluded.due_at, reason = NULL;

-- claim_notices --
UPDATE notices SET attempts = attempts + 1, due_at = :until
WHERE state = 'due' AND (platform, number, item, kind, channel) IN (
    SELECT platform, number, item, kind, channel FROM notices
    WHERE state = 'due' AND due_at <= :now ORDER BY due_at, platform, number LIMIT :limit)
RETURNING platform, number, item, kind, channel, learner, language, sealed, attempts;

-- settle_notice --
-- Unless it was taken again meanwhile; an address that was given for it alone goes with it.
UPDATE notices SET state = :state, due_at = :due_at, reason = :reason,
    sealed = CASE WHEN :state = 'due' THEN sealed END
WHERE platform = :platform AND number = :number AND item = :item AND kind = :kind
    AND channel = :channel AND state = 'due' AND attempts = :attempts;

-- notices_of --
SELECT number, item, kind, channel, state, attempts, due_at, reason FROM notices
WHERE platform = :platform AND learner = :learner ORDER BY number, item, kind, channel;

-- next_notice --
SELECT min(due_at) FROM notices WHERE state = 'due';

-- put_vault_check --
-- The first one stays.
INSERT INTO vault_check (id, sealed) VALUES (1, :sealed) ON CONFLICT (id) DO NOTHING;

-- vault_check --
SELECT sealed FROM vault_check;

-- change_vault_check --
UPDATE vault_check SET sealed = :sealed;

-- count_sealed --
SELECT (SELECT count(*) FROM webhook_secrets), (SELECT count(*) FROM contacts),
    (SELECT count(*) FROM notice_channels),
    (SELECT count(*) FROM notices WHERE state = 'due' AND sealed IS NOT NULL);

-- sealed_secrets --
SELECT endpoint_id, number, sealed FROM webhook_secrets;

-- reseal_secret --
UPDATE webhook_secrets SET sealed = :sealed WHERE endpoint_id = :endpoint_id AND number = :number;

-- forget_all_secrets --
DELETE FROM webhook_secrets;

-- endpoint_numbers --
SELECT id, platform FROM webhook_endpoints ORDER BY id;

-- sealed_contacts --
SELECT platform, learner, channel, sealed FROM contacts;

-- reseal_contact --
UPDATE contacts SET sealed = :sealed
WHERE platform = :platform AND learner = :learner AND channel = :channel;

-- forget_all_contacts --
DELETE FROM contacts;

-- sealed_channels --
SELECT platform, channel, sealed FROM notice_channels;

-- reseal_channel --
UPDATE notice_channels SET sealed = :sealed WHERE platform = :platform AND channel = :channel;

-- forget_all_channels --
DELETE FROM notice_channels;

-- sealed_notices --
SELECT platform, number, item, kind, channel, sealed FROM notices
WHERE state = 'due' AND sealed IS NOT NULL;

-- reseal_notice --
UPDATE notices SET sealed = :sealed
WHERE platform = :platform AND number = :number AND item = :item AND kind = :kind
    AND channel = :channel AND state = 'due';

-- drop_sealed_notices --
UPDATE notices SET state = 'dropped', sealed = NULL, reason = :reason
WHERE state = 'due' AND sealed IS NOT NULL;
