"""db_migrate_repair on a real PostgreSQL: what is wrong with a history is told, and only what somebody chose is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from migration_server import Server, eventually, result, run, server, start
from migration_shop import EMAIL, MEANT, ORDERS, Shop, created, kill

TWO = {
    "0002_two.up.sql": "-- mainstay: no-transaction\nCREATE TABLE one ();\n"
    f"{MEANT.format('ban-drop-table')}DROP TABLE nope;\nVACUUM orders;\n"
}
SLOW = {"0002_slow.up.sql": "-- mainstay: no-transaction\nSELECT pg_sleep(30)"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def with_orders(postgres: Server) -> Shop:
    shop = Shop(postgres, created(postgres))
    assert shop.migrate(ORDERS)["changed"]
    return shop


def kinds(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["subject"], one["kind"], one["proposal"]) for one in told["troubles"]]


def chosen(told: dict[str, Any], **actions: str) -> dict[str, Any]:
    """The choice of an action for each subject, where a subject's blanks are written as double underscores."""
    repairs = {subject.replace("__", " "): action for subject, action in actions.items()}
    return {"repairs": repairs, "seen": told["seen"], "confirm": told["confirm"]}


def test_a_sound_history_needs_nothing(with_orders: Shop) -> None:
    told = with_orders.repair(ORDERS)
    assert (told["changed"], told["troubles"], told["confirm"]) == (False, [], "test 127.0.0.1")


@pytest.mark.parametrize(("action", "then"), [("forget", ["0002_two"]), ("applied", [])])
def test_a_migration_that_failed_is_forgotten_or_taken_for_applied(with_orders: Shop, action: str, then: list[str]) -> None:
    files = {**ORDERS, **TWO}
    assert with_orders.migrate(files)["error"] == "StatementFailed"
    told = with_orders.repair(files)
    assert kinds(told) == [("0002_two", "failed", "forget")]
    with with_orders.connect() as connection:
        connection.execute(b"DROP TABLE one; CREATE TABLE nope ()")
    choice = chosen(told, **{"0002_two": action})
    assert with_orders.repair(files, **choice, who="ann", check_mode=True)["steps"][0]["action"] == action
    assert with_orders.info(files)["dirty"] == ["0002_two"], "check mode wrote"
    assert with_orders.repair(files, **choice, who="ann")["troubles"] == []
    again = with_orders.repair(files, **choice)
    assert again["error"] == "ChangedMeanwhile"
    assert with_orders.migrate(files)["applied"] == then
    assert with_orders.info(files)["history"][-1]["note"] == ("" if then else "repaired: applied ann")


def test_nothing_is_done_without_the_words_or_when_something_changed_since_it_was_shown(with_orders: Shop) -> None:
    files = {**ORDERS, **TWO}
    with_orders.migrate(files)
    told = with_orders.repair(files)
    choice = chosen(told, **{"0002_two": "forget"})
    refused = with_orders.repair(files, **{**choice, "confirm": "production 127.0.0.1"})
    assert (refused["error"], refused["confirm"]) == ("Unconfirmed", "test 127.0.0.1")
    with with_orders.connect() as connection:
        connection.execute(b"UPDATE mainstay.migrations SET state = 'running' WHERE version = '0002'")
    assert with_orders.repair(files, **choice)["error"] == "ChangedMeanwhile"
    told = with_orders.repair(files)
    assert kinds(told) == [("0002_two", "dead", "forget")]
    assert with_orders.repair(files, **chosen(told, **{"0002_two": "rebuild"}))["error"] == "InvalidInput"
    assert with_orders.repair(files, **chosen(told, **{"0009_no": "forget"}))["error"] == "InvalidInput"
    assert with_orders.info(files)["dirty"] == ["0002_two"]


def test_what_changes_between_the_plan_and_the_turn_is_not_repaired(with_orders: Shop) -> None:
    from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
    from ansible_collections.mainstay.ops.plugins.module_utils._migration.operation_repair import DB_MIGRATE_REPAIR

    files = {**ORDERS, **TWO}
    with_orders.migrate(files)
    choice = chosen(with_orders.repair(files), **{"0002_two": "forget"})
    wanted = DB_MIGRATE_REPAIR.parse(with_orders.arguments(files, environment="test", **choice))
    found = DB_MIGRATE_REPAIR.read(wanted)
    planned = DB_MIGRATE_REPAIR.plan(wanted, found)
    with with_orders.connect() as connection:
        connection.execute(b"UPDATE mainstay.migrations SET started_at = now() WHERE version = '0002'")
    with pytest.raises(MainstayError, match="look again"):
        DB_MIGRATE_REPAIR.apply(wanted, found, planned)
    assert with_orders.info(files)["dirty"] == ["0002_two"]


