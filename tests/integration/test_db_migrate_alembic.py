"""db_migrate with Alembic directories: the same promises, through env.py."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from migration_server import Server, eventually, result, run, server, start

COUNTER = itertools.count()
GIVEN = """
from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
"""
STOCK = """
from alembic import context
from sqlalchemy import engine_from_config, pool

section = context.config.get_section(context.config.config_ini_section, {})
connectable = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
with connectable.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
print("noise on stdout")
"""
STUBBORN = STOCK.replace("engine_from_config(section", 'engine_from_config({"sqlalchemy.url": "%s"}')
REVISION = """
# mainstay: compatible
from alembic import op

revision, down_revision = "{revision}", {down!r}


def upgrade():
    op.execute({up!r})


def downgrade():
    op.execute("DROP TABLE IF EXISTS {table}")
"""


def revision(name: str, down: str | None, up: str, table: str = "nothing") -> dict[str, str]:
    return {f"versions/{name}_x.py": REVISION.format(revision=name, down=down, up=up, table=table)}


FIRST = revision("a1", None, "CREATE TABLE orders (id int)", "orders")
SECOND = revision("b2", "a1", "ALTER TABLE orders ADD COLUMN email text")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def database(postgres: Server) -> dict[str, Any]:
    name = f"alembic{next(COUNTER)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return postgres.database(name)


def wanted(database: dict[str, Any], env: str, *revisions: dict[str, str], **options: Any) -> dict[str, Any]:
    files = {"env.py": env}
    for one in revisions:
        files |= one
    return {"kind": "alembic", "files": files, "database": database, **options}


def value(postgres: Server, database: dict[str, Any], query: str) -> Any:
    with postgres.connect(database["dbname"]) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_check_mode_predicts_what_a_run_does_and_a_second_run_does_nothing(
    postgres: Server, database: dict[str, Any], env: str
) -> None:
    arguments = wanted(database, env, FIRST, SECOND, release="v1")
    predicted = run("db_migrate", arguments, check_mode=True)
    assert value(postgres, database, "SELECT to_regclass('alembic_version')") is None, "check mode wrote"
    done = run("db_migrate", arguments)
    assert done["applied"] == ["a1_x", "b2_x"] == predicted["pending"]
    assert done["schema"] == predicted["schema"] == {"from": "", "to": "b2"}
    assert not run("db_migrate", arguments, check_mode=True)["changed"]
    assert not run("db_migrate", arguments)["changed"]
    history = run("db_migrate_info", wanted(database, env, FIRST, SECOND))["history"]
    assert [(row["version"], row["release"], row["compatible"]) for row in history] == [("a1", "v1", True), ("b2", "v1", True)]


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_a_revision_behind_a_long_reader_gives_way_and_comes_again(postgres: Server, database: dict[str, Any], env: str) -> None:
    run("db_migrate", wanted(database, env, FIRST))
    with postgres.connect(database["dbname"]) as reader, reader.transaction():
        reader.execute(b"SELECT * FROM orders")
        process = start("db_migrate", wanted(database, env, FIRST, SECOND))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
        assert eventually(lambda: value(postgres, database, waiting) == 1, within=30)
        time.sleep(1)
        assert process.poll() is None
    answer = result(process)
    assert (answer["applied"], answer["retries"] > 0) == (["b2_x"], True)


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_a_killed_client_leaves_nothing_behind(postgres: Server, database: dict[str, Any], env: str) -> None:
    slow = revision("b2", "a1", "ALTER TABLE orders ADD COLUMN email text; SELECT pg_sleep(30)")
    run("db_migrate", wanted(database, env, FIRST))
    process = start("db_migrate", wanted(database, env, FIRST, slow))
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    assert eventually(lambda: value(postgres, database, sleeping) == 1, within=30)
    process.kill()
    process.communicate()
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mainstay' AND datname = current_database()"
    assert eventually(lambda: value(postgres, database, left) == 0)
    assert run("db_migrate_info", wanted(database, env, FIRST, slow))["pending"] == ["b2_x"]


def test_a_revision_that_fails_leaves_nothing_and_is_named(postgres: Server, database: dict[str, Any]) -> None:
    bad = revision("b2", "a1", "CREATE TABLE extra (); SELECT 1 / 0")
    answer = run("db_migrate", wanted(database, GIVEN, FIRST, bad))
    assert (answer["error"], answer["file"], answer["sqlstate"]) == ("StatementFailed", "b2_x.py", "22012")
    assert (answer["applied"], answer["pending"]) == (["a1_x"], ["b2_x"])
    assert value(postgres, database, "SELECT to_regclass('extra')") is None
    assert value(postgres, database, "SELECT string_agg(version, ',') FROM mainstay.migrations") == "a1"


def test_an_env_py_that_connects_without_our_limits_is_refused_before_it_changes_anything(
    postgres: Server, database: dict[str, Any]
) -> None:
    url = f"postgresql+psycopg://postgres@127.0.0.1:{postgres.port}/{database['dbname']}"
    answer = run("db_migrate", wanted(database, STUBBORN % url, FIRST))
    assert (answer["error"], "lock_timeout" in answer["msg"]) == ("Refused", True)
    assert value(postgres, database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


def test_old_code_sees_the_revisions_of_newer_releases(database: dict[str, Any]) -> None:
    run("db_migrate", wanted(database, GIVEN, FIRST, SECOND, release="v2"))
    answer = run("db_migrate", wanted(database, GIVEN, FIRST))
    stranger = {"version": "b2", "name": "x", "release": "v2", "compatible": True}
    assert (answer["changed"], answer["unknown"]) == (False, [stranger])


def test_a_revision_that_was_edited_is_refused(database: dict[str, Any]) -> None:
    run("db_migrate", wanted(database, GIVEN, FIRST))
    edited = revision("a1", None, "CREATE TABLE orders (id bigint)", "orders")
    assert run("db_migrate", wanted(database, GIVEN, edited))["error"] == "ChecksumChanged"


def test_down_reverts_and_up_applies_again(postgres: Server, database: dict[str, Any]) -> None:
    run("db_migrate", wanted(database, GIVEN, FIRST, SECOND))
    below = {"direction": "down", "target": "0", "serves": "0"}
    undeclared = run("db_migrate", wanted(database, GIVEN, FIRST, SECOND, **below))
    assert (undeclared["error"], undeclared["undeclared"]) == ("Irreversible", ["a1_x.py", "b2_x.py"])
    with postgres.connect(database["dbname"]) as connection:
        connection.execute(b"UPDATE mainstay.migrations SET checksum = ''")
    said = [
        {name: f"# mainstay: reversible because it is a test\n{text}" for name, text in one.items()} for one in (FIRST, SECOND)
    ]
    down = run("db_migrate", wanted(database, GIVEN, *said, **below))
    assert (down["reverted"], down["current"]) == (["b2_x", "a1_x"], "")
    assert value(postgres, database, "SELECT to_regclass('orders')") is None
    assert run("db_migrate", wanted(database, GIVEN, FIRST, SECOND))["applied"] == ["a1_x", "b2_x"]


def test_two_heads_are_refused(database: dict[str, Any]) -> None:
    answer = run("db_migrate", wanted(database, GIVEN, FIRST, SECOND, revision("c3", "a1", "SELECT 1")))
    assert (answer["error"], "b2 and c3" in answer["msg"]) == ("InvalidInput", True)


def test_a_directory_without_revisions_is_refused(database: dict[str, Any]) -> None:
    assert run("db_migrate", wanted(database, GIVEN))["error"] == "InvalidInput"


def test_an_error_in_env_py_is_a_sentence_and_no_traceback(database: dict[str, Any]) -> None:
    answer = run("db_migrate", wanted(database, "import nothing_of_this_name", FIRST))
    assert (answer["error"], "Traceback" in answer["msg"]) == ("StatementFailed", False)


def test_two_runners_at_once_apply_each_revision_once(database: dict[str, Any]) -> None:
    lines = [revision(f"r{n}", f"r{n - 1}" if n else None, f"CREATE TABLE t{n} ()") for n in range(5)]
    answers = [result(process) for process in [start("db_migrate", wanted(database, GIVEN, *lines)) for _ in range(3)]]
    assert sorted(title for answer in answers for title in answer["applied"]) == [f"r{n}_x" for n in range(5)]


@pytest.mark.parametrize("env", [GIVEN, STOCK], ids=["given", "stock"])
def test_what_hurts_in_a_revision_is_refused_before_anything_runs(postgres: Server, database: dict[str, Any], env: str) -> None:
    run("db_migrate", wanted(database, env, FIRST))
    unsafe = revision("b2", "a1", "CREATE INDEX i ON orders (id)")
    answer = run("db_migrate", wanted(database, env, FIRST, unsafe))
    assert (answer["error"], [one["rule"] for one in answer["unsafe"]]) == (
        "UnsafeMigration",
        ["require-concurrent-index-creation"],
    )
    reason = "# mainstay: accept require-concurrent-index-creation because the table is small"
    meant = {name: f"{reason}\n{text}" for name, text in unsafe.items()}
    assert run("db_migrate", wanted(database, env, FIRST, meant))["accepted"][0]["reason"] == "the table is small"


def test_a_revision_that_cannot_be_rendered_is_refused_unless_it_says_why(postgres: Server, database: dict[str, Any]) -> None:
    reads = revision("b2", "a1", "SELECT 1")
    by_hand = "len(op.get_bind().exec_driver_sql('SELECT 1').all())"
    reads = {name: text.replace("op.execute('SELECT 1')", by_hand) for name, text in reads.items()}
    answer = run("db_migrate", wanted(database, GIVEN, FIRST, reads))
    assert (answer["error"], [one["rule"] for one in answer["unsafe"]]) == ("UnsafeMigration", ["not-rendered"])
    meant = {name: f"# mainstay: accept not-rendered because it only reads\n{text}" for name, text in reads.items()}
    assert run("db_migrate", wanted(database, GIVEN, FIRST, meant))["applied"] == ["a1_x", "b2_x"]
