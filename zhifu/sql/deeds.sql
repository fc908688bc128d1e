-- unrecorded_deed --
-- The first transaction that did the same and that the books know nothing of.
SELECT transaction_hash FROM chain_deeds
WHERE platform = :platform AND kind = :kind AND about = :about AND amount = :amount
    AND NOT EXISTS (SELECT 1 FROM submissions WHERE hash = chain_deeds.transaction_hash)
    AND NOT EXISTS (
        SELECT 1 FROM foreign_deeds WHERE foreign_deeds.transaction_hash = chain_deeds.transaction_hash)
ORDER BY block_number, log_index LIMIT 1;

-- unrecorded_deeds --
SELECT kind, about, amount, transaction_hash FROM chain_deeds
WHERE platform = :platform
    AND NOT EXISTS (SELECT 1 FROM submissions WHERE hash = chain_deeds.transaction_hash)
    AND NOT EXISTS (
        SELECT 1 FROM foreign_deeds WHERE foreign_deeds.transaction_hash = chain_deeds.transaction_hash)
ORDER BY block_number, log_index;

-- put_foreign_deed --
INSERT INTO foreign_deeds (transaction_hash, platform, told_at)
VALUES (:transaction_hash, :platform, :now)
ON CONFLICT (transaction_hash) DO NOTHING;

-- deed_under_way --
-- The transaction of something of the kind that is begun and has not come to its end.
SELECT transaction_hash FROM operations
WHERE state IN ('stored', 'submitted') AND kind IN ('top_up', 'credit', 'pay_out', 'refund_part')
ORDER BY id LIMIT 1;
