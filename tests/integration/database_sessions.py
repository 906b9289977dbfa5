"""Sessions that do what applications do at their worst, and the modules that look after a database run against them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from migration_server import CONFIGURATION, Server, eventually, run

COUNTER = itertools.count()
CARED_FOR = f"{CONFIGURATION}max_prepared_transactions = 5\nautovacuum = off\nshared_preload_libraries = pg_stat_statements\n"


class Shop:
    """One test's database, with a role for the application and one for who looks after it."""

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"shop{next(COUNTER)}"
        self.app, self.operator, self.owner = f"{self.name}_app", f"{self.name}_operator", f"{self.name}_owner"
        roles = [f"CREATE ROLE {role} LOGIN" for role in (self.app, self.operator, self.owner)]
        rights = [f"GRANT pg_read_all_stats TO {self.owner}", f"GRANT pg_read_all_stats, pg_signal_backend TO {self.operator}"]
        self.do(*roles, *rights, f"CREATE DATABASE {self.name} OWNER {self.owner}", dbname="postgres")
        table = "CREATE TABLE orders (id int PRIMARY KEY, note text)"
        rows = "INSERT INTO orders SELECT n, 'note ' || n FROM generate_series(1, 100) n"
        self.do(table, rows, f"ALTER TABLE orders OWNER TO {self.owner}", f"GRANT ALL ON orders TO {self.app}")

    def do(self, *statements: str, dbname: str = "") -> None:
        with self.server.connect(dbname or self.name) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def value(self, query: str) -> Any:
        with self.server.connect(self.name) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

    def database(self, user: str = "") -> dict[str, Any]:
        return {**self.server.database(self.name), "user": user or self.operator}

    def run(self, module: str, *, user: str = "", check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run(module, {"database": self.database(user), **options}, check_mode=check_mode)

    @contextmanager
    def client(self, application: str = "api", user: str = "") -> Iterator[psycopg.Connection[Any]]:
        """A session of the application, whatever becomes of it."""
        where = f"host=127.0.0.1 port={self.server.port} dbname={self.name} user={user or self.app}"
        connection = psycopg.connect(f"{where} application_name='{application}'", autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def forgetful(self, row: int = 1, application: str = "api", user: str = "") -> Iterator[int]:
        """The pid of a session that changed a row and forgot to end its transaction."""
        with self.client(application, user) as connection:
            connection.execute(f"BEGIN; UPDATE orders SET note = 'hunter22' WHERE id = {row}".encode())
            yield connection.info.backend_pid

    @contextmanager
    def at_work(self, statement: str, user: str = "") -> Iterator[int]:
        """The pid of a session whose statement runs, in a thread, until somebody ends it."""
        with self.client(user=user) as connection, self.running(connection, statement) as pid:
            assert eventually(lambda: self.state(pid) == "active")
            yield pid

    @contextmanager
    def running(self, connection: psycopg.Connection[Any], statement: str) -> Iterator[int]:
        """The pid of this session, with the statement sent in a thread; the session is ended afterwards."""
        pid = connection.info.backend_pid
        thread = threading.Thread(target=_quietly, args=(connection, statement))
        thread.start()
        try:
            yield pid
        finally:
            self.do(f"SELECT pg_terminate_backend({pid})")
            thread.join(10)

    def state(self, pid: int) -> str:
        """The state of a session, empty if it is gone."""
        return self.value(f"SELECT state FROM pg_stat_activity WHERE pid = {pid}") or ""

    def waits(self, pid: int) -> bool:
        return eventually(lambda: self.value(f"SELECT wait_event_type FROM pg_stat_activity WHERE pid = {pid}") == "Lock")


def subjects(report: Mapping[str, Any]) -> list[str]:
    return [finding["subject"] for finding in report["findings"]]


def _quietly(connection: psycopg.Connection[Any], statement: str) -> None:
    with suppress(psycopg.Error):
        connection.execute(statement.encode())
