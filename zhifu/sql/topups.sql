-- Top-ups: fiat that becomes money on learners' accounts. What changes when, the schema's triggers
-- know.

-- top_up --
SELECT payments.id, payments.platform, learner, amount, currency, provider, provider_payment_id,
    payments.state, top_ups.state, problem, transaction_hash, block_number, created_at
FROM payments LEFT JOIN top_ups ON top_ups.payment_id = payments.id
WHERE payments.id = :id AND purpose = 'top_up';

-- top_ups_page --
SELECT payments.id, payments.platform, learner, amount, currency, provider, provider_payment_id,
    payments.state, top_ups.state, problem, transaction_hash, block_number, created_at
FROM payments LEFT JOIN top_ups ON top_ups.payment_id = payments.id
WHERE payments.platform = :platform AND purpose = 'top_up' AND payments.id < :before
ORDER BY payments.id DESC LIMIT :limit;

-- due_top_ups --
-- What its provider refuses to return waits for a person.
SELECT payments.id, payments.platform, learner, amount, currency, provider, provider_payment_id,
    payments.state, top_ups.state, problem, transaction_hash, block_number, created_at
FROM top_ups JOIN payments ON payments.id = top_ups.payment_id
WHERE top_ups.platform = :platform AND due_at <= :now
    AND top_ups.state IN ('waiting', 'refund_pending') AND payments.state = 'paid'
    AND NOT (top_ups.state = 'refund_pending' AND coalesce(problem, '') = 'provider_refused')
ORDER BY due_at, payment_id LIMIT :limit;

-- late_top_ups --
-- Both conditions on the state: by the first SQLite sees that the index of what is due holds these.
SELECT payments.id, payments.platform, learner, amount, currency, provider, provider_payment_id,
    payments.state, top_ups.state, problem, transaction_hash, block_number, created_at
FROM top_ups JOIN payments ON payments.id = top_ups.payment_id
WHERE top_ups.platform = :platform AND payments.state = 'paid'
    AND top_ups.state IN ('waiting', 'refund_pending') AND top_ups.state = 'waiting'
    AND problem <> 'part_charged_back' AND top_ups.changed_at <= :latest
ORDER BY payment_id LIMIT :limit;

-- top_up_tries --
SELECT tries FROM top_ups WHERE payment_id = :id;

-- postpone_top_up --
UPDATE top_ups SET due_at = :now + :delay, tries = tries + 1
WHERE payment_id = :id AND state IN ('waiting', 'refund_pending');

-- delay_top_up --
UPDATE top_ups SET problem = :problem, asked = 0, changed_at = :now
WHERE payment_id = :id AND state IN ('waiting', 'refund_pending')
    AND coalesce(problem, '') <> :problem;

-- begin_top_up_refund --
UPDATE top_ups SET state = 'refund_pending', problem = NULL, tries = 0, due_at = 0,
    changed_at = :now
WHERE payment_id = :id AND state = 'waiting';

-- ask_for_top_up --
-- Until its provider has answered, nobody else returns the money.
UPDATE top_ups SET asked = 1, problem = NULL, changed_at = :now
WHERE payment_id = :id AND state = 'refund_pending';

-- is_top_up_asked --
SELECT asked FROM top_ups WHERE payment_id = :id AND state = 'refund_pending';

-- top_up_refunded --
UPDATE top_ups SET state = 'refunded', problem = NULL, changed_at = :now
WHERE payment_id = :id AND state = 'refund_pending';

-- top_up_returned --
-- By a person, who alone can end it.
UPDATE top_ups SET state = 'refunded', problem = NULL, returned = :returned, lost = :lost,
    changed_at = :now
WHERE payment_id = :id AND state = 'refund_pending'
    AND problem IN ('provider_refused', 'part_charged_back')
    AND EXISTS (SELECT 1 FROM payments WHERE payments.id = payment_id AND payments.state = 'paid');

-- top_up_history --
SELECT state, at, detail FROM (
    SELECT 1 AS stage, change, state, at, NULL AS detail
    FROM payment_history
    WHERE payment_id = :id AND state NOT IN ('refunded', 'received')
    UNION ALL
    SELECT 2, change, state, at, detail FROM top_up_history WHERE payment_id = :id
) AS changes
ORDER BY stage, change;
