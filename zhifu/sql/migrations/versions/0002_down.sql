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
