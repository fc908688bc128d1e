-- The ledger, in double entry. Amounts are ledger units on the chain's accounts and minor units of their
-- currency on those of books; times are Unix seconds, days are days since 1970 (UTC).
-- A source is 0 for the chain, else the platform whose books tell of it.

-- ledger_accounts --
-- `name` says it all; the other columns are its parts, to look accounts up by. The platform of
-- revenue is the content's host. Accounts of books have a currency, those of the chain units alone.
CREATE TABLE ledger_accounts (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL UNIQUE,
    source BIGINT NOT NULL CHECK (source >= 0),
    kind TEXT NOT NULL CHECK (name = kind OR substr(name, 1, length(kind) + 1) = kind || ':'),
    platform BIGINT,
    learner BIGINT,
    address TEXT,
    content BIGINT,
    currency TEXT CHECK (length(currency) = 3),
    UNIQUE (id, source),
    CHECK ((source = 0) = (currency IS NULL)),
    CHECK (source = 0 OR substr(name, length(name) - 3) = '/' || currency)
);

-- ledger_accounts_platform --
CREATE INDEX ledger_accounts_platform ON ledger_accounts (platform) WHERE platform IS NOT NULL;

-- ledger_accounts_learner --
CREATE INDEX ledger_accounts_learner ON ledger_accounts (learner) WHERE learner IS NOT NULL;

-- ledger_accounts_address --
CREATE INDEX ledger_accounts_address ON ledger_accounts (address) WHERE address IS NOT NULL;

-- ledger_accounts_content --
CREATE INDEX ledger_accounts_content ON ledger_accounts (content) WHERE content IS NOT NULL;

-- ledger_transfers --
-- An amount that went from one account (debit) to another (credit) of the same source, with the chain's
-- log that says so: its block is `height`, its number there `place`; of books the number of their event
-- and 0. An event makes transfers by `leg`. Books name the payment, and what of it was the `cause`.
CREATE TABLE ledger_transfers (
    source BIGINT NOT NULL CHECK (source >= 0),
    height BIGINT NOT NULL,
    place BIGINT NOT NULL,
    leg BIGINT NOT NULL CHECK (leg >= 0),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL CHECK (credit <> debit),
    amount BIGINT NOT NULL CHECK (amount > 0),
    order_id TEXT,
    content BIGINT,
    learner BIGINT,
    seller BIGINT,
    payment TEXT,
    cause TEXT,
    PRIMARY KEY (source, height, place, leg),
    FOREIGN KEY (debit, source) REFERENCES ledger_accounts (id, source),
    FOREIGN KEY (credit, source) REFERENCES ledger_accounts (id, source),
    CHECK ((source = 0) = (cause IS NULL))
) WITHOUT ROWID;

-- ledger_transfers_at --
CREATE INDEX ledger_transfers_at ON ledger_transfers (at, source, height, place, leg);

-- ledger_transfers_debit --
CREATE INDEX ledger_transfers_debit ON ledger_transfers (debit, at, source, height, place, leg);

-- ledger_transfers_credit --
CREATE INDEX ledger_transfers_credit ON ledger_transfers (credit, at, source, height, place, leg);

-- ledger_transfers_order --
CREATE INDEX ledger_transfers_order ON ledger_transfers (order_id, at, source, height, place, leg)
    WHERE order_id IS NOT NULL;

-- ledger_transfers_content --
CREATE INDEX ledger_transfers_content ON ledger_transfers (content, at, source, height, place, leg)
    WHERE content IS NOT NULL;

-- ledger_transfers_learner --
CREATE INDEX ledger_transfers_learner ON ledger_transfers (learner, at, source, height, place, leg)
    WHERE learner IS NOT NULL;

-- ledger_transfers_payment --
CREATE INDEX ledger_transfers_payment ON ledger_transfers (payment, at, source, height, place, leg)
    WHERE payment IS NOT NULL;

-- ledger --
-- The same with the names of their accounts.
CREATE VIEW ledger AS
SELECT moved.source, moved.height, moved.place, moved.leg, moved.at, moved.kind,
    debits.name AS debit, credits.name AS credit, moved.amount, moved.order_id, moved.content,
    moved.learner, moved.seller, moved.payment, moved.cause, moved.debit AS debit_account, moved.credit AS credit_account
FROM ledger_transfers AS moved CROSS JOIN ledger_accounts AS debits
CROSS JOIN ledger_accounts AS credits
WHERE debits.id = moved.debit AND credits.id = moved.credit;

