-- What platforms asked their operator keys to do on chain. Where an act stands, its operation says.

-- put_act --
-- Adds nothing if the key was used before.
INSERT INTO acts
    (id, platform, kind, idempotency_key, arguments, state, created_at, changed_at)
VALUES (:id, :platform, :kind, :idempotency_key, :arguments, 'stored', :now, :now)
ON CONFLICT (platform, idempotency_key) DO NOTHING;

-- act_under --
SELECT id, platform, kind, arguments, state, transaction_hash, block_number, result, created_at,
    detail
FROM acts WHERE platform = :platform AND idempotency_key = :idempotency_key;

-- act --
SELECT id, platform, kind, arguments, state, transaction_hash, block_number, result, created_at,
    detail
FROM acts WHERE id = :id AND platform = :platform AND kind = :kind;

-- acts_page --
SELECT id, platform, kind, arguments, state, transaction_hash, block_number, result, created_at,
    detail
FROM acts WHERE platform = :platform AND kind = :kind AND id < :before
ORDER BY id DESC LIMIT :limit;
