# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""db_migrate beside alembic: nothing pending, 200 migrations, and how long the application stalls behind a long reader.

Ours is the very file that Ansible lays on a target, run by its interpreter; the peer is ``alembic upgrade head`` with the
env.py that ``alembic init`` writes, shortened. Both run in turn, on a server that writes to disk as PostgreSQL does by default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mainstay.ops.tests.integration.migration_server import Server, server
from row import Measured, Row, measure, options, row, table

BIN = Path(sys.executable).parent
READER = 6.0
CONFIGURATION = "listen_addresses = '127.0.0.1'\n"
ENV = """
from alembic import context
from sqlalchemy import engine_from_config, pool

section = context.config.get_section(context.config.config_ini_section, {})
with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op

revision, down_revision = "r{number:04d}", {down!r}


def upgrade():
    op.execute({statement!r})


def downgrade():
    pass
"""


def rows(runs: int) -> list[Row]:
    """The rows of migrating; each figure is the median of so many runs."""
    with server(CONFIGURATION) as postgres, tempfile.TemporaryDirectory() as scratch:
        bench = Bench(postgres, Path(scratch))
        return [
            beside_alembic("migrate-noop", "1.5x or less", measure(runs, *bench.sides(1, applied=True))),
            beside_alembic("migrate-noop, 200 revisions", "below 1.0x", measure(runs, *bench.sides(200, applied=True))),
            beside_alembic("migrate-noop, 200 to apply", "below 1.0x", measure(runs, *bench.sides(200, applied=False))),
            beside_alembic("migrate-stall", "150 ms or less", measure(runs, *bench.stalls())),
        ]


def beside_alembic(name: str, goal: str, figures: tuple[Measured, ...]) -> Row:
    return row(name, figures[0], figures[1], goal=goal, unit="ms", against="alembic upgrade head")


Side = Callable[[], float]


@dataclass(frozen=True)
class Contender:
    """One side on a database of its own: a command to run, like an operator or Ansible would."""

    bench: Bench
    name: str
    command: list[str]
    applied: bool

    def __call__(self) -> float:
        if not self.applied:
            self.bench.fresh(self.name)
        began = time.monotonic()
        subprocess.run(self.command, check=True, capture_output=True, cwd=self.bench.scratch)
        return (time.monotonic() - began) * 1000


@dataclass(frozen=True)
class Stalled:
    """How long a reader of the table waits at most, while a side alters it behind a transaction that takes 6 s."""

    bench: Bench
    prepare: Contender
    alter: Contender

    def __call__(self) -> float:
        self.bench.fresh(self.prepare.name)
        subprocess.run(self.prepare.command, check=True, capture_output=True, cwd=self.bench.scratch)
        with self.bench.reading(self.prepare.name) as longest, self.bench.long_reader(self.prepare.name):
            self.alter()
        return longest()


@dataclass(frozen=True)
class Bench:
    """A server, and a directory for what the two sides run."""

    postgres: Server
    scratch: Path

    def sides(self, count: int, *, applied: bool) -> tuple[Side, Side]:
        statements = [f"CREATE TABLE t{number} (id bigint PRIMARY KEY, note text)" for number in range(1, count + 1)]
        name = f"{'noop' if applied else 'apply'}_{count}"
        pair = self.ours(f"ours_{name}", statements, applied), self.peer(f"peer_{name}", statements, applied)
        for side in pair:
            self.fresh(side.name)
            side() if applied else None
        return pair

    def stalls(self) -> tuple[Side, Side]:
        create, alter = "CREATE TABLE orders (id int)", "ALTER TABLE orders ADD COLUMN email text"
        return (
            Stalled(self, self.ours("ours_stall", [create], True), self.ours("ours_stall", [create, alter], True)),
            Stalled(self, self.peer("peer_stall", [create], True), self.peer("peer_stall", [create, alter], True)),
        )

    def ours(self, name: str, statements: list[str], applied: bool) -> Contender:
        self.fresh(name)
        source = self.scratch / f"{name}{len(statements)}"
        source.mkdir(exist_ok=True)
        for number, statement in enumerate(statements, 1):
            (source / f"{number:04d}_t.up.sql").write_text(statement)
        payload = on_the_target(source, {"src": str(source), "database": self.postgres.database(name), "release": "v1"})
        return Contender(self, name, [sys.executable, str(payload)], applied)

    def peer(self, name: str, statements: list[str], applied: bool) -> Contender:
        source = self.scratch / f"{name}{len(statements)}"
        (source / "versions").mkdir(parents=True, exist_ok=True)
        url = f"postgresql+psycopg://postgres@127.0.0.1:{self.postgres.port}/{name}"
        (source / "alembic.ini").write_text(f"[alembic]\nscript_location = {source}\nsqlalchemy.url = {url}\n")
        (source / "env.py").write_text(ENV)
        for number, statement in enumerate(statements, 1):
            down = f"r{number - 1:04d}" if number > 1 else None
            text = REVISION.format(number=number, down=down, statement=statement)
            (source / f"versions/r{number:04d}_t.py").write_text(text)
        return Contender(self, name, [str(BIN / "alembic"), "-c", str(source / "alembic.ini"), "upgrade", "head"], applied)

    def fresh(self, name: str) -> None:
        with self.postgres.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())

    @contextmanager
    def long_reader(self, name: str) -> Iterator[None]:
        """Reads the table and keeps its transaction open for 6 s, whatever happens meanwhile."""
        connection = self.postgres.connect(name)
        connection.execute(b"BEGIN; SELECT * FROM orders")
        timer = threading.Timer(READER, connection.close)
        timer.start()
        yield
        timer.join()

    @contextmanager
    def reading(self, name: str) -> Iterator[Callable[[], float]]:
        """An application that reads the table all the time; its longest wait in milliseconds."""
        ended = threading.Event()
        waits = [0.0]
        thread = threading.Thread(target=self._read, args=(name, ended, waits))
        thread.start()
        try:
            yield lambda: max(waits) * 1000
        finally:
            ended.set()
            thread.join()

    def _read(self, name: str, ended: threading.Event, waits: list[float]) -> None:
        with self.postgres.connect(name) as connection:
            while not ended.wait(0.002):
                began = time.monotonic()
                connection.execute(b"SELECT count(*) FROM orders")
                waits.append(time.monotonic() - began)


def on_the_target(source: Path, arguments: Mapping[str, object]) -> Path:
    """The file that Ansible makes of module, libraries and arguments, kept where it was laid after a first run."""
    kept = Path(f"{source}.remote")
    subprocess.run(
        [str(BIN / "ansible"), "localhost", "-m", "mainstay.ops.db_migrate", "-a", json.dumps(arguments)],
        env={**os.environ, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TMP": str(kept), "ANSIBLE_PIPELINING": "0"},
        check=True,
        capture_output=True,
    )
    (payload,) = kept.glob("*/AnsiballZ_db_migrate.py")
    return payload


if __name__ == "__main__":
    print(table(rows(options().runs)))
