-- The books hold what cannot be recomputed.
-- Amounts are minor units of their currency where a currency stands beside them, else ledger units.
-- Times are Unix seconds, days are days since 1970 (UTC).

-- deployment --
-- The one deployment that these books belong to.
CREATE TABLE deployment (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    chain_id BIGINT NOT NULL,
    settlement TEXT NOT NULL,
    block_hash TEXT NOT NULL
);

-- payments --
CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    learner BIGINT NOT NULL CHECK (learner BETWEEN 1 AND 4294967295),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 255),
    provider_payment_id TEXT NOT NULL CHECK (length(provider_payment_id) BETWEEN 1 AND 255),
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    referrer TEXT CHECK (length(referrer) = 42),
    state TEXT NOT NULL CHECK (state IN ('payment_unknown', 'paid', 'cancelled', 'refunded')),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (platform, idempotency_key),
    UNIQUE (provider, provider_payment_id)
);

-- payments_unknown --
-- Those to ask the provider about again.
CREATE INDEX payments_unknown ON payments (id) WHERE state = 'payment_unknown';

-- orders --
-- The orders of a payment are numbered from its own number on, so they are found without an index.
CREATE TABLE orders (
    id INTEGER NOT NULL PRIMARY KEY,
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    platform BIGINT NOT NULL,
    learner BIGINT NOT NULL,
    content BIGINT NOT NULL CHECK (content BETWEEN 1 AND 4294967295),
    price BIGINT NOT NULL CHECK (price BETWEEN 1 AND 1099511627775),
    CHECK (id BETWEEN payment_id + 1 AND payment_id + 100)
);

-- waiting --
-- Paid orders that are in no batch yet; `problem` says why batches leave one out.
CREATE TABLE waiting (
    platform BIGINT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    problem TEXT CHECK (problem IN ('content_inactive', 'price_expired', 'learner_unknown')),
    PRIMARY KEY (platform, order_id)
) WITHOUT ROWID;

-- waiting_problems --
CREATE INDEX waiting_problems ON waiting (platform, order_id) WHERE problem IS NOT NULL;

-- batches --
CREATE TABLE batches (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL,
    lane BIGINT NOT NULL CHECK (lane > 0),
    number BIGINT NOT NULL CHECK (number > 0),
    orders BIGINT NOT NULL CHECK (orders > 0),
    debit BIGINT NOT NULL CHECK (debit > 0),
    sale_day BIGINT NOT NULL,
    words BLOB NOT NULL CHECK (length(words) % 32 = 0),
    state TEXT NOT NULL CHECK (state IN ('batched', 'submitted', 'settled', 'confirmed', 'refused')),
    transaction_hash TEXT NOT NULL CHECK (length(transaction_hash) = 66),
    gas_used BIGINT,
    block_number BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    CHECK ((state IN ('settled', 'confirmed')) = (block_number IS NOT NULL)),
    CHECK ((gas_used IS NULL) = (block_number IS NULL))
);

-- batches_lane --
-- A number of a lane belongs to one batch; a refused one leaves its number to the next.
CREATE UNIQUE INDEX batches_lane ON batches (platform, lane, number) WHERE state <> 'refused';

-- batches_unsettled --
CREATE INDEX batches_unsettled ON batches (platform, lane, number)
    WHERE state IN ('batched', 'submitted');

-- batches_refused --
CREATE INDEX batches_refused ON batches (platform, lane, number) WHERE state = 'refused';

-- batches_settled --
CREATE INDEX batches_settled ON batches (block_number) WHERE state = 'settled';

-- batch_orders --
-- Which orders a batch carries and where; `released` once the batch was refused.
CREATE TABLE batch_orders (
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    position BIGINT NOT NULL CHECK (position >= 0),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1)),
    PRIMARY KEY (batch_id, position)
) WITHOUT ROWID;

-- batch_orders_once --
-- An order is in one batch at most, so it can be paid on chain once at most.
CREATE UNIQUE INDEX batch_orders_once ON batch_orders (order_id) WHERE released = 0;

-- batch_orders_released --
CREATE INDEX batch_orders_released ON batch_orders (order_id) WHERE released = 1;

-- submissions --
-- Every transaction that was signed for a batch, stored before it was sent.
CREATE TABLE submissions (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 66),
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    attempt BIGINT NOT NULL CHECK (attempt > 0),
    nonce BIGINT NOT NULL CHECK (nonce >= 0),
    raw BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (batch_id, attempt)
);

