-- What a report tells of a gateway's books: fiat, by provider. Times are Unix seconds.

-- report_payments --
-- Payments that were confirmed in a period, when that happened first; amounts in minor units. What
-- learners' balances paid for came in when they were topped up.
SELECT payments.provider, payments.currency, count(*) AS payments, sum(payments.received) AS received,
    sum(coalesce(payments.fee, 0)) AS fees
FROM payments JOIN (
    SELECT payment_id, min(at) AS at FROM payment_history WHERE state = 'paid' GROUP BY payment_id
) AS confirmed ON confirmed.payment_id = payments.id
WHERE confirmed.at >= :first AND confirmed.at < :until AND payments.provider <> 'balance'
GROUP BY payments.provider, payments.currency
ORDER BY payments.provider, payments.currency;

-- report_refunds --
-- What of confirmed payments their provider gave back in a period, or a person by hand: of orders, of
-- what belonged to none, of top-ups, and of what balances paid out.
SELECT payments.provider, payments.currency, count(*) AS refunds, sum(back.amount) AS amount
FROM (
    SELECT orders.payment_id, refunds.amount - refunds.lost AS amount, (
        SELECT min(at) FROM refund_history
        WHERE refund_id = refunds.id AND refund_history.state = 'refunded') AS at
    FROM refunds JOIN orders ON orders.id = refunds.order_id
    WHERE refunds.state = 'refunded' AND refunds.destination = 'provider'
        AND refunds.returned_by = 'provider'
    UNION ALL
    SELECT paybacks.payment_id, paybacks.amount, (
        SELECT min(at) FROM payback_history
        WHERE payback_id = paybacks.id AND payback_history.state = 'paid_back')
    FROM paybacks WHERE paybacks.state = 'paid_back'
    UNION ALL
    SELECT top_ups.payment_id, payments.amount - top_ups.lost, (
        SELECT min(at) FROM top_up_history
        WHERE top_up_history.payment_id = top_ups.payment_id AND top_up_history.state = 'refunded')
    FROM top_ups JOIN payments ON payments.id = top_ups.payment_id
    WHERE top_ups.state = 'refunded'
) AS back JOIN payments ON payments.id = back.payment_id
WHERE back.at >= :first AND back.at < :until AND payments.provider <> 'balance' AND EXISTS (
    SELECT 1 FROM payment_history
    WHERE payment_history.payment_id = payments.id AND payment_history.state = 'paid')
GROUP BY payments.provider, payments.currency
ORDER BY payments.provider, payments.currency;

-- report_chargebacks --
-- What payers' banks took back in a period and did not give back since.
SELECT payments.provider, chargebacks.currency, count(*) AS chargebacks,
    sum(chargebacks.amount) AS amount
FROM chargebacks JOIN payments ON payments.id = chargebacks.payment_id
WHERE chargebacks.created_at >= :first AND chargebacks.created_at < :until
    AND chargebacks.state <> 'reversed'
GROUP BY payments.provider, chargebacks.currency
ORDER BY payments.provider, chargebacks.currency;

-- report_waiting --
-- Paid orders that no batch has yet, now; prices in ledger units.
SELECT count(*) AS orders, coalesce(sum(orders.price), 0) AS units
FROM waiting JOIN orders ON orders.id = waiting.order_id;
