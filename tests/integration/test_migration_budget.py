"""What a migration may take, and that the server itself ends what takes more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from migration_server import Server, run, server
from migration_shop import ORDERS, Shop, created
from test_db_migrate_alembic import FIRST, GIVEN, STOCK, revision, wanted

COLUMN = "ALTER TABLE orders ADD COLUMN email text;\n"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def with_orders(postgres: Server) -> Shop:
    shop = Shop(postgres, created(postgres))
    assert shop.migrate(ORDERS)["changed"]
    return shop


def test_a_statement_that_takes_too_long_is_ended_and_the_file_left_nothing(with_orders: Shop) -> None:
    files = {**ORDERS, "0002_slow.up.sql": f"{COLUMN}\nSELECT pg_sleep(30);\n"}
    answer = with_orders.migrate(files, statement_timeout="500ms")
    assert (answer["error"], answer["file"], answer["line"], answer["statement"]) == ("OverBudget", "0002_slow.up.sql", 3, 2)
    assert (answer["limit"], answer["allowed_s"], 0.4 <= answer["took_s"] <= 10) == ("statement_timeout", 0.5, True)
    assert "a statement may take 0.5 s" in answer["msg"]
    assert not with_orders.has_column("email")
    assert with_orders.info(files)["pending"] == ["0002_slow"]


def test_a_migration_of_many_short_statements_is_ended_when_all_of_it_takes_too_long(with_orders: Shop) -> None:
    files = {**ORDERS, "0002_many.up.sql": COLUMN + "SELECT pg_sleep(0.4);\n" * 20}
    answer = with_orders.migrate(files, transaction_timeout="1s")
    assert (answer["error"], answer["limit"], answer["allowed_s"]) == ("OverBudget", "transaction_timeout", 1.0), answer
    assert 2 <= answer["statement"] <= 5
    assert "of the 1 s that a whole migration may take" in answer["msg"]
    assert not with_orders.has_column("email")


def test_a_file_asks_for_more_with_a_reason_and_auditors_see_it(with_orders: Shop) -> None:
    asks = "-- mainstay: budget statement 5s, transaction 20s because the night is long\n"
    files = {**ORDERS, "0002_slow.up.sql": f"{asks}{COLUMN}SELECT pg_sleep(1);\n"}
    for check_mode in (True, False):
        answer = with_orders.migrate(files, statement_timeout="300ms", transaction_timeout="500ms", check_mode=check_mode)
        assert answer["accepted"] == [
            {
                "file": "0002_slow.up.sql",
                "line": 0,
                "rule": "budget",
                "reason": "statement 5 s, transaction 20 s: the night is long",
            }
        ], answer
    assert answer["applied"] == ["0002_slow"]


def test_a_statement_outside_a_transaction_has_a_budget_too(with_orders: Shop) -> None:
    files = {**ORDERS, "0002_slow.up.sql": "-- mainstay: no-transaction\nSELECT pg_sleep(30);\n"}
    answer = with_orders.migrate(files, statement_timeout="300ms")
    assert (answer["error"], answer["limit"], answer["line"]) == ("OverBudget", "statement_timeout", 2)


def test_a_batch_that_takes_too_long_is_undone_and_named(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders VALUES (1, 'a')")
    write = "UPDATE orders SET note = 'b' || pg_sleep(30)::text WHERE id > $1 AND id <= $2"
    files = {**ORDERS, "0002_fill.up.sql": f"-- mainstay: backfill orders by id\n{write};\n"}
    answer = with_orders.migrate(files, statement_timeout="300ms")
    assert (answer["error"], answer["limit"]) == ("OverBudget", "statement_timeout"), answer
    assert with_orders.value("SELECT note FROM orders") == "a"


def test_whom_somebody_else_cancels_is_not_over_budget(with_orders: Shop) -> None:
    cancels = f"{COLUMN}SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1);\n"
    answer = with_orders.migrate({**ORDERS, "0002_cancel.up.sql": cancels})
    assert (answer["error"], answer["sqlstate"]) == ("StatementFailed", "57014")


SORT = "SELECT count(*) FROM (SELECT g FROM generate_series(1, 3000000) g ORDER BY md5(g::text)) sorted"


def test_temporary_files_are_limited_where_the_role_may_and_else_it_is_said(with_orders: Shop) -> None:
    files = {**ORDERS, "0002_sort.up.sql": f"{COLUMN}{SORT};\n"}
    answer = with_orders.migrate(files, temp_file_limit="1MB")
    assert (answer["error"], answer["limit"], answer["line"]) == ("OverBudget", "temp_file_limit", 2), answer
    assert not with_orders.has_column("email")
    owner = f"owner_{with_orders.name}"
    with with_orders.connect() as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN; ALTER TABLE orders OWNER TO {owner}".encode())
        connection.execute(f"ALTER SCHEMA mainstay OWNER TO {owner}; ALTER TABLE mainstay.migrations OWNER TO {owner}".encode())
    arguments = with_orders.arguments({**ORDERS, "0002_email.up.sql": COLUMN}, temp_file_limit="1MB")
    arguments["database"]["user"] = owner
    answer = run("db_migrate", arguments)
    assert answer["applied"] == ["0002_email"], answer
    assert "may not set temp_file_limit" in str(answer["warnings"])


def test_what_the_session_is_told_is_what_was_asked_for(with_orders: Shop) -> None:
    told = "CREATE TABLE told AS SELECT current_setting('idle_in_transaction_session_timeout') AS idle"
    with_orders.migrate({**ORDERS, "0002_told.up.sql": told}, idle_timeout="7s")
    assert with_orders.value("SELECT idle FROM told") == "7s"


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_a_revision_of_alembic_has_a_budget_and_may_ask_for_more(with_orders: Shop, env: str) -> None:
    database = with_orders.server.database(created(with_orders.server))
    run("db_migrate", wanted(database, env, FIRST))
    slow = revision("b2", "a1", "CREATE TABLE extra (); SELECT pg_sleep(1)")
    answer = run("db_migrate", wanted(database, env, FIRST, slow, statement_timeout="300ms"))
    assert (answer["error"], answer["limit"], answer["file"]) == ("OverBudget", "statement_timeout", "b2_x.py"), answer
    asks = {name: f"# mainstay: budget statement 20s because it sleeps\n{text}" for name, text in slow.items()}
    assert run("db_migrate", wanted(database, env, FIRST, asks, statement_timeout="300ms"))["applied"] == ["b2_x"]
