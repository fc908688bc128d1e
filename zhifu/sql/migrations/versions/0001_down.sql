-- chain_tokens --
DROP TABLE chain_tokens;

-- chain_direct_orders --
DROP TABLE chain_direct_orders;

-- chain_refunds --
DROP TABLE chain_refunds;

-- chain_licenses --
DROP TABLE chain_licenses;

-- chain_batches --
DROP TABLE chain_batches;

-- chain_prices --
DROP TABLE chain_prices;

-- chain_contents --
DROP TABLE chain_contents;

-- chain_windows --
DROP TABLE chain_windows;

-- chain_platforms --
DROP TABLE chain_platforms;

-- chain_cursor --
DROP TABLE chain_cursor;

-- refund_history --
DROP TABLE refund_history;

-- batch_history --
DROP TABLE batch_history;

-- payment_history --
DROP TABLE payment_history;

-- order_states --
DROP VIEW order_states;

-- refunds --
DROP TABLE refunds;

-- submissions --
DROP TABLE submissions;

-- batch_orders --
DROP TABLE batch_orders;

-- batches --
DROP TABLE batches;

-- waiting --
DROP TABLE waiting;

-- orders --
DROP TABLE orders;

-- payments --
DROP TABLE payments;

-- deployment --
DROP TABLE deployment;
