-- The index starts again, without what it did not know before.

-- clear_cursor --
DELETE FROM chain_cursor;

-- clear_windows --
DELETE FROM chain_windows;

-- clear_licenses --
DELETE FROM chain_licenses;

-- clear_refunds --
DELETE FROM chain_refunds;

-- clear_tokens --
DELETE FROM chain_tokens;

-- drop_plans --
DROP TABLE chain_plans;

-- drop_direct_orders --
DROP TABLE chain_direct_orders;

-- drop_batches --
DROP TABLE chain_batches;

-- drop_prices --
DROP TABLE chain_prices;

-- drop_contents --
DROP TABLE chain_contents;

-- drop_platforms --
DROP TABLE chain_platforms;

-- chain_platforms --
CREATE TABLE chain_platforms (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    treasury TEXT NOT NULL,
    network_bps BIGINT NOT NULL,
    host_bps BIGINT NOT NULL,
    status BIGINT NOT NULL
);

-- chain_contents --
-- A host's names are unique as bytes; as text two may look alike, where they are not UTF-8.
CREATE TABLE chain_contents (
    number INTEGER NOT NULL PRIMARY KEY,
    host BIGINT NOT NULL,
    ref TEXT NOT NULL,
    window_class BIGINT NOT NULL,
    commission_bps BIGINT NOT NULL,
    referrer_bps BIGINT NOT NULL,
    active BIGINT NOT NULL
);

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
    words BLOB NOT NULL,
    transaction_hash TEXT NOT NULL,
    block_number BIGINT NOT NULL,
    block_timestamp BIGINT NOT NULL,
    UNIQUE (platform, lane, number)
);

-- chain_direct_orders --
CREATE TABLE chain_direct_orders (
    id BLOB NOT NULL PRIMARY KEY,
    content BIGINT NOT NULL,
    seller BIGINT NOT NULL,
    buyer TEXT NOT NULL,
    receiver TEXT NOT NULL,
    referrer TEXT NOT NULL,
    -- As text, because they may be any unsigned 64-bit number.
    max_price TEXT NOT NULL,
    deadline TEXT NOT NULL,
    salt BLOB NOT NULL
);

-- chain_direct_orders_receiver --
CREATE INDEX chain_direct_orders_receiver ON chain_direct_orders (receiver, content);
