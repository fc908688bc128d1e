-- What providers told us, and who does what only one process should.

-- put_callback --
INSERT INTO callbacks
    (id, provider, event_id, kind, provider_payment_id, body, state, due_at, received_at,
     changed_at)
VALUES
    (:id, :provider, :event_id, :kind, :provider_payment_id, :body, 'received', :received_at,
     :received_at, :now)
ON CONFLICT (provider, event_id) DO NOTHING;

-- due_callbacks --
SELECT id, provider, event_id, kind, provider_payment_id, tries, received_at FROM callbacks
WHERE state = 'received' AND due_at <= :now ORDER BY due_at, id LIMIT :limit;

-- due_callbacks_of --
SELECT id, provider, event_id, kind, provider_payment_id, tries, received_at FROM callbacks
WHERE state = 'received' AND provider = :provider AND due_at <= :now
ORDER BY due_at, id LIMIT :limit;

-- callback --
SELECT state, detail FROM callbacks WHERE provider = :provider AND event_id = :event_id;

-- set_callback_state --
UPDATE callbacks SET state = :state, tries = tries + 1, changed_at = :now, detail = :detail
WHERE id = :id AND state = 'received';

-- postpone_callback --
UPDATE callbacks SET due_at = :due_at, tries = tries + 1, changed_at = :now, detail = :detail
WHERE id = :id AND state = 'received';

-- take_lease --
INSERT INTO leases (name, holder, until) VALUES (:name, :holder, :until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE leases.until <= :now OR leases.holder = excluded.holder;

-- renew_lease --
UPDATE leases SET until = :until WHERE name = :name AND holder = :holder AND until > :now;

-- release_lease --
DELETE FROM leases WHERE name = :name AND holder = :holder;

-- lease --
SELECT holder, until FROM leases WHERE name = :name AND until > :now;
