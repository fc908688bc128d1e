-- Paybacks and chargebacks as their platform reads them, the newest first.

-- paybacks_page --
-- Of a payment, or of all if its number is 0.
SELECT paybacks.id, paybacks.payment_id, paybacks.reason, paybacks.amount, paybacks.currency,
    paybacks.state, paybacks.created_at, paybacks.changed_at, paybacks.detail
FROM paybacks JOIN payments ON payments.id = paybacks.payment_id
WHERE payments.platform = :platform AND paybacks.id < :before
    AND (:payment_id = 0 OR paybacks.payment_id = :payment_id)
ORDER BY paybacks.id DESC LIMIT :limit;

-- payback_shown --
SELECT paybacks.id, paybacks.payment_id, paybacks.reason, paybacks.amount, paybacks.currency,
    paybacks.state, paybacks.created_at, paybacks.changed_at, paybacks.detail
FROM paybacks JOIN payments ON payments.id = paybacks.payment_id
WHERE paybacks.id = :id AND payments.platform = :platform;

-- chargebacks_page --
-- Of a payment, or of all if its number is 0.
SELECT chargebacks.id, chargebacks.payment_id, chargebacks.stage, chargebacks.amount,
    chargebacks.currency, chargebacks.state, chargebacks.created_at, chargebacks.changed_at,
    chargebacks.detail
FROM chargebacks JOIN payments ON payments.id = chargebacks.payment_id
WHERE payments.platform = :platform AND chargebacks.id < :before
    AND (:payment_id = 0 OR chargebacks.payment_id = :payment_id)
ORDER BY chargebacks.id DESC LIMIT :limit;

-- chargeback_shown --
SELECT chargebacks.id, chargebacks.payment_id, chargebacks.stage, chargebacks.amount,
    chargebacks.currency, chargebacks.state, chargebacks.created_at, chargebacks.changed_at,
    chargebacks.detail
FROM chargebacks JOIN payments ON payments.id = chargebacks.payment_id
WHERE chargebacks.id = :id AND payments.platform = :platform;