-- refunds --
-- `state` is what became of the money, `on_chain` what became of the order on chain if it had been
-- settled. `chain_order` is the order's id there, `block_number` the refund's block or a later one.
CREATE TABLE refunds (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    on_chain TEXT NOT NULL CHECK (on_chain IN ('none', 'pending', 'done', 'failed')),
    chain_order BLOB,
    transaction_hash TEXT,
    block_number BIGINT,
    state TEXT NOT NULL CHECK (state IN ('refund_pending', 'refunded', 'refund_failed')),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    CHECK ((on_chain = 'done') = (block_number IS NOT NULL)),
    CHECK (block_number IS NULL OR chain_order IS NOT NULL),
    CHECK (state <> 'refund_failed' OR on_chain = 'failed'),
    CHECK (state <> 'refund_pending' OR on_chain <> 'failed')
);

-- refunds_once --
-- An order goes back once at most; one that could not may be tried again.
CREATE UNIQUE INDEX refunds_once ON refunds (order_id) WHERE state <> 'refund_failed';

-- refunds_order --
CREATE INDEX refunds_order ON refunds (order_id);

-- refunds_on_chain --
CREATE INDEX refunds_on_chain ON refunds (block_number) WHERE on_chain = 'done';

-- order_states --
-- What an order has become, by its payment, its batch and its refund.
CREATE VIEW order_states AS
SELECT
    orders.id, orders.payment_id, orders.platform, orders.learner, orders.content, orders.price,
    payments.currency,
    coalesce(refunds.state, batches.state, payments.state) AS state,
    waiting.problem,
    batches.id AS batch_id, batches.lane, batches.number, batch_orders.position
FROM orders
JOIN payments ON payments.id = orders.payment_id
LEFT JOIN waiting ON waiting.platform = orders.platform AND waiting.order_id = orders.id
LEFT JOIN batch_orders ON batch_orders.order_id = orders.id AND batch_orders.released = 0
LEFT JOIN batches ON batches.id = batch_orders.batch_id
LEFT JOIN refunds ON refunds.order_id = orders.id AND refunds.state <> 'refund_failed';

-- refunds_open --
CREATE INDEX refunds_open ON refunds (id) WHERE state = 'refund_pending' OR on_chain = 'pending';

-- payment_history --
-- Every change of a payment, in the order they happened; only ever added to.
CREATE TABLE payment_history (
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (payment_id, change)
) WITHOUT ROWID;

-- batch_history --
CREATE TABLE batch_history (
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (batch_id, change)
) WITHOUT ROWID;

-- refund_history --
CREATE TABLE refund_history (
    refund_id BIGINT NOT NULL REFERENCES refunds (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (refund_id, change)
) WITHOUT ROWID;

-- payments_write_history --
CREATE TRIGGER payments_write_history AFTER INSERT ON payments BEGIN
    INSERT INTO payment_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at);
END;

-- payments_change --
CREATE TRIGGER payments_change BEFORE UPDATE ON payments
WHEN (OLD.state, NEW.state) NOT IN (VALUES
    ('payment_unknown', 'paid'), ('payment_unknown', 'cancelled'), ('paid', 'refunded'))
BEGIN
    SELECT RAISE(ABORT, 'a payment cannot change like this');
END;

-- payments_change_state_only --
CREATE TRIGGER payments_change_state_only BEFORE UPDATE OF
    id, platform, learner, amount, currency, provider, provider_payment_id, idempotency_key,
    referrer, created_at ON payments
BEGIN
    SELECT RAISE(ABORT, 'what was paid for is a fact');
END;

-- payments_change_history --
CREATE TRIGGER payments_change_history AFTER UPDATE ON payments BEGIN
    INSERT INTO payment_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at
    FROM payment_history WHERE payment_id = NEW.id;
END;

-- payments_keep --
CREATE TRIGGER payments_keep BEFORE DELETE ON payments BEGIN
    SELECT RAISE(ABORT, 'payments are kept');
END;

-- orders_once --
CREATE TRIGGER orders_once BEFORE INSERT ON orders
WHEN EXISTS (
    SELECT 1 FROM orders WHERE id BETWEEN NEW.payment_id + 1 AND NEW.payment_id + 100
        AND payment_id = NEW.payment_id AND content = NEW.content)
