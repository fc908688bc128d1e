-- API keys, stored replies, and what a platform reads of its books page by page.

-- put_api_key --
INSERT INTO api_keys (id, platform, name, mode, hash, shown, scopes, created_at, expires_at)
VALUES (:id, :platform, :name, :mode, :hash, :shown, :scopes, :created_at, :expires_at);

-- api_key --
SELECT id, platform, name, mode, shown, scopes, created_at, expires_at, revoked_at, last_used_at
FROM api_keys WHERE id = :id;

-- api_key_by_hash --
SELECT id, platform, name, mode, shown, scopes, created_at, expires_at, revoked_at, last_used_at
FROM api_keys WHERE hash = :hash;

-- api_keys --
SELECT id, platform, name, mode, shown, scopes, created_at, expires_at, revoked_at, last_used_at
FROM api_keys ORDER BY id;

-- revoke_api_key --
UPDATE api_keys SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL;

-- used_api_key --
UPDATE api_keys SET last_used_at = :now WHERE id = :id AND coalesce(last_used_at, 0) < :now;

-- claim_reply --
-- Changes nothing where the key is claimed already.
INSERT INTO api_replies (platform, idempotency_key, request_hash, started_at)
VALUES (:platform, :idempotency_key, :request_hash, :started_at)
ON CONFLICT (platform, idempotency_key) DO NOTHING;

-- reply --
SELECT request_hash, started_at, status, body FROM api_replies
WHERE platform = :platform AND idempotency_key = :idempotency_key;

-- take_over_reply --
UPDATE api_replies SET started_at = :started_at
WHERE platform = :platform AND idempotency_key = :idempotency_key AND status IS NULL
    AND started_at = :before;

-- keep_reply --
-- Unless somebody has taken it over.
UPDATE api_replies SET status = :status, body = :body
WHERE platform = :platform AND idempotency_key = :idempotency_key AND status IS NULL
    AND started_at = :started_at;

-- drop_reply --
DELETE FROM api_replies
WHERE platform = :platform AND idempotency_key = :idempotency_key AND status IS NULL
    AND started_at = :started_at;

-- forget_replies --
DELETE FROM api_replies WHERE started_at < :before;

-- orders_page --
-- A platform's orders before one, the newest first.
SELECT id, payment_id, platform, learner, content, price, currency, state, problem,
    batch_id, lane, number, position
FROM order_states WHERE platform = :platform AND id < :before ORDER BY id DESC LIMIT :limit;

-- refund_shown --
SELECT refunds.id, refunds.order_id, refunds.amount, refunds.currency,
    CASE refunds.returned_by WHEN 'provider' THEN refunds.destination ELSE 'provider' END,
    refunds.state, refunds.on_chain, refunds.transaction_hash, refunds.created_at, refunds.detail,
    is_part
FROM refunds JOIN orders ON orders.id = refunds.order_id
WHERE refunds.id = :id AND orders.platform = :platform;

-- latest_refund --
-- Of all that was left, or else of a part.
SELECT refunds.id, refunds.order_id, refunds.amount, refunds.currency,
    CASE refunds.returned_by WHEN 'provider' THEN refunds.destination ELSE 'provider' END,
    refunds.state, refunds.on_chain, refunds.transaction_hash, refunds.created_at, refunds.detail,
    is_part
FROM refunds WHERE order_id = :order_id ORDER BY is_part, id DESC LIMIT 1;

-- refunds_of_order --
-- But for those that failed, the oldest first.
SELECT refunds.id, refunds.order_id, refunds.amount, refunds.currency,
    CASE refunds.returned_by WHEN 'provider' THEN refunds.destination ELSE 'provider' END,
    refunds.state, refunds.on_chain, refunds.transaction_hash, refunds.created_at, refunds.detail,
    is_part
FROM refunds WHERE order_id = :order_id AND state <> 'refund_failed' ORDER BY id;

-- refunds_page --
-- A platform's refunds before one, the newest first.
SELECT refunds.id, refunds.order_id, refunds.amount, refunds.currency,
    CASE refunds.returned_by WHEN 'provider' THEN refunds.destination ELSE 'provider' END,
    refunds.state, refunds.on_chain, refunds.transaction_hash, refunds.created_at, refunds.detail,
    is_part
FROM refunds JOIN orders ON orders.id = refunds.order_id
WHERE orders.platform = :platform AND refunds.id < :before
ORDER BY refunds.id DESC LIMIT :limit;

-- webhooks_due_since --
SELECT min(due_at) FROM (
    SELECT (SELECT min(due_at) FROM deliveries
        WHERE endpoint_id = webhook_endpoints.id AND deliveries.state = 'due') AS due_at
    FROM webhook_endpoints WHERE webhook_endpoints.state = 'enabled') AS first_due;

-- callbacks_due_since --
SELECT min(due_at) FROM callbacks WHERE state = 'received';

-- oldest_waiting_order --
SELECT min(order_id) FROM waiting WHERE problem IS NULL;

-- put_books_mode --
-- The first one stays.
INSERT INTO books_mode (id, mode) VALUES (1, :mode) ON CONFLICT (id) DO NOTHING;

-- books_mode --
SELECT mode FROM books_mode;
