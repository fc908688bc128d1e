-- An index of the chain: every table can be rebuilt from the chain alone.
-- Amounts are ledger units, times Unix seconds, days are days since 1970 (UTC).

-- chain_cursor --
-- Up to which block the index follows the chain, and the highest learner number there.
CREATE TABLE chain_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    block_number BIGINT NOT NULL,
    block_hash TEXT NOT NULL,
    learners BIGINT NOT NULL
);

-- chain_checkpoints --
-- Blocks to which the index can go back: the latest, and ever fewer of those before.
CREATE TABLE chain_checkpoints (
    block_number BIGINT NOT NULL PRIMARY KEY,
    block_hash TEXT NOT NULL,
    learners BIGINT NOT NULL
);

-- chain_terms --
-- The logs of all that changed platforms, windows and contents, which are made of them anew
-- where one was reorganised away.
CREATE TABLE chain_terms (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    address TEXT NOT NULL,
    topics BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (block_number, log_index)
);

-- chain_platforms --
-- Of a term that can change later: what holds before the time `_since` (Unix seconds), and from then on.
CREATE TABLE chain_platforms (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    status BIGINT NOT NULL,
    treasury TEXT NOT NULL,
    next_treasury TEXT NOT NULL,
    treasury_since BIGINT NOT NULL,
    network_bps BIGINT NOT NULL,
    next_network_bps BIGINT NOT NULL,
    network_bps_since BIGINT NOT NULL,
    host_bps BIGINT NOT NULL,
    next_host_bps BIGINT NOT NULL,
    host_bps_since BIGINT NOT NULL
);

-- chain_windows --
CREATE TABLE chain_windows (
    window_class INTEGER NOT NULL PRIMARY KEY,
    seconds BIGINT NOT NULL
);

-- chain_contents --
-- A host's names are unique as bytes; as text two may look alike, where they are not UTF-8.
CREATE TABLE chain_contents (
    number INTEGER NOT NULL PRIMARY KEY,
    host BIGINT NOT NULL,
    ref TEXT NOT NULL,
    window_class BIGINT NOT NULL,
    duration_seconds BIGINT NOT NULL,
    renewable BIGINT NOT NULL,
    active BIGINT NOT NULL
);

-- chain_plans --
-- A version of a plan holds from an epoch on, until the next one. `split` is how it divides revenue, in
-- basis points, as JSON: host, network, and each creator with its address.
CREATE TABLE chain_plans (
    content BIGINT NOT NULL REFERENCES chain_contents (number),
    from_epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    commission_bps BIGINT NOT NULL,
    referrer_bps BIGINT NOT NULL,
    split TEXT NOT NULL,
    PRIMARY KEY (content, from_epoch)
) WITHOUT ROWID;

-- chain_prices --
CREATE TABLE chain_prices (
    content BIGINT NOT NULL REFERENCES chain_contents (number),
    from_day BIGINT NOT NULL,
    price BIGINT NOT NULL,
    PRIMARY KEY (content, from_day)
) WITHOUT ROWID;

-- chain_batches --
-- With the words out of the transaction's calldata.
CREATE TABLE chain_batches (
    id INTEGER PRIMARY KEY,
    platform BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    number BIGINT NOT NULL,
    root BLOB NOT NULL,
    leaves BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    debit BIGINT NOT NULL,
    sale_day BIGINT NOT NULL,
    from_learners BIGINT NOT NULL,
    words BLOB NOT NULL,
    transaction_hash TEXT NOT NULL,
    block_number BIGINT NOT NULL,
    block_timestamp BIGINT NOT NULL,
    UNIQUE (platform, lane, number)
);

-- chain_batches_block --
CREATE INDEX chain_batches_block ON chain_batches (block_number);

-- chain_licenses --
-- What the batches granted to whom.
CREATE TABLE chain_licenses (
    learner BIGINT NOT NULL,
    content BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (learner, content, batch_id, position)
) WITHOUT ROWID;

-- chain_refunds --
CREATE TABLE chain_refunds (
    order_id BLOB NOT NULL PRIMARY KEY,
    transaction_hash TEXT NOT NULL,
    block_number BIGINT NOT NULL
) WITHOUT ROWID;

-- chain_refunds_block --
CREATE INDEX chain_refunds_block ON chain_refunds (block_number);

-- chain_deeds --
-- What the contract would take twice: top-ups, pay-outs and parts given back, in ledger units. `about`
-- is the learner's number, or the place of the order.
CREATE TABLE chain_deeds (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    platform BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('top_up', 'pay_out', 'refund_part')),
    about TEXT NOT NULL,
    amount BIGINT NOT NULL,
    transaction_hash TEXT NOT NULL,
    PRIMARY KEY (block_number, log_index)
) WITHOUT ROWID;

-- chain_deeds_alike --
CREATE INDEX chain_deeds_alike ON chain_deeds (platform, kind, about, amount);

-- chain_disputes --
-- What was or is in dispute of batches, once at most for each order of one; in ledger units.
CREATE TABLE chain_disputes (
    platform BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    number BIGINT NOT NULL,
    position BIGINT NOT NULL,
    opener TEXT NOT NULL,
    amount BIGINT NOT NULL,
    bond BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    evidence BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'refunded', 'paid')),
    -- Of its state; it was opened in the other.
    block_number BIGINT NOT NULL,
    opened_in BIGINT NOT NULL,
    PRIMARY KEY (platform, lane, number, position)
) WITHOUT ROWID;

-- chain_disputes_block --
CREATE INDEX chain_disputes_block ON chain_disputes (block_number);

-- chain_direct_orders --
-- Each where it was placed, so that rows are appended: nobody looks for one by its id.
CREATE TABLE chain_direct_orders (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    id BLOB NOT NULL,
    content BIGINT NOT NULL,
    seller BIGINT NOT NULL,
    buyer TEXT NOT NULL,
    receiver TEXT NOT NULL,
    referrer TEXT NOT NULL,
    -- As text, because they may be any unsigned 64-bit number.
    max_price TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    deadline TEXT NOT NULL,
    salt BLOB NOT NULL,
    PRIMARY KEY (block_number, log_index)
) WITHOUT ROWID;

-- chain_direct_orders_receiver --
CREATE INDEX chain_direct_orders_receiver ON chain_direct_orders (receiver, content);

-- chain_tokens --
-- Claimed licences and who holds them from a block on; the latest row of each counts.
CREATE TABLE chain_tokens (
    order_id BLOB NOT NULL,
    block_number BIGINT NOT NULL,
    content BIGINT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (order_id, block_number)
);

-- chain_tokens_block --
CREATE INDEX chain_tokens_block ON chain_tokens (block_number);

-- chain_tokens_holder --
CREATE INDEX chain_tokens_holder ON chain_tokens (holder, content);