def batches(statement: str) -> dict[str, str]:
    fill = f"-- mainstay: backfill orders by id, batch 10\n{statement} WHERE id > $1 AND id <= $2;\n"
    down = "-- mainstay: reversible because it is a test\nSELECT 1;\n"
    return {**ORDERS, "0002_fill.up.sql": fill, "0002_fill.down.sql": down}


FAILING = batches("UPDATE orders SET note = 'wrong' || (1 / (id - 45))")
CORRECTED = batches("UPDATE orders SET note = 'right'")
RIGHT = "SELECT count(*) FROM orders WHERE note = 'right'"


@pytest.fixture
def half_filled(with_orders: Shop) -> Shop:
    """A backfill of 100 rows failed in its fifth batch."""
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders SELECT n FROM generate_series(1, 100) n")
    assert with_orders.migrate(FAILING)["error"] == "StatementFailed"
    assert with_orders.value("SELECT batches FROM mainstay.backfills") == 4
    return with_orders


def test_a_backfill_that_was_corrected_and_forgotten_writes_its_first_rows_again(half_filled: Shop) -> None:
    assert kinds(half_filled.repair(FAILING)) == [("0002_fill", "failed", "")], "the next run goes on with it by itself"
    told = half_filled.repair(CORRECTED)
    assert kinds(told) == [("0002_fill", "failed", "forget")]
    assert half_filled.repair(CORRECTED, **chosen(told, **{"0002_fill": "forget"}))["troubles"] == []
    answer = half_filled.migrate(CORRECTED)
    assert answer["backfilled"] == [{"migration": "0002_fill", "rows": 100, "batches": 10}]
    assert half_filled.value(RIGHT) == 100


def test_a_backfill_that_was_ended_by_hand_and_taken_back_writes_its_first_rows_again(half_filled: Shop) -> None:
    told = half_filled.repair(CORRECTED)
    assert half_filled.repair(CORRECTED, **chosen(told, **{"0002_fill": "applied"}))["troubles"] == []
    assert half_filled.migrate(CORRECTED, direction="down", target="0001", serves="0001")["reverted"] == ["0002_fill"]
    assert half_filled.migrate(CORRECTED)["backfilled"][0]["rows"] == 100
    assert half_filled.value(RIGHT) == 100


LEAVING = {
    "0002_index.up.sql": "-- mainstay: no-transaction\nCREATE INDEX CONCURRENTLY orders_note ON orders (note);\n",
    "0002_index.down.sql": "-- mainstay: no-transaction\n-- mainstay: reversible because it is a test\n"
    "DROP INDEX CONCURRENTLY orders_note;\nDROP TABLE nope;\n",
}


@pytest.mark.parametrize(("action", "then"), [("forget", ["0002_index"]), ("applied", [])])
def test_a_way_down_that_failed_is_finished_or_undone_and_never_gone_on_with(
    with_orders: Shop, action: str, then: list[str]
) -> None:
    files = {**ORDERS, **LEAVING}
    with_orders.migrate(files)
    assert with_orders.migrate(files, direction="down", target="0001", serves="0001")["error"] == "StatementFailed"
    stuck = with_orders.migrate(files)
    assert (stuck["error"], "failed on its way down" in stuck["msg"]) == ("Unfinished", True)
    told = with_orders.repair(files)
    assert kinds(told) == [("0002_index", "failed", "forget")]
    assert "Finish the way down by hand, then forget" in told["troubles"][0]["told"]
    with with_orders.connect() as connection:
        connection.execute(b"CREATE TABLE nope ()" if action == "forget" else b"CREATE INDEX orders_note ON orders (note)")
    assert with_orders.repair(files, **chosen(told, **{"0002_index": action}))["troubles"] == []
    assert with_orders.migrate(files)["applied"] == then
    assert with_orders.value("SELECT to_regclass('orders_note') IS NOT NULL") is True
    if not then:
        with with_orders.connect() as connection:
            connection.execute(b"CREATE TABLE nope ()")
    assert with_orders.migrate(files, direction="down", target="0001", serves="0001")["reverted"] == ["0002_index"]
    assert with_orders.info(files)["dirty"] == []


def test_a_migration_that_runs_is_not_dead(with_orders: Shop) -> None:
    files = {**ORDERS, **SLOW}
    process = start("db_migrate", with_orders.arguments(files))
    assert eventually(with_orders.is_waiting("PgSleep"), within=30)
    assert with_orders.repair(files)["error"] == "TurnTaken"
    kill(process)
    assert eventually(lambda: with_orders.backends() == 0, within=10)
    assert kinds(with_orders.repair(files)) == [("0002_slow", "dead", "forget")]


