-- mainstay: compatible
-- Nullable and without a default: the code of v1, which does not know the column, goes on working.
ALTER TABLE orders ADD COLUMN note text;
