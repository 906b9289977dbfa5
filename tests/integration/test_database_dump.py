"""database_dump and database_load against a real PostgreSQL: round trips, flipped bits, killed runs, and what is refused."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._dump.model import DumpDamaged
from ansible_collections.mainstay.ops.plugins.module_utils._dump.shelf import verified
from migration_server import Server, eventually, result, run, server, start
from psycopg import sql

COUNTER = itertools.count()
SHOP = """
    CREATE TYPE state AS ENUM ('new', 'paid');
    CREATE TABLE customers (id serial PRIMARY KEY, mail text UNIQUE);
    CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state state NOT NULL DEFAULT 'new',
        customer int REFERENCES customers, total numeric CHECK (total >= 0), receipt bytea);
    CREATE TABLE "order_Lines" (orders bigint REFERENCES orders, text text);
    CREATE TABLE events (day date NOT NULL, said text) PARTITION BY RANGE (day);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE VIEW paid AS SELECT * FROM orders WHERE state = 'paid';
    CREATE MATERIALIZED VIEW totals AS SELECT sum(total) FROM orders;
    INSERT INTO customers (mail) SELECT 'c' || n FROM generate_series(1, 20) n;
    INSERT INTO orders (customer, state, total, receipt)
        SELECT 1 + n % 20, CASE n % 2 WHEN 0 THEN 'paid' ELSE 'new' END::state, n, decode(md5(n::text), 'hex')
        FROM generate_series(1, 500) n;
    INSERT INTO "order_Lines" SELECT id, 'line of ' || id FROM orders;
    INSERT INTO events VALUES ('2026-05-01', 'hello');
