-- What the gateway tells others, and how far it has come with that.
-- Times are Unix seconds.

-- events --
-- The outbox: one row for each change that a platform wants to know, numbered per platform without
-- gaps. `subject` is the payment, batch, refund … whose `history` has it as its `change`; what
-- happened to a batch is told for each of its orders, and they are looked up when it is.
CREATE TABLE events (
    platform BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    history TEXT NOT NULL
        CHECK (history IN (
            'payment', 'batch', 'refund', 'payback', 'chargeback', 'withdrawal', 'reservation',
            'dispute', 'top_up', 'pay_out', 'endpoint', 'test')),
    subject BIGINT NOT NULL,
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (platform, number)
) WITHOUT ROWID;

-- payment_history_event --
CREATE TRIGGER payment_history_event AFTER INSERT ON payment_history
WHEN NEW.state <> 'awaiting_payment'
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = payments.platform), 0),
        'payment', id, NEW.change, NEW.state, NEW.at
    FROM payments WHERE id = NEW.payment_id;
END;

-- batch_history_event --
-- Back from settled to submitted means that its block was reorganised away.
CREATE TRIGGER batch_history_event AFTER INSERT ON batch_history
WHEN NEW.state IN ('settled', 'confirmed', 'refused') OR NEW.state = 'submitted' AND EXISTS (
    SELECT 1 FROM batch_history
    WHERE batch_id = NEW.batch_id AND change = NEW.change - 1 AND state = 'settled')
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = batches.platform), 0),
        'batch', id, NEW.change,
        CASE NEW.state WHEN 'submitted' THEN 'unsettled' ELSE NEW.state END, NEW.at
    FROM batches WHERE id = NEW.batch_id;
END;

-- refund_history_event --
-- A refund's history has what happens to it on chain too, which does not change its state. With a
-- part its order is not refunded.
CREATE TRIGGER refund_history_event AFTER INSERT ON refund_history
WHEN NOT EXISTS (
    SELECT 1 FROM refund_history
    WHERE refund_id = NEW.refund_id AND change = NEW.change - 1 AND state = NEW.state)
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT orders.platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = orders.platform), 0),
        'refund', refunds.id, NEW.change,
        CASE WHEN is_part = 1 AND NEW.state = 'refunded' THEN 'part_refunded' ELSE NEW.state END,
        NEW.at
    FROM refunds JOIN orders ON orders.id = refunds.order_id WHERE refunds.id = NEW.refund_id;
END;

-- payback_history_event --
CREATE TRIGGER payback_history_event AFTER INSERT ON payback_history BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT payments.platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = payments.platform), 0),
        'payback', paybacks.id, NEW.change, NEW.state, NEW.at
    FROM paybacks JOIN payments ON payments.id = paybacks.payment_id
    WHERE paybacks.id = NEW.payback_id;
END;

-- chargeback_history_event --
CREATE TRIGGER chargeback_history_event AFTER INSERT ON chargeback_history BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT payments.platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = payments.platform), 0),
        'chargeback', chargebacks.id, NEW.change, NEW.state, NEW.at
    FROM chargebacks JOIN payments ON payments.id = chargebacks.payment_id
    WHERE chargebacks.id = NEW.chargeback_id;
END;

-- act_history_event --
-- Of a binding and of a dispute there is nothing to tell but that it is on chain.
CREATE TRIGGER act_history_event AFTER INSERT ON act_history
WHEN (NEW.state IN ('settled', 'confirmed', 'refused') OR NEW.state = 'submitted' AND EXISTS (
    SELECT 1 FROM act_history WHERE act_id = NEW.act_id AND change = NEW.change - 1
        AND state IN ('settled', 'confirmed')))
    AND EXISTS (
        SELECT 1 FROM acts
        WHERE id = NEW.act_id AND kind IN ('pay_out', 'withdrawal', 'reservation'))
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = acts.platform), 0),
        kind, id, NEW.change,
        CASE NEW.state WHEN 'submitted' THEN 'unsettled' ELSE NEW.state END, NEW.at
    FROM acts WHERE id = NEW.act_id;
END;

-- payout_history_event --
CREATE TRIGGER payout_history_event AFTER INSERT ON payout_history BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = payouts.platform), 0),
        'pay_out', act_id, NEW.change, NEW.state, NEW.at
    FROM payouts WHERE act_id = NEW.payout_id;
END;

-- dispute_history_event --
CREATE TRIGGER dispute_history_event AFTER INSERT ON dispute_history BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = disputes.platform), 0),
        'dispute', id, NEW.change, NEW.state, NEW.at
    FROM disputes WHERE id = NEW.dispute_id;
END;

-- top_up_history_event --
-- Back to submitted means that its block was reorganised away.
CREATE TRIGGER top_up_history_event AFTER INSERT ON top_up_history
WHEN NEW.state IN ('delayed', 'settled', 'confirmed', 'refund_pending', 'refunded')
    OR NEW.state = 'submitted' AND EXISTS (
        SELECT 1 FROM top_up_history WHERE payment_id = NEW.payment_id
            AND change = NEW.change - 1 AND state IN ('settled', 'confirmed'))
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((SELECT max(number) FROM events WHERE platform = top_ups.platform), 0),
        'top_up', payment_id, NEW.change,
        CASE NEW.state WHEN 'submitted' THEN 'unsettled' ELSE NEW.state END, NEW.at
    FROM top_ups WHERE payment_id = NEW.payment_id;
END;

