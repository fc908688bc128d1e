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
-- One payment at a provider by a learner: for a cart of orders, or for money on the learner's account.
-- `expires_at` is set for those that the gateway makes at the provider, and then the provider's name
-- for it is not known at first. `received` is what the provider says has come in, and `fee` what it
-- keeps of that, where it says so.
CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    learner BIGINT NOT NULL CHECK (learner BETWEEN 1 AND 4294967295),
    purpose TEXT NOT NULL DEFAULT 'order' CHECK (purpose IN ('order', 'top_up')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 255),
    provider_payment_id TEXT CHECK (length(provider_payment_id) BETWEEN 1 AND 255),
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    referrer TEXT CHECK (length(referrer) = 42),
    expires_at BIGINT,
    received BIGINT CHECK (received > 0),
    fee BIGINT CHECK (fee BETWEEN 0 AND received),
    state TEXT NOT NULL CHECK (state IN (
        'created', 'awaiting_payment', 'payment_unknown', 'paid', 'expired', 'cancelled',
        'charged_back', 'refunded')),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (platform, idempotency_key),
    UNIQUE (provider, provider_payment_id),
    CHECK (expires_at IS NOT NULL OR state NOT IN ('created', 'awaiting_payment', 'expired')),
    CHECK (provider_payment_id IS NOT NULL OR state IN ('created', 'cancelled', 'expired')),
    CHECK (state NOT IN ('paid', 'charged_back', 'refunded') OR coalesce(received, 0) >= amount),
    CHECK (state NOT IN ('created', 'awaiting_payment') OR received IS NULL),
    CHECK (fee IS NULL OR received IS NOT NULL)
);

-- payments_from_balances --
CREATE INDEX payments_from_balances ON payments (platform, learner) WHERE provider = 'balance';

-- payments_top_ups --
CREATE INDEX payments_top_ups ON payments (platform, learner) WHERE purpose = 'top_up';

-- payments_recorded --
-- By the day they were recorded, for the bills of that day.
CREATE INDEX payments_recorded ON payments (created_at, id);

-- payments_open --
-- Those to ask the provider about again.
CREATE INDEX payments_open ON payments (id)
    WHERE state IN ('created', 'awaiting_payment', 'payment_unknown');

-- payments_top_ups --
CREATE INDEX payments_top_ups ON payments (platform, id) WHERE purpose = 'top_up';

-- top_ups --
-- What becomes of a paid top-up: it waits until an operation puts it on the learner's account, whose
-- `transaction_hash` and `block_number` these are, or it goes back at its provider. `problem` says
-- what keeps it waiting, and it is tried at `due_at` again, after `tries` times. `asked` says that its
-- provider may be returning it, `returned` how a person gave the money back, but for what of it was
-- `lost`: the payer's bank had that.
CREATE TABLE top_ups (
    payment_id BIGINT NOT NULL PRIMARY KEY REFERENCES payments (id),
    platform BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'waiting', 'stored', 'submitted', 'settled', 'confirmed', 'refund_pending', 'refunded')),
    problem TEXT,
    asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),
    returned TEXT CHECK (length(returned) BETWEEN 1 AND 255),
    lost BIGINT NOT NULL DEFAULT 0 CHECK (lost >= 0),
    transaction_hash TEXT,
    block_number BIGINT,
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    due_at BIGINT NOT NULL DEFAULT 0,
    changed_at BIGINT NOT NULL,
    CHECK ((state IN ('settled', 'confirmed')) = (block_number IS NOT NULL)),
    CHECK (problem IS NULL OR state IN ('waiting', 'refund_pending')),
    CHECK (asked = 0 OR state IN ('refund_pending', 'refunded') AND problem IS NULL),
    CHECK (returned IS NULL OR state = 'refunded'),
    CHECK (lost = 0 OR returned IS NOT NULL)
);

-- top_ups_due --
CREATE INDEX top_ups_due ON top_ups (platform, due_at, payment_id)
    WHERE state IN ('waiting', 'refund_pending');

-- payment_checks --
-- Payments to ask their provider about again, when, and how often it was done.
CREATE TABLE payment_checks (
    payment_id BIGINT NOT NULL PRIMARY KEY REFERENCES payments (id),
    provider TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL CHECK (tries >= 0)
);

-- payment_checks_due --
CREATE INDEX payment_checks_due ON payment_checks (due_at, payment_id);

-- payment_checks_due_at --
CREATE INDEX payment_checks_due_at ON payment_checks (provider, due_at, payment_id);

-- checkouts --
-- What a payment is made of at its provider, told again in the same words if no answer came, and
-- what the learner's client needs to pay it, as JSON. `payer` is the provider's name for the
-- learner; it and what the client needs can be forgotten.
CREATE TABLE checkouts (
    payment_id BIGINT NOT NULL PRIMARY KEY REFERENCES payments (id),
    method TEXT NOT NULL CHECK (length(method) BETWEEN 1 AND 255),
    description TEXT NOT NULL CHECK (length(description) BETWEEN 1 AND 255),
    return_url TEXT,
    payer TEXT,
    action TEXT
);

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
-- Paid orders that are in no batch yet; `problem` says why batches leave one out, and `problem_at`
-- since when they do.
CREATE TABLE waiting (
    platform BIGINT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    problem TEXT CHECK (problem IN (
        'content_inactive', 'price_expired', 'learner_unknown', 'balance_gone')),
    problem_at BIGINT,
    CHECK ((problem IS NULL) = (problem_at IS NULL)),
    PRIMARY KEY (platform, order_id)
) WITHOUT ROWID;

-- waiting_problems --
CREATE INDEX waiting_problems ON waiting (platform, order_id) WHERE problem IS NOT NULL;

-- batches --
-- `from_learners` says that its learners' accounts pay for it, not the platform's.
CREATE TABLE batches (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL,
    lane BIGINT NOT NULL CHECK (lane > 0),
    number BIGINT NOT NULL CHECK (number > 0),
    orders BIGINT NOT NULL CHECK (orders > 0),
    debit BIGINT NOT NULL CHECK (debit > 0),
    from_learners BIGINT NOT NULL DEFAULT 0 CHECK (from_learners IN (0, 1)),
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

-- operations --
-- What an operator key does on chain, for a batch, a refund, an act …, its `subject`. One that is
-- stored was never handed to a node. The nonce and the hash are those of the transaction signed
-- last, or of the one that is included; `block_hash` names the block that has it, and `result` is
-- what the events in it tell, as JSON. Nonces from `filled_from` up to its own nothing had, and empty
-- transactions have them now.
CREATE TABLE operations (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    operator TEXT NOT NULL CHECK (length(operator) = 42),
    kind TEXT NOT NULL CHECK (kind IN (
        'batch', 'refund', 'refund_part', 'credit', 'top_up', 'pay_out', 'withdrawal', 'reservation',
        'binding', 'dispute')),
    subject BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('stored', 'submitted', 'settled', 'confirmed', 'refused')),
    nonce BIGINT NOT NULL CHECK (nonce >= 0),
    transaction_hash TEXT NOT NULL CHECK (length(transaction_hash) = 66),
    gas_used BIGINT,
    block_number BIGINT,
    block_hash TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    result TEXT,
    filled_from BIGINT CHECK (filled_from BETWEEN 0 AND nonce - 1),
    CHECK ((state IN ('settled', 'confirmed')) = (block_number IS NOT NULL)),
    CHECK ((gas_used IS NULL) = (block_number IS NULL)),
    CHECK ((block_hash IS NULL) = (block_number IS NULL)),
    CHECK (result IS NULL OR block_number IS NOT NULL)
);

-- operations_once --
-- A thing is done once; what the chain refused may be done again.
CREATE UNIQUE INDEX operations_once ON operations (kind, subject) WHERE state <> 'refused';

-- operations_subject --
CREATE INDEX operations_subject ON operations (kind, subject);

-- operations_open --
CREATE INDEX operations_open ON operations (operator, nonce)
    WHERE state IN ('stored', 'submitted');

-- operations_refused --
CREATE INDEX operations_refused ON operations (operator) WHERE state = 'refused';

-- operations_settled --
CREATE INDEX operations_settled ON operations (id) WHERE state = 'settled';

-- operations_confirmed --
CREATE INDEX operations_confirmed ON operations (block_number) WHERE state = 'confirmed';

-- submissions --
-- Every transaction that was signed for an operation, stored before it was sent.
CREATE TABLE submissions (
    hash TEXT NOT NULL CHECK (length(hash) = 66),
    operation_id BIGINT NOT NULL REFERENCES operations (id),
    attempt BIGINT NOT NULL CHECK (attempt > 0),
    nonce BIGINT NOT NULL CHECK (nonce >= 0),
    raw BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (operation_id, attempt),
    UNIQUE (operation_id, hash)
);

-- submissions_hash --
CREATE INDEX submissions_hash ON submissions (hash);