"""
PRINT = {
    "orders": "SELECT count(*), sum(total), md5(string_agg(o::text, ',' ORDER BY id)) FROM {}.orders o",
    "lines": "SELECT count(*), md5(string_agg(l::text, ',' ORDER BY orders)) FROM {}.\"order_Lines\" l",
}
ROWS = {"public.customers": 20, "public.events_1": 1, "public.order_Lines": 500, "public.orders": 500}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


class Shop:
    """One test's database and its directory of dumps."""

    def __init__(self, postgres: Server, name: str, dest: Path) -> None:
        self.server, self.name, self.dest = postgres, name, dest

    def ask(self, question: str, dbname: str = "") -> list[tuple[Any, ...]]:
        with self.server.connect(dbname or self.name) as connection:
            cursor = connection.execute(question.encode())
            return cursor.fetchall() if cursor.description else []

    def print(self, dbname: str = "", schema: str = "public") -> list[Any]:
        """What is in its tables, as one value each."""
        return [self.ask(question.format(schema), dbname) for question in PRINT.values()]

    def asked(self, **options: Any) -> dict[str, Any]:
        return {"database": self.server.database(self.name), **options}

    def dump(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run("database_dump", self.asked(dest=str(self.dest), **options), check_mode=check_mode)

    def load(self, src: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run("database_load", self.asked(src=src, **options), check_mode=check_mode)

    def databases(self) -> set[str]:
        return {row[0] for row in self.ask("SELECT datname FROM pg_database", "postgres")}

    def files(self) -> set[str]:
        return {path.suffix for path in self.dest.iterdir()}

    @contextmanager
    def locked(self, table: str) -> Iterator[psycopg.Connection[Any]]:
        """Nobody else can read the table meanwhile."""
        with self.server.connect(self.name) as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {table}".encode())
            yield connection

    def waiting(self) -> bool:
        return bool(self.ask(f"SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{self.name}'"))


@pytest.fixture
def shop(postgres: Server, tmp_path: Path) -> Shop:
    one = Shop(postgres, f"shop{next(COUNTER)}", tmp_path)
    one.ask(f"CREATE DATABASE {one.name}", "postgres")
    one.ask(SHOP)
    return one


def test_a_database_comes_back_whole_beside_the_old(shop: Shop) -> None:
    shop.dest = shop.dest / "dumps"
    predicted = shop.dump(check_mode=True)
    assert (predicted["changed"], shop.dest.exists()) == (True, False)
    dumped = shop.dump()
    assert [step["action"] for step in dumped["steps"]] == [step["action"] for step in predicted["steps"]] == ["create", "dump"]
    assert shop.dest.stat().st_mode & 0o777 == 0o700
    assert dumped["rows"] == ROWS
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in shop.dest.iterdir())
    manifest = json.loads(Path(dumped["file"]).with_suffix(".json").read_text())
    assert (manifest["sha256"], manifest["database"], manifest["server"][:2]) == (dumped["sha256"], shop.name, "15")

    before = shop.databases()
    wanted = shop.load(dumped["file"], check_mode=True, into=f"{shop.name}_copy")
    assert (wanted["changed"], wanted["into"], shop.databases()) == (True, f"{shop.name}_copy", before)
    done = shop.load(dumped["file"], into=f"{shop.name}_copy")
    assert (done["into"], done["rows"]) == (f"{shop.name}_copy", ROWS)
    assert shop.databases() == before | {f"{shop.name}_copy"}
    assert shop.print(f"{shop.name}_copy") == shop.print()
    assert shop.ask("SELECT count(*) FROM paid", f"{shop.name}_copy") == [(250,)]
    assert shop.ask("INSERT INTO customers (mail) VALUES ('new') RETURNING id", f"{shop.name}_copy") == [(21,)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.ask("INSERT INTO orders (customer) VALUES (99)", f"{shop.name}_copy")
    again = shop.load(dumped["file"], into=f"{shop.name}_copy")
    assert (again["failed"], again["error"]) == (True, "Refused")
    assert "none is overwritten" in again["msg"]


def test_with_jobs_it_is_the_same(shop: Shop) -> None:
    done = shop.load(shop.dump()["file"], jobs=2)
    assert done["into"].startswith(f"{shop.name}_restored_")
    assert shop.print(done["into"]) == shop.print()


@pytest.mark.parametrize("dumped", [[], ["orders", "order_Lines"]], ids=["a whole dump", "a dump of tables"])
def test_tables_come_back_in_a_schema_of_their_own(shop: Shop, dumped: list[str]) -> None:
    whole = shop.dump(tables=dumped)
    before = shop.databases()
    asked = ["orders", "public.order_Lines"]
    predicted = shop.load(whole["file"], check_mode=True, tables=asked)
    done = shop.load(whole["file"], tables=asked)
    assert [step["action"] for step in done["steps"]] == [step["action"] for step in predicted["steps"]] == ["load", "load"]
    assert shop.databases() == before
    assert shop.print(schema=done["schema"]) == shop.print()
    assert done["dropped_foreign_keys"] == ["orders_customer_fkey of public.orders to public.customers"]
    keys = shop.ask(f"SELECT conname FROM pg_constraint WHERE connamespace = '{done['schema']}'::regnamespace ORDER BY 1")
    assert {key for (key,) in keys} == {"orders_pkey", "orders_total_check", "order_Lines_orders_fkey"}
    assert shop.ask(f"INSERT INTO {done['schema']}.orders (total) VALUES (1) RETURNING id") == [(501,)]
    assert shop.ask("SELECT count(*) FROM orders") == [(500,)], "the live table"


def test_partitions_come_along(shop: Shop) -> None:
    done = shop.load(shop.dump(tables=["events"])["file"], tables=["events"])
    assert shop.ask(f"SELECT said FROM {done['schema']}.events") == [("hello",)]
    assert shop.ask("SELECT count(*) FROM events") == [(1,)]
    assert "partition of public.events" in shop.dump(tables=["events_1"])["msg"]


def test_a_dump_of_tables_is_no_database(shop: Shop) -> None:
    refused = shop.load(shop.dump(tables=["orders"])["file"])
    assert (refused["failed"], "give tables" in refused["msg"]) == (True, True)
    missing = shop.dump(tables=["Orders"])
    assert (missing["error"], "public.orders" in missing["msg"]) == ("NotFound", True)


def test_an_heir_is_not_put_below_a_live_table(shop: Shop) -> None:
    shop.ask("CREATE TABLE old_orders () INHERITS (customers)")
    dumped = shop.dump()
    refused = shop.load(dumped["file"], tables=["old_orders"])
    assert (refused["failed"], "inherits" in refused["msg"]) == (True, True)
    assert not shop.load(dumped["file"], tables=["old_orders", "customers"]).get("failed")


def test_a_flipped_bit_is_refused_before_anything(shop: Shop) -> None:
    file = Path(shop.dump()["file"])
    content, before = file.read_bytes(), shop.databases()
    for position in range(0, len(content), 97):
        file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(DumpDamaged):
            verified(str(file))
    refused = shop.load(str(file))
    assert (refused["failed"], refused["error"]) == (True, "DumpDamaged")
    file.write_bytes(content[:-1])
    with pytest.raises(DumpDamaged):
        verified(str(file))
    file.write_bytes(content)
    assert verified(str(file)).rows == ROWS
    file.with_suffix(".json").unlink()
    with pytest.raises(NotFound):
        verified(str(file))
    assert shop.databases() == before


def children(pid: int) -> list[int]:
    """Processes that the module started."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(one) for one in found]


def test_a_dump_whose_pg_dump_is_killed_leaves_nothing(shop: Shop) -> None:
    with shop.locked("orders"):
        process = start("database_dump", shop.asked(dest=str(shop.dest)))
        assert eventually(lambda: shop.waiting() and bool(children(process.pid)), 10)
        assert b"PGPASSWORD" not in Path(f"/proc/{children(process.pid)[0]}/cmdline").read_bytes()
        os.kill(children(process.pid)[0], signal.SIGKILL)
    failed = result(process)
    assert (failed["failed"], failed["error"]) == (True, "ProgramFailed")
    assert "signal 9" in failed["msg"]
    assert list(shop.dest.iterdir()) == []


def test_a_killed_dump_looks_like_none_and_the_next_clears_up(shop: Shop) -> None:
    with shop.locked("orders"):
        process = start("database_dump", shop.asked(dest=str(shop.dest)))
        assert eventually(lambda: shop.waiting() and bool(children(process.pid)), 10)
        [child] = children(process.pid)
        [part] = list(shop.dest.iterdir())
        assert part.name.startswith(".")
        beside = shop.dump(check_mode=True)
        assert [step["action"] for step in beside["steps"]] == ["dump"], "it is still written"
        process.kill()
        process.wait()
        assert eventually(lambda: not Path(f"/proc/{child}").exists()), "pg_dump outlived its module"
    assert not shop.load(str(part)).get("changed")
    after = shop.dump()
    assert [step["action"] for step in after["steps"]] == ["remove", "dump"]
    assert shop.files() == {".dump", ".json"}


def test_rows_that_come_during_the_dump_are_in_neither(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the counting and pg_dump, which is held up here, so that its own snapshot would be a later one."""
    shop.dest, late = tmp_path / "dumps", tmp_path / "pg_dump"
    late.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || {{ touch {tmp_path}/here; until [ -e {tmp_path}/go ]; do sleep 0.02; done; }}\n'
        'exec /usr/bin/pg_dump "$@"\n'
    )
    late.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    process = start("database_dump", shop.asked(dest=str(shop.dest)))
    assert eventually((tmp_path / "here").exists, 20)
    shop.ask("INSERT INTO customers (mail) SELECT 'late' || n FROM generate_series(1, 9) n")
    (tmp_path / "go").touch()
    dumped = result(process)
    assert dumped["rows"]["public.customers"] == 20
    assert shop.load(dumped["file"])["rows"]["public.customers"] == 20


def test_older_dumps_of_the_same_go(shop: Shop) -> None:
    made = [shop.dump(keep=1)["file"] for _ in range(2)]
    shop.dump(keep=1, tables=["orders"])
    assert sorted(str(path) for path in shop.dest.glob("*.dump"))[:2] == made, "one of tables is another series"
    third = shop.dump(keep=1)
    assert [step["action"] for step in third["steps"]] == ["dump", "remove"]
    assert len(list(shop.dest.glob("*.dump"))) == len(list(shop.dest.glob("*.json"))) == 3
    assert not Path(made[0]).exists()


def test_a_statement_that_fails_fails_it_all(shop: Shop) -> None:
    shop.ask(f"CREATE ROLE reader_{shop.name}", "postgres")
    shop.ask(f"GRANT SELECT ON orders TO reader_{shop.name}")
    dumped = shop.dump()
    shop.ask(f"DROP OWNED BY reader_{shop.name}")
    shop.ask(f"DROP ROLE reader_{shop.name}", "postgres")
    before = shop.databases()
    for jobs in (1, 2):
        failed = shop.load(dumped["file"], jobs=jobs)
        assert (failed["failed"], failed["error"]) == (True, "ProgramFailed")
        assert f'role "reader_{shop.name}" does not exist' in failed["msg"]
    assert shop.databases() == before


def test_a_table_that_does_not_fit_the_live_types_leaves_nothing(shop: Shop) -> None:
    dumped = shop.dump()
    shop.ask("ALTER TYPE state RENAME TO status")
    failed = shop.load(dumped["file"], tables=["orders"])
    assert (failed["failed"], failed["error"]) == (True, "ProgramFailed")
    assert shop.ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'restored%'") == [(0,)]
    assert not [name for name in shop.databases() if "scratch" in name]


def test_a_manifest_that_counts_other_rows_fails_it(shop: Shop) -> None:
    file = Path(shop.dump()["file"])
    manifest = json.loads(file.with_suffix(".json").read_text())
    manifest["tables"][0]["rows"] += 1
    file.with_suffix(".json").write_text(json.dumps(manifest))
    before = shop.databases()
    failed = shop.load(str(file))
    assert (failed["error"], "public.customers has 20 rows instead of 21" in failed["msg"]) == ("RowsDiffer", True)
    assert shop.databases() == before


def test_a_killed_load_leaves_a_scratch_database_that_the_next_drops(shop: Shop) -> None:
    dumped = shop.dump()
    scratch = "SELECT datname FROM pg_database WHERE datname LIKE 'mainstay_scratch%'"
    process = start("database_load", shop.asked(src=dumped["file"]))
    assert eventually(lambda: bool(shop.ask(scratch, "postgres")), 10)
    process.kill()
    process.wait()
    assert eventually(lambda: bool(shop.ask(scratch, "postgres")))
    after = shop.load(dumped["file"])
    assert [step["action"] for step in after["steps"]] == ["drop", "load"]
    assert shop.ask(scratch, "postgres") == []


def test_a_database_is_replaced_when_that_was_typed(shop: Shop) -> None:
    shop.ask(f"ALTER DATABASE {shop.name} SET search_path = public, extra")
    shop.ask(f"REVOKE ALL ON DATABASE {shop.name} FROM PUBLIC")
    dumped, before = shop.dump(), shop.print()
    shop.ask('DELETE FROM "order_Lines"')
    asked = {"src": dumped["file"], "replace": True, "environment": "staging"}
    untyped = run("database_load", shop.asked(**asked, confirm=f"production {shop.name}"))
    assert (untyped["failed"], untyped["confirm"]) == (True, f"staging {shop.name}")
    asked["confirm"] = f"staging {shop.name}"
    with shop.server.connect(shop.name):
        refused = run("database_load", shop.asked(**asked))
        assert (refused["failed"], refused["error"]) == (True, "StillConnected")
        assert "postgres of test" in refused["msg"]
        assert run("database_load", shop.asked(**asked, disconnect=True), check_mode=True)["changed"]
        assert shop.ask('SELECT count(*) FROM "order_Lines"') == [(0,)]
        done = run("database_load", shop.asked(**asked, disconnect=True))
    assert [step["action"] for step in done["steps"]] == ["load", "rename", "rename"], done
    assert shop.print() == before
    assert shop.ask("SHOW search_path") == [("public, extra",)]
    acl = "SELECT datacl::text FROM pg_database WHERE datname = '{}'"
    assert shop.ask(acl.format(shop.name)) == shop.ask(acl.format(done["kept"]))
    assert shop.ask('SELECT count(*) FROM "order_Lines"', done["kept"]) == [(0,)], "the old one is kept"


def test_a_name_with_odd_characters_is_refused(shop: Shop) -> None:
    """More of them in the unit tests."""
    assert shop.dump(tables=["orders; DROP TABLE orders"])["error"] == "InvalidInput"
    assert shop.load("/a.dump", into="a'b")["error"] == "InvalidInput"


def test_a_right_that_is_missing_is_named(shop: Shop) -> None:
    role = f"owner_{shop.name}"
    shop.ask(
        f"CREATE ROLE {role} LOGIN CREATEDB; GRANT pg_read_all_data TO {role}; GRANT CREATE ON DATABASE {shop.name} TO {role}"
    )
    shop.ask(f"ALTER SCHEMA public OWNER TO {role}; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    database = {**shop.server.database(shop.name), "user": role}
    asked = {"database": database, "dest": str(shop.dest)}
    dumped = run("database_dump", asked)
    load = {"database": database, "src": dumped["file"]}
    assert run("database_load", {**load, "tables": ["orders"]})["schema"]
    assert run("database_load", {**load, "into": f"{role}_copy"})["into"]

    shop.ask(f"ALTER ROLE {role} NOCREATEDB")
    refused = run("database_load", load)
    assert (refused["error"], f"ALTER ROLE {role} CREATEDB" in refused["msg"]) == ("RightMissing", True)
    shop.ask(f"ALTER ROLE {role} CREATEDB; REVOKE CREATE ON DATABASE {shop.name} FROM {role}")
    refused = run("database_load", {**load, "tables": ["orders"]})
    assert (refused["error"], "GRANT CREATE ON DATABASE" in refused["msg"]) == ("RightMissing", True)
    typed = {"replace": True, "environment": "staging", "confirm": f"staging {shop.name}"}
    refused = run("database_load", {**load, **typed})
    assert (refused["error"], "does not own" in refused["msg"]) == ("RightMissing", True)
    shop.ask(f"REVOKE pg_read_all_data FROM {role}")
    refused = run("database_dump", asked)
    assert (refused["error"], f"GRANT pg_read_all_data TO {role}" in refused["msg"]) == ("RightMissing", True)


def test_the_words_of_sql_are_data(shop: Shop) -> None:
    """Names that others gave to their tables are quoted wherever they go."""
    with shop.server.connect(shop.name) as connection:
        for name in ('od"d; DROP TABLE orders; --', "per.iod", "*"):
            connection.execute(sql.SQL("CREATE TABLE {} AS SELECT 1 AS a").format(sql.Identifier(name)))
    assert shop.load(shop.dump(tables=["orders"])["file"], tables=["orders"])["rows"] == {"public.orders": 500}
    assert shop.load(shop.dump(name="odd")["file"])["rows"]["public.*"] == 1
