DROP TABLE receipts;
DROP TABLE orders;