-- foreign_deeds --
-- Transactions on chain of which an operator says that what they did is none of these books'.
CREATE TABLE foreign_deeds (
    transaction_hash TEXT NOT NULL PRIMARY KEY CHECK (length(transaction_hash) = 66),
    platform BIGINT NOT NULL,
    told_at BIGINT NOT NULL
);

-- acts --
-- What a platform asked its operator key to do, once for each of its keys; `arguments` are what it
-- asked for, as JSON. An act stands where its latest operation does.
CREATE TABLE acts (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    kind TEXT NOT NULL CHECK (kind IN (
        'pay_out', 'withdrawal', 'reservation', 'binding', 'dispute')),
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    arguments TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('stored', 'submitted', 'settled', 'confirmed', 'refused')),
    transaction_hash TEXT,
    block_number BIGINT,
    result TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    UNIQUE (platform, idempotency_key),
    CHECK (state = 'stored' OR transaction_hash IS NOT NULL),
    CHECK ((state IN ('settled', 'confirmed')) = (block_number IS NOT NULL))
);

-- acts_kind --
CREATE INDEX acts_kind ON acts (platform, kind, id);

-- refunds --
-- What goes back of an order: `amount`, which is `units` of the ledger; all that is left of it, or a
-- part for which its licence goes on. A part has a key of its platform's.
-- `state` is what became of the money, `on_chain` what became of the order on chain if it had been
-- settled. `destination` says where the money goes: back at the provider, or to the learner's balance.
-- `returned_by` says who returns it: the provider (or the balance) when we ask it to, or the payer's
-- bank, which took the payment back, and has `lost` of what a person returned but for that.
-- `chain_order` is the order's id on chain, `block_number` the
-- refund's block or a later one. `asked` says that the provider may be returning it, `refused` that it
-- will not unless somebody asks again; else it is tried at `due_at`, and was `tries` times. `problem`
-- is what keeps it from the learner's balance.
CREATE TABLE refunds (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    is_part INTEGER NOT NULL DEFAULT 0 CHECK (is_part IN (0, 1)),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    destination TEXT NOT NULL DEFAULT 'provider' CHECK (destination IN ('provider', 'balance')),
    returned_by TEXT NOT NULL DEFAULT 'provider'
        CHECK (returned_by IN ('provider', 'chargeback')),
    lost BIGINT NOT NULL DEFAULT 0 CHECK (lost BETWEEN 0 AND amount),
    on_chain TEXT NOT NULL CHECK (on_chain IN ('none', 'pending', 'done', 'failed')),
    chain_order BLOB,
    transaction_hash TEXT,
    block_number BIGINT,
    state TEXT NOT NULL CHECK (state IN ('refund_pending', 'refunded', 'refund_failed')),
    asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
    problem TEXT,
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    due_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    CHECK ((on_chain = 'done') = (block_number IS NOT NULL)),
    CHECK (block_number IS NULL OR chain_order IS NOT NULL),
    CHECK (state <> 'refund_failed' OR on_chain = 'failed'),
    CHECK (state <> 'refund_pending' OR on_chain <> 'failed'),
    CHECK (problem IS NULL OR destination = 'balance'),
    CHECK (asked = 0 OR refused = 0),
    CHECK (lost = 0 OR state = 'refunded' AND detail IS NOT NULL AND returned_by = 'provider'),
    CHECK (is_part = 0 OR idempotency_key IS NOT NULL)
);

-- refunds_once --
-- What is left of an order goes back once at most; what could not may be tried again.
CREATE UNIQUE INDEX refunds_once ON refunds (order_id)
    WHERE state <> 'refund_failed' AND is_part = 0;

-- refunds_keys --
CREATE UNIQUE INDEX refunds_keys ON refunds (order_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- refunds_order --
CREATE INDEX refunds_order ON refunds (order_id);

-- refunds_to_balances --
CREATE INDEX refunds_to_balances ON refunds (order_id)
    WHERE destination = 'balance' AND state = 'refunded';

-- refunds_returned --
CREATE INDEX refunds_returned ON refunds (changed_at, id) WHERE state = 'refunded';

-- refunds_on_chain --
CREATE INDEX refunds_on_chain ON refunds (block_number) WHERE on_chain = 'done';

-- payouts --
-- What learners are paid out of their accounts, by an act each; `units` is the amount in ledger units.
-- Once the chain has taken it for good it is returned: through payments that had filled the account, by
-- paybacks, and `by_hand` where none is left. `detail` says how a person returned that.
CREATE TABLE payouts (
    act_id BIGINT NOT NULL PRIMARY KEY REFERENCES acts (id),
    platform BIGINT NOT NULL,
    learner BIGINT NOT NULL CHECK (learner BETWEEN 1 AND 4294967295),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    by_hand BIGINT NOT NULL DEFAULT 0 CHECK (by_hand BETWEEN 0 AND amount),
    state TEXT NOT NULL CHECK (state IN ('debiting', 'returning', 'paid_out')),
    changed_at BIGINT NOT NULL,
    detail TEXT,
    CHECK (state <> 'paid_out' OR by_hand = 0 OR detail IS NOT NULL)
);

-- payouts_learner --
CREATE INDEX payouts_learner ON payouts (platform, learner);

-- payouts_debiting --
CREATE INDEX payouts_debiting ON payouts (platform, act_id) WHERE state = 'debiting';

-- paybacks --
-- Money that came in and belongs to no order, or that a learner is paid out: it goes back at its
-- provider, which is asked at `due_at` and was `tries` times.
CREATE TABLE paybacks (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    reason TEXT NOT NULL CHECK (reason IN (
        'underpaid', 'overpaid', 'late', 'duplicate', 'reversed', 'paid_out')),
    payout_id BIGINT REFERENCES payouts (act_id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('payback_pending', 'paid_back', 'payback_failed')),
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    due_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    CHECK ((reason = 'paid_out') = (payout_id IS NOT NULL))
);

-- paybacks_payout --
CREATE INDEX paybacks_payout ON paybacks (payout_id) WHERE payout_id IS NOT NULL;

-- paybacks_returned --
CREATE INDEX paybacks_returned ON paybacks (changed_at, id) WHERE state = 'paid_back';

-- paybacks_payment --
CREATE INDEX paybacks_payment ON paybacks (payment_id);

-- paybacks_open --
CREATE INDEX paybacks_open ON paybacks (due_at, id) WHERE state = 'payback_pending';

-- chargebacks --
-- What the payer's bank took back from the platform; `reference` tells those of a payment apart. An
-- open one is to be dealt with on chain at `due_at`, and was tried `tries` times; a closed one was, and
-- a reversed one was given back.
CREATE TABLE chargebacks (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    reference TEXT NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('before_maturity', 'after_maturity')),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'reversed')),
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    due_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    UNIQUE (payment_id, reference)
);

-- chargebacks_open --
CREATE INDEX chargebacks_open ON chargebacks (due_at, id) WHERE state = 'open';

-- disputes --
-- What is or was in dispute of a platform's orders, whoever opened it, as the chain has it up to
-- `block_number`; amounts in ledger units. One that was reorganised away is unsettled. `due_at` is
-- when the money of one that was refunded is to go back, and `tries` how often that was begun.
CREATE TABLE disputes (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL,
    order_id BIGINT NOT NULL UNIQUE REFERENCES orders (id),
    opener TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    bond BIGINT NOT NULL CHECK (bond >= 0),
    deadline BIGINT NOT NULL,
    evidence BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'refunded', 'paid', 'unsettled')),
    block_number BIGINT NOT NULL,
    due_at BIGINT NOT NULL DEFAULT 0,
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- disputes_platform --
CREATE INDEX disputes_platform ON disputes (platform, id);

-- disputes_due --
CREATE INDEX disputes_due ON disputes (platform, due_at, id) WHERE state = 'refunded';

-- disputes_watched --
CREATE INDEX disputes_watched ON disputes (block_number) WHERE state <> 'unsettled';

-- callbacks --
-- What providers told us by themselves, as it came; each event counts once. `due_at` is when it is
-- to be looked at, and `tries` how often it was.
CREATE TABLE callbacks (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 255),
    event_id TEXT NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund', 'chargeback')),
    provider_payment_id TEXT NOT NULL CHECK (length(provider_payment_id) BETWEEN 1 AND 255),
    body BLOB,
    state TEXT NOT NULL CHECK (state IN ('received', 'processed', 'refused')),
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    due_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    detail TEXT,
    UNIQUE (provider, event_id)
);

-- callbacks_due --
CREATE INDEX callbacks_due ON callbacks (due_at, id) WHERE state = 'received';

-- callbacks_payments --
CREATE INDEX callbacks_payments ON callbacks (provider, provider_payment_id);

-- callbacks_due_of --
CREATE INDEX callbacks_due_of ON callbacks (provider, due_at, id) WHERE state = 'received';