-- ledger_balances --
-- What went out of each account and into it, which is the sum of its transfers.
CREATE TABLE ledger_balances (
    account BIGINT NOT NULL PRIMARY KEY REFERENCES ledger_accounts (id),
    debits BIGINT NOT NULL CHECK (debits >= 0),
    credits BIGINT NOT NULL CHECK (credits >= 0)
);

-- ledger_cursors --
-- How far the ledger has come with each source: the block, or the number of the event.
CREATE TABLE ledger_cursors (
    source BIGINT NOT NULL PRIMARY KEY,
    height BIGINT NOT NULL
);

-- ledger_keys --
-- Accounts of learners that keys have taken over, since which block: what comes to them goes to the
-- last key's own.
CREATE TABLE ledger_keys (
    platform BIGINT NOT NULL,
    learner BIGINT NOT NULL,
    address TEXT NOT NULL,
    block_number BIGINT NOT NULL,
    PRIMARY KEY (platform, learner, block_number)
) WITHOUT ROWID;

-- ledger_accounts_fixed --
CREATE TRIGGER ledger_accounts_fixed BEFORE UPDATE ON ledger_accounts BEGIN
    SELECT RAISE(ABORT, 'an account of the ledger is a fact');
END;

-- ledger_accounts_keep --
CREATE TRIGGER ledger_accounts_keep BEFORE DELETE ON ledger_accounts BEGIN
    SELECT RAISE(ABORT, 'accounts of the ledger are kept');
END;

-- ledger_transfers_appended --
-- What was taken in of a source is complete.
CREATE TRIGGER ledger_transfers_appended BEFORE INSERT ON ledger_transfers
WHEN NEW.height <= (SELECT height FROM ledger_cursors WHERE source = NEW.source)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only ever added to');
END;

-- ledger_transfers_of_a_currency --
-- The chain's accounts are all of one.
CREATE TRIGGER ledger_transfers_of_a_currency BEFORE INSERT ON ledger_transfers
WHEN NEW.source <> 0
    AND (SELECT currency FROM ledger_accounts WHERE id = NEW.debit)
        <> (SELECT currency FROM ledger_accounts WHERE id = NEW.credit)
BEGIN
    SELECT RAISE(ABORT, 'a transfer is of one currency');
END;

-- ledger_transfers_fixed --
CREATE TRIGGER ledger_transfers_fixed BEFORE UPDATE ON ledger_transfers BEGIN
    SELECT RAISE(ABORT, 'what the ledger says is a fact');
END;

-- ledger_transfers_keep --
-- But for what a reorganisation took away: the ledger's cursor has gone back before it then.
CREATE TRIGGER ledger_transfers_keep BEFORE DELETE ON ledger_transfers
WHEN OLD.source <> 0 OR OLD.height <= (SELECT height FROM ledger_cursors WHERE source = 0)
BEGIN
    SELECT RAISE(ABORT, 'what the ledger says is kept');
END;

-- ledger_cursors_forward --
CREATE TRIGGER ledger_cursors_forward BEFORE UPDATE ON ledger_cursors
WHEN OLD.source <> NEW.source OR OLD.source <> 0 AND NEW.height < OLD.height
BEGIN
    SELECT RAISE(ABORT, 'the cursor of books goes forward');
END;

-- ledger_cursors_keep --
CREATE TRIGGER ledger_cursors_keep BEFORE DELETE ON ledger_cursors BEGIN
    SELECT RAISE(ABORT, 'cursors of the ledger are kept');
END;

-- ledger_days --
-- Days that were closed: the last block of each, and the root over what every account of the chain
-- had and did on it, with how many there are.
CREATE TABLE ledger_days (
    day BIGINT NOT NULL PRIMARY KEY,
    block_number BIGINT NOT NULL,
    block_hash TEXT NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32),
    leaves BIGINT NOT NULL CHECK (leaves > 0)
);

-- ledger_days_fixed --
CREATE TRIGGER ledger_days_fixed BEFORE UPDATE ON ledger_days BEGIN
    SELECT RAISE(ABORT, 'a closed day is a fact');
END;

-- ledger_days_keep --
CREATE TRIGGER ledger_days_keep BEFORE DELETE ON ledger_days BEGIN
    SELECT RAISE(ABORT, 'closed days are kept');
END;
