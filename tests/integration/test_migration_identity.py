"""Only the server that the plan was made for is written to: a promoted standby or another cluster behind the address is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._migration import operation
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Server as Cluster
from ansible_collections.mainstay.ops.plugins.module_utils._migration.refused import WrongServer
from migration_server import Server, run, server
from migration_shop import EMAIL, ORDERS, Shop, created
from ports import free_port
from test_db_migrate_alembic import FIRST, SECOND, STOCK, wanted

FILES = {**ORDERS, **EMAIL}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def with_orders(postgres: Server) -> Shop:
    shop = Shop(postgres, created(postgres))
    assert shop.migrate(ORDERS)["changed"]
    return shop


@contextmanager
def standby(primary: Server) -> Iterator[Server]:
    """A second server in the primary's directory, that follows it."""
    beside, data = Server(primary.root, free_port()), f"{primary.root}/standby"
    primary.run("pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-D", data, "-R", "-c", "fast")
    primary.run("pg_ctl", "-D", data, "-l", f"{data}.log", "-o", f"-p {beside.port}", "-w", "start")
    try:
        yield beside
    finally:
        primary.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def fail_over(primary: Server) -> None:
    """The primary dies, its standby is promoted, and takes its port."""
    data = f"{primary.root}/standby"
    primary.run("pg_ctl", "-D", f"{primary.root}/data", "-m", "immediate", "-w", "stop")
    primary.run("pg_ctl", "-D", data, "-w", "promote")
    primary.run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    primary.run("pg_ctl", "-D", data, "-l", f"{data}.log", "-o", f"-p {primary.port}", "-w", "start")


def test_a_standby_that_was_promoted_behind_the_same_port_since_the_plan_gets_nothing() -> None:
    with server() as primary:
        shop = Shop(primary, created(primary))
        shop.migrate(ORDERS)
        with standby(primary):
            wants = operation.DB_MIGRATE.parse(shop.arguments(FILES))
            found = operation.DB_MIGRATE.read(wants)
            planned = operation.DB_MIGRATE.plan(wants, found)
            assert [step.subject for step in planned.steps] == ["0002_email"]
            fail_over(primary)
            with pytest.raises(WrongServer, match=r"on timeline 1, but system .* on timeline 2 answers now"):
                operation.DB_MIGRATE.apply(wants, found, planned)
            assert not shop.has_column("email")
            assert shop.info(FILES)["pending"] == ["0002_email"]
            identifier = shop.info(FILES)["server"]["system_identifier"]
            assert shop.migrate(FILES, expect_system_identifier=identifier)["server"]["timeline"] == 2
            assert shop.has_column("email")


def test_another_cluster_than_the_inventory_means_is_refused_before_anything_runs(with_orders: Shop) -> None:
    for check_mode in (True, False):
        answer = with_orders.migrate(FILES, expect_system_identifier="7000000000000000000", check_mode=check_mode)
        assert (answer["error"], "another cluster" in answer["msg"]) == ("WrongServer", True)
    assert not with_orders.has_column("email")
    identifier = with_orders.value("SELECT system_identifier::text FROM pg_control_system()")
    for check_mode in (True, False):
        answer = with_orders.migrate(FILES, expect_system_identifier=identifier, check_mode=check_mode)
        assert answer["server"] == {"system_identifier": identifier, "timeline": 1}
    assert not with_orders.migrate(FILES, expect_system_identifier=identifier)["changed"]


def test_another_cluster_than_the_inventory_means_is_not_repaired(with_orders: Shop) -> None:
    with with_orders.connect() as connection:
        connection.execute(b"UPDATE mainstay.migrations SET checksum = 'another'")
    identifier = with_orders.value("SELECT system_identifier::text FROM pg_control_system()")
    told = with_orders.repair(ORDERS, expect_system_identifier=identifier)
    choice = {"repairs": {"0001_orders": "checksum"}, "seen": told["seen"], "confirm": told["confirm"]}
    for check_mode in (True, False):
        answer = with_orders.repair(ORDERS, **choice, expect_system_identifier="7000000000000000000", check_mode=check_mode)
        assert (answer["error"], "another cluster" in answer["msg"]) == ("WrongServer", True)
    assert with_orders.value("SELECT checksum FROM mainstay.migrations") == "another"
    assert with_orders.repair(ORDERS, **choice, expect_system_identifier=identifier)["troubles"] == []


LATER = {
    "in a transaction": "ALTER TABLE orders ADD COLUMN email text",
    "without": "-- mainstay: no-transaction\nCREATE INDEX CONCURRENTLY orders_note ON orders (note)",
    "in batches": "-- mainstay: backfill orders by id\nUPDATE orders SET note = 'b' WHERE id > $1 AND id <= $2",
}
WRITTEN = "SELECT (SELECT count(*) FROM mainstay.migrations) + (SELECT count(*) FROM pg_class WHERE relname = 'orders_note')"


@pytest.mark.parametrize("way", LATER)
def test_a_session_that_is_with_another_server_all_at_once_writes_nothing(with_orders: Shop, way: str) -> None:
    """As behind a proxy that moves sessions."""
    with with_orders.connect() as connection:
        connection.execute(b"INSERT INTO orders VALUES (1, 'a')")
    wants = operation.DB_MIGRATE.parse(with_orders.arguments({**ORDERS, "0002_later.up.sql": LATER[way]}))
    found = operation.DB_MIGRATE.read(wants)
    planned = operation.DB_MIGRATE.plan(wants, found)
    with operation._turn(wants, found) as runner:
        elsewhere = replace(runner, server=Cluster(runner.server.system_identifier, runner.server.timeline + 1))
        with pytest.raises(WrongServer):
            operation._perform(wants, elsewhere, planned, found)
    assert with_orders.value(WRITTEN) == 1
    assert with_orders.value("SELECT note FROM orders") == "a"
    assert not with_orders.has_column("email")


STRAYS = """
from pathlib import Path

count = Path({count!r})
calls = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(calls))
from alembic import context
if calls >= {calls}:
    url = context.config.get_main_option("sqlalchemy.url").replace("{port}", "{other}")
    context.config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.mark.parametrize("calls", [1, 4, 5, 6])
def test_a_session_that_env_py_opens_to_another_cluster_is_refused(
    postgres: Server, elsewhere: Server, tmp_path: Path, calls: int
) -> None:
    """Each run through env.py opens a session of its own; from one of them on the address leads to another cluster."""
    name = created(postgres)
    with elsewhere.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    ports = {"port": f"port={postgres.port}", "other": f"port={elsewhere.port}"}
    env = STRAYS.format(count=str(tmp_path / "calls"), calls=calls, **ports) + STOCK
    answer = run("db_migrate", wanted(postgres.database(name), env, FIRST, SECOND))
    assert (answer["error"], answer.get("applied", [])) == ("WrongServer", ["a1_x"] if calls == 6 else []), answer
    with elsewhere.connect(name) as connection:
        assert connection.execute(b"SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone() == (0,)


def test_an_ordinary_role_may_ask_which_server_it_is(with_orders: Shop) -> None:
    owner = f"owner_{with_orders.name}"
    with with_orders.connect() as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN; GRANT USAGE ON SCHEMA mainstay TO {owner}".encode())
        connection.execute(f"GRANT SELECT ON mainstay.migrations TO {owner}".encode())
    arguments = with_orders.arguments(ORDERS)
    arguments["database"]["user"] = owner
    assert run("db_migrate_info", arguments)["server"]["timeline"] == 1