-- callbacks_bodies --
CREATE INDEX callbacks_bodies ON callbacks (received_at)
    WHERE body IS NOT NULL AND state <> 'received';

-- leases --
-- Who does work that only one process should do at a time, and until when (Unix milliseconds).
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 255),
    holder TEXT NOT NULL CHECK (length(holder) BETWEEN 1 AND 255),
    until BIGINT NOT NULL
);

-- order_states --
-- What an order has become, by its refund, its payment and its batch. A part that went back leaves it
-- as it is.
CREATE VIEW order_states AS
SELECT
    orders.id, orders.payment_id, orders.platform, orders.learner, orders.content, orders.price,
    payments.currency,
    CASE
        WHEN refunds.state IS NOT NULL THEN refunds.state
        WHEN payments.state = 'charged_back' THEN payments.state
        ELSE coalesce(batches.state, payments.state)
    END AS state,
    waiting.problem,
    batches.id AS batch_id, batches.lane, batches.number, batch_orders.position
FROM orders
JOIN payments ON payments.id = orders.payment_id
LEFT JOIN waiting ON waiting.platform = orders.platform AND waiting.order_id = orders.id
LEFT JOIN batch_orders ON batch_orders.order_id = orders.id AND batch_orders.released = 0
LEFT JOIN batches ON batches.id = batch_orders.batch_id
LEFT JOIN refunds ON refunds.order_id = orders.id AND refunds.state <> 'refund_failed'
    AND refunds.is_part = 0;

-- payment_returns --
-- What went back of a payment: by refunds at its provider, by refunds to the learner's balance
-- (`credited`), by banks that have it now (`standing`), and `taken_back` on behalf of banks, as orders or
-- as what of them or of a top-up nobody returned by hand, whether or not those have the money still;
-- `repaid` is what of that goes back otherwise, or went. `under_way` is what its provider may be
-- returning, or is on its way to a balance. `filled` is what of it came to its learner's account, for
-- good, `claimed` what is paid out of that through it, and `paid_out` what of that has gone back.
CREATE VIEW payment_returns AS
SELECT
    payments.id AS payment_id,
    CAST(coalesce((
        SELECT sum(chargebacks.amount) FROM chargebacks
        WHERE chargebacks.payment_id = payments.id AND chargebacks.state <> 'reversed'
    ), 0) AS BIGINT) AS standing,
    CAST(coalesce((
        SELECT sum(refunds.amount - refunds.lost) FROM refunds
        JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND orders.payment_id = payments.id
            AND refunds.returned_by = 'provider' AND refunds.state = 'refunded'
            AND refunds.destination = 'provider'
    ), 0) AS BIGINT) AS refunded,
    CAST(coalesce((
        SELECT sum(refunds.amount - refunds.lost) FROM refunds
        JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND orders.payment_id = payments.id
            AND refunds.returned_by = 'provider' AND refunds.state = 'refunded'
            AND refunds.destination = 'balance'
    ), 0) AS BIGINT) AS credited,
    CAST(coalesce((
        SELECT lost FROM top_ups WHERE top_ups.payment_id = payments.id
    ), (
        SELECT sum(CASE refunds.returned_by WHEN 'chargeback' THEN refunds.amount ELSE refunds.lost END)
        FROM refunds JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND orders.payment_id = payments.id AND refunds.state = 'refunded'
    ), 0) AS BIGINT) AS taken_back,
    CAST(coalesce((
        SELECT sum(paybacks.amount) FROM paybacks
        WHERE paybacks.payment_id = payments.id AND paybacks.reason = 'reversed'
            AND paybacks.state <> 'payback_failed'
    ), 0) AS BIGINT) AS repaid,
    CAST(coalesce((
        SELECT sum(refunds.amount) FROM refunds JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND orders.payment_id = payments.id
            AND refunds.returned_by = 'provider' AND refunds.state = 'refund_pending'
            AND (refunds.asked = 1 OR EXISTS (
                SELECT 1 FROM operations WHERE operations.kind = 'credit'
                    AND operations.subject = refunds.id AND operations.state <> 'refused'))
    ), 0) AS BIGINT) AS under_way,
    CAST(coalesce((
        SELECT payments.amount FROM top_ups
        WHERE top_ups.payment_id = payments.id AND top_ups.state = 'confirmed'
    ), (
        SELECT sum(refunds.amount) FROM refunds JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND orders.payment_id = payments.id
            AND EXISTS (SELECT 1 FROM operations WHERE operations.kind = 'credit'
                AND operations.subject = refunds.id AND operations.state = 'confirmed')
    ), 0) AS BIGINT) AS filled,
    CAST(coalesce((
        SELECT sum(paybacks.amount) FROM paybacks
        WHERE paybacks.payment_id = payments.id AND paybacks.reason = 'paid_out'
    ), 0) AS BIGINT) AS claimed,
    CAST(coalesce((
        SELECT sum(paybacks.amount) FROM paybacks
        WHERE paybacks.payment_id = payments.id AND paybacks.reason = 'paid_out'
            AND paybacks.state = 'paid_back'
    ), 0) AS BIGINT) AS paid_out
FROM payments;

-- payment_left --
-- What of a payment can still go back: of what came in, what `remaining` nobody has or is getting; and
-- of its amount, what is `unclaimed` by banks and refunds that were begun. What banks have `beside` is
-- what nothing was taken back for. `is_lost` while they have all that did not go back otherwise.
CREATE VIEW payment_left AS
SELECT
    payments.id AS payment_id,
    CASE WHEN standing > 0 AND amount <= standing + refunded + repaid
        + CASE purpose WHEN 'top_up' THEN paid_out ELSE credited END
        THEN 1 ELSE 0 END AS is_lost,
    CASE WHEN standing + repaid > taken_back THEN standing + repaid - taken_back ELSE 0 END AS beside,
    CAST(received - standing - refunded - credited - under_way
        - CASE purpose WHEN 'top_up' THEN claimed ELSE 0 END - coalesce((
        SELECT sum(paybacks.amount) FROM paybacks
        WHERE paybacks.payment_id = payments.id AND paybacks.state <> 'payback_failed'
            AND paybacks.reason <> 'paid_out'), 0) AS BIGINT) AS remaining,
    CAST(amount - CASE WHEN standing + repaid > taken_back
        THEN standing + repaid - taken_back ELSE 0 END - coalesce((
        SELECT sum(refunds.amount) FROM refunds
        WHERE refunds.order_id BETWEEN payments.id + 1 AND payments.id + 100
            AND refunds.order_id IN (SELECT id FROM orders WHERE payment_id = payments.id)
            AND refunds.state <> 'refund_failed'), 0) AS BIGINT) AS unclaimed
FROM payments JOIN payment_returns ON payment_returns.payment_id = payments.id;

-- refunds_open --
CREATE INDEX refunds_open ON refunds (due_at, id)
    WHERE state = 'refund_pending' OR on_chain = 'pending';

