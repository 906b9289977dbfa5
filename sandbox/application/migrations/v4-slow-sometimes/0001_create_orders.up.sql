CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE receipts (
    job_id text PRIMARY KEY,
    order_id bigint NOT NULL,
    worker text NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now()
);
