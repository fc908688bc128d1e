-- Operations, the transactions signed for them, and whose turn it is. What changes when, the
-- schema's triggers know.

-- put_operation --
-- Adds nothing if the same is done already.
INSERT INTO operations
    (id, platform, operator, kind, subject, state, nonce, transaction_hash, created_at, changed_at)
VALUES
    (:id, :platform, :operator, :kind, :subject, 'stored', :nonce, :transaction_hash, :now, :now)
ON CONFLICT (kind, subject) WHERE state <> 'refused' DO NOTHING;

-- put_submission --
-- Adds nothing if the very same was signed before.
INSERT INTO submissions (hash, operation_id, attempt, nonce, raw, created_at)
VALUES (:hash, :operation_id, :attempt, :nonce, :raw, :now)
ON CONFLICT (operation_id, hash) DO NOTHING;

-- submissions --
SELECT hash, nonce, raw, created_at FROM submissions
WHERE operation_id = :operation_id ORDER BY attempt;

-- operation --
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations WHERE id = :id;

-- operation_of --
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations WHERE kind = :kind AND subject = :subject AND state <> 'refused';

-- latest_operation_of --
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations WHERE kind = :kind AND subject = :subject ORDER BY id DESC LIMIT 1;

-- open_operations --
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations
WHERE operator = :operator AND state IN ('stored', 'submitted') ORDER BY nonce, id;

-- left_operations --
-- What a platform's other keys have not seen included, and have not touched for a while.
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations
WHERE platform = :platform AND operator <> :operator AND state IN ('stored', 'submitted')
    AND changed_at <= :before
ORDER BY operator, nonce, id;

-- settled_operations --
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations WHERE state = 'settled' ORDER BY id;

-- resigned_operation --
-- What was filled for another nonce is none of this one's.
UPDATE operations SET nonce = :nonce, transaction_hash = :transaction_hash, changed_at = :now,
    filled_from = CASE WHEN nonce = :nonce THEN filled_from END
WHERE id = :id AND state IN ('stored', 'submitted');

-- fill_nonces --
UPDATE operations SET
    filled_from = CASE WHEN filled_from < :first THEN filled_from ELSE :first END
WHERE id = :id AND nonce = :nonce;

-- filled_nonces --
SELECT filled_from FROM operations WHERE id = :id AND filled_from IS NOT NULL;

-- submitted_operation --
UPDATE operations SET state = 'submitted', changed_at = :now WHERE id = :id AND state = 'stored';

-- settled_operation --
UPDATE operations SET state = 'settled', transaction_hash = :transaction_hash,
    gas_used = :gas_used, block_number = :block_number, block_hash = :block_hash,
    result = :result, changed_at = :now, detail = NULL
WHERE id = :id AND state IN ('stored', 'submitted');

-- refused_operation --
UPDATE operations SET state = 'refused', changed_at = :now, detail = :detail
WHERE id = :id AND state IN ('stored', 'submitted');

-- refuse_refunds_of --
-- What has a batch that was refused in its proof is done anew with the next one's. A part that was
-- sent is not: the next batch may have the same root, and the chain would give both.
UPDATE operations SET state = 'refused', changed_at = :now, detail = 'its batch was refused'
WHERE (kind = 'refund' AND state IN ('stored', 'submitted')
    OR kind = 'refund_part' AND state = 'stored') AND subject IN (
    SELECT refunds.id FROM refunds
    JOIN batch_orders ON batch_orders.order_id = refunds.order_id
    WHERE batch_orders.batch_id = :batch_id);

-- revived_operation --
UPDATE operations SET state = 'settled', transaction_hash = :transaction_hash,
    gas_used = :gas_used, block_number = :block_number, block_hash = :block_hash,
    result = :result, changed_at = :now, detail = 'it was included after all'
WHERE id = :id AND state = 'refused';

-- moved_operation --
UPDATE operations SET transaction_hash = :transaction_hash, gas_used = :gas_used,
    block_number = :block_number, block_hash = :block_hash, result = :result, changed_at = :now
WHERE id = :id AND state IN ('settled', 'confirmed');

