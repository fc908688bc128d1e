-- orders_platform --
DROP INDEX orders_platform;

-- api_replies --
DROP TABLE api_replies;

-- api_keys --
DROP TABLE api_keys;
