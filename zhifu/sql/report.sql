-- What a report tells of a gateway's books: fiat, by provider. Times are Unix seconds.

-- report_payments --
-- Payments that were confirmed in a period, when that happened first; amounts in minor units.
SELECT payments.provider, payments.currency, count(*) AS payments, sum(payments.received) AS received,
    sum(coalesce(payments.fee, 0)) AS fees
FROM payments JOIN (
    SELECT payment_id, min(at) AS at FROM payment_history WHERE state = 'paid' GROUP BY payment_id
) AS confirmed ON confirmed.payment_id = payments.id
WHERE confirmed.at >= :first AND confirmed.at < :until
GROUP BY payments.provider, payments.currency
ORDER BY payments.provider, payments.currency;

-- report_refunds --
-- Refunds of orders that were given back by their provider, or by hand, in a period.
SELECT payments.provider, refunds.currency, count(*) AS refunds,
    sum(refunds.amount - refunds.lost) AS amount
FROM refunds JOIN (
    SELECT refund_id, min(at) AS at FROM refund_history WHERE state = 'refunded' GROUP BY refund_id
) AS done ON done.refund_id = refunds.id
JOIN orders ON orders.id = refunds.order_id
JOIN payments ON payments.id = orders.payment_id
WHERE done.at >= :first AND done.at < :until AND refunds.state = 'refunded'
    AND refunds.destination = 'provider' AND refunds.returned_by = 'provider'
GROUP BY payments.provider, refunds.currency
ORDER BY payments.provider, refunds.currency;

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