-- payment_history --
-- Every change of a payment, in the order they happened, with what had come in by then and what of that
-- the provider kept; only ever added to. One that was received more of, and nothing else, is `received`.
CREATE TABLE payment_history (
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    received BIGINT NOT NULL,
    fee BIGINT NOT NULL,
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

-- payout_history --
CREATE TABLE payout_history (
    payout_id BIGINT NOT NULL REFERENCES payouts (act_id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (payout_id, change)
) WITHOUT ROWID;

-- act_history --
CREATE TABLE act_history (
    act_id BIGINT NOT NULL REFERENCES acts (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (act_id, change)
) WITHOUT ROWID;

-- dispute_history --
CREATE TABLE dispute_history (
    dispute_id BIGINT NOT NULL REFERENCES disputes (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (dispute_id, change)
) WITHOUT ROWID;

-- payback_history --
CREATE TABLE payback_history (
    payback_id BIGINT NOT NULL REFERENCES paybacks (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (payback_id, change)
) WITHOUT ROWID;

-- chargeback_history --
CREATE TABLE chargeback_history (
    chargeback_id BIGINT NOT NULL REFERENCES chargebacks (id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (chargeback_id, change)
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

-- top_up_history --
CREATE TABLE top_up_history (
    payment_id BIGINT NOT NULL REFERENCES top_ups (payment_id),
    change BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (payment_id, change)
) WITHOUT ROWID;

-- payments_write_history --
CREATE TRIGGER payments_write_history AFTER INSERT ON payments BEGIN
    INSERT INTO payment_history VALUES (
        NEW.id, 1, NEW.state, NEW.changed_at, coalesce(NEW.received, 0), coalesce(NEW.fee, 0));
END;

-- payments_start --
-- One that the gateway makes starts as created; of another one its provider was asked before.
CREATE TRIGGER payments_start BEFORE INSERT ON payments
WHEN NEW.state NOT IN ('paid', 'payment_unknown') AND NEW.expires_at IS NULL
    OR NEW.state <> 'created' AND NEW.expires_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a payment cannot start like this');
END;

-- payments_change --
-- From charged back to paid is a chargeback that was reversed.
CREATE TRIGGER payments_change BEFORE UPDATE OF state ON payments
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('created', 'awaiting_payment'), ('created', 'payment_unknown'), ('created', 'paid'),
    ('created', 'expired'), ('created', 'cancelled'),
    ('awaiting_payment', 'payment_unknown'), ('awaiting_payment', 'paid'),
    ('awaiting_payment', 'expired'), ('awaiting_payment', 'cancelled'),
    ('payment_unknown', 'awaiting_payment'), ('payment_unknown', 'paid'),
    ('payment_unknown', 'expired'), ('payment_unknown', 'cancelled'),
    ('paid', 'refunded'), ('paid', 'charged_back'), ('charged_back', 'paid'))
BEGIN
    SELECT RAISE(ABORT, 'a payment cannot change like this');
END;

-- payments_charged_back --
-- A part that the bank took leaves the orders as they are: nobody says which it was for.
CREATE TRIGGER payments_charged_back BEFORE UPDATE OF state ON payments
WHEN (OLD.state, NEW.state) IN (VALUES ('paid', 'charged_back'), ('charged_back', 'paid'))
    AND (NEW.state = 'charged_back') <> EXISTS (
        SELECT 1 FROM payment_left WHERE payment_id = NEW.id AND is_lost = 1)
BEGIN
    SELECT RAISE(ABORT, 'a payment is charged back while the bank has all that is left of it');
END;

-- payments_waited_for --
CREATE TRIGGER payments_waited_for BEFORE UPDATE OF state ON payments
WHEN OLD.state = 'paid' AND NEW.state = 'charged_back' AND EXISTS (
    SELECT 1 FROM waiting
    WHERE platform = NEW.platform AND order_id BETWEEN NEW.id + 1 AND NEW.id + 100
        AND order_id IN (SELECT id FROM orders WHERE payment_id = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'only a paid order can wait for a batch');
END;

-- payments_refunded --
CREATE TRIGGER payments_refunded BEFORE UPDATE OF state ON payments
WHEN OLD.state = 'paid' AND NEW.state = 'refunded' AND EXISTS (
    SELECT 1 FROM orders
    WHERE id BETWEEN NEW.id + 1 AND NEW.id + 100 AND payment_id = NEW.id AND (
        NOT EXISTS (
            SELECT 1 FROM refunds
            WHERE order_id = orders.id AND state = 'refunded' AND is_part = 0)
        OR EXISTS (
            SELECT 1 FROM refunds WHERE order_id = orders.id AND state = 'refund_pending')))
BEGIN
    SELECT RAISE(ABORT, 'a payment is refunded with the last of its orders');
END;

-- payments_refunded_top_up --
CREATE TRIGGER payments_refunded_top_up BEFORE UPDATE OF state ON payments
WHEN NEW.purpose = 'top_up' AND OLD.state = 'paid' AND NEW.state = 'refunded' AND NOT EXISTS (
    SELECT 1 FROM top_ups WHERE payment_id = NEW.id AND state = 'refunded')
BEGIN
    SELECT RAISE(ABORT, 'a top-up is refunded once it has gone back');
END;

-- payments_received --
-- A provider may learn of more money, never of less: what goes back is told apart.
CREATE TRIGGER payments_received BEFORE UPDATE OF received ON payments
WHEN OLD.received IS NOT NULL AND coalesce(NEW.received, 0) < OLD.received
BEGIN
    SELECT RAISE(ABORT, 'what was received is a fact');
END;

-- payments_named --
CREATE TRIGGER payments_named BEFORE UPDATE OF provider_payment_id ON payments
WHEN OLD.provider_payment_id IS NOT NULL
    AND coalesce(NEW.provider_payment_id, '') <> OLD.provider_payment_id
BEGIN
    SELECT RAISE(ABORT, 'what a provider calls a payment is a fact');
END;

-- payments_fixed --
CREATE TRIGGER payments_fixed BEFORE UPDATE OF
    id, platform, learner, purpose, amount, currency, provider, idempotency_key, referrer,
    expires_at, created_at ON payments
BEGIN
    SELECT RAISE(ABORT, 'what was paid for is a fact');
END;

-- payments_change_history --
CREATE TRIGGER payments_change_history AFTER UPDATE OF state, received, fee ON payments
WHEN OLD.state <> NEW.state OR coalesce(OLD.received, 0) <> coalesce(NEW.received, 0)
    OR coalesce(OLD.fee, 0) <> coalesce(NEW.fee, 0)
BEGIN
    INSERT INTO payment_history
    SELECT NEW.id, count(*) + 1, CASE WHEN OLD.state = NEW.state THEN 'received' ELSE NEW.state END,
        NEW.changed_at, coalesce(NEW.received, 0), coalesce(NEW.fee, 0)
    FROM payment_history WHERE payment_id = NEW.id;
END;

-- payments_check --
-- Whoever has it made at its provider is at it for the first seconds.
CREATE TRIGGER payments_check AFTER INSERT ON payments
WHEN NEW.state IN ('created', 'awaiting_payment', 'payment_unknown')
BEGIN
    INSERT INTO payment_checks VALUES (
        NEW.id, NEW.provider, NEW.created_at + CASE NEW.state WHEN 'created' THEN 5 ELSE 0 END, 0);
END;

-- payments_decided --
CREATE TRIGGER payments_decided AFTER UPDATE OF state ON payments
WHEN NEW.state NOT IN ('created', 'awaiting_payment', 'payment_unknown')
BEGIN
    DELETE FROM payment_checks WHERE payment_id = NEW.id;
END;

-- payments_begin_top_up --
CREATE TRIGGER payments_begin_top_up AFTER INSERT ON payments
WHEN NEW.purpose = 'top_up' AND NEW.state = 'paid'
BEGIN
    INSERT INTO top_ups (payment_id, platform, state, changed_at)
    VALUES (NEW.id, NEW.platform, 'waiting', NEW.changed_at);
END;

-- payments_top_up --
-- One that was charged back and given back is there already.
CREATE TRIGGER payments_top_up AFTER UPDATE OF state ON payments
WHEN NEW.purpose = 'top_up' AND NEW.state = 'paid' AND OLD.state NOT IN ('paid', 'charged_back')
BEGIN
    INSERT INTO top_ups (payment_id, platform, state, changed_at)
    VALUES (NEW.id, NEW.platform, 'waiting', NEW.changed_at);
END;

-- payment_checks_kept --
CREATE TRIGGER payment_checks_kept BEFORE DELETE ON payment_checks
WHEN EXISTS (
    SELECT 1 FROM payments
    WHERE id = OLD.payment_id AND state IN ('created', 'awaiting_payment', 'payment_unknown'))
BEGIN
    SELECT RAISE(ABORT, 'a payment is asked about until it is decided');
END;

-- payments_keep --
CREATE TRIGGER payments_keep BEFORE DELETE ON payments BEGIN
    SELECT RAISE(ABORT, 'payments are kept');
END;

-- checkouts_start --
CREATE TRIGGER checkouts_start BEFORE INSERT ON checkouts
WHEN NOT EXISTS (
    SELECT 1 FROM payments WHERE id = NEW.payment_id AND expires_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'only what the gateway makes at a provider is a checkout');
END;

-- checkouts_fixed --
CREATE TRIGGER checkouts_fixed BEFORE UPDATE ON checkouts
WHEN NEW.payment_id <> OLD.payment_id OR NEW.method <> OLD.method
    OR NEW.description <> OLD.description
    OR coalesce(NEW.return_url, OLD.return_url, '') <> coalesce(OLD.return_url, '')
    OR coalesce(NEW.payer, OLD.payer, '') <> coalesce(OLD.payer, '')
BEGIN
    SELECT RAISE(ABORT, 'what a provider was told is a fact');
END;

-- checkouts_keep --
CREATE TRIGGER checkouts_keep BEFORE DELETE ON checkouts BEGIN
    SELECT RAISE(ABORT, 'what a provider was told is a fact');
END;

-- orders_once --
CREATE TRIGGER orders_once BEFORE INSERT ON orders
WHEN EXISTS (
    SELECT 1 FROM orders WHERE id BETWEEN NEW.payment_id + 1 AND NEW.payment_id + 100
        AND payment_id = NEW.payment_id AND content = NEW.content)
BEGIN
    SELECT RAISE(ABORT, 'a cart has each content once');
END;

-- orders_of_a_cart --
CREATE TRIGGER orders_of_a_cart BEFORE INSERT ON orders
WHEN NOT EXISTS (
    SELECT 1 FROM payments WHERE id = NEW.payment_id
        AND platform = NEW.platform AND learner = NEW.learner AND purpose = 'order')
BEGIN
    SELECT RAISE(ABORT, 'an order is its payment''s, for the same platform and learner');
END;

-- orders_wait --
-- An order that was paid before it is in the books waits from then on.
CREATE TRIGGER orders_wait AFTER INSERT ON orders
WHEN EXISTS (SELECT 1 FROM payments WHERE id = NEW.payment_id AND state = 'paid')
BEGIN
    INSERT INTO waiting (platform, order_id) VALUES (NEW.platform, NEW.id);
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
        SELECT 1 FROM refunds
        WHERE order_id = NEW.order_id AND state <> 'refund_failed' AND is_part = 0)
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
-- From settled or confirmed back to submitted is a block that was reorganised away, from refused to
-- settled one that took its place.
CREATE TRIGGER batches_change BEFORE UPDATE OF state ON batches
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('batched', 'submitted'), ('batched', 'settled'), ('batched', 'refused'),
    ('submitted', 'settled'), ('submitted', 'refused'),
    ('settled', 'confirmed'), ('settled', 'submitted'), ('confirmed', 'submitted'),
    ('refused', 'settled'))
BEGIN
    SELECT RAISE(ABORT, 'a batch cannot change like this');
END;

-- batches_change_state_only --
CREATE TRIGGER batches_change_state_only BEFORE UPDATE OF
    id, platform, lane, number, orders, debit, from_learners, sale_day, words, created_at
    ON batches
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
-- An order goes from waiting into a batch, and is not taken from anywhere else. What a learner's
-- balance paid goes into one that learners' accounts pay for, all else into others.
CREATE TRIGGER batch_orders_taken BEFORE INSERT ON batch_orders
WHEN NEW.released <> 0 OR NOT EXISTS (
    SELECT 1 FROM waiting JOIN batches ON batches.platform = waiting.platform
    JOIN orders ON orders.id = waiting.order_id
    JOIN payments ON payments.id = orders.payment_id
    WHERE batches.id = NEW.batch_id AND waiting.order_id = NEW.order_id
        AND batches.state = 'batched'
        AND batches.from_learners = CASE payments.provider WHEN 'balance' THEN 1 ELSE 0 END)
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

-- operations_start --
CREATE TRIGGER operations_start BEFORE INSERT ON operations WHEN NEW.state <> 'stored' BEGIN
    SELECT RAISE(ABORT, 'an operation starts as stored');
END;

-- operations_change --
-- From settled or confirmed back to submitted is a block that was reorganised away, from refused to
-- settled one that took its place.
CREATE TRIGGER operations_change BEFORE UPDATE OF state ON operations
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('stored', 'submitted'), ('stored', 'settled'), ('stored', 'refused'),
    ('submitted', 'settled'), ('submitted', 'refused'),
    ('settled', 'confirmed'), ('settled', 'submitted'), ('confirmed', 'submitted'),
    ('refused', 'settled'))
BEGIN
    SELECT RAISE(ABORT, 'an operation cannot change like this');
END;

-- operations_fixed --
CREATE TRIGGER operations_fixed BEFORE UPDATE OF
    id, platform, operator, kind, subject, created_at ON operations
BEGIN
    SELECT RAISE(ABORT, 'what an operation does is a fact');
END;

-- operations_keep --
CREATE TRIGGER operations_keep BEFORE DELETE ON operations BEGIN
    SELECT RAISE(ABORT, 'operations are kept');
END;

-- operations_batches --
-- A batch stands where its operation does.
CREATE TRIGGER operations_batches AFTER UPDATE ON operations WHEN NEW.kind = 'batch' BEGIN
    UPDATE batches SET
        state = CASE NEW.state WHEN 'stored' THEN 'batched' ELSE NEW.state END,
        transaction_hash = NEW.transaction_hash,
        gas_used = NEW.gas_used,
        block_number = NEW.block_number,
        changed_at = NEW.changed_at,
        detail = NEW.detail
    WHERE id = NEW.subject;
END;

-- operations_begin_acts --
-- What the chain refused is done anew by another operation.
CREATE TRIGGER operations_begin_acts AFTER INSERT ON operations
WHEN NEW.kind IN ('pay_out', 'withdrawal', 'reservation', 'binding', 'dispute') BEGIN
    UPDATE acts SET state = NEW.state, transaction_hash = NEW.transaction_hash,
        changed_at = NEW.changed_at, detail = NULL
    WHERE id = NEW.subject;
END;

-- operations_acts --
-- An act stands where its operation does.
CREATE TRIGGER operations_acts AFTER UPDATE ON operations
WHEN NEW.kind IN ('pay_out', 'withdrawal', 'reservation', 'binding', 'dispute') BEGIN
    UPDATE acts SET
        state = NEW.state,
        transaction_hash = NEW.transaction_hash,
        block_number = NEW.block_number,
        result = NEW.result,
        changed_at = NEW.changed_at,
        detail = NEW.detail
    WHERE id = NEW.subject;
END;

-- acts_write_history --
CREATE TRIGGER acts_write_history AFTER INSERT ON acts BEGIN
    INSERT INTO act_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- acts_start --
CREATE TRIGGER acts_start BEFORE INSERT ON acts WHEN NEW.state <> 'stored' BEGIN
    SELECT RAISE(ABORT, 'an act starts as stored');
END;

-- acts_fixed --
CREATE TRIGGER acts_fixed BEFORE UPDATE OF
    id, platform, kind, idempotency_key, arguments, created_at ON acts
BEGIN
    SELECT RAISE(ABORT, 'what was asked for is a fact');
END;

-- acts_change --
-- From refused back to stored is one that is done anew.
CREATE TRIGGER acts_change BEFORE UPDATE OF state ON acts
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('stored', 'submitted'), ('stored', 'settled'), ('stored', 'refused'),
    ('submitted', 'settled'), ('submitted', 'refused'),
    ('settled', 'confirmed'), ('settled', 'submitted'), ('confirmed', 'submitted'),
    ('refused', 'stored'), ('refused', 'settled'))
BEGIN
    SELECT RAISE(ABORT, 'an act cannot change like this');
END;

-- acts_change_history --
CREATE TRIGGER acts_change_history AFTER UPDATE OF state ON acts
WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO act_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at, NEW.detail
    FROM act_history WHERE act_id = NEW.id;
END;

-- acts_keep --
CREATE TRIGGER acts_keep BEFORE DELETE ON acts BEGIN
    SELECT RAISE(ABORT, 'acts are kept');
END;

-- operations_top_ups --
-- Only a paid top-up that waits is put on chain, and only while all of its money is here.
CREATE TRIGGER operations_top_ups BEFORE INSERT ON operations
WHEN NEW.kind = 'top_up' AND NOT EXISTS (
    SELECT 1 FROM top_ups JOIN payments ON payments.id = top_ups.payment_id
    JOIN payment_left ON payment_left.payment_id = payments.id
    WHERE payments.id = NEW.subject AND payments.platform = NEW.platform
        AND payments.state = 'paid' AND top_ups.state = 'waiting'
        AND payment_left.remaining >= payments.amount)
BEGIN
    SELECT RAISE(ABORT, 'only a paid top-up that waits is put on chain');
END;

-- operations_credits --
-- Only a refund to a balance that stands, and that nobody else returns, is put on it.
CREATE TRIGGER operations_credits BEFORE INSERT ON operations
WHEN NEW.kind = 'credit' AND NOT EXISTS (
    SELECT 1 FROM refunds JOIN orders ON orders.id = refunds.order_id
    JOIN payments ON payments.id = orders.payment_id
    WHERE refunds.id = NEW.subject AND orders.platform = NEW.platform
        AND refunds.destination = 'balance' AND refunds.returned_by = 'provider'
        AND refunds.state = 'refund_pending' AND refunds.on_chain IN ('none', 'done')
        AND payments.state = 'paid' AND payments.provider <> 'balance')
BEGIN
    SELECT RAISE(ABORT, 'only a refund to a balance is put on it');
END;

-- operations_credits_within --
-- What banks and others have, or are getting, of a payment is not put on a balance as well.
CREATE TRIGGER operations_credits_within BEFORE INSERT ON operations
WHEN NEW.kind = 'credit' AND EXISTS (
    SELECT 1 FROM refunds JOIN orders ON orders.id = refunds.order_id
    JOIN payment_left ON payment_left.payment_id = orders.payment_id
    WHERE refunds.id = NEW.subject AND refunds.destination = 'balance'
        AND refunds.amount > payment_left.remaining
        AND NOT EXISTS (
            SELECT 1 FROM operations
            WHERE kind = 'credit' AND subject = NEW.subject AND state <> 'refused'))
BEGIN
    SELECT RAISE(ABORT, 'no more goes to a balance than is left of a payment');
END;

-- operations_begin_top_ups --
CREATE TRIGGER operations_begin_top_ups AFTER INSERT ON operations
WHEN NEW.kind = 'top_up' BEGIN
    UPDATE top_ups SET state = NEW.state, problem = NULL,
        transaction_hash = NEW.transaction_hash, changed_at = NEW.changed_at
    WHERE payment_id = NEW.subject;
END;

-- operations_follow_top_ups --
-- A top-up stands where its operation does; what the chain refused waits again.
CREATE TRIGGER operations_follow_top_ups AFTER UPDATE ON operations
WHEN NEW.kind = 'top_up' BEGIN
    UPDATE top_ups SET
        state = CASE NEW.state WHEN 'refused' THEN 'waiting' ELSE NEW.state END,
        transaction_hash = NEW.transaction_hash,
        block_number = NEW.block_number,
        changed_at = NEW.changed_at
    WHERE payment_id = NEW.subject;
END;

-- top_ups_write_history --
CREATE TRIGGER top_ups_write_history AFTER INSERT ON top_ups BEGIN
    INSERT INTO top_up_history VALUES (NEW.payment_id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- top_ups_start --
CREATE TRIGGER top_ups_start BEFORE INSERT ON top_ups
WHEN NEW.state <> 'waiting' OR NOT EXISTS (
    SELECT 1 FROM payments WHERE id = NEW.payment_id AND platform = NEW.platform
        AND purpose = 'top_up' AND state = 'paid')
BEGIN
    SELECT RAISE(ABORT, 'a top-up starts as a paid payment');
END;

-- top_ups_fixed --
CREATE TRIGGER top_ups_fixed BEFORE UPDATE OF payment_id, platform ON top_ups BEGIN
    SELECT RAISE(ABORT, 'whose top-up it is is a fact');
END;

-- top_ups_lost_part --
CREATE TRIGGER top_ups_lost_part BEFORE UPDATE OF lost ON top_ups
WHEN NEW.lost <> OLD.lost AND OLD.state <> 'refund_pending' BEGIN
    SELECT RAISE(ABORT, 'what goes back is a fact');
END;

-- top_ups_change --
-- From settled or confirmed back to submitted is a block that was reorganised away.
CREATE TRIGGER top_ups_change BEFORE UPDATE OF state ON top_ups
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('waiting', 'stored'), ('stored', 'submitted'), ('stored', 'settled'), ('stored', 'waiting'),
    ('submitted', 'settled'), ('submitted', 'waiting'),
    ('settled', 'confirmed'), ('settled', 'submitted'), ('confirmed', 'submitted'),
    ('waiting', 'refund_pending'), ('refund_pending', 'refunded'))
BEGIN
    SELECT RAISE(ABORT, 'a top-up cannot change like this');
END;

-- top_ups_paid --
CREATE TRIGGER top_ups_paid BEFORE UPDATE OF state ON top_ups
WHEN NEW.state = 'refund_pending' AND OLD.state = 'waiting' AND NOT EXISTS (
    SELECT 1 FROM payments WHERE id = NEW.payment_id AND state = 'paid')
BEGIN
    SELECT RAISE(ABORT, 'only what is paid goes back');
END;

-- top_ups_asked --
CREATE TRIGGER top_ups_asked BEFORE UPDATE OF asked ON top_ups
WHEN NEW.asked > OLD.asked AND (NEW.state <> 'refund_pending' OR EXISTS (
    SELECT 1 FROM payments JOIN payment_left ON payment_left.payment_id = payments.id
    WHERE payments.id = NEW.payment_id AND payments.amount > payment_left.remaining))
BEGIN
    SELECT RAISE(ABORT, 'no provider is asked for more than is left of a payment');
END;

-- top_ups_change_history --
-- What keeps it waiting, or from going back, is told when it is another thing than before.
CREATE TRIGGER top_ups_change_history AFTER UPDATE ON top_ups
WHEN OLD.state <> NEW.state OR NEW.problem IS NOT NULL
    AND coalesce(OLD.problem, '') <> NEW.problem
BEGIN
    INSERT INTO top_up_history
    SELECT NEW.payment_id, count(*) + 1,
        CASE WHEN OLD.state = NEW.state THEN 'delayed' ELSE NEW.state END,
        NEW.changed_at, coalesce(NEW.problem, NEW.returned)
    FROM top_up_history WHERE payment_id = NEW.payment_id;
END;

-- top_ups_keep --
CREATE TRIGGER top_ups_keep BEFORE DELETE ON top_ups BEGIN
    SELECT RAISE(ABORT, 'top-ups are kept');
END;

-- top_up_history_fixed --
CREATE TRIGGER top_up_history_fixed BEFORE UPDATE ON top_up_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- top_up_history_keep --
CREATE TRIGGER top_up_history_keep BEFORE DELETE ON top_up_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
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
-- Before it is settled an order is refunded at its provider alone, whole, and only out of a batch.
CREATE TRIGGER refunds_start BEFORE INSERT ON refunds
WHEN NEW.state <> 'refund_pending'
    OR EXISTS (SELECT 1 FROM waiting JOIN orders ON orders.platform = waiting.platform
        WHERE orders.id = NEW.order_id AND waiting.order_id = NEW.order_id)
    OR NOT EXISTS (SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
        WHERE orders.id = NEW.order_id AND payments.currency = NEW.currency AND payments.state
            = CASE NEW.returned_by WHEN 'chargeback' THEN 'charged_back' ELSE 'paid' END)
    OR (NEW.on_chain = 'none') = EXISTS (
        SELECT 1 FROM batch_orders WHERE order_id = NEW.order_id AND released = 0)
    OR NEW.is_part = 1 AND NEW.on_chain = 'none'
    OR EXISTS (
        SELECT 1 FROM batch_orders JOIN batches ON batches.id = batch_orders.batch_id
        WHERE order_id = NEW.order_id AND released = 0
            AND batches.state NOT IN ('settled', 'confirmed'))
BEGIN
    SELECT RAISE(ABORT, 'this order cannot be refunded like this');
END;

-- refunds_where_it_came_from --
CREATE TRIGGER refunds_where_it_came_from BEFORE INSERT ON refunds
WHEN NEW.destination = 'provider' AND EXISTS (
    SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
    WHERE orders.id = NEW.order_id AND payments.provider = 'balance')
BEGIN
    SELECT RAISE(ABORT, 'what was paid from a balance goes back to it');
END;

-- refunds_within --
-- No more goes back, in whatever way, than has come in; of what a dispute has refunded on chain a person
-- says what the bank has.
CREATE TRIGGER refunds_within BEFORE INSERT ON refunds
WHEN NEW.returned_by = 'provider' AND NEW.amount > (
    SELECT unclaimed FROM orders
    JOIN payment_left ON payment_left.payment_id = orders.payment_id
    WHERE orders.id = NEW.order_id)
    AND (NEW.is_part = 1 OR NOT EXISTS (
        SELECT 1 FROM disputes WHERE order_id = NEW.order_id AND state = 'refunded'))
BEGIN
    SELECT RAISE(ABORT, 'no more goes back than was paid');
END;

-- refunds_add_up --
-- Parts are less than what is left of an order, and with the rest of it they are its price.
CREATE TRIGGER refunds_add_up BEFORE INSERT ON refunds
WHEN NOT EXISTS (
    SELECT 1 FROM orders
    LEFT JOIN refunds AS others
        ON others.order_id = orders.id AND others.state <> 'refund_failed'
    WHERE orders.id = NEW.order_id
    GROUP BY orders.id, orders.price
    HAVING CASE NEW.is_part
        WHEN 1 THEN NEW.units < orders.price - coalesce(sum(others.units), 0)
        ELSE NEW.units = orders.price - coalesce(sum(others.units), 0)
    END)
BEGIN
    SELECT RAISE(ABORT, 'what goes back of an order adds up to its price');
END;

-- refunds_fixed --
CREATE TRIGGER refunds_fixed BEFORE UPDATE OF
    id, order_id, is_part, amount, currency, units, idempotency_key, destination, created_at
    ON refunds
BEGIN
    SELECT RAISE(ABORT, 'what goes back is a fact');
END;

-- refunds_lost_part --
CREATE TRIGGER refunds_lost_part BEFORE UPDATE OF lost ON refunds
WHEN NEW.lost <> OLD.lost AND OLD.state <> 'refund_pending' BEGIN
    SELECT RAISE(ABORT, 'what goes back is a fact');
END;

-- refunds_lost --
-- A bank may return the money before the provider is asked that was to.
CREATE TRIGGER refunds_lost BEFORE UPDATE OF returned_by ON refunds
WHEN OLD.returned_by <> NEW.returned_by AND (
    NEW.returned_by <> 'chargeback' OR OLD.state <> 'refund_pending' OR OLD.asked = 1
    OR NOT EXISTS (
        SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
        WHERE orders.id = NEW.order_id AND payments.state = 'charged_back')
    OR EXISTS (
        SELECT 1 FROM operations
        WHERE kind = 'credit' AND subject = NEW.id AND state <> 'refused'))
BEGIN
    SELECT RAISE(ABORT, 'what goes back is a fact');
END;

-- refunds_change --
-- Money goes back at its provider once, and only what stands on chain, or was never settled. A part
-- does not fail while the rest goes back: the chain gives the part back with it.
CREATE TRIGGER refunds_change BEFORE UPDATE OF state ON refunds
WHEN OLD.state <> NEW.state AND (
    (OLD.state, NEW.state) NOT IN (VALUES
        ('refund_pending', 'refunded'), ('refund_pending', 'refund_failed'))
    OR NEW.state = 'refund_failed' AND NEW.is_part = 1 AND EXISTS (
        SELECT 1 FROM refunds
        WHERE order_id = NEW.order_id AND is_part = 0 AND state <> 'refund_failed')
    OR NEW.state = 'refunded' AND NEW.on_chain NOT IN ('none', 'done'))
BEGIN
    SELECT RAISE(ABORT, 'a refund cannot change like this');
END;

-- refunds_credited --
-- What goes to a learner's balance is there once the operation that puts it there is confirmed. What
-- the chain does not take a person may have returned otherwise, and says how.
CREATE TRIGGER refunds_credited BEFORE UPDATE OF state ON refunds
WHEN NEW.state = 'refunded' AND OLD.state <> 'refunded'
    AND NEW.destination = 'balance' AND NEW.returned_by = 'provider'
    AND EXISTS (
        SELECT 1 FROM orders JOIN payments ON payments.id = orders.payment_id
        WHERE orders.id = NEW.order_id AND payments.provider <> 'balance')
    AND (CASE WHEN NEW.detail IS NULL THEN 'confirmed' ELSE 'none' END) <> coalesce((
        SELECT state FROM operations
        WHERE kind = 'credit' AND subject = NEW.id AND state <> 'refused'), 'none')
BEGIN
    SELECT RAISE(ABORT, 'a refund to a balance is done once it is there');
END;

-- refunds_change_on_chain --
-- From done back to pending is a block that was reorganised away; to and from none is its batch,
-- refused or settled after all.
CREATE TRIGGER refunds_change_on_chain BEFORE UPDATE OF on_chain ON refunds
WHEN OLD.on_chain <> NEW.on_chain AND (
    (OLD.on_chain, NEW.on_chain) NOT IN (VALUES
        ('pending', 'done'), ('done', 'pending'), ('pending', 'failed'),
        ('pending', 'none'), ('done', 'none'), ('none', 'pending'))
    OR NOT (NEW.is_part = 1 AND NEW.on_chain = 'pending') AND (NEW.on_chain = 'none') = EXISTS (
        SELECT 1 FROM batch_orders WHERE order_id = NEW.order_id AND released = 0))
BEGIN
    SELECT RAISE(ABORT, 'a refund cannot change like this');
END;

-- refunds_refused --
-- A refusal stands until the provider is asked again, or somebody else has returned the money.
CREATE TRIGGER refunds_refused BEFORE UPDATE OF refused ON refunds
WHEN NEW.refused <> OLD.refused AND (
    NEW.state <> 'refund_pending' OR NEW.on_chain NOT IN ('none', 'done'))
BEGIN
    SELECT RAISE(ABORT, 'a refund cannot change like this');
END;

-- refunds_asked --
-- What banks and others have, or are getting, of a payment its provider is not asked for as well.
CREATE TRIGGER refunds_asked BEFORE UPDATE OF asked ON refunds
WHEN NEW.asked > OLD.asked AND (
    NEW.state <> 'refund_pending' OR NEW.on_chain NOT IN ('none', 'done')
    OR NEW.amount > (
        SELECT remaining FROM orders
        JOIN payment_left ON payment_left.payment_id = orders.payment_id
        WHERE orders.id = NEW.order_id))
BEGIN
    SELECT RAISE(ABORT, 'no provider is asked for more than is left of a payment');
END;

-- refunds_change_history --
-- That the provider refuses is told once; what keeps it from a balance when it is another thing.
CREATE TRIGGER refunds_change_history AFTER UPDATE ON refunds
WHEN OLD.state <> NEW.state OR OLD.on_chain <> NEW.on_chain OR OLD.refused <> NEW.refused
    OR NEW.problem IS NOT NULL AND coalesce(OLD.problem, '') <> NEW.problem
BEGIN
    INSERT INTO refund_history
    SELECT NEW.id, count(*) + 1,
        CASE
            WHEN NEW.refused > OLD.refused THEN 'refund_refused'
            WHEN coalesce(NEW.problem, '') <> coalesce(OLD.problem, '') THEN 'refund_delayed'
            ELSE NEW.state
        END,
        NEW.changed_at, NEW.detail
    FROM refund_history WHERE refund_id = NEW.id;
END;

-- refunds_keep --
CREATE TRIGGER refunds_keep BEFORE DELETE ON refunds BEGIN
    SELECT RAISE(ABORT, 'refunds are kept');
END;

-- paybacks_write_history --
CREATE TRIGGER paybacks_write_history AFTER INSERT ON paybacks BEGIN
    INSERT INTO payback_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- paybacks_start --
CREATE TRIGGER paybacks_start BEFORE INSERT ON paybacks
WHEN NEW.state <> 'payback_pending' OR NOT EXISTS (
    SELECT 1 FROM payments WHERE id = NEW.payment_id AND currency = NEW.currency
        AND state IN ('paid', 'refunded', 'charged_back', 'expired', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'only money that belongs to no order is paid back');
END;

-- payouts_start --
CREATE TRIGGER payouts_start BEFORE INSERT ON payouts
WHEN NEW.state <> 'debiting' OR NOT EXISTS (
    SELECT 1 FROM acts WHERE id = NEW.act_id AND platform = NEW.platform AND kind = 'pay_out')
BEGIN
    SELECT RAISE(ABORT, 'a pay-out starts as an act of its platform');
END;

-- payouts_fixed --
CREATE TRIGGER payouts_fixed BEFORE UPDATE OF
    act_id, platform, learner, amount, currency, units ON payouts
BEGIN
    SELECT RAISE(ABORT, 'what is paid out is a fact');
END;

-- payouts_change --
-- It is returned once the learner's account was debited for good, all of it, and by hand only what no
-- payback returns; it is paid out with the last of that.
CREATE TRIGGER payouts_change BEFORE UPDATE ON payouts
WHEN NEW.by_hand <> OLD.by_hand AND OLD.state <> 'debiting'
    OR OLD.state <> NEW.state AND (
        (OLD.state, NEW.state) NOT IN (VALUES
            ('debiting', 'returning'), ('returning', 'paid_out'))
        OR NEW.state = 'returning' AND (
            NOT EXISTS (SELECT 1 FROM acts WHERE id = NEW.act_id AND state = 'confirmed')
            OR NEW.amount <> NEW.by_hand + coalesce((
                SELECT sum(amount) FROM paybacks WHERE payout_id = NEW.act_id), 0))
        OR NEW.state = 'paid_out' AND EXISTS (
            SELECT 1 FROM paybacks WHERE payout_id = NEW.act_id AND state <> 'paid_back'))
BEGIN
    SELECT RAISE(ABORT, 'a pay-out cannot change like this');
END;

-- payouts_change_history --
-- With what a person has returned it is not paid out while paybacks are under way.
CREATE TRIGGER payouts_change_history AFTER UPDATE OF state, detail ON payouts
WHEN OLD.state <> NEW.state OR OLD.detail IS NULL AND NEW.detail IS NOT NULL BEGIN
    INSERT INTO payout_history
    SELECT NEW.act_id, count(*) + 1,
        CASE WHEN OLD.state = NEW.state THEN 'returned_by_hand' ELSE NEW.state END,
        NEW.changed_at, NEW.detail
    FROM payout_history WHERE payout_id = NEW.act_id;
END;

-- payouts_keep --
CREATE TRIGGER payouts_keep BEFORE DELETE ON payouts BEGIN
    SELECT RAISE(ABORT, 'pay-outs are kept');
END;

-- paybacks_of_payouts --
-- No more goes back through a payment than it brought to the learner's account, and than the bank has
-- left of that.
CREATE TRIGGER paybacks_of_payouts BEFORE INSERT ON paybacks
WHEN NEW.reason = 'paid_out' AND (NOT EXISTS (
    SELECT 1 FROM payouts JOIN acts ON acts.id = payouts.act_id
    JOIN payments ON payments.platform = payouts.platform AND payments.learner = payouts.learner
    WHERE payouts.act_id = NEW.payout_id AND payments.id = NEW.payment_id
        AND payouts.currency = NEW.currency AND payouts.state = 'debiting'
        AND acts.state = 'confirmed')
    OR NEW.amount > (
        SELECT filled - claimed - standing FROM payment_returns
        WHERE payment_id = NEW.payment_id))
BEGIN
    SELECT RAISE(ABORT, 'no more is paid out through a payment than it brought');
END;

-- paybacks_end_payouts --
-- A pay-out is paid out with the last of what goes back.
CREATE TRIGGER paybacks_end_payouts AFTER UPDATE OF state ON paybacks
WHEN NEW.state = 'paid_back' AND OLD.state <> 'paid_back' AND NEW.payout_id IS NOT NULL
BEGIN
    UPDATE payouts SET state = 'paid_out', changed_at = NEW.changed_at
    WHERE act_id = NEW.payout_id AND state = 'returning' AND (by_hand = 0 OR detail IS NOT NULL)
        AND NOT EXISTS (
            SELECT 1 FROM paybacks WHERE payout_id = NEW.payout_id AND state <> 'paid_back');
END;

-- paybacks_within --
-- Of a payment that is paid only what is more than its amount, and what its bank gave back of orders
-- that were taken back; of another one all there is.
CREATE TRIGGER paybacks_within BEFORE INSERT ON paybacks
WHEN NEW.reason <> 'paid_out' AND NEW.amount > (
    SELECT coalesce(received, 0)
        - CASE WHEN state IN ('expired', 'cancelled') THEN 0 ELSE amount END
        + CASE WHEN taken_back > standing THEN taken_back - standing ELSE 0 END
    FROM payments JOIN payment_returns ON payment_returns.payment_id = payments.id
    WHERE id = NEW.payment_id AND currency = NEW.currency
        AND state IN ('paid', 'refunded', 'charged_back', 'expired', 'cancelled')
) - coalesce((
    SELECT sum(amount) FROM paybacks
    WHERE payment_id = NEW.payment_id AND reason <> 'paid_out'), 0)
BEGIN
    SELECT RAISE(ABORT, 'no more is paid back than was received');
END;

-- paybacks_fixed --
CREATE TRIGGER paybacks_fixed BEFORE UPDATE OF
    id, payment_id, reason, payout_id, amount, currency, created_at ON paybacks
BEGIN
    SELECT RAISE(ABORT, 'what is paid back is a fact');
END;

-- paybacks_change --
-- What a provider refused may be tried again, or have been paid back by hand.
CREATE TRIGGER paybacks_change BEFORE UPDATE OF state ON paybacks
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('payback_pending', 'paid_back'), ('payback_pending', 'payback_failed'),
    ('payback_failed', 'payback_pending'), ('payback_failed', 'paid_back'))
BEGIN
    SELECT RAISE(ABORT, 'a payback cannot change like this');
END;

-- paybacks_change_history --
CREATE TRIGGER paybacks_change_history AFTER UPDATE OF state ON paybacks
WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO payback_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at, NEW.detail
    FROM payback_history WHERE payback_id = NEW.id;
END;

-- paybacks_keep --
CREATE TRIGGER paybacks_keep BEFORE DELETE ON paybacks BEGIN
    SELECT RAISE(ABORT, 'paybacks are kept');
END;

-- chargebacks_write_history --
CREATE TRIGGER chargebacks_write_history AFTER INSERT ON chargebacks BEGIN
    INSERT INTO chargeback_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at, NULL);
END;

-- chargebacks_start --
-- All chargebacks of a payment that stand take no more than has come in.
CREATE TRIGGER chargebacks_start BEFORE INSERT ON chargebacks
WHEN NEW.state <> 'open' OR NEW.amount > coalesce((
    SELECT received FROM payments WHERE id = NEW.payment_id AND currency = NEW.currency), 0)
    - coalesce((
        SELECT sum(amount) FROM chargebacks
        WHERE payment_id = NEW.payment_id AND state <> 'reversed'), 0)
BEGIN
    SELECT RAISE(ABORT, 'no more is charged back than was received');
END;

-- chargebacks_fixed --
CREATE TRIGGER chargebacks_fixed BEFORE UPDATE OF
    id, payment_id, reference, amount, currency, stage, created_at ON chargebacks
BEGIN
    SELECT RAISE(ABORT, 'what was charged back is a fact');
END;

-- chargebacks_change --
-- From closed back to open is a part that became all of its payment.
CREATE TRIGGER chargebacks_change BEFORE UPDATE OF state ON chargebacks
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('open', 'closed'), ('closed', 'open'), ('open', 'reversed'), ('closed', 'reversed'))
BEGIN
    SELECT RAISE(ABORT, 'a chargeback cannot change like this');
END;

-- chargebacks_change_history --
CREATE TRIGGER chargebacks_change_history AFTER UPDATE OF state ON chargebacks
WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO chargeback_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at, NEW.detail
    FROM chargeback_history WHERE chargeback_id = NEW.id;
END;

-- chargebacks_keep --
CREATE TRIGGER chargebacks_keep BEFORE DELETE ON chargebacks BEGIN
    SELECT RAISE(ABORT, 'chargebacks are kept');
END;

-- disputes_write_history --
CREATE TRIGGER disputes_write_history AFTER INSERT ON disputes BEGIN
    INSERT INTO dispute_history VALUES (NEW.id, 1, NEW.state, NEW.changed_at);
END;

-- disputes_start --
CREATE TRIGGER disputes_start BEFORE INSERT ON disputes
WHEN NEW.state = 'unsettled' OR NOT EXISTS (
    SELECT 1 FROM orders JOIN batch_orders ON batch_orders.order_id = orders.id
    WHERE orders.id = NEW.order_id AND orders.platform = NEW.platform
        AND batch_orders.released = 0)
BEGIN
    SELECT RAISE(ABORT, 'only a platform''s own order of a batch is in dispute');
END;

-- disputes_fixed --
CREATE TRIGGER disputes_fixed BEFORE UPDATE OF id, platform, order_id, created_at ON disputes BEGIN
    SELECT RAISE(ABORT, 'what is in dispute is a fact');
END;

-- disputes_change_history --
CREATE TRIGGER disputes_change_history AFTER UPDATE OF state ON disputes
WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO dispute_history
    SELECT NEW.id, count(*) + 1, NEW.state, NEW.changed_at
    FROM dispute_history WHERE dispute_id = NEW.id;
END;

-- disputes_keep --
CREATE TRIGGER disputes_keep BEFORE DELETE ON disputes BEGIN
    SELECT RAISE(ABORT, 'disputes are kept');
END;

-- callbacks_start --
CREATE TRIGGER callbacks_start BEFORE INSERT ON callbacks WHEN NEW.state <> 'received' BEGIN
    SELECT RAISE(ABORT, 'a callback starts as received');
END;

-- callbacks_fixed --
-- Its body may be forgotten, never rewritten.
CREATE TRIGGER callbacks_fixed BEFORE UPDATE ON callbacks
WHEN NEW.id <> OLD.id OR NEW.provider <> OLD.provider OR NEW.event_id <> OLD.event_id
    OR NEW.kind <> OLD.kind OR NEW.provider_payment_id <> OLD.provider_payment_id
    OR NEW.received_at <> OLD.received_at
    OR NEW.body IS NOT NULL AND (OLD.body IS NULL OR NEW.body <> OLD.body)
BEGIN
    SELECT RAISE(ABORT, 'what a provider told us is a fact');
END;

-- callbacks_change --
CREATE TRIGGER callbacks_change BEFORE UPDATE OF state ON callbacks
WHEN OLD.state <> NEW.state AND OLD.state <> 'received'
BEGIN
    SELECT RAISE(ABORT, 'a callback is dealt with once');
END;

-- callbacks_keep --
CREATE TRIGGER callbacks_keep BEFORE DELETE ON callbacks BEGIN
    SELECT RAISE(ABORT, 'callbacks are kept');
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

-- payout_history_fixed --
CREATE TRIGGER payout_history_fixed BEFORE UPDATE ON payout_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- payout_history_keep --
CREATE TRIGGER payout_history_keep BEFORE DELETE ON payout_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- act_history_fixed --
CREATE TRIGGER act_history_fixed BEFORE UPDATE ON act_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- act_history_keep --
CREATE TRIGGER act_history_keep BEFORE DELETE ON act_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- dispute_history_fixed --
CREATE TRIGGER dispute_history_fixed BEFORE UPDATE ON dispute_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- dispute_history_keep --
CREATE TRIGGER dispute_history_keep BEFORE DELETE ON dispute_history BEGIN
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
-- payback_history_fixed --
CREATE TRIGGER payback_history_fixed BEFORE UPDATE ON payback_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- payback_history_keep --
CREATE TRIGGER payback_history_keep BEFORE DELETE ON payback_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- chargeback_history_fixed --
CREATE TRIGGER chargeback_history_fixed BEFORE UPDATE ON chargeback_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;

-- chargeback_history_keep --
CREATE TRIGGER chargeback_history_keep BEFORE DELETE ON chargeback_history BEGIN
    SELECT RAISE(ABORT, 'history is only added to');
END;