BEGIN
    SELECT RAISE(ABORT, 'a cart has each content once');
END;

-- orders_fixed --
CREATE TRIGGER orders_fixed BEFORE UPDATE ON orders BEGIN
    SELECT RAISE(ABORT, 'an order is a fact');
END;

-- orders_keep --
CREATE TRIGGER orders_keep BEFORE DELETE ON orders BEGIN
    SELECT RAISE(ABORT, 'orders are kept');
END;

-- waiting_paid --
-- Only what its provider says is paid can wait for a batch.
CREATE TRIGGER waiting_paid BEFORE INSERT ON waiting
WHEN NOT EXISTS (
    SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
    WHERE orders.id = NEW.order_id AND orders.platform = NEW.platform AND payments.state = 'paid')
    OR EXISTS (SELECT 1 FROM batch_orders WHERE order_id = NEW.order_id AND released = 0)
    OR EXISTS (
        SELECT 1 FROM refunds WHERE order_id = NEW.order_id AND state <> 'refund_failed')
BEGIN
    SELECT RAISE(ABORT, 'only a paid order can wait for a batch');
END;

-- batches_write_history --
CREATE TRIGGER batches_write_history AFTER INSERT ON batches BEGIN
    INSERT INTO batch_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- batches_start --
CREATE TRIGGER batches_start BEFORE INSERT ON batches WHEN NEW.state <> 'batched' BEGIN
    SELECT RAISE(ABORT, 'a batch starts as batched');
END;

-- batches_change --
-- From settled back to submitted is a block that was reorganised away, from refused to settled one
-- that took its place.
CREATE TRIGGER batches_change BEFORE UPDATE OF state ON batches
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('batched', 'submitted'), ('batched', 'settled'), ('batched', 'refused'),
    ('submitted', 'settled'), ('submitted', 'refused'),
    ('settled', 'confirmed'), ('settled', 'submitted'), ('refused', 'settled'))
BEGIN
    SELECT RAISE(ABORT, 'a batch cannot change like this');
END;

-- batches_change_state_only --
CREATE TRIGGER batches_change_state_only BEFORE UPDATE OF
    id, platform, lane, number, orders, debit, sale_day, words, created_at ON batches
BEGIN
    SELECT RAISE(ABORT, 'what a batch carries is a fact');
END;

-- batches_change_history --
CREATE TRIGGER batches_change_history AFTER UPDATE OF state ON batches
WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO batch_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at, NEW.detail
    FROM batch_history WHERE batch_id = NEW.id;
END;

-- batches_keep --
CREATE TRIGGER batches_keep BEFORE DELETE ON batches BEGIN
    SELECT RAISE(ABORT, 'batches are kept');
END;

-- batch_orders_taken --
-- An order goes from waiting into a batch, and is not taken from anywhere else.
CREATE TRIGGER batch_orders_taken BEFORE INSERT ON batch_orders
WHEN NEW.released <> 0 OR NOT EXISTS (
    SELECT 1 FROM waiting JOIN batches ON batches.platform = waiting.platform
    WHERE batches.id = NEW.batch_id AND waiting.order_id = NEW.order_id
        AND batches.state = 'batched')
BEGIN
    SELECT RAISE(ABORT, 'only a waiting order goes into a batch');
END;

-- batch_orders_fixed --
CREATE TRIGGER batch_orders_fixed BEFORE UPDATE ON batch_orders
WHEN NEW.batch_id <> OLD.batch_id OR NEW.position <> OLD.position
    OR NEW.order_id <> OLD.order_id
    OR NOT EXISTS (
        SELECT 1 FROM batches WHERE id = NEW.batch_id
            AND state = CASE NEW.released WHEN 1 THEN 'refused' ELSE 'settled' END)
    OR NEW.released = 0 AND EXISTS (
        SELECT 1 FROM waiting WHERE order_id = NEW.order_id
            AND platform = (SELECT platform FROM orders WHERE id = NEW.order_id))
BEGIN
    SELECT RAISE(ABORT, 'only a refused batch lets its orders go');
END;

-- batch_orders_keep --
CREATE TRIGGER batch_orders_keep BEFORE DELETE ON batch_orders BEGIN
    SELECT RAISE(ABORT, 'what a batch carries is a fact');
END;

