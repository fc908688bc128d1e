-- Pay-outs: what learners are paid of their accounts. What changes when, the schema's triggers know.

-- put_payout --
INSERT INTO payouts (act_id, platform, learner, amount, currency, units, state, changed_at)
VALUES (:id, :platform, :learner, :amount, :currency, :units, 'debiting', :now)
ON CONFLICT (act_id) DO NOTHING;

-- payout --
SELECT act_id, learner, amount, currency,
    CASE payouts.state WHEN 'debiting' THEN acts.state ELSE payouts.state END,
    by_hand, acts.transaction_hash, acts.block_number, acts.created_at,
    coalesce(payouts.detail, acts.detail)
FROM payouts JOIN acts ON acts.id = payouts.act_id
WHERE payouts.act_id = :id AND payouts.platform = :platform;

-- payouts_page --
SELECT act_id, learner, amount, currency,
    CASE payouts.state WHEN 'debiting' THEN acts.state ELSE payouts.state END,
    by_hand, acts.transaction_hash, acts.block_number, acts.created_at,
    coalesce(payouts.detail, acts.detail)
FROM payouts JOIN acts ON acts.id = payouts.act_id
WHERE payouts.platform = :platform AND payouts.act_id < :before
ORDER BY payouts.act_id DESC LIMIT :limit;

-- payouts_to_return --
-- Those whose learner's account was debited for good.
SELECT act_id FROM payouts
WHERE platform = :platform AND state = 'debiting' AND EXISTS (
    SELECT 1 FROM acts WHERE id = payouts.act_id AND state = 'confirmed')
ORDER BY act_id LIMIT :limit;

-- payout_debited --
SELECT platform, learner, amount FROM payouts
WHERE act_id = :id AND state = 'debiting' AND EXISTS (
    SELECT 1 FROM acts WHERE id = payouts.act_id AND state = 'confirmed');

-- payout_sources --
-- The payments that had filled a learner's account, and what can still go back through each, the
-- latest first: what was paid long ago a provider may refuse to return.
SELECT payments.id, filled - claimed - standing
FROM payments JOIN payment_returns ON payment_returns.payment_id = payments.id
WHERE payments.id IN (
        SELECT id FROM payments
        WHERE platform = :platform AND learner = :learner AND purpose = 'top_up'
        UNION
        SELECT orders.payment_id FROM refunds JOIN orders ON orders.id = refunds.order_id
        WHERE refunds.destination = 'balance'
            AND orders.platform = :platform AND orders.learner = :learner
            AND EXISTS (SELECT 1 FROM operations WHERE operations.kind = 'credit'
                AND operations.subject = refunds.id AND operations.state = 'confirmed'))
    AND provider <> 'balance' AND filled - claimed - standing > 0
ORDER BY payments.id DESC;

-- put_payout_payback --
INSERT INTO paybacks
    (id, payment_id, reason, payout_id, amount, currency, state, created_at, changed_at)
SELECT :id, :payment_id, 'paid_out', act_id, :amount, currency, 'payback_pending', :now, :now
FROM payouts WHERE act_id = :payout_id;

-- begin_payout_return --
UPDATE payouts SET state = 'returning', by_hand = :by_hand, changed_at = :now
WHERE act_id = :id AND state = 'debiting';

-- payout_by_hand --
-- A person has returned what no payment could.
UPDATE payouts SET detail = :detail, changed_at = :now,
    state = CASE WHEN EXISTS (
        SELECT 1 FROM paybacks WHERE payout_id = :id AND state <> 'paid_back')
        THEN state ELSE 'paid_out' END
WHERE act_id = :id AND platform = :platform AND state = 'returning' AND by_hand > 0
    AND detail IS NULL;

-- payout_history --
SELECT state, at, detail FROM (
    SELECT 1 AS stage, change, state, at, detail FROM act_history WHERE act_id = :id
    UNION ALL
    SELECT 2, change, state, at, detail FROM payout_history WHERE payout_id = :id
) AS changes
ORDER BY stage, change;
