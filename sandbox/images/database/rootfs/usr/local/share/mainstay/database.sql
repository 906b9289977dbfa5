-- Idempotent: runs at every start. Passwords come from the environment, so that no process list shows them.
\set ON_ERROR_STOP on
\getenv owner_password SHOP_OWNER_PASSWORD
\getenv app_password SHOP_APP_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', name) FROM (VALUES ('shop_owner'), ('shop_app')) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE shop_owner CREATEDB; -- a dump is loaded into a database of its own first
ALTER ROLE shop_owner PASSWORD :'owner_password';
ALTER ROLE shop_app PASSWORD :'app_password';
SELECT 'CREATE DATABASE shop OWNER shop_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \gexec
SELECT 'CREATE ROLE prometheus LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'prometheus') \gexec
GRANT pg_monitor TO prometheus;
GRANT pg_read_all_stats, pg_signal_backend TO shop_owner; -- the sandbox has no role of its own for who looks after sessions
\connect shop
REVOKE CONNECT, TEMPORARY ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO shop_app, prometheus;
ALTER SCHEMA public OWNER TO shop_owner;
GRANT USAGE ON SCHEMA public TO shop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO shop_app;