-- unsettled_operation --
UPDATE operations SET state = 'submitted', gas_used = NULL, block_number = NULL,
    block_hash = NULL, result = NULL, changed_at = :now,
    detail = 'its block was reorganised away'
WHERE id = :id AND state IN ('settled', 'confirmed');

-- confirm_operation --
UPDATE operations SET state = 'confirmed', changed_at = :now, detail = NULL
WHERE id = :id AND state = 'settled' AND block_hash = :block_hash;

-- included_after_all --
-- Refused batches of a lane one of whose transactions the chain has settled; an order that went
-- into another batch of the same number is that batch's until it is refused in turn.
SELECT operations.id, platform, operator, kind, subject, state, operations.nonce,
    transaction_hash, gas_used, block_number, block_hash, submissions.hash
FROM operations JOIN submissions ON submissions.operation_id = operations.id
WHERE operations.kind = 'batch' AND operations.state = 'refused'
    AND operations.operator = :operator
    AND submissions.hash IN (
        SELECT chain_batches.transaction_hash FROM chain_batches
        JOIN batches ON batches.platform = chain_batches.platform
            AND batches.lane = chain_batches.lane AND batches.number = chain_batches.number
        WHERE batches.id = operations.subject)
    AND NOT EXISTS (
        SELECT 1 FROM batches AS refused JOIN batches AS other
            ON other.platform = refused.platform AND other.lane = refused.lane
            AND other.number = refused.number AND other.state <> 'refused'
        WHERE refused.id = operations.subject);

-- missed_operations --
-- Settled batches and refunds that the index of the chain, which has come as far, does not have.
SELECT operations.id FROM operations
WHERE state = 'settled' AND kind = 'batch'
    AND block_number <= (SELECT block_number FROM chain_cursor)
    AND NOT EXISTS (
        SELECT 1 FROM batches JOIN chain_batches ON chain_batches.platform = batches.platform
            AND chain_batches.lane = batches.lane AND chain_batches.number = batches.number
        WHERE batches.id = operations.subject)
UNION ALL
SELECT operations.id FROM operations JOIN refunds ON refunds.id = operations.subject
WHERE operations.state = 'settled' AND operations.kind = 'refund'
    AND operations.block_number <= (SELECT block_number FROM chain_cursor)
    AND NOT EXISTS (SELECT 1 FROM chain_refunds WHERE order_id = refunds.chain_order)
    AND refunds.chain_order IS NOT NULL;

-- gone_batches --
-- Confirmed batches from a block on that the index of the chain, which has come as far, does not have.
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations
WHERE state = 'confirmed' AND kind = 'batch' AND block_number >= :first
    AND block_number <= (SELECT block_number FROM chain_cursor)
    AND NOT EXISTS (
        SELECT 1 FROM batches JOIN chain_batches ON chain_batches.platform = batches.platform
            AND chain_batches.lane = batches.lane AND chain_batches.number = batches.number
        WHERE batches.id = operations.subject)
ORDER BY id;

-- confirmed_operations --
-- What is confirmed in some blocks, the last block first.
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations
WHERE state = 'confirmed' AND block_number >= :first AND block_number <= :last
ORDER BY block_number DESC LIMIT :limit;

-- confirmed_beyond --
-- What a key has confirmed in blocks that the index of the chain has not come to, or not any more.
SELECT id, platform, operator, kind, subject, state, nonce, transaction_hash, gas_used,
    block_number, block_hash
FROM operations
WHERE state = 'confirmed' AND operator = :operator
    AND block_number > (SELECT block_number FROM chain_cursor)
ORDER BY id;

-- last_known_blocks --
-- The last block that the index, or an operation, stands in; several of one number if not all of them
-- know that it was reorganised.
WITH known AS (
    SELECT block_number, block_hash FROM chain_cursor
    UNION
    SELECT block_number, block_hash FROM operations WHERE state = 'settled'
    UNION
    SELECT block_number, block_hash FROM operations
    WHERE state = 'confirmed' AND block_number > (SELECT block_number FROM chain_cursor)
)
SELECT block_number, block_hash FROM known
WHERE block_number = (SELECT max(block_number) FROM known);

-- oldest_waiting --
SELECT min(order_id), count(*) FROM waiting WHERE platform = :platform AND problem IS NULL;
