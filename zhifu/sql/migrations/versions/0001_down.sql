-- chain_tokens --
DROP TABLE chain_tokens;

-- chain_direct_orders --
DROP TABLE chain_direct_orders;

-- chain_deeds --
DROP TABLE chain_deeds;

-- chain_disputes --
DROP TABLE chain_disputes;

-- chain_refunds --
DROP TABLE chain_refunds;

-- chain_licenses --
DROP TABLE chain_licenses;

-- chain_batches --
DROP TABLE chain_batches;

-- chain_prices --
DROP TABLE chain_prices;

-- chain_plans --
DROP TABLE chain_plans;

-- chain_contents --
DROP TABLE chain_contents;

-- chain_windows --
DROP TABLE chain_windows;

-- chain_platforms --
DROP TABLE chain_platforms;

-- chain_terms --
DROP TABLE chain_terms;

-- chain_checkpoints --
DROP TABLE chain_checkpoints;

-- chain_cursor --
DROP TABLE chain_cursor;
