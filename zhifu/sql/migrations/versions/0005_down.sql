-- ledger_days --
DROP TABLE ledger_days;

-- ledger_keys --
DROP TABLE ledger_keys;

-- ledger_cursors --
DROP TABLE ledger_cursors;

-- ledger_balances --
DROP TABLE ledger_balances;

-- ledger --
DROP VIEW ledger;

-- ledger_transfers --
DROP TABLE ledger_transfers;

-- ledger_accounts --
DROP TABLE ledger_accounts;