-- submissions_fixed --
CREATE TRIGGER submissions_fixed BEFORE UPDATE ON submissions BEGIN
    SELECT RAISE(ABORT, 'a signed transaction is a fact');
END;

-- submissions_keep --
CREATE TRIGGER submissions_keep BEFORE DELETE ON submissions BEGIN
    SELECT RAISE(ABORT, 'signed transactions are kept');
END;

-- refunds_write_history --
CREATE TRIGGER refunds_write_history AFTER INSERT ON refunds BEGIN
    INSERT INTO refund_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- refunds_start --
-- Before it is settled an order is refunded at its provider alone, and only out of a batch.
CREATE TRIGGER refunds_start BEFORE INSERT ON refunds
WHEN NEW.state <> 'refund_pending'
    OR EXISTS (SELECT 1 FROM waiting JOIN orders ON orders.platform = waiting.platform
        WHERE orders.id = NEW.order_id AND waiting.order_id = NEW.order_id)
    OR NOT EXISTS (SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
        WHERE orders.id = NEW.order_id AND payments.state = 'paid')
    OR (NEW.on_chain = 'none') = EXISTS (
        SELECT 1 FROM batch_orders WHERE order_id = NEW.order_id AND released = 0)
    OR EXISTS (
        SELECT 1 FROM batch_orders JOIN batches ON batches.id = batch_orders.batch_id
        WHERE order_id = NEW.order_id AND released = 0
            AND batches.state NOT IN ('settled', 'confirmed'))
BEGIN
    SELECT RAISE(ABORT, 'this order cannot be refunded like this');
END;

-- refunds_fixed --
CREATE TRIGGER refunds_fixed BEFORE UPDATE OF id, order_id, amount, currency, created_at ON refunds
BEGIN
    SELECT RAISE(ABORT, 'what goes back is a fact');
END;

-- refunds_change --
-- Money goes back at its provider once, and only what stands on chain, or was never settled.
CREATE TRIGGER refunds_change BEFORE UPDATE OF state ON refunds
WHEN OLD.state <> NEW.state AND (
    (OLD.state, NEW.state) NOT IN (VALUES
        ('refund_pending', 'refunded'), ('refund_pending', 'refund_failed'))
    OR NEW.state = 'refunded' AND NEW.on_chain NOT IN ('none', 'done'))
BEGIN
    SELECT RAISE(ABORT, 'a refund cannot change like this');
END;

-- refunds_change_on_chain --
-- From done back to pending is a block that was reorganised away; to and from none is its batch,
-- refused or settled after all.
CREATE TRIGGER refunds_change_on_chain BEFORE UPDATE OF on_chain ON refunds
WHEN OLD.on_chain <> NEW.on_chain AND (
    (OLD.on_chain, NEW.on_chain) NOT IN (VALUES
        ('pending', 'done'), ('done', 'pending'), ('pending', 'failed'),
        ('pending', 'none'), ('done', 'none'), ('none', 'pending'))
    OR (NEW.on_chain = 'none') = EXISTS (
        SELECT 1 FROM batch_orders WHERE order_id = NEW.order_id AND released = 0))
BEGIN
    SELECT RAISE(ABORT, 'a refund cannot change like this');
END;

-- refunds_change_history --
CREATE TRIGGER refunds_change_history AFTER UPDATE ON refunds
WHEN OLD.state <> NEW.state OR OLD.on_chain <> NEW.on_chain BEGIN
    INSERT INTO refund_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at, NEW.detail
    FROM refund_history WHERE refund_id = NEW.id;
END;

-- refunds_keep --
CREATE TRIGGER refunds_keep BEFORE DELETE ON refunds BEGIN
    SELECT RAISE(ABORT, 'refunds are kept');
END;

-- payment_history_fixed --
CREATE TRIGGER payment_history_fixed BEFORE UPDATE ON payment_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- payment_history_keep --
CREATE TRIGGER payment_history_keep BEFORE DELETE ON payment_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- batch_history_fixed --
CREATE TRIGGER batch_history_fixed BEFORE UPDATE ON batch_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- batch_history_keep --
CREATE TRIGGER batch_history_keep BEFORE DELETE ON batch_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- refund_history_fixed --
CREATE TRIGGER refund_history_fixed BEFORE UPDATE ON refund_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- refund_history_keep --
CREATE TRIGGER refund_history_keep BEFORE DELETE ON refund_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;
