"""db_migrate and db_migrate_info against a real PostgreSQL: killed clients, long readers, two runners, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migration_server import Server, eventually, result, run, server
from migration_shop import COUNTER, DROP_NOTE, EMAIL, MEANT, ORDERS, Shop, created, kill
from ports import free_port

INDEX = {
    "0002_index.up.sql": "-- mainstay: no-transaction\n"
    "-- mainstay: accept ban-new-write-restriction because notes are unique already\n"
    "CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note);\n",
}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def shop(postgres: Server) -> str:
    """A database of its own for each test."""
    return created(postgres)


@pytest.fixture
def a_shop(postgres: Server, shop: str) -> Shop:
    return Shop(postgres, shop)


@pytest.fixture
def with_orders(a_shop: Shop) -> Shop:
    assert a_shop.migrate(ORDERS)["changed"]
    return a_shop


def test_check_mode_predicts_what_a_run_does_and_a_second_run_does_nothing(a_shop: Shop) -> None:
    files = {**ORDERS, **EMAIL}
    predicted = a_shop.migrate(files, check_mode=True, release="v1")
    assert not a_shop.value("SELECT to_regnamespace('mainstay')"), "check mode wrote"
    done = a_shop.migrate(files, release="v1")
    assert done["applied"] == ["0001_orders", "0002_email"] == predicted["pending"]
    assert done["schema"] == predicted["schema"] == {"from": "", "to": "0002"}
    assert (done["steps"], done["diff"]) == (predicted["steps"], predicted["diff"])
    for check_mode in (True, False):
        again = a_shop.migrate(files, check_mode=check_mode)
        assert (again["changed"], again["steps"], again["current"]) == (False, [], "0002")


def test_a_client_killed_while_its_statement_is_blocked_leaves_nothing_behind(with_orders: Shop) -> None:
    with with_orders.reader():
        process = with_orders.start({**ORDERS, **EMAIL}, lock_timeout="60s")
        assert eventually(with_orders.is_waiting("Lock"), within=30)
        kill(process)
        assert eventually(lambda: with_orders.backends() == 0, within=20), "the backend outlived its client"
        with with_orders.connect() as other:
            other.execute(b"SET lock_timeout = '200ms'")
            other.execute(b"SELECT count(*) FROM orders")
    assert not with_orders.has_column("email")
    assert with_orders.migrate({**ORDERS, **EMAIL})["applied"] == ["0002_email"]


def test_a_client_killed_amid_a_statement_leaves_nothing_behind(with_orders: Shop) -> None:
    slow = {"0002_slow.up.sql": "ALTER TABLE orders ADD COLUMN email text;\nSELECT pg_sleep(30);\n"}
    process = with_orders.start({**ORDERS, **slow})
    assert eventually(with_orders.is_waiting("PgSleep"), within=30)
    kill(process)
    assert eventually(lambda: with_orders.backends() == 0, within=20), "the backend outlived its client"
    assert with_orders.value("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass") == 0
    assert not with_orders.has_column("email")
    assert with_orders.info(ORDERS)["unknown"] == []


def longest_select(shop: Shop, until: threading.Event) -> Callable[[], float]:
    """Starts an application that reads all the time; the function that is returned ends it and says its longest wait."""
    waits = [0.0]

    def read() -> None:
        with shop.connect() as connection:
            while not until.is_set():
                began = time.monotonic()
                connection.execute(b"SELECT count(*) FROM orders")
                waits.append(time.monotonic() - began)
                time.sleep(0.002)

    thread = threading.Thread(target=read)
    thread.start()

    def ended() -> float:
        until.set()
        thread.join()
        return max(waits)

    return ended


def test_a_migration_behind_a_long_reader_stalls_others_no_longer_than_its_lock_timeout(with_orders: Shop) -> None:
    """Whoever comes after a waiting ALTER queues behind it, readers too: so it must not wait for long."""
    ended = longest_select(with_orders, threading.Event())
    with with_orders.reader():
        process = with_orders.start({**ORDERS, **EMAIL})
        assert eventually(with_orders.is_waiting("Lock"), within=30)
        time.sleep(3)
        assert process.poll() is None, "it gave up"
    answer = result(process)
    stall = ended()
    assert answer["applied"] == ["0002_email"]
    assert answer["retries"] >= 2
    assert answer["waited_ms"] >= 2000
    assert 0.09 <= stall <= 2.0, f"{stall * 1000:.0f} ms: without a queue behind the ALTER this test shows nothing"


def test_a_lock_that_is_never_free_ends_at_the_deadline_and_names_who_has_it(with_orders: Shop) -> None:
    with with_orders.reader() as reader:
        answer = with_orders.migrate({**ORDERS, **EMAIL}, deadline="2s")
        assert answer["error"] == "TimedOut"
        assert f"pid {reader.info.backend_pid} of postgres (test" in answer["msg"]
    assert with_orders.info({**ORDERS, **EMAIL})["pending"] == ["0002_email"]


def test_two_runners_at_once_apply_each_migration_exactly_once(a_shop: Shop) -> None:
    files = {
        **ORDERS,
        **{f"{n:04d}_row.up.sql": f"INSERT INTO orders VALUES ({n}); SELECT pg_sleep(0.05);" for n in range(2, 12)},
    }
    answers = [result(process) for process in [a_shop.start(files) for _ in range(4)]]
    assert [answer.get("msg") for answer in answers] == [None] * 4
    applied = [title for answer in answers for title in answer["applied"]]
    assert sorted(applied) == [name.removesuffix(".up.sql") for name in sorted(files)]
    assert [answer["changed"] for answer in answers].count(True) == 1
    assert a_shop.value("SELECT count(*) FROM orders") == 10


def test_a_runner_that_waits_too_long_for_its_turn_names_who_has_it(with_orders: Shop) -> None:
    slow = {"0002_slow.up.sql": "SELECT pg_sleep(30);\n"}
    first = with_orders.start({**ORDERS, **slow})
    assert eventually(with_orders.is_waiting("PgSleep"), within=30)
    answer = with_orders.migrate({**ORDERS, **slow}, deadline="1s")
    assert answer["error"] == "TurnTaken"
    assert "of postgres (mainstay) from 127.0.0.1 since" in answer["msg"]
    kill(first)


def test_a_runner_that_waits_for_its_turn_does_not_block_an_index_that_is_built_concurrently(with_orders: Shop) -> None:
    with with_orders.connect() as writer, writer.transaction():
        writer.execute(b"INSERT INTO orders VALUES (1, 'a')")
        runners = [with_orders.start({**ORDERS, **INDEX}, deadline="30s") for _ in range(2)]
        time.sleep(1.5)
    answers = [result(runner) for runner in runners]
    assert sorted(answer["applied"] for answer in answers) == [[], ["0002_index"]]


def test_a_file_that_changed_after_it_was_applied_is_refused(with_orders: Shop) -> None:
    edited = {"0001_orders.up.sql": "CREATE TABLE orders (id bigint);\n", **EMAIL}
    answer = with_orders.migrate(edited)
    assert (answer["error"], answer["edited"]) == ("ChecksumChanged", ["0001_orders.up.sql"])
    assert not with_orders.has_column("email")


def test_a_file_with_other_line_ends_is_the_same_file(with_orders: Shop) -> None:
    assert not with_orders.migrate({name: text.replace("\n", "\r\n") for name, text in ORDERS.items()})["changed"]


def test_a_migration_that_fails_half_way_leaves_nothing_and_is_named(with_orders: Shop) -> None:
    bad = {"0002_bad.up.sql": "ALTER TABLE orders ADD COLUMN email text;\n\nINSERT INTO orders VALUES (1), (1);\n"}
    answer = with_orders.migrate({**ORDERS, **bad, "0003_more.up.sql": "CREATE TABLE more ();"})
    assert (answer["error"], answer["file"], answer["line"], answer["statement"], answer["sqlstate"]) == (
        "StatementFailed",
        "0002_bad.up.sql",
        3,
        2,
        "23505",
    )
    assert answer["pending"] == ["0002_bad", "0003_more"]
    assert not with_orders.has_column("email")
    assert with_orders.info({**ORDERS, **bad})["pending"] == ["0002_bad"]


def test_a_file_may_begin_by_choosing_its_isolation(with_orders: Shop) -> None:
    """PostgreSQL allows that before any query of the transaction only, so ours come before it and after it."""
    chosen = {
        "0002_level.up.sql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n"
        "CREATE TABLE levels AS SELECT current_setting('transaction_isolation') AS level;\n"
    }
    answer = with_orders.migrate({**ORDERS, **chosen})
    assert answer.get("applied") == ["0002_level"], answer
    assert with_orders.value("SELECT level FROM levels") == "repeatable read"


def test_a_constraint_that_fails_at_the_commit_leaves_nothing_behind(with_orders: Shop) -> None:
    files = {
        "0002_fk.up.sql": "CREATE TABLE items (o int REFERENCES orders DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO items VALUES (7);"
    }
    answer = with_orders.migrate({**ORDERS, **files})
    assert (answer["error"], "23503" in answer["msg"]) == ("StatementFailed", True)
    assert with_orders.value("SELECT to_regclass('items')") is None
    assert with_orders.info({**ORDERS, **files})["pending"] == ["0002_fk"]


def test_a_migration_that_cannot_be_remembered_leaves_nothing_behind(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"ALTER TABLE mainstay.migrations ADD CHECK (version <> '0002')")
    answer = with_orders.migrate({**ORDERS, **EMAIL})
    assert (answer["error"], "at its end" in answer["msg"]) == ("StatementFailed", True)
    assert not with_orders.has_column("email")


def test_a_migration_that_takes_another_role_and_path_is_remembered_and_does_not_disturb_the_next(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special")
    odd = {"0002_odd.up.sql": f"{MEANT.format('sets-session')}SET ROLE nobody_special; SET search_path = pg_temp; SELECT 1;"}
    answer = with_orders.migrate({**ORDERS, **odd, "0003_email.up.sql": "ALTER TABLE orders ADD COLUMN email text"})
    assert answer["applied"] == ["0002_odd", "0003_email"]


def is_valid(shop: Shop, index: str) -> Any:
    return shop.value(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{index}')")


def test_an_index_whose_building_was_killed_is_found_dropped_and_built_again(with_orders: Shop) -> None:
    files = {**ORDERS, **INDEX}
    with with_orders.connect() as writer, writer.transaction():
        writer.execute(b"INSERT INTO orders VALUES (1, 'a')")
        process = with_orders.start(files)
        assert eventually(lambda: is_valid(with_orders, "orders_note") is False, within=30)
        kill(process)
        assert eventually(lambda: with_orders.backends() == 0)
    assert is_valid(with_orders, "orders_note") is False
    assert with_orders.info(files)["dirty"] == ["0002_index"]
    answer = with_orders.migrate(files)
    assert [step["action"] for step in answer["steps"]] == ["resume"]
    assert is_valid(with_orders, "orders_note") is True
    assert with_orders.info(files)["dirty"] == []
    assert not with_orders.migrate(files)["changed"]


def test_an_index_that_cannot_be_built_is_dropped_and_built_once_its_data_are_clean(with_orders: Shop) -> None:
    files = {**ORDERS, **INDEX}
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders VALUES (1, 'same'), (2, 'same')")
        answer = with_orders.migrate(files)
        assert (answer["sqlstate"], answer["line"]) == ("23505", 3)
        assert "same" not in json.dumps(answer), "data of the table in the message"
        assert is_valid(with_orders, "orders_note") is None
        connection.execute(b"DELETE FROM orders WHERE id = 2")
    assert with_orders.migrate(files)["applied"] == ["0002_index"]
    assert is_valid(with_orders, "orders_note") is True


def test_an_index_waits_for_a_long_reader_without_stalling_anybody(with_orders: Shop) -> None:
    ended = longest_select(with_orders, threading.Event())
    with with_orders.connect() as writer, writer.transaction():
        writer.execute(b"INSERT INTO orders VALUES (1, 'a')")
        process = with_orders.start({**ORDERS, **INDEX})
        assert eventually(lambda: is_valid(with_orders, "orders_note") is False, within=20)
        time.sleep(4)
    assert result(process)["retries"] == 0
    assert ended() < 2.0


def test_a_migration_without_transaction_that_broke_off_is_refused_until_it_is_repaired(with_orders: Shop) -> None:
    files = {
        **ORDERS,
        "0002_two.up.sql": "-- mainstay: no-transaction\nCREATE TABLE one ();\n"
        f"{MEANT.format('ban-drop-table')}DROP TABLE nope;\nVACUUM orders;\n",
    }
    answer = with_orders.migrate(files)
    assert (answer["line"], answer["statement"], answer["sqlstate"]) == (4, 2, "42P01")
    answer = with_orders.migrate(files)
    assert (answer["error"], answer["unfinished"]) == ("Unfinished", ["0002_two"])
    with with_orders.connect() as connection:
        connection.execute(b"DROP TABLE one; CREATE TABLE nope ()")
    told = with_orders.repair(files)
    choice = {"repairs": {"0002_two": "forget"}, "seen": told["seen"], "confirm": told["confirm"]}
    assert with_orders.repair(files, **choice)["changed"]
    assert with_orders.migrate(files)["applied"] == ["0002_two"]
    assert with_orders.info(files)["dirty"] == []


def test_a_client_killed_in_a_migration_without_transaction_is_noticed(with_orders: Shop) -> None:
    files = {**ORDERS, "0002_slow.up.sql": "-- mainstay: no-transaction\nSELECT pg_sleep(30)"}
    process = with_orders.start(files)
    assert eventually(with_orders.is_waiting("PgSleep"), within=30)
    kill(process)
    assert eventually(lambda: with_orders.backends() == 0)
    assert with_orders.migrate(files)["error"] == "Unfinished"


def test_down_reverts_newest_first_and_needs_a_way_down(with_orders: Shop) -> None:
    files = {**ORDERS, **EMAIL}
    with_orders.migrate(files)
    assert with_orders.migrate(files, direction="down", target="0", serves="0")["error"] == "Irreversible"
    needed = with_orders.migrate(files, direction="down", target="0001", serves="0002_email")
    assert (needed["error"], needed["needed"]) == ("StillNeeded", ["0002_email"])
    silent = {**files, "0002_email.down.sql": "ALTER TABLE orders DROP COLUMN email"}
    undeclared = with_orders.migrate(silent, direction="down", target="0001", serves="0001_orders")
    assert (undeclared["error"], undeclared["undeclared"]) == ("Irreversible", ["0002_email.down.sql"])
    assert with_orders.has_column("email")
    for check_mode in (True, False):
        answer = with_orders.migrate(files, direction="down", target="0001", serves="0001_orders", check_mode=check_mode)
        assert answer["schema"] == {"from": "0002", "to": "0001"}
    assert answer["reverted"] == ["0002_email"]
    assert not with_orders.has_column("email")
    assert with_orders.migrate(files)["applied"] == ["0002_email"]


def test_old_code_sees_what_newer_releases_applied_and_whether_it_can_live_with_it(with_orders: Shop) -> None:
    with_orders.migrate({**ORDERS, **EMAIL}, release="v2")
    answer = with_orders.migrate(ORDERS, release="v1")
    stranger = {"version": "0002", "name": "email", "release": "v2", "compatible": True}
    assert (answer["changed"], answer["unknown"], answer["current"]) == (False, [stranger], "0002")
    assert with_orders.info(ORDERS)["compatible"] is True
    with_orders.migrate({**ORDERS, **EMAIL, "0003_drop.up.sql": DROP_NOTE})
    assert with_orders.info(ORDERS)["compatible"] is False


def test_a_standby_is_refused_for_migrating_and_can_be_read() -> None:
    with server() as standby:
        run("db_migrate", {"database": standby.database("postgres"), "files": ORDERS})
        standby.run("pg_ctl", "-D", f"{standby.root}/data", "-w", "stop")
        (standby.root / "data/standby.signal").touch()
        standby.run("pg_ctl", "-D", f"{standby.root}/data", "-l", f"{standby.root}/log", "-w", "start")
        arguments = {"database": standby.database("postgres"), "files": {**ORDERS, **EMAIL}}
        assert run("db_migrate", arguments)["error"] == "OnStandby"
        assert run("db_migrate", arguments, check_mode=True)["error"] == "OnStandby"
        assert run("db_migrate_info", arguments)["pending"] == ["0002_email"]


def test_a_server_that_cannot_be_reached_is_named_without_the_password(a_shop: Shop) -> None:
    database = {**a_shop.server.database("shop"), "port": free_port(), "password": "hunter2-secret"}
    answer = run("db_migrate", {"database": database, "files": ORDERS})
    assert answer["error"] == "Unavailable"
    assert "hunter2" not in json.dumps(answer)


def test_tls_is_asked_for_unless_somebody_says_otherwise(a_shop: Shop) -> None:
    database = {**a_shop.server.database(a_shop.name)}
    del database["sslmode"]
    answer = run("db_migrate", {"database": database, "files": ORDERS})
    assert answer["error"] == "Unavailable"


@pytest.mark.parametrize("baseline", ["", "0002"], ids=["migrates", "takes over"])
def test_a_run_without_the_newest_fencing_token_does_nothing(with_orders: Shop, tmp_path: Path, baseline: str) -> None:
    from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff
    from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import Fence, held
    from ansible_collections.mainstay.ops.plugins.module_utils._migration import operation

    with held(Fence("test", 5, tmp_path)):
        pass
    if baseline:
        with with_orders.connect() as connection:
            connection.execute(b"DELETE FROM mainstay.migrations")
    before = with_orders.info({**ORDERS, **EMAIL})["history"]
    fence = {"environment": "test", "token": 4, "root": tmp_path}
    arguments = with_orders.arguments({**ORDERS, **EMAIL}, fence=fence, baseline=baseline)
    wanted = operation.DB_MIGRATE.parse(arguments)
    found = operation.DB_MIGRATE.read(wanted)
    with pytest.raises(FencedOff):
        operation.DB_MIGRATE.apply(wanted, found, operation.DB_MIGRATE.plan(wanted, found))
    assert not with_orders.has_column("email")
    assert with_orders.info({**ORDERS, **EMAIL})["history"] == before


UNSAFE = {"0002_index.up.sql": "SELECT 1;\n\nCREATE INDEX orders_note ON orders (note);\n"}


def test_what_hurts_is_refused_before_anything_runs_and_named(with_orders: Shop) -> None:
    files = {**ORDERS, **UNSAFE, "0003_email.up.sql": "ALTER TABLE orders ADD COLUMN email text"}
    for check_mode in (True, False):
        answer = with_orders.migrate(files, check_mode=check_mode)
        assert answer["error"] == "UnsafeMigration"
        assert [(one["file"], one["line"], one["rule"]) for one in answer["unsafe"]] == [
            ("0002_index.up.sql", 3, "require-concurrent-index-creation")
        ]
    assert not with_orders.has_column("email")


def test_what_a_file_accepts_runs_and_its_reason_is_told(with_orders: Shop) -> None:
    reason = "-- mainstay: accept require-concurrent-index-creation because the table is empty\nCREATE INDEX"
    files = {**ORDERS, "0002_index.up.sql": UNSAFE["0002_index.up.sql"].replace("CREATE INDEX", reason)}
    told = {"file": "0002_index.up.sql", "line": 4, "rule": "require-concurrent-index-creation", "reason": "the table is empty"}
    assert with_orders.migrate(files, check_mode=True)["accepted"] == [told]
    assert with_orders.migrate(files)["accepted"] == [told]
    assert with_orders.migrate(files)["accepted"] == []


def test_what_was_applied_is_never_linted(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO mainstay.migrations VALUES ('0002', 'index', '', '', false, 'applied')")
    assert with_orders.migrate({**ORDERS, **UNSAFE})["changed"] is False


def test_without_squawk_nothing_runs_unless_somebody_says_why(with_orders: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
    from ansible_collections.mainstay.ops.plugins.module_utils._migration import operation, squawk

    monkeypatch.setattr(squawk, "find", lambda: "")

    def planned(**options: str) -> Any:
        wanted = operation.DB_MIGRATE.parse(with_orders.arguments({**ORDERS, **EMAIL}, **options))
        return operation.DB_MIGRATE.plan(wanted, operation.DB_MIGRATE.read(wanted))

    with pytest.raises(MainstayError, match="squawk is missing") as refused:
        planned()
    assert [one["transactional"] for one in refused.value.details["to_lint"]] == [True]
    why = "there is no squawk for this machine"
    assert len(planned(unlinted=why).steps) == 1
    wanted = operation.DB_MIGRATE.parse(with_orders.arguments({**ORDERS, **EMAIL}, unlinted=why))
    told = operation.DB_MIGRATE.predict(wanted, operation.DB_MIGRATE.read(wanted))["accepted"]
    assert told == [{"file": "0002_email.up.sql", "line": 0, "rule": "unlinted", "reason": why}]


def test_what_takes_away_waits_until_the_code_that_serves_knows_it(with_orders: Shop) -> None:
    drop = {"0002_drop.up.sql": "-- mainstay: contract\nALTER TABLE orders DROP COLUMN note;\n"}
    files = {**ORDERS, **drop, "0003_email.up.sql": "CREATE TABLE mails (id bigint PRIMARY KEY)"}
    for check_mode in (True, False):
        answer = with_orders.migrate(files, serves="0001_orders", check_mode=check_mode)
        assert "waiting" in answer, answer
        assert (answer["waiting"], answer["schema"]["to"]) == (["0002_drop"], "0003")
    assert with_orders.has_column("note")
    assert not with_orders.migrate(files, serves="0001_orders")["changed"]
    assert with_orders.migrate(files, serves="0003_email", check_mode=True)["steps"][0]["subject"] == "0002_drop"
    assert with_orders.migrate(files, serves="0003_email")["applied"] == ["0002_drop"]
    assert not with_orders.has_column("note")
    history = with_orders.info(files)["history"]
    assert [(row["version"], row["contract"]) for row in history] == [("0001", False), ("0003", False), ("0002", True)]


def test_a_clock_that_was_set_back_does_not_turn_the_history_round(with_orders: Shop) -> None:
    """As by time synchronisation on a busy machine, or where a standby whose clock is behind took over."""
    with with_orders.connect() as connection:
        connection.execute(b"UPDATE mainstay.migrations SET started_at = started_at + interval '1 hour'")
    files = {**ORDERS, **EMAIL}
    assert with_orders.migrate(files)["applied"] == ["0002_email"]
    assert [row["version"] for row in with_orders.info(files)["history"]] == ["0001", "0002"]


def test_one_that_comes_late_is_refused_unless_that_is_declared_and_then_told(with_orders: Shop) -> None:
    newer = {"0003_city.up.sql": "ALTER TABLE orders ADD COLUMN city text"}
    with_orders.migrate({**ORDERS, **newer})
    files = {**ORDERS, **EMAIL, **newer}
    for check_mode in (True, False):
        refused = with_orders.migrate(files, check_mode=check_mode)
        assert (refused["error"], refused["late"]) == ("OutOfOrder", ["0002_email.up.sql"])
    assert not with_orders.has_column("email")
    for check_mode in (True, False):
        answer = with_orders.migrate(files, out_of_order=True, check_mode=check_mode)
        assert (answer["late"], "older than 0003" in answer["steps"][0]["before"]) == (["0002_email"], True)
    again = with_orders.migrate(files, out_of_order=True)
    assert (again["changed"], again["late"], again["current"]) == (False, [], "0003")
    assert [row["version"] for row in with_orders.info(files)["history"]] == ["0001", "0003", "0002"]


def test_what_follows_a_waiting_migration_on_its_table_is_refused_before_anything_runs(with_orders: Shop) -> None:
    drop = {"0002_drop.up.sql": "-- mainstay: contract\nALTER TABLE orders DROP COLUMN note;\n"}
    email = {"0003_email.up.sql": "ALTER TABLE orders ADD COLUMN email text"}
    for check_mode in (True, False):
        answer = with_orders.migrate({**ORDERS, **drop, **email}, serves="0001_orders", check_mode=check_mode)
        assert (answer.get("error"), answer.get("late")) == ("OutOfOrder", ["0003_email.up.sql"]), answer
    assert with_orders.has_column("note")
    assert not with_orders.has_column("email")


@pytest.mark.parametrize("missing", ["DROP COLUMN contract, DROP COLUMN position", "DROP COLUMN position"])
def test_a_history_of_an_older_version_of_this_collection_is_gone_on_with(with_orders: Shop, missing: str) -> None:
    with with_orders.connect() as connection:
        connection.execute(f"ALTER TABLE mainstay.migrations {missing}".encode())
    files = {**ORDERS, **EMAIL}
    assert with_orders.info(files)["pending"] == ["0002_email"]
    assert with_orders.migrate(files)["applied"] == ["0002_email"]
    assert [row["version"] for row in with_orders.info(files)["history"]] == ["0001", "0002"]


COUNT = "UPDATE orders SET seen = seen + 1 WHERE id > $1 AND id <= $2"


@pytest.fixture
def with_rows(with_orders: Shop) -> Shop:
    with with_orders.connect() as connection:
        connection.execute(b"ALTER TABLE orders ADD COLUMN seen int NOT NULL DEFAULT 0")
        connection.execute(b"INSERT INTO orders SELECT n * 7 FROM generate_series(1, 100) n")
    return with_orders


def backfill(terms: str = "", statement: str = COUNT) -> dict[str, str]:
    return {**ORDERS, "0002_fill.up.sql": f"-- mainstay: backfill orders by id{terms}\n{statement};\n"}


def seen(shop: Shop) -> Any:
    return shop.value("SELECT string_agg(DISTINCT seen::text, ',') FROM orders")


def test_a_backfill_writes_every_row_once_in_batches(with_rows: Shop) -> None:
    files = backfill(", batch 30")
    assert with_rows.migrate(files, check_mode=True)["pending"] == ["0002_fill"]
    answer = with_rows.migrate(files)
    assert answer["backfilled"] == [{"migration": "0002_fill", "rows": 100, "batches": 4}]
    assert seen(with_rows) == "1"
    assert with_rows.value("SELECT count(DISTINCT xmin::text) FROM orders") == 4, "each batch is a transaction of its own"
    assert with_rows.value("SELECT count(*) FROM mainstay.backfills") == 0
    assert not with_rows.migrate(files)["changed"]


def test_a_backfill_that_is_killed_leaves_nothing_and_the_next_run_goes_on_behind_it(with_rows: Shop) -> None:
    files = backfill(", batch 10, pause 200ms")
    process = with_rows.start(files)
    progress = "SELECT coalesce(max(batches), 0) FROM mainstay.backfills"
    there = "SELECT to_regclass('mainstay.backfills') IS NOT NULL"
    assert eventually(lambda: with_rows.value(there) and with_rows.value(progress) >= 2, within=30)
    kill(process)
    assert eventually(lambda: with_rows.backends() == 0, within=20), "the backend outlived its client"
    assert seen(with_rows) == "0,1"
    assert with_rows.info(files)["dirty"] == ["0002_fill"]
    answer = with_rows.migrate(files)
    assert [step["action"] for step in answer["steps"]] == ["resume"]
    assert answer["backfilled"] == [{"migration": "0002_fill", "rows": 100, "batches": 10}]
    assert seen(with_rows) == "1"


def test_a_backfill_killed_amid_a_batch_undoes_that_batch_alone(with_rows: Shop) -> None:
    slow = COUNT.replace("seen + 1", "seen + 1 + 0 * length(pg_sleep(CASE WHEN id > 70 THEN 30 ELSE 0 END)::text)")
    process = with_rows.start(backfill(", batch 10", slow))
    assert eventually(with_rows.is_waiting("PgSleep"), within=30)
    kill(process)
    assert eventually(lambda: with_rows.backends() == 0, within=20), "the backend outlived its client"
    assert with_rows.value("SELECT count(*) FROM orders WHERE seen = 1") == 10
    assert with_rows.value("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass") == 0


def test_a_backfill_that_meets_a_lock_gives_way_and_ends_at_the_deadline_with_what_it_did(with_rows: Shop) -> None:
    with with_rows.connect() as other, other.transaction():
        other.execute(b"SELECT * FROM orders WHERE id = 350 FOR UPDATE")
        answer = with_rows.migrate(backfill(", batch 25"), deadline="2s")
        assert answer["error"] == "TimedOut"
    assert with_rows.value("SELECT count(*) FROM orders WHERE seen = 1") == 25
    assert with_rows.migrate(backfill(", batch 25"))["backfilled"][0]["rows"] == 100
    assert seen(with_rows) == "1"


@pytest.fixture
def replica(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """A standby of the server, for as long as the test."""
    data, port = f"{postgres.root}/replica{next(COUNTER)}", free_port()
    postgres.run("pg_basebackup", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres", "-D", data, "-R", "-c", "fast")
    postgres.run("pg_ctl", "-D", data, "-l", f"{data}.log", "-o", f"-p {port}", "-w", "start")
    try:
        with Server(postgres.root, port).connect() as connection:
            yield connection
    finally:
        postgres.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def test_a_backfill_waits_for_a_replica_that_is_behind(with_rows: Shop, replica: psycopg.Connection[Any]) -> None:
    replica.execute(b"SELECT pg_wal_replay_pause()")
    answer = with_rows.migrate(backfill(", batch 10"), deadline="4s", max_lag="0s")
    assert (answer["error"], "a replica is" in answer["msg"]) == ("TimedOut", True), answer
    assert with_rows.value("SELECT count(*) FROM orders WHERE seen = 1") == 10
    replica.execute(b"SELECT pg_wal_replay_resume()")
    assert with_rows.migrate(backfill(", batch 10"))["backfilled"][0]["rows"] == 100
    assert seen(with_rows) == "1"


def test_a_role_that_may_not_see_replicas_is_refused(with_rows: Shop, replica: psycopg.Connection[Any]) -> None:
    owner = f"owner_{with_rows.name}"
    with with_rows.connect() as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN; ALTER TABLE orders OWNER TO {owner}".encode())
        connection.execute(f"ALTER DATABASE {with_rows.name} OWNER TO {owner}; ALTER SCHEMA mainstay OWNER TO {owner}".encode())
        connection.execute(f"ALTER TABLE mainstay.migrations OWNER TO {owner}".encode())
    arguments = with_rows.arguments(backfill())
    arguments["database"]["user"] = owner
    answer = run("db_migrate", arguments)
    assert (answer["error"], "pg_read_all_stats" in answer["msg"]) == ("Refused", True), answer


def test_a_backfill_by_a_key_that_is_no_number_is_refused(with_rows: Shop) -> None:
    by_text = {**ORDERS, "0002_fill.up.sql": backfill()["0002_fill.up.sql"].replace("by id", "by note")}
    with with_rows.connect() as connection:
        connection.execute(b"UPDATE orders SET note = 'x'")
    assert with_rows.migrate(by_text)["failed"]
    assert seen(with_rows) == "0"


def ansible(module: str, arguments: Mapping[str, Any], python: str = sys.executable) -> dict[str, Any]:
    command = [f"{Path(sys.executable).parent}/ansible", "localhost", "-m", f"mainstay.ops.{module}", "-a", json.dumps(arguments)]
    variables = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_INJECT_INVOCATION": "1"}
    variables["ANSIBLE_STDOUT_CALLBACK"] = "ansible.builtin.oneline"
    done = subprocess.run(
        [*command, "-e", f"ansible_python_interpreter={python}", "-vvv"],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        timeout=120,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("localhost | "))
    answer = json.loads(line[line.index("{") :])
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in {**ORDERS, **EMAIL}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_ansible_brings_the_directory_from_the_controller_and_does_not_print_it(a_shop: Shop, directory: Path) -> None:
    arguments = {"src": str(directory), "database": a_shop.server.database(a_shop.name)}
    answer = ansible("db_migrate", arguments)
    assert answer["applied"] == ["0001_orders", "0002_email"]
    assert "CREATE TABLE" not in json.dumps(answer)
    assert ansible("db_migrate_info", {**arguments, "remote_src": True})["pending"] == []


def test_the_controller_lints_for_a_host_that_has_no_squawk(with_orders: Shop, tmp_path: Path) -> None:
    """An interpreter with the same libraries, but without squawk beside it."""
    python = tmp_path / "python"
    base, packages = Path(sys.executable).resolve(), sysconfig.get_path("purelib")
    python.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin PYTHONPATH={packages} exec {base} "$@"\n')
    python.chmod(0o755)
    for name, text in {**ORDERS, **UNSAFE}.items():
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_text(text)
    arguments = {"src": str(tmp_path / "files"), "database": with_orders.server.database(with_orders.name)}
    answer = ansible("db_migrate", arguments, python=str(python))
    assert (answer["error"], "to_lint" in answer) == ("UnsafeMigration", False)
    (tmp_path / "files" / "0002_index.up.sql").write_text("ALTER TABLE orders ADD COLUMN email text")
    assert ansible("db_migrate", arguments, python=str(python))["applied"] == ["0002_index"]


def test_a_directory_that_is_not_there_is_a_sentence(a_shop: Shop, tmp_path: Path) -> None:
    arguments = {"src": str(tmp_path / "nope"), "database": a_shop.server.database(a_shop.name)}
    assert ansible("db_migrate", arguments)["error"] == "InvalidInput"
    assert ansible("db_migrate", {**arguments, "remote_src": True})["error"] == "NotFound"
