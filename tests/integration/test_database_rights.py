"""The least rights of docs/rights.md for migrations: with them all works, and without one of them the message names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from database_sessions import CARED_FOR, Shop
from migration_server import Server, run, server

NOTES = {"0001_notes.up.sql": "CREATE TABLE notes (id bigint PRIMARY KEY);\n", "0001_notes.down.sql": "DROP TABLE notes;\n"}
COLUMN = {**NOTES, "0002_column.up.sql": "ALTER TABLE orders ADD COLUMN email text;\n"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server(CARED_FOR) as started:
        yield started


@pytest.fixture
def shop(postgres: Server) -> Shop:
    made = Shop(postgres)
    made.do(f"REVOKE ALL ON DATABASE {made.name} FROM PUBLIC", f"ALTER SCHEMA public OWNER TO {made.owner}")
    return made


def migrate(shop: Shop, files: Mapping[str, str], **options: Any) -> dict[str, Any]:
    return run("db_migrate", {"database": shop.database(shop.owner), "files": dict(files), **options})


def test_the_owner_of_the_database_and_its_tables_can_migrate(shop: Shop) -> None:
    assert migrate(shop, COLUMN)["applied"] == ["0001_notes", "0002_column"]
    assert not migrate(shop, COLUMN)["changed"]


WITHOUT = {
    "to connect": ("ALTER DATABASE {name} OWNER TO postgres", "permission denied for database"),
    "to create the history": (
        "ALTER DATABASE {name} OWNER TO postgres; GRANT CONNECT ON DATABASE {name} TO {owner}",
        "permission denied for database",
    ),
    "to create in the schema": ("ALTER SCHEMA public OWNER TO postgres", "permission denied for schema public"),
    "to change the table": ("ALTER TABLE orders OWNER TO postgres", "must be owner of table orders"),
}


@pytest.mark.parametrize("right", WITHOUT)
def test_without_one_of_its_rights_the_message_names_what_is_refused(shop: Shop, right: str) -> None:
    taken, said = WITHOUT[right]
    shop.do(*taken.format(name=shop.name, owner=shop.owner).split("; "))
    told = migrate(shop, COLUMN)
    assert told["failed"]
    assert said in told["msg"], told


def test_a_role_that_may_not_connect_gets_no_answer_and_the_reason(shop: Shop) -> None:
    told = run("database_activity_info", {"database": shop.database()})
    assert told["error"] == "Unavailable"
    assert "permission denied for database" in told["msg"]
    shop.do(f"GRANT CONNECT ON DATABASE {shop.name} TO {shop.operator}")
    assert "verdict" in run("database_activity_info", {"database": shop.database()})
