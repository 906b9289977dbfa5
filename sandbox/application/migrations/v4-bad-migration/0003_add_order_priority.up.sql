-- mainstay: accept writes-whole-table, writes-under-lock because the sandbox shows how a migration fails
-- mainstay: accept adding-not-nullable-field, ban-new-write-restriction because it never gets that far
-- Fails on purpose, after its first statement has succeeded.
ALTER TABLE orders ADD COLUMN priority integer;
UPDATE orders SET priority = no_such_column;
ALTER TABLE orders ALTER COLUMN priority SET NOT NULL;
