"""A database to be migrated and looked at, one for each test."""

from __future__ import annotations

import itertools
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from migration_server import Server, run, start

COUNTER = itertools.count()
ORDERS = {"0001_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"}
EMAIL = {
    "0002_email.up.sql": "-- mainstay: compatible\nALTER TABLE orders ADD COLUMN email text;\n",
    "0002_email.down.sql": "-- mainstay: reversible because it is a test\nALTER TABLE orders DROP COLUMN email;\n",
}
MEANT = "-- mainstay: accept {} because a test means it\n"
DROP_NOTE = "-- mainstay: accept ban-drop-column because no code reads it\nALTER TABLE orders DROP COLUMN note"


def created(server: Server) -> str:
    """The name of a new database."""
    name = f"shop{next(COUNTER)}"
    with server.connect() as connection:
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

    def repair(self, files: Mapping[str, str], *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return run("db_migrate_repair", self.arguments(files, environment="test", **options), check_mode=check_mode)

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


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
