-- What is forgotten after a time, a little at once, so that no writer waits long. The books are not.

-- prune_callback_bodies --
-- That a callback came, and what it was about, stays: it is not to count twice.
UPDATE callbacks SET body = NULL WHERE id IN (
    SELECT id FROM callbacks
    WHERE body IS NOT NULL AND state <> 'received' AND received_at < :before
    ORDER BY received_at LIMIT :limit);

-- settled_deliveries --
SELECT endpoint_id, number, item FROM deliveries
WHERE state <> 'due' AND due_at < :before ORDER BY due_at LIMIT :limit;

-- prune_delivery_attempts --
DELETE FROM delivery_attempts
WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item;

-- prune_delivery --
DELETE FROM deliveries WHERE endpoint_id = :endpoint_id AND number = :number AND item = :item;

-- prune_notices --
DELETE FROM notices WHERE (platform, number, item, kind, channel) IN (
    SELECT platform, number, item, kind, channel FROM notices
    WHERE state <> 'due' AND due_at < :before ORDER BY due_at LIMIT :limit);

-- prune_secrets --
DELETE FROM webhook_secrets WHERE expires_at <= :now;
