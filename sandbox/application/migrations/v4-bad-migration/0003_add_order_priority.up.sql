-- Fails on purpose, after its first statement has succeeded.
ALTER TABLE orders ADD COLUMN priority integer;
UPDATE orders SET priority = no_such_column;
ALTER TABLE orders ALTER COLUMN priority SET NOT NULL;