def test_the_checksum_of_a_file_that_changed_is_taken(with_orders: Shop) -> None:
    edited = {name: f"-- who wrote this?\n{text}" for name, text in ORDERS.items()}
    assert with_orders.migrate(edited)["error"] == "ChecksumChanged"
    told = with_orders.repair(edited)
    assert kinds(told) == [("0001_orders", "edited", "checksum")]
    assert with_orders.repair(edited, **chosen(told, **{"0001_orders": "checksum"}))["troubles"] == []
    assert with_orders.migrate(edited)["changed"] is False


def test_a_row_without_a_file_is_forgotten_unless_a_newer_release_may_have_it(with_orders: Shop) -> None:
    with_orders.migrate({**ORDERS, **EMAIL})
    assert with_orders.repair(ORDERS)["troubles"] == [], "a newer release applied it"
    files = {**ORDERS, "0003_more.up.sql": "CREATE TABLE more ()"}
    told = with_orders.repair(files)
    assert kinds(told) == [("0002_email", "missing", "forget")]
    assert with_orders.repair(files, **chosen(told, **{"0002_email": "forget"}))["troubles"] == []
    assert with_orders.info(files)["unknown"] == []


def test_an_index_that_an_interrupted_build_left_is_built_again(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders VALUES (1, 'same'), (2, 'same')")
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute(b"CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note)")
        told = with_orders.repair(ORDERS)
        assert kinds(told) == [("index public.orders_note", "invalid", "rebuild")]
        choice = chosen(told, **{"index__public.orders_note": "rebuild"})
        assert with_orders.repair(ORDERS, **choice)["error"] == "StatementFailed"
        beside = with_orders.repair(ORDERS)
        assert kinds(beside)[1:] == [("index public.orders_note_ccnew", "invalid", "drop")]
        connection.execute(b"DELETE FROM orders WHERE id = 2")
    both = chosen(beside, **{"index__public.orders_note": "rebuild", "index__public.orders_note_ccnew": "drop"})
    answer = with_orders.repair(ORDERS, **both)
    assert answer["troubles"] == [], answer
    assert with_orders.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_note'::regclass") is True
    assert with_orders.value("SELECT to_regclass('orders_note_ccnew')") is None


@pytest.fixture
def with_invalid(with_orders: Shop) -> Shop:
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders VALUES (1, 'same'), (2, 'same')")
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute(b"CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note)")
        connection.execute(b"DELETE FROM orders WHERE id = 2")
    return with_orders


@pytest.mark.parametrize("action", ["rebuild", "drop"])
def test_an_index_that_became_valid_after_the_turn_was_taken_is_left(with_invalid: Shop, action: str) -> None:
    from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
    from ansible_collections.mainstay.ops.plugins.module_utils._migration import operation_repair

    wanted = operation_repair.DB_MIGRATE_REPAIR.parse(with_invalid.arguments(ORDERS, environment="test"))
    [found] = operation_repair.DB_MIGRATE_REPAIR.read(wanted)
    assert found.index
    with with_invalid.connect() as other:
        other.execute(b"REINDEX INDEX CONCURRENTLY orders_note")
    valid = with_invalid.value("SELECT 'orders_note'::regclass::oid")
    with operation_repair._alone(wanted) as connection, pytest.raises(MainstayError, match="orders_note was invalid when"):
        operation_repair._index(connection, found.index, action)
    assert with_invalid.value("SELECT 'orders_note'::regclass::oid") == valid


def test_a_drop_that_waits_leaves_an_index_that_somebody_makes_valid_meanwhile(with_invalid: Shop) -> None:
    """A build is known by its lock, which a role that may see nothing of others sees too."""
    plain = f"plain_{with_invalid.name}"
    with with_invalid.connect() as connection:
        connection.execute(f"CREATE ROLE {plain} LOGIN; GRANT USAGE ON SCHEMA mainstay TO {plain}".encode())
        connection.execute(f"GRANT SELECT ON mainstay.migrations TO {plain}".encode())
    arguments = with_invalid.arguments(ORDERS, environment="test")
    arguments["database"]["user"] = plain
    shown = run("db_migrate_repair", arguments)
    assert kinds(shown) == [("index public.orders_note", "invalid", "rebuild")]
    choice = chosen(with_invalid.repair(ORDERS), **{"index__public.orders_note": "drop"})
    with with_invalid.connect() as other, other.transaction():
        other.execute(b"LOCK TABLE orders IN SHARE MODE")
        process = start("db_migrate_repair", with_invalid.arguments(ORDERS, environment="test", **choice))
        assert eventually(with_invalid.is_waiting("Lock"), within=30)
        other.execute(b"REINDEX INDEX orders_note; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")
        assert run("db_migrate_repair", arguments)["troubles"] == [], "somebody builds it"
        answer = result(process)
    assert answer["error"] == "ChangedMeanwhile", answer
    assert with_invalid.value("SELECT to_regclass('orders_note') IS NOT NULL") is True
