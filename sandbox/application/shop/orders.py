"""Orders, as a client sends them and as PostgreSQL keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prometheus_client import Histogram
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

QUERIES = Histogram(
    "shop_database_seconds", "Time of a statement", ["statement"], buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
)
NOTE_SCHEMA = 2  # migration 0002 added the column


class OrderInvalid(Exception):
    """What the client sent is no order."""


@dataclass(frozen=True)
class Order:
    item: str
    quantity: int
    note: str | None


def read_order(body: object) -> Order:
    if not isinstance(body, dict):
        raise OrderInvalid("an order is a JSON object")
    item, quantity, note = body.get("item", "book"), body.get("quantity", 1), body.get("note")
    if not isinstance(item, str) or not 0 < len(item) <= 200:
        raise OrderInvalid("item is a text of 1 to 200 characters")
    if not isinstance(quantity, int) or not 0 < quantity <= 1000:
        raise OrderInvalid("quantity is a number from 1 to 1000")
    if note is not None and not (isinstance(note, str) and len(note) <= 1000):
        raise OrderInvalid("note is a text of at most 1000 characters")
    return Order(item, quantity, note)


async def insert_order(database: AsyncConnectionPool, order: Order, schema: int) -> int:
    """Names the columns that the release's own schema has, and no others."""
    columns: dict[str, object] = {"item": order.item, "quantity": order.quantity}
    if schema >= NOTE_SCHEMA:
        columns["note"] = order.note
    names, places = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    async with database.connection() as connection:
        with QUERIES.labels("insert_order").time():
            cursor = await connection.execute(f"INSERT INTO orders ({names}) VALUES ({places}) RETURNING id", columns)
            row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("INSERT ... RETURNING returned no row")
    return int(row[0])


async def list_orders(database: AsyncConnectionPool, schema: int) -> list[dict[str, Any]]:
    names = "id, item, quantity, created_at" + (", note" if schema >= NOTE_SCHEMA else "")
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        with QUERIES.labels("list_orders").time():
            await cursor.execute(f"SELECT {names} FROM orders ORDER BY id DESC LIMIT 20")
        return [{**row, "created_at": row["created_at"].isoformat()} for row in await cursor.fetchall()]
