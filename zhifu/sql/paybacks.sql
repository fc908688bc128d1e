-- Money that goes back beside refunds: paybacks, and what banks take back.

-- due_paybacks --
SELECT paybacks.id, paybacks.payment_id, payments.provider, payments.provider_payment_id,
    paybacks.reason, paybacks.amount, paybacks.currency, paybacks.state
FROM paybacks JOIN payments ON payments.id = paybacks.payment_id
WHERE paybacks.state = 'payback_pending' AND paybacks.due_at <= :now
ORDER BY paybacks.due_at, paybacks.id LIMIT :limit;

-- payback_tries --
SELECT tries FROM paybacks WHERE id = :id;

-- postpone_payback --
UPDATE paybacks SET due_at = :now + :delay, tries = tries + :tried WHERE id = :id;

-- paybacks_of --
SELECT paybacks.id, paybacks.payment_id, payments.provider, payments.provider_payment_id,
    paybacks.reason, paybacks.amount, paybacks.currency, paybacks.state
FROM paybacks JOIN payments ON payments.id = paybacks.payment_id
WHERE paybacks.payment_id = :payment_id ORDER BY paybacks.id;

-- set_payback_state --
UPDATE paybacks SET state = :state, due_at = :now, changed_at = :now, detail = :detail
WHERE id = :id AND state <> :state;

-- asked_again_payback --
-- One that was refused, and has been asked for again since: no person has returned it.
SELECT 1 FROM paybacks WHERE id = :id AND state IN ('payback_pending', 'paid_back')
    AND detail IS NULL
    AND EXISTS (
        SELECT 1 FROM payback_history WHERE payback_id = paybacks.id AND state = 'payback_failed');

-- put_chargeback --
INSERT INTO chargebacks
    (id, payment_id, reference, amount, currency, stage, state, created_at, changed_at)
SELECT :id, :payment_id, :reference, :amount, :currency, :stage, 'open', :now, :now
WHERE NOT EXISTS (
    SELECT 1 FROM chargebacks WHERE payment_id = :payment_id AND reference = :reference);

-- chargeback --
SELECT id, payment_id, reference, amount, currency, stage, state FROM chargebacks WHERE id = :id;

-- chargebacks_of --
SELECT id, payment_id, reference, amount, currency, stage, state FROM chargebacks
WHERE payment_id = :payment_id ORDER BY id;

-- due_chargebacks --
SELECT id, payment_id, reference, amount, currency, stage, state FROM chargebacks
WHERE state = 'open' AND due_at <= :now ORDER BY due_at, id LIMIT :limit;

-- chargeback_tries --
SELECT tries FROM chargebacks WHERE id = :id;

-- postpone_chargeback --
UPDATE chargebacks SET due_at = :now + :delay, tries = tries + 1 WHERE id = :id;

-- set_chargeback_state --
UPDATE chargebacks SET state = :state, changed_at = :now, detail = :detail
WHERE id = :id AND state <> :state;

-- reopen_chargeback --
-- A part that was dealt with as one has become all that was left: its orders are to be taken back.
UPDATE chargebacks SET state = 'open', tries = 0, due_at = 0, changed_at = :now, detail = NULL
WHERE state = 'closed' AND id = (
    SELECT max(id) FROM chargebacks WHERE payment_id = :payment_id AND state <> 'reversed');

-- charged_back_payment --
UPDATE payments SET state = 'charged_back', changed_at = :now WHERE id = :id AND state = 'paid';

-- lost_payment --
-- Whether the bank has all of a payment that did not go back otherwise.
SELECT 1 FROM payment_left WHERE payment_id = :id AND is_lost = 1;

-- left_of_payment --
SELECT remaining, unclaimed, beside, currency
FROM payments JOIN payment_left ON payment_left.payment_id = payments.id
WHERE payments.id = :id;

-- lost_of_payment --
-- What banks have of it that nothing was taken back for, and that is not still to be put on chain.
SELECT CAST(CASE WHEN purpose = 'top_up' AND NOT EXISTS (
    SELECT 1 FROM top_ups WHERE payment_id = payments.id AND state IN ('settled', 'confirmed'))
    THEN 0 ELSE beside END AS BIGINT), currency
FROM payments JOIN payment_left ON payment_left.payment_id = payments.id
WHERE payments.id = :id;

-- paid_payment_again --
UPDATE payments SET state = 'paid', changed_at = :now
WHERE id = :id AND state = 'charged_back' AND NOT EXISTS (
    SELECT 1 FROM payment_left WHERE payment_id = payments.id AND is_lost = 1);