-- events_fixed --
CREATE TRIGGER events_fixed BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'an event is a fact');
END;

-- events_keep --
CREATE TRIGGER events_keep BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'events are kept');
END;

-- webhook_endpoints --
-- `types` are the wanted event types, with spaces between. Events up to `cursor` have become
-- deliveries. Since `failing_since` nothing was accepted.
CREATE TABLE webhook_endpoints (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    types TEXT NOT NULL CHECK (length(types) > 0),
    test BIGINT NOT NULL CHECK (test IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
    reason TEXT,
    cursor BIGINT NOT NULL CHECK (cursor >= 0),
    failing_since BIGINT,
    change BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK ((state = 'disabled') = (reason IS NOT NULL))
);

-- webhook_endpoints_platform --
CREATE INDEX webhook_endpoints_platform ON webhook_endpoints (platform, id);

-- webhook_endpoints_fixed --
CREATE TRIGGER webhook_endpoints_fixed BEFORE UPDATE OF id, platform, test, created_at
    ON webhook_endpoints
BEGIN
    SELECT RAISE(ABORT, 'whose events an endpoint gets is a fact');
END;

-- webhook_endpoints_event --
-- What its owner did is no news for its owner.
CREATE TRIGGER webhook_endpoints_event AFTER UPDATE OF state ON webhook_endpoints
WHEN OLD.state <> NEW.state AND NEW.state = 'disabled' AND NEW.reason <> 'owner'
BEGIN
    INSERT INTO events (platform, number, history, subject, change, state, at)
    SELECT platform,
        1 + coalesce((
            SELECT max(number) FROM events WHERE platform = webhook_endpoints.platform), 0),
        'endpoint', id, NEW.change, NEW.state, NEW.changed_at
    FROM webhook_endpoints WHERE id = NEW.id;
END;

-- webhook_secrets --
-- Sealed; all that have not expired sign, the newest first.
CREATE TABLE webhook_secrets (
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoints (id),
    number BIGINT NOT NULL CHECK (number > 0),
    sealed BLOB NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (endpoint_id, number)
) WITHOUT ROWID;

-- deliveries --
-- An event on its way to an endpoint; `item` is 0 for the event's subject, else it counts the
-- subject's orders. Until `due_at` nobody need do anything: it waits, or somebody is sending it.
-- `attempts` counts how often somebody took it, `failures` what came of that since it was
-- asked for.
CREATE TABLE deliveries (
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoints (id),
    number BIGINT NOT NULL,
    item BIGINT NOT NULL CHECK (item >= 0),
    state TEXT NOT NULL CHECK (state IN ('due', 'delivered', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, number, item),
    CHECK (failures BETWEEN 0 AND attempts)
) WITHOUT ROWID;

-- deliveries_due --
CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at, number, item) WHERE state = 'due';

-- deliveries_settled --
CREATE INDEX deliveries_settled ON deliveries (due_at) WHERE state <> 'due';

-- delivery_attempts --
-- The delivery log: the receiver's status, or the error that kept it from one.
CREATE TABLE delivery_attempts (
    endpoint_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    item BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    milliseconds BIGINT NOT NULL CHECK (milliseconds >= 0),
    at BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, number, item, attempt),
    FOREIGN KEY (endpoint_id, number, item) REFERENCES deliveries (endpoint_id, number, item)
) WITHOUT ROWID;

-- notice_channels --
-- How a platform's learners are told: in whose name, and through which service, whose address is
-- sealed. Events up to `cursor` have become notices.
CREATE TABLE notice_channels (
    platform BIGINT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'message')),
    sender TEXT NOT NULL CHECK (length(sender) BETWEEN 1 AND 100),
    sealed BLOB NOT NULL,
    cursor BIGINT NOT NULL CHECK (cursor >= 0),
    PRIMARY KEY (platform, channel)
) WITHOUT ROWID;

-- contacts --
-- Where a learner is told, sealed; all of it goes when the learner is forgotten.
CREATE TABLE contacts (
    platform BIGINT NOT NULL,
    learner BIGINT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'message')),
    sealed BLOB NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    PRIMARY KEY (platform, learner, channel)
) WITHOUT ROWID;

-- notices --
-- A notice on its way to a learner, about an event. `sealed` is an address that was given for it
-- alone, until it is sent; without one it goes to the learner's contact.
CREATE TABLE notices (
    platform BIGINT NOT NULL,
    number BIGINT NOT NULL,
    item BIGINT NOT NULL CHECK (item >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'top_up', 'refund', 'dispute')),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'message')),
    learner BIGINT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    sealed BLOB,
    state TEXT NOT NULL CHECK (state IN ('due', 'sent', 'failed', 'dropped')),
    attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at BIGINT NOT NULL,
    reason TEXT,
    PRIMARY KEY (platform, number, item, kind, channel),
    CHECK (state = 'due' OR sealed IS NULL)
) WITHOUT ROWID;

-- notices_due --
CREATE INDEX notices_due ON notices (due_at, platform, number) WHERE state = 'due';

-- notices_settled --
CREATE INDEX notices_settled ON notices (due_at) WHERE state <> 'due';

-- notices_learner --
CREATE INDEX notices_learner ON notices (platform, learner);

-- books_mode --
-- What the first service here was for, so that no other kind serves beside it.
CREATE TABLE books_mode (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live'))
);

-- vault_check --
-- What only the key opens that everything here is sealed by, so that no other key seals beside it.
CREATE TABLE vault_check (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
);
