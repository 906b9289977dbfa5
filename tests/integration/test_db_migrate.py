"""db_migrate and db_migrate_info against a real PostgreSQL: killed clients, long readers, two runners, and what is refused."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migration_server import Server, eventually, free_port, result, run, server, start

COUNTER = itertools.count()
ORDERS = {"0001_orders.up.sql": "CREATE TABLE orders (id int PRIMARY KEY, note text);\n"}
EMAIL = {
    "0002_email.up.sql": "-- mainstay: compatible\nALTER TABLE orders ADD COLUMN email text;\n",
    "0002_email.down.sql": "ALTER TABLE orders DROP COLUMN email;\n",
}
INDEX = {
    "0002_index.up.sql": "-- mainstay: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note);\n",
}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def shop(postgres: Server) -> str:
    """A database of its own for each test."""
    name = f"shop{next(COUNTER)}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return name


class Shop:
    """One test's database, migrated and looked at."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name

    def arguments(self, files: Mapping[str, str], **options: Any) -> dict[str, Any]:
        return {"database": self.server.database(self.name), "files": dict(files), **options}

    def migrate(self, files: Mapping[str, str], *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run("db_migrate", self.arguments(files, **options), check_mode=check_mode)

    def start(self, files: Mapping[str, str], **options: Any) -> subprocess.Popen[str]:
        return start("db_migrate", self.arguments(files, **options))

    def info(self, files: Mapping[str, str]) -> dict[str, Any]:
        return run("db_migrate_info", self.arguments(files))

    def connect(self) -> psycopg.Connection[Any]:
        return self.server.connect(self.name)

    def value(self, query: str) -> Any:
        with self.connect() as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

    def backends(self) -> int:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND application_name = 'mainstay'"
        with self.server.connect() as connection:
            row = connection.execute(query.encode()).fetchone()
            assert row
            return int(row[0])

    def is_waiting(self, event: str) -> Callable[[], bool]:
        query = (
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND application_name = 'mainstay'"
            f" AND state = 'active' AND (wait_event_type = '{event}' OR wait_event = '{event}')"
        )
        return lambda: bool(self.value(query))

    @contextmanager
    def reader(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that has read orders and stays open."""
        with self.connect() as connection, connection.transaction():
            connection.execute(b"SELECT * FROM orders")
            yield connection

    def has_column(self, column: str) -> bool:
        return bool(self.value(f"SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('orders') AND attname = '{column}'"))


@pytest.fixture
def a_shop(postgres: Server, shop: str) -> Shop:
    return Shop(postgres, shop)


@pytest.fixture
def with_orders(a_shop: Shop) -> Shop:
    assert a_shop.migrate(ORDERS)["changed"]
    return a_shop


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


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
        assert eventually(lambda: with_orders.backends() == 0, within=5), "the backend outlived its client"
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
    assert eventually(lambda: with_orders.backends() == 0, within=5), "the backend outlived its client"
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
    assert 0.09 <= stall <= 0.150, f"{stall * 1000:.0f} ms: without a queue behind the ALTER this test shows nothing"


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
    slow = {"0002_slow.up.sql": "SELECT pg_sleep(8);\n"}
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
    odd = {"0002_odd.up.sql": "SET ROLE nobody_special; SET search_path = pg_temp; SELECT 1;"}
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
        assert (answer["sqlstate"], answer["line"]) == ("23505", 2)
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
        time.sleep(1)
    assert result(process)["retries"] == 0
    assert ended() < 0.100


def test_a_migration_without_transaction_that_broke_off_is_refused_until_it_is_repaired(with_orders: Shop) -> None:
    files = {
        **ORDERS,
        "0002_two.up.sql": "-- mainstay: no-transaction\nCREATE TABLE one ();\n-- then\nDROP TABLE nope;\nVACUUM orders;\n",
    }
    answer = with_orders.migrate(files)
    assert (answer["line"], answer["statement"], answer["sqlstate"]) == (4, 2, "42P01")
    answer = with_orders.migrate(files)
    assert (answer["error"], answer["unfinished"]) == ("Unfinished", ["0002_two"])
    with with_orders.connect() as connection:
        connection.execute(b"DROP TABLE one; CREATE TABLE nope ()")
    assert with_orders.migrate(files, repair=True)["applied"] == ["0002_two"]
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
    assert with_orders.migrate(files, direction="down", target="0")["error"] == "Irreversible"
    for check_mode in (True, False):
        answer = with_orders.migrate(files, direction="down", target="0001", check_mode=check_mode)
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
    with_orders.migrate({**ORDERS, **EMAIL, "0003_drop.up.sql": "ALTER TABLE orders DROP COLUMN note"})
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


def test_a_run_without_the_newest_fencing_token_migrates_nothing(with_orders: Shop, tmp_path: Path) -> None:
    from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff
    from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import Fence, held
    from ansible_collections.mainstay.ops.plugins.module_utils._migration import operation

    with held(Fence("test", 5, tmp_path)):
        pass
    arguments = with_orders.arguments({**ORDERS, **EMAIL}, fence={"environment": "test", "token": 4, "root": tmp_path})
    wanted = operation.DB_MIGRATE.parse(arguments)
    found = operation.DB_MIGRATE.read(wanted)
    with pytest.raises(FencedOff):
        operation.DB_MIGRATE.apply(wanted, found, operation.DB_MIGRATE.plan(wanted, found))
    assert not with_orders.has_column("email")


def ansible(module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    command = [f"{Path(sys.executable).parent}/ansible", "localhost", "-m", f"mainstay.ops.{module}", "-a", json.dumps(arguments)]
    variables = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_INJECT_INVOCATION": "1"}
    variables["ANSIBLE_STDOUT_CALLBACK"] = "ansible.builtin.oneline"
    done = subprocess.run(
        [*command, "-e", f"ansible_python_interpreter={sys.executable}", "-vvv"],
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


def test_a_directory_that_is_not_there_is_a_sentence(a_shop: Shop, tmp_path: Path) -> None:
    arguments = {"src": str(tmp_path / "nope"), "database": a_shop.server.database(a_shop.name)}
    assert ansible("db_migrate", arguments)["error"] == "InvalidInput"
    assert ansible("db_migrate", {**arguments, "remote_src": True})["error"] == "NotFound"
