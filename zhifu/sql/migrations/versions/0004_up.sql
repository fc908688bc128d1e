-- The HTTP API. Times are Unix seconds.

-- api_keys --
-- `hash` is the key's SHA-256, `shown` how it begins, `scopes` what it may do, parted by spaces.
CREATE TABLE api_keys (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    platform BIGINT NOT NULL CHECK (platform BETWEEN 1 AND 4294967295),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    shown TEXT NOT NULL,
    scopes TEXT NOT NULL CHECK (length(scopes) > 0),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);

-- api_keys_fixed --
CREATE TRIGGER api_keys_fixed BEFORE UPDATE OF
    id, platform, name, mode, hash, shown, scopes, created_at, expires_at ON api_keys
BEGIN
    SELECT RAISE(ABORT, 'what an API key may do is a fact');
END;

-- api_keys_revoked --
CREATE TRIGGER api_keys_revoked BEFORE UPDATE OF revoked_at ON api_keys
WHEN OLD.revoked_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a revoked API key stays revoked');
END;

-- api_keys_keep --
CREATE TRIGGER api_keys_keep BEFORE DELETE ON api_keys BEGIN
    SELECT RAISE(ABORT, 'API keys are kept');
END;

-- api_replies --
-- What a request under an idempotency key was answered; no `status` while it is worked on.
CREATE TABLE api_replies (
    platform BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    started_at BIGINT NOT NULL,
    status BIGINT CHECK (status BETWEEN 200 AND 299),
    body BLOB,
    PRIMARY KEY (platform, idempotency_key),
    CHECK ((status IS NULL) = (body IS NULL))
) WITHOUT ROWID;

-- api_replies_started --
CREATE INDEX api_replies_started ON api_replies (started_at);

-- api_replies_fixed --
CREATE TRIGGER api_replies_fixed BEFORE UPDATE ON api_replies
WHEN OLD.status IS NOT NULL
    OR NEW.request_hash <> OLD.request_hash
    OR NEW.platform <> OLD.platform
    OR NEW.idempotency_key <> OLD.idempotency_key
BEGIN
    SELECT RAISE(ABORT, 'what was answered is a fact');
END;

-- orders_platform --
-- A platform's orders are listed by their number.
CREATE INDEX orders_platform ON orders (platform, id);
