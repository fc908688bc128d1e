-- payment_left --
DROP VIEW payment_left;

-- payment_returns --
DROP VIEW payment_returns;

-- top_up_history --
DROP TABLE top_up_history;

-- top_ups --
DROP TABLE top_ups;

-- refund_history --
DROP TABLE refund_history;

-- chargeback_history --
DROP TABLE chargeback_history;

-- payback_history --
DROP TABLE payback_history;

-- dispute_history --
DROP TABLE dispute_history;

-- payout_history --
DROP TABLE payout_history;

-- act_history --
DROP TABLE act_history;

-- batch_history --
DROP TABLE batch_history;

-- payment_history --
DROP TABLE payment_history;

-- order_states --
DROP VIEW order_states;

-- leases --
DROP TABLE leases;

-- callbacks --
DROP TABLE callbacks;

-- chargebacks --
DROP TABLE chargebacks;

-- paybacks --
DROP TABLE paybacks;

-- payouts --
DROP TABLE payouts;

-- refunds --
DROP TABLE refunds;

-- disputes --
DROP TABLE disputes;

-- acts --
DROP TABLE acts;

-- foreign_deeds --
DROP TABLE foreign_deeds;

-- submissions --
DROP TABLE submissions;

-- operations --
DROP TABLE operations;

-- batch_orders --
DROP TABLE batch_orders;

-- batches --
DROP TABLE batches;

-- waiting --
DROP TABLE waiting;

-- orders --
DROP TABLE orders;

-- checkouts --
DROP TABLE checkouts;

-- payment_checks --
DROP TABLE payment_checks;

-- payments --
DROP TABLE payments;

-- deployment --
DROP TABLE deployment;
