-- payment_history_event --
DROP TRIGGER payment_history_event;

-- batch_history_event --
DROP TRIGGER batch_history_event;

-- refund_history_event --
DROP TRIGGER refund_history_event;

-- payback_history_event --
DROP TRIGGER payback_history_event;

-- chargeback_history_event --
DROP TRIGGER chargeback_history_event;

-- payout_history_event --
DROP TRIGGER payout_history_event;

-- dispute_history_event --
DROP TRIGGER dispute_history_event;

-- act_history_event --
DROP TRIGGER act_history_event;

-- top_up_history_event --
DROP TRIGGER top_up_history_event;

-- vault_check --
DROP TABLE vault_check;

-- books_mode --
DROP TABLE books_mode;

-- notices --
DROP TABLE notices;

-- contacts --
DROP TABLE contacts;

-- notice_channels --
DROP TABLE notice_channels;

-- delivery_attempts --
DROP TABLE delivery_attempts;

-- deliveries --
DROP TABLE deliveries;

-- webhook_secrets --
DROP TABLE webhook_secrets;

-- webhook_endpoints --
DROP TABLE webhook_endpoints;

-- events --
DROP TABLE events;
