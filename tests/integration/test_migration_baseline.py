"""Taking over a schema that others made, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from migration_server import Server, run, server
from migration_shop import EMAIL, ORDERS, Shop, created
from test_db_migrate_alembic import FIRST, GIVEN, SECOND, STOCK, value, wanted

LATER = {"0003_city.up.sql": "ALTER TABLE orders ADD COLUMN city text;\n"}
FILES = {**ORDERS, **EMAIL, **LATER}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def inherited(postgres: Server) -> Shop:
    """A database that somebody made by hand, as migrations 1 and 2 would have."""
    shop = Shop(postgres, created(postgres))
    with shop.connect() as connection:
        connection.execute(b"CREATE TABLE orders (id bigint PRIMARY KEY, note text, email text)")
    return shop


def test_what_is_there_is_written_down_without_running_it_and_the_next_run_goes_on_behind_it(inherited: Shop) -> None:
    for check_mode in (True, False):
        answer = inherited.migrate(FILES, baseline="0002", release="v1", check_mode=check_mode)
        assert [step["action"] for step in answer["steps"]] == ["baseline", "baseline"], answer
        assert answer["schema"] == {"from": "", "to": "0002"}
        assert (answer["applied"], answer["accepted"]) == ([], [])
        assert bool(inherited.value("SELECT to_regclass('mainstay.migrations')")) is not check_mode
    assert answer["taken_over"] == ["0001_orders", "0002_email"]
    for check_mode in (True, False):
        again = inherited.migrate(FILES, baseline="0002_email", check_mode=check_mode)
        assert (again["changed"], again["taken_over"]) == (False, [])
    history = inherited.info(FILES)["history"]
    assert [(row["version"], row["state"], row["note"], row["release"]) for row in history] == [
        ("0001", "applied", "baseline", "v1"),
        ("0002", "applied", "baseline", "v1"),
    ]
    assert inherited.migrate(FILES)["applied"] == ["0003_city"]
    assert inherited.info(FILES)["history"][-1]["note"] == ""


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_schema_is_taken_over_once_and_only_where_there_is_one(postgres: Server, inherited: Shop, check_mode: bool) -> None:
    empty = Shop(postgres, created(postgres))
    refused = empty.migrate(FILES, baseline="0002", check_mode=check_mode)
    assert (refused["error"], "no table" in refused["msg"]) == ("NoBaseline", True)
    unknown = inherited.migrate(FILES, baseline="0009", check_mode=check_mode)
    assert (unknown["error"], "0001, 0002 and 0003" in unknown["msg"]) == ("InvalidInput", True)
    inherited.migrate(FILES, baseline="0001")
    begun = inherited.migrate(FILES, baseline="0002", check_mode=check_mode)
    assert (begun["error"], "0001_orders" in begun["msg"]) == ("NoBaseline", True)
    assert [row["version"] for row in inherited.info(FILES)["history"]] == ["0001"]


def test_a_baseline_with_a_target_is_refused(inherited: Shop) -> None:
    assert inherited.migrate(FILES, baseline="0001", target="0002")["error"] == "InvalidInput"


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_of_alembic_the_version_table_is_stamped(postgres: Server, inherited: Shop, env: str) -> None:
    def migrate(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run(
            "db_migrate", wanted(inherited.server.database(inherited.name), env, FIRST, SECOND, **options), check_mode=check_mode
        )

    database = postgres.database(inherited.name)
    predicted = migrate(check_mode=True, baseline="a1")
    assert value(postgres, database, "SELECT to_regclass('alembic_version')") is None, "check mode wrote"
    done = migrate(baseline="a1")
    assert done["taken_over"] == ["a1_x"], done
    assert done["steps"] == predicted["steps"]
    assert value(postgres, database, "SELECT version_num FROM alembic_version") == "a1"
    assert value(postgres, database, "SELECT note FROM mainstay.migrations") == "baseline"
    assert migrate(baseline="a1")["changed"] is False
    assert migrate(baseline="b2")["error"] == "NoBaseline"
    with inherited.connect() as connection:
        connection.execute(b"ALTER TABLE orders DROP COLUMN email")
    assert migrate()["applied"] == ["b2_x"]
